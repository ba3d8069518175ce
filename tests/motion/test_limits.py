import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.motion.feasible import shortest_pull_ns
from cuefocus.motion.lag import lag_swing
from cuefocus.motion.limits import NAMES, SetpointLimiter
from cuefocus.motion.profile import named_profile
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec
from tests.motion.axes import MS, SHAPES, divided_differences, spec

axes = st.builds(
    lambda lag_ms, period_ms: spec(lag_ns=lag_ms * MS, period_ns=period_ms * MS),
    lag_ms=st.sampled_from([0, 0, 3, 15, 40]),
    period_ms=st.sampled_from([1, 4, 10, 20]),
)


def sent(axis: AxisSpec, times_ns: Sequence[int], wanted: Callable[[int], float]) -> tuple[list[float], list[str]]:
    """What a limiter makes of a wish."""
    limiter = SetpointLimiter(axis)
    limiter.reset(min(1.0, max(0.0, wanted(times_ns[0]))))
    rings, names = [], []
    for at_ns in times_ns:
        ring, clamped = limiter.step(at_ns, wanted(at_ns))
        rings.append(ring)
        names.append(clamped)
    return rings, names


def grid(axis: AxisSpec, length_ms: int, start_ns: int = 10**9) -> list[int]:
    return list(range(start_ns, start_ns + length_ms * MS, axis.period_ns))


@settings(deadline=None, max_examples=60)
@given(
    axis=axes,
    shape=st.sampled_from(SHAPES),
    start=st.floats(0.05, 0.95),  # a set-point leads its path by the lag, by a little past the target at the end
    target=st.floats(0.05, 0.95),
    slack=st.floats(1.0, 3.0),
    seed=st.integers(0, 10**6),
)
def test_a_feasible_track_passes_untouched_at_any_spacing_of_set_points(
    axis: AxisSpec, shape: str, start: float, target: float, slack: float, seed: int
) -> None:
    profile = named_profile(shape)
    pull_ns = round(shortest_pull_ns(profile, target - start, axis, margin=1.0) * slack) + 30 * MS
    depart_ns = 10**9 + 100 * MS + seed
    track = Track(start, profile.segments(start, target, depart_ns, pull_ns))
    dice = random.Random(seed)
    times = [10**9]
    while times[-1] < depart_ns + pull_ns + 100 * MS:
        share = dice.choice([1.0, 1.0, 1.0, dice.uniform(0.1, 1.5)])
        times.append(times[-1] + max(20_000, int(axis.period_ns * share)))
    rings, names = sent(axis, times, lambda at_ns: track.at(at_ns)[0] + axis.lag_ns * 1e-9 * track.at(at_ns)[1])
    assert set(names) == {""}
    assert rings[-1] == pytest.approx(target, abs=1e-6)
    limiter, lag_s = SetpointLimiter(axis), axis.lag_ns * 1e-9
    limiter.reset(start)
    for at_ns in times:
        x, v, a = track.at(at_ns)
        assert limiter.step(at_ns, x + lag_s * v, (x, v, a, target)) == (x + lag_s * v, ""), (
            "nor where its end is known"
        )


TILTA = replace(spec(period_ns=20 * MS), speed_ring_per_s=2.2, accel_ring_per_s2=30.0, jerk_ring_per_s3=800.0)


@pytest.mark.parametrize(("lag_ms", "passed"), [(0, 1e-9), (14, 0.004)])
@pytest.mark.parametrize("pull_ms", [400, 600])
@pytest.mark.parametrize("share", [0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9])
def test_a_rack_that_is_played_twice_as_fast_from_its_middle_on_does_not_pass_its_target(
    lag_ms: int, passed: float, pull_ms: int, share: float
) -> None:
    """It cannot follow as fast; what brings it back leaves it able to stop where the rack ends."""
    axis, start, target = replace(TILTA, lag_ns=lag_ms * MS), 0.3673, 0.7342
    track = Track(start, named_profile("minimum-jerk").segments(start, target, 0, pull_ms * MS))
    limiter, lag_s, turn_ns = SetpointLimiter(axis), axis.lag_ns * 1e-9, share * pull_ms * MS
    limiter.reset(start)
    lens_ring = farthest = start
    for at_ns in range(-200 * MS, 1500 * MS, axis.period_ns):
        speed = 1.0 if at_ns < turn_ns else 2.0
        x, v, a = track.at(round(at_ns if at_ns < turn_ns else turn_ns + 2.0 * (at_ns - turn_ns)))
        course = (x, v * speed, a * speed**2, target)
        ring, _ = limiter.step(at_ns + 10**9, x + lag_s * v * speed, course)
        lens_ring = ring + (lens_ring - ring) * math.exp(-axis.period_ns / axis.lag_ns) if axis.lag_ns else ring
        farthest = max(farthest, lens_ring)
    assert farthest - target <= passed * (target - start)
    assert lens_ring == pytest.approx(target, abs=1e-6)


def wishes(name: str) -> Callable[[int], float]:
    """Things no motor can do, over host time from 1 s."""

    def seconds(at_ns: int) -> float:
        return at_ns * 1e-9 - 1.1

    smooth = named_profile("minimum-jerk")
    return {
        "step": lambda at: 0.2 if seconds(at) < 0 else 0.7,
        "ramp": lambda at: 0.2 + 0.8 * min(max(seconds(at), 0.0), 0.6),
        "too fast": lambda at: 0.2 + 0.6 * smooth.at(seconds(at) / 0.3),
        "sine": lambda at: 0.5 + 0.4 * math.sin(12 * seconds(at)),
        "past the end": lambda at: 0.5 if seconds(at) < 0 else 1.5,
        "glitch": lambda at: 0.2 + 0.3 * smooth.at(seconds(at) / 0.6) + (0.1 if abs(seconds(at) - 0.3) < 0.0101 else 0),
        "noise": lambda at: 0.5 + 0.5 * math.sin(at * 1.7e-6) * math.sin(at * 3.1e-7),
        "no number": lambda at: 0.4 if seconds(at) < 0 else math.nan,
    }[name]


WISHES = ("step", "ramp", "too fast", "sine", "past the end", "glitch", "noise", "no number")


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("period_ms", [1, 10, 20])
def test_whatever_is_wished_every_set_point_keeps_every_limit(wish: str, period_ms: int) -> None:
    axis = spec(lag_ns=0, period_ns=period_ms * MS)
    times = grid(axis, 1500)
    rings, _ = sent(axis, times, wishes(wish))
    speed, accel, jerk = divided_differences(times, rings)
    assert all(0.0 <= ring <= 1.0 for ring in rings)
    assert speed <= 2.5 * (1 + 1e-9)
    assert accel <= 30.0 * 1.01
    assert jerk <= 600.0 * 1.02


@pytest.mark.parametrize("lag_ms", [3, 15, 40])
@pytest.mark.parametrize("wish", WISHES)
def test_behind_a_lag_position_speed_and_acceleration_hold_too(wish: str, lag_ms: int) -> None:
    axis = spec(lag_ns=lag_ms * MS, period_ns=5 * MS)
    times = grid(axis, 1500)
    rings, _ = sent(axis, times, wishes(wish))
    speed, accel, _ = divided_differences(times, rings)
    assert all(0.0 <= ring <= 1.0 for ring in rings)
    assert speed <= 2.5 * (1 + 1e-9)
    assert accel <= 30.0 * 1.01


@pytest.mark.parametrize("lag_ms", [3, 15, 40])
@pytest.mark.parametrize("period_ms", [5, 10, 20])
@pytest.mark.parametrize("stride", [0.0005, 0.002, 0.01])
def test_behind_a_lag_no_set_points_pass_that_no_path_within_the_jerk_limit_has(
    lag_ms: int, period_ms: int, stride: float
) -> None:
    """A hand that is heard every other set-point trembles; behind the lag on the average it is smooth, yet no path."""
    axis = spec(lag_ns=lag_ms * MS, period_ns=period_ms * MS)
    times = grid(axis, 600)
    rings, _ = sent(axis, times, lambda at_ns: 0.3 + stride * max(0, (at_ns - 1_100 * MS) // (2 * axis.period_ns)))
    swing = lag_swing(0, axis.period_ns, 2 * axis.period_ns, 3 * axis.period_ns, lag_ms * 1e-3)
    assert swing == pytest.approx(1.0 + 1.5 * lag_ms / period_ms)
    assert divided_differences(times, rings)[2] <= 600.0 * swing * 1.001


@pytest.mark.parametrize("period_ms", [1, 10, 20])
@pytest.mark.parametrize("lag_ms", [0, 15])
@pytest.mark.parametrize("target", [0.0, 0.3, 0.7, 1.0])
def test_after_a_step_it_comes_to_the_target_once_and_stays(target: float, lag_ms: int, period_ms: int) -> None:
    axis = spec(lag_ns=lag_ms * MS, period_ns=period_ms * MS)
    times = grid(axis, 1500)
    rings, names = sent(axis, times, lambda at_ns: 0.2 if at_ns < 1_100 * MS else target)
    sign = 1 if target > 0.2 else -1
    steps = [(after - before) * sign for before, after in pairwise(rings)]
    assert min(steps) >= -1e-6
    assert (target - max(rings, key=lambda ring: ring * sign)) * sign >= -1e-6
    assert rings[-1] == pytest.approx(target, abs=1e-6)
    assert names[-1] == ""
    assert any(names)


def test_it_catches_up_with_a_moving_track_and_then_lets_it_pass() -> None:
    axis = spec(lag_ns=0, period_ns=10 * MS)
    profile = named_profile("minimum-jerk")
    track = Track(0.1, profile.segments(0.1, 0.9, 1_100 * MS, 1_500 * MS))
    times = grid(axis, 2000)
    rings, names = sent(axis, times, lambda at: track.at(at)[0] + (0.02 if 1_400 * MS <= at < 1_450 * MS else 0.0))
    late = [name for at, name in zip(times, names, strict=True) if at > 2_200 * MS]
    assert any(names)
    assert set(late) == {""}
    assert max(rings) <= 0.9 + 1e-9


def test_clamps_are_named_and_counted() -> None:
    axis = spec(lag_ns=0)
    limiter = SetpointLimiter(axis)
    limiter.reset(0.5)
    _, clamped = limiter.step(10**9, 0.9)
    assert set(clamped.split()) <= set(NAMES)
    assert "speed" in clamped.split()
    assert limiter.counts["speed"] == 1
    _, clamped = limiter.step(10**9 + 20 * MS, 7.0)
    assert "position" in clamped.split()


def test_a_set_point_that_was_not_sent_leaves_no_trace() -> None:
    axis = spec(lag_ns=0)
    one, other = SetpointLimiter(axis), SetpointLimiter(axis)
    for limiter in (one, other):
        limiter.reset(0.5)
        limiter.step(10**9, 0.5)
    one.limit(10**9 + 20 * MS, 0.8)
    one.skip(10**9 + 20 * MS)
    assert one.limit(10**9 + 40 * MS, 0.5001) == other.limit(10**9 + 40 * MS, 0.5001)


def test_after_a_long_silence_no_more_way_is_given_than_in_one_period() -> None:
    axis = spec(lag_ns=0, period_ns=10 * MS)
    limiter = SetpointLimiter(axis)
    limiter.reset(0.2)
    limiter.step(10**9, 0.2)
    ring, clamped = limiter.step(60 * 10**9, 0.9)
    assert ring - 0.2 <= 600 * 0.01**3
    assert clamped


@given(
    wanted=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=50),
    gaps=st.lists(st.integers(-(10**9), 10**11), min_size=50, max_size=50),
)
def test_it_never_raises_and_never_leaves_the_travel(wanted: list[float], gaps: list[int]) -> None:
    limiter = SetpointLimiter(spec())
    limiter.reset(0.5)
    at_ns = 0
    for ring, gap in zip(wanted, gaps, strict=False):
        at_ns += gap
        answer, clamped = limiter.step(at_ns, ring)
        assert 0.0 <= answer <= 1.0
        assert all(name in NAMES for name in clamped.split())
