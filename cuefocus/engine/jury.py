"""Which landings may be judged now, on what evidence."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.job import Job
from cuefocus.engine.takebook import CueRecord
from cuefocus.engine.witness import AxisWitness
from cuefocus.errors import CueFocusError
from cuefocus.landing.estimate import ripple_ns
from cuefocus.landing.evidence import Circumstances, Evidence, Fate
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.verdict import Verdict, judge
from cuefocus.timebase.frames import FrameRate, timecode_at
from cuefocus.timebase.units import NS_PER_MS

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: Position reports of the last moment of a watch may take this long to arrive.
_REPORTS_LATE_NS = 60 * NS_PER_MS
#: Share of dead time and lag that a verdict without feedback cannot vouch for.
_MODEL_DOUBT = 0.1
#: A row takes 50 µs to make, to write and to tell.
FATES_AT_ONCE = 64
#: As many at the most in the step that ends a take or a pass: who has said PANIC waits for its answer.
_AT_THE_END = 4
#: A landing that is measured takes as long as so many rows that are not.
_MEASURED = 8
#: A motor makes no smaller steps than this for certain (design §5).
_STEP_COUNTS = 2
_BEFORE_NS = 300 * NS_PER_MS
#: The same where the model says at every moment where the axis was: it has to be seen at rest, no more.
_BEFORE_BY_MODEL_NS = 30 * NS_PER_MS
#: A rack entered in its middle (a jump) is watched from there: what its axis did before is none of it.
_JOINED_LATE_NS = 50 * NS_PER_MS


class Jury:
    """Makes the rows of landings that are over."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._behind: deque[tuple[CueRecord, int]] = deque()  # and as of when each is judged
        self._seen: tuple[CueRecord, Evidence] | None = None
        self._judged: LandingRow | None = None
        self._ended_ns: int | None = None  # the step in which a take or a pass ended
        self.witness = {name: AxisWitness(axis) for name, axis in job.axes.items()}

    @property
    def behind(self) -> bool:
        """Whether rows are still to be told of racks that are over."""
        return bool(self._behind) or self.hurries

    @property
    def hurries(self) -> bool:
        """Whether a landing that was watched to its end waits for the next step to be judged, or to be told."""
        return self._seen is not None or self._judged is not None

    def go_on(self) -> None:
        """What is left is to be told at once, though a take has just ended: another begins."""
        self._ended_ns = None

    def rows(self, session: "Session", *, closing: bool) -> Iterator[LandingRow]:
        """Rows that can be told now; with `closing`, of every rack that has anything to tell, now or in the next steps.

        Of racks with a fate, and of landings whose watch is cut short, only so many at once: the end of a take, or
        playback that is located into a long show, brings thousands, and to tell of them all would keep the conductor
        from its clock. Of landings that were watched to the end, one at a time, seen in one step, judged in the next
        and told in the third: in between a word is heard.
        """
        if self._seen is not None:
            (record, evidence), self._seen = self._seen, None
            self._judged = self._row(session, record, evidence)
            if not closing:
                return
        if self._judged is not None:
            row, self._judged = self._judged, None
            yield row
            if not closing:
                return
        for record in session.book.busy_records():
            if not self._is_over(session, record, closing=closing):
                continue
            if record.fate is not None or closing:
                record.told = True
                self._behind.append((record, session.now_ns))
            elif self._seen is None:
                record.told = True
                record.happen(Happening.JUDGED)
                self._seen = (record, self._evidence(session.now_ns, record))
        if closing:
            self._ended_ns = session.now_ns
        yield from self._some_behind(session, closing=closing)

    def _is_over(self, session: "Session", record: CueRecord, *, closing: bool) -> bool:
        """Whether a rack has a fate, or was watched to its end. With `closing`, what nobody tells of is missed."""
        if record.fate is None and session.stalls.silent_over(record.axis, record.land_host_ns):
            if not closing:
                return False  # no word of where the axis was is in yet
            record.happen(Happening.LOST, "motion did not answer when it was to land")
        if record.fate is not None:
            return True
        return record.life is Life.PULLING and self._watched(session.now_ns, record, closing=closing)

    def _some_behind(self, session: "Session", *, closing: bool) -> Iterator[LandingRow]:
        """As many of the rows that are behind as there is time for in a step."""
        room = _AT_THE_END if closing else 0 if self._ended_ns == session.now_ns else FATES_AT_ONCE
        while self._behind and room > 0:
            record, as_of_ns = self._behind[0]
            cost = 1 if record.fate is not None else _MEASURED
            if cost > room:
                break
            room -= cost
            self._behind.popleft()
            record.happen(Happening.JUDGED)
            yield self._row(session, record, self._evidence(as_of_ns, record))

    def _watched(self, now_ns: int, record: CueRecord, *, closing: bool) -> bool:
        if record.watch_until_ns is None or record.land_host_ns is None:
            return False
        if closing:  # a triggered rack goes on, and is watched, though another pass begins
            return now_ns >= record.watch_until_ns
        return now_ns >= record.watch_until_ns + self._job.axes[record.axis].spec.readback_ns + _REPORTS_LATE_NS

    def _row(self, session: "Session", record: CueRecord, evidence: Evidence) -> LandingRow:
        rack, axis = record.rack, self._job.axes[record.axis]
        act = self._job.acts[record.act]
        rate = None if rack.triggered else act.chase.rate
        circumstances = Circumstances(
            take=record.take,
            pass_=record.pass_,
            camera_fps=float(axis.fps),
            counts_span=axis.spec.counts_span,
            base_ns=record.base_ns,
            land_at=_label(rack.land_ns, rate),
            leave_at=_label(rack.leave_ns, rate),
            source=record.source,
            dioptres_at=act.dioptres_at.get(record.axis, axis.dioptres_at),
            step_ring=max(_STEP_COUNTS / axis.spec.counts_span, axis.spec.residual_backlash_ring),
        )
        try:
            row = judge(rack, circumstances, evidence)
        except (CueFocusError, ValueError, ArithmeticError) as error:  # one landing unmeasured must not end a take
            why = f"where the lens was could not be measured: {error}"
            session.alarm(f"cue {rack.cue} is not judged: {why}")
            record.fate = Fate(Verdict.MISSED.value, why)
            return judge(rack, circumstances, replace(evidence, fate=record.fate))
        if row.verdict == Verdict.MISSED.value and record.fate is None:
            record.fate = self._unseen(session, record, evidence)
            if record.fate is not None:
                return judge(rack, circumstances, replace(evidence, fate=record.fate))
        if row.verdict == Verdict.SHORT.value and record.stop is not None:
            stopped_ns, fate = record.stop
            after = f"{fate.reason} {(stopped_ns - evidence.land_host_ns) / NS_PER_MS:.0f} ms after it was to land"
            return judge(rack, circumstances, replace(evidence, notes=(after, *evidence.notes)))
        return row

    def _unseen(self, session: "Session", record: CueRecord, evidence: Evidence) -> Fate | None:
        """Why a landing was not seen: motion stood still, or a stop came before it could be, or before it was late."""
        land_ns = evidence.land_host_ns
        stopped_ns, fate = record.stop if record.stop is not None else (None, None)
        if evidence.samples and evidence.samples[-1][0] >= land_ns:
            in_time = stopped_ns is not None and stopped_ns <= land_ns + record.rack.tolerance_ns
            return fate if in_time else None
        known_ns = land_ns + self._job.axes[record.axis].spec.readback_ns + _REPORTS_LATE_NS
        slept = session.stalls.why_unseen(record.axis, land_ns, known_ns)
        if slept:
            return Fate(Verdict.MISSED.value, slept)
        return fate if stopped_ns is not None and stopped_ns <= known_ns else None

    def _evidence(self, now_ns: int, record: CueRecord) -> Evidence:
        rack = record.rack
        land_ns = record.land_host_ns if record.land_host_ns is not None else now_ns
        land_ns = record.came_ns if record.came_ns is not None else land_ns
        until_ns = min(now_ns, record.watch_until_ns) if record.watch_until_ns is not None else now_ns
        if record.fate is not None:
            return Evidence(land_ns, until_ns, speed=record.speed, notes=tuple(record.notes), fate=record.fate)
        speed = record.speed or 1.0
        begins_ns = (record.land_host_ns or land_ns) - round((rack.land_ns - rack.depart_ns) / abs(speed))
        spec = self._job.axes[record.axis].spec
        before_ns = _BEFORE_NS if spec.feedback else _BEFORE_BY_MODEL_NS + spec.period_ns
        from_ns = min(begins_ns, record.departed_ns if record.departed_ns is not None else begins_ns) - before_ns
        joined = record.departed_ns is not None and record.departed_ns - begins_ns > _JOINED_LATE_NS
        samples, estimated = self.witness[record.axis].samples(from_ns, until_ns)
        return Evidence(
            land_host_ns=land_ns,
            until_ns=until_ns,
            samples=samples,
            measured_at="none" if estimated else "motor",
            estimated=estimated,
            speed=None if rack.triggered else record.speed,
            clock_uncertainty_ns=record.uncertainty_ns,
            departed_ns=record.departed_ns if joined or record.came_ns is not None else None,
            other_uncertainty_ns=_MODEL_DOUBT * (spec.dead_ns + spec.lag_ns)
            if estimated
            else ripple_ns(spec.period_ns, spec.lag_ns),
            clamped=tuple(sorted(record.clamped)),
            notes=tuple(record.notes),
        )


def _label(show_ns: int | None, rate: FrameRate | None) -> str | None:
    return timecode_at(show_ns, rate).text(rate) if show_ns is not None and rate is not None else None
