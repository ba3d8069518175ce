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
#: Shares of the track's speed to arrive with: the first that neither needs a run-up nor ends outside the travel.
_SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
_RUN_UP_RING = 5e-4
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
    stops = start[0] + stop_distance(start[1], start[2], limits)
    ring, speed, accel = _within(target, limits)
    low, high = min(_MARGIN_RING, start[0], ring), max(1.0 - _MARGIN_RING, start[0], ring)
    for share in _SHARES:
        goal = ring, share * speed, accel if share == 1.0 else 0.0
        if not _inside((low, high), ring, ring + stop_distance(goal[1], goal[2], limits)):
            continue  # known beforehand: nothing is solved for it
        try:
            pieces = _retargeter().pieces(start, goal, limits, minimum_s=ahead_ns * 1e-9)
        except PlanError:
            continue
        way = jerk_segments(*start, pieces, start_ns=start_ns)
        places = [place for segment in way for place in _turns(segment)]
        detour = min(start[0], stops, ring) - _RUN_UP_RING, max(start[0], stops, ring) + _RUN_UP_RING
        if _inside((low, high), *places) and _inside(detour, *places):
            in_time = sum(length_s for length_s, _ in pieces) <= ahead_ns * 1e-9 + _SAME_S
            if goal[1] == 0.0 == goal[2]:
                return ended_at(way, ring), in_time and target[1] == 0.0
            whole: list[JerkPiece] = [*pieces, *stop_pieces(goal[1], goal[2], limits)]
            return jerk_segments(*start, whole, start_ns=start_ns), in_time and goal[1] == target[1]
    return braked_segments(start, limits, start_ns=start_ns), False


def braked_segments(start: State, limits: MotionLimits, *, start_ns: int) -> tuple[Segment, ...]:
    """To rest as soon as the limits allow."""
    return jerk_segments(*start, stop_pieces(start[1], start[2], limits), start_ns=start_ns)


def inside_travel(target: State) -> State:
    """The target, or where it lies past an end stop, standing on that: whatever it does there, nothing goes along."""
    return target if 0.0 <= target[0] <= 1.0 else (min(1.0, max(0.0, target[0])), 0.0, 0.0)


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


def _within(target: State, limits: MotionLimits) -> State:
    """A state the limits allow at the target's place."""
    ring, speed, accel = target
    top = _ALL_BUT * limits.speed
    if abs(speed) <= top and abs(accel) <= _ALL_BUT * limits.accel:
        return target
    return ring, min(top, max(-top, speed)), 0.0


def _turns(segment: Segment) -> list[float]:
    """Where a cubic piece begins, ends and turns, ring."""
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
