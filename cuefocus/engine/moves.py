"""Every move that is laid over a track is told, with its cause: racks have their rows, these have none."""

from typing import TYPE_CHECKING

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
                session.tell(
                    "state",
                    moves=name,
                    cause=orders.why.removesuffix(" after it"),
                    to_ring=round(splice.track.at(splice.until_ns)[0], 6),
                    until_ns=splice.until_ns,
                )
