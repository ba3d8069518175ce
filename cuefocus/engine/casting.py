"""Triggered racks: who fires them, whether that counts, and what they do to the axis' track."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.first_move import go_there_slowly, why_too_fast
from cuefocus.engine.job import Job, TriggerJob
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.ports import Trigger
from cuefocus.engine.settings import shown_ns
from cuefocus.engine.takebook import CueRecord
from cuefocus.engine.taking import never_tried
from cuefocus.engine.triggers import CueStack, TriggerLedger, cues_heard
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
        self.stack = CueStack(job.stack)

    def heard(self, trigger: Trigger) -> tuple[str, ...]:
        """Cues that wait for a trigger."""
        return cues_heard(trigger, self._wanted)

    def fire(self, session: "Session", cue: str, stamp_ns: int, route: str) -> tuple[bool, str]:
        """Fire one cue; whether it was taken, and a sentence that says so or why not."""
        job = self._job.triggered.get(cue)
        if job is None:
            known = ", ".join(self._job.triggered) or "none"
            return False, f"no triggered cue {cue!r}; have {known}"
        same = self.ledger.repeats(cue, stamp_ns, route)
        if same is not None:
            session.tell("state", suppressed=cue, route=route, by=same.by)
            return False, f"cue {cue} was fired by {same.by} {ms_from_ns(same.age_ns)} ms before: one trigger"
        if not session.book.armed:
            return False, f"cue {cue} heard, but nothing is armed"
        if job.refusal:
            return self._refuse(session, job, stamp_ns, route, job.refusal)
        taken, text = self._play(session, job, session.stage.orders[job.axis], stamp_ns, route)
        if taken:
            self.ledger.taken(cue, stamp_ns, route)
            self.stack.fired(cue)
        return taken, text

    def _play(
        self, session: "Session", job: TriggerJob, orders: AxisOrders, stamp_ns: int, route: str
    ) -> tuple[bool, str]:
        clock, now_ns = session.clock, session.now_ns
        start = orders.lens_state(now_ns, clock)
        try:
            rack = orders.planner.triggered(
                job.cue,
                start,
                stamp_ns,
                now_ns,
                orders.direction,
                act=session.act.name,
                show_ns=shown_ns(clock, now_ns),
            )
        except PlanError as error:
            return self._refuse(session, job, stamp_ns, route, str(error))
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
        record.watch_until_ns = max(rack.stop_ns, rack.land_ns) + NS_PER_S
        if later and clock.running and clock.speed > 0.0:
            departs_ns = clock.host_at(later[0].depart_ns - later[0].takeup_ns) + orders.job.spec.dead_ns
            record.watch_until_ns = min(record.watch_until_ns, max(departs_ns, rack.land_ns))
        return True, f"cue {job.cue} lands in {ms_from_ns(rack.land_ns - now_ns)} ms"

    def _refuse(self, session: "Session", job: TriggerJob, stamp_ns: int, route: str, why: str) -> tuple[bool, str]:
        """A cue that cannot land as written has its row, and GO waits for it no longer: the next one stands by."""
        text = f"cue {job.cue} is refused: {why}"
        self.ledger.taken(job.cue, stamp_ns, route)
        self.stack.fired(job.cue)
        if self.stack.standby is not None and job.cue in self.stack:
            text += f"; cue {self.stack.standby} stands by"
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
