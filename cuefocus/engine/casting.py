"""Triggered racks: who fires them, whether that counts, and what they do to the axis' track."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cuefocus.engine.cue_lists import CueLists
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.first_move import go_there_slowly, why_too_fast
from cuefocus.engine.job import Job, TriggerJob
from cuefocus.engine.lives import tell_departure
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.ports import Trigger
from cuefocus.engine.settings import shown_ns
from cuefocus.engine.takebook import CueRecord
from cuefocus.engine.taking import never_tried
from cuefocus.engine.triggers import Suppressed, TriggerLedger
from cuefocus.errors import PlanError
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_S, ms_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


class Casting:
    """The triggered cues of a show."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._wanted = job.wanted()
        self.ledger = TriggerLedger(repeat_guard_ns=job.repeat_guard_ns, go_guard_ns=job.go_guard_ns)
        self.lists = CueLists(job.lists)

    def hear(self, session: "Session", trigger: Trigger) -> None:
        """Fire what waits for a trigger. Nobody waits for an answer, so what is not taken is told."""
        if trigger.kind == "manual":
            taken, text = self.go(session, trigger.key, trigger.stamp_ns, trigger.source)
            self._told(session, trigger, f"GO {trigger.key}", taken, text)
            return
        for cue in self._wanted.get((trigger.kind, trigger.key), ()):
            taken, text = self.fire(session, cue, trigger.stamp_ns, trigger.source)
            self._told(session, trigger, cue, taken, text)

    def _told(self, session: "Session", trigger: Trigger, what: str, taken: bool, text: str) -> None:
        if not taken:
            heard = f"{trigger.kind} {trigger.key}"
            session.tell("state", unfired=what, heard=heard, route=trigger.source, why=text)

    def go(self, session: "Session", name: str, stamp_ns: int, route: str) -> tuple[bool, str]:
        """Fire the cue that stands by in a list (empty: the main one); whether it was taken, and a sentence."""
        chosen, problem = self.lists.find(name)
        if chosen is None:
            return False, problem
        if chosen.jumped is not None:
            same = self.ledger.repeats(chosen.jumped, stamp_ns, route)
            if same is not None:  # this GO was meant for the cue that something else has fired just before
                return self._suppress(session, same)
        double = self.ledger.go(chosen.name, stamp_ns, route)
        if double is not None:
            session.tell("state", **double.told())
            return False, "GO again too soon; taken as a slip of the finger"
        if chosen.standby is None:
            return (
                False,
                f"the end of list {chosen.name}: nothing stands by, GO fired nothing; back or top takes it back",
            )
        return self.fire(session, chosen.standby, stamp_ns, route, by_go=chosen.name)

    def unknown(self, cue: str) -> str:
        """Why a number names no cue that can be fired, or empty."""
        if cue in self._job.triggered:
            return ""
        return f"no triggered cue {cue!r}; have {', '.join(self._job.triggered) or 'none'}"

    def fire(self, session: "Session", cue: str, stamp_ns: int, route: str, *, by_go: str = "") -> tuple[bool, str]:
        """Fire one cue, by the GO of a list or otherwise; whether it was taken, and a sentence."""
        why = self.unknown(cue)
        if why:
            return False, why
        job = self._job.triggered[cue]
        same = self.ledger.repeats(cue, stamp_ns, route)
        if same is not None:
            return self._suppress(session, same)
        if not session.book.armed:
            return False, f"cue {cue} heard, but nothing is armed"
        if job.refusal:
            return self._refuse(session, job, stamp_ns, route, job.refusal, by_go)
        try:
            taken, text = self._play(session, job, session.stage.orders[job.axis], stamp_ns, route)
        except PlanError as error:
            return self._refuse(session, job, stamp_ns, route, str(error), by_go)
        if taken:
            self._taken(cue, stamp_ns, route, by_go)
        return taken, text

    def _suppress(self, session: "Session", same: Suppressed) -> tuple[bool, str]:
        session.tell("state", **same.told())
        return False, f"cue {same.what} was fired by {same.by} {ms_from_ns(same.age_ns)} ms before: one trigger"

    def _taken(self, cue: str, stamp_ns: int, route: str, by_go: str) -> None:
        self.ledger.taken(cue, stamp_ns, route)
        for one in self.lists.holding(cue):
            one.fired(cue, by_go=one.name == by_go)

    def rehearsed(self, session: "Session", cue: str) -> tuple[bool, str]:
        """Plan a cue as if it were fired now, and move nothing; whether it could land, and a sentence."""
        why = self.unknown(cue)
        if why:
            return False, why
        job, now_ns = self._job.triggered[cue], session.now_ns
        orders = session.stage.orders[job.axis]
        try:
            if job.refusal:
                raise PlanError(job.refusal)
            rack = self._planned(session, job, orders, now_ns)
        except PlanError as error:
            return False, f"cue {cue} is loaded, but could not land: {error}"
        _, why = self._why_not(session, job, orders, rack)
        if why:
            return False, f"cue {cue} is loaded, but would be refused now: {why}"
        unarmed = "" if session.book.armed else "; nothing is armed yet"
        return True, f"cue {cue} is loaded: it lands {ms_from_ns(rack.land_ns - now_ns)} ms after its trigger{unarmed}"

    def _planned(self, session: "Session", job: TriggerJob, orders: AxisOrders, stamp_ns: int) -> PlannedRack:
        """The rack of a cue from where its axis is now. Raises: PlanError."""
        clock, now_ns = session.clock, session.now_ns
        return orders.planner.triggered(
            job.cue,
            orders.lens_state(now_ns, clock),
            stamp_ns,
            now_ns,
            orders.direction,
            act=session.act.name,
            show_ns=shown_ns(clock, now_ns),
        )

    def _play(
        self, session: "Session", job: TriggerJob, orders: AxisOrders, stamp_ns: int, route: str
    ) -> tuple[bool, str]:
        """Raises: PlanError where it cannot land as written."""
        clock, now_ns = session.clock, session.now_ns
        rack = self._planned(session, job, orders, stamp_ns)
        record = CueRecord(rack, session.book.take, max(1, session.book.pass_), session.act.name, stamp_ns, route)
        session.book.fire(record)
        happening, reason = self._why_not(session, job, orders, rack)
        if happening is not None:
            record.happen(happening, reason)
            go_there_slowly(orders, rack, reason, now_ns, clock)
            return False, reason
        for other in session.book.pulling(orders.name):
            if other.land_host_ns is None or (other.rack.triggered and other.land_host_ns > now_ns):
                other.land_host_ns = None
                other.happen(Happening.DISPLACED, f"cue {job.cue} was fired")
            elif other.watch_until_ns is not None:
                other.watch_until_ns = min(other.watch_until_ns, max(now_ns, other.land_host_ns))
        later = self._later(session, orders, rack, job)
        orders.trigger(rack, later, now_ns, clock)
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

    def _refuse(
        self, session: "Session", job: TriggerJob, stamp_ns: int, route: str, why: str, by_go: str
    ) -> tuple[bool, str]:
        """A cue that cannot land as written has its row, and GO waits for it no longer: the next one stands by."""
        text = f"cue {job.cue} is refused: {why}"
        self._taken(job.cue, stamp_ns, route, by_go)
        after = next((one.standby for one in self.lists.holding(job.cue) if one.standby is not None), None)
        if after is not None:
            text += f"; cue {after} stands by"
        session.alarm(text)
        session.tell_row(never_tried(session, job.cue, job.card, why, source=route))
        return False, text

    def _why_not(
        self, session: "Session", job: TriggerJob, orders: AxisOrders, rack: PlannedRack
    ) -> tuple[Happening | None, str]:
        if orders.fault:
            return Happening.DENIED, f"motor fault: {orders.fault}"
        if orders.latch:
            return Happening.DENIED, f"{orders.name} is stopped by {orders.latch.words}"
        if not orders.engaged:
            return Happening.DENIED, f"{orders.name} is not engaged"
        conflict = self._conflict(session, orders, rack)
        if conflict is not None and job.conflict == "track":
            return Happening.DENIED, f"cue {conflict.rack.cue} leaves before it would have landed"
        slow = why_too_fast(orders, rack, session.clock)
        return (Happening.DENIED, slow) if slow else (None, "")

    def _conflict(self, session: "Session", orders: AxisOrders, rack: PlannedRack) -> CueRecord | None:
        """The timed rack that would depart (or is under way) before the triggered one has landed."""
        clock = session.clock
        if not clock.running or clock.speed <= 0.0:
            return None
        landed_show_ns = clock.show_at(rack.land_ns)
        record = next(session.book.coming(orders.name), None)
        if record is not None and record.rack.depart_ns - record.rack.takeup_ns < landed_show_ns:
            return record
        return None

    def _later(
        self, session: "Session", orders: AxisOrders, rack: PlannedRack, job: TriggerJob
    ) -> tuple[PlannedRack, ...]:
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

    def landed_by(self, session: "Session") -> Iterator[CueRecord]:
        """Racks whose landing has just come, once each, for the cues that wait for it."""
        if not self._job.after:
            return
        for record in session.book.busy_records():
            due = record.land_host_ns is not None and record.land_host_ns <= session.now_ns
            if due and not record.followed and record.fate is None and record.life in (Life.PULLING, Life.DONE):
                record.followed = True
                yield record
