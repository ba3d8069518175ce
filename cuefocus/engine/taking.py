"""Takes and passes as they begin and end: ARM, the first frame, a jump back, disarm, stopped timecode, end of sound."""

from typing import TYPE_CHECKING

from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.job import CueCard, Seed
from cuefocus.engine.plan import OnLoss
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.verdict import Verdict
from cuefocus.timebase.frames import timecode_at
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, s_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: A step that comes this long after the one before: nobody conducted meanwhile, and motion let nothing depart.
_ABSENT_NS = 45 * NS_PER_MS
#: What was to leave this soon after an absence could not be prepared in it.
_AFTER_ABSENCE_NS = 150 * NS_PER_MS
_ENDED_TAKE_NS = 2 * NS_PER_S
_WAIT_FOR_MOTORS_NS = 3 * NS_PER_S
#: After that an axis that reports at last is engaged by itself still: whoever asked for it stands there and waits.
_ENGAGED_LATE_NS = 10 * NS_PER_S
#: Axes that a take's end has stopped are at rest before the next one begins by itself.
_BETWEEN_TAKES_NS = NS_PER_S // 2


def never_tried(session: "Session", cue: str, card: CueCard, why: str, *, source: str = "") -> LandingRow:
    """The row of a cue that could not even be planned; `source` is what fired it, if not timecode."""
    chase, land_ns = session.act.chase, card.land_ns
    return LandingRow(
        take=session.book.take,
        pass_=max(1, session.book.pass_) if source else session.book.pass_,
        cue=cue,
        name=card.name or None,
        camera=card.camera,
        axis=card.axis,
        target=card.target,
        anchor=card.anchor or None,
        land_at=None if land_ns is None else timecode_at(land_ns, chase.rate).text(chase.rate),
        verdict=Verdict.REFUSED.value,
        reason=why,
        planned_s=None if land_ns is None else s_from_ns(land_ns - chase.starts_show_ns),
        source=source or session.sources.leader,
    )


class Taking:
    """When a take is armed, by whom, and when it is over.

    `has_run` says that playback has run in this take: from then on a wrong speed is an alarm, no refusal.

    Args:
        seed: `auto_arm` arms and engages by itself whenever a take is over, until an operator stops that.
    """

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._by_itself = seed.auto_arm
        self._begun_ns: int | None = None
        self._stepped_ns: int | None = None
        self._absence_ns: tuple[int, int] | None = None
        self._quiet_since_ns: int | None = None
        self._ended_ns: int | None = None
        self._done = False
        self._rest_until_ns = 0
        self._silent: list[str] = []  # axes that are engaged by themselves once they report where they stand
        self._silent_until_ns = 0
        self._untold: tuple[int, str] | None = None  # a take that is over, and why
        self.has_run = False
        self.changed = False

    def begin_step(self, now_ns: int) -> None:
        """A step begins."""
        self.changed = False
        if self._begun_ns is None:
            self._begun_ns = now_ns
        if self._stepped_ns is not None and now_ns - self._stepped_ns > _ABSENT_NS:
            self._absence_ns = (self._stepped_ns, now_ns)
        self._stepped_ns = now_ns

    def source_ended(self, stamp_ns: int | None) -> None:
        """The sound is over; None: a sound begins."""
        self._ended_ns = stamp_ns

    @property
    def silence(self) -> str:
        """Why no timecode comes: what a rack that may not leave for it is told."""
        return "timecode was lost over its departure" if self._ended_ns is None else "the sound ended"

    def why_missed(self, leaves_ns: int | None, reason: str) -> str:
        """Why a rack that was to leave at a host time did not: `reason`, unless nobody conducted then."""
        if self._absence_ns is None or leaves_ns is None:
            return reason
        from_ns, until_ns = self._absence_ns
        return "nobody conducted over its departure" if from_ns <= leaves_ns <= until_ns + _AFTER_ABSENCE_NS else reason

    def watch(self, session: "Session") -> None:
        """Notice stopped timecode, and arm by itself when that is asked for."""
        if session.clock.running or session.chasing.scrub.active:
            self._quiet_since_ns = None
        elif self._quiet_since_ns is None:
            self._quiet_since_ns = session.now_ns
        if self._by_itself and not session.book.armed and not self._done:
            self._arm_when_ready(session)
        elif self._silent:
            self._engage_late(session)

    def finished(self, session: "Session") -> bool:
        """Whether the takes asked for are done and nothing is left to be taken back by an operator."""
        return self._done and self._untold is None and not any(orders.latch for orders in session.stage.orders.values())

    # --- takes ---

    def arm(self, session: "Session") -> None:
        """Begin a take."""
        if session.book.armed:
            return
        if self._untold is not None:  # the last take ended in this very step, or just before
            session.jury.go_on()
            session.judge(closing=False)
            self._tell_end(session)
        session.book.begin(session.now_ns)
        self.changed, self._ended_ns, self.has_run = True, None, False
        self._by_itself = self._seed.auto_arm
        self._quiet_since_ns = session.now_ns
        session.sources.set_run(departed=False)
        session.sources.begin_take()
        session.casting.begin_take()
        session.tell("take", take=session.book.take, state="begins")
        session.stage.stand_by(armed=True)
        if session.clock.running:
            self.has_run = True
            self.open_pass(session)
        elif session.refusal:
            self.open_pass(session)
        session.stage.place_all(session, "armed after it")

    def disarm(self, session: "Session", reason: str, *, stopped: bool = False) -> None:
        """End the take for good: nothing arms or engages by itself again. The axes hold where they are, let go.

        All of them, whichever axis was stopped: whoever arms again sees to each before it may move.

        Args:
            session: the session.
            reason: why.
            stopped: by PANIC or RELEASE: a take that they cut short counts for none, and can be had again.
        """
        self._by_itself = False
        session.desk_words.forget(session, reason)
        self.end(session, reason, stopped=stopped)
        for orders in session.stage.orders.values():
            orders.let_go()

    def _arm_when_ready(self, session: "Session") -> None:
        if self._untold is not None or self._begun_ns is None or (self._ended_ns is not None and session.book.taken):
            return
        orders = session.stage.orders.values()
        waiting = [one for one in orders if not one.known and not one.fault and one.job.spec.feedback]
        if waiting and session.now_ns - self._begun_ns < _WAIT_FOR_MOTORS_NS:
            return
        if any(one.latch for one in orders) or session.now_ns < self._rest_until_ns:
            return
        self.arm(session)
        self._silent, self._silent_until_ns = [], session.now_ns + _ENGAGED_LATE_NS
        for one in orders:
            if one.wants_operator or one.engaged:
                continue
            if one in waiting:
                self._silent.append(one.name)
                session.alarm(f"{one.name} has not reported yet where it stands; it is engaged as soon as it does")
                continue
            why = session.engage(one.name)
            if why:
                session.alarm(why)

    def _engage_late(self, session: "Session") -> None:
        """Engage axes that were to be engaged by themselves, and had not reported where they stand by then."""
        silent, self._silent = self._silent, []
        for name in silent:
            orders = session.stage.orders[name]
            if not session.book.armed or orders.wants_operator or orders.engaged:
                continue  # somebody has decided otherwise, or it failed, which is told
            if orders.known and not orders.latch:
                why = session.engage(name)
                if why:
                    session.alarm(why)
            elif orders.known or session.now_ns < self._silent_until_ns:
                self._silent.append(name)
            else:
                orders.wants_operator = True
                cure = f"see to its plug and power, then `tell engage {name}`"
                session.alarm(f"{name} does not report where it stands and is not engaged: {cure}")

    def end(self, session: "Session", reason: str, *, by_playback: bool = False, stopped: bool = False) -> None:
        """End the take: what is under way is held, or lost where playback ended it; the axes stand still."""
        if not session.book.armed:
            return
        counts = not stopped or session.book.pass_is_over
        for record in session.book.open_records():
            if record.life is Life.PULLING:
                if record.land_host_ns is None or record.land_host_ns > session.now_ns:
                    record.happen(Happening.LOST if by_playback else Happening.STOPPED, reason)
                elif record.watch_until_ns is not None:
                    if not by_playback:
                        record.stopped(session.now_ns, Happening.STOPPED, reason)
                    record.watch_until_ns = min(record.watch_until_ns, session.now_ns)
            elif not record.life.over and record.rack.triggered:
                record.happen(Happening.LOST if by_playback else Happening.STOPPED, reason)
            elif not record.life.over and record.barred:
                record.happen(Happening.DENIED, record.barred)
            elif not record.life.over and session.refusal:
                record.happen(Happening.DENIED, session.refusal)
            elif not record.life.over and by_playback:
                record.happen(Happening.LOST, reason)
        session.casting.cancel(session, reason)
        session.halted.forget()
        self._untold = session.book.take, reason
        session.judge(closing=True)
        if not session.jury.behind:
            self._tell_end(session)
        session.book.end(counts=counts)
        self.changed, self.has_run = True, False
        self._rest_until_ns = session.now_ns + _BETWEEN_TAKES_NS
        session.stage.stand_by(armed=False)
        session.chasing.refusal = ""
        if self._seed.takes and session.book.taken >= self._seed.takes:
            self._done = True

    def _tell_end(self, session: "Session") -> None:
        """Say that the last take is over, if that is still to be said: after its rows, but before another take."""
        if self._untold is not None:
            take, reason = self._untold
            self._untold = None
            session.tell("take", take=take, state="ended", reason=reason)

    def tell_all(self, session: "Session") -> None:
        """Tell every row that is left, and the end of their take, however long that is."""
        session.jury.go_on()
        while session.jury.behind:
            session.judge(closing=False)
        self._tell_end(session)

    def end_when_due(self, session: "Session") -> None:
        """The sound has ended, or timecode has stood still for long enough."""
        if not session.jury.behind:
            self._tell_end(session)
        if not session.book.armed:
            return
        trouble = session.chasing.trouble
        if self._ended_ns is not None:
            if session.now_ns - self._ended_ns >= _ENDED_TAKE_NS:
                self.end(session, trouble or "the sound ended", by_playback=True)
        elif session.book.pass_ > 0 and self._quiet_since_ns is not None and session.act.on_loss is not OnLoss.RUN:
            if session.now_ns - self._quiet_since_ns >= session.act.take_end_ns:
                self.end(session, trouble or "timecode stopped", by_playback=True)

    # --- passes ---

    def open_pass(self, session: "Session") -> None:
        """A new pass with fresh records; what cannot land as written is refused at once."""
        act, settings = session.act, session.settings
        infeasible = settings.infeasible(act)
        session.book.open_pass(session.stage.fresh_records(session), infeasible)
        for cue, why in infeasible.items():
            card = settings.card(act, cue)
            if card is not None:
                session.tell_row(never_tried(session, cue, card, why))

    def abandon_pass(self, session: "Session", reason: str) -> None:
        """A new pass begins: racks under way are cut, those never reached have no row."""
        for record in session.book.busy_records():
            if record.rack.triggered or record.life is not Life.PULLING:
                continue
            if record.land_host_ns is None:
                record.happen(Happening.PASSED, reason)
            elif record.watch_until_ns is not None:
                record.watch_until_ns = min(record.watch_until_ns, session.now_ns)
        session.judge(closing=True)
