"""The conductor's loop: everything the show says goes in, in order; clock, plan, stops, events and ledger come out.

One thread owns all state. A step is journalled before anything that comes of it can be seen from outside, so a
successor that replays the journal knows what its predecessor knew. Whatever happens to a file, the loop goes on.
"""

import contextlib
import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from cuefocus.chase.clock import NO_CLOCK, ClockState
from cuefocus.engine.commands import LAST_WORDS
from cuefocus.engine.outcome import Event, Outcome
from cuefocus.engine.plan import Latch, Plan
from cuefocus.engine.ports import Command, InboxEvent, Latched, MotorTrouble, Trigger
from cuefocus.motor.axis import AxisSpec
from cuefocus.shells import stop_words
from cuefocus.shells.absence import NOTICED_NS, aftermath
from cuefocus.shells.command_desk import CommandDesk
from cuefocus.shells.conductor_parts import Steps, Surroundings
from cuefocus.shells.host_clock import DescriptorWait
from cuefocus.shells.ledger_queue import LedgerQueue
from cuefocus.shells.said_stops import SaidStops
from cuefocus.shells.shm_motion import AxisFlag
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

BEAT_NS: Final = 4 * NS_PER_MS
"""Well under the 10 ms in which motion wants a sign of life, and under the 50 ms after which it acts on silence."""
_LEAD_NS: Final = 400_000
"""So long before something is due to the moment we wake up, take in what has come, and spin: as long as a turn is."""
_IDLE_COLLECT_NS: Final = 5 * NS_PER_S
_FAREWELL_NS: Final = 500 * NS_PER_MS
_MOTION_SILENT_NS: Final = 100 * NS_PER_MS
_LONG_NS: Final = 500 * NS_PER_MS
"""An absence that is told even where it did nothing."""
_METER_EVERY_NS: Final = 10 * NS_PER_S


class Conductor:
    """Runs a session.

    Args:
        specs: axes by name.
        outcome: of the last step replayed; None for a fresh session.
        in_take: whether that left a take open.
        attach_seen: by axis, the attach count motion has seen of a predecessor; lower ones it would not follow.
    """

    def __init__(
        self,
        around: Surroundings,
        session: Steps,
        specs: Mapping[str, AxisSpec],
        *,
        outcome: Outcome | None = None,
        in_take: bool = False,
        attach_seen: Mapping[str, int] | None = None,
    ) -> None:
        self._around, self._session, self._specs = around, session, dict(specs)
        self._plan = outcome.plan if outcome is not None else Plan(0)
        self._clock = outcome.clock if outcome is not None else NO_CLOCK
        self._done = False
        self._meters_ns: dict[str, int] = {}
        self._due_ns = 0
        self._punctual_ns: int | None = None
        self._words_first = False
        self._held: set[str] = set()
        self._said_stops = SaidStops(around.memory, around.now_ns)
        self._attach_from = dict(attach_seen or {})
        self._commands = CommandDesk(around.server, partial(next, around.numbers), around.now_ns)
        self._ledger = LedgerQueue(around.ledger, self._alarm)
        self._collect_ns = 0
        self._lost_seen = around.status.lost if outcome is None else -1
        self._unsure = False
        self._awake_ns = around.now_ns()
        self._motion_silent = False
        self._wait = DescriptorWait()
        own = [around.server.fileno(), around.memory.conductor_bell, around.events.fileno()]
        if around.desk is not None:
            own.append(around.desk.fileno())
        if around.sender is not None:
            own.append(around.sender.fileno())
        for fd in (*own, *around.sources.descriptors()):
            if fd >= 0:
                self._wait.watch(fd)
        self.in_take = in_take
        self.stopping = False
        self.worst_step_ns = 0
        if outcome is not None:
            self._take_over(outcome)

    def run(self) -> None:
        """Until every take is over, or `stopping` is set and the axes have been let go in order."""
        while not self.stopping and not self._finished():
            self.turn()
        self._farewell()

    def _take_over(self, outcome: Outcome) -> None:
        """Go on from what a predecessor had decided; take in what may have been lost with it: stops and faults."""
        around, memory = self._around, self._around.memory
        for name, orders in outcome.plan.axes.items():
            self._attach_from[name] = max(0, self._attach_from.get(name, 0) - orders.attach)
        since_ns, now_ns = memory.conductor_beat.last_ns, around.now_ns()
        self._publish(now_ns, outcome, anew=True)
        if since_ns:  # else the predecessor was gone before its first sign of life
            self._return(since_ns)
        inbox = [*self._records(), *self._said_stops.news()]
        now_ns = around.now_ns()
        self._step(now_ns, [*inbox, *self._as_it_stands(now_ns)])

    def _return(self, since_ns: int) -> None:
        """Nobody conducted since `since_ns`: motion holds what did not move then. Put that right, axis by axis."""
        around, now_ns = self._around, self._around.now_ns()
        after = aftermath(around.memory, self._specs, self._plan, self._clock, since_ns, now_ns)
        if after.kept:
            for name in after.kept:
                self._attach_from[name] = self._attach_from.get(name, 0) + 1
            around.publisher.publish(now_ns, self._clock, self._above_attach(self._plan))
        if after.missed:
            inbox = self._records()  # first, as what landed meanwhile is judged now
            for name in after.missed:
                inbox.append(Latched(name, now_ns, Latch.HOLD))
                inbox.append(Command("resume", now_ns, target=name, source="conductor"))
            self._step(now_ns, inbox, clears=False)
        away_ms = (now_ns - since_ns) // NS_PER_MS
        if after.kept or after.missed or now_ns - since_ns > _LONG_NS:
            lost = f"; {', '.join(after.missed)} missed a departure" if after.missed else ""
            self._alarm(f"nobody conducted for {away_ms} ms{lost}")

    def turn(self) -> None:
        """One wait, and a step if there is anything to step for."""
        around = self._around
        now_ns = around.now_ns()
        deadline_ns = min(now_ns + BEAT_NS, max(self._due_ns, now_ns))
        if (source_ns := around.sources.next_due_ns) is not None:
            deadline_ns = min(deadline_ns, source_ns)
        if around.desk is not None and (desk_ns := around.desk.next_due_ns) is not None:
            deadline_ns = min(deadline_ns, desk_ns)
        if self._punctual_ns is not None:
            deadline_ns = min(deadline_ns, self._punctual_ns - _LEAD_NS)
        if around.sender is not None and (send_ns := around.sender.next_due_ns) is not None:
            deadline_ns = min(deadline_ns, send_ns)
        readable = self._wait.wait_until(deadline_ns)
        if around.sender is not None:
            around.sender.pump()
        self._put_right(around.memory.conductor_beat.last_ns)
        beat_ns = around.memory.conductor_beat.last_ns
        inbox = self._gather(readable)
        now_ns = self._at_its_moment(inbox)
        if inbox or now_ns >= self._due_ns:
            self._step(now_ns, inbox)
        else:
            around.publisher.beat(now_ns)
        self._put_right(beat_ns)  # the step itself may have been held up
        self._play(now_ns)
        for fields in around.sources.news(now_ns):
            around.tell(fields)
            self._tell_meter(fields, now_ns)
        if around.desk is not None:
            for fields in around.desk.news():
                around.tell(fields)
        if around.sender is not None:
            for fields in around.sender.news():
                around.tell(fields)
        self._spare_time(now_ns)

    def _tell_meter(self, fields: Mapping[str, object], now_ns: int) -> None:
        """The desk's self-test hears of each sound input's level, now and then."""
        source = str(fields.get("source", ""))
        if "sound" in fields and now_ns - self._meters_ns.get(source, -_METER_EVERY_NS) >= _METER_EVERY_NS:
            self._meters_ns[source] = now_ns
            self._around.takes.put(fields)

    def _at_its_moment(self, inbox: Sequence[InboxEvent]) -> int:
        """Host time to step at: where something is due to the moment, that; unless a word or a stop has come."""
        now_ns, due_ns = self._around.now_ns(), self._punctual_ns
        if due_ns is not None and now_ns < due_ns <= now_ns + _LEAD_NS:
            if not any(isinstance(event, Command | Trigger | Latched) for event in inbox):
                while now_ns < due_ns:
                    now_ns = self._around.now_ns()
        return now_ns

    def _put_right(self, beat_ns: int) -> None:
        """If motion may have given us up since the sign of life at `beat_ns`, go on with it anew."""
        now_ns = self._around.now_ns()
        if beat_ns and now_ns - beat_ns > NOTICED_NS:
            self._awake_ns = now_ns
            self._return(beat_ns)

    def _gather(self, readable: Sequence[int]) -> list[InboxEvent]:
        """Everything heard since the last turn: motion first, then desks, the sources, then commands.

        A desk's GO goes alone, for once: what rang beside it rings on, and is heard at the next turn.
        """
        around = self._around
        said = around.desk.pump() if around.desk is not None else []
        self._words_first = bool(said) and not self._words_first  # else the others wait for the next turn, once
        if self._words_first and self._fires(said):
            return [*said]
        if around.memory.conductor_bell in readable:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(around.memory.conductor_bell)
        if not around.events.gone and around.events.fileno() in readable:
            self._wait.forget(around.events.fileno())
            around.events.note_gone()
        inbox: list[InboxEvent] = [*self._motion_life(), *self._records()]
        stops_at = len(inbox)
        if self._unsure:
            inbox += self._as_it_stands(around.now_ns())
        inbox += said
        if not self._words_first:
            inbox += around.sources.pump()
        if around.server.fileno() in readable:
            inbox += self._commands.take()
            for text in self._commands.expired():
                self._alarm(text)
        inbox[stops_at:stops_at] = self._said_stops.news()  # no word in hand is younger than those that are missing
        return inbox

    def _records(self) -> list[InboxEvent]:
        """What motion said since the last look; where the oldest of it may be missing, that first.

        What a predecessor had read, and had no time to write down, is lost too.
        """
        status, axes, before = self._around.status, self._around.memory.axes, self._lost_seen
        records: list[InboxEvent] = [*status.drain()]
        if status.lost != before:
            if status.lost:
                self._alarm("motion's status was lost", lost=status.lost - max(0, before))
            self._lost_seen, self._unsure, now_ns = status.lost, True, self._around.now_ns()
            records[:0] = [MotorTrouble(axis, now_ns, "lost", "") for axis in axes]
        self._held.update(event.axis for event in records if isinstance(event, Latched) and event.latch)
        return records

    def _as_it_stands(self, now_ns: int) -> list[InboxEvent]:
        """Stops and faults, whose records may be lost."""
        memory, self._unsure = self._around.memory, False
        inbox: list[InboxEvent] = []
        for index, name in enumerate(memory.axes):
            inbox.append(Latched(name, now_ns, memory.latches.of(index)))
            if memory.axis_words[index].read().flags & AxisFlag.FAULT:
                inbox.append(MotorTrouble(name, now_ns, "fault", "out of order when the conductor came back"))
        return inbox

    def _fires(self, said: Sequence[Command | Trigger]) -> bool:
        """Whether a desk's words may go before motion's: they only fire, and motion has no stop to tell of."""
        memory = self._around.memory
        fires = all(isinstance(word, Trigger) or word.verb == "go" for word in said)
        return fires and not any(memory.latches.of(index) for index in range(len(memory.axes)))

    def _motion_life(self) -> list[InboxEvent]:
        """Whether motion has fallen silent, or shows life again; asked before its records are read."""
        beat_ns, now_ns = self._around.memory.motion.beat_ns, self._around.now_ns()
        silent = bool(beat_ns) and now_ns - max(beat_ns, self._awake_ns) > _MOTION_SILENT_NS
        if silent is self._motion_silent:
            return []
        self._motion_silent = silent
        kind, stamp_ns = ("silent", beat_ns) if silent else ("answers", now_ns)
        return [MotorTrouble(axis, stamp_ns, kind, "") for axis in self._around.memory.axes]

    def _step(self, now_ns: int, inbox: list[InboxEvent], *, clears: bool = True) -> None:
        around = self._around
        if around.journal is not None:
            around.journal.append(now_ns, inbox)
        at_once = [*stop_words.at_once(inbox, around.memory.axes, now_ns)]
        for latch, axis in at_once:  # the step sets it too, but tells of every open rack before
            around.memory.latches.set(latch, axis)
        if at_once:
            around.memory.ring_motion()
        around.sources.observe(inbox)
        outcome = self._session.step(now_ns, inbox)
        self._publish(now_ns, outcome, clears=clears)
        if around.sender is not None:
            around.sender.take(outcome.sends)
        self.in_take = take_after(self.in_take, outcome)
        for reply in outcome.replies:
            self._commands.answer(reply)
            around.sources.answer(reply)
            if around.desk is not None:
                around.desk.answer(reply)
        for event in outcome.events:
            fields = printed(event, now_ns)
            around.tell(fields)
            if around.desk is not None:
                around.desk.tell(fields)
            if event.kind == "take":
                around.takes.put(fields)
        if outcome.rows:
            self._ledger.add(outcome.rows, now_ns)
        self.worst_step_ns = max(self.worst_step_ns, around.now_ns() - now_ns)

    def _publish(self, now_ns: int, outcome: Outcome, *, anew: bool = False, clears: bool = True) -> None:
        """Clock and plan first, then the stops: a stop that is cleared never meets an older plan.

        Args:
            now_ns: the host clock.
            outcome: what the session decided.
            anew: a predecessor may have published it already.
            clears: whether stops may be cleared: only an operator's own word does that.
        """
        around = self._around
        changed = anew or outcome.plan_changed
        plan = self._above_attach(outcome.plan) if changed else Plan(outcome.plan.generation)
        around.publisher.publish(now_ns, outcome.clock, plan)
        self._plan, self._clock = outcome.plan, outcome.clock
        self._due_ns, self._punctual_ns = outcome.next_due_ns, outcome.punctual_ns
        for axis, latch, is_set in outcome.latches:
            if is_set or (clears and not anew):  # a stop set since a predecessor's last step is not undone
                self._latch(axis, latch, is_set=is_set)
        if outcome.latches:
            around.memory.ring_motion()
        self._done = outcome.finished

    @property
    def _stopped(self) -> bool:
        """Whether motion has said of every axis that a stop holds it."""
        return self._held.issuperset(self._around.memory.axes)

    def _above_attach(self, plan: Plan) -> Plan:
        if not self._attach_from:
            return plan
        axes = {
            name: replace(orders, attach=orders.attach + self._attach_from.get(name, 0))
            for name, orders in plan.axes.items()
        }
        return Plan(plan.generation, axes)

    def _latch(self, axis: str, latch: Latch, *, is_set: bool) -> None:
        memory = self._around.memory
        index = memory.index(axis) if axis else None
        if is_set:
            memory.latches.set(latch, index)
        else:
            self._said_stops.clear(latch, index)

    def _alarm(self, text: str, **fields: object) -> None:
        self._around.tell(
            {"event": "alarm", "host_ns": self._around.now_ns(), "text": text, "source": "conductor", **fields}
        )

    def _play(self, now_ns: int) -> None:
        motion_there = now_ns - self._around.memory.motion.read().beat_ns < _MOTION_SILENT_NS
        for fields in self._around.sources.play(now_ns, self._plan, motion_there=motion_there):
            self._around.tell(fields)

    def _spare_time(self, now_ns: int) -> None:
        """What can wait until nothing moves."""
        self._ledger.write_when_due(now_ns)
        idle = not self.in_take and self._clock.state in (ClockState.NO_SIGNAL, ClockState.HOLDING)
        if idle and now_ns >= self._collect_ns:
            gc.collect()
            gc.freeze()
            self._collect_ns = self._around.now_ns() + _IDLE_COLLECT_NS

    def _finished(self) -> bool:
        if self._around.events.gone and self._around.events.fileno() >= 0 and not self.in_take:
            return True  # `run` was killed: what is under way is finished, nothing new begins
        return self._done or self._around.sources.finished(self._around.now_ns(), in_take=self.in_take)

    def _farewell(self) -> None:
        """Stop every axis in order, end the take, and stay until that is told, but not for ever."""
        around = self._around
        until_ns = around.now_ns() + _FAREWELL_NS
        around.memory.latches.set(Latch.HOLD)
        around.memory.ring_motion()
        self.turn()
        while not self._stopped and around.now_ns() < until_ns:
            self.turn()
        now_ns = around.now_ns()
        self._step(now_ns, [Command("disarm", now_ns, source=LAST_WORDS)])
        while self.in_take and around.now_ns() < until_ns:
            self.turn()
        self._ledger.write(around.now_ns())


def printed(event: Event, now_ns: int) -> dict[str, object]:
    """An event as it is printed: its kind and host time first."""
    return {"event": event.kind, "host_ns": now_ns, **event.fields}


def take_after(in_take: bool, outcome: Outcome) -> bool:
    """Whether a take is open after a step, given whether one was before it."""
    for event in outcome.events:
        if event.kind == "take":
            in_take = event.fields.get("state") == "begins"
    return in_take
