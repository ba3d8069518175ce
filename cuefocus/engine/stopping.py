"""What a stop of an axis does to the show, once it is heard of; and what the end of a stop does."""

from dataclasses import replace
from typing import TYPE_CHECKING

from cuefocus.engine.cues import Happening
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.plan import DISARMING_STOPS, Latch
from cuefocus.engine.ports import Latched

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


def begin_step(session: "Session") -> None:
    """A step begins."""
    for orders in session.stage.orders.values():
        if untold := orders.stops.begin_step(session.now_ns):
            _let_go(session, orders, untold, session.now_ns)


def hear(session: "Session", event: Latched) -> None:
    """Motion's word on an axis' stops, or what others have said of them."""
    orders = session.stage.orders.get(event.axis)
    if orders is None:
        return
    late = orders.stops.late(event)
    if verb := _stopped(session, orders, replace(event, latch=event.latch & ~late)):
        session.desk_words.stopped(session, verb, event)
    if late:
        _let_go(session, orders, late, event.stamp_ns)
        rejoin(session, orders, late)
        session.halted.go_on(session, orders, late, "resume")


def order(session: "Session", orders: AxisOrders, latch: Latch) -> None:
    """A stop of an axis was said here: who fires or arms next is told the truth."""
    new = orders.stops.order(latch)
    if new:
        _let_go(session, orders, new, session.now_ns)


def _stopped(session: "Session", orders: AxisOrders, event: Latched) -> str:
    """The stops of an axis are these now; the verb of the strongest that is new, or was said anew, or empty."""
    said, new = event.latch & orders.stops.said_anew(event), event.latch & ~orders.latch
    orders.stops.hear(event)
    news = said | new
    if not news:
        return ""
    if new:
        _let_go(session, orders, new, event.stamp_ns)
    if news & DISARMING_STOPS:
        session.taking.disarm(session, _strongest(news), stopped=True)
    return _strongest(news).lower()


def rejoin(session: "Session", orders: AxisOrders, stops: Latch) -> None:
    """An axis whose stops were taken back takes part again."""
    why = "a hand drove the axis" if stops & Latch.HAND else "the axis was stopped"
    session.stage.rejoin_axis(session, orders, why, by_operator=True)


def _let_go(session: "Session", orders: AxisOrders, stops: Latch, stamp_ns: int) -> None:
    """Motion has obeyed: what was under way on the axis is not any more."""
    session.halted.stopped(session, orders, stops)
    by_hand = bool(stops & Latch.HAND)
    how = (Happening.GRABBED, "a hand took the axis") if by_hand else (Happening.STOPPED, _strongest(stops))
    session.book.cut(orders.name, stamp_ns, *how)
    orders.release(orders.last_sent_ring)


def _strongest(stops: Latch) -> str:
    order = (Latch.PANIC, Latch.RELEASE, Latch.HOLD, Latch.HAND)
    return next(str(latch.name) for latch in order if latch & stops)
