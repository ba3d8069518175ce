"""A conductor that was held up, in its wait or in the midst of a step, puts right what motion held meanwhile."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import AxisPlan, Latch, Plan
from cuefocus.engine.ports import Command, Feedback, InboxEvent, Latched, MotorTrouble
from cuefocus.motion.track import Segment, Track
from cuefocus.shells.conductor_loop import Conductor
from cuefocus.shells.conductor_parts import Surroundings
from cuefocus.shells.event_pipe import EventReader, EventWriter, event_pair
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_layout import RING_RECORDS
from cuefocus.shells.source_set import Heard, SourceSet
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch
from tests.shells.test_absence import SPEC

AXIS, START_NS = "A.focus", 100 * NS_PER_S
GO = Command("go", START_NS)
TRACK = Track(0.2, (Segment(60 * NS_PER_S, 200 * NS_PER_MS, (0.2, 0.4, 0.0, 0.0, 0.0, 0.0)),))


class Held:
    """A host clock, and a session whose steps take as long as one says."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.takes_ns = NS_PER_MS

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        del now_ns, inbox
        self.now_ns += self.takes_ns
        clock = Clock(START_NS, 0, 1.0, ClockState.LOCKED, 1000, START_NS + 60 * NS_PER_S, 1)
        plan = Plan(1, {AXIS: AxisPlan(follow=True, track=TRACK, attach=1, epoch=1)})
        return Outcome(clock, plan, True, (), (), (), (), False, self.now_ns)


def _attach(memory: SharedMemory) -> int:
    reader = memory.plan_reader(0)
    for _ in range(3):
        reader.refresh(1 << 20)
    assert reader.plan is not None
    return reader.plan.attach


def _around(held: Held, memory: SharedMemory, folder: str, takes_fd: int = -1, *sources: Heard) -> Surroundings:
    status = memory.status_reader(0)
    return Surroundings(
        now_ns=lambda: held.now_ns,
        memory=memory,
        status=status,
        publisher=Publisher(memory, status),
        server=LocalServer(Path(folder) / "s"),
        events=EventWriter(-1),
        takes=EventWriter(takes_fd),
        sources=SourceSet(sources),
    )


@pytest.mark.parametrize(("wait_ms", "step_ms", "more"), [(1, 1, 0), (60, 1, 1), (1, 60, 1), (30, 30, 1)])
def test_motion_is_told_to_go_on_wherever_the_time_went(wait_ms: int, step_ms: int, more: int) -> None:
    held, memory = Held(), SharedMemory.create([AXIS])
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder)
        conductor = Conductor(around, held, {AXIS: SPEC})
        conductor.turn()
        memory.axis_words[0].note_sent(0.2, 2000, held.now_ns)
        before = _attach(memory)
        held.now_ns += wait_ms * NS_PER_MS
        held.takes_ns = step_ms * NS_PER_MS
        conductor.turn()
        assert _attach(memory) == before + more
        around.server.close()


def test_the_page_hears_everything_but_levels_apart_from_takes() -> None:
    held, memory = Held(), SharedMemory.create([AXIS])
    mine, theirs = event_pair()
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder, -1, Meter())
        around.page = EventWriter(theirs.detach())
        around.tell({"event": "alarm", "text": "late"})
        Conductor(around, held, {AXIS: SPEC}).turn()
        around.server.close()
    reader = EventReader(mine)
    assert reader.take() == [{"event": "alarm", "text": "late"}]
    reader.close()
    around.page.close()


class Meter:
    """A sound input that tells its level at every turn."""

    source, worst_late_ns, next_due_ns = "ltc", 0, None

    def fileno(self) -> int:
        return -1

    def pump(self) -> Sequence[InboxEvent]:
        return ()

    def news(self, at_ns: int) -> Sequence[Mapping[str, object]]:
        return [{"event": "state", "host_ns": at_ns, "source": "ltc", "sound": {"level_dbfs": -18.0}}]

    def close(self) -> None:
        pass


class Said(Meter):
    """A source that has said something."""

    def __init__(self) -> None:
        self.events: Sequence[InboxEvent] = ()

    def pump(self) -> Sequence[InboxEvent]:
        events, self.events = self.events, ()
        return events


class Expecting(Held):
    """A clock that goes on by itself, and a session that has something due to the moment."""

    def __init__(self, due_ns: int) -> None:
        super().__init__()
        self.due_ns = due_ns
        self.steps: list[tuple[int, int]] = []

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        self.steps.append((now_ns, len(inbox)))
        outcome = super().step(now_ns, [])
        return replace(outcome, next_due_ns=self.due_ns, punctual_ns=self.due_ns if now_ns < self.due_ns else None)

    def read(self) -> int:
        self.now_ns += 5_000
        return self.now_ns


@pytest.mark.parametrize(("word", "waits"), [(None, True), (Glitch("ltc", "torn", START_NS), True), (GO, False)])
def test_what_is_due_to_the_moment_is_stepped_to_then_and_a_word_that_comes_before_at_once(
    word: InboxEvent | None, waits: bool
) -> None:
    due_ns = START_NS + 2 * NS_PER_MS
    held, memory = Expecting(due_ns), SharedMemory.create([AXIS])
    held.takes_ns = 0
    with tempfile.TemporaryDirectory() as folder:
        said = Said()
        around = _around(held, memory, folder, -1, said)
        around.now_ns = held.read
        conductor = Conductor(around, held, {AXIS: SPEC})
        conductor.turn()
        held.now_ns = due_ns - 150_000
        said.events = [word] if word is not None else []
        conductor.turn()
        around.server.close()
    at_ns, heard = held.steps[1]
    assert heard == (word is not None)
    assert (at_ns >= due_ns) is waits
    assert at_ns < due_ns + 20_000


class Spoken:
    """A desk's port at which the same is said again and again."""

    next_due_ns = None

    def __init__(self) -> None:
        self.says: Sequence[Command] = [GO]

    def fileno(self) -> int:
        return -1

    def pump(self) -> Sequence[InboxEvent]:
        return self.says

    def news(self) -> Sequence[Mapping[str, object]]:
        return ()


def test_a_desk_s_word_goes_before_what_sources_say_but_not_twice() -> None:
    held, memory, heard = Expecting(START_NS), SharedMemory.create([AXIS]), Said()
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder, -1, heard)
        around.desk = cast(OscDesk, Spoken())
        conductor = Conductor(around, held, {AXIS: SPEC})
        heard.events = [Glitch("ltc", "torn", START_NS)]
        conductor.turn()
        conductor.turn()
        around.server.close()
    assert [many for _, many in held.steps] == [1, 2]


@pytest.mark.parametrize(("latch", "heard"), [(Latch.NONE, [1, 1]), (Latch.HOLD, [2, 0])])
def test_a_desk_s_go_goes_before_motions_records_but_not_before_a_stop(latch: Latch, heard: list[int]) -> None:
    held, memory = Expecting(START_NS), SharedMemory.create([AXIS])
    with tempfile.TemporaryDirectory() as folder:
        around, desk = _around(held, memory, folder), Spoken()
        around.desk = cast(OscDesk, desk)
        conductor = Conductor(around, held, {AXIS: SPEC})
        memory.status_writer().latched(0, START_NS, latch)
        if latch:
            memory.latches.set(latch, 0)
        memory.ring_conductor()
        conductor.turn()
        desk.says = []
        held.due_ns = START_NS + 10 * NS_PER_S
        conductor.turn()
        around.server.close()
    assert [many for _, many in held.steps] == heard


def test_a_desk_s_word_that_fires_nothing_comes_after_motions_records() -> None:
    held, memory = Expecting(START_NS), SharedMemory.create([AXIS])
    with tempfile.TemporaryDirectory() as folder:
        around, desk = _around(held, memory, folder), Spoken()
        around.desk = cast(OscDesk, desk)
        desk.says = [Command("engage", START_NS, AXIS), GO]
        conductor = Conductor(around, held, {AXIS: SPEC})
        memory.status_writer().feedback(0, START_NS, 1000)
        conductor.turn()
        around.server.close()
    assert [many for _, many in held.steps] == [3]


def test_the_desk_hears_of_a_sound_inputs_level_now_and_then() -> None:
    held, memory = Held(), SharedMemory.create([AXIS])
    mine, theirs = event_pair()
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder, theirs.detach(), Meter())
        conductor = Conductor(around, held, {AXIS: SPEC})
        for _ in range(25):
            held.now_ns += NS_PER_S
            conductor.turn()
        around.server.close()
    heard = EventReader(mine).take()
    assert [event["sound"] for event in heard] == [{"level_dbfs": -18.0}] * 3
    around.takes.close()
    mine.close()


class Looking(Held):
    """Notes which stops hold as a step begins."""

    def __init__(self, memory: SharedMemory) -> None:
        super().__init__()
        self.memory, self.stops = memory, list[Latch]()

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        self.stops.append(self.memory.latches.of(0))
        return super().step(now_ns, inbox)


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        (Command("panic", START_NS), Latch.PANIC),
        (Command("panic", START_NS, due_ns=START_NS + NS_PER_S), Latch.NONE),
        (Command("panic", START_NS, AXIS), Latch.PANIC),
        (Command("release", START_NS, "A"), Latch.RELEASE),
        (Command("release", START_NS, "B"), Latch.NONE),
        (Command("panic", START_NS, "nobody"), Latch.PANIC),
        (Command("hold", START_NS), Latch.NONE),
    ],
    ids=["panic", "later", "one axis", "one camera", "another", "whom nobody knows", "hold"],
)
def test_motion_has_a_panic_or_release_before_the_step_that_tells_what_it_stopped(word: Command, stop: Latch) -> None:
    memory = SharedMemory.create([AXIS, "B.focus"])
    held = Looking(memory)
    with tempfile.TemporaryDirectory() as folder:
        around, desk = _around(held, memory, folder), Spoken()
        around.desk = cast(OscDesk, desk)
        desk.says = [word]
        Conductor(around, held, {AXIS: SPEC}).turn()
        around.server.close()
    assert held.stops == [stop]


class Resuming(Held):
    """Notes what it hears, and takes every stop back; in the midst of each step somebody may do something."""

    def __init__(self, memory: SharedMemory) -> None:
        super().__init__()
        self.heard = list[Sequence[InboxEvent]]()
        self.memory = memory
        self.midst: Callable[[], object] = int

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        self.heard.append(inbox)
        self.midst()
        return replace(super().step(now_ns, inbox), latches=(("", Latch.PANIC, False),))


def test_a_stop_said_anew_is_heard_before_the_words_that_waited_with_it() -> None:
    memory = SharedMemory.create([AXIS])
    memory.latches.set(Latch.PANIC, said_ns=START_NS - 5)
    held, resume = Resuming(memory), Command("resume", START_NS - 9)
    with tempfile.TemporaryDirectory() as folder:
        around, desk = _around(held, memory, folder), Spoken()
        around.desk = cast(OscDesk, desk)
        desk.says = [resume]
        memory.status_writer().latched(0, START_NS - 20, Latch.PANIC)
        Conductor(around, held, {AXIS: SPEC}).turn()
        around.server.close()
    motion_s = Latched(AXIS, START_NS - 20, Latch.PANIC)
    assert held.heard == [[motion_s, Latched(AXIS, START_NS - 5, Latch.PANIC, Latch.PANIC), resume]]


def test_a_stop_said_in_the_midst_of_a_step_is_not_taken_back_by_it() -> None:
    memory = SharedMemory.create([AXIS])
    memory.latches.set(Latch.PANIC)
    held = Resuming(memory)
    held.midst = lambda: memory.latches.set(Latch.PANIC, said_ns=START_NS + 1)
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder)
        conductor = Conductor(around, held, {AXIS: SPEC})
        conductor.turn()
        assert memory.latches.of(0) == Latch.PANIC
        held.midst = int
        conductor.turn()
        assert memory.latches.of(0) == Latch.NONE, "it was heard of by then"
        around.server.close()
    assert [*held.heard[1]] == [Latched(AXIS, START_NS + 1, Latch.PANIC, Latch.PANIC)]


def test_a_successor_hears_when_a_stop_that_stands_was_said_last() -> None:
    memory = SharedMemory.create([AXIS])
    memory.latches.set(Latch.PANIC, said_ns=START_NS - 5)
    memory.status_writer().latched(0, START_NS - 20, Latch.PANIC)
    held = Resuming(memory)
    outcome = Held().step(0, [])
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder)
        Conductor(around, held, {AXIS: SPEC}, outcome=outcome)
        around.server.close()
    stands = Latched(AXIS, START_NS, Latch.PANIC)
    assert held.heard[0] == [
        MotorTrouble(AXIS, START_NS, "lost", ""),
        replace(stands, stamp_ns=START_NS - 20),
        replace(stands, stamp_ns=START_NS - 5, said=Latch.PANIC),
        stands,
    ]


class Hearing(Held):
    """Notes what each step hears."""

    def __init__(self, track: Track = TRACK) -> None:
        super().__init__()
        self.track = track
        self.heard: list[list[InboxEvent]] = []

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        self.heard.append([*inbox])
        outcome = super().step(now_ns, inbox)
        return replace(outcome, plan=Plan(1, {AXIS: replace(outcome.plan.axes[AXIS], track=self.track)}))


def test_records_that_were_overwritten_are_told_before_those_that_are_left_and_how_it_stands_after() -> None:
    held, memory = Hearing(), SharedMemory.create([AXIS])
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder)
        conductor = Conductor(around, held, {AXIS: SPEC})
        writer = memory.status_writer()
        writer.latched(0, START_NS, Latch.HOLD)
        memory.latches.set(Latch.HOLD, 0)
        for number in range(RING_RECORDS):
            writer.feedback(0, START_NS + number, 1000)
        conductor.turn()
        [heard] = held.heard
        assert heard[0] == MotorTrouble(AXIS, held.now_ns - held.takes_ns, "lost", "")
        assert heard[1] == Feedback(AXIS, START_NS, 1000)
        assert heard[-1] == Latched(AXIS, held.now_ns - held.takes_ns, Latch.HOLD)
        assert len(heard) == RING_RECORDS + 2
        writer.feedback(0, START_NS, 1000)
        held.now_ns += 10 * NS_PER_MS
        conductor.turn()
        assert held.heard[-1] == [Feedback(AXIS, START_NS, 1000)], "it is told once"
        around.server.close()


@pytest.mark.parametrize("succeeds", [True, False])
def test_what_motion_said_in_an_absence_is_heard_before_an_axis_that_missed_a_departure_is_planned_anew(
    succeeds: bool,
) -> None:
    """Landings of that time are judged in that step."""
    held, memory = Hearing(), SharedMemory.create([AXIS])
    held.track = Track(0.2, (Segment(150 * NS_PER_MS, 200 * NS_PER_MS, (0.2, 0.4, 0.0, 0.0, 0.0, 0.0)),))
    report = Feedback(AXIS, START_NS + 200 * NS_PER_MS, 2000)
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder)
        conductor = Conductor(around, held, {AXIS: SPEC})
        conductor.turn()
        memory.axis_words[0].note_sent(0.2, 2000, START_NS + 100 * NS_PER_MS)
        memory.status_writer().feedback(0, report.stamp_ns, report.counts)
        held.heard.clear()
        held.now_ns = START_NS + 300 * NS_PER_MS
        if succeeds:
            Conductor(around, held, {AXIS: SPEC}, outcome=Hearing(held.track).step(START_NS, ()))
        else:
            conductor.turn()
        around.server.close()
    heard = [event for event in held.heard[0] if not isinstance(event, MotorTrouble)]
    assert heard[0] == report
    assert [type(event) for event in heard[1:]] == [Latched, Command]


def test_a_successor_takes_what_its_predecessor_had_read_last_for_lost() -> None:
    held, memory = Hearing(), SharedMemory.create([AXIS])
    outcome = Held().step(START_NS, ())
    memory.status_writer().feedback(0, START_NS, 1000)
    with tempfile.TemporaryDirectory() as folder:
        around = _around(held, memory, folder)
        Conductor(around, held, {AXIS: SPEC}, outcome=outcome)
        around.server.close()
    assert held.heard == [
        [
            MotorTrouble(AXIS, START_NS, "lost", ""),
            Feedback(AXIS, START_NS, 1000),
            Latched(AXIS, START_NS, Latch.NONE),
        ]
    ]
