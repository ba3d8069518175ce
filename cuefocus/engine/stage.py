"""All axes together: putting each where the clock says it belongs."""

from typing import TYPE_CHECKING

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.first_move import MID_RACK
from cuefocus.engine.job import Job, Planner, Seed
from cuefocus.engine.lives import depart, moves_ns
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.plan import OnLoss
from cuefocus.engine.takebook import CueRecord
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_MS

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_CONTINUOUS_NS = 80 * NS_PER_MS
#: Between deciding on a pull and its departure: the next step, the plan's way to motion, and a set-point period.
_PREPARE_NS = 30 * NS_PER_MS


class Stage:
    """The axes of a show.

    Args:
        job: the compiled show.
        seed: where the motors stand, as far as known.
    """

    def __init__(self, job: Job, seed: Seed) -> None:
        self.orders = {
            name: AxisOrders(axis, job.planner, seed.rings.get(name, 0.5)) for name, axis in job.axes.items()
        }
        self.glitches = 0
        self.dropped: dict[str, int] = {}

    def remember(self, clock: Clock) -> None:
        """Keep the running line: racks under way end along it when the clock goes."""
        for orders in self.orders.values():
            if orders.epoch == clock.epoch:
                orders.line = clock

    def stand_by(self, *, armed: bool) -> None:
        """A take begins or ends; without one every axis stands still."""
        for orders in self.orders.values():
            orders.armed, orders.changed = armed, True
            if not armed:
                orders.release(orders.last_sent_ring)

    # --- placing ---

    def fresh_records(self, session: "Session") -> list[CueRecord]:
        """Records of the act's timed racks, none of them begun."""
        act = session.act
        return [
            CueRecord(rack, session.book.take, 0, act.name, act.chase.starts_show_ns, session.sources.leader)
            for name in self.orders
            for rack in session.settings.racks(act, name)
        ]

    def place_all(self, session: "Session", reason: str) -> None:
        """Put every axis where the running clock says it belongs."""
        for orders in self.orders.values():
            self.place(session, orders, reason)

    def place(self, session: "Session", orders: AxisOrders, reason: str) -> None:
        """Put one axis where it belongs; racks wholly passed are skipped for `reason`."""
        act, clock, now_ns = session.act, session.clock, session.now_ns
        orders.why = reason
        orders.obey(act.on_loss)
        racks = self.racks_of(session, orders)
        opening = act.opening.get(orders.name)
        if not clock.running:
            self._place_unheard(session, orders, racks, opening)
            return
        show_ns = self._show_ns(session, orders)
        passed = [rack for rack in racks if rack.stop_ns <= show_ns]
        self._skip(session, passed, reason)
        if not self._may_move(orders):
            return
        session.book.end_watch(orders.name, now_ns)
        held = next((rack for rack in racks if moves_ns(rack) <= show_ns < rack.stop_ns), None)
        if orders.cast and self._kept_cast(session, orders, racks, passed, held):
            return
        if held is not None:
            self._place_within(session, orders, held, racks, reason)
        elif passed and passed[-1].on_jump == "skip":
            orders.stay_until_next(racks[len(passed) :], now_ns, clock)
        elif passed or opening is not None:
            orders.settle(racks, opening if opening is not None else racks[0].from_ring, now_ns, clock)
        else:
            orders.stay_until_next(racks, now_ns, clock)

    def _kept_cast(
        self,
        session: "Session",
        orders: AxisOrders,
        racks: tuple[PlannedRack, ...],
        passed: list[PlannedRack],
        held: PlannedRack | None,
    ) -> bool:
        """A triggered rack under way goes on, and its target is held, though the clock is elsewhere now.

        Unless timed racks have come between: then the axis belongs where they put it.
        """
        clock, now_ns = session.clock, session.now_ns
        if orders.splice is not None and orders.splice_active(now_ns):
            until_show_ns = clock.show_at(orders.splice.until_ns)
            for rack in racks[len(passed) :]:
                record = session.book.timed.get(rack.cue)
                if record is not None and moves_ns(rack) < until_show_ns and record.land_host_ns is None:
                    record.happen(Happening.DISPLACED, f"cue {orders.cast} was fired")
            orders.keep_cast(tuple(rack for rack in racks if moves_ns(rack) >= until_show_ns), clock)
            return True
        last = passed[-1].cue if passed else ""
        if held is not None or orders.cast_after not in (None, last):
            return False
        orders.stay_until_next(racks[len(passed) :], now_ns, clock)
        return True

    def last_begun(self, session: "Session", orders: AxisOrders) -> str:
        """The timed rack of an axis that began last, by the running clock; empty before the first."""
        show_ns = session.clock.show_at(session.now_ns)
        begun = [rack.cue for rack in self.racks_of(session, orders) if moves_ns(rack) <= show_ns]
        return begun[-1] if begun else ""

    def forget_cast(self, session: "Session") -> None:
        """A new pass: what was triggered in the last one and has come to rest holds the axes no longer."""
        for orders in self.orders.values():
            if session.taking.has_run and not orders.splice_active(session.now_ns):
                orders.cast = ""

    def _place_unheard(
        self, session: "Session", orders: AxisOrders, racks: tuple[PlannedRack, ...], opening: float | None
    ) -> None:
        """No clock runs: to the opening before playback rolls, else stay where it is."""
        clock = session.clock
        if not self._may_move(orders):
            return
        if clock.state is ClockState.NO_SIGNAL and opening is not None and not session.taking.has_run:
            orders.settle(racks, opening, session.now_ns, clock)
            return
        ahead = tuple(rack for rack in racks if clock.speed == 0.0 and moves_ns(rack) >= clock.show_ns)
        orders.stay_until_next(ahead or racks, session.now_ns, clock)

    def racks_of(self, session: "Session", orders: AxisOrders) -> tuple[PlannedRack, ...]:
        """Those that may be tried: a cue refused when the pass began stays so, though it could land by now.

        And one that has had its fate, and lies ahead still or again, is not pulled in the same pass.
        """
        racks, refused, timed = (
            session.settings.racks(session.act, orders.name),
            session.book.refused,
            session.book.timed,
        )
        show_ns = self._show_ns(session, orders)

        def may_be_tried(rack: PlannedRack) -> bool:
            record = timed.get(rack.cue)
            spent = record is not None and record.life.over and moves_ns(rack) > show_ns
            return not spent and rack.cue not in refused

        kept = tuple(filter(may_be_tried, racks))
        if len(kept) == len(racks):
            return racks
        return session.settings.planner.in_line(orders.name, kept, racks[0].from_ring, 0)

    def _show_ns(self, session: "Session", orders: AxisOrders) -> int:
        """Where the clock will be once the motor moves; where it stands, if it does."""
        clock = session.clock
        return clock.show_at(session.now_ns + orders.job.spec.dead_ns) if clock.running else clock.show_ns

    def _place_within(
        self,
        session: "Session",
        orders: AxisOrders,
        held: PlannedRack,
        racks: tuple[PlannedRack, ...],
        reason: str,
    ) -> None:
        """The clock stands inside a rack: its `on_jump` says what becomes of it."""
        clock, now_ns = session.clock, session.now_ns
        later = racks[racks.index(held) + 1 :]
        record = session.book.timed.get(held.cue)
        live = record is not None and not record.life.over and record.land_host_ns is None
        if record is not None and live:
            record.note(reason)
        if orders.cautious:
            if record is not None:
                record.happen(Happening.DENIED, MID_RACK)
            orders.go_slowly(held.band.target_ring, later, now_ns, clock)
            return
        if held.on_jump == "settle":
            orders.settle(racks, session.act.opening.get(orders.name, racks[0].from_ring), now_ns, clock)
            joins_ns = orders.splice.until_ns if orders.splice is not None else now_ns
            depart(session, record, min(joins_ns, clock.host_at(held.land_ns)))
            return
        pull, why = self._pull_within(session, orders, held, later) if live else (None, "")
        if pull is None:
            if record is not None:
                record.happen(Happening.PASSED, f"{reason}{why}")
            orders.stay_until_next(later, now_ns, clock)
            return
        orders.pull_now(pull, later, clock)
        if record is not None:
            record.rack = pull
        depart(session, record, clock.host_at(moves_ns(pull)))

    def _pull_within(
        self, session: "Session", orders: AxisOrders, held: PlannedRack, later: tuple[PlannedRack, ...]
    ) -> tuple[PlannedRack | None, str]:
        """The pull that `compress` or `late` makes of a rack the clock stands in, or None and why there is none."""
        clock, now_ns = session.clock, session.now_ns
        pull: PlannedRack | None = None
        why = ""
        if held.on_jump != "skip":
            start_lens, rest_ns = orders.come_to_rest(now_ns, clock)
            show_ns = clock.show_at(rest_ns + _PREPARE_NS)
            if held.on_jump == "compress":
                pull = orders.planner.compress(held, start_lens, orders.direction, show_ns)
                why = "; too little time was left to compress it"
            else:
                pull = orders.planner.late(held, start_lens, orders.direction, show_ns)
            if pull is not None and later and moves_ns(later[0]) < pull.stop_ns:
                return None, f"; cue {later[0].cue} leaves before its pull would be over"
        return pull, why

    def _skip(self, session: "Session", passed: list[PlannedRack], reason: str) -> None:
        for rack in passed:
            record = session.book.timed.get(rack.cue)
            if record is not None and not record.told and record.land_host_ns is None:
                record.happen(Happening.PASSED, reason)

    def _may_move(self, orders: AxisOrders) -> bool:
        return orders.armed and orders.engaged and not orders.fault and not orders.latch

    # --- after a loss, a stop or a hand ---

    def rejoin(self, session: "Session", reason: str, *, by_operator: bool = False) -> None:
        """Timecode is back, or an operator resumes: each axis by the act's `rejoin`."""
        for orders in self.orders.values():
            self.rejoin_axis(session, orders, reason, by_operator=by_operator)

    def rejoin_axis(self, session: "Session", orders: AxisOrders, reason: str, *, by_operator: bool = False) -> None:
        """One axis takes part again: racks it could not leave for are missed, the next one leaves from where it is."""
        act, clock, now_ns = session.act, session.clock, session.now_ns
        orders.why = reason
        orders.obey(act.on_loss)
        if not self._may_move(orders):
            return
        if clock.running and not orders.loose and self._continuous(orders, clock, now_ns):
            orders.take_hold(clock)
            return
        racks = self.racks_of(session, orders)
        show_ns = self._show_ns(session, orders)
        ahead = tuple(rack for rack in racks if moves_ns(rack) > show_ns)
        for rack in racks[: len(racks) - len(ahead)]:
            record = session.book.timed.get(rack.cue)
            if record is not None and record.life in (Life.STANDING_BY, Life.READY):
                leaves_ns = clock.host_at(moves_ns(record.rack)) if clock.running else None
                record.happen(Happening.LOST, session.taking.why_missed(leaves_ns, reason))
        if orders.cast and orders.splice_active(now_ns):
            orders.keep_cast(ahead, clock)
        elif act.rejoin == "operator" and not by_operator:
            if not orders.loose:
                orders.release(orders.last_sent_ring)
        elif act.rejoin == "now" and clock.running:
            self.place(session, orders, reason)
        else:
            orders.stay_until_next(ahead, now_ns, clock)

    def _continuous(self, orders: AxisOrders, clock: Clock, now_ns: int) -> bool:
        line = orders.line
        return line.epoch == orders.epoch and abs(line.show_at(now_ns) - clock.show_at(now_ns)) < _CONTINUOUS_NS

    def clock_gone(self, session: "Session", on_loss: OnLoss) -> None:
        """The clock may no longer be followed: racks under way end by the policy, the rest stand still."""
        now_ns, clock = session.now_ns, session.clock
        for orders in self.orders.values():
            orders.block(None)
            orders.obey(on_loss)
            if orders.loose or on_loss is OnLoss.RUN or orders.splice_active(now_ns):
                continue
            moving = orders.line.speed != 0.0 and orders.track.moving_until(orders.line.show_at(now_ns)) is not None
            if on_loss is OnLoss.HOLD or not moving:
                orders.release(orders.state_at(now_ns, clock)[0] if not moving else orders.last_sent_ring)

    def plan_with(self, planner: Planner) -> None:
        """Whatever is planned from now on is planned so."""
        for orders in self.orders.values():
            orders.plan_with(planner)

    def let_finished_go(self, session: "Session") -> None:
        """Axes whose last motion ended after the clock was gone stand still from now on."""
        clock, now_ns = session.clock, session.now_ns
        if clock.running:
            return
        for orders in self.orders.values():
            if orders.loose or orders.line.speed == 0.0 or orders.splice_active(now_ns):
                continue
            if orders.track.moving_until(orders.line.show_at(now_ns)) is None:
                orders.release(orders.state_at(now_ns, clock)[0])
