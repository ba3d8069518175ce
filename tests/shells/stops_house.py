"""A conductor, motion's axes and somebody else who stops them, on one real memory.

Anything may come between any two acts of the conductor. Time goes on by itself with every look at the clock. What the
conductor has said before it is killed stands.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cuefocus.engine.job import Job, Seed
from cuefocus.engine.outcome import Outcome, Reply
from cuefocus.engine.plan import Latch, Plan
from cuefocus.engine.ports import Command, InboxEvent
from cuefocus.engine.session import Session
from cuefocus.motor.driver import LensMotor
from cuefocus.motor.tilta import TiltaCodec
from cuefocus.shells.conductor_loop import Conductor, take_after
from cuefocus.shells.conductor_parts import Surroundings
from cuefocus.shells.event_pipe import EventWriter
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.motion_axis import MotionAxis
from cuefocus.shells.motion_commands import MotionCommands
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_motion import AxisFlag
from cuefocus.shells.shm_words import Latches
from cuefocus.timebase.units import NS_PER_MS

SILENT_NS = 60 * NS_PER_MS


class Killed(BaseException):
    """The conductor is no more."""


class Wire:
    """A line that takes everything and says nothing."""

    def write(self, frame: bytes) -> bool:
        return bool(frame)

    def read(self) -> bytes:
        return b""

    def reopen(self) -> None:
        pass

    def fileno(self) -> int:
        return -1

    def pending_bytes(self) -> int:
        return 0

    def close(self) -> None:
        pass


@dataclass
class Word:
    """What somebody said.

    Args:
        number: in the order of hearing. by: "key", "tell", or "motion" for what was said to motion.
        ok: what was answered; None: nothing yet.
    """

    verb: str
    target: str
    stamp_ns: int
    by: str
    number: int = 0
    ok: bool | None = None
    text: str = ""


class House:
    """The scene.

    Args:
        between: called between any two acts of the conductor; may raise `Killed`.
    """

    def __init__(self, folder: Path, job: Job, between: Callable[["House"], None]) -> None:
        self.job, self.seed, self._between = job, Seed(rings=dict.fromkeys(job.axes, 0.5)), between
        self._now_ns = now_ns()
        self.memory = SharedMemory.create(list(job.axes))
        self._server = LocalServer(folder / "s")
        self.journal: list[tuple[int, list[InboxEvent]]] = []
        self.said, self._heard, self._queue, self._ids = list[Word](), 0, list[Word](), dict[int, Word]()
        self.killed = 0
        motion = SharedMemory.attach(self.memory.fd)
        self._motion, status = motion, motion.status_writer()
        self.motion_ns = self._now_ns
        self._clock = motion.clock_reader()
        self.axes = [self._axis(index, name, motion, status) for index, name in enumerate(job.axes)]
        self.commands = MotionCommands(cast(LocalServer, None), motion, self.axes)
        self.memory.latches = _Latches(self, self.memory)
        self.conductor: Conductor | None = None
        self.begin()

    def _axis(self, index: int, name: str, motion: SharedMemory, status: Any) -> MotionAxis:
        spec, codec = self.job.axes[name].spec, TiltaCodec()
        port = MotionPort(f"sim:{name}", Wire, codec)
        motor = LensMotor(port.link, codec, counts_near=0, counts_far=9999)
        return MotionAxis(index, spec, motor, port, motion, status, start_ring=0.5)

    # --- the conductor's surroundings ---

    def now_ns(self) -> int:
        """The host clock."""
        self._now_ns += 1000
        return self._now_ns

    def point(self) -> None:
        """Between two acts of the conductor."""
        self._between(self)

    def append(self, at_ns: int, inbox: Sequence[InboxEvent]) -> None:
        """Its journal."""
        self.point()
        self.journal.append((at_ns, list(inbox)))
        self.point()

    def step(self, at_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        """Its session's."""
        outcome = self.session.step(at_ns, inbox)
        self.point()
        return outcome

    def publish(self, at_ns: int, clock: Any, plan: Plan) -> bool:
        """What motion shall do."""
        self.point()
        changed = self._publisher.publish(at_ns, clock, plan)
        self.point()
        return changed

    def beat(self, at_ns: int) -> None:
        """Its sign of life."""
        self._publisher.beat(at_ns)

    next_due_ns = None

    def fileno(self) -> int:
        """Of desks."""
        return -1

    def pump(self) -> list[Command]:
        """What desks have said."""
        queue, self._queue = self._queue, []
        words = list[Command]()
        for word in queue:
            self._number(word)
            self._ids[word.number] = word
            words.append(Command(word.verb, word.stamp_ns, word.target, source=word.by, id=word.number))
        return words

    def news(self) -> Sequence[Mapping[str, object]]:
        """Nothing of desks."""
        return ()

    def answer(self, reply: Reply) -> None:
        """What a desk is told."""
        word = self._ids.get(reply.id)
        if word is not None:
            word.ok, word.text = reply.ok, reply.text

    def tell(self, fields: Mapping[str, object]) -> None:
        """What desks are told of news: not looked at."""

    def _number(self, word: Word) -> None:
        self._heard += 1
        word.number = self._heard

    # --- what happens ---

    def begin(self) -> None:
        """A conductor begins, the first or a successor."""
        self.session = Session(self.job, self.seed)
        outcome, in_take = None, False
        for at_ns, inbox in self.journal:
            outcome = self.session.step(at_ns, inbox)
            in_take = take_after(in_take, outcome)
        status = self.memory.status_reader()
        self._publisher = Publisher(self.memory, status)
        around = Surroundings(
            now_ns=self.now_ns,
            memory=self.memory,
            status=status,
            publisher=cast(Publisher, self),
            server=self._server,
            events=EventWriter(-1),
            takes=EventWriter(-1),
            journal=self,
            desk=cast(OscDesk, self),
        )
        specs = {name: axis.spec for name, axis in self.job.axes.items()}
        self._acts(lambda: self._made(Conductor(around, self, specs, outcome=outcome, in_take=in_take)))

    def _made(self, conductor: Conductor) -> None:
        self.conductor = conductor

    def turn(self) -> None:
        """The conductor takes a turn, if there is one."""
        if self.conductor is not None:
            self._acts(self.conductor.turn)

    def _acts(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Killed:
            self.conductor = None
            self.killed += 1

    def wait(self, ms: float) -> None:
        """Time goes by."""
        self._now_ns += round(ms * NS_PER_MS)

    def looks(self) -> None:
        """Motion's loop comes round."""
        now = self.now_ns()
        clock, silent = self._clock.read(), now - self._motion.conductor_beat.last_ns > 50 * NS_PER_MS
        self._motion.motion.beat(now)
        for axis in self.axes:
            axis.look(now, 400, extra=Latch.NONE)
            if axis.frame is not None and axis.write_ns <= now:
                axis.settle(axis.write(now), now)
            axis.prepare(now, clock, conductor_silent=silent)

    def says(self, by: str, verb: str, target: str = "") -> None:
        """A desk says something."""
        word = Word(verb, target, self.now_ns(), by)
        self.said.append(word)
        self._queue.append(word)

    def stops(self, verb: str, target: str = "", *, ago_ms: float = 0.0) -> None:
        """Motion itself hears a stop, which somebody may have passed on that heard it before."""
        at_ns = self.now_ns()
        said_ns = at_ns - round(ago_ms * NS_PER_MS)
        word = Word(verb, target, said_ns, "motion", ok=True)
        self._number(word)
        self.said.append(word)
        assert self.commands.obey({"verb": verb, "target": target, "said_ns": said_ns}, at_ns)["ok"]

    def settles(self) -> None:
        """Whatever was said is heard, and motion has done all of it."""
        quiet, self._between = self._between, lambda _: None
        if self.conductor is None:
            self.wait(700)
            self.looks()
            self.begin()
        for _ in range(16):
            self.looks()
            self.turn()
            self.wait(8)
        self._between = quiet

    # --- how it stands ---

    def stand(self) -> dict[str, Latch]:
        """The stops that motion reads, by axis."""
        return {name: self._motion.latches.of(index) for index, name in enumerate(self.job.axes)}

    def follows(self, axis: str) -> bool:
        """Whether motion takes set-points from the plan."""
        return bool(self._motion.axis_words[self.memory.index(axis)].read().flags & AxisFlag.FOLLOWING)

    def close(self) -> None:
        """Let go of everything."""
        self._server.close()


class _Latches(Latches):
    """The conductor's view of the stops; anything may come before and after each that it sets or clears."""

    def __init__(self, house: House, memory: SharedMemory) -> None:
        super().__init__(memory.view, memory.layout)
        self._house = house

    def set(self, latch: Latch, axis: int | None = None, *, said_ns: int = 0) -> None:
        self._house.point()
        super().set(latch, axis, said_ns=said_ns)
        self._house.point()

    def clear(self, latch: Latch, axis: int | None = None, known: Sequence[int] | None = None) -> list[int]:
        self._house.point()
        cleared = super().clear(latch, axis, known)
        self._house.point()
        return cleared


def random_between(dice: random.Random, *, kills: bool) -> Callable[[House], None]:
    """What may come between two acts, rarely: motion looks, somebody stops it, the conductor is held up, or killed."""

    def between(house: House) -> None:
        if dice.random() > 0.12:
            return
        match dice.choice(["looks", "looks", "looks", "stops", "held up", "killed"]):
            case "looks":
                house.looks()
            case "stops":
                house.stops(*dice.choice(STOPS_SAID), ago_ms=dice.choice([0.0, 0.0, 15.0]))
            case "held up":
                house.wait(dice.choice([3, 70, 300]))
                house.looks()
            case _:
                if kills:
                    raise Killed

    return between


STOPS_SAID = (("panic", ""), ("hold", ""), ("hold", "A"), ("release", "A"), ("panic", "B.focus"), ("hand", "A.focus"))
WORDS = (
    *STOPS_SAID,
    ("resume", ""),
    ("resume", ""),
    ("resume", "A"),
    ("arm", ""),
    ("arm", ""),
    ("engage", ""),
    ("engage", ""),
    ("engage", "A"),
    ("go", ""),
    ("disarm", ""),
    ("disengage", "A"),
)
