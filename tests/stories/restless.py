"""Steps that come as a conductor's turns do: when something came or is due, and a desk's GO alone."""

import random
from collections.abc import Callable, Mapping, Sequence

from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Command, Feedback, InboxEvent, Latched, MotorTrouble, Sent, Stalled, Trigger
from cuefocus.engine.session import TICK_NS, Session
from cuefocus.sim.virtual_rig import Heard, VirtualAxis, VirtualClock, VirtualRig
from cuefocus.timebase.units import NS_PER_MS

_MOTIONS = (Sent, Feedback, MotorTrouble, Latched, Stalled)
Step = tuple[int, Sequence[InboxEvent], Outcome]
#: How long after something came it is stepped for: at once, after a turn, or after one that was held up.
_TURNS_NS = (0, 50_000, 50_000, 300_000, 300_000, 1_500_000, 9 * NS_PER_MS)


class TurningRig(VirtualRig):
    """Steps where a conductor's loop would, as often as it would.

    Args:
        dice: how long turns take.
        session, axes, clock, heard, listener: as of any.
    """

    def __init__(
        self,
        dice: random.Random,
        session: Session,
        axes: Mapping[str, VirtualAxis],
        clock: VirtualClock,
        heard: Heard,
        listener: Callable[[int, Sequence[InboxEvent], Outcome], Sequence[InboxEvent]],
    ) -> None:
        super().__init__(session, axes, clock, heard, self._kept)
        self.steps: list[Step] = []
        self._dice, self._told = dice, listener
        self._next_ns, self._alone = clock.now_ns, False

    def run(self, until_ns: int) -> None:
        """Let time pass until `until_ns`, or until the session has finished."""
        block, sides = next(self._heard, None), tuple(self.axes.values())
        while self.clock.now_ns < until_ns:
            dues = [self._next_ns, *(side.due_ns for side in sides)]
            dues += [block[0]] if block else []
            dues += [self._due[0][0]] if self._due else []
            self.clock.now_ns = now_ns = max(min(dues), self.clock.now_ns)
            for side in sides:
                if side.due_ns <= now_ns:
                    self._serve(side, now_ns)
            while self._due and self._due[0][0] <= now_ns:
                self._due.pop(0)[1]()
            if block is not None and block[0] <= now_ns:
                self._inbox.extend(block[1])
                block = next(self._heard, None)
            if now_ns >= self._next_ns:
                if self._step(now_ns):
                    return
                turn_ns = max(1, self._dice.choice(_TURNS_NS[:-2]))
                awaited = self.steps[-1][2].next_due_ns if self.steps else 0
                alive = self.conductor_dead_since_ns is None
                self._next_ns = max(now_ns + turn_ns, awaited if alive else now_ns + TICK_NS)
            if self._inbox:
                self._next_ns = min(self._next_ns, now_ns + max(1, self._dice.choice(_TURNS_NS)))

    def _step(self, now_ns: int) -> bool:
        """As a turn: a GO alone, for once; a PANIC for every axis with motion before its step."""
        if self.conductor_dead_since_ns is not None:
            self._inbox = [event for event in self._inbox if isinstance(event, _MOTIONS)]  # they wait in the memory
            return False
        inbox, self._inbox = self._inbox, []
        stops = any(side.latch for side in self.axes.values())
        said = [event for event in inbox if isinstance(event, Command | Trigger) and _is_desks(event)]
        fires = all(isinstance(event, Trigger) or event.verb == "go" for event in said)
        self._alone = bool(said) and fires and not stops and not self._alone
        rest = [event for event in inbox if self._alone and event not in said]
        heard: list[InboxEvent] = [*said] if self._alone else inbox
        if any(_panics(event) for event in heard):
            self.set_latch("", Latch.PANIC, on=True)
        late, self._inbox = self._inbox, heard
        finished = super()._step(now_ns)
        self._inbox = [*rest, *late, *self._inbox]
        return finished

    def _kept(self, now_ns: int, inbox: Sequence[InboxEvent], outcome: Outcome) -> Sequence[InboxEvent]:
        self.steps.append((now_ns, tuple(inbox), outcome))
        return self._told(now_ns, inbox, outcome)


def _is_desks(event: Command | Trigger) -> bool:
    return event.source not in ("tell", "conductor")


def _panics(event: InboxEvent) -> bool:
    return isinstance(event, Command) and event.verb == "panic" and not event.target
