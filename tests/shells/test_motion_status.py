import os
from collections.abc import Iterator

import pytest

from cuefocus.engine.frame import Frame
from cuefocus.engine.ports import Sent
from cuefocus.shells.motion_status import SentFilter, TroubleLimit
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_ring import StatusReader
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


@pytest.fixture
def memory() -> Iterator[SharedMemory]:
    made = SharedMemory.create(("A.focus",))
    yield made
    for fd in made.handed_down:
        os.close(fd)


def frame(at_ns: int, ring: float, *, landing: bool = False, clamped: str = "") -> Frame:
    return Frame(
        due_ns=at_ns,
        write_ns=at_ns,
        at_ns=at_ns,
        ring=ring,
        counts=round(ring * 10_000),
        landing=landing,
        clamped=clamped,
        velocity_ring_per_s=0.0,
        acceleration_ring_per_s2=0.0,
    )


def feed(memory: SharedMemory, frames: list[Frame]) -> list[Sent]:
    reader: StatusReader = memory.status_reader()
    sieve = SentFilter(memory.status_writer(), 0)
    for one in frames:
        sieve.sent(one, one.due_ns)
    return [record for record in reader.drain() if isinstance(record, Sent)]


def test_both_ends_of_a_motion_are_told_and_some_of_its_middle(memory: SharedMemory) -> None:
    rest = [frame(n * NS_PER_MS, 0.2) for n in range(100)]
    move = [frame((100 + n) * NS_PER_MS, 0.2 + n / 1000) for n in range(1, 301)]
    after = [frame((401 + n) * NS_PER_MS, 0.5) for n in range(200)]
    told = feed(memory, rest + move + after)
    stamps = [record.stamp_ns for record in told]
    assert stamps == sorted(set(stamps))
    assert move[0].due_ns in stamps
    assert move[-1].due_ns in stamps
    middle = [stamp for stamp in stamps if move[0].due_ns < stamp < move[-1].due_ns]
    assert 20 <= len(middle) <= 30
    assert sum(stamp > move[-1].due_ns for stamp in stamps) == 1


def test_every_landing_and_every_change_of_clamps_is_told(memory: SharedMemory) -> None:
    frames = [frame(n * NS_PER_MS, n / 1000) for n in range(100)]
    frames[41] = frame(41 * NS_PER_MS, 0.041, landing=True)
    for n in range(60, 65):
        frames[n] = frame(n * NS_PER_MS, n / 1000, clamped="speed")
    told = {record.stamp_ns // NS_PER_MS: record for record in feed(memory, frames)}
    assert told[41].landing
    assert told[60].clamped == "speed"
    assert told[65].clamped == ""


def test_an_axis_at_rest_is_told_once_a_second(memory: SharedMemory) -> None:
    assert 3 <= len(feed(memory, [frame(n * 10 * NS_PER_MS, 0.5) for n in range(300)])) <= 4


def test_a_stream_of_complaints_is_told_five_times_a_second_and_none_is_forgotten() -> None:
    limit = TroubleLimit()
    told = [limit.count(n * NS_PER_MS) for n in range(1000)]
    assert told[0] == 1
    assert 5 <= sum(count > 0 for count in told) <= 6
    assert sum(told) + limit.count(2 * NS_PER_S) - 1 == 1000
