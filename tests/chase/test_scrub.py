from collections.abc import Callable

import pytest

from cuefocus.chase.clock import ClockState
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.scrub import Freshness
from cuefocus.timebase.frames import rate_named
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Reading
from tests.chase.simulated import BLOCK_NS, HOST0_NS, TICK_NS, Source, act, exactly


def scrubbed(config: ChaseConfig, readings: list[Reading], *, rest_ms: int = 0) -> list[tuple[int, int | None]]:
    """At each step, as a conductor makes them: host time, and until when the clock may be scrubbed along."""
    follower, waiting, seen = Follower(config), list(readings), []
    end_ns = readings[-1].stamp_ns + round(readings[-1].frame_ns) + BLOCK_NS + rest_ms * NS_PER_MS
    for now_ns in range(HOST0_NS, end_ns, TICK_NS):
        while waiting and waiting[0].stamp_ns + _later(waiting[0]) + BLOCK_NS <= now_ns:
            follower.feed(waiting.pop(0))
        follower.step(now_ns)
        seen.append((now_ns, follower.scrub_until_ns))
    return seen


def _later(reading: Reading) -> int:
    return round(reading.frame_ns) if reading.direction > 0 else 0


def played(speed: Callable[[float], float] | float, direction: int = 1, seconds: float = 3.0) -> list[Reading]:
    return Source(rate_named("25")).play("01:00:20:00", seconds, speed, direction)


@pytest.mark.parametrize("speed", [0.1, 0.5, 1.0, 3.0, 8.0])
def test_reverse_may_be_scrubbed_without_a_gap_while_it_lasts(speed: float) -> None:
    seen = scrubbed(act(scrub=True), played(speed, -1))
    begun = next(index for index, (_, until_ns) in enumerate(seen) if until_ns is not None)
    assert seen[begun][0] - HOST0_NS < 4 * 40 * NS_PER_MS / speed + 3 * BLOCK_NS
    assert all(until_ns is not None and until_ns >= now_ns for now_ns, until_ns in seen[begun:])


@pytest.mark.parametrize("speed", [0.1, 0.5, 2.0, 3.0, 8.0])
def test_any_speed_outside_the_declaration_may_be_scrubbed(speed: float) -> None:
    seen = scrubbed(act(scrub=True), played(speed))
    begun = next(index for index, (_, until_ns) in enumerate(seen) if until_ns is not None)
    assert seen[begun][0] - HOST0_NS < 7 * 40 * NS_PER_MS / speed + 3 * BLOCK_NS
    assert all(until_ns is not None and until_ns >= now_ns for now_ns, until_ns in seen[begun:])


@pytest.mark.parametrize("speed", ["1", "1/2", "2"])
def test_a_declared_speed_is_played_not_scrubbed(speed: str) -> None:
    declared = exactly(speed)
    seen = scrubbed(act(scrub=True, speeds=declared), played(float(declared.exact[0])))
    assert {until_ns for _, until_ns in seen} == {None}


def test_without_scrub_nothing_is_scrubbed() -> None:
    assert {until_ns for _, until_ns in scrubbed(act(), played(1.0, -1))} == {None}


def test_labels_of_another_rate_are_not_scrubbed() -> None:
    """They count to 29: at which show time playback is cannot be said."""
    readings = Source(rate_named("30")).play("01:00:20:00", 3.0, 1.0, -1)
    assert {until_ns for _, until_ns in scrubbed(act(scrub=True), readings)[-100:]} == {None}


@pytest.mark.parametrize("speed", [0.1, 1.0, 8.0])
def test_after_timecode_has_stopped_it_is_believed_for_a_word_and_a_half(speed: float) -> None:
    seen = scrubbed(act(scrub=True), played(speed, -1), rest_ms=1500)
    last_ns = max(until_ns for _, until_ns in seen if until_ns is not None)
    stopped_ns = seen[-1][0] - 1500 * NS_PER_MS
    assert last_ns - stopped_ns < 1.6 * 40 * NS_PER_MS / speed + 3 * BLOCK_NS


def test_in_a_scrubbed_act_a_wrong_speed_is_no_refusal() -> None:
    follower = Follower(act(scrub=True))
    kinds = set()
    for reading in played(2.0):
        follower.feed(reading)
        _, events = follower.step(reading.stamp_ns + BLOCK_NS)
        kinds |= {event.kind for event in events}
    assert kinds == {ChaseKind.SHUTTLE}
    assert follower.refusal == ""
    assert follower.state is ClockState.LOCATING


def test_blocks_that_bring_many_words_at_once_are_waited_for() -> None:
    fresh = Freshness()
    for block in range(20):
        fresh.heard(5.0 * NS_PER_MS)
        fresh.step(block * 21 * NS_PER_MS)
        if block > 1:
            assert fresh.until_ns >= (block + 1) * 21 * NS_PER_MS
