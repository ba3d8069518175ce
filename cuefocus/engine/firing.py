"""What a triggered rack does to its axis' track: laid over it when its moment comes, or refused."""

from dataclasses import replace
from typing import TYPE_CHECKING

from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.first_move import go_there_slowly, why_too_fast
from cuefocus.engine.handover import Handover, handover, wait_for
from cuefocus.engine.job import TriggerJob
from cuefocus.engine.land_on import planned
from cuefocus.engine.lives import kept_still, moves_ns, tell_departure
from cuefocus.engine.moments import lands_ns, meant_for, why_lost, why_unheard
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.takebook import CueRecord
from cuefocus.errors import PlanError
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_S, ms_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


def play(session: "Session", job: TriggerJob, stamp_ns: int, route: str, *, anew: bool = False) -> tuple[bool, str]:
    """Have a cue's axis make its rack, now or when its moment comes; whether it may, and a sentence.

    Args:
        session: the session.
        job: the cue.
        stamp_ns: its trigger's moment.
        route: what fired it.
        anew: it was stopped on its way: it lands when its pull allows, not when its trigger said.

    Raises: PlanError as `planned`.
    """
    orders = session.stage.orders[job.axis]
    rack = planned(session, job, stamp_ns, anew=anew)
    coming = handover(session, job, rack, stamp_ns, now=anew)
    record = CueRecord(coming.rack, session.book.take, max(1, session.book.pass_), session.act.name, stamp_ns, route)
    record.resumed = anew
    record.travel_ns = job.travel_ns
    if job.land_on is not None and not anew:
        record.meant = meant_for(session, job.land_on, rack)
    session.book.fire(record)
    reason = why_not(session, job, coming)
    if reason:
        record.happen(Happening.DENIED, reason)
        go_there_slowly(orders, rack, reason, session.now_ns, session.clock)
        return False, reason
    waits = session.casting.waits
    before = waits.for_moment(orders.name)
    if before is not None and before.record is not None:
        waits.drop(before)
        before.record.happen(Happening.DISPLACED, f"cue {job.cue} was fired")
    if coming.at_ns > session.now_ns:
        waits.add(wait_for(session, job, record, coming))
    else:
        _take_axis(session, orders, job, record)
    return True, f"cue {job.cue} lands in {ms_from_ns(rack.land_ns - session.now_ns)} ms"


def leave(session: "Session", job: TriggerJob, record: CueRecord) -> None:
    """The moment has come that a fired rack has waited for: it takes its axis, or is told why it may not."""
    orders = session.stage.orders[job.axis]
    happening, reason = why_lost(session, record)
    if happening is None:
        happening, reason = kept_still(orders)
    if happening is None:
        happening, reason = why_unheard(session, record)
    if happening is None:
        try:
            rack = planned(session, job, record.base_ns, land_ns=lands_ns(session, record))
            record.rack = replace(rack, offset_ns=record.rack.offset_ns)
            reason = why_not(session, job, handover(session, job, record.rack, record.base_ns, now=True))
        except PlanError as error:
            reason = str(error)
        happening = Happening.DENIED if reason else None
    if happening is None:
        _take_axis(session, orders, job, record)
        return
    record.happen(happening, reason)
    go_there_slowly(orders, record.rack, reason, session.now_ns, session.clock)
    session.alarm(f"cue {job.cue} does not leave: {reason}")


def _take_axis(session: "Session", orders: AxisOrders, job: TriggerJob, record: CueRecord) -> None:
    """Lay a rack over the track of its axis; what it cuts short or leaves no time for is replaced."""
    clock, now_ns, rack = session.clock, session.now_ns, record.rack
    leaves_ns = max(now_ns, moves_ns(rack))  # until then the lens does what it did
    for other in session.book.pulling(orders.name):
        if other.land_host_ns is None or (other.rack.triggered and other.land_host_ns > now_ns):
            other.land_host_ns = None
            other.happen(Happening.DISPLACED, f"cue {job.cue} was fired")
        elif other.watch_until_ns is not None:
            other.watch_until_ns = min(other.watch_until_ns, max(leaves_ns, other.land_host_ns))
    later = _later(session, orders, rack, job)
    orders.trigger(rack, later, now_ns, clock)
    session.hurry()
    orders.cast, orders.cautious = job.cue, False
    running = clock.running and clock.speed > 0.0
    orders.cast_after = session.stage.last_begun(session, orders) if running else None
    record.happen(Happening.PLANNED)
    record.happen(Happening.DEPARTED)
    record.departed_ns, record.land_host_ns, record.speed = rack.depart_ns, rack.land_ns, 1.0
    tell_departure(session, record)
    record.watch_until_ns = max(rack.stop_ns, rack.land_ns) + NS_PER_S
    if later and clock.running and clock.speed > 0.0:
        departs_ns = clock.host_at(moves_ns(later[0])) + orders.job.spec.dead_ns
        record.watch_until_ns = min(record.watch_until_ns, max(departs_ns, rack.land_ns))


def why_not(session: "Session", job: TriggerJob, coming: Handover) -> str:
    """Why an axis may not make the rack of a cue, or empty."""
    orders = session.stage.orders[job.axis]
    if orders.fault:
        return f"motor fault: {orders.fault}"
    if orders.stops.all:
        return f"{orders.name} is stopped by {orders.stops.all.words}"
    if not orders.engaged:
        return f"{orders.name} is not engaged"
    if coming.conflict is not None and job.conflict == "track":
        return f"cue {coming.conflict.rack.cue} leaves before it would have landed"
    return why_too_fast(orders, coming.rack, session.clock)


def _later(session: "Session", orders: AxisOrders, rack: PlannedRack, job: TriggerJob) -> tuple[PlannedRack, ...]:
    """Timed racks that still leave after the triggered one has stopped; those in its way are replaced."""
    clock = session.clock
    if not clock.running or clock.speed <= 0.0:
        coming = {record.rack.cue for record in session.book.coming(orders.name) if record.life is not Life.PULLING}
        return tuple(timed for timed in orders.racks if timed.cue in coming or not session.book.timed)
    stopped_show_ns = clock.show_at(rack.stop_ns)
    now_show_ns = clock.show_at(session.now_ns)
    later: list[PlannedRack] = []
    for timed in orders.racks:
        if timed.depart_ns - timed.takeup_ns >= stopped_show_ns:
            later.append(timed)
        elif timed.stop_ns > now_show_ns:
            record = session.book.timed.get(timed.cue)
            if record is not None and record.land_host_ns is None:
                record.happen(Happening.DISPLACED, f"cue {job.cue} was fired")
    return tuple(later)
