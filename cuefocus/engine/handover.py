"""When a triggered rack takes its axis from the track: not before it must, as the track is followed until then."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cuefocus.engine.job import TriggerJob
from cuefocus.engine.land_on import planned
from cuefocus.engine.lives import heard_ns, moves_ns
from cuefocus.engine.moments import lands_ns, why_lost
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.takebook import CueRecord
from cuefocus.engine.waits import ITS_MOMENT, Wait
from cuefocus.errors import PlanError
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.timebase.values import value

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: The session looks at least so often.
_STEP_NS: Final = 10 * NS_PER_MS
#: Where the axis will be is asked again so often while a rack waits, and whenever the clock or its plan is another.
_LOOK_NS: Final = 100 * NS_PER_MS
_LOOKS: Final = 4
_SAME_NS: Final = 100_000
#: And when its landing comes so much sooner or later by the clock.
_MOVED_NS: Final = NS_PER_MS


@value
class Handover:
    """How a triggered rack comes to its axis.

    Args:
        rack: as it will be made, as far as is known now.
        at_ns: host time at which it takes the axis from the track; not before now.
        conflict: the timed rack that cannot land because of it, or None.
    """

    rack: PlannedRack
    at_ns: int
    conflict: CueRecord | None


def handover(session: "Session", job: TriggerJob, rack: PlannedRack, stamp_ns: int, *, now: bool = False) -> Handover:
    """Find it for a rack that was planned from where its axis is now. `now`: its moment is here."""
    orders = session.stage.orders[job.axis]
    later = None if now else _later(session, orders, job, rack, stamp_ns)
    rack, at_ns = later if later is not None else (rack, session.now_ns)
    conflict = _conflict(session, orders, rack, at_ns)
    if conflict is not None:  # a rack that could not land does not begin either
        clock, timed = session.clock, orders.by_cue.get(conflict.rack.cue, conflict.rack)
        at_ns = min(at_ns, clock.host_at(moves_ns(timed)) - _decided_ns(orders))
    return Handover(rack, max(session.now_ns, at_ns), conflict)


def _decided_ns(orders: AxisOrders) -> int:
    """How long before it moves a rack has to have the axis."""
    return heard_ns(orders.job.spec) + _STEP_NS


def _later(
    session: "Session", orders: AxisOrders, job: TriggerJob, rack: PlannedRack, stamp_ns: int
) -> tuple[PlannedRack, int] | None:
    """The rack as it leaves from where the axis will be, and when it takes it; None where that is now."""
    now_ns, land_ns = session.now_ns, rack.land_ns
    at_ns = now_ns
    try:
        for _ in range(_LOOKS):  # where it leaves from says when it leaves, and when it leaves says where from
            before_ns = at_ns
            if at_ns != now_ns or not _stands(session, orders):
                rack = planned(session, job, stamp_ns, land_ns=land_ns, from_ns=at_ns, at_rest=True)
            at_ns = moves_ns(rack) - _decided_ns(orders)
            if at_ns <= now_ns:
                return None
            if abs(at_ns - before_ns) <= _SAME_NS:
                break
        else:
            at_ns = min(at_ns, before_ns)
        return planned(session, job, stamp_ns, land_ns=land_ns, from_ns=at_ns), at_ns
    except PlanError:  # from where the track will have brought the axis it could not be made
        return None


def _stands(session: "Session", orders: AxisOrders) -> bool:
    """Whether the rack was planned from a standstill."""
    _, speed, acceleration = orders.lens_state(session.now_ns, session.clock)
    return speed == acceleration == 0.0


def _conflict(session: "Session", orders: AxisOrders, rack: PlannedRack, at_ns: int) -> CueRecord | None:
    """The first timed rack that would not have landed when this one takes the axis, and leaves before it has landed."""
    clock = session.clock
    if not clock.running or clock.speed <= 0.0:
        return None
    surely_ns = at_ns if at_ns <= session.now_ns else at_ns - _STEP_NS
    taken_show_ns, landed_show_ns = clock.show_at(surely_ns), clock.show_at(rack.land_ns)
    for record in session.book.coming(orders.name):
        timed = orders.by_cue.get(record.rack.cue, record.rack)
        if timed.land_ns > taken_show_ns:
            return record if moves_ns(timed) < landed_show_ns else None
    return None


def wait_for(session: "Session", job: TriggerJob, record: CueRecord, coming: Handover) -> Wait:
    """The wait of a fired rack for its moment."""
    attach = session.stage.orders[job.axis].attach
    looked = session.now_ns, session.clock.epoch, attach
    return Wait(job.cue, job.axis, coming.at_ns, record.source, ITS_MOMENT, None, job.travel_ns, record, looked)


def look_again(session: "Session", wait: Wait, job: TriggerJob) -> Wait:
    """The same wait, as its end is foreseen now.

    Its end is now where the rack can no longer be made later, or the moment that it is meant for comes no more.
    """
    looked_ns, epoch, attach = wait.looked
    clock, orders, now_ns, record = session.clock, session.stage.orders[wait.axis], session.now_ns, wait.record
    if record is None:
        return wait
    now = replace(wait, due_ns=min(wait.due_ns, now_ns))
    if why_lost(session, record)[0] is not None:
        return now
    land_ns = lands_ns(session, record)
    fresh = (clock.epoch, orders.attach) == (epoch, attach) and now_ns - looked_ns < _LOOK_NS
    if fresh and now_ns < wait.due_ns and abs(land_ns - record.rack.land_ns) < _MOVED_NS:
        return wait
    job = replace(job, travel_ns=wait.travel_ns)
    rack = record.rack
    if land_ns != rack.land_ns:
        try:
            rack = planned(session, job, record.base_ns, land_ns=land_ns, at_rest=True)
        except PlanError:
            return now
    coming = handover(session, job, rack, record.base_ns)
    record.rack = replace(coming.rack, offset_ns=record.rack.offset_ns)
    again = wait_for(session, job, record, coming)
    return again if coming.at_ns > now_ns else replace(again, due_ns=min(wait.due_ns, now_ns))
