"""Triggered cues: who fires them, whether that counts, when they go, and what goes after them by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from cuefocus.engine.chains import AUTO_CONTINUE, AUTO_FOLLOW, Chains
from cuefocus.engine.crossings import Crossed, Crossings
from cuefocus.engine.cue_lists import CueLists
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.firing import leave, play, why_not
from cuefocus.engine.handover import handover, look_again
from cuefocus.engine.job import Job, TriggerJob
from cuefocus.engine.land_on import planned
from cuefocus.engine.ports import Trigger
from cuefocus.engine.takebook import CueRecord
from cuefocus.engine.taking import never_tried
from cuefocus.engine.triggers import Suppressed, TriggerLedger
from cuefocus.engine.waits import Wait, Waits, when
from cuefocus.errors import PlanError
from cuefocus.motion.requests import TooFast
from cuefocus.timebase.units import NS_PER_MS, ms_from_ns, s_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_PRE_WAIT: Final = "pre-wait"
_TIMECODE: Final = "timecode"
_UNCONDUCTED_NS: Final = 20 * NS_PER_MS
"""What goes by itself later than this was due while nobody conducted."""


class Casting:
    """The triggered cues of a show."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._wanted = job.wanted()
        self.ledger = TriggerLedger(repeat_guard_ns=job.repeat_guard_ns, go_guard_ns=job.go_guard_ns)
        self.lists = CueLists(job.lists, frozenset(cue for cue, one in job.triggered.items() if one.follow))
        self.waits = Waits()
        self._chains = Chains(job, self.lists, self.waits, self.ledger)
        self._crossings = Crossings()
        self._gone: dict[str, tuple[int, int, str]] = {}  # cue → take and pass in which it was fired last, and by what

    def begin_take(self) -> None:
        """A take begins."""
        self.lists.begin_take()
        self._crossings.forget()
        self._chains.begin_take()

    def next_ns(self, session: "Session") -> int | None:
        """Host time at which something goes by itself next, as far as is known now; None for nothing."""
        known = (self.waits.next_ns, self._crossings.next_ns(session))
        return min((at_ns for at_ns in known if at_ns is not None), default=None)

    def hear(self, session: "Session", trigger: Trigger) -> None:
        """Fire what waits for a trigger. Nobody waits for an answer, so what is not taken is told."""
        if trigger.kind == "manual":
            taken, text = self.go(session, trigger.key, trigger.stamp_ns, trigger.source)
            self._told(session, trigger, f"GO {trigger.key}", taken, text)
            return
        for cue in self._wanted.get((trigger.kind, trigger.key), ()):
            taken, text = self.fire(session, cue, trigger.stamp_ns, trigger.source, travel_ns=trigger.travel_ns)
            self._told(session, trigger, cue, taken, text)

    def _told(self, session: "Session", trigger: Trigger, what: str, taken: bool, text: str) -> None:
        if not taken:
            heard = f"{trigger.kind} {trigger.key}"
            session.tell("state", unfired=what, heard=heard, route=trigger.source, why=text)

    def go(
        self, session: "Session", name: str, stamp_ns: int, route: str, *, travel_ns: int | None = None
    ) -> tuple[bool, str]:
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
        return self.fire(session, chosen.standby, stamp_ns, route, by_go=chosen.name, travel_ns=travel_ns)

    def unknown(self, cue: str) -> str:
        """Why a number names no cue that can be fired, or empty."""
        if cue in self._job.triggered:
            return ""
        return f"no triggered cue {cue!r}; have {', '.join(self._job.triggered) or 'none'}"

    def fire(
        self,
        session: "Session",
        cue: str,
        stamp_ns: int,
        route: str,
        *,
        by_go: str = "",
        by_itself: bool = False,
        travel_ns: int | None = None,
    ) -> tuple[bool, str]:
        """Fire one cue; whether it was taken, and a sentence.

        Args:
            session: the session.
            cue: its id.
            stamp_ns: the trigger's moment.
            route: who fires it.
            by_go: the list whose GO it is; empty for any other trigger.
            by_itself: it comes after another cue, and nobody has fired it.
            travel_ns: how long its pull takes this time; None: as written.
        """
        why = self.unknown(cue)
        if why:
            return False, why
        job = self._job.triggered[cue]
        if travel_ns is not None:
            job = replace(job, travel_ns=travel_ns)
        same = self.ledger.repeats(cue, stamp_ns, route)
        if same is not None:
            return self._suppress(session, same)
        if not session.book.armed:
            return False, f"cue {cue} heard, but nothing is armed"
        waits = self.waits.of(cue)
        if waits is not None and waits.why == _PRE_WAIT:
            left_s = s_from_ns(waits.remaining_ns(session.now_ns))
            return False, f"cue {cue} waits already: it goes in {left_s:.1f} s"
        if not by_itself:
            self._chains.begun(cue, by_go=by_go)
        count = partial(self._count, session, cue, stamp_ns, route, by_go, by_itself=by_itself)
        if job.pre_wait_ns and not job.refusal:
            count()
            self.waits.add(Wait(cue, job.axis, stamp_ns + job.pre_wait_ns, route, _PRE_WAIT, travel_ns=travel_ns))
            return True, f"cue {cue} goes in {s_from_ns(job.pre_wait_ns):g} s"
        return self._goes(session, job, stamp_ns, route, count, by_itself=by_itself)

    def _goes(
        self,
        session: "Session",
        job: TriggerJob,
        stamp_ns: int,
        route: str,
        count: Callable[..., None] | None,
        *,
        by_itself: bool = True,
    ) -> tuple[bool, str]:
        """A cue's moment has come, after a wait `by_itself`; `count` it, unless it was when its wait began."""
        try:
            if job.refusal:
                raise PlanError(job.refusal)
            taken, text = play(session, job, stamp_ns, route)
        except PlanError as error:
            if count is not None:
                count(refused=True)
            late_ns, why = session.now_ns - stamp_ns, str(error)
            if by_itself and late_ns > _UNCONDUCTED_NS and isinstance(error, TooFast):
                why = f"it was to go {ms_from_ns(late_ns):.0f} ms before anybody conducted again: {why}"
            refused = self._refuse(session, job, route, why)
            if self._chains.follower(job) not in self.lists.standbys().values():
                self._chains.break_off(session, job, "refused")
            return refused
        if taken:
            if count is not None:
                count()
            if job.follow == AUTO_CONTINUE:
                self._chains.go_on(session, job, stamp_ns)
        else:
            if count is not None:  # it goes on standing by, but this trigger has its row
                self.ledger.heard(job.cue, stamp_ns, route, refused=True)
            if by_itself:
                session.alarm(f"cue {job.cue} is refused: {text}")
            session.book.fired[-1].followed = True
            if job.follow:
                self._chains.break_off(session, job, "refused")
        return taken, text

    def _suppress(self, session: "Session", same: Suppressed) -> tuple[bool, str]:
        session.tell("state", **same.told())
        return False, same.why

    def _count(
        self,
        session: "Session",
        cue: str,
        stamp_ns: int,
        route: str,
        by_go: str,
        *,
        by_itself: bool = False,
        refused: bool = False,
    ) -> None:
        """A cue was taken, or refused for good: it is not taken again at once, and another stands by."""
        self.ledger.heard(cue, stamp_ns, route, refused=refused)
        self.waits.drop(self.waits.of(cue))
        if not refused:
            self._chains.taken(session, cue, by_itself=by_itself)
            self._gone[cue] = (session.book.take, session.book.pass_, route)
        for one in self.lists.holding(cue):
            one.fired(cue, by_go=one.name == by_go, by_itself=by_itself, refused=refused)

    def rehearsed(self, session: "Session", cue: str) -> tuple[bool, str]:
        """Plan a cue as if it were fired now, and move nothing; whether it could land, and a sentence."""
        why = self.unknown(cue)
        if why:
            return False, why
        after_ns, why = self.foreseen(session, cue)
        if after_ns is None:
            return False, f"cue {cue} is loaded, but {why}"
        unarmed = "" if session.book.armed else "; nothing is armed yet"
        return True, f"cue {cue} is loaded: it lands {ms_from_ns(after_ns)} ms after its trigger{unarmed}"

    def foreseen(self, session: "Session", cue: str) -> tuple[int | None, str]:
        """How long after a trigger that came now a cue would land (ns); None where it could not, and why."""
        job, now_ns = self._job.triggered[cue], session.now_ns
        try:
            if job.refusal:
                raise PlanError(job.refusal)
            rack = planned(session, job, now_ns)
        except PlanError as error:
            return None, f"could not land: {error}"
        why = why_not(session, job, handover(session, job, rack, now_ns))
        return (None, f"would be refused now: {why}") if why else (rack.land_ns - now_ns, "")

    def moves(self, session: "Session", cue: str) -> bool:
        """Whether a cue's axis moves just now; a cue that cannot be used may be of an axis that is not there."""
        orders = session.stage.orders.get(self._job.triggered[cue].axis)
        return orders is not None and orders.lens_state(session.now_ns, session.clock)[1:] != (0.0, 0.0)

    def _refuse(self, session: "Session", job: TriggerJob, route: str, why: str) -> tuple[bool, str]:
        """A cue that cannot land as written has its row, and GO waits for it no longer: the next one stands by."""
        text = f"cue {job.cue} is refused: {why}"
        after = next((one.standby for one in self.lists.holding(job.cue) if one.standby is not None), None)
        if after is not None:
            text += f"; cue {after} stands by"
        session.alarm(text)
        session.tell_row(never_tried(session, job.cue, job.card, why, source=route))
        return False, text

    # --- what goes by itself ---

    def step(self, session: "Session") -> None:
        """Fire what timecode and landings fire, and what has waited long enough."""
        now_ns = session.now_ns
        for crossed in self._crossings.step(session):
            self._cross(session, crossed)
        for record in self._landed(session):
            job, land_ns = self._job.triggered.get(record.rack.cue), record.land_host_ns or now_ns
            if job is not None and job.follow == AUTO_FOLLOW:
                self._chains.landed(session, record, job, land_ns)
            for cue in self._job.after.get(record.rack.cue, ()):
                self.fire(session, cue, land_ns, f"after {record.rack.cue}", by_itself=True)
        for axis, orders in session.stage.orders.items():
            self.waits.freeze(axis, orders.stops.all, now_ns)
            moment = self.waits.for_moment(axis)
            if moment is not None:
                self.waits.add(look_again(session, moment, self._job.triggered[moment.cue]))
        while over := self.waits.over(now_ns):
            for wait in over:
                self._over(session, wait)

    def _cross(self, session: "Session", crossed: Crossed) -> None:
        """Timecode has come to a cue's moment. In one pass it goes once, whether timecode or somebody was first."""
        cue, late_ns = crossed.cue, session.now_ns - crossed.stamp_ns
        why = ""
        if crossed.unheard or late_ns > self._job.stale_ns:
            why = "timecode was lost over its moment" if crossed.unheard else "nobody conducted at its moment"
            session.alarm(f"cue {cue} is not fired: {why}")
        else:
            take, pass_, by = self._gone.get(cue, (0, 0, ""))
            if (take, pass_) == (session.book.take, session.book.pass_):
                why = f"cue {cue} was fired by {by} in this pass already"
            else:
                taken, why = self.fire(session, cue, crossed.stamp_ns, _TIMECODE)
                why = "" if taken else why
        if why:
            session.tell("state", unfired=cue, heard="timecode", route=_TIMECODE, why=why)

    def _over(self, session: "Session", wait: Wait) -> None:
        """A wait is over. Nobody conducted when it was, if that is long ago: then it is too late for its cue."""
        job, late_ns = self._job.triggered[wait.cue], session.now_ns - wait.due_ns
        if late_ns > self._job.stale_ns:
            why = f"it was to go {ms_from_ns(late_ns):.0f} ms before anybody conducted again"
            session.alarm(f"cue {wait.cue} is not fired: {why}")
            if wait.record is None:
                session.tell_row(never_tried(session, wait.cue, job.card, why, source=wait.route))
            else:
                wait.record.happen(Happening.DENIED, why)
        elif wait.record is not None:
            leave(session, replace(job, travel_ns=wait.travel_ns), wait.record)
        elif wait.why == _PRE_WAIT:
            self._goes(session, replace(job, travel_ns=wait.travel_ns), wait.due_ns, wait.route, None)
        else:
            taken, text = self.fire(session, wait.cue, wait.due_ns, wait.route, by_itself=True)
            if not taken:
                session.tell("state", unfired=wait.cue, heard=wait.why, route=wait.route, why=text)

    def cancel(self, session: "Session", reason: str) -> None:
        """Nothing waits any longer, nor is awaited of timecode."""
        now_ns = session.now_ns
        self._crossings.forget()
        left = {wait.cue: when(wait.remaining_ns(now_ns)) for wait in self.waits}
        self.waits.clear()
        if left:
            named = ", ".join(f"cue {cue} ({due})" for cue, due in left.items())
            session.alarm(f"{reason}: what still waited goes no more: {named}")

    def _landed(self, session: "Session") -> Iterator[CueRecord]:
        """Racks whose landing has just come, once each."""
        if not self._job.after and not self.lists.chained:
            return
        for record in session.book.busy_records():
            if record.fate is not None and not record.followed:
                record.followed = True
                job = self._job.triggered.get(record.rack.cue)
                if job is not None and job.follow == AUTO_FOLLOW and record.rack.triggered:
                    self._chains.break_off(session, job, record.fate.verdict)
            due = record.land_host_ns is not None and record.land_host_ns <= session.now_ns
            if due and not record.followed and record.fate is None and record.life in (Life.PULLING, Life.DONE):
                record.followed = True
                yield record
