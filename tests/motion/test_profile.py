from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import PlanError
from cuefocus.motion.profile import Profile, bezier_profile, named_profile, recorded_profile
from tests.motion.axes import MS, SHAPES

shares = st.floats(0, 1)
named = st.sampled_from(SHAPES).map(named_profile)
beziers = st.tuples(shares, shares, shares, shares).map(lambda points: bezier_profile(*points))
recordings = st.lists(shares, min_size=1, max_size=60).map(
    lambda middle: recorded_profile("hand", tuple(enumerate([0.0, *sorted(middle), 1.0])))
)
profiles = st.one_of(named, beziers, recordings)


@given(profile=profiles)
def test_a_shape_runs_from_rest_at_0_to_rest_at_1_without_a_jump(profile: Profile) -> None:
    first, last = profile.pieces[0], profile.pieces[-1]
    assert first.start == 0.0
    assert last.start + last.length == pytest.approx(1.0)
    assert first.at(0.0) == pytest.approx(0.0, abs=1e-12)
    assert profile.at(1.0) == 1.0
    assert last.at(1.0) == pytest.approx(1.0, abs=1e-9)
    assert first.derivatives(0.0)[:2] == pytest.approx((0.0, 0.0), abs=1e-6)
    assert last.derivatives(1.0)[:2] == pytest.approx((0.0, 0.0), abs=1e-6)
    for before, after in pairwise(profile.pieces):
        joint = before.start + before.length
        assert joint == pytest.approx(after.start)
        assert before.at(joint) == pytest.approx(after.at(joint), abs=1e-9)
        assert before.derivatives(1.0)[:2] == pytest.approx(after.derivatives(0.0)[:2], rel=1e-6, abs=1e-6)


@given(profile=profiles)
def test_no_shape_a_show_can_name_passes_its_mark(profile: Profile) -> None:
    assert profile.overshoot <= 1e-6


@given(profile=profiles, low=st.floats(0.01, 0.999))
def test_entry_is_where_the_band_is_entered_for_good(profile: Profile, low: float) -> None:
    entry = profile.entry_fraction(low)
    assert profile.at(entry) >= low - 1e-9
    assert profile.at(entry - 1e-6) <= low + 1e-4
    assert all(profile.at(entry + (1 - entry) * step / 50) >= low - 1e-9 for step in range(51))


def test_entry_waits_for_an_overshoot_to_come_back() -> None:
    eager = bezier_profile(0.5, -0.3, 0.5, 1.6)
    assert eager.overshoot > 0.05
    entry = eager.entry_fraction(0.98, 1.02)
    assert eager.at(entry) == pytest.approx(1.02, abs=1e-6)
    assert entry > eager.entry_fraction(0.98)


def test_minimum_jerk_has_the_peaks_of_flash_and_hogan() -> None:
    speed, accel, jerk = named_profile("minimum-jerk").peaks
    assert speed == pytest.approx(1.875)
    assert accel == pytest.approx(5.7735, rel=2e-3)
    assert jerk == pytest.approx(60.0)
    assert 1 - named_profile("minimum-jerk").entry_fraction(0.99) == pytest.approx(0.106, abs=5e-4)


def test_the_s_curve_has_seven_pieces_of_constant_jerk() -> None:
    pieces = named_profile("s-curve").pieces
    assert len(pieces) == 7
    assert all(piece.coefficients[4:] == (0.0, 0.0) for piece in pieces)


@given(profile=profiles, start=shares, target=shares, pull_ms=st.integers(40, 5000))
def test_segments_follow_the_shape(profile: Profile, start: float, target: float, pull_ms: int) -> None:
    segments = profile.segments(start, target, 5 * MS, pull_ms * MS)
    if start == target:
        assert segments == ()
        return
    assert segments[0].start_ns == 5 * MS
    assert segments[-1].end_ns == (5 + pull_ms) * MS
    for before, after in pairwise(segments):
        assert before.end_ns == after.start_ns
    for segment in segments:
        middle = segment.start_ns + segment.length_ns // 2
        wanted = start + (target - start) * profile.at((middle - 5 * MS) / (pull_ms * MS))
        assert segment.at(middle)[0] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: named_profile("swoosh"), "no shape 'swoosh'"),
        (lambda: bezier_profile(1.2, 0, 0.5, 1), "must lie in 0…1"),
        (lambda: recorded_profile("r", ((0, 0.0),)), "1 samples"),
        (lambda: recorded_profile("r", ((0, 0.0), (0, 1.0))), "must rise"),
        (lambda: recorded_profile("r", ((0, 0.5), (1, 0.9), (2, 0.5))), "ends where it began"),
    ],
)
def test_what_is_no_shape_is_refused_in_words(make: object, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        make()  # type: ignore[operator]


def test_a_recording_of_any_length_is_cheap() -> None:
    long = tuple((i, i / 99_999) for i in range(100_000))
    assert len(recorded_profile("long", long).pieces) <= 32
