"""Racks of one axis, in order, to its track: motor ring over time, backlash folded in, landings marked.

The motor stands half the backlash ahead of the lens, on the side it last moved to. A rack the other way takes the slack
up before it departs, while the lens stands still. Used before a take and, from other starts, during one: it is quick.
"""

from collections.abc import Sequence
from operator import attrgetter

from cuefocus.motion.paths import blended, shifted
from cuefocus.motion.planner import plan_rack, takeup_length_ns
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.track import LandingInstant, Segment, Track, same_ends
from cuefocus.motor.axis import AxisSpec
from cuefocus.timebase.values import value

_MOVING_RING_PER_S = 1e-6
_SAME_RING = 1e-12
_RACK, _SEGMENTS = attrgetter("rack"), attrgetter("segments")


def direction_of(rack: PlannedRack) -> int:
    """1 towards far, -1 towards near, 0 for a rack that goes nowhere."""
    travel = rack.band.target_ring - rack.from_ring
    return (travel > 0.0) - (travel < 0.0)


def direction_after(racks: Sequence[PlannedRack], last_direction: int) -> int:
    """Which way the axis last moved once `racks` are done."""
    for rack in reversed(racks):
        if direction_of(rack):
            return direction_of(rack)
    return last_direction


def motor_ring(spec: AxisSpec, lens_ring: float, direction: int) -> float:
    """Where the motor stands when the lens does, after moving in `direction`; never past an end stop."""
    return min(1.0, max(0.0, lens_ring + 0.5 * direction * spec.backlash_ring))


def lens_ring(spec: AxisSpec, motor: float, direction: int) -> float:
    """Where the lens stands when the motor does, after moving in `direction`."""
    return motor - 0.5 * direction * spec.backlash_ring


@value
class _Stand:
    """How an axis stands between two racks.

    Args:
        direction: how it last moved. offset: motor less lens ring.
    """

    direction: int
    offset: float
    top_speed: float


@value
class Piece:
    """What one rack became in a track, and of what: the same rack after the same stand becomes the same again."""

    rack: PlannedRack
    follows: PlannedRack | None
    before: _Stand
    segments: tuple[Segment, ...]
    landing: LandingInstant
    after: _Stand


@value
class Laid:
    """A track and what it was made of, so that the next one is made of it quickly.

    Args:
        racks: all of them; `pieces`: those that move, in order.
    """

    racks: tuple[PlannedRack, ...]
    pieces: tuple[Piece, ...]
    track: Track


def compile_track(
    spec: AxisSpec, racks: Sequence[PlannedRack], rest_ring: float, last_direction: int = 0, *, top_speed: float = 1.0
) -> Track:
    """The track of one axis in motor ring, over the racks' own time base.

    `rest_ring` is where the lens stands before the first rack, `last_direction` how it came there (-1, 0, 1).
    """
    return lay(spec, racks, rest_ring, last_direction, top_speed).track


def lay(
    spec: AxisSpec,
    racks: Sequence[PlannedRack],
    rest_ring: float,
    last_direction: int,
    top_speed: float,
    known: Laid | None = None,
) -> Laid:
    """The same with its pieces. Only the stretch that differs from what is `known` is worked out."""
    if not racks:
        return Laid((), (), Track(motor_ring(spec, rest_ring, last_direction)))
    before = known if known is not None else _NOTHING
    moving = tuple(filter(_SEGMENTS, racks))
    head, tail = same_ends(moving, tuple(map(_RACK, before.pieces)))
    stand = _Stand(last_direction, motor_ring(spec, rest_ring, last_direction) - rest_ring, top_speed)
    if head and before.pieces[0].before != stand:
        head = 0
    follows: PlannedRack | None = None
    if head:
        stand, follows = before.pieces[head - 1].after, moving[head - 1]
    stands: dict[_Stand, _Stand] = {}  # a track has few of them, many times
    fresh: list[Piece] = []
    for rack in moving[head:]:
        left = len(moving) - head - len(fresh)
        if left <= tail and before.pieces[-left].follows is follows and before.pieces[-left].before == stand:
            break  # from here on all is as it was
        segments, landing, after = _placed(spec, rack, stand, follows.stop_ns if follows is not None else None)
        after = stands.setdefault(after, after)
        fresh.append(Piece(rack, follows, stand, segments, landing, after))
        stand, follows = after, rack
    tail = len(moving) - head - len(fresh)
    last = len(before.pieces) - tail
    first_segment = sum(map(len, map(_SEGMENTS, before.pieces[:head])))
    last_segment = first_segment + sum(map(len, map(_SEGMENTS, before.pieces[head:last])))
    track = before.track.with_stretch(
        motor_ring(spec, rest_ring, last_direction),
        (first_segment, last_segment),
        [segment for piece in fresh for segment in piece.segments],
        (head, last),
        [piece.landing for piece in fresh],
    )
    return Laid(tuple(racks), (*before.pieces[:head], *fresh, *before.pieces[last:]), track)


_NOTHING = Laid((), (), Track(0.0))


def _placed(
    spec: AxisSpec, rack: PlannedRack, stand: _Stand, free_ns: int | None
) -> tuple[tuple[Segment, ...], LandingInstant, _Stand]:
    """One rack in motor ring, slack and all; the axis is free from `free_ns` on. Last: how it leaves it."""
    first, offset = rack.segments[0], stand.offset
    start_speed = first.coefficients[1] * 1e9 / first.length_ns
    moving = abs(start_speed) > _MOVING_RING_PER_S
    before, after = stand.direction, direction_of(rack) or stand.direction
    if moving:
        before = 1 if start_speed > 0.0 else -1
        offset = motor_ring(spec, rack.from_ring, before) - rack.from_ring
    target = rack.band.target_ring
    next_offset = motor_ring(spec, target, after) - target
    segments: tuple[Segment, ...]
    stop = tuple(shifted(segment, offset) for segment in rack.segments if segment.start_ns < rack.depart_ns)
    if stop:  # it moved: it comes to rest before this rack's own pull
        taken = _takeup(rack, offset, next_offset, rack.takeup_ns) if rack.takeup_ns else None
        pull = (shifted(segment, next_offset) for segment in rack.segments[len(stop) :])
        segments = (*stop, *((taken,) if taken is not None else ()), *pull)
    elif abs(next_offset - offset) < _SAME_RING:
        segments = tuple(shifted(segment, next_offset) if next_offset else segment for segment in rack.segments)
    else:
        takeup_ns = takeup_length_ns(spec, stand.top_speed, before if before != after else 0, after)
        room = free_ns is None or rack.depart_ns - takeup_ns >= free_ns
        if moving or not room:
            segments = tuple(blended(rack.segments, offset, next_offset))
        else:
            taken = _takeup(rack, offset, next_offset, takeup_ns)
            segments = (taken, *(shifted(segment, next_offset) for segment in rack.segments))
    return segments, _landing(rack, next_offset), _Stand(after, next_offset, stand.top_speed)


def _takeup(rack: PlannedRack, before: float, after: float, takeup_ns: int) -> Segment:
    """The motor goes through its slack, minimum jerk, and is at rest at departure; the lens stays."""
    step = after - before
    start = rack.from_ring + before
    return Segment(rack.depart_ns - takeup_ns, takeup_ns, (start, 0.0, 0.0, 10 * step, -15 * step, 6 * step))


def _landing(rack: PlannedRack, offset: float) -> LandingInstant:
    band = rack.band
    target = band.target_ring
    if rack.landing == "stopped" or band.near_ring <= rack.from_ring <= band.far_ring:
        return LandingInstant(rack.stop_ns, target + offset, target + offset)
    edge = band.near_ring if rack.from_ring < target else band.far_ring
    return LandingInstant(rack.sharp_ns, edge + offset, target + offset)


def replan(
    spec: AxisSpec,
    racks: Sequence[PlannedRack],
    requests: dict[str, RackRequest],
    start_ring: float,
    *,
    not_before_ns: int | None = None,
    may_shorten: bool = False,
    last_direction: int = 0,
) -> list[PlannedRack]:
    """The remaining racks when the lens stands at `start_ring` and not where the first of them expects it.

    The first keeps its landing (or departure) rule; the others follow from its target as before. Racks of a start that
    is as expected come back unchanged.

    Raises: TooFast or PlanError where the first cannot be done from there.
    """
    if not racks:
        return []
    first = racks[0]
    in_time = not_before_ns is None or first.depart_ns >= not_before_ns
    if start_ring == first.from_ring and in_time:
        return list(racks)
    again = plan_rack(
        requests[first.cue],
        start_ring,
        spec,
        not_before_ns=not_before_ns,
        may_shorten=may_shorten,
        last_direction=last_direction,
    )
    return [again, *racks[1:]]
