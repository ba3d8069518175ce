"""Ways for an axis that follows a track played at any speed, to and fro: a little ahead, and always able to stop.

Each way leads from the commanded state to where the track will be a moment later, moving as the track does then as far
as the limits allow, and from there to rest. If nobody plans the next one, the axis comes to rest by itself.
"""

from functools import lru_cache
from math import sqrt

from cuefocus.errors import PlanError
from cuefocus.motion.kinematics import JerkPiece, MotionLimits, ended_at, jerk_segments
from cuefocus.motion.retarget import Retargeter, State
from cuefocus.motion.stop import stop_distance, stop_pieces
from cuefocus.motion.track import Segment, Track

_SAME_S = 1e-6
_EDGE_RING = 1e-7
#: Nothing but the track itself goes nearer to an end of travel: set-points lead a path by the motor's lag.
_MARGIN_RING = 0.02
_SHARES = (1.0, 0.75, 0.5, 0.25)
_ALL_BUT = 0.999  # of the speed limit: leaves the solver room to arrive


@lru_cache(maxsize=1)
def _retargeter() -> Retargeter:
    return Retargeter()


def scrub_segments(
    start: State, target: State, limits: MotionLimits, *, start_ns: int, ahead_ns: int
) -> tuple[tuple[Segment, ...], bool]:
    """From `start` to the target's state `ahead_ns` later, then to rest, over host time (motor ring).

    Returns: the way, and whether it is on the target in time; if not it is there as soon as the limits allow.
    """
    travel = (min(_MARGIN_RING, start[0], target[0]), max(1.0 - _MARGIN_RING, start[0], target[0]))
    for goal in (_stoppable(target, limits, travel), (target[0], 0.0, 0.0)):
        try:
            pieces = _retargeter().pieces(start, goal, limits, minimum_s=ahead_ns * 1e-9)
        except PlanError:
            continue
        whole: list[JerkPiece] = [*pieces, *stop_pieces(goal[1], goal[2], limits)]
        segments = jerk_segments(*start, whole, start_ns=start_ns)
        if all(_inside(travel, *_turns(segment)) for segment in segments):
            in_time = sum(length_s for length_s, _ in pieces) <= ahead_ns * 1e-9 + _SAME_S
            at_rest = goal[1] == 0.0 == goal[2]
            return ended_at(segments, goal[0]) if at_rest else segments, in_time and goal[1] == target[1]
    return braked_segments(start, limits, start_ns=start_ns), False


def braked_segments(start: State, limits: MotionLimits, *, start_ns: int) -> tuple[Segment, ...]:
    """To rest as soon as the limits allow."""
    return jerk_segments(*start, stop_pieces(start[1], start[2], limits), start_ns=start_ns)


def still_ahead(track: Track, from_ns: int, until_ns: int) -> tuple[Segment, ...]:
    """The segments of a track that count between two moments; what a later one has taken the place of is left out.

    Laid before others that begin at `until_ns` they leave the motion up to there exactly as it was.
    """
    kept: list[Segment] = []
    segments = track.segments
    for index, segment in enumerate(segments):
        over_ns = segments[index + 1].start_ns if index + 1 < len(segments) else segment.end_ns
        if segment.start_ns < until_ns and min(segment.end_ns, over_ns) > from_ns:
            kept.append(segment)
    return tuple(kept)


def _stoppable(target: State, limits: MotionLimits, travel: tuple[float, float]) -> State:
    """A state to arrive in: the target's, slower where it outruns the limits or could not stop inside the travel."""
    ring, speed, accel = target
    if abs(speed) <= _ALL_BUT * limits.speed and abs(accel) <= _ALL_BUT * limits.accel:
        if _inside(travel, ring + stop_distance(speed, accel, limits)):
            return target
    top = _ALL_BUT * limits.speed
    speed = min(top, max(-top, speed))
    for share in _SHARES:
        if _inside(travel, ring + stop_distance(share * speed, 0.0, limits)):
            return ring, share * speed, 0.0
    return ring, 0.0, 0.0


def _turns(segment: Segment) -> list[float]:
    """Where a cubic piece begins, ends and turns, ring: to arrive with speed it may have to take a run-up."""
    _, c1, c2, c3, _, _ = segment.coefficients
    shares = [0.0, 1.0]
    if c3 != 0.0 and c2 * c2 >= 3.0 * c1 * c3:
        root = sqrt(c2 * c2 - 3.0 * c1 * c3)
        shares += [(-c2 + root) / (3.0 * c3), (-c2 - root) / (3.0 * c3)]
    elif c3 == 0.0 != c2:
        shares.append(-0.5 * c1 / c2)
    return [segment.at(segment.start_ns + round(u * segment.length_ns))[0] for u in shares if 0.0 <= u <= 1.0]


def _inside(travel: tuple[float, float], *rings: float) -> bool:
    return all(travel[0] - _EDGE_RING <= ring <= travel[1] + _EDGE_RING for ring in rings)
