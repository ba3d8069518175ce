import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cuefocus.errors import PlanError, RigFileError
from cuefocus.optics.lens_map import LensMap
from cuefocus.optics.monotone import MonotoneCurve
from tests.optics.arri_pull import FIVE_MARKS, PULL, ring

steps = st.floats(1e-3, 1.0)


@st.composite
def lens_maps(draw: st.DrawFn) -> LensMap:
    gaps = draw(st.lists(st.tuples(steps, steps), min_size=1, max_size=8))
    total = sum(gap for gap, _ in gaps) * 1.001
    at, dioptres = 0.0, sum(fall for _, fall in gaps)
    marks = [(0.0, dioptres)]
    for gap, fall in gaps:
        at, dioptres = at + gap / total, max(0.0, dioptres - fall)
        marks.append((at, dioptres))
    assume(all(b[1] < a[1] and b[0] - a[0] > 1e-6 for a, b in pairwise(marks)))
    return LensMap(marks)


@given(lens_map=lens_maps(), share=st.floats(0, 1))
def test_a_ring_position_is_found_again_from_its_distance(lens_map: LensMap, share: float) -> None:
    at = lens_map.near_ring + share * (lens_map.far_ring - lens_map.near_ring)
    dioptres = lens_map.dioptres_at(at)
    assert lens_map.dioptres_at(lens_map.ring_at(dioptres)) == pytest.approx(dioptres, abs=1e-9)


@given(lens_map=lens_maps(), one=st.floats(0, 1), other=st.floats(0, 1))
def test_nearer_is_always_further_towards_close_focus(lens_map: LensMap, one: float, other: float) -> None:
    span = lens_map.far_ring - lens_map.near_ring
    low, high = sorted((lens_map.near_ring + one * span, lens_map.near_ring + other * span))
    assert lens_map.dioptres_at(low) >= lens_map.dioptres_at(high) - 1e-12


@given(lens_map=lens_maps())
def test_every_mark_is_on_the_curve(lens_map: LensMap) -> None:
    for at, dioptres in lens_map.marks:
        assert lens_map.dioptres_at(at) == pytest.approx(dioptres, abs=1e-12)
        assert lens_map.ring_at(dioptres) == pytest.approx(at, abs=1e-6)


@given(lens_map=lens_maps(), share=st.floats(0.01, 0.99))
def test_the_slope_is_the_curve_s_and_never_flat(lens_map: LensMap, share: float) -> None:
    at = lens_map.near_ring + share * (lens_map.far_ring - lens_map.near_ring)
    assert lens_map.slope_at(at) < 0.0
    step = 1e-7
    measured = (lens_map.dioptres_near(at + step) - lens_map.dioptres_near(at - step)) / (2 * step)
    assert lens_map.slope_at(at) <= 0.9 * measured + 1e-3 or measured == pytest.approx(lens_map.slope_at(at), rel=0.05)


@given(lens_map=lens_maps(), beyond=st.floats(1e-6, 10))
def test_nothing_beyond_the_outermost_marks_is_reached(lens_map: LensMap, beyond: float) -> None:
    for dioptres in (lens_map.near_dioptres + beyond, lens_map.far_dioptres - beyond):
        with pytest.raises(PlanError, match="the lens map runs from"):
            lens_map.ring_at(dioptres)
    for at in (lens_map.near_ring - beyond, lens_map.far_ring + beyond):
        with pytest.raises(PlanError, match="outside the lens map"):
            lens_map.dioptres_at(at)


@given(lens_map=lens_maps(), trim=st.floats(-0.5, 0.5))
def test_a_trim_shifts_every_distance_by_the_same_dioptres(lens_map: LensMap, trim: float) -> None:
    shifted = LensMap(lens_map.marks, trim_dioptres=trim)
    for at, dioptres in lens_map.marks:
        assert shifted.dioptres_at(at) == pytest.approx(dioptres - trim)
        assert shifted.ring_at(dioptres - trim) == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        ([(0.0, 2.0)], "two marks"),
        ([], "two marks"),
        ([(0.0, 2.0), (1.0, math.nan)], "not a number"),
        ([(0.0, 2.0), (math.inf, 1.0)], "not a number"),
        ([(0.0, 2.0), (0.5, 1.0), (1.0, 1.5)], "turn back"),
        ([(0.0, 2.0), (0.5, 1.0), (0.5, 0.5)], "turn back"),
        ([(0.0, 0.0), (1.0, 2.0)], "turn back"),
    ],
)
def test_what_is_no_map_is_refused_in_words(marks: list[tuple[float, float]], says: str) -> None:
    with pytest.raises(RigFileError, match=says):
        LensMap(marks)


def test_infinity_is_a_mark_like_any_other() -> None:
    lens_map = LensMap([(0.0, 2.0), (0.4, 1.0), (1.0, 0.0)])
    assert lens_map.ring_at(0.0) == 1.0
    assert lens_map.reach_text == "0.500 m to ∞"


def test_five_marks_of_a_real_lens_hold_in_dioptres_not_in_metres() -> None:
    lens_map = LensMap([(ring(counts), 1 / metres) for counts, metres in FIVE_MARKS])
    in_dioptres = max(abs(1 / lens_map.dioptres_at(ring(counts)) - metres) for counts, metres in PULL)
    in_metres = MonotoneCurve([ring(counts) for counts, _ in FIVE_MARKS], [-metres for _, metres in FIVE_MARKS])
    assert in_dioptres < 0.030
    assert max(abs(-in_metres.y_at(ring(counts)) - metres) for counts, metres in PULL) > 0.100
