"""The verdict on one rack: what became of it, how late it was, how far off, and why. Pure.

Times are compared on the host clock: the moment the lens was there, and the moment the clock showed `land_at`.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from cuefocus.landing.columns import departure_columns, held_s, place, step_ns, times
from cuefocus.landing.evidence import Circumstances, Evidence, RackLike
from cuefocus.landing.passage import Passage, departure, follow_passage, samples_until, standstill
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.trace import UNSEEN_NS, Crossing, Path
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, s_from_ns

#: A band not entered this long after the landing is not entered. Source: design §6.
SHORT_AFTER_NS = 500 * NS_PER_MS
#: How long a landing is watched when nothing departs before.
WATCH_NS = NS_PER_S
#: Position reports that end this long before the watch does are worth saying.
_SILENCE_NS = 200 * NS_PER_MS


class Verdict(StrEnum):
    """What became of a rack; the first that applies, in this order."""

    REFUSED = "refused"
    SKIPPED = "skipped"
    OVERRIDDEN = "overridden"
    REPLACED = "replaced"
    HELD = "held"
    MISSED = "missed"
    SHORT = "short"
    OVER = "over"
    HUNTED = "hunted"
    EARLY = "early"
    LATE = "late"
    LANDED = "landed"


#: Verdicts that a person, the playback or a fault brought about: no landing was measured.
FATES = frozenset(
    {Verdict.REFUSED, Verdict.SKIPPED, Verdict.OVERRIDDEN, Verdict.REPLACED, Verdict.HELD, Verdict.MISSED}
)


def judge(rack: RackLike, circumstances: Circumstances, evidence: Evidence) -> LandingRow:
    """The landing row of one rack, verdict and all.

    Call it once reports from `evidence.until_ns` are in. A fate given by the session stands before anything measured.
    """
    row = _bare_row(rack, circumstances, evidence)
    if evidence.fate is not None:
        return replace(
            row, verdict=Verdict(evidence.fate.verdict).value, reason=_reason(evidence.fate.reason, evidence)
        )
    path = Path(samples_until(evidence.samples, evidence.until_ns))
    speed = evidence.speed or 1.0
    departed_ns = evidence.departed_ns
    if departed_ns is None:
        departed_ns = evidence.land_host_ns + round((rack.depart_ns - rack.land_ns) / speed)
    span = circumstances.counts_span
    passage = follow_passage(path, rack, departed_ns=departed_ns, until_ns=evidence.until_ns, counts_span=span)
    if passage is None:
        return replace(row, verdict=Verdict.MISSED.value, reason=_reason("no position was reported", evidence))
    stopped = standstill(
        path,
        rack,
        stop_host_ns=evidence.land_host_ns + (rack.stop_ns - rack.land_ns) / speed,
        until_ns=evidence.until_ns,
        speed=speed,
        counts_span=span,
    )
    sharp = passage.entries[-1] if passage.entries else None
    arrived = _arrival(rack, passage, stopped)
    verdict, why = _verdict(rack, circumstances, evidence, passage, arrived)
    if arrived is not None:
        if verdict is Verdict.MISSED or (verdict is Verdict.LANDED and _was_there(rack, evidence, arrived)):
            arrived = None
    sharp, stopped = _told(sharp, arrived), _told(stopped, arrived)
    found: dict[str, Any] = {
        "verdict": verdict.value,
        "reason": _reason(why, evidence, _silence(path, passage, evidence)),
        "overshoot_counts": round(passage.overshoot_ring * span),
        "held_s": held_s(passage, sharp),
        **place(rack, circumstances, path.ring_at(evidence.land_host_ns)),
        **times(rack, circumstances, evidence, sharp, stopped, arrived),
    }
    if rack.leave_ns is not None:
        left = departure(path, rack, passage=passage, departed_ns=departed_ns, speed=speed, counts_span=span)
        found |= departure_columns(rack, circumstances, evidence, _told(left))
    return replace(row, **found)


def _bare_row(rack: RackLike, circumstances: Circumstances, evidence: Evidence) -> LandingRow:
    leaves = rack.leave_ns is not None
    return LandingRow(
        take=circumstances.take,
        pass_=circumstances.pass_,
        cue=rack.cue,
        name=rack.name or None,
        camera=rack.camera,
        axis=rack.axis.rpartition(".")[2],
        target=rack.target,
        anchor=rack.anchor or None,
        land_at=None if rack.triggered else circumstances.land_at,
        verdict=Verdict.MISSED.value,
        estimated=evidence.estimated,
        measured_at="none" if evidence.estimated else evidence.measured_at,
        planned_s=s_from_ns(rack.land_ns - circumstances.base_ns),
        speed=None if rack.triggered else evidence.speed,
        source=circumstances.source,
        offset_ms=rack.offset_ns / NS_PER_MS,
        stop=rack.stop,
        focal_mm=rack.focal_mm,
        leave_anchor=rack.leave_anchor or None if leaves else None,
        leave_at=circumstances.leave_at if leaves else None,
        leave_planned_s=None if rack.leave_ns is None else s_from_ns(rack.leave_ns - circumstances.base_ns),
    )


def _arrival(rack: RackLike, passage: Passage, stopped: Crossing | None) -> Crossing | None:
    """The crossing that is judged: into the band, or to rest inside it, whichever of the two came last."""
    sharp = passage.entries[-1] if passage.entries else None
    if rack.landing != "stopped":
        return sharp
    if sharp is None or stopped is None:
        return stopped if passage.inside_from_start else None
    return max(stopped, sharp, key=lambda crossing: crossing.at_ns)


def _verdict(
    rack: RackLike, circumstances: Circumstances, evidence: Evidence, passage: Passage, arrived: Crossing | None
) -> tuple[Verdict, str]:
    span = circumstances.counts_span
    deadline_ns = min(evidence.land_host_ns + SHORT_AFTER_NS, evidence.until_ns)
    watch_ns = evidence.until_ns - evidence.land_host_ns
    silent = evidence.until_ns - passage.last_ns > UNSEEN_NS and passage.last_ns < deadline_ns
    entered = passage.inside_from_start or (bool(passage.entries) and passage.entries[0].soonest_ns <= deadline_ns)
    if not entered:
        if not passage.entries and (silent or passage.last_ns < evidence.land_host_ns):
            return Verdict.MISSED, _ended(passage, evidence)
        if passage.entries and passage.entries[0].unseen:
            return Verdict.SHORT, _unseen(rack, circumstances, evidence, passage.entries[0])[1]
        if passage.entries:
            late_ms = round((passage.entries[0].at_ns - evidence.land_host_ns) / NS_PER_MS)
            return Verdict.SHORT, f"reached the band only {late_ms} ms after"
        if watch_ns <= rack.tolerance_ns:
            short_by = _counts(passage.nearest_ring, span)
            why = f"was watched for {_ms(watch_ns)} after it was to land, {short_by} short of the band then"
            return Verdict.MISSED, why
        return Verdict.SHORT, f"stayed {_counts(passage.nearest_ring, span)} short of the band"
    if any(exit_.far for exit_ in passage.exits):
        peak = max(exit_.peak_ring for exit_ in passage.exits if exit_.far)
        return Verdict.OVER, f"went {_counts(peak, span)} past the far edge of the band"
    if passage.exits:
        peak = max(exit_.peak_ring for exit_ in passage.exits)
        return Verdict.HUNTED, f"left the band again by {_counts(peak, span)}"
    if arrived is None:
        if rack.landing == "stopped" and not passage.inside_from_start:
            if silent:
                return Verdict.MISSED, _ended(passage, evidence)
            if watch_ns <= rack.tolerance_ns:
                return Verdict.MISSED, f"was watched for {_ms(watch_ns)} after it was to land, and moved still"
            return Verdict.LATE, "had not come to rest when the watch ended"
        return Verdict.LANDED, "nothing to pull: it was there already"
    if _was_there(rack, evidence, arrived):
        return Verdict.LANDED, "nothing to pull: it was there already"
    if arrived.unseen:
        return _unseen(rack, circumstances, evidence, arrived)
    error_ns = arrived.at_ns - evidence.land_host_ns
    if rack.tolerance_ns < -error_ns <= step_ns(rack, circumstances, evidence):
        travel = _counts(abs(rack.band.target_ring - rack.from_ring), span)
        return Verdict.LANDED, f"next to nothing to pull: {travel}, its moment is lost in the motor's steps"
    if abs(error_ns) > rack.tolerance_ns:
        return (Verdict.LATE if error_ns > 0 else Verdict.EARLY), ""
    return Verdict.LANDED, ""


def _was_there(rack: RackLike, evidence: Evidence, arrived: Crossing) -> bool:
    """Whether a lens that was to be in the band all along came into it from elsewhere, in time."""
    in_time = (arrived.last_ns if arrived.unseen else arrived.at_ns) < evidence.land_host_ns
    return in_time and rack.band.near_ring <= rack.from_ring <= rack.band.far_ring


def _unseen(rack: RackLike, circumstances: Circumstances, evidence: Evidence, arrived: Crossing) -> tuple[Verdict, str]:
    """What is certain of a landing that nobody saw: a verdict if whenever it was gives the same, else none."""
    earliest_ns, latest_ns = arrived.first_ns - evidence.land_host_ns, arrived.last_ns - evidence.land_host_ns
    came = "came to rest" if rack.landing == "stopped" else "came into the band"
    why = f"{came} unseen, between {_beside(earliest_ns)} and {_beside(latest_ns)} it was to land"
    early_by_ns = max(rack.tolerance_ns, step_ns(rack, circumstances, evidence))
    if latest_ns < -early_by_ns:
        return Verdict.EARLY, why
    if earliest_ns > rack.tolerance_ns:
        return Verdict.LATE, why
    return (Verdict.LANDED if -early_by_ns <= earliest_ns and latest_ns <= rack.tolerance_ns else Verdict.MISSED), why


def _ended(passage: Passage, evidence: Evidence) -> str:
    return f"position reports ended {_beside(passage.last_ns - evidence.land_host_ns)} it was to land"


def _beside(error_ns: float) -> str:
    return f"{_ms(abs(error_ns))} {'before' if error_ns < 0 else 'after'}"


def _ms(duration_ns: float) -> str:
    return f"{duration_ns / NS_PER_MS:.0f} ms"


def _told(crossing: Crossing | None, judged: Crossing | None = None) -> Crossing | None:
    """A moment as it may be told without its uncertainty beside it: one that was seen, or the one that is judged."""
    return None if crossing is None or (crossing.unseen and crossing is not judged) else crossing


def _counts(ring: float, span: int) -> str:
    counts = max(1, round(ring * span))
    return f"{counts} count" if counts == 1 else f"{counts} counts"


def _reason(why: str, evidence: Evidence, *more: str) -> str | None:
    """One sentence part after another: what the verdict says, what happened on the way, which limits cut in."""
    clamped = f"limited by {' and '.join(evidence.clamped)}" if evidence.clamped else ""
    parts = [part for part in (why, *evidence.notes, clamped, *more) if part]
    return "; ".join(dict.fromkeys(parts)) or None


def _silence(path: Path, passage: Passage, evidence: Evidence) -> str:
    silent_ns = evidence.until_ns - passage.last_ns
    if silent_ns > _SILENCE_NS:
        return f"no position report in the last {round(silent_ns / NS_PER_MS)} ms of the watch"
    if passage.entries and path.longest_ns > _SILENCE_NS and not evidence.estimated:
        gap_ns = path.longest_gap_ns(passage.entries[-1].last_ns, evidence.until_ns)
        if gap_ns > _SILENCE_NS:
            return f"no position report for {round(gap_ns / NS_PER_MS)} ms of the watch"
    return ""
