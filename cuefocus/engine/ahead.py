"""The racks ahead of an axis taken over as they are planned now, while what is under way goes on as it began."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuefocus.chase.clock import ClockState
from cuefocus.engine.cues import Life
from cuefocus.engine.lives import heard_ns, moves_ns
from cuefocus.engine.orders import AxisOrders
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_S

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: How long motion may need to take in one piece of a new track, and to put it beside one that stays.
_TAKEN_IN_NS, _PUT_BESIDE_NS = 20_000, 200
#: A rack that departs later than this has not begun: nothing happens to a rack so long before it leaves.
_FAR_NS = 10 * NS_PER_S
_BEFORE_ALL_NS = -(1 << 62)
_WAITING = (Life.STANDING_BY, Life.READY)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of an axis' timed cues that has been planned anew.

    Args:
        first, last: which of them, from the one to before the other.
        racks: those that can land, in order.
        places: cue to its number, for all of the axis.
    """

    first: int
    last: int
    racks: tuple[PlannedRack, ...]
    places: Mapping[str, int]


def recompile(session: "Session", orders: AxisOrders, stretch: Stretch) -> dict[str, str]:
    """Take a stretch of the racks ahead as it is planned now; what has begun, or is about to, stays as it is.

    Returns: cues that cannot leave in time any more and why, or (empty) can again.
    """
    racks = orders.racks
    if not orders.armed or orders.loose or (racks and racks[0].act != session.act.name):
        return {}  # placed from what is planned by then, before it moves
    clock, closed_ns = session.clock, _closed_ns(session, orders, stretch)
    timed, refused = session.book.timed, session.book.refused

    def waits(cue: str) -> bool:
        record = timed.get(cue)
        return record is None or record.life in _WAITING

    def place(rack: PlannedRack) -> int:
        return stretch.places[rack.cue]

    kept = bisect_right(racks, closed_ns, key=_departs)
    for index in range(kept, bisect_right(racks, closed_ns + _FAR_NS, lo=kept, key=_departs)):
        if moves_ns(racks[index]) <= closed_ns or not waits(racks[index].cue):
            kept = index + 1
    cut = bisect_left(racks, stretch.first, key=place), bisect_left(racks, stretch.last, key=place)
    done = {rack.cue for rack in racks[cut[0] : kept]}
    later = [
        rack
        for rack in stretch.racks
        if rack.land_ns > closed_ns and rack.cue not in done and rack.cue not in refused and waits(rack.cue)
    ]
    if not later and cut[1] <= kept:
        return {}
    if clock.running and orders.splice is not None and orders.splice_active(session.now_ns):
        closed_ns = max(closed_ns, clock.show_at(orders.splice.until_ns))
    news = orders.recompile(kept, cut, later, closed_ns)
    for rack in later:
        record = timed.get(rack.cue)
        if record is not None and record.barred and rack.cue in orders.by_cue:
            news[rack.cue] = ""
    return news


def _departs(rack: PlannedRack) -> int:
    return rack.depart_ns


def _closed_ns(session: "Session", orders: AxisOrders, stretch: Stretch) -> int:
    """Show time until which an axis' motion stands as it is: motion may have begun it before it hears of another."""
    clock, spec = session.clock, orders.job.spec
    pieces = sum(len(rack.segments) + 2 for rack in stretch.racks)  # slack taken up, and the landing
    taking_in_ns = pieces * _TAKEN_IN_NS + len(orders.track.segments) * _PUT_BESIDE_NS
    decided_ns = heard_ns(spec) + taking_in_ns
    line = clock if clock.running else orders.line
    if line.speed > 0.0:
        return line.show_at(session.now_ns + decided_ns)
    return clock.show_ns if clock.state is not ClockState.NO_SIGNAL else _BEFORE_ALL_NS
