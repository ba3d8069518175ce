"""What a triggered rack does to its axis' track: planned from where the axis is, laid over it, or refused."""

from typing import TYPE_CHECKING

from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.first_move import go_there_slowly, why_too_fast
from cuefocus.engine.job import TriggerJob
from cuefocus.engine.land_on import planned
from cuefocus.engine.lives import tell_departure
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.takebook import CueRecord
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_S, ms_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


def play(session: "Session", job: TriggerJob, stamp_ns: int, route: str, *, anew: bool = False) -> tuple[bool, str]:
    """Have a cue's axis make its rack; whether it may, and a sentence.

    Args:
        session: the session.
        job: the cue.
        stamp_ns: its trigger's moment.
        route: what fired it.
        anew: it was stopped on its way: it lands when its pull allows, not when its trigger said.

    Raises: PlanError as `planned`.
    """
    clock, now_ns, orders = session.clock, session.now_ns, session.stage.orders[job.axis]
    rack = planned(session, job, stamp_ns, anew=anew)
    record = CueRecord(rack, session.book.take, max(1, session.book.pass_), session.act.name, stamp_ns, route)
    session.book.fire(record)
    reason = why_not(session, job, rack)
    if reason:
        record.happen(Happening.DENIED, reason)
        go_there_slowly(orders, rack, reason, now_ns, clock)
        return False, reason
    leaves_ns = max(now_ns, rack.depart_ns - rack.takeup_ns)  # until then the lens does what it did
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
        departs_ns = clock.host_at(later[0].depart_ns - later[0].takeup_ns) + orders.job.spec.dead_ns
        record.watch_until_ns = min(record.watch_until_ns, max(departs_ns, rack.land_ns))
    return True, f"cue {job.cue} lands in {ms_from_ns(rack.land_ns - now_ns)} ms"


def why_not(session: "Session", job: TriggerJob, rack: PlannedRack) -> str:
    """Why an axis may not make the rack of a cue now, or empty."""
    orders = session.stage.orders[job.axis]
    if orders.fault:
        return f"motor fault: {orders.fault}"
    if orders.latch:
        return f"{orders.name} is stopped by {orders.latch.words}"
    if not orders.engaged:
        return f"{orders.name} is not engaged"
    conflict = _conflict(session, orders, rack)
    if conflict is not None and job.conflict == "track":
        return f"cue {conflict.rack.cue} leaves before it would have landed"
    return why_too_fast(orders, rack, session.clock)


def _conflict(session: "Session", orders: AxisOrders, rack: PlannedRack) -> CueRecord | None:
    """The timed rack that would depart (or is under way) before the triggered one has landed."""
    clock = session.clock
    if not clock.running or clock.speed <= 0.0:
        return None
    landed_show_ns = clock.show_at(rack.land_ns)
    record = next(session.book.coming(orders.name), None)
    if record is not None and record.rack.depart_ns - record.rack.takeup_ns < landed_show_ns:
        return record
    return None


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
