"""Moves in host time laid over an axis' track: to rest, onto a track that moves, or to where it rests next."""

from cuefocus.chase.clock import Clock
from cuefocus.engine.plan import Splice
from cuefocus.errors import PlanError
from cuefocus.motion.kinematics import lens_limits
from cuefocus.motion.retarget import State, join, settle, settle_limits, to_rest
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec

_THERE_RING = 1e-7
_MOVING_RING_PER_S = 1e-6


def turned_by(track: Track, host_ns: int, before: int) -> int:
    """Which way an axis that follows `track` has moved last by then (-1, 0, 1); `before`, until it has moved."""
    ring, speed, _ = track.at(host_ns)
    if abs(speed) > _MOVING_RING_PER_S:
        return 1 if speed > 0.0 else -1
    for segment in reversed(track.segments):
        if segment.start_ns >= host_ns:
            continue
        travel = (segment.end_ring if segment.end_ns <= host_ns else ring) - segment.start_ring
        if abs(travel) > _THERE_RING:
            return 1 if travel > 0.0 else -1
    return before


def braked(spec: AxisSpec, state: State, start_ns: int) -> Splice:
    """To rest as soon as the limits allow, without turning back.

    Args:
        spec: the axis.
        state: commanded motor ring, ring/s and ring/s² at `start_ns`.
        start_ns: host time at which the move begins.
    """
    x, v, _ = state
    limits = lens_limits(spec)
    reach = v * abs(v) / limits.accel
    segments = to_rest(state, min(1.0, max(0.0, x + reach)), limits, start_ns=start_ns)
    return Splice(Track(x, segments), start_ns, segments[-1].end_ns if segments else start_ns)


def joined(spec: AxisSpec, track: Track, state: State, start_ns: int, clock: Clock) -> Splice:
    """Onto the moving `track` of show time, or to rest at the end of its motion where it cannot be caught.

    Arguments as of `braked`; `clock` is the one the track is followed by.
    """

    def track_at(host_ns: int) -> State:
        x, v, a = track.at(clock.show_at(host_ns))
        return x, v * clock.speed, a * clock.speed * clock.speed

    try:
        segments, until_ns = join(state, track_at, settle_limits(spec), start_ns=start_ns)
    except PlanError:
        return _joined_at_rest(spec, track, state, start_ns, clock)
    return Splice(Track(state[0], segments), start_ns, until_ns)


def _joined_at_rest(spec: AxisSpec, track: Track, state: State, start_ns: int, clock: Clock) -> Splice:
    """To where the track comes to rest next, early enough to be there before it moves on."""
    show_ns = clock.show_at(start_ns)
    while True:
        end_show_ns = track.moving_until(show_ns) or show_ns
        segments = settle(state, track.at(end_show_ns)[0], spec, start_ns=start_ns)
        until_ns = max(segments[-1].end_ns if segments else start_ns, clock.host_at(end_show_ns))
        moves = [s.start_ns for s in track.segments if end_show_ns <= s.start_ns < clock.show_at(until_ns)]
        if not moves:
            return Splice(Track(state[0], segments), start_ns, until_ns)
        show_ns = moves[0]
