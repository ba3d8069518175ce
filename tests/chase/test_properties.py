"""What must hold whatever comes: no exception, no step, honest uncertainty, the same answer twice."""

import math
from bisect import bisect
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.chase.arbiter import Arbiter
from cuefocus.chase.clock import Clock
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.slew import LARGEST_BEND, LARGEST_STEP_NS
from cuefocus.chase.speeds import Speeds, speeds_between
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading
from tests.chase.simulated import HOST0_NS, Run, Source, act, follow, truth

small = st.integers(0, 99)
labels = st.builds(Timecode, st.integers(-1, 30), small, small, small)
lengths = st.sampled_from([0.0, 4e7, 4.17e7, 3.3e7, 1e3, 1e12, -5.0, math.nan, math.inf])
noises = st.sampled_from([0.0, 1.0, 1e3, 1e6, 1e15, -3.0, math.nan, math.inf])
anything = st.builds(
    Reading,
    st.sampled_from(["ltc", "mtc", "else"]),
    labels,
    st.booleans(),
    st.integers(0, 10 * NS_PER_S),
    lengths,
    st.sampled_from([1, 1, 1, -1, 0]),
    noises,
)
notices = st.sampled_from(["lost", "ended", "stopped", "opened", "what"])
steps = st.integers(-NS_PER_S, 12 * NS_PER_S)
events = st.lists(st.one_of(anything, notices, steps), max_size=60)
rates = st.sampled_from(list(RATES))
declared = st.sampled_from([Speeds(), speeds_between(0.5, 2.0)])


@given(happenings=events, rate=rates, speeds=declared, loss=st.sampled_from(["finish", "hold", "run"]))
def test_nothing_that_is_read_raises(
    happenings: list[Reading | str | int], rate: str, speeds: Speeds, loss: str
) -> None:
    config = act(rate, "10:00:00:00", speeds, on_loss=loss)
    follower, arbiter = Follower(config), Arbiter(["ltc", "mtc"], config)
    for one in happenings:
        if isinstance(one, Reading):
            follower.feed(one)
            arbiter.feed(one)
        elif isinstance(one, str):
            follower.notice(one, 5 * NS_PER_S)
            arbiter.notice("mtc", one, 5 * NS_PER_S)
        else:
            clock, _ = follower.step(one)
            other, _ = arbiter.step(one)
            for said in (clock, other):
                assert math.isfinite(said.speed)
                assert isinstance(said.show_ns, int)
                assert said.uncertainty_ns >= 0
            assert follower.uncertainty_at(one + NS_PER_S) >= 0
            assert follower.predicted_uncertainty(36_000 * NS_PER_S) >= 0


plays = st.tuples(st.just("play"), st.floats(0.05, 1.5), st.sampled_from([1.0, 1.0, 1.0, 1.001, 0.999, 1.1, 2.0, 0.5]))
waits = st.tuples(st.just("wait"), st.floats(0.01, 2.5), st.just(0.0))
skips = st.tuples(st.just("skip"), st.floats(-30.0, 30.0), st.just(0.0))
backs = st.tuples(st.just("back"), st.floats(0.05, 1.0), st.sampled_from([1.0, 3.0]))
scripts = st.lists(st.one_of(plays, plays, waits, skips, backs), min_size=1, max_size=6)


def performed(script: list[tuple[str, float, float]], noise_ns: float, seed: int) -> list[Reading]:
    """Readings of a playback that does what the script says."""
    source = Source(act().rate, seed, noise_ns=noise_ns)
    readings = source.play("01:00:10:00", 0.5)
    for verb, amount, speed in script:
        if verb == "wait":
            source.wait(amount)
        elif verb == "skip":
            source.next_word += round(amount * 25)
        else:
            readings += source.play(source.next_word, amount, speed, -1 if verb == "back" else 1)
    return sorted(readings, key=lambda reading: reading.stamp_ns)


def assert_no_steps(clocks: list[Clock]) -> None:
    for before, after in pairwise(clocks):
        if before.running and after.running and before.epoch == after.epoch:
            span_ns = after.host_ns - before.host_ns
            bent_ns = abs(after.show_ns - before.show_at(after.host_ns))
            allowed_ns = 2 * LARGEST_STEP_NS + LARGEST_BEND * span_ns * max(abs(before.speed), abs(after.speed))
            assert bent_ns <= allowed_ns + abs(after.speed - before.speed) * span_ns


@settings(max_examples=40, deadline=None)
@given(script=scripts, noise_ns=st.sampled_from([300.0, 3e4, 1e6]), seed=st.integers(0, 99), speeds=declared)
def test_a_running_clock_never_steps_within_an_epoch(
    script: list[tuple[str, float, float]], noise_ns: float, seed: int, speeds: Speeds
) -> None:
    run = follow(Follower(act(speeds=speeds)), performed(script, noise_ns, seed))
    assert_no_steps(run.clocks)
    for before, after in pairwise(run.clocks):
        assert after.epoch >= before.epoch
    moved = [one for one in run.events if one.kind in (ChaseKind.JUMP, ChaseKind.RETURNED, ChaseKind.LOCATED)]
    assert {clock.epoch for clock in run.clocks} <= {0, *(one.epoch for one in moved)}


@settings(max_examples=10, deadline=None)
@given(script=scripts, noise_ns=st.sampled_from([300.0, 1e6]), seed=st.integers(0, 99))
def test_the_same_readings_give_the_same_clocks(
    script: list[tuple[str, float, float]], noise_ns: float, seed: int
) -> None:
    readings = performed(script, noise_ns, seed)
    assert follow(Follower(act()), readings) == follow(Follower(act()), readings)


@pytest.mark.parametrize("claimed_ns", [None, 1_000.0], ids=["told", "untold"])
@pytest.mark.parametrize("noise_ns", [300.0, 1e3, 1e4, 1e5, 1e6])
def test_the_stated_uncertainty_covers_the_truth(noise_ns: float, claimed_ns: float | None) -> None:
    config = act()
    covered = total = 0
    for seed in range(16):
        ppm = 8.0 * seed - 60.0
        source = Source(config.rate, seed, ppm=ppm, noise_ns=noise_ns, claimed_ns=claimed_ns)
        run = follow(Follower(config), source.play("01:00:00:00", 6), until_s=6.8)
        for clock in run.clocks[::7]:
            if clock.running:
                error_ns = abs(clock.show_ns - truth("01:00:00:00", config.rate, clock, 1 + ppm * 1e-6))
                covered += error_ns <= 2 * clock.uncertainty_ns
                total += 1
    # Stamps that are worse than they claim must first be found out.
    assert covered >= (0.95 if claimed_ns is None else 0.93) * total


Speed = Callable[[float], float]


def wow(share: float, hz: float) -> Speed:
    return lambda at_s: 1.0 + share * math.sin(2.0 * math.pi * hz * at_s)


def ramp(at_s: float) -> float:
    return min(max(1.2 - 0.1 * at_s, 0.9), 1.0)


def errors_ns(run: Run, exact: list[Reading]) -> list[tuple[float, int]]:
    """Error and stated uncertainty of every running clock, against noise-free stamps."""
    stamps = [reading.stamp_ns for reading in exact]
    found = []
    for clock in run.clocks:
        at = bisect(stamps, clock.host_ns) - 1
        if clock.running and 0 <= at < len(stamps) - 1:
            part = (clock.host_ns - stamps[at]) / (stamps[at + 1] - stamps[at])
            found.append((abs(clock.show_ns - 3600 * NS_PER_S - (at + part) * 40 * NS_PER_MS), clock.uncertainty_ns))
    return found


LIVELY = {
    "wow 0.5 Hz": wow(0.01, 0.5),
    "wow 1 Hz": wow(0.01, 1.0),
    "wow 4 Hz": wow(0.01, 4.0),
    "ramp": ramp,
}


@pytest.mark.parametrize(("noise_ns", "worst_ms"), [(1e3, 4.0), (1e5, 9.0)])
def test_wow_and_ramps_within_a_declared_range_are_tracked(noise_ns: float, worst_ms: float) -> None:
    config = act(speeds=speeds_between(0.9, 1.1))
    covered = total = 0
    for speed in LIVELY.values():
        exact = Source(config.rate, noise_ns=0.0).play("01:00:00:00", 6, speed)
        for seed in range(4):
            run = follow(Follower(config), Source(config.rate, seed, noise_ns=noise_ns).play("01:00:00:00", 6, speed))
            assert run.kinds() == [ChaseKind.LOCKED]
            errors = errors_ns(run, exact)
            assert max(error for error, _ in errors) < worst_ms * NS_PER_MS
            covered += sum(error <= 2 * stated for error, stated in errors)
            total += len(errors)
    assert covered >= 0.95 * total


def test_a_dropout_in_wow_goes_on_at_the_mean_speed() -> None:
    config = act(speeds=speeds_between(0.9, 1.1))
    speed = wow(0.01, 1.3)
    for seed in range(5):
        source = Source(config.rate, seed, noise_ns=1e3)
        exact = Source(config.rate, noise_ns=0.0).play("01:00:00:00", 6, speed)
        run = follow(Follower(config), source.play("01:00:00:00", 4 + 0.15 * seed, speed), until_s=5.2)
        error_ns, stated_ns = errors_ns(run, exact)[-1]
        assert error_ns < 12 * NS_PER_MS
        assert error_ns < 3 * stated_ns


def test_a_step_with_nothing_new_is_cheap() -> None:
    """Counted, not timed: no search through the past, so the cost does not grow with the run."""
    config = act()
    follower = Follower(config)
    run = follow(follower, Source(config.rate).play("01:00:00:00", 20))
    first, _ = follower.step(run.clocks[-1].host_ns + 1000)
    second, _ = follower.step(run.clocks[-1].host_ns + 2000)
    assert second.show_ns - first.show_ns == pytest.approx(1000, abs=1)
    assert first.host_ns > HOST0_NS
