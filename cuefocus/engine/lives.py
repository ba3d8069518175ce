"""The lives of timed racks: ready, departed, landed; or why one may not leave."""

from bisect import bisect_right
from typing import TYPE_CHECKING

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.first_move import go_there_slowly, why_too_fast
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.plan import Latch, OnLoss
from cuefocus.engine.takebook import CueRecord
from cuefocus.motion.racks import PlannedRack
from cuefocus.motor.axis import AxisSpec
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, ms_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_READY_AHEAD_NS = 2 * NS_PER_S
#: A rack that may not leave must be out of the plan this long before motion would begin it.
LAST_CALL_NS = 60 * NS_PER_MS
#: The next racks of an axis among which the one is that moves it first.
_NEXT = 4
#: A clock that is being led back by more than this when a rack lands is named in its reason.
_NOTED_REST_MS = 1.0


def live(session: "Session", orders: AxisOrders) -> None:
    """Move the lives of one axis' timed racks on."""
    clock, now_ns, spec = session.clock, session.now_ns, orders.job.spec
    landed_ns = clock.show_at(now_ns)
    leaving_ns = clock.show_at(now_ns + spec.dead_ns)
    last_call_ns = clock.show_at(now_ns + heard_ns(spec))
    ready_ns = last_call_ns + round(_READY_AHEAD_NS * clock.speed)
    for record in session.book.coming(orders.name):
        if record.life is not Life.PULLING:
            record.rack = orders.by_cue.get(record.rack.cue, record.rack)
        rack = record.rack
        if record.life is not Life.PULLING:
            if moves_ns(rack) > ready_ns:
                break
            _weigh(session, orders, record, last_call=moves_ns(rack) <= last_call_ns)
            if record.life is Life.READY and moves_ns(rack) <= leaving_ns:
                orders.cast, orders.cautious = "", False
                depart(session, record, now_ns)
        if record.life is Life.PULLING and rack.land_ns <= landed_ns:
            _landed(session, orders, record, clock)


def leaves_as_planned(session: "Session", orders: AxisOrders, record: CueRecord) -> bool:
    """Whether a timed rack would leave, as far as is known so long before that nobody has made it ready yet."""
    clock = session.clock
    record.rack = orders.by_cue.get(record.rack.cue, record.rack)
    ready_ns = clock.show_at(session.now_ns + heard_ns(orders.job.spec)) + round(_READY_AHEAD_NS * clock.speed)
    return moves_ns(record.rack) > ready_ns and _why_not(session, orders, record, exactly=False)[0] is None


def _landed(session: "Session", orders: AxisOrders, record: CueRecord, clock: Clock) -> None:
    """The clock has passed `land_at`: note when, and how long to watch."""
    rack = record.rack
    record.land_host_ns, record.speed = clock.host_at(rack.land_ns), clock.speed
    record.source = session.sources.leader
    rest_ms = session.sources.rest_ns / NS_PER_MS
    if abs(rest_ms) > _NOTED_REST_MS:
        side = "ahead of" if rest_ms > 0 else "behind"
        record.note(f"the clock was {abs(rest_ms):.0f} ms {side} playback, whose speed or source had just changed")
    record.uncertainty_ns = session.sources.uncertainty_at(record.land_host_ns) / abs(clock.speed)
    rest_ns = clock.host_at(max(rack.stop_ns, rack.land_ns))
    until_ns = max(rest_ns, record.land_host_ns) + NS_PER_S
    behind = bisect_right(orders.racks, rack.depart_ns, key=_departs)
    following = [
        max(moves_ns(other), min(rack.stop_ns, other.depart_ns)) for other in orders.racks[behind : behind + _NEXT]
    ]
    if following:
        until_ns = min(until_ns, clock.host_at(min(following)) + orders.job.spec.dead_ns)
    record.watch_until_ns = until_ns


def _weigh(session: "Session", orders: AxisOrders, record: CueRecord, *, last_call: bool) -> None:
    """Make a rack ready, doubt it, or at the last call say why it may not leave."""
    happening, reason = _why_not(session, orders, record)
    if happening is None:
        if record.life is Life.STANDING_BY:
            record.happen(Happening.PLANNED)
        return
    record.happen(Happening.DOUBTED)
    if last_call:
        record.happen(happening, reason)
        orders.without(record.rack.cue)
        go_there_slowly(orders, record.rack, reason, session.now_ns, session.clock)


def kept_still(orders: AxisOrders) -> tuple[Happening | None, str]:
    """What keeps an axis from leaving for any rack, and what that makes of the rack; (None, "") for nothing."""
    if orders.stops.all & Latch.HAND:
        return Happening.GRABBED, "a hand drives the axis"
    if orders.stops.all:
        return Happening.STOPPED, f"{orders.stops.all.name}"
    if orders.fault:
        return Happening.LOST, f"motor fault: {orders.fault}"
    if not orders.engaged:
        return Happening.DENIED, f"{orders.name} is not engaged"
    return None, ""


def _why_not(
    session: "Session", orders: AxisOrders, record: CueRecord, *, exactly: bool = True
) -> tuple[Happening | None, str]:
    """Why a rack may not leave, and what that makes of it; (None, "") when it may.

    `exactly`: the clock must be known well enough for its landing, which nobody can ask long before.
    """
    rack, sources = record.rack, session.sources
    if record.barred:
        return Happening.DENIED, record.barred
    happening, reason = kept_still(orders)
    if happening is not None:
        return happening, reason
    if orders.loose:
        return Happening.STOPPED, "the axis waits for the operator to resume"
    leaves_ns = session.clock.host_at(moves_ns(rack))
    if session.clock.state is ClockState.FREEWHEELING and leaves_ns > sources.depart_until_ns:
        return Happening.LOST, session.taking.why_missed(leaves_ns, session.taking.silence)
    sigma_ns = sources.predicted_uncertainty(rack.land_ns)
    if exactly and sigma_ns > rack.tolerance_ns / 4:
        allowed_ms = ms_from_ns(rack.tolerance_ns / 4)
        return Happening.DENIED, f"the clock is known to ±{ms_from_ns(sigma_ns)} ms only; {allowed_ms} ms is needed"
    problem = orders.planner.problem(orders.name, rack)
    if problem:
        return Happening.DENIED, problem
    slow = why_too_fast(orders, rack, session.clock)
    return (Happening.DENIED, slow) if slow else (None, "")


def depart(session: "Session", record: CueRecord | None, now_ns: int) -> None:
    """A rack leaves at `now_ns`; None for a pull that no record stands for."""
    if record is None:
        return
    record.happen(Happening.PLANNED)
    session.book.end_watch(record.axis, now_ns)
    if record.happen(Happening.DEPARTED):
        record.departed_ns = now_ns
        tell_departure(session, record)
        session.departed()


def tell_departure(session: "Session", record: CueRecord) -> None:
    """Tell that a rack is under way."""
    session.tell(
        "departure",
        take=record.take,
        **{"pass": record.pass_},
        cue=record.rack.cue,
        name=record.rack.name,
        camera=record.axis.rpartition(".")[0],
        axis=record.axis.rpartition(".")[2],
        target=record.rack.target,
        anchor=record.rack.anchor,
        source=record.source,
        planned_s=round((record.rack.land_ns - record.base_ns) / NS_PER_S, 6),
    )


def outlive(session: "Session", orders: AxisOrders) -> None:
    """The clock has gone and racks under way go on: they land when its line says so."""
    line = orders.line
    if line.speed <= 0.0 or orders.on_loss is not OnLoss.FINISH:
        return
    landed_ns = line.show_at(session.now_ns)
    for record in session.book.coming(orders.name):
        if record.life is Life.PULLING and record.rack.land_ns <= landed_ns:
            _landed(session, orders, record, line)


def heard_ns(spec: AxisSpec) -> int:
    """How long before motion would begin a rack at the latest it is decided on."""
    return spec.lead_ns + spec.period_ns + LAST_CALL_NS


def _departs(rack: PlannedRack) -> int:
    return rack.depart_ns


def moves_ns(rack: PlannedRack) -> int:
    """First moment of motion, taking up slack included."""
    return rack.depart_ns - rack.takeup_ns
