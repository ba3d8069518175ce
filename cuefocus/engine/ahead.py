"""The racks ahead of an axis taken over as they are planned now, while what is under way goes on as it began."""

from typing import TYPE_CHECKING

from cuefocus.chase.clock import ClockState
from cuefocus.engine.cues import Life
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.stage import LAST_CALL_NS, moves_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: How long motion may need to take in one piece of a new track.
_TAKEN_IN_NS = 20_000
_BEFORE_ALL_NS = -(1 << 62)
_WAITING = (Life.STANDING_BY, Life.READY)


def recompile(session: "Session", orders: AxisOrders) -> dict[str, str]:
    """Take the racks ahead as they are planned now; what has begun, or is about to, stays as it is.

    Returns: cues that cannot leave in time any more and why, or (empty) can again.
    """
    if not orders.armed or orders.loose:
        return {}  # placed from what is planned by then, before it moves
    clock, closed_ns, timed = session.clock, _closed_ns(session, orders), session.book.timed

    def waits(cue: str) -> bool:
        record = timed.get(cue)
        return record is None or record.life in _WAITING

    begun = [moves_ns(rack) <= closed_ns or not waits(rack.cue) for rack in orders.racks]
    kept = max((index + 1 for index, one in enumerate(begun) if one), default=0)
    done = {rack.cue for rack in orders.racks[:kept]}
    later = [
        rack
        for rack in session.stage.racks_of(session, orders)
        if rack.land_ns > closed_ns and rack.cue not in done and waits(rack.cue)
    ]
    if clock.running and orders.splice is not None and orders.splice_active(session.now_ns):
        closed_ns = max(closed_ns, clock.show_at(orders.splice.until_ns))
    news = orders.recompile(kept, later, closed_ns)
    for rack in orders.racks[kept:]:
        record = timed.get(rack.cue)
        if record is not None and record.barred:
            news[rack.cue] = ""
    return news


def _closed_ns(session: "Session", orders: AxisOrders) -> int:
    """Show time until which an axis' motion stands as it is: motion may have begun it before it hears of another."""
    clock, spec = session.clock, orders.job.spec
    heard_ns = spec.lead_ns + spec.period_ns + LAST_CALL_NS + len(orders.track.segments) * _TAKEN_IN_NS
    line = clock if clock.running else orders.line
    if line.speed > 0.0:
        return line.show_at(session.now_ns + heard_ns)
    return clock.show_ns if clock.state is not ClockState.NO_SIGNAL else _BEFORE_ALL_NS
