"""The quickest jerk-limited stop from any state: what motion does for HOLD, PANIC and a lost clock. Closed form."""

from math import copysign, sqrt

from cuefocus.motion.kinematics import JerkPiece, MotionLimits, jerk_segments, setpoint_limits
from cuefocus.motion.track import Segment
from cuefocus.motor.axis import AxisSpec


def stop_pieces(velocity: float, acceleration: float, limits: MotionLimits) -> list[JerkPiece]:
    """Constant-jerk pieces that bring speed and acceleration to nought together, as soon as the limits allow."""
    jerk, most = limits.jerk, limits.accel
    unbraked = velocity + acceleration * abs(acceleration) / (2.0 * jerk)  # speed once acceleration is let go
    if unbraked == 0.0 and acceleration == 0.0:
        return []
    sign = copysign(1.0, unbraked)
    v, a = velocity * sign, acceleration * sign  # now braking means going to acceleration -peak
    peak = min(most, sqrt(max(0.0, jerk * v + 0.5 * a * a)))
    first_s = abs(a + peak) / jerk
    braked = v + 0.5 * (a - peak) * first_s
    rest = braked - peak * peak / (2.0 * jerk)
    hold_s = max(0.0, rest / peak) if peak > 0.0 else 0.0
    return [
        (first_s, copysign(jerk, -peak - a) * sign),
        (hold_s, 0.0),
        (peak / jerk, jerk * sign),
    ]


def stop_distance(velocity: float, acceleration: float, limits: MotionLimits) -> float:
    """How far a stop goes, ring; signed."""
    distance = 0.0
    for length_s, jerk in stop_pieces(velocity, acceleration, limits):
        distance += length_s * (velocity + length_s * (0.5 * acceleration + length_s * jerk / 6.0))
        velocity += length_s * (acceleration + 0.5 * length_s * jerk)
        acceleration += length_s * jerk
    return distance


def stop_segments(
    ring: float, velocity_ring_per_s: float, acceleration_ring_per_s2: float, spec: AxisSpec, *, start_ns: int
) -> tuple[Segment, ...]:
    """A stop of the set-point itself from its last state, over host time; none when already at rest.

    A value that is no number counts as rest: better to stand than to guess.
    """
    if not abs(velocity_ring_per_s) < 1e6 or not abs(acceleration_ring_per_s2) < 1e9:
        return ()
    limits = setpoint_limits(spec)
    pieces = stop_pieces(velocity_ring_per_s, acceleration_ring_per_s2, limits)
    return jerk_segments(ring, velocity_ring_per_s, acceleration_ring_per_s2, pieces, start_ns=start_ns)
