"""Limits of motion as plain numbers, and constant-jerk pieces as segments. Plain Python: motion loads it."""

from collections.abc import Iterable
from dataclasses import dataclass

from cuefocus.motion.track import Segment
from cuefocus.motor.axis import AxisSpec

JerkPiece = tuple[float, float]
"""(seconds, ring per second³)."""


@dataclass(frozen=True, slots=True)
class MotionLimits:
    """Greatest speed, acceleration and jerk, ring and seconds of whatever time base they are for."""

    speed: float
    accel: float
    jerk: float

    def scaled(self, share: float) -> "MotionLimits":
        """The same motion made slower: speed by `share`, acceleration and jerk by its powers."""
        return MotionLimits(self.speed * share, self.accel * share**2, self.jerk * share**3)


def setpoint_limits(spec: AxisSpec) -> MotionLimits:
    """The axis' hard limits: what no set-point may exceed."""
    return MotionLimits(spec.speed_ring_per_s, spec.accel_ring_per_s2, spec.jerk_ring_per_s3)


def lens_limits(spec: AxisSpec, *, speed: float = 1.0) -> MotionLimits:
    """What a path may do so that its set-points x + τ·ẋ still keep the hard limits.

    `speed` is show time per host time: with 2 the limits are half as wide in show time.
    """
    lag_s = spec.lag_ns * 1e-9
    hard = setpoint_limits(spec)
    if lag_s <= 0.0:
        return hard.scaled(1.0 / speed)
    jerk = min(hard.jerk, 0.5 * hard.accel / lag_s)
    accel = min(hard.accel - lag_s * jerk, 0.5 * hard.speed / lag_s)
    return MotionLimits(hard.speed - lag_s * accel, accel, jerk).scaled(1.0 / speed)


def jerk_segments(
    position: float, velocity: float, acceleration: float, pieces: Iterable[JerkPiece], *, start_ns: int
) -> tuple[Segment, ...]:
    """A path of constant-jerk pieces from a state, on whole nanoseconds; without breaks in position or speed."""
    made: list[Segment] = []
    begin_ns, elapsed_s = start_ns, 0.0
    for length_s, jerk in pieces:
        elapsed_s += length_s
        end_ns = start_ns + round(elapsed_s * 1e9)
        if end_ns <= begin_ns:
            continue
        t = (end_ns - begin_ns) * 1e-9
        c1, c2, c3 = velocity * t, 0.5 * acceleration * t * t, jerk * t**3 / 6.0
        made.append(Segment(begin_ns, end_ns - begin_ns, (position, c1, c2, c3, 0.0, 0.0)))
        position += c1 + c2 + c3
        velocity += (acceleration + 0.5 * jerk * t) * t
        acceleration += jerk * t
        begin_ns = end_ns
    return tuple(made)


def stepped(
    start: tuple[float, float, float], pieces: Iterable[JerkPiece], span_s: float
) -> tuple[float, float, float]:
    """State after `span_s` of constant-jerk pieces; at the speed they end with from then on."""
    ring, speed, accel = start
    for length_s, jerk in pieces:
        step_s = min(span_s, length_s)
        ring += step_s * (speed + step_s * (0.5 * accel + step_s * jerk / 6.0))
        speed += step_s * (accel + 0.5 * step_s * jerk)
        accel += step_s * jerk
        span_s -= step_s
        if span_s <= 0.0:
            return ring, speed, accel
    return ring + span_s * speed, speed, 0.0


def ended_at(segments: tuple[Segment, ...], ring: float) -> tuple[Segment, ...]:
    """The same path with its end moved to exactly `ring` (rounding to nanoseconds leaves some 1e-9 of ring)."""
    if not segments:
        return segments
    last = segments[-1]
    c0, c1, c2, c3, c4, c5 = last.coefficients
    miss = ring - last.end_ring
    exact = Segment(last.start_ns, last.length_ns, (c0, c1, c2, c3 + 10 * miss, c4 - 15 * miss, c5 + 6 * miss))
    return (*segments[:-1], exact)
