"""The whole daemon in virtual time: session, players, drivers, simulated motors; the clock jumps from event to event.

The same session, players, codecs and drivers as live; only waiting is missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cuefocus.chase.clock import NO_CLOCK
from cuefocus.engine.frame import Frame
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.overslept import DeadlineWatch
from cuefocus.engine.plan import AxisPlan, Latch, Plan
from cuefocus.engine.player import AxisPlayer
from cuefocus.engine.ports import Feedback, InboxEvent, Latched, MotorTrouble, Sent, Stalled
from cuefocus.engine.session import TICK_NS, Session
from cuefocus.errors import LinkError
from cuefocus.motor.driver import LensMotor
from cuefocus.sim.sim_motor import SimMotorLink

_NEVER_NS = 1 << 62
_SILENT_NS = 50_000_000
_MOTION_SILENT_NS = 100_000_000


class VirtualClock:
    """Host time that stands still until it is set."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        """Host time, ns."""
        return self.now_ns


@dataclass(slots=True)
class VirtualAxis:
    """One axis: its player, its driver, and the simulated motor behind it.

    Args:
        write_ns, query_ns: when the next set-point is written, when the line is free for a question.
        due_ns: when anything is to be done for it.
        frame: the next set-point as prepared under orders of `orders_at`.
    """

    name: str
    player: AxisPlayer
    motor: LensMotor
    link: SimMotorLink
    latch: Latch = Latch.NONE
    write_ns: int = _NEVER_NS
    query_ns: int = _NEVER_NS
    due_ns: int = 0
    frame: Frame | None = None
    orders_at: int = -1
    gone: bool = False
    deadlines: DeadlineWatch = field(default_factory=DeadlineWatch)


#: Blocks of what a source says: (host time at which it is heard, events).
Heard = Iterator[tuple[int, Sequence[InboxEvent]]]


class VirtualRig:
    """Runs a session against simulated motors.

    Args:
        session: what decides.
        axes: by name.
        clock: the clock the simulated motors live on.
        heard: what the timecode source says, in order of time.
        listener: told of each step: (now_ns, inbox, outcome); may hand back events for the next step.
    """

    def __init__(
        self,
        session: Session,
        axes: Mapping[str, VirtualAxis],
        clock: VirtualClock,
        heard: Heard,
        listener: Callable[[int, Sequence[InboxEvent], Outcome], Sequence[InboxEvent]],
    ) -> None:
        self.session, self.axes, self.clock = session, dict(axes), clock
        self._heard, self._listener = heard, listener
        self._plan = Plan(0, {})
        self._show = NO_CLOCK
        self._inbox: list[InboxEvent] = []
        self._due: list[tuple[int, Callable[[], None]]] = []
        self._orders_at = 0
        self.conductor_dead_since_ns: int | None = None
        self._motion_stopped = self._motion_silent = False
        self._latched_asleep: set[str] = set()
        self._unheard = False  # what motion said while nobody conducted

    def at(self, host_ns: int, action: Callable[[], None]) -> None:
        """Do something at a host time (a story's hand, plug or key)."""
        self._due.append((host_ns, action))
        self._due.sort(key=lambda entry: entry[0])

    def tell(self, event: InboxEvent) -> None:
        """Put an event into the inbox of the next step."""
        self._inbox.append(event)

    def set_latch(self, axis: str, latch: Latch, *, on: bool) -> None:
        """Set or clear a stop latch, as any process may ("" = every axis)."""
        for name in [axis] if axis else list(self.axes):
            side = self.axes[name]
            side.latch = side.latch | latch if on else side.latch & ~latch
            if self._motion_stopped:
                self._latched_asleep.add(name)  # motion sees it, and says so, when it wakes
            else:
                self._inbox.append(Latched(name, self.clock.now_ns, side.latch))
            self._orders_at += 1
            self._schedule(side)

    def stop_motion(self, for_ns: int) -> None:
        """Have the motion process stand still for a while, as SIGSTOP or a paused machine would."""
        stopped_ns = self.clock.now_ns
        self._motion_stopped = True
        for side in self.axes.values():
            side.due_ns = _NEVER_NS
        if for_ns > _MOTION_SILENT_NS:
            self.at(stopped_ns + _MOTION_SILENT_NS, lambda: self._motion_life("silent", stopped_ns))
        self.at(stopped_ns + for_ns, self._wake_motion)

    def _wake_motion(self) -> None:
        self._motion_stopped = False
        for side in self.axes.values():
            self._schedule(side)
        if self._motion_silent:
            self._motion_life("answers", self.clock.now_ns)
        told = sorted(self._latched_asleep)
        self._latched_asleep.clear()
        self._inbox.extend(Latched(name, self.clock.now_ns, self.axes[name].latch) for name in told)

    def _motion_life(self, kind: str, stamp_ns: int) -> None:
        self._motion_silent = kind == "silent"
        self._inbox.extend(MotorTrouble(name, stamp_ns, kind, "") for name in self.axes)

    def run(self, until_ns: int) -> None:
        """Let time pass until `until_ns`, or until the session has finished."""
        block = next(self._heard, None)
        tick_ns = self.clock.now_ns
        sides = tuple(self.axes.values())
        while self.clock.now_ns < until_ns:
            due_ns = min(tick_ns, block[0] if block else _NEVER_NS, self._due[0][0] if self._due else _NEVER_NS)
            for side in sides:
                if side.due_ns < due_ns:
                    due_ns = side.due_ns
            self.clock.now_ns = now_ns = max(due_ns, self.clock.now_ns)
            for side in sides:
                if side.due_ns <= now_ns:
                    self._serve(side, now_ns)
            while self._due and self._due[0][0] <= now_ns:
                self._due.pop(0)[1]()
            stepping = tick_ns <= now_ns
            if block is not None and block[0] <= now_ns:
                self._inbox.extend(block[1])
                stepping = stepping or bool(block[1])
                block = next(self._heard, None)
            if stepping and self._step(now_ns):
                return
            if stepping:
                tick_ns = now_ns + TICK_NS

    def _step(self, now_ns: int) -> bool:
        """One step of the session; True once it has finished."""
        if self.conductor_dead_since_ns is not None:
            self._unheard = self._unheard or bool(self._inbox)
            self._inbox.clear()
            return False
        inbox, self._inbox = self._inbox, []
        if self._unheard:
            inbox[:0] = [MotorTrouble(name, now_ns, "lost", "") for name in self.axes]
            self._unheard = False
        outcome = self.session.step(now_ns, inbox)
        self._inbox.extend(self._listener(now_ns, inbox, outcome))
        before, clock = self._show, outcome.clock
        moved = outcome.plan_changed or clock.epoch != before.epoch or clock.state is not before.state
        if moved or clock.speed != before.speed or clock.show_ns != before.show_at(clock.host_ns):
            self._orders_at += 1
        self._plan, self._show = outcome.plan, clock
        for axis, latch, on in outcome.latches:
            self.set_latch(axis, latch, on=on)
        if moved:
            for side in self.axes.values():
                self._schedule(side)
        return outcome.finished

    def _orders(self, side: VirtualAxis) -> AxisPlan | None:
        return self._plan.axes.get(side.name)

    def _silent(self) -> bool:
        dead_ns = self.conductor_dead_since_ns
        return dead_ns is not None and self.clock.now_ns - dead_ns > _SILENT_NS

    def _schedule(self, side: VirtualAxis) -> None:
        """Prepare the axis' next frame, and see when anything is to be done for it."""
        if side.gone or self._motion_stopped:
            side.due_ns = _NEVER_NS
            side.write_ns = _NEVER_NS if side.gone else side.write_ns
            return
        self._woken(side)
        now_ns, silent = self.clock.now_ns, self._silent()
        frame = side.player.prepare(now_ns, self._show, self._orders(side), side.latch, conductor_silent=silent)
        side.deadlines.expect(frame)
        side.frame, side.orders_at = frame, -1 if silent else self._orders_at
        side.write_ns = frame.write_ns if frame is not None else _NEVER_NS
        if frame is None and side.query_ns == _NEVER_NS:
            side.query_ns = now_ns + side.player.spec.period_ns
        self._look(side)

    def _woken(self, side: VirtualAxis) -> None:
        """As motion does: what it slept over is told, and not made up for."""
        since_ns = side.deadlines.overslept(self.clock.now_ns)
        if since_ns is not None:
            side.player.fault(self._orders(side))
            self._inbox.append(Stalled(side.name, self.clock.now_ns, since_ns))

    def _look(self, side: VirtualAxis) -> None:
        answer_ns = side.link.next_due_ns()
        side.due_ns = min(side.write_ns, side.query_ns, answer_ns if answer_ns is not None else _NEVER_NS)

    def _serve(self, side: VirtualAxis, now_ns: int) -> None:
        """Write, ask and listen, as far as due."""
        if side.gone:
            side.due_ns = _NEVER_NS
            return
        try:
            if side.write_ns <= now_ns:
                self._write(side, now_ns)
            if side.query_ns <= now_ns:
                free_until_ns = side.write_ns if side.write_ns != _NEVER_NS else None
                side.motor.maybe_query(now_ns, free_until_ns)
                side.query_ns = _NEVER_NS if free_until_ns is not None else now_ns + side.player.spec.period_ns
            answer_ns = side.link.next_due_ns()
            if answer_ns is not None and answer_ns <= now_ns:
                for report in side.motor.poll():
                    side.player.observe(side.player.spec.ring_at(report.counts), now_ns)
                    self._inbox.append(Feedback(side.name, now_ns, report.counts))
            self._look(side)
        except LinkError as error:
            self._lose(side, now_ns, str(error))

    def _lose(self, side: VirtualAxis, now_ns: int, reason: str) -> None:
        side.gone, side.write_ns, side.query_ns, side.due_ns = True, _NEVER_NS, _NEVER_NS, _NEVER_NS
        side.deadlines.expect(None)
        side.player.fault()
        self._inbox.append(MotorTrouble(side.name, now_ns, "fault", reason))

    def plugged_again(self, axis: str) -> None:
        """A motor that was gone answers again."""
        side = self.axes[axis]
        side.gone = False
        side.query_ns = side.due_ns = self.clock.now_ns
        self._inbox.append(MotorTrouble(axis, self.clock.now_ns, "back", "it answers again"))

    def _write(self, side: VirtualAxis, now_ns: int) -> None:
        frame = side.frame
        if side.orders_at != self._orders_at or self._silent():
            orders, silent = self._orders(side), self._silent()
            frame = side.player.prepare(now_ns - 1, self._show, orders, side.latch, conductor_silent=silent)
        if frame is None or frame.write_ns > now_ns:
            side.deadlines.expect(frame)
            side.frame, side.orders_at = frame, self._orders_at
            side.write_ns = frame.write_ns if frame is not None else _NEVER_NS
            return
        if side.motor.go_to(frame.counts):
            side.player.sent(frame)
            self._inbox.append(Sent(side.name, frame.due_ns, frame.ring, frame.counts, frame.landing, frame.clamped))
        else:
            side.player.dropped(frame)
            self._inbox.append(MotorTrouble(side.name, now_ns, "dropped", "the line was not free"))
        side.query_ns = frame.due_ns + 1
        self._schedule(side)
