"""What is made of stamps that only ever come late."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.chase.earliest import EarliestArrivals
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.chase.late import HOST0_NS, LEAST_MS, QUARTER_NS, Look, Speed, looks, normal, words

SEEDS = range(3)


def stepped(after: float) -> Speed:
    return lambda at_s: 1.0 if at_s < 20.0 else after


def within_1_ms_after_s(found: list[Look], from_s: float) -> float:
    """How long after a moment the last error above 1 ms was."""
    return max((look.at_s - from_s for look in found if look.at_s > from_s and abs(look.error_ms) > 1.0), default=0.0)


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
@pytest.mark.parametrize("ppm", [0, 1000, -1000])
def test_after_40_s_a_tenth_of_a_millisecond_is_left(model: str, ppm: int) -> None:
    """Goal 8 of reference/timecode.md §7: std ≤ 0.1 ms and worst ≤ 0.5 ms about the constant delay."""
    about: list[float] = []
    for seed in SEEDS:
        late = [look.error_ms for look in looks(model, seed, speed=lambda _: 1.0 + ppm * 1e-6) if look.at_s > 40.0]
        about += [error - fmean(late) for error in late]
        assert abs(fmean(late)) < 0.1, "the least delay is what remains, not the mean"
    assert pstdev(about) <= 0.1
    assert max(map(abs, about)) <= 0.5


@pytest.mark.parametrize("model", DELAYS)
def test_what_it_says_of_its_own_error_is_true(model: str) -> None:
    found = [look for seed in SEEDS for look in looks(model, seed, 30.0)]
    assert fmean(abs(look.error_ms) <= 2.0 * look.sigma_ms for look in found) >= 0.95
    young = [look for seed in range(20) for look in looks(model, seed, 1.0)]
    assert fmean(abs(look.error_ms) <= 2.0 * look.sigma_ms for look in young) >= 0.92


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
def test_a_quarter_of_a_second_suffices_to_begin(model: str) -> None:
    for seed in range(10):
        first = next(look for look in looks(model, seed, 1.0) if look.at_s >= 0.25)
        assert abs(first.error_ms) < 3.0 * first.sigma_ms
        assert first.sigma_ms < (4.0 if model == "network" else 1.0)


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
@pytest.mark.parametrize("after", [1.04, 0.96, 1.001, 0.999])
def test_a_new_speed_is_followed_within_seconds(model: str, after: float) -> None:
    found = looks(model, 5, 40.0, stepped(after))
    assert within_1_ms_after_s(found, 20.0) < 4.0
    assert max(abs(look.error_ms) for look in found if look.at_s > 30.0) < 0.5
    assert found[-1].passage.speed == pytest.approx(after, abs=1e-4)


@pytest.mark.parametrize("model", ["USB", "USB + OS"])
def test_a_ramp_is_followed_while_it_lasts(model: str) -> None:
    found = looks(model, 6, 30.0, lambda at_s: 1.0 + 0.01 * min(max(at_s - 20.0, 0.0), 4.0))
    assert max(abs(look.error_ms) for look in found) < 3.0
    assert found[-1].passage.speed == pytest.approx(1.04, abs=1e-4)


def fed(channel: LateChannel, seconds: float) -> tuple[EarliestArrivals, int, float]:
    """Arrivals at normal speed; and the true show and host time after them."""
    arrivals, show_ns, host_ns = EarliestArrivals(), 0.0, 0.0
    for show, stamps, *after in words(channel, seconds, normal):
        arrivals.feed(show, stamps)
        show_ns, host_ns = after
    return arrivals, round(show_ns), host_ns


def word(show_ns: int, stamps_ns: list[int]) -> tuple[list[int], list[int]]:
    return [show_ns + part * QUARTER_NS for part in range(len(stamps_ns))], stamps_ns


def test_messages_held_up_for_20_ms_change_nothing() -> None:
    arrivals, show_ns, host_ns = fed(LateChannel(DELAYS["USB"], 1), 20.0)
    before = arrivals.passage
    assert before is not None
    at_ns = HOST0_NS + round(host_ns)
    stamps = [max(at_ns + part * QUARTER_NS, at_ns + 35 * NS_PER_MS) + NS_PER_MS for part in range(8)]
    passage = arrivals.feed(*word(show_ns, stamps))
    assert passage is not None
    assert abs(passage.host_at(show_ns) - before.host_at(show_ns)) < 20_000


def test_a_word_that_was_held_up_as_a_whole_says_nothing() -> None:
    arrivals, show_ns, host_ns = fed(LateChannel(DELAYS["USB"], 1), 20.0)
    before = arrivals.passage
    for number in range(4):  # 0.3 s of quarter frames at once
        at_ns = HOST0_NS + round(host_ns) + 320 * NS_PER_MS
        assert arrivals.feed(*word(show_ns + number * 8 * QUARTER_NS, [at_ns] * 8)) is None
    assert arrivals.passage is before
    assert arrivals.restarts == 0


def test_a_source_that_paused_is_found_again_at_its_new_time() -> None:
    """It stands for 3 s and goes on with the next frame: late by 3 s, but at the pace of play."""
    arrivals, show_ns, host_ns = fed(LateChannel(DELAYS["USB"], 1), 20.0)
    channel = LateChannel(DELAYS["USB"], 2)
    for number in range(4):
        begins = HOST0_NS + round(host_ns) + 3 * NS_PER_S + number * 8 * QUARTER_NS
        stamps = channel.stamps(begins + part * QUARTER_NS for part in range(8))
        passage = arrivals.feed(*word(show_ns + number * 8 * QUARTER_NS, stamps))
        assert (passage is None) == (number < 2), "three words of evidence"
    assert passage is not None
    error_ms = (passage.host_at(show_ns) - HOST0_NS - host_ns - 3 * NS_PER_S) / NS_PER_MS - LEAST_MS["USB"]
    assert abs(error_ms) < 0.3
    assert passage.speed == pytest.approx(1.0, abs=1e-3)


def test_what_comes_too_early_shows_that_the_line_is_old() -> None:
    arrivals, show_ns, host_ns = fed(LateChannel(DELAYS["USB"], 1), 20.0)
    at_ns = HOST0_NS + round(host_ns) - 200 * NS_PER_MS
    passage = arrivals.feed(*word(show_ns, [at_ns + part * QUARTER_NS for part in range(8)]))
    assert passage is not None
    assert abs(passage.host_at(show_ns) - at_ns) < NS_PER_MS
    assert arrivals.restarts == 1


def test_after_a_restart_the_speed_is_still_known() -> None:
    arrivals = EarliestArrivals()
    for show, stamps, *_ in words(LateChannel(DELAYS["network"], 3), 30.0, lambda _: 1.001):
        arrivals.feed(show, stamps)
    arrivals.restart()
    assert arrivals.passage is None
    for show, stamps, *_ in list(words(LateChannel(DELAYS["network"], 4), 0.3, lambda _: 1.001))[:2]:
        passage = arrivals.feed(show, stamps)
    assert passage is not None
    assert passage.speed == pytest.approx(1.001, abs=1e-5)


def test_what_begins_with_a_burst_waits_for_its_end() -> None:
    arrivals = EarliestArrivals()
    burst_ns = HOST0_NS + 400 * NS_PER_MS
    for number in range(5):
        assert arrivals.feed(*word(number * 8 * QUARTER_NS, [burst_ns] * 8)) is None
    stamps = [HOST0_NS + (40 + part) * QUARTER_NS for part in range(8)]
    first = arrivals.feed(*word(40 * QUARTER_NS, stamps))
    second = arrivals.feed(*word(48 * QUARTER_NS, [stamp + 8 * QUARTER_NS for stamp in stamps]))
    third = arrivals.feed(*word(56 * QUARTER_NS, [stamp + 16 * QUARTER_NS for stamp in stamps]))
    assert third is not None
    for passage in (first, second, third):
        if passage is not None:
            assert abs(passage.host_at(40 * QUARTER_NS) - HOST0_NS - 400 * NS_PER_MS) < 5 * NS_PER_MS


def test_a_stream_of_days_keeps_its_digits() -> None:
    arrivals, day_ns = EarliestArrivals(), 86_400 * NS_PER_S
    for show, stamps, *_ in words(LateChannel(DELAYS["DIN"], 1), 5.0, normal):
        arrivals.feed(show, stamps)
    for show, stamps, *_ in words(LateChannel(DELAYS["DIN"], 2), 5.0, normal):
        arrivals.feed([at + 3 * day_ns for at in show], [stamp + 3 * day_ns for stamp in stamps])
    assert arrivals.passage is not None
    error_ns = arrivals.passage.host_at(3 * day_ns + 5 * NS_PER_S) - HOST0_NS - 3 * day_ns - 5 * NS_PER_S
    assert abs(error_ns / NS_PER_MS - LEAST_MS["DIN"]) < 0.05


@settings(max_examples=200)
@given(
    stamps=st.lists(st.integers(0, 10**10), min_size=1, max_size=80),
    group=st.integers(1, 8),
)
def test_no_stamps_whatever_raise_or_give_a_line_that_runs_backwards(stamps: list[int], group: int) -> None:
    arrivals, ordered = EarliestArrivals(), sorted(stamps)
    for first in range(0, len(ordered), group):
        piece = ordered[first : first + group]
        passage = arrivals.feed(*word(first * QUARTER_NS, piece))
        assert passage is None or (passage.speed > 0.0 and passage.sigma_ns > 0.0)
