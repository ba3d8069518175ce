from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cuefocus.errors import PlanError
from cuefocus.motion.feasible import shortest_pull_ns
from cuefocus.motion.planner import plan_rack, plan_triggered
from cuefocus.motion.profile import named_profile
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import TooFast
from cuefocus.motion.track import Track
from tests.motion.axes import LENS, MS, SHAPES, SPEC, request, spec

starts = st.floats(0, 1)
targets = st.floats(0.01, 1.59)
shapes = st.sampled_from(SHAPES)
pulls = st.integers(100, 4000)
lands = st.integers(-(10**12), 10**14)


def ring_at(rack: PlannedRack, at_ns: int) -> float:
    return Track(rack.from_ring, rack.segments).at(at_ns)[0]


def in_band(rack: PlannedRack, at_ns: int) -> bool:
    return rack.band.near_ring - 1e-12 <= ring_at(rack, at_ns) <= rack.band.far_ring + 1e-12


@given(start=starts, target=targets, shape=shapes, pull_ms=pulls, land_ns=lands)
def test_a_sharp_rack_enters_its_band_at_the_nanosecond_it_was_asked_for(
    start: float, target: float, shape: str, pull_ms: int, land_ns: int
) -> None:
    asked = request(target, land_ns, profile=named_profile(shape), pull_ns=pull_ms * MS)
    rack = plan_rack(asked, start, SPEC, checked=False)
    assert rack.sharp_ns == rack.land_ns == land_ns
    assert rack.stop_ns - rack.depart_ns == pull_ms * MS
    assert rack.depart_ns <= land_ns <= rack.stop_ns
    assert in_band(rack, land_ns)
    if not rack.band.near_ring <= start <= rack.band.far_ring:
        assert not in_band(rack, land_ns - 3_000)
    for step in range(20):
        assert in_band(rack, land_ns + (rack.stop_ns - land_ns) * step // 20)
    assert ring_at(rack, rack.stop_ns) == pytest.approx(LENS.ring_at(target), abs=1e-12)


@given(start=starts, target=targets, land_ns=lands)
def test_a_stopped_rack_stands_still_at_its_moment(start: float, target: float, land_ns: int) -> None:
    rack = plan_rack(request(target, land_ns, landing="stopped"), start, SPEC, checked=False)
    assert rack.stop_ns == land_ns
    assert ring_at(rack, land_ns) == pytest.approx(LENS.ring_at(target), abs=1e-12)


@given(start=starts, target=targets, length_ms=pulls)
def test_leave_and_land_fix_the_pull(start: float, target: float, length_ms: int) -> None:
    asked = request(target, 5_000 * MS, leave_ns=(5_000 - length_ms) * MS, pull_ns=None)
    rack = plan_rack(asked, start, SPEC, checked=False)
    assert rack.depart_ns == rack.leave_ns == (5_000 - length_ms) * MS
    assert rack.sharp_ns == 5_000 * MS
    assert in_band(rack, rack.sharp_ns)
    if not rack.band.near_ring <= start <= rack.band.far_ring:
        assert not in_band(rack, rack.sharp_ns - 10_000)


def test_leaving_says_when_it_will_be_sharp() -> None:
    rack = plan_rack(request(0.4, None, leave_ns=1_000 * MS), 0.2, SPEC)
    assert rack.depart_ns == 1_000 * MS
    assert rack.stop_ns == 1_600 * MS
    assert 1_500 * MS < rack.land_ns == rack.sharp_ns < 1_600 * MS
    assert in_band(rack, rack.land_ns)


def test_a_speed_is_the_mean_over_the_travel() -> None:
    rack = plan_rack(request(0.4, pull_ns=None, pull_ring_per_s=0.5), 0.25, SPEC)
    assert rack.stop_ns - rack.depart_ns == pytest.approx((0.75 - 0.25) / 0.5 * 1e9, abs=1)


def test_landing_before_leaving_is_refused() -> None:
    with pytest.raises(PlanError, match="before it leaves"):
        plan_rack(request(0.4, 1_000 * MS, leave_ns=1_200 * MS, pull_ns=None), 0.2, SPEC)


def test_too_short_a_pull_says_how_long_it_needs_and_when_it_could_land() -> None:
    with pytest.raises(TooFast, match=r"has 0\.20 s and needs 0\.\d\d s at least") as caught:
        plan_rack(request(0.2, pull_ns=200 * MS), 0.05, SPEC)
    needs_ns = caught.value.needs_ns
    again = request(0.2, pull_ns=needs_ns + 1_000)
    rack = plan_rack(again, 0.05, SPEC)
    assert caught.value.earliest_ns > 2_000 * MS
    assert rack.stop_ns - rack.depart_ns == needs_ns + 1_000


@given(start=starts, target=targets, shape=shapes, lag_ms=st.integers(0, 60), speed=st.floats(0.1, 8))
def test_what_is_feasible_keeps_every_set_point_inside_the_limits(
    start: float, target: float, shape: str, lag_ms: int, speed: float
) -> None:
    axis = spec(lag_ns=lag_ms * MS)
    travel = LENS.ring_at(target) - start
    assume(abs(travel) > 1e-3)
    profile = named_profile(shape)
    pull_ns = shortest_pull_ns(profile, travel, axis, top_speed=speed)
    rack = plan_rack(request(target, profile=profile, pull_ns=pull_ns, top_speed=speed, axis=axis), start, axis)
    lag_s = lag_ms * 1e-3
    for segment in rack.segments:
        for step in range(21):
            _, v, a = segment.at(segment.start_ns + segment.length_ns * step // 20)
            scale = (1e9 / segment.length_ns) ** 3
            _, _, _, c3, c4, c5 = segment.coefficients
            jerk = (6 * c3 + 24 * c4 * step / 20 + 60 * c5 * (step / 20) ** 2) * scale
            v, a, jerk = v * speed, a * speed**2, jerk * speed**3
            assert abs(v + lag_s * a) * 1.05 <= axis.speed_ring_per_s * 1.01
            assert abs(a + lag_s * jerk) * 1.05**2 <= axis.accel_ring_per_s2 * 1.01
            assert abs(jerk) * 1.05**3 <= axis.jerk_ring_per_s3 * 1.01


@given(start=starts, target=targets, shape=shapes)
def test_the_shortest_pull_is_no_longer_than_it_must_be(start: float, target: float, shape: str) -> None:
    travel = LENS.ring_at(target) - start
    assume(abs(travel) > 1e-2)
    profile = named_profile(shape)
    least_ns = shortest_pull_ns(profile, travel, SPEC, margin=1.0)
    with pytest.raises(TooFast):
        plan_rack(request(target, profile=profile, pull_ns=round(least_ns * 0.995)), start, SPEC)
    plan_rack(request(target, profile=profile, pull_ns=least_ns + 1_000), start, SPEC)


@given(start=starts, target=targets, short_ms=st.integers(0, 300))
def test_a_late_start_pulls_faster_and_still_lands_or_refuses(start: float, target: float, short_ms: int) -> None:
    asked = request(target)
    plain = plan_rack(asked, start, SPEC, checked=False)
    not_before_ns = plain.depart_ns + short_ms * MS
    try:
        rack = plan_rack(asked, start, SPEC, not_before_ns=not_before_ns, may_shorten=True)
    except TooFast:
        return
    assert rack.depart_ns >= not_before_ns
    assert rack.sharp_ns == rack.land_ns == asked.land_ns
    assert in_band(rack, rack.land_ns)


def test_late_is_the_written_pull_whenever_it_leaves() -> None:
    rack = plan_rack(request(0.4), 0.1, SPEC, depart_ns=1_900 * MS)
    assert (rack.depart_ns, rack.stop_ns, rack.land_ns) == (1_900 * MS, 2_500 * MS, 2_000 * MS)
    assert rack.sharp_ns > rack.land_ns


@given(start=starts, target=targets, trigger_ns=st.integers(0, 10**15))
def test_a_triggered_rack_lands_a_pull_and_the_latency_after_its_trigger(
    start: float, target: float, trigger_ns: int
) -> None:
    asked = request(target, None, pull_ns=900 * MS, triggered=True)
    rack = plan_triggered(asked, (start, 0.0, 0.0), SPEC, trigger_ns=trigger_ns)
    assert rack.land_ns == trigger_ns + 900 * MS + SPEC.lead_ns
    assert rack.depart_ns >= trigger_ns + SPEC.lead_ns
    assert in_band(rack, rack.land_ns)
    assert rack.triggered


@example(start=0.58984375, speed=0.9375, target=0.59375)  # braking brings it into the band, however long it may take
@given(start=st.floats(0.2, 0.8), speed=st.floats(-1.0, 1.0), target=targets)
def test_a_triggered_rack_takes_over_a_moving_axis_without_a_step(start: float, speed: float, target: float) -> None:
    asked = request(target, None, pull_ns=1_500 * MS, triggered=True)
    rack = plan_triggered(asked, (start, speed, 0.0), SPEC, trigger_ns=0)
    if rack.segments:
        assert rack.segments[0].at(SPEC.lead_ns)[:2] == pytest.approx((start, speed), abs=1e-6)
        assert rack.segments[-1].end_ring == pytest.approx(LENS.ring_at(target), abs=1e-9)
    for one, next_ in pairwise(rack.segments):
        assert one.end_ns <= next_.start_ns
        before, after = one.at(one.end_ns), next_.at(next_.start_ns)
        assert before[:2] == pytest.approx(after[:2], abs=1e-6)
        assert one.end_ns == next_.start_ns or abs(before[1]) < 1e-6
    assert rack.land_ns - MS <= rack.sharp_ns <= rack.land_ns


def test_a_trigger_that_asks_too_much_is_refused_with_the_time_it_takes() -> None:
    asked = request(0.1, None, pull_ns=900 * MS, land_after_ns=250 * MS, triggered=True)
    with pytest.raises(TooFast) as caught:
        plan_triggered(asked, (0.0, 0.0, 0.0), SPEC, trigger_ns=0)
    assert caught.value.earliest_ns > 250 * MS


def test_an_offset_moves_everything_by_as_much() -> None:
    plain = plan_rack(request(0.4), 0.1, SPEC)
    later = plan_rack(replace(request(0.4), land_ns=2_000 * MS + 12_345_678), 0.1, SPEC)
    assert later.depart_ns - plain.depart_ns == 12_345_678
