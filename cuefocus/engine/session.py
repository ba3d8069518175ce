"""The daemon as one function: inbox in, clock, plan, replies, landing rows and events out. Pure and replayable.

The session decides what each axis shall do and says so in plans; it never makes set-points. The same sequence of steps
gives the same outcomes, which is what replay rests on. What the clock's news mean is in `chasing`, takes and passes in
`taking`, the axes in `stage`, triggered cues in `casting`, verdicts in `jury`.
"""

from collections.abc import Sequence

from cuefocus.chase.arbiter import Arbiter
from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine import moments, stopping
from cuefocus.engine.casting import Casting
from cuefocus.engine.chasing import Chasing
from cuefocus.engine.cues import Happening
from cuefocus.engine.desk_words import DeskWords
from cuefocus.engine.first_move import tend
from cuefocus.engine.foresight import Foresight
from cuefocus.engine.halted import Halted
from cuefocus.engine.job import ActJob, Job, Seed
from cuefocus.engine.jury import Jury
from cuefocus.engine.lives import live, outlive
from cuefocus.engine.outcome import Event, Outcome, Reply
from cuefocus.engine.plan import Latch, OnLoss, Plan
from cuefocus.engine.ports import (
    Command,
    Feedback,
    InboxEvent,
    Latched,
    MotorTrouble,
    Sent,
    SourceEvent,
    Stalled,
    Trigger,
)
from cuefocus.engine.relaying import Relaying
from cuefocus.engine.sending import Sending
from cuefocus.engine.sends import Send
from cuefocus.engine.settings import Settings
from cuefocus.engine.stage import Stage
from cuefocus.engine.stalls import Stalls
from cuefocus.engine.takebook import TakeBook
from cuefocus.engine.taking import Taking
from cuefocus.engine.telling import Teller, status
from cuefocus.landing.rows import LandingRow
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, Reading

TICK_NS = 10 * NS_PER_MS


class Session:
    """A running show.

    Args:
        job: the compiled show and the axes.
        seed: where it begins.
    """

    def __init__(self, job: Job, seed: Seed) -> None:
        self.job, self.seed = job, seed
        self.book = TakeBook(seed.take)
        self.settings = Settings(job)
        self.stage = Stage(job, seed)
        self.jury = Jury(job)
        self.casting = Casting(job)
        self.foresight = Foresight()
        self.chasing = Chasing(job)
        self.stalls = Stalls()
        self.taking = Taking(seed)
        self.halted = Halted()
        self.desk_words = DeskWords(job.stale_ns)
        self.sending = Sending(job.sends)
        self.relaying = Relaying(job.sends.relays)
        self.now_ns = self._moved_ns = 0
        self._hurries = self._hurried = False
        self._punctual_ns: int | None = None
        self._teller = Teller()
        self._plan = Plan(0, {})
        self._replies: list[Reply] = []
        self._rows: list[LandingRow] = []
        self._events: list[Event] = []
        self._latches: list[tuple[str, Latch, bool]] = []
        self._sends: tuple[Send, ...] = ()

    # --- the one function ---

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        """Take in what came, move everything on to `now_ns`, say what follows.

        In a step in which a rack is fired, all else waits for the next, which is due at once: the rack goes first.
        Nothing waits twice.
        """
        self.now_ns, self._hurried, self._hurries = now_ns, self._hurries, False
        self._replies, self._rows, self._events, self._latches, self._sends = [], [], [], [], ()
        self.taking.begin_step(now_ns)
        stopping.begin_step(self)
        for event in inbox:
            self._hear(event)
        news = bool(inbox) or self._hurried or (self._punctual_ns is not None and self._punctual_ns <= now_ns)
        for word in self.desk_words.due(self):
            self._hear(word)
            news = True
        before, clock = self.clock, self.chasing.step(self, now_ns)
        if clock.running:
            self.stage.remember(clock)
        news = news or (clock.state, clock.epoch) != (before.state, before.epoch)
        if self._hurries:
            pass
        elif self.jury.hurries and not news:
            self.judge(closing=False)  # its next part has a step to itself: all else was moved on just before
        else:
            self._move_on()
        return self._outcome()

    def _move_on(self) -> None:
        """All that does not wait for a word: lives, verdicts, news."""
        self._moved_ns = self.now_ns
        self.stalls.settle(self)
        self.taking.watch(self)
        self.settings.step(self)
        self._block_departures()
        for orders in self.stage.orders.values():
            tend(orders, self.now_ns)
            orders.tell_withheld(self.now_ns)
        if self.book.armed:
            self._live()
            moments.watch(self)
            self.casting.step(self)
            if self._hurries:
                return
        self._sends = (*self.sending.step(self), *self.relaying.step(self))
        self.judge(closing=False)
        self.taking.end_when_due(self)
        if not (self._rows or self.jury.hurries):  # the steps of a landing are long enough
            self.foresight.step(self)
        self.stage.let_finished_go(self)
        self._teller.tell(self)

    # --- what comes in ---

    def _hear(self, event: InboxEvent) -> None:
        if isinstance(event, Command | Trigger) and event.due_ns > self.now_ns:
            self.desk_words.keep(self, event)
        elif isinstance(event, Sent):
            self._sent(event)
        elif isinstance(event, Feedback):
            self._reported(event)
        elif isinstance(event, Reading):
            self.chasing.read(self, event)
        elif isinstance(event, Command):
            self._replies.append(self.desk_words.command(self, event))
        elif isinstance(event, Trigger):
            self.desk_words.trigger(self, event)
        elif isinstance(event, Latched):
            stopping.hear(self, event)
        elif isinstance(event, MotorTrouble):
            self._trouble(event)
        elif isinstance(event, Stalled):
            self.stalls.heard(event)
        elif isinstance(event, SourceEvent):
            self._source(event)
        elif isinstance(event, Glitch):
            self.stage.glitches += 1

    def _sent(self, sent: Sent) -> None:
        orders = self.stage.orders.get(sent.axis)
        if orders is None:
            return
        self.jury.witness[sent.axis].told(sent)
        orders.sent(sent.ring, sent.stamp_ns)
        if sent.clamped:
            for record in self.book.pulling(sent.axis):
                record.clamped.update(sent.clamped.split())

    def _reported(self, report: Feedback) -> None:
        orders = self.stage.orders.get(report.axis)
        if orders is None:
            return
        ring = self.jury.witness[report.axis].saw(report)
        if not orders.engaged or not orders.known:
            orders.stands_at(ring)

    def _source(self, event: SourceEvent) -> None:
        self.chasing.notice(self, event)
        if event.kind == "lost":
            self.alarm(f"source {event.source} is gone: {event.reason}" if event.reason else f"{event.source} is gone")

    def _trouble(self, trouble: MotorTrouble) -> None:
        orders = self.stage.orders.get(trouble.axis)
        if orders is None:
            return
        if trouble.kind == "fault":
            orders.fail(trouble.reason)
            since_ns = self.stalls.silent_ns.pop(trouble.axis, self.now_ns)
            self.book.cut(trouble.axis, since_ns, Happening.LOST, f"motor fault: {trouble.reason}")
            self.alarm(f"{trouble.axis}: {trouble.reason}; it holds still until it is back and engaged")
        elif trouble.kind == "back" and orders.fault:
            orders.back()
            self.alarm(f"{trouble.axis} is back; engage it to go on")
        elif trouble.kind == "dropped":
            self.stage.dropped[trouble.axis] = self.stage.dropped.get(trouble.axis, 0) + 1
        elif trouble.kind == "refused":
            if orders.complains_anew(trouble.reason):
                self.alarm(f"{trouble.axis}: {trouble.reason}")
        elif trouble.kind == "lost":
            self.jury.witness[trouble.axis].lost()
        else:
            self.stalls.noticed(self, trouble)

    # --- the clock ---

    @property
    def act(self) -> ActJob:
        """The act being followed."""
        return self.chasing.act

    @property
    def clock(self) -> Clock:
        """The clock of this step."""
        return self.chasing.clock

    @property
    def refusal(self) -> str:
        """Why the timecode is not followed, or empty."""
        return self.chasing.refusal

    @property
    def sources(self) -> Arbiter:
        """The act's sources, followed as one."""
        return self.chasing.sources

    # --- permission ---

    def arm(self) -> None:
        """Begin a take."""
        self.taking.arm(self)

    def disarm(self, reason: str) -> None:
        """End the take, and arm no other by itself; the axes hold where they are."""
        self.taking.disarm(self, reason)

    def end_take(self, reason: str, said_ns: int) -> None:
        """End the take, as an operator has said at a host time; the next one may begin."""
        self.desk_words.end_take(self, reason, said_ns)
        self.taking.end(self, reason)

    def engage(self, axis: str, *, confirmed: bool = False) -> str:
        """Let an axis follow; returns why not, or empty.

        Args:
            axis: its name.
            confirmed: the operator has seen that the motor stands where it is assumed to.
        """
        orders = self.stage.orders[axis]
        if orders.fault:
            return f"{axis}: {orders.fault}"
        if orders.latch:
            return f"{axis} is stopped by {orders.latch.name}; resume first"
        if orders.job.spec.feedback and not orders.known:
            return f"{axis} has not reported yet where it stands; engage it again in a moment"
        if orders.assumed and not confirmed:
            return f"{axis} only assumes where it stands; look at it, then `tell engage {axis} confirm`"
        orders.cautious = orders.cautious or orders.assumed
        orders.assumed = orders.wants_operator = False
        if not orders.engaged:
            orders.engaged = orders.changed = True
            self.stage.place(self, orders, "engaged after it")
        return ""

    # --- racks ---

    def _block_departures(self) -> None:
        clock = self.clock
        blocked = None
        if clock.state is ClockState.FREEWHEELING and self.act.on_loss is not OnLoss.RUN:
            blocked = clock.show_at(max(self.sources.depart_until_ns, clock.host_ns - 10 * NS_PER_S))
        for orders in self.stage.orders.values():
            if blocked is None or orders.blocked_show_ns is None:
                orders.block(blocked)

    def _live(self) -> None:
        """Move the lives of timed racks on: ready, departed, past their landing."""
        clock = self.clock
        for orders in self.stage.orders.values():
            if clock.running and clock.speed > 0.0:
                live(self, orders)
            elif not orders.loose:
                outlive(self, orders)

    def departed(self) -> None:
        """A timed rack has left: from now on a wrong rate is an alarm, not a refusal."""
        self.sources.set_run(departed=True)

    def hurry(self) -> None:
        """A rack was fired: what does not move it may wait for the next step."""
        self._hurries = not self._hurried

    def judge(self, *, closing: bool) -> None:
        """Tell the rows that can be told; with `closing`, those whose watch is cut short too."""
        for row in self.jury.rows(self, closing=closing):
            self.tell_row(row)

    def tell_row(self, row: LandingRow) -> None:
        """Tell one row."""
        self._rows.append(row)
        self.tell("landing", **row.as_dict())

    # --- what goes out ---

    def answer(self, reply: Reply) -> None:
        """Answer a command later than in the step that heard it, or instead of obeying it."""
        self._replies.append(reply)

    def alarm(self, text: str) -> None:
        """Tell the operator of trouble."""
        self.tell("alarm", text=text)

    def alarmed(self, text: str) -> bool:
        """Whether an alarm of this step says just that."""
        return any(event.kind == "alarm" and event.fields["text"] == text for event in self._events)

    def tell(self, kind: str, **fields: object) -> None:
        """Tell an event."""
        self._events.append(Event(kind, {"host_ns": self.now_ns, **fields}))

    def latch(self, axis: str, latch: Latch, *, on: bool) -> None:
        """Have a stop latch set or cleared once this step's plan is out."""
        self._latches.append((axis, latch, on))

    def status(self) -> dict[str, object]:
        """What the operator sees at a glance."""
        return status(self)

    def _outcome(self) -> Outcome:
        changed = [orders for orders in self.stage.orders.values() if orders.changed]
        if changed:
            axes = dict(self._plan.axes)
            for orders in changed:
                axes[orders.name] = orders.plan(self.now_ns)
                orders.changed = False
            self._plan = Plan(self._plan.generation + 1, axes)
        awaited = (self.desk_words.deadlines.next_ns, self.casting.next_ns(self))
        self._punctual_ns = punctual_ns = min((at_ns for at_ns in awaited if at_ns is not None), default=None)
        waits = self._hurries or self.jury.hurries  # for the next step, which is due at once
        due_ns = max(self.now_ns, self._moved_ns + TICK_NS)
        return Outcome(
            self.clock,
            self._plan,
            bool(changed),
            tuple(self._replies),
            tuple(self._rows),
            tuple(self._events),
            tuple(self._latches),
            self.taking.changed,
            self.now_ns if waits else min(due_ns, punctual_ns or due_ns),
            self.taking.finished(self),
            punctual_ns,
            self._sends,
        )
