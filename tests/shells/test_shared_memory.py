import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.engine.plan import AxisPlan, Latch, OnLoss, Plan, Splice
from cuefocus.engine.ports import Feedback, Latched, MotorTrouble, Sent, Stalled
from cuefocus.errors import DeviceError, PlanError
from cuefocus.motion.track import LandingInstant, Segment, Track, TrackRoom
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_codec import decode_clock, encode_clock
from cuefocus.shells.shm_layout import LEAST_ROOM, RING_RECORDS, layout_for
from cuefocus.shells.shm_plan import AxisPlanReader, AxisPlanWriter

AXES = ("A.focus", "B.focus", "B.iris")
EVERYTHING = 1 << 20

ns = st.integers(-(2**63), 2**63 - 1)
ring = st.floats(allow_nan=False, width=64)
segments = st.builds(Segment, ns, st.integers(1, 2**62), st.tuples(ring, ring, ring, ring, ring, ring))
landings = st.builds(LandingInstant, ns, ring, ring)
tracks = st.builds(Track, ring, st.lists(segments, max_size=8), st.lists(landings, max_size=4))
plans = st.builds(
    AxisPlan,
    st.booleans(),
    tracks,
    st.none() | st.builds(Splice, tracks, ns, ns),
    st.sampled_from(OnLoss),
    st.none() | ns,
    st.integers(0, 2**62),
    st.integers(0, 2**62),
)
clocks = st.builds(Clock, ns, ns, ring, st.sampled_from(ClockState), ns, ns, ns)


@pytest.fixture(scope="module")
def memory() -> SharedMemory:
    return SharedMemory.create(AXES)


@pytest.fixture
def fresh() -> Iterator[SharedMemory]:
    made = SharedMemory.create(AXES)
    yield made
    for fd in made.handed_down:
        os.close(fd)


def same_track(one: Track, other: Track) -> bool:
    return (one.rest_ring, one.segments, one.landings) == (other.rest_ring, other.segments, other.landings)


def same_plan(one: AxisPlan | None, other: AxisPlan) -> bool:
    if one is None or (one.splice is None) != (other.splice is None):
        return False
    fields = ("follow", "on_loss", "depart_blocked_show_ns", "attach", "epoch")
    spliced = (
        one.splice is None
        or other.splice is None
        or (
            same_track(one.splice.track, other.splice.track)
            and (one.splice.from_ns, one.splice.until_ns) == (other.splice.from_ns, other.splice.until_ns)
        )
    )
    return spliced and same_track(one.track, other.track) and all(getattr(one, f) == getattr(other, f) for f in fields)


def piece(index: int, level: float = 0.5) -> Segment:
    return Segment(index * 100, 100, (level, 0.0, 0.0, 0.0, 0.0, 0.0))


@given(clock=clocks)
def test_a_clock_comes_back_exactly(clock: Clock) -> None:
    assert decode_clock(encode_clock(clock)) == clock


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans)
def test_a_plan_comes_back_exactly(memory: SharedMemory, plan: AxisPlan) -> None:
    AxisPlanWriter(memory.view, memory.layout, 1).write(plan, 0)
    reader = memory.plan_reader(1)
    reader.refresh(EVERYTHING)
    assert not reader.stale
    assert same_plan(reader.plan, plan)


def test_an_unchanged_plan_is_the_same_object_and_a_new_splice_keeps_the_track(fresh: SharedMemory) -> None:
    writer, reader = AxisPlanWriter(fresh.view, fresh.layout, 0), fresh.plan_reader(0)
    track = Track(0.1, [piece(0)])
    assert writer.write(AxisPlan(False, track), 0)
    reader.refresh(EVERYTHING)
    first = reader.plan
    assert not writer.write(AxisPlan(False, Track(0.1, [piece(0)])), 0)
    assert reader.refresh(7) == 7
    assert reader.plan is first
    assert writer.write(AxisPlan(False, track, Splice(Track(0.2, [piece(3)]), 300, 400)), 0)
    reader.refresh(0)
    assert first is not None
    assert reader.plan is not None
    assert reader.plan.splice is not None
    assert reader.plan.track is first.track


def test_a_long_track_is_taken_in_piece_by_piece_while_the_old_plan_holds(fresh: SharedMemory) -> None:
    writer, reader = AxisPlanWriter(fresh.view, fresh.layout, 0), fresh.plan_reader(0)
    writer.write(AxisPlan(True, Track(0.1)), 0)
    reader.refresh(EVERYTHING)
    old, long = reader.plan, Track(0.2, [piece(index) for index in range(LEAST_ROOM.segments)])
    writer.write(AxisPlan(True, long), 0)
    rounds = 0
    while reader.stale:
        assert reader.plan is old
        reader.refresh(100)
        rounds += 1
    assert reader.plan is not None
    assert same_track(reader.plan.track, long)
    assert rounds == -(-LEAST_ROOM.segments // 100)


def test_disengage_does_not_wait_for_a_long_track(fresh: SharedMemory) -> None:
    writer, reader = AxisPlanWriter(fresh.view, fresh.layout, 0), fresh.plan_reader(0)
    writer.write(AxisPlan(True, Track(0.1)), 0)
    reader.refresh(EVERYTHING)
    writer.write(AxisPlan(False, Track(0.2, [piece(index) for index in range(1000)])), 0)
    reader.refresh(10)
    assert reader.stale
    assert reader.plan is not None
    assert not reader.plan.follow
    assert reader.plan.track.rest_ring == 0.1


@given(
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40), st.integers(0, 30)), max_size=20),
)
def test_whatever_the_reader_sees_was_published_whole(steps: list[tuple[int, int, int]]) -> None:
    """Writes fall between the reader's partial looks; it never shows a mixture, and ends with the newest."""
    memory = SharedMemory.create(("A.focus",))
    try:
        writer, reader = AxisPlanWriter(memory.view, memory.layout, 0), memory.plan_reader(0)
        level = 0
        for writes, length, looks in steps:
            for _ in range(writes):
                level += 1
                track = Track(level, [piece(index, level) for index in range(length)])
                writer.write(AxisPlan(False, track, attach=level), 0)
            for _ in range(looks):
                reader.refresh(3)
                _assert_whole(reader)
        for _ in range(100):
            reader.refresh(3)
        _assert_whole(reader)
        assert level == 0 or (reader.plan is not None and reader.plan.attach == level)
    finally:
        for fd in memory.handed_down:
            os.close(fd)


def _assert_whole(reader: AxisPlanReader) -> None:
    plan = reader.plan
    if plan is not None:
        levels = {piece.coefficients[0] for piece in plan.track.segments} | {plan.track.rest_ring, plan.attach}
        assert len(levels) == 1


def test_a_write_that_was_never_finished_is_not_seen_and_does_not_block_the_next(fresh: SharedMemory) -> None:
    publisher = Publisher(fresh, fresh.status_reader())
    reader = fresh.clock_reader()
    first = Clock(1, 2, 1.0, ClockState.LOCKED, 3, 4, 5)
    publisher.publish(1, first, Plan(1))
    assert reader.read() == first
    words = fresh.view[fresh.layout.clock : fresh.layout.clock + 8].cast("q")
    words[0] += 1
    assert reader.read() == first
    assert reader.torn == 1
    second = Clock(10, 20, 1.0, ClockState.LOCKED, 3, 4, 5)
    Publisher(fresh, fresh.status_reader()).publish(2, second, Plan(2))
    assert reader.read() == second
    assert reader.read() is reader.read()


def test_a_clock_read_while_another_process_writes_is_one_that_was_written(fresh: SharedMemory) -> None:
    code = (
        "import sys; from cuefocus.shells.shared_memory import *; from cuefocus.engine.plan import Plan\n"
        "from cuefocus.chase.clock import Clock, ClockState\n"
        "memory = SharedMemory.attach(int(sys.argv[1])); publisher = Publisher(memory, memory.status_reader())\n"
        "for n in range(1, 40_001): publisher.publish(n, Clock(n, n, n, ClockState.LOCKED, n, n, n), Plan(n))"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(fresh.fd)], pass_fds=fresh.handed_down)
    reader, seen = fresh.clock_reader(), 0
    while writer.poll() is None:
        clock = reader.read()
        if clock is not NO_CLOCK:
            n = clock.host_ns
            assert clock == Clock(n, n, n, ClockState.LOCKED, n, n, n)
            assert n >= seen
            seen = n
    assert writer.returncode == 0
    assert reader.read().host_ns == 40_000


def test_no_clock_before_the_first(fresh: SharedMemory) -> None:
    assert fresh.clock_reader().read() is NO_CLOCK


def test_too_long_a_track_is_refused_by_name(fresh: SharedMemory) -> None:
    writer = AxisPlanWriter(fresh.view, fresh.layout, 0)
    with pytest.raises(PlanError, match="4097 segments"):
        writer.write(AxisPlan(False, Track(0.0, [piece(index) for index in range(LEAST_ROOM.segments + 1)])), 0)


def test_a_memory_made_for_a_long_track_holds_it_for_every_process_and_costs_the_other_axes_nothing() -> None:
    needed = TrackRoom(20_000, 10_000)
    plain, roomy = SharedMemory.create(AXES), SharedMemory.create(AXES, {"B.focus": needed, "B.iris": TrackRoom(2, 1)})
    try:
        assert roomy.layout.room == (LEAST_ROOM, needed, LEAST_ROOM)
        more_bytes = 2 * (64 * (20_000 - LEAST_ROOM.segments) + 24 * (10_000 - LEAST_ROOM.landings))
        assert abs(roomy.layout.size - plain.layout.size - more_bytes) <= 4 * 4096
        long = Track(0.2, [piece(n) for n in range(20_000)], [LandingInstant(n, 0.1, 0.2) for n in range(10_000)])
        ends = [AxisPlan(True, Track(0.1 * axis, [piece(axis)])) for axis in (0, 2)]
        for axis, plan in ((0, ends[0]), (1, AxisPlan(True, long)), (2, ends[1])):
            AxisPlanWriter(roomy.view, roomy.layout, axis).write(plan, 0)
            AxisPlanWriter(roomy.view, roomy.layout, axis).write(replace(plan, attach=1), 0)
        other = SharedMemory.attach(os.dup(roomy.fd))
        for axis, plan in ((0, ends[0]), (1, AxisPlan(True, long)), (2, ends[1])):
            reader = other.plan_reader(axis)
            reader.refresh(EVERYTHING)
            assert same_plan(reader.plan, replace(plan, attach=1))
    finally:
        for fd in (*plain.handed_down, *roomy.handed_down):
            os.close(fd)


def test_sixty_four_axes_with_few_cues_take_no_more_memory_than_ever() -> None:
    assert layout_for([LEAST_ROOM] * 64).size < 60 << 20
    assert layout_for([TrackRoom(20_000, 10_000)]).size < 8 << 20


def test_a_former_track_is_freed_piece_by_piece_too(fresh: SharedMemory) -> None:
    writer, reader = AxisPlanWriter(fresh.view, fresh.layout, 0), fresh.plan_reader(0)
    writer.write(AxisPlan(True, Track(0.1, [piece(n) for n in range(1000)])), 0)
    while reader.stale:
        reader.refresh(100)
    assert reader.plan is not None
    first = reader.plan.track.segments[0]
    writer.write(AxisPlan(True, Track(0.2)), 0)
    holders: list[int] = []
    for _ in range(10):
        reader.refresh(100)
        holders.append(sys.getrefcount(first))
        assert reader.plan.track.rest_ring == 0.2, "the new one is in force at once"
    assert {count - holders[-1] for count in holders[:-1]} == {1}, "the first segment is freed in the last round"


def test_a_long_track_looks_up_its_segments_by_where_they_start(fresh: SharedMemory) -> None:
    writer, reader = AxisPlanWriter(fresh.view, fresh.layout, 0), fresh.plan_reader(0)
    writer.write(AxisPlan(True, Track(0.2, [piece(n, n / 1000) for n in range(1000)])), 0)
    while reader.stale:
        reader.refresh(7)
    assert reader.plan is not None
    assert [reader.plan.track.at(100 * n + 50)[0] for n in (0, 1, 500, 999)] == [0.0, 0.001, 0.5, 0.999]


def test_stops_set_by_two_processes_at_once_both_stand(fresh: SharedMemory) -> None:
    other = SharedMemory.attach(os.dup(fresh.fd))
    assert fresh.latches.of(0) == Latch.NONE
    fresh.latches.set(Latch.HOLD, 0)
    other.latches.set(Latch.PANIC)
    assert fresh.latches.of(0) == Latch.HOLD | Latch.PANIC
    assert fresh.latches.of(1) == Latch.PANIC
    other.latches.clear(Latch.HOLD | Latch.HAND, 0)
    assert fresh.latches.of(0) == Latch.PANIC
    fresh.latches.set(Latch.HAND, 2)
    fresh.latches.clear(Latch.PANIC | Latch.HAND)
    assert [fresh.latches.of(axis) for axis in range(3)] == [Latch.NONE] * 3


@pytest.mark.parametrize("knows", [True, False])
def test_a_stop_of_all_that_is_taken_back_for_one_axis_stays_with_each_other(fresh: SharedMemory, knows: bool) -> None:
    fresh.latches.set(Latch.HOLD | Latch.PANIC, said_ns=7)
    fresh.latches.clear(Latch.HOLD, 1, fresh.latches.said.tolist() if knows else None)
    both = Latch.HOLD | Latch.PANIC
    assert [fresh.latches.of(axis) for axis in range(3)] == [both, Latch.PANIC, both]


def test_hand_moves_of_several_writers_add_up(fresh: SharedMemory) -> None:
    motion, conductor, desk = fresh.hand_moves(2), fresh.hand_moves(0), fresh.hand_moves(1)
    conductor.move_by(1, 0.25)
    desk.move_by(1, -0.125)
    conductor.move_by(1, 0.25)
    assert (motion.taken(0), motion.taken(1), motion.taken(1)) == (0.0, 0.375, 0.0)


def test_an_attached_memory_knows_its_axes_and_bells(fresh: SharedMemory) -> None:
    other = SharedMemory.attach(fresh.fd)
    assert other.axes == AXES
    assert other.handed_down == fresh.handed_down


def test_a_strange_descriptor_is_refused(tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "other")
    with open(path, "wb") as file:
        file.write(bytes(100_000))
    fd = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(DeviceError, match="no shared memory"):
            SharedMemory.attach(fd)
    finally:
        os.close(fd)


def test_status_comes_through_in_order_and_a_successor_goes_on(fresh: SharedMemory) -> None:
    writer = fresh.status_writer()
    writer.sent(0, 10, 0.5, 500, landing=True, clamped="speed jerk")
    writer.feedback(1, 11, -4)
    writer.trouble(2, 12, "fault", "unplugged: " + "x" * 200)
    fresh.status_writer().latched(0, 13, Latch.HOLD | Latch.PANIC)
    fresh.status_writer().stalled(1, 15, 14)
    first, second, third, fourth, fifth = fresh.status_reader().drain()
    assert first == Sent("A.focus", 10, 0.5, 500, True, "speed jerk")
    assert second == Feedback("B.focus", 11, -4)
    assert isinstance(third, MotorTrouble)
    assert third.reason.startswith("unplugged: xxx")
    assert fourth == Latched("A.focus", 13, Latch.HOLD | Latch.PANIC)
    assert fifth == Stalled("B.focus", 15, 14)
    assert fresh.status_reader().drain() == []


def test_a_reader_that_slept_is_told_how_many_records_it_lost(fresh: SharedMemory) -> None:
    writer, reader = fresh.status_writer(), fresh.status_reader()
    for stamp in range(RING_RECORDS + 100):
        writer.feedback(0, stamp, stamp)
    records = reader.drain()
    assert reader.lost == 100
    assert records[0] == Feedback("A.focus", 100, 100)
    assert len(records) == RING_RECORDS


def follows(fresh: SharedMemory, reader: AxisPlanReader) -> bool:
    reader.refresh(EVERYTHING)
    plan = reader.plan
    return plan is not None and plan.follow and reader.engage_epoch == fresh.axis_words[0].engage_epoch


def test_engage_is_not_undropped_by_a_planner_that_has_not_heard_of_the_drop(fresh: SharedMemory) -> None:
    status, motion, words = fresh.status_reader(), fresh.status_writer(), fresh.axis_words[0]
    reader, publisher, track = fresh.plan_reader(0), Publisher(fresh, status), Track(0.0)

    def drop() -> None:
        words.drop_engage(motion.next_index)
        motion.trouble(0, 1, "fault", "unplugged")

    def publish(attach: int, *, follow: bool = True) -> bool:
        publisher.publish(1, NO_CLOCK, Plan(1, {"A.focus": AxisPlan(follow, track, attach=attach)}))
        return follows(fresh, reader)

    drop()
    assert not publish(1), "motion began after this plan was thought of"
    status.drain()
    assert not publish(1), "nothing was engaged anew"
    assert publish(2)
    drop()
    assert not publish(3), "the planner cannot know yet"
    status.drain()
    assert not publish(3)
    assert not publish(3, follow=False)
    assert publish(3)


def test_a_conductor_that_takes_over_goes_on_engaged(fresh: SharedMemory) -> None:
    status, reader = fresh.status_reader(), fresh.plan_reader(0)
    fresh.axis_words[0].drop_engage(fresh.status_writer().next_index)
    fresh.status_writer().trouble(0, 1, "back", "read")
    status.drain()
    orders = {"A.focus": AxisPlan(True, Track(0.0), attach=1)}
    Publisher(fresh, status).publish(1, NO_CLOCK, Plan(1, orders))
    assert follows(fresh, reader)
    Publisher(fresh, fresh.status_reader()).publish(1, NO_CLOCK, Plan(1, orders))
    assert follows(fresh, reader)
    fresh.axis_words[0].drop_engage(fresh.status_writer().next_index)
    fresh.status_writer().trouble(0, 1, "fault", "motion restarted")
    Publisher(fresh, fresh.status_reader()).publish(1, NO_CLOCK, Plan(1, orders))
    assert not follows(fresh, reader)


def test_lateness_percentiles_are_within_a_bin(fresh: SharedMemory) -> None:
    histogram = fresh.wake_histogram
    for late_ns in range(0, 100_000, 10):
        histogram.count(late_ns)
    histogram.count(-5)
    assert histogram.total == 10_001
    assert histogram.percentile_ns(50) == pytest.approx(50_000, rel=0.04)
    assert histogram.percentile_ns(99.9) == pytest.approx(99_900, rel=0.04)
    histogram.count(10**12)
    assert histogram.percentile_ns(100) >= 2**35
