"""Clock, pieces of tracks and orders as bytes and back, exactly: every float keeps its bits."""

from collections.abc import Iterator, Sequence
from typing import Final

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine.plan import AxisPlan, OnLoss, Splice
from cuefocus.errors import PlanError
from cuefocus.motion.track import LandingInstant, Segment, Track
from cuefocus.shells.shm_layout import (
    CLOCK,
    LANDING,
    ORDERS,
    SEGMENT,
    SPLICE_LANDINGS,
    SPLICE_SEGMENTS,
)
from cuefocus.timebase.values import value

_FOLLOW: Final = 1
_SPLICED: Final = 2
_BLOCKED: Final = 4
_STATES: Final = tuple(ClockState)
_LOSSES: Final = tuple(OnLoss)


def encode_clock(clock: Clock) -> bytes:
    """The clock's payload."""
    return CLOCK.pack(
        clock.host_ns,
        clock.show_ns,
        clock.speed,
        clock.state,
        clock.uncertainty_ns,
        clock.good_until_ns,
        clock.epoch,
    )


def decode_clock(payload: bytes) -> Clock:
    """The clock of a payload."""
    host_ns, show_ns, speed, state, uncertainty_ns, good_until_ns, epoch = CLOCK.unpack(payload)
    return Clock(host_ns, show_ns, speed, _STATES[state], uncertainty_ns, good_until_ns, epoch)


def encode_segments(segments: Sequence[Segment]) -> bytes:
    """A run of segment records."""
    pack = SEGMENT.pack
    return b"".join([pack(one.start_ns, one.length_ns, *one.coefficients) for one in segments])


def encode_landings(landings: Sequence[LandingInstant]) -> bytes:
    """A run of landing records."""
    pack = LANDING.pack
    return b"".join([pack(one.at_ns, one.edge_ring, one.target_ring) for one in landings])


def segments_in(payload: memoryview | bytes) -> Iterator[Segment]:
    """The segments in a run of segment records, made as they are asked for."""
    for start_ns, length_ns, *coefficients in SEGMENT.iter_unpack(payload):
        c0, c1, c2, c3, c4, c5 = coefficients
        yield Segment(start_ns, length_ns, (c0, c1, c2, c3, c4, c5))


def landings_in(payload: memoryview | bytes) -> Iterator[LandingInstant]:
    """The landing instants in a run of landing records."""
    for at_ns, edge_ring, target_ring in LANDING.iter_unpack(payload):
        yield LandingInstant(at_ns, edge_ring, target_ring)


@value
class Orders:
    """An axis' orders without its track, which stands apart because it changes seldom.

    Args:
        plan: the orders, with an empty track in place of the one of `track_generation`.
        engage_epoch: the axis' engage epoch (counts drops of ENGAGE) for which `plan.follow` was given.
    """

    plan: AxisPlan
    engage_epoch: int
    track_generation: int


_NO_TRACK: Final = Track(0.0)


def encode_orders(plan: AxisPlan, engage_epoch: int, track_generation: int) -> bytes:
    """The orders' payload. Raises PlanError when the splice is longer than the memory holds."""
    splice, blocked_ns = plan.splice, plan.depart_blocked_show_ns
    flags = plan.follow * _FOLLOW | (splice is not None) * _SPLICED | (blocked_ns is not None) * _BLOCKED
    laid = splice.track if splice is not None else _NO_TRACK
    if len(laid.segments) > SPLICE_SEGMENTS or len(laid.landings) > SPLICE_LANDINGS:
        raise PlanError(f"a splice of {len(laid.segments)} segments does not fit; {SPLICE_SEGMENTS} do")
    head = ORDERS.pack(
        flags,
        plan.on_loss,
        engage_epoch,
        blocked_ns or 0,
        plan.attach,
        plan.epoch,
        track_generation,
        splice.from_ns if splice is not None else 0,
        splice.until_ns if splice is not None else 0,
        laid.rest_ring,
        len(laid.segments),
        len(laid.landings),
    )
    return head + encode_segments(laid.segments) + encode_landings(laid.landings)


def decode_orders(payload: bytes) -> Orders:
    """The orders of a payload."""
    flags, on_loss, engage_epoch, blocked_ns, attach, epoch, track_generation, *over = ORDERS.unpack_from(payload)
    splice = None
    if flags & _SPLICED:
        from_ns, until_ns, rest, pieces, landings = over
        cut = ORDERS.size + pieces * SEGMENT.size
        laid = Track(
            rest,
            tuple(segments_in(payload[ORDERS.size : cut])),
            tuple(landings_in(payload[cut : cut + landings * LANDING.size])),
        )
        splice = Splice(laid, from_ns, until_ns)
    plan = AxisPlan(
        follow=bool(flags & _FOLLOW),
        track=_NO_TRACK,
        splice=splice,
        on_loss=_LOSSES[on_loss],
        depart_blocked_show_ns=blocked_ns if flags & _BLOCKED else None,
        attach=attach,
        epoch=epoch,
    )
    return Orders(plan, engage_epoch, track_generation)
