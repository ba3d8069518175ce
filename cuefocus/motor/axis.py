"""What the player, the planner and a driver must know of one axis: plain numbers, no file format.

Loaded by the motion process, so it stays free of everything heavy.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AxisSpec:
    """One axis of one camera on one motor. Ring positions run from 0 (close focus) to 1 between the end stops.

    Args:
        name: `CAMERA.axis`, e.g. `A.focus`.
        motor: the motor's id in the rig.
        speed_ring_per_s, accel_ring_per_s2, jerk_ring_per_s3: hard limits of the set-point.
        settle_fraction: share of the speed limit for moves no cue asked for.
        counts_near, counts_far: encoder counts at ring 0 and 1 (near > far where the motor counts down).
        period_ns: time between set-points.
        line_ns: time one set-point frame needs on its line, first to last byte.
        dead_ns: last byte to first movement, pure tracking delay included.
        lag_ns: first-order time constant of the motor's own position loop.
        readback_ns: age of a position report when its last byte arrives.
        backlash_ring: lost motion when the direction changes.
        residual_backlash_ring: what compensation leaves of it.
        feedback: whether the driver reports positions.
    """

    name: str
    motor: str
    speed_ring_per_s: float
    accel_ring_per_s2: float
    jerk_ring_per_s3: float
    settle_fraction: float
    counts_near: int
    counts_far: int
    period_ns: int
    line_ns: int
    dead_ns: int
    lag_ns: int
    readback_ns: int
    backlash_ring: float
    residual_backlash_ring: float
    feedback: bool

    @property
    def counts_span(self) -> int:
        """Counts between the end stops, always positive."""
        return abs(self.counts_far - self.counts_near)

    @property
    def lead_ns(self) -> int:
        """Dead time + line time + half the set-point period: how far ahead a grid set-point looks."""
        return self.dead_ns + self.line_ns + self.period_ns // 2

    def counts_at(self, ring: float) -> int:
        """Nearest encoder count to a ring position."""
        return self.counts_near + round(ring * (self.counts_far - self.counts_near))

    def ring_at(self, counts: float) -> float:
        """Ring position of an encoder count."""
        return (counts - self.counts_near) / (self.counts_far - self.counts_near)
