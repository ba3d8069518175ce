"""Racks of one axis, in order, to its track: motor ring over time, backlash folded in, landings marked.

The motor stands half the backlash ahead of the lens, on the side it last moved to. A rack the other way takes the slack
up before it departs, while the lens stands still. Used before a take and, from other starts, during one: it is quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cuefocus.motion.paths import blended, shifted
from cuefocus.motion.planner import plan_rack, takeup_length_ns
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.track import LandingInstant, Segment, Track
from cuefocus.motor.axis import AxisSpec

_MOVING_RING_PER_S = 1e-6
_SAME_RING = 1e-12


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


@dataclass(frozen=True, slots=True)
class _Stand:
    """How an axis stands between two racks.

    Args:
        direction: how it last moved. offset: motor less lens ring. free_ns: since when; None before the first.
    """

    direction: int
    offset: float
    free_ns: int | None
    top_speed: float


@dataclass(frozen=True, slots=True)
class Piece:
    """What one rack became in a track, and of what: looked up again where the same rack follows upon the same."""

    rack: PlannedRack
    before: _Stand
    segments: tuple[Segment, ...]
    landing: LandingInstant
    after: _Stand


def compile_track(
    spec: AxisSpec,
    racks: Sequence[PlannedRack],
    rest_ring: float,
    last_direction: int = 0,
    *,
    top_speed: float = 1.0,
    known: dict[int, Piece] | None = None,
) -> Track:
    """The track of one axis in motor ring, over the racks' own time base.

    `rest_ring` is where the lens stands before the first rack, `last_direction` how it came there (-1, 0, 1). `known`
    keeps the pieces, by the rack's identity, for the next track that has some of the same racks: it only saves time.
    """
    segments: list[Segment] = []
    landings: list[LandingInstant] = []
    stand = _Stand(last_direction, motor_ring(spec, rest_ring, last_direction) - rest_ring, None, top_speed)
    for rack in racks:
        if not rack.segments:
            continue
        piece = known.get(id(rack)) if known is not None else None
        if piece is None or piece.before != stand:
            piece = _piece(spec, rack, stand)
            if known is not None:
                known[id(rack)] = piece
        segments.extend(piece.segments)
        landings.append(piece.landing)
        stand = piece.after
    return Track(motor_ring(spec, rest_ring, last_direction), segments, landings)


def _piece(spec: AxisSpec, rack: PlannedRack, stand: _Stand) -> Piece:
    """One rack in motor ring, slack and all."""
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
    if abs(next_offset - offset) < _SAME_RING:
        segments = tuple(shifted(segment, next_offset) if next_offset else segment for segment in rack.segments)
    else:
        takeup_ns = takeup_length_ns(spec, stand.top_speed, before if before != after else 0, after)
        room = stand.free_ns is None or rack.depart_ns - takeup_ns >= stand.free_ns
        if moving or not room:
            segments = tuple(blended(rack.segments, offset, next_offset))
        else:
            taken = _takeup(rack, offset, next_offset, takeup_ns)
            segments = (taken, *(shifted(segment, next_offset) for segment in rack.segments))
    then = _Stand(after, next_offset, rack.stop_ns, stand.top_speed)
    return Piece(rack, stand, segments, _landing(rack, next_offset), then)


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
