"""A conductor that was held up, in its wait or in the midst of a step, puts right what motion held meanwhile."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import AxisPlan, Plan
from cuefocus.engine.ports import InboxEvent
from cuefocus.motion.track import Segment, Track
from cuefocus.shells.conductor_loop import Conductor
from cuefocus.shells.conductor_parts import Surroundings
from cuefocus.shells.event_pipe import EventWriter
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.test_absence import SPEC

AXIS, START_NS = "A.focus", 100 * NS_PER_S
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


@pytest.mark.parametrize(("wait_ms", "step_ms", "more"), [(1, 1, 0), (60, 1, 1), (1, 60, 1), (30, 30, 1)])
def test_motion_is_told_to_go_on_wherever_the_time_went(wait_ms: int, step_ms: int, more: int) -> None:
    held, memory = Held(), SharedMemory.create([AXIS])
    status = memory.status_reader(0)
    with tempfile.TemporaryDirectory() as folder:
        server = LocalServer(Path(folder) / "s")
        around = Surroundings(
            now_ns=lambda: held.now_ns,
            memory=memory,
            status=status,
            publisher=Publisher(memory, status),
            server=server,
            events=EventWriter(-1),
            takes=EventWriter(-1),
        )
        conductor = Conductor(around, held, {AXIS: SPEC})
        conductor.turn()
        memory.axis_words[0].note_sent(0.2, 2000, held.now_ns)
        before = _attach(memory)
        held.now_ns += wait_ms * NS_PER_MS
        held.takes_ns = step_ms * NS_PER_MS
        conductor.turn()
        assert _attach(memory) == before + more
        server.close()
