import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import PlanError
from cuefocus.optics.depth_of_field import blur_coc_per_dioptre
from cuefocus.optics.lens_map import LensMap
from cuefocus.optics.scale_map import ScaleMap, stops_of
from cuefocus.optics.sharp_band import Eye, SharpBand, sharp_band
from tests.optics.arri_pull import LIMITS, PULL, ring

LENS = LensMap([(0.0, 2.0), (0.2, 1.55), (0.5, 0.9), (0.8, 0.35), (1.0, 0.0)])
focal_lengths = st.floats(18, 135)
stops = st.floats(1.3, 16)
targets = st.floats(0.0, 2.0)
starts = st.floats(0.0, 1.0)


def band(
    start: float, target: float, focal: float, stop: float, count: float = 1e-4, backlash: float = 0.0
) -> SharpBand:
    return sharp_band(
        LENS,
        Eye(focal, stop, 0.025),
        start_ring=start,
        target_dioptres=target,
        count_ring=count,
        residual_backlash_ring=backlash,
    )


@given(start=starts, target=targets, focal=focal_lengths, stop=stops, count=st.floats(1e-5, 1e-2))
def test_edges_lie_round_the_target(start: float, target: float, focal: float, stop: float, count: float) -> None:
    found = band(start, target, focal, stop, count)
    assert found.near_ring < found.target_ring < found.far_ring
    assert found.near_dioptres > found.target_dioptres > found.far_dioptres


@given(start=starts, target=targets, focal=focal_lengths, stop=stops)
def test_a_fine_motor_gets_the_smaller_of_blur_and_5_percent_but_1_percent_at_least(
    start: float, target: float, focal: float, stop: float
) -> None:
    found = band(start, target, focal, stop, count=1e-9)
    travel = abs(LENS.dioptres_at(start) - target)
    blur = 0.5 / blur_coc_per_dioptre(focal, stop, 0.025)
    wanted = max(min(blur, 0.05 * travel), 0.01 * travel)
    assert found.near_dioptres - target == pytest.approx(wanted, abs=1e-6)
    assert target - found.far_dioptres == pytest.approx(wanted, abs=1e-6)


@given(start=starts, target=st.floats(0.1, 1.9), count=st.floats(1e-4, 1e-2), backlash=st.floats(0, 2e-2))
def test_two_counts_and_the_backlash_always_fit_in(start: float, target: float, count: float, backlash: float) -> None:
    found = band(start, target, 50, 2.0, count, backlash)
    step = max(2 * count, backlash)
    assert found.target_ring - found.near_ring >= step - 1e-9
    assert found.far_ring - found.target_ring >= step - 1e-9


def test_a_motor_whose_steps_blur_is_too_coarse() -> None:
    assert not band(0.0, 0.9, 85, 1.4, count=1e-4).too_coarse
    assert band(0.0, 0.9, 85, 1.4, count=5e-3).too_coarse
    assert band(0.0, 0.9, 85, 1.4, count=1e-4, backlash=0.01).too_coarse


def test_a_start_within_the_band_is_told() -> None:
    assert band(0.5, 0.9, 40, 2.8).holds_start
    assert not band(0.0, 0.9, 40, 2.8).holds_start


def test_at_infinity_the_far_edge_lies_past_the_scale() -> None:
    found = band(0.0, 0.0, 40, 2.8)
    assert found.far_ring > 1.0
    assert found.far_dioptres < 0.0


def test_a_target_past_the_scale_cannot_be_had() -> None:
    with pytest.raises(PlanError, match=r"0\.400 m cannot be reached"):
        band(0.5, 2.5, 40, 2.8)


def test_half_the_depth_is_the_same_counts_at_every_distance_of_a_real_lens() -> None:
    lens_map = LensMap([(ring(counts), 1 / metres) for counts, metres in PULL])
    half = 1 / blur_coc_per_dioptre(40, 1.8, 0.025)
    assert half == pytest.approx(0.028, abs=2e-4)
    for metres in (0.7, 1.0, 1.5, 2.0, 3.0, 4.0):
        counts = (lens_map.ring_near(1 / metres - half) - lens_map.ring_at(1 / metres)) * (LIMITS[1] - LIMITS[0])
        assert 143 <= counts <= 166  # 149 to 157 on the unrounded scale


@given(distance=st.floats(500, 20_000), focal=focal_lengths, stop=stops)
def test_at_the_limits_of_the_depth_of_field_an_error_blurs_by_one_circle(
    distance: float, focal: float, stop: float
) -> None:
    """Near and far limit by the hyperfocal distance, as depth tables give them."""
    hyperfocal = focal * focal / (stop * 0.025) + focal
    near = distance * (hyperfocal - focal) / (hyperfocal + distance - 2 * focal)
    far = distance * (hyperfocal - focal) / (hyperfocal - distance) if distance < hyperfocal else math.inf
    one_circle = (1 - focal / distance) / blur_coc_per_dioptre(focal, stop, 0.025)
    assert 1000 / near - 1000 / distance == pytest.approx(one_circle, rel=1e-6)
    assert 1000 / distance - 1000 / far == pytest.approx(min(one_circle, 1000 / distance), rel=1e-6)


def test_a_fast_lens_has_the_depth_that_tables_give() -> None:
    assert blur_coc_per_dioptre(85, 1.4, 0.025) == pytest.approx(1 / 0.0048, rel=0.02)


def test_iris_scales_run_in_stops_either_way() -> None:
    closing = ScaleMap([(0.0, stops_of(2.0)), (0.5, stops_of(4.0)), (1.0, stops_of(8.0))])
    opening = ScaleMap([(0.0, stops_of(8.0)), (0.5, stops_of(4.0)), (1.0, stops_of(2.0))])
    assert closing.ring_at(stops_of(2.8284271247461903)) == pytest.approx(0.25)
    assert opening.ring_at(stops_of(2.8284271247461903)) == pytest.approx(0.75)
    with pytest.raises(PlanError, match="does not reach"):
        closing.ring_at(stops_of(11.0))
