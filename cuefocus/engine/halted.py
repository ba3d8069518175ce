"""Triggered racks that HOLD stopped on their way: `resume` lets them go on to their target, late."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cuefocus.engine.firing import play
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.plan import Latch
from cuefocus.errors import PlanError
from cuefocus.timebase.units import s_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


@dataclass(frozen=True, slots=True)
class _Halt:
    """A rack that was stopped.

    Args:
        land_ns: when it was to land, host ns.
        after: the timed rack that had begun last.
        travel_ns: how long a desk had said that it pulls; None: as written.
        said: which of the words that go with it had been said, a bit each.
    """

    cue: str
    land_ns: int
    after: str | None
    travel_ns: int | None
    said: int


class Halted:
    """The racks that may go on, by axis."""

    def __init__(self) -> None:
        self._halts: dict[str, _Halt] = {}

    def axis_of(self, cue: str) -> str | None:
        """The axis on which a cue was stopped; None for one that was not."""
        return next((axis for axis, halt in self._halts.items() if halt.cue == cue), None)

    def stopped(self, session: "Session", orders: AxisOrders, news: Latch) -> None:
        """A stop was set on an axis. After a hand, PANIC or RELEASE nothing goes on by itself."""
        if news & ~Latch.HOLD:
            self._halts.pop(orders.name, None)
            return
        for record in session.book.pulling(orders.name):
            if record.rack.triggered and record.land_host_ns is not None and record.land_host_ns > session.now_ns:
                self._halts[orders.name] = _Halt(
                    record.rack.cue, record.land_host_ns, orders.cast_after, record.travel_ns, record.said
                )

    def forget(self) -> None:
        """The take is over."""
        self._halts.clear()

    def go_on(self, session: "Session", orders: AxisOrders, was: Latch, route: str) -> str:
        """Let the rack that HOLD stopped on an axis go on, pulled as long as it was to be; what is said of it.

        Not where a timed rack was to leave meanwhile: the axis is the track's again.
        """
        halt = self._halts.pop(orders.name, None)
        if halt is None or was & ~Latch.HOLD or not session.book.armed:
            return ""
        job, clock = replace(session.job.triggered[halt.cue], travel_ns=halt.travel_ns), session.clock
        begun = session.stage.last_begun(session, orders) if clock.running and clock.speed > 0.0 else None
        if None not in (halt.after, begun) and begun != halt.after:
            return f"cue {halt.cue} does not go on: cue {begun} was to leave meanwhile"
        try:
            taken, text = play(session, job, session.now_ns, route, anew=True)
        except PlanError as error:
            taken, text = False, str(error)
        if not taken:
            return f"cue {halt.cue} does not go on: {text}"
        record = session.book.fired[-1]
        record.said = halt.said
        late_s = s_from_ns(record.rack.land_ns - halt.land_ns)
        record.note(f"it went on after HOLD and was to land {late_s:.2f} s earlier")
        return f"cue {halt.cue} goes on and lands {late_s:.2f} s late"
