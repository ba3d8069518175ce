"""What was seen of the motors: position reports and set-points, kept long enough to judge a landing by."""

from collections import deque
from math import inf

from cuefocus.engine.job import AxisJob
from cuefocus.engine.ports import Feedback, Sent
from cuefocus.landing.backlash import Play, lens_samples
from cuefocus.landing.estimate import MotorModel, estimated_samples
from cuefocus.landing.evidence import Sample
from cuefocus.timebase.units import NS_PER_S

_KEEP_NS = 30 * NS_PER_S


class AxisWitness:
    """Reports and set-points of one axis over the last half minute."""

    def __init__(self, job: AxisJob) -> None:
        self._job = job
        # Stamp, motor ring, and where that left the lens: play is taken up by all that went before.
        self._reported: deque[tuple[int, float, float]] = deque()
        self._sent: deque[tuple[int, float, float]] = deque()
        self._seen, self._meant = Play(job.spec.backlash_ring), Play(job.spec.backlash_ring)
        self.last_ring: float | None = None

    def saw(self, report: Feedback) -> float:
        """Take a position report; returns the motor ring it names."""
        spec = self._job.spec
        ring = spec.ring_at(report.counts)
        _keep(self._reported, report.stamp_ns - spec.readback_ns, ring, self._seen.drag(ring))
        self.last_ring = ring
        return ring

    def told(self, sent: Sent) -> None:
        """Take a set-point that went out."""
        ring = self._job.spec.ring_at(sent.counts)
        _keep(self._sent, sent.stamp_ns, ring, self._meant.drag(ring))

    def samples(self, from_ns: int, until_ns: int) -> tuple[list[Sample], bool]:
        """Lens positions from a little before `from_ns` to `until_ns`, and whether they are only estimated."""
        spec = self._job.spec
        if spec.feedback:
            return [(at_ns, lens) for at_ns, _, lens in self._reported if from_ns <= at_ns <= until_ns], False
        model = MotorModel(spec.dead_ns, spec.lag_ns, spec.speed_ring_per_s, inf)
        rows = [row for row in self._sent if from_ns - NS_PER_S <= row[0] <= until_ns]
        motor = estimated_samples([row[:2] for row in rows], model, until_ns=until_ns)
        return lens_samples(motor, spec.backlash_ring, lens_ring=rows[0][2] if rows else None), True


def _keep(rows: deque[tuple[int, float, float]], at_ns: int, ring: float, lens: float) -> None:
    rows.append((at_ns, ring, lens))
    while rows[0][0] < at_ns - _KEEP_NS:
        rows.popleft()
