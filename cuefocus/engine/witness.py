"""What was seen of the motors: position reports and set-points, kept long enough to judge a landing by."""

from collections import deque
from itertools import takewhile
from math import inf
from typing import TypeVar

from cuefocus.engine.job import AxisJob
from cuefocus.engine.ports import Feedback, Sent
from cuefocus.landing.backlash import Play, lens_samples
from cuefocus.landing.estimate import MotorModel, after_hold, estimated_samples
from cuefocus.landing.evidence import Sample
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_KEEP_NS = 30 * NS_PER_S
#: Where a motor was is kept with each set-point to a rough model; it is made good by one that is run for so long.
_SETTLES_NS = 100 * NS_PER_MS
#: Set-points follow each other by half a period to one and a half (`engine/slots.py`); by more, some are not known of.
_NEXT_PERIODS = 1.75
_Row = TypeVar("_Row", tuple[int, float, float], tuple[int, float, float, float])


class AxisWitness:
    """Reports and set-points of one axis over the last half minute."""

    def __init__(self, job: AxisJob) -> None:
        self._job = job
        spec = job.spec
        self._model = MotorModel(spec.dead_ns, spec.lag_ns, spec.speed_ring_per_s, inf)
        # Stamp, motor ring, and where that left the lens: play is taken up by all that went before.
        self._reported: deque[tuple[int, float, float]] = deque()
        self._seen = Play(spec.backlash_ring)
        # Set-points lead the motor by its lag, and past its target as it comes to rest: what moves the lens is the
        # motor. Stamp, set-point, and where motor and lens are as it takes hold.
        self._sent: deque[tuple[int, float, float, float]] = deque()
        self._meant = Play(spec.backlash_ring)
        self._earlier: list[deque[tuple[int, float, float, float]]] = []  # those from before others were lost
        self.last_ring: float | None = None

    def saw(self, report: Feedback) -> float:
        """Take a position report; returns the motor ring it names."""
        spec = self._job.spec
        ring = spec.ring_at(report.counts)
        self._reported.append((report.stamp_ns - spec.readback_ns, ring, self._seen.drag(ring)))
        _forget(self._reported)
        self.last_ring = ring
        return ring

    def told(self, sent: Sent) -> None:
        """Take a set-point that went out."""
        ring = motor = self._job.spec.ring_at(sent.counts)
        if not self._sent:
            self._take_up(sent.stamp_ns)
        if self._sent:
            before_ns, held_to, motor, _ = self._sent[-1]
            motor = after_hold(motor, held_to, sent.stamp_ns - before_ns, self._model)
        self._sent.append((sent.stamp_ns, ring, motor, self._meant.drag(motor)))
        _forget(self._sent)

    def lost(self) -> None:
        """Some of what motion did may never be told: between the last set-point and the next others may have gone out.

        Reports tell of that by themselves: they come at all times.
        """
        if self._sent:
            kept = [part for part in self._earlier if part[-1][0] >= self._sent[-1][0] - _KEEP_NS]
            self._earlier, self._sent = [*kept, self._sent], deque()

    def _take_up(self, stamp_ns: int) -> None:
        """Go on with the set-points from before some may have been lost, if one comes that is the next: none was."""
        if self._earlier and stamp_ns <= self._earlier[-1][-1][0] + _NEXT_PERIODS * self._job.spec.period_ns:
            self._sent = self._earlier.pop()

    def samples(self, from_ns: int, until_ns: int) -> tuple[list[Sample], bool]:
        """Lens positions from a little before `from_ns` to `until_ns`, and whether they are only estimated."""
        spec = self._job.spec
        if spec.feedback:
            return [(at_ns, lens) for at_ns, _, lens in _span(self._reported, from_ns, until_ns)], False
        first_ns = from_ns - spec.dead_ns - _SETTLES_NS
        if not self._earlier:
            return self._estimated(_span(self._sent, first_ns, until_ns), until_ns), True
        samples: list[Sample] = []
        for index, part in enumerate((*self._earlier, self._sent)):
            rows = _span(part, first_ns, until_ns)
            if not rows:
                continue
            anew = index > 0 and rows[0] is part[0]
            from_there_ns = rows[0][0] + spec.dead_ns + (_SETTLES_NS if anew else 0)
            known_ns = part[-1][0] + spec.period_ns + spec.dead_ns if part is not self._sent else until_ns
            estimated = self._estimated(rows, min(until_ns, known_ns))
            samples += [sample for sample in estimated if sample[0] >= from_there_ns]
        return samples, True

    def _estimated(self, rows: list[tuple[int, float, float, float]], until_ns: int) -> list[Sample]:
        """Lens positions by the model, from set-points none of which is missing."""
        if not rows:
            return []
        _, _, motor_ring, lens_ring = rows[0]
        motor = estimated_samples([row[:2] for row in rows], self._model, until_ns=until_ns, start_ring=motor_ring)
        return lens_samples(motor, self._job.spec.backlash_ring, lens_ring=lens_ring)


def _span(rows: deque[_Row], from_ns: int, until_ns: int) -> list[_Row]:
    """What was stamped from one moment to another, both included; looked for from the newest, where it mostly is."""
    found = [row for row in takewhile(lambda row: row[0] >= from_ns, reversed(rows)) if row[0] <= until_ns]
    found.reverse()
    return found


def _forget(rows: deque[tuple[int, float, float]] | deque[tuple[int, float, float, float]]) -> None:
    while rows[0][0] < rows[-1][0] - _KEEP_NS:
        rows.popleft()
