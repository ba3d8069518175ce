"""The daemon as one function: inbox in, clock, plan, replies, landing rows and events out. Pure and replayable.

The session decides what each axis shall do and says so in plans; it never makes set-points. The same sequence of steps
gives the same outcomes, which is what replay rests on.
"""

from collections.abc import Sequence

from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.engine.acts import ActChooser
from cuefocus.engine.casting import Casting
from cuefocus.engine.commands import obey
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.job import ActJob, Job, Seed
from cuefocus.engine.jury import Jury
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
    Trigger,
)
from cuefocus.engine.stage import Stage
from cuefocus.engine.takebook import TakeBook
from cuefocus.landing.rows import LandingRow
from cuefocus.timebase.frames import timecode_at
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, Reading

TICK_NS = 10 * NS_PER_MS
_STATE_EVERY_NS = NS_PER_S
_ENDED_TAKE_NS = 2 * NS_PER_S
_WAIT_FOR_MOTORS_NS = 3 * NS_PER_S
_STOPPED = frozenset({ChaseKind.LOST, ChaseKind.STOPPED, ChaseKind.REVERSE, ChaseKind.SHUTTLE})
_REFUSED = frozenset({ChaseKind.WRONG_RATE, ChaseKind.WRONG_SPEED})


class Session:
    """A running show.

    Args:
        job: the compiled show and the axes.
        seed: where it begins.
    """

    def __init__(self, job: Job, seed: Seed) -> None:
        self.job, self.seed = job, seed
        self.book = TakeBook(seed.take)
        self.stage = Stage(job, seed)
        self.jury = Jury(job)
        self.casting = Casting(job)
        self._chooser = ActChooser(job)
        self._follower = Follower(self._chooser.act.chase)
        self._clock = NO_CLOCK
        self._plan = Plan(0, {})
        self._placed_epoch: int | None = None
        self._refusal = ""
        self._begun_ns: int | None = None
        self._quiet_since_ns: int | None = None
        self._ended_ns: int | None = None
        self._finished = False
        self._told: tuple[object, ...] = ()
        self._told_ns = 0
        self.now_ns = 0
        self._replies: list[Reply] = []
        self._rows: list[LandingRow] = []
        self._events: list[Event] = []
        self._latches: list[tuple[str, Latch, bool]] = []
        self._take_changed = False

    # --- the one function ---

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        """Take in what came, move everything on to `now_ns`, say what follows."""
        self.now_ns = now_ns
        self._replies, self._rows, self._events, self._latches = [], [], [], []
        self._take_changed = False
        if self._begun_ns is None:
            self._begun_ns = now_ns
        for event in inbox:
            self._hear(event)
        self._follower.in_take = self.book.armed
        self._clock, happenings = self._follower.step(now_ns)
        for happening in happenings:
            self._happened(happening)
        if self._clock.running:
            self.stage.remember(self._clock)
            self._quiet_since_ns = None
        elif self._quiet_since_ns is None:
            self._quiet_since_ns = now_ns
        self._auto_arm()
        self._block_departures()
        if self.book.armed:
            self._live()
        self._judge(closing=False)
        self._end_take_when_due()
        self.stage.let_finished_go(self)
        return self._outcome()

    # --- what comes in ---

    def _hear(self, event: InboxEvent) -> None:
        if isinstance(event, Sent):
            self._sent(event)
        elif isinstance(event, Feedback):
            self._reported(event)
        elif isinstance(event, Reading):
            self._read(event)
        elif isinstance(event, Command):
            reply = obey(self, event)
            self._replies.append(reply)
        elif isinstance(event, Trigger):
            self._triggered(event)
        elif isinstance(event, Latched):
            self._latched(event)
        elif isinstance(event, MotorTrouble):
            self._trouble(event)
        elif isinstance(event, SourceEvent):
            self._source(event)
        elif isinstance(event, Glitch):
            self.stage.glitches += 1

    def _read(self, reading: Reading) -> None:
        act = self._chooser.offer(reading)
        if act is not None:
            self._follow_act(act)
        self._follower.feed(reading)

    def _follow_act(self, act: ActJob) -> None:
        """Another act's labels have come: follow those, in a new epoch."""
        self._abandon_pass("playback went to another act")
        self._follower = Follower(act.chase, epoch=self._clock.epoch + 1)
        self._placed_epoch, self._refusal = None, ""
        self._tell_state(force=True)

    def _sent(self, sent: Sent) -> None:
        orders = self.stage.orders.get(sent.axis)
        if orders is None:
            return
        self.jury.witness[sent.axis].told(sent)
        orders.last_sent_ring = sent.ring
        if orders.loose:
            orders.motor_ring = sent.ring
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
        self._follower.notice(event.kind, event.stamp_ns, event.reason)
        if event.kind == "ended":
            self._ended_ns = event.stamp_ns
        elif event.kind == "opened":
            self._ended_ns = None
        elif event.kind == "lost":
            self.alarm(f"source {event.source} is gone: {event.reason}" if event.reason else f"{event.source} is gone")

    def _trouble(self, trouble: MotorTrouble) -> None:
        orders = self.stage.orders.get(trouble.axis)
        if orders is None:
            return
        if trouble.kind == "fault":
            orders.fail(trouble.reason)
            for record in self.book.pulling(trouble.axis):
                record.happen(Happening.LOST, f"motor fault: {trouble.reason}")
            self.alarm(f"{trouble.axis}: {trouble.reason}; it holds still until it is back and engaged")
        elif trouble.kind == "back" and orders.fault:
            orders.back()
            self.alarm(f"{trouble.axis} is back; engage it to go on")
        elif trouble.kind == "dropped":
            self.stage.dropped[trouble.axis] = self.stage.dropped.get(trouble.axis, 0) + 1

    def _latched(self, event: Latched) -> None:
        orders = self.stage.orders.get(event.axis)
        if orders is None:
            return
        news = event.latch & ~orders.latch
        orders.latch = event.latch
        if not news:
            return
        happening = Happening.GRABBED if news & Latch.HAND else Happening.STOPPED
        word = next(latch.name for latch in (Latch.PANIC, Latch.RELEASE, Latch.HOLD, Latch.HAND) if latch & news)
        for record in self.book.pulling(event.axis):
            record.happen(happening, "a hand took the axis" if news & Latch.HAND else f"{word}")
        orders.release(orders.last_sent_ring)
        if news & (Latch.PANIC | Latch.RELEASE):
            orders.engaged = False
            if self.book.armed:
                self._end_take(f"{word}")

    # --- the clock ---

    def _happened(self, event: ChaseEvent) -> None:
        kind = event.kind
        if kind in (ChaseKind.CHECKING, ChaseKind.LOCKED):
            self._refusal = ""
            if self._placed_epoch != self._clock.epoch:
                self._place(event)
        elif kind is ChaseKind.JUMP:
            self._refusal = ""
            self._place(event)
        elif kind is ChaseKind.RETURNED:
            self.stage.rejoin(self, "timecode was lost over its departure")
            self._placed_epoch = self._clock.epoch
        elif kind in _STOPPED:
            self._clock_gone(event)
        elif kind in _REFUSED:
            self._refuse(event)
        elif kind is ChaseKind.ACCEPTED:
            self._refusal = ""
        if event.reason and kind not in (ChaseKind.WRONG_RATE, ChaseKind.WRONG_SPEED):
            self._events.append(Event("state", {"host_ns": event.stamp_ns, "chase": str(kind), "reason": event.reason}))

    def _refuse(self, event: ChaseEvent) -> None:
        if event.refused:
            self._refusal = event.reason
            if self.book.armed and self.book.pass_ == 0:
                self._open_pass()
        else:
            for record in self.book.open_records():
                record.note(event.reason)
        self.alarm(event.reason)

    def _clock_gone(self, event: ChaseEvent) -> None:
        """Freewheel is over, or playback says it stopped: the act's loss policy."""
        act = self.act
        for record in self.book.timed.values():
            if record.life is not Life.PULLING or record.land_host_ns is not None:
                continue
            if act.on_loss is OnLoss.HOLD:
                record.happen(Happening.STOPPED, f"{event.reason}: the act's loss policy is hold")
            else:
                record.note(event.reason)
        self.stage.clock_gone(self, act.on_loss)
        if self.book.armed and event.kind in (ChaseKind.REVERSE, ChaseKind.SHUTTLE):
            self.alarm("playback runs backwards; the axes hold" if event.kind is ChaseKind.REVERSE else "shuttle")

    def _place(self, event: ChaseEvent) -> None:
        """The clock runs somewhere new: open a pass if it is one, and put every axis where it belongs."""
        jumped = event.kind is ChaseKind.JUMP
        if self.book.armed:
            untouched = all(record.life is Life.STANDING_BY for record in self.book.timed.values())
            if self.book.pass_ == 0 or ((event.backwards or not jumped) and not untouched):
                self._abandon_pass("playback jumped")
                self._open_pass()
        reason = "playback jumped" if jumped else "playback began after it"
        self.stage.place_all(self, reason)
        self._placed_epoch = self._clock.epoch
        self._follower.departed = False

    # --- takes and passes ---

    @property
    def act(self) -> ActJob:
        """The act being followed."""
        return self._chooser.act

    @property
    def clock(self) -> Clock:
        """The clock of this step."""
        return self._clock

    @property
    def refusal(self) -> str:
        """Why the timecode is not followed, or empty."""
        return self._refusal

    @property
    def follower(self) -> Follower:
        """The chase of the act's source."""
        return self._follower

    def arm(self) -> None:
        """Begin a take."""
        if self.book.armed:
            return
        self.book.begin(self.now_ns)
        self._take_changed, self._ended_ns = True, None
        self._quiet_since_ns = self.now_ns
        self._follower.in_take, self._follower.departed = True, False
        self.casting.stack.top()
        self._events.append(Event("take", {"host_ns": self.now_ns, "take": self.book.take, "state": "begins"}))
        if self._clock.running:
            self._open_pass()
            self.stage.place_all(self, "armed after it")
        elif self._refusal:
            self._open_pass()

    def disarm(self, reason: str) -> None:
        """End the take; axes hold where they are."""
        if self.book.armed:
            self._end_take(reason)

    def engage(self, axis: str) -> str:
        """Let an axis follow; returns why not, or empty."""
        orders = self.stage.orders[axis]
        if orders.fault:
            return f"{axis}: {orders.fault}"
        if orders.latch:
            return f"{axis} is stopped by {orders.latch.name}; resume first"
        if not orders.engaged:
            orders.engaged = True
            self.stage.place(self, orders, "engaged after it")
        return ""

    def _open_pass(self) -> None:
        self.book.open_pass(self.stage.fresh_records(self))
        for record in self.book.timed.values():
            why = self.act.infeasible.get(record.rack.cue)
            if why:
                record.happen(Happening.DENIED, why)

    def _abandon_pass(self, reason: str) -> None:
        """A new pass begins: racks under way are cut, those never reached have no row."""
        for record in self.book.open_records():
            if record.life is Life.PULLING and record.land_host_ns is None:
                record.happen(Happening.PASSED, reason)
        self._judge(closing=True)

    def _end_take(self, reason: str, *, by_playback: bool = False) -> None:
        for record in self.book.open_records():
            if record.life is Life.PULLING and record.land_host_ns is None:
                record.happen(Happening.LOST if by_playback else Happening.STOPPED, reason)
            elif not record.life.over and record.life is not Life.PULLING:
                if self._refusal:
                    record.happen(Happening.DENIED, self._refusal)
                elif by_playback:
                    record.happen(Happening.LOST, reason)
        self._judge(closing=True)
        self._events.append(
            Event("take", {"host_ns": self.now_ns, "take": self.book.take, "state": "ended", "reason": reason})
        )
        self.book.end()
        self._take_changed = True
        self._refusal = ""
        if self.seed.takes and self.book.taken >= self.seed.takes:
            self._finished = True

    def _end_take_when_due(self) -> None:
        if not self.book.armed:
            return
        if self._ended_ns is not None:
            if self.now_ns - self._ended_ns >= _ENDED_TAKE_NS:
                self._end_take("the sound ended", by_playback=True)
        elif self.book.pass_ > 0 and self._quiet_since_ns is not None:
            if self.now_ns - self._quiet_since_ns >= self.act.take_end_ns and self._follower.config.on_loss != "run":
                self._end_take("timecode stopped", by_playback=True)

    def _auto_arm(self) -> None:
        if not self.seed.auto_arm or self.book.armed or self._finished or self._begun_ns is None:
            return
        if self._ended_ns is not None and self.book.taken:
            return
        waited = self.now_ns - self._begun_ns >= _WAIT_FOR_MOTORS_NS
        waiting = [o for o in self.stage.orders.values() if not o.known and not o.fault and o.job.spec.feedback]
        if waiting and not waited:
            return
        if any(o.latch for o in self.stage.orders.values()):
            return
        self.arm()
        for axis in self.stage.orders:
            why = self.engage(axis)
            if why:
                self.alarm(why)

    # --- racks ---

    def _block_departures(self) -> None:
        clock = self._clock
        blocked = None
        if clock.state is ClockState.FREEWHEELING and self.act.on_loss is not OnLoss.RUN:
            blocked = clock.show_at(max(self._follower.depart_until_ns, clock.host_ns - 10 * NS_PER_S))
        for orders in self.stage.orders.values():
            if blocked is None or orders.blocked_show_ns is None:
                orders.block(blocked)

    def _live(self) -> None:
        """Move the lives of timed racks on: ready, departed, past their landing."""
        clock = self._clock
        for orders in self.stage.orders.values():
            if clock.running and clock.speed > 0.0:
                self.stage.live(self, orders)
        for record in self.casting.landed_by(self):
            for cue in self.job.after.get(record.rack.cue, ()):
                self.fire(cue, record.land_host_ns or self.now_ns, f"after {record.rack.cue}")

    def departed(self) -> None:
        """A timed rack has left: from now on a wrong rate is an alarm, not a refusal."""
        self._follower.departed = True

    # --- triggers ---

    def _triggered(self, trigger: Trigger) -> None:
        for cue in self.casting.heard(trigger):
            self.fire(cue, trigger.stamp_ns, trigger.source)

    def go(self, stamp_ns: int, source: str) -> tuple[bool, str]:
        """GO: the cue on standby."""
        if not self.casting.ledger.take_go(stamp_ns):
            return False, "GO again too soon; taken as a slip of the finger"
        cue = self.casting.stack.go()
        if cue is None:
            return False, "no manual cue is on standby"
        return self.fire(cue, stamp_ns, source)

    def fire(self, cue: str, stamp_ns: int, route: str) -> tuple[bool, str]:
        """Fire a triggered cue once; returns whether it was taken, and a sentence."""
        return self.casting.fire(self, cue, stamp_ns, route)

    # --- verdicts ---

    def _judge(self, *, closing: bool) -> None:
        for row in self.jury.rows(self, closing=closing):
            self._rows.append(row)
            self._events.append(Event("landing", {"host_ns": self.now_ns, **row.as_dict()}))

    # --- what goes out ---

    def alarm(self, text: str) -> None:
        """Tell the operator of trouble."""
        self._events.append(Event("alarm", {"host_ns": self.now_ns, "text": text}))

    def tell(self, kind: str, **fields: object) -> None:
        """Tell an event."""
        self._events.append(Event(kind, {"host_ns": self.now_ns, **fields}))

    def latch(self, axis: str, latch: Latch, *, on: bool) -> None:
        """Have a stop latch set or cleared once this step's plan is out."""
        self._latches.append((axis, latch, on))

    def status(self) -> dict[str, object]:
        """What the operator sees at a glance."""
        clock = self._clock
        rate = self.act.chase.rate
        upcoming = self.stage.next_rack(self)
        return {
            "state": clock.state.word,
            "timecode": timecode_at(clock.show_ns, rate).text(rate)
            if clock.state is not ClockState.NO_SIGNAL
            else None,
            "show_ns": clock.show_ns,
            "speed": round(clock.speed, 6),
            "rate": rate.name,
            "source": self.casting.source,
            "act": self.act.name,
            "take": self.book.take,
            "pass": self.book.pass_,
            "armed": self.book.armed,
            "engaged": [name for name, orders in self.stage.orders.items() if orders.engaged],
            "stopped": {n: str(o.latch.name) for n, o in self.stage.orders.items() if o.latch},
            "faults": {n: o.fault for n, o in self.stage.orders.items() if o.fault},
            "assumed": [n for n, o in self.stage.orders.items() if not o.known],
            "standby": self.casting.stack.standby,
            "refusal": self._refusal,
            "next": upcoming,
        }

    def _tell_state(self, *, force: bool = False) -> None:
        clock = self._clock
        upcoming = self.stage.next_rack(self)
        facts: tuple[object, ...] = (
            clock.state,
            clock.epoch,
            self.book.armed,
            self.book.take,
            self.book.pass_,
            self.act.name,
            self._refusal,
            self.casting.stack.standby,
            None if upcoming is None else upcoming["cue"],
            *((o.engaged, o.latch, o.fault) for o in self.stage.orders.values()),
        )
        stale = clock.running and self.now_ns - self._told_ns >= _STATE_EVERY_NS
        if facts != self._told or stale or force:
            self._told, self._told_ns = facts, self.now_ns
            self._events.append(Event("state", {"host_ns": self.now_ns, **self.status()}))

    def _outcome(self) -> Outcome:
        self._tell_state()
        changed = [orders for orders in self.stage.orders.values() if orders.changed]
        if changed:
            axes = dict(self._plan.axes)
            for orders in changed:
                axes[orders.name] = orders.plan()
                orders.changed = False
            self._plan = Plan(self._plan.generation + 1, axes)
        return Outcome(
            self._clock,
            self._plan,
            bool(changed),
            tuple(self._replies),
            tuple(self._rows),
            tuple(self._events),
            tuple(self._latches),
            self._take_changed,
            self.now_ns + TICK_NS,
            self._finished,
        )
