"""Every move that is laid over a track is told, with its cause: racks have their rows, these have none."""

from typing import TYPE_CHECKING

from cuefocus.chase.clock import Clock
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.plan import Splice

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


class Moves:
    """Tells a splice once: which axis moves, why, where to, until when. Scrubbing is told as a state, not piecemeal.

    A cause is worded as the reason of the racks that the same happening has passed over, less the racks.
    """

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int]] = {}

    def tell(self, session: "Session") -> None:
        """Tell what is new."""
        for name, orders in session.stage.orders.items():
            splice = orders.splice
            if splice is None or (splice.from_ns, splice.until_ns) == self._told.get(name):
                continue
            self._told[name] = (splice.from_ns, splice.until_ns)
            if splice.track.segments and not session.chasing.scrub.active:
                to_ring, until_ns = _comes_to_rest(orders, splice, session.clock)
                session.tell(
                    "state",
                    moves=name,
                    cause=orders.why.removesuffix(" after it"),
                    to_ring=round(to_ring, 6),
                    until_ns=until_ns,
                )


def _comes_to_rest(orders: AxisOrders, splice: Splice, clock: Clock) -> tuple[float, int]:
    """Motor ring and host time at which a move ends: on a track that moves when it is joined, where that rests."""
    if clock.running and clock.speed > 0.0 and clock.epoch == orders.epoch:
        end_show_ns = orders.track.moving_until(clock.show_at(splice.until_ns))
        if end_show_ns is not None:
            return orders.track.at(end_show_ns)[0], clock.host_at(end_show_ns)
    return splice.track.at(splice.until_ns)[0], splice.until_ns
