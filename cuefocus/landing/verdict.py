"""The verdict on one rack: what became of it, how late it was, how far off, and why. Pure.

Times are compared on the host clock: the moment the lens was there, and the moment the clock showed `land_at`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from cuefocus.landing.evidence import Circumstances, Evidence, RackLike
from cuefocus.landing.passage import Passage, departure, follow_passage, samples_until, standstill
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.trace import Crossing, Path
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, s_from_ns

#: A band not entered this long after the landing is not entered. Source: design §6.
SHORT_AFTER_NS = 500 * NS_PER_MS
#: How long a landing is watched when nothing departs before.
WATCH_NS = NS_PER_S
#: Width of an even distribution to its standard deviation.
_UNIFORM = 12**0.5
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
    if verdict is Verdict.LANDED and arrived is not None and _was_there(rack, evidence, arrived):
        arrived = None
    row = _with_place(row, rack, circumstances, path.ring_at(evidence.land_host_ns))
    row = _with_times(row, rack, circumstances, evidence, sharp, stopped, arrived)
    if rack.leave_ns is not None:
        left = departure(path, rack, passage=passage, departed_ns=departed_ns, speed=speed, counts_span=span)
        row = _with_departure(row, rack, circumstances, evidence, left)
    return replace(
        row,
        verdict=verdict.value,
        reason=_reason(why, evidence, _silence(passage, evidence)),
        overshoot_counts=round(passage.overshoot_ring * span),
        held_s=_held_s(passage, sharp),
    )


@dataclass(frozen=True, slots=True)
class _Late:
    """When the judged moment was, against when it should have been."""

    error_ns: float
    uncertainty_ns: float


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
    entered = passage.inside_from_start or (bool(passage.entries) and passage.entries[0].at_ns <= deadline_ns)
    if not entered:
        if not passage.entries and passage.last_ns < evidence.land_host_ns:
            silent_ms = round((evidence.land_host_ns - passage.last_ns) / NS_PER_MS)
            return Verdict.MISSED, f"position reports ended {silent_ms} ms before it was to land"
        if passage.entries:
            late_ms = round((passage.entries[0].at_ns - evidence.land_host_ns) / NS_PER_MS)
            return Verdict.SHORT, f"reached the band only {late_ms} ms after"
        return Verdict.SHORT, f"stayed {_counts(passage.nearest_ring, span)} short of the band"
    if any(exit_.far for exit_ in passage.exits):
        peak = max(exit_.peak_ring for exit_ in passage.exits if exit_.far)
        return Verdict.OVER, f"went {_counts(peak, span)} past the far edge of the band"
    if passage.exits:
        peak = max(exit_.peak_ring for exit_ in passage.exits)
        return Verdict.HUNTED, f"left the band again by {_counts(peak, span)}"
    if arrived is None:
        if rack.landing == "stopped" and not passage.inside_from_start:
            return Verdict.LATE, "had not come to rest when the watch ended"
        return Verdict.LANDED, "nothing to pull: it was there already"
    if _was_there(rack, evidence, arrived):
        return Verdict.LANDED, "nothing to pull: it was there already"
    error_ns = arrived.at_ns - evidence.land_host_ns
    if rack.tolerance_ns < -error_ns <= _step_ns(rack, circumstances, evidence):
        travel = _counts(abs(rack.band.target_ring - rack.from_ring), span)
        return Verdict.LANDED, f"next to nothing to pull: {travel}, its moment is lost in the motor's steps"
    if abs(error_ns) > rack.tolerance_ns:
        return (Verdict.LATE if error_ns > 0 else Verdict.EARLY), ""
    return Verdict.LANDED, ""


def _was_there(rack: RackLike, evidence: Evidence, arrived: Crossing) -> bool:
    """Whether a lens that was to be in the band all along came into it from elsewhere, in time."""
    in_time = arrived.at_ns < evidence.land_host_ns
    return in_time and rack.band.near_ring <= rack.from_ring <= rack.band.far_ring


def _step_ns(rack: RackLike, circumstances: Circumstances, evidence: Evidence) -> float:
    """How long the lens, as planned, goes through one of its motor's steps as it meets the band; host time, 0 if brief.

    A pull of a few counts is so slow there that the motor makes it in steps, each of which takes longer than the
    tolerance: which of them enters the band, rounding decides.
    """
    at_edge = next((one for one in rack.segments if one.start_ns <= rack.land_ns < one.start_ns + one.length_ns), None)
    if at_edge is None or rack.landing == "stopped":
        return 0.0
    ring_per_s = abs(at_edge.at(rack.land_ns)[1] * (evidence.speed or 1.0))
    step_ns = circumstances.step_ring / ring_per_s * NS_PER_S if ring_per_s > 0.0 else 0.0
    return step_ns if step_ns > rack.tolerance_ns else 0.0


def _counts(ring: float, span: int) -> str:
    counts = max(1, round(ring * span))
    return f"{counts} count" if counts == 1 else f"{counts} counts"


def _reason(why: str, evidence: Evidence, *more: str) -> str | None:
    """One sentence part after another: what the verdict says, what happened on the way, which limits cut in."""
    clamped = f"limited by {' and '.join(evidence.clamped)}" if evidence.clamped else ""
    parts = [part for part in (why, *evidence.notes, clamped, *more) if part]
    return "; ".join(dict.fromkeys(parts)) or None


def _silence(passage: Passage, evidence: Evidence) -> str:
    silent_ns = evidence.until_ns - passage.last_ns
    if silent_ns <= _SILENCE_NS:
        return ""
    return f"no position report in the last {round(silent_ns / NS_PER_MS)} ms of the watch"


def _with_place(row: LandingRow, rack: RackLike, circumstances: Circumstances, ring: float | None) -> LandingRow:
    if ring is None or circumstances.dioptres_at is None:
        return row
    dioptres = circumstances.dioptres_at(ring)
    error_dioptres = dioptres - rack.band.target_dioptres
    error_mm = rack.target_mm - 1000.0 / dioptres if rack.target_mm is not None and dioptres > 0.0 else None
    blur_coc = abs(error_dioptres) * rack.band.blur_coc_per_dioptre
    return replace(row, error_dioptres=error_dioptres, error_mm=error_mm, blur_coc=blur_coc)


def _with_times(
    row: LandingRow,
    rack: RackLike,
    circumstances: Circumstances,
    evidence: Evidence,
    sharp: Crossing | None,
    stopped: Crossing | None,
    arrived: Crossing | None,
) -> LandingRow:
    base_ns = circumstances.base_ns
    row = replace(
        row,
        sharp_s=_show_s(sharp, rack.land_ns - base_ns, evidence),
        stopped_s=_show_s(stopped, rack.land_ns - base_ns, evidence),
        arrived_s=_show_s(arrived, rack.land_ns - base_ns, evidence),
    )
    if arrived is None:
        return row
    steps_ns = _step_ns(rack, circumstances, evidence) / _UNIFORM
    late = _lateness(arrived, evidence.land_host_ns, circumstances, evidence, steps_ns)
    return replace(
        row,
        error_ms=late.error_ns / NS_PER_MS,
        uncertainty_ms=late.uncertainty_ns / NS_PER_MS,
        error_frames=_frames(late, circumstances),
    )


def _with_departure(
    row: LandingRow, rack: RackLike, circumstances: Circumstances, evidence: Evidence, left: Crossing | None
) -> LandingRow:
    if left is None or rack.leave_ns is None:
        return row
    leave_host_ns = evidence.land_host_ns + round((rack.leave_ns - rack.land_ns) / (evidence.speed or 1.0))
    late = _lateness(left, leave_host_ns, circumstances, evidence)
    return replace(
        row,
        leave_arrived_s=_show_s(left, rack.land_ns - circumstances.base_ns, evidence),
        leave_error_ms=late.error_ns / NS_PER_MS,
        leave_uncertainty_ms=late.uncertainty_ns / NS_PER_MS,
        leave_error_frames=_frames(late, circumstances),
    )


def _frames(late: _Late, circumstances: Circumstances) -> float | None:
    return None if circumstances.camera_fps is None else late.error_ns / NS_PER_S * circumstances.camera_fps


def _lateness(
    crossing: Crossing,
    planned_host_ns: int,
    circumstances: Circumstances,
    evidence: Evidence,
    steps_ns: float = 0.0,
) -> _Late:
    resolution_ring = 0.0 if evidence.estimated else 1.0 / circumstances.counts_span
    squares = (
        crossing.uncertainty_ns(resolution_ring) ** 2
        + evidence.clock_uncertainty_ns**2
        + evidence.other_uncertainty_ns**2
        + steps_ns**2
    )
    return _Late(crossing.at_ns - planned_host_ns, float(squares**0.5))


def _show_s(crossing: Crossing | None, land_from_base_ns: int, evidence: Evidence) -> float | None:
    """The moment in show seconds from the act's start (host seconds from the trigger)."""
    if crossing is None:
        return None
    return (land_from_base_ns + (crossing.at_ns - evidence.land_host_ns) * (evidence.speed or 1.0)) / NS_PER_S


def _held_s(passage: Passage, sharp: Crossing | None) -> float | None:
    if sharp is None:
        return None
    left_ns = [exit_.at_ns for exit_ in passage.exits if exit_.at_ns > sharp.at_ns]
    return max(0.0, ((left_ns[0] if left_ns else passage.last_ns) - sharp.at_ns) / NS_PER_S)
