"""Stops that others than the conductor have said: heard of once, and never taken back by an older word."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Latched
from cuefocus.shells.said_stops import SaidStops
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_layout import STOP_KINDS
from cuefocus.shells.shm_words import KINDS
from cuefocus.timebase.units import NS_PER_S

A, B = "A.focus", "B.focus"
NOW_NS = 100 * NS_PER_S
ALL = Latch.HOLD | Latch.HAND | Latch.PANIC | Latch.RELEASE


class Scene:
    """Two axes, and a clock that a test sets."""

    def __init__(self) -> None:
        self.memory, self.now_ns = SharedMemory.create([A, B]), NOW_NS
        self.latches = self.memory.latches
        self.stops = SaidStops(self.memory, lambda: self.now_ns)

    def stand(self) -> list[Latch]:
        return [self.latches.of(index) for index in range(2)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_others_say_is_told_once_the_oldest_first_and_not_what_the_conductor_sets(scene: Scene) -> None:
    scene.latches.set(Latch.PANIC, said_ns=NOW_NS + 1)
    scene.latches.set(Latch.HOLD, 1, said_ns=NOW_NS)
    scene.latches.set(Latch.RELEASE, 0)
    panic_and_release = Latch.PANIC | Latch.RELEASE
    panic_and_hold = Latch.PANIC | Latch.HOLD
    assert scene.stops.news() == [
        Latched(B, NOW_NS, panic_and_hold, Latch.HOLD),
        Latched(A, NOW_NS + 1, panic_and_release, Latch.PANIC),
        Latched(B, NOW_NS + 1, panic_and_hold, Latch.PANIC),
    ]
    assert scene.stops.news() == []


def test_a_stop_that_stands_already_is_told_when_it_is_said_again(scene: Scene) -> None:
    scene.latches.set(Latch.HOLD, 0, said_ns=NOW_NS)
    scene.stops.news()
    scene.latches.set(Latch.HOLD, 0, said_ns=NOW_NS + 5)
    assert scene.stops.news() == [Latched(A, NOW_NS + 5, Latch.HOLD, Latch.HOLD)]


def test_a_successor_is_told_of_all_that_stand_and_of_none_that_was_taken_back(scene: Scene) -> None:
    scene.latches.set(Latch.HOLD, 0, said_ns=NOW_NS)
    scene.latches.set(Latch.PANIC, 1, said_ns=NOW_NS)
    scene.stops.news()
    scene.stops.clear(ALL, 0)
    successor = SaidStops(scene.memory, lambda: NOW_NS + 2 * NS_PER_S)
    assert successor.news() == [Latched(B, NOW_NS, Latch.PANIC, Latch.PANIC)]
    scene.latches.set(Latch.HOLD, 0)
    successor.clear(ALL, None)
    assert scene.stand() == [Latch.NONE] * 2


@pytest.mark.parametrize("axis", [None, 0])
@pytest.mark.parametrize("common", [True, False])
def test_what_was_said_since_the_last_look_stands_and_is_told_next(
    scene: Scene, common: bool, axis: int | None
) -> None:
    where = None if common else 0
    scene.latches.set(Latch.PANIC, where, said_ns=NOW_NS)
    scene.latches.set(Latch.HOLD, 0)
    scene.stops.news()
    scene.latches.set(Latch.PANIC, where, said_ns=NOW_NS + 1)
    scene.stops.clear(ALL, axis)
    assert scene.stand() == [Latch.PANIC, Latch.PANIC if common else Latch.NONE]
    assert [(event.axis, event.stamp_ns) for event in scene.stops.news()] == [(A, NOW_NS + 1), (B, NOW_NS + 1)][
        : 1 + common
    ]
    scene.stops.clear(ALL, axis)
    assert scene.stand() == [Latch.NONE, Latch.PANIC if common and axis == 0 else Latch.NONE]


class Interrupted(Sequence[int]):
    """Times of stops; before and after the read of each, what somebody else does just then."""

    def __init__(self, times: memoryview, acts: list[tuple[int, Callable[[], None]]]) -> None:
        self._times, self._acts, self._reads = times, acts, 0

    def act(self, until: int) -> None:
        while self._acts and self._acts[0][0] <= until:
            self._acts.pop(0)[1]()

    def __getitem__(self, at: Any) -> Any:
        self.act(2 * self._reads)
        said_ns = self._times[at]
        self.act(2 * self._reads + 1)
        self._reads += 1
        return said_ns

    def __len__(self) -> int:
        return len(self._times)


@pytest.mark.parametrize("axis", [None, 0])
@pytest.mark.parametrize("before", [Latch.NONE, Latch.PANIC])
@pytest.mark.parametrize("where", [None, 0])
def test_a_stop_that_is_said_while_others_are_taken_back_stands(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, where: int | None, before: Latch, axis: int | None
) -> None:
    """Whenever its time is written, and whenever after that the stop itself."""
    times, latches = scene.latches.said, scene.latches
    place = (0 if where is None else 1 + where) * STOP_KINDS + KINDS.index(Latch.PANIC)
    for timed_at in range(50):
        for set_at in range(timed_at, 50):
            latches.clear(ALL)
            latches.set(before | Latch.HOLD, where)
            acts = [
                (timed_at, lambda: times.__setitem__(place, NOW_NS)),
                (set_at, lambda: latches.set(Latch.PANIC, where)),
            ]
            said = Interrupted(times, acts)
            monkeypatch.setattr(latches, "said", said)
            scene.stops.clear(ALL, axis)
            said.act(50)
            monkeypatch.setattr(latches, "said", times)
            assert Latch.PANIC in latches.of(0), (timed_at, set_at)
            assert where is not None or Latch.PANIC in latches.of(1), (timed_at, set_at)


def test_a_time_whose_stop_is_still_to_come_is_waited_for(scene: Scene) -> None:
    at = KINDS.index(Latch.PANIC)
    scene.latches.said[at] = NOW_NS
    assert scene.stops.news() == []
    scene.latches.set(Latch.PANIC)
    scene.stops.clear(ALL, None)
    assert scene.stand() == [Latch.PANIC] * 2
    assert [event.axis for event in scene.stops.news()] == [A, B]
    scene.latches.clear(ALL)
    scene.latches.said[at] = NOW_NS + 1
    scene.now_ns += 2 * NS_PER_S
    assert scene.stops.news() == [], "whoever wrote it has died, or the stop was taken back"
    scene.latches.set(Latch.PANIC)
    scene.stops.clear(ALL, None)
    assert scene.stand() == [Latch.NONE] * 2


def test_a_stop_that_comes_late_counts_from_when_it_was_said_but_is_taken_back_only_once_it_is_heard(
    scene: Scene,
) -> None:
    scene.latches.set(Latch.PANIC, 0, said_ns=NOW_NS - 30)
    assert [event.stamp_ns for event in scene.stops.news()] == [NOW_NS - 30]
    scene.latches.set(Latch.PANIC, 0, said_ns=NOW_NS - 40)
    scene.stops.clear(ALL, None)
    assert scene.stand() == [Latch.PANIC, Latch.NONE]
    assert scene.stops.news() == [Latched(A, NOW_NS - 29, Latch.PANIC, Latch.PANIC)]
    scene.stops.clear(ALL, None)
    assert scene.stand() == [Latch.NONE] * 2
