"""What becomes of racks and axes when the motion process stood still: stopped, paused with its machine, or starved.

Its axes stand at their last set-points, and what they were to do meanwhile is not made up for. An axis that had nothing
to do goes on; any other is planned anew from where it stands, by its act's `rejoin`.
"""

from typing import TYPE_CHECKING

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.cues import Happening
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.ports import MotorTrouble, Stalled
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_NEAR_RING = 0.004
_NO_ANSWER = "motion does not answer"
_UNANSWERED = "motion did not answer when it was to land"


class Stalls:
    """Notes what is heard of motion's standstills, and settles it once the step's clock is known.

    Attributes:
        silent_ns: by axis, since when motion has shown no life; such an axis' landings are not judged yet.
    """

    def __init__(self) -> None:
        self.silent_ns: dict[str, int] = {}
        self._over: list[Stalled] = []
        self._asleep: dict[str, tuple[int, int, str]] = {}  # from, until, how it is told
        self._silence_told = False

    def heard(self, stalled: Stalled) -> None:
        """Motion woke, and says what it slept over."""
        self.silent_ns.pop(stalled.axis, None)
        self._over.append(stalled)
        self._asleep[stalled.axis] = stalled.since_ns, stalled.stamp_ns, _reason(stalled)

    def noticed(self, session: "Session", trouble: MotorTrouble) -> None:
        """Motion fell silent, answers again, or an axis is at fault."""
        if trouble.kind == "silent":
            self.silent_ns.setdefault(trouble.axis, trouble.stamp_ns)
            if not self._silence_told:
                self._silence_told = True
                session.alarm(f"{_NO_ANSWER}: the axes stand where they are")
        elif trouble.kind == "answers":
            since_ns = self.silent_ns.pop(trouble.axis, None)
            self._silence_told = False
            if since_ns is not None:
                self._asleep[trouble.axis] = since_ns, trouble.stamp_ns, _UNANSWERED

    def silent_over(self, axis: str, land_ns: int | None) -> bool:
        """Whether motion was silent when a rack of `axis` was to land, and has said nothing since."""
        since_ns = self.silent_ns.get(axis)
        return since_ns is not None and land_ns is not None and land_ns > since_ns

    def why_unseen(self, axis: str, from_ns: int, until_ns: int) -> str:
        """What motion did when no position came between two moments, if it stood still then; else empty.

        Args:
            axis: its name.
            from_ns: when the lens was to be where a position would tell of it; host time.
            until_ns: by when that position would have been in.
        """
        since_ns = self.silent_ns.get(axis)
        if since_ns is not None and since_ns <= until_ns:
            return _UNANSWERED
        began_ns, woke_ns, reason = self._asleep.get(axis, (0, 0, ""))
        return reason if began_ns <= until_ns and from_ns <= woke_ns else ""

    def settle(self, session: "Session") -> None:
        """Cut what was slept over, plan the axes anew, and tell the operator."""
        over, self._over = self._over, []
        if not over:
            return
        lost, unharmed = list[str](), list[str]()
        longest_ns = max(one.stamp_ns - one.since_ns for one in over)
        for one in over:
            orders = session.stage.orders.get(one.axis)
            if orders is None:
                continue
            if _had_nothing_to_do(orders, one.since_ns, session.now_ns, session.clock):
                unharmed.append(one.axis)
                orders.take_hold(session.clock)
            else:
                lost.append(one.axis)
                _lose(session, orders, one)
        harm = f"; {', '.join(lost)} {_stay(session, len(lost))}" if lost else ""
        fine = f"; {', '.join(unharmed)} had nothing to do then" if unharmed else ""
        session.tell(
            "alarm",
            text=f"motion stood still for {_length(longest_ns)}{harm}{fine}",
            stood_still_ms=longest_ns // NS_PER_MS,
            axes=lost,
        )


def _lose(session: "Session", orders: AxisOrders, stalled: Stalled) -> None:
    reason = _reason(stalled)
    session.book.cut(orders.name, stalled.since_ns, Happening.LOST, reason)
    was_loose = orders.loose
    orders.stand_still()
    if not was_loose:
        session.stage.rejoin_axis(session, orders, reason)


def _had_nothing_to_do(orders: AxisOrders, since_ns: int, now_ns: int, clock: Clock) -> bool:
    """Whether an axis that follows stood where it had to, and was to stay there until now."""
    if orders.loose or not orders.engaged or orders.latch or orders.fault:
        return False
    spec = orders.job.spec
    from_ns, until_ns = since_ns + spec.dead_ns - spec.period_ns, now_ns + spec.lead_ns + spec.period_ns
    if orders.splice is not None:
        if any(part.start_ns < until_ns and part.end_ns > from_ns for part in orders.splice.track.segments):
            return False
    line = clock if clock.running and clock.epoch == orders.epoch else orders.line
    if line is not NO_CLOCK and line.epoch == orders.epoch and line.speed != 0.0:
        first_ns, last_ns = sorted((line.show_at(from_ns), line.show_at(until_ns)))
        if any(part.start_ns < last_ns and part.end_ns > first_ns for part in orders.track.segments):
            return False
    return abs(orders.state_at(until_ns, clock)[0] - orders.last_sent_ring) < _NEAR_RING


def _reason(stalled: Stalled) -> str:
    return f"motion stood still for {_length(stalled.stamp_ns - stalled.since_ns)}"


def _stay(session: "Session", axes: int) -> str:
    if session.chasing.scrub.active:
        return f"missed what was to move, and {'comes' if axes == 1 else 'come'} back to the track at the settle speed"
    until = {"next-cue": "until the next rack", "now": "", "operator": "until an operator resumes"}[session.act.rejoin]
    stays = "stays where it stands" if axes == 1 else "stay where they stand"
    return f"missed what was to move, and {stays} {until}" if until else "missed what was to move"


def _length(duration_ns: int) -> str:
    return f"{duration_ns / NS_PER_S:.1f} s" if duration_ns >= NS_PER_S else f"{duration_ns // NS_PER_MS} ms"
