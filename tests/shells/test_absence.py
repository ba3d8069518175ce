"""After nobody conducted for a while: who goes on as planned, who missed a departure, who is left alone."""

import pytest

from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.engine.plan import AxisPlan, Latch, Plan
from cuefocus.motion.track import Segment, Track
from cuefocus.motor.axis import AxisSpec
from cuefocus.shells.absence import Aftermath, aftermath
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

SPEC = AxisSpec(
    name="A.focus", motor="m", speed_ring_per_s=2.0, accel_ring_per_s2=30.0, jerk_ring_per_s3=800.0,
    settle_fraction=0.3, counts_near=0, counts_far=9999, period_ns=20 * NS_PER_MS, line_ns=0, dead_ns=0, lag_ns=0,
    readback_ns=0, backlash_ring=0.0, residual_backlash_ring=0.0, feedback=True,
)  # fmt: skip
SINCE_NS = 100 * NS_PER_S
NOW_NS = SINCE_NS + 300 * NS_PER_MS
CLOCK = Clock(SINCE_NS, 0, 1.0, ClockState.LOCKED, 1000, SINCE_NS + NS_PER_S, 1)


def _pull(start_ns: int) -> Track:
    """From 0.2 to 0.6 in 200 ms, straight."""
    return Track(0.2, (Segment(start_ns, 200 * NS_PER_MS, (0.2, 0.4, 0.0, 0.0, 0.0, 0.0)),))


def _plan(track: Track) -> Plan:
    return Plan(1, {"A.focus": AxisPlan(follow=True, track=track, attach=1, epoch=1)})


@pytest.fixture
def memory() -> SharedMemory:
    made = SharedMemory.create(["A.focus"])
    made.axis_words[0].note_sent(0.2, 2000, SINCE_NS + 200 * NS_PER_MS)
    return made


def _after(memory: SharedMemory, track: Track, clock: Clock = CLOCK) -> Aftermath:
    return aftermath(memory, {"A.focus": SPEC}, _plan(track), clock, SINCE_NS, NOW_NS)


def test_an_axis_at_rest_on_its_track_goes_on(memory: SharedMemory) -> None:
    assert _after(memory, _pull(2 * NS_PER_S)) == Aftermath(kept=("A.focus",))


def test_a_departure_in_the_silence_was_missed(memory: SharedMemory) -> None:
    assert _after(memory, _pull(150 * NS_PER_MS)) == Aftermath(missed=("A.focus",))


def test_a_departure_before_motion_noticed_was_not(memory: SharedMemory) -> None:
    memory.axis_words[0].note_sent(0.55, 5500, SINCE_NS + 200 * NS_PER_MS)
    assert _after(memory, _pull(20 * NS_PER_MS)) == Aftermath(kept=("A.focus",))


def test_an_axis_that_stands_elsewhere_is_left_alone(memory: SharedMemory) -> None:
    memory.axis_words[0].note_sent(0.9, 9000, SINCE_NS)
    assert _after(memory, _pull(2 * NS_PER_S)) == Aftermath()
    assert _after(memory, _pull(150 * NS_PER_MS)) == Aftermath()


def test_a_stopped_axis_is_left_alone(memory: SharedMemory) -> None:
    memory.latches.set(Latch.HOLD)
    assert _after(memory, _pull(2 * NS_PER_S)) == Aftermath()


def test_without_a_clock_everything_goes_on(memory: SharedMemory) -> None:
    assert _after(memory, _pull(150 * NS_PER_MS), NO_CLOCK) == Aftermath(kept=("A.focus",))
