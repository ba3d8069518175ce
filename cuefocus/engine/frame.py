"""A set-point on its way to a motor. Loaded by the motion process: plain Python only."""

from cuefocus.timebase.values import value


@value
class Frame:
    """One set-point, ready to go out.

    Args:
        due_ns: when its last byte must be out (host ns).
        write_ns: when its first byte must go (due less the line time).
        at_ns: the moment it stands for, on the motor's side of the dead time: the middle of the span it is held, or a
            landing's own.
        ring: the unrounded set-point after the limiter.
        counts: what to encode.
        landing: it is a landing instant's own frame.
        clamped: names of the limits that cut it, space-separated.
        velocity_ring_per_s, acceleration_ring_per_s2: of the set-point before the limiter; a stop starts from them.
    """

    due_ns: int
    write_ns: int
    at_ns: int
    ring: float
    counts: int
    landing: bool
    clamped: str
    velocity_ring_per_s: float
    acceleration_ring_per_s2: float
