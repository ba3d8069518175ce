"""A landing that falls into a stretch without evidence is told as no better known than it is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.landing.evidence import Sample
from cuefocus.landing.trace import UNSEEN_NS, Path
from cuefocus.landing.verdict import judge
from tests.landing.racks import LAND_HOST_NS, MS, circumstances, evidence, planned_curve, rack, sampled


def without(samples: list[Sample], from_ms: float, until_ms: float) -> list[Sample]:
    """The reports but for those between two moments, ms from the landing."""
    return [one for one in samples if not from_ms * MS < one[0] - LAND_HOST_NS < until_ms * MS]


@pytest.mark.parametrize(("from_ms", "until_ms"), [(-153, 650), (-400, 650), (-40, 120), (-1200, 650), (-130, 10)])
@pytest.mark.parametrize("late_ms", [0, 90])
def test_a_landing_in_a_hole_was_not_seen(from_ms: int, until_ms: int, late_ms: int) -> None:
    planned = rack(leave=True)
    samples = without(sampled(planned_curve(planned, late_ns=late_ms * MS)), from_ms, until_ms + late_ms)
    row = judge(planned, circumstances(), evidence(samples))
    assert row.verdict == "missed"
    assert row.reason is not None
    assert row.reason.startswith("came into the band unseen, between ")
    assert (row.error_ms, row.uncertainty_ms, row.arrived_s, row.sharp_s, row.held_s) == (None,) * 5
    assert row.error_dioptres is None


def test_the_reason_says_between_which_reports_it_came() -> None:
    samples = without(sampled(planned_curve(rack()), phase_ns=0), -150, 650)
    row = judge(rack(), circumstances(), evidence(samples))
    assert row.reason == "came into the band unseen, between 160 ms before and 660 ms after it was to land"


def test_it_is_late_if_the_hole_began_after_its_moment_and_how_late_is_as_uncertain_as_the_hole_is_long() -> None:
    samples = without(sampled(planned_curve(rack(), late_ns=300 * MS), phase_ns=0), 90, 490)
    row = judge(rack(), circumstances(), evidence(samples))
    assert (row.verdict, row.reason) == (
        "late",
        "came into the band unseen, between 80 ms after and 500 ms after it was to land",
    )
    assert row.error_ms == pytest.approx(290)
    assert row.uncertainty_ms == pytest.approx(420 / 12**0.5, rel=0.01)


def test_it_is_landed_if_both_ends_of_the_hole_are_within_its_tolerance() -> None:
    planned = rack(tolerance_ns=200 * MS)
    samples = without(sampled(planned_curve(planned), phase_ns=0), -90, 90)
    row = judge(planned, circumstances(), evidence(samples))
    assert row.verdict == "landed"
    assert row.error_ms == pytest.approx(0, abs=15)
    assert row.uncertainty_ms == pytest.approx(200 / 12**0.5, rel=0.01)


def test_one_that_came_more_than_half_a_second_after_in_a_hole_is_short() -> None:
    samples = without(sampled(planned_curve(rack(), late_ns=700 * MS)), 520, 800)
    row = judge(rack(), circumstances(), evidence(samples))
    assert row.verdict == "short"
    assert row.reason is not None
    assert row.reason.startswith("came into the band unseen, between 507 ms after and ")


def test_a_rack_that_is_seen_only_on_its_mark_has_not_been_there_all_along() -> None:
    samples = [one for one in sampled(planned_curve(rack())) if one[0] > LAND_HOST_NS + 300 * MS]
    row = judge(rack(), circumstances(), evidence(samples))
    assert row.verdict == "missed"
    assert row.reason is not None
    assert "unseen" in row.reason


def test_a_rack_with_nothing_to_pull_is_on_its_mark_though_its_departure_was_not_seen() -> None:
    planned = rack(0.695, 0.7)
    samples = [one for one in sampled(lambda _: 0.7) if one[0] > LAND_HOST_NS - 200 * MS]
    row = judge(planned, circumstances(), evidence(samples))
    assert (row.verdict, row.reason) == ("landed", "nothing to pull: it was there already")
    assert row.error_ms is None


def test_a_hole_after_the_landing_leaves_it_landed_and_is_said() -> None:
    samples = without(sampled(planned_curve(rack()), phase_ns=0), 90, 790)
    row = judge(rack(), circumstances(), evidence(samples))
    assert (row.verdict, row.reason) == ("landed", "no position report for 720 ms of the watch")
    assert row.error_ms == pytest.approx(0, abs=1)


def test_a_hole_before_the_departure_costs_nothing() -> None:
    whole = sampled(planned_curve(rack()))
    assert judge(rack(), circumstances(), evidence(without(whole, -1500, -700))) == judge(
        rack(), circumstances(), evidence(whole)
    )


def test_it_held_no_longer_than_it_was_seen_to_where_it_left_its_band_in_a_hole() -> None:
    curve = planned_curve(rack())
    whole = sampled(lambda at_ns: curve(at_ns) if at_ns < LAND_HOST_NS + 500 * MS else 0.5, phase_ns=0)
    row = judge(rack(), circumstances(), evidence(without(whole, 310, 690)))
    assert row.verdict == "hunted"
    assert row.held_s == pytest.approx(0.3, abs=0.011)


def test_it_was_not_seen_to_hold_where_it_went_through_its_band_in_a_hole() -> None:
    whole = sampled(lambda at_ns: 0.3 if at_ns < LAND_HOST_NS else 0.9, phase_ns=0)
    row = judge(rack(), circumstances(), evidence(without(whole, -90, 90)))
    assert (row.verdict, row.held_s) == ("over", 0.0)


@pytest.mark.parametrize("end_ms", [-40, 30, 300])
def test_reports_that_end_before_it_could_be_called_short_say_nothing_of_the_landing(end_ms: int) -> None:
    whole = sampled(planned_curve(rack(), late_ns=320 * MS), phase_ns=0)
    row = judge(rack(), circumstances(), evidence([one for one in whole if one[0] <= LAND_HOST_NS + end_ms * MS]))
    assert row.verdict == "missed"
    assert row.reason is not None
    side = "before" if end_ms < 0 else "after"
    assert row.reason.startswith(f"position reports ended {abs(end_ms) // 20 * 20} ms {side} it was to land")


def test_a_departure_in_a_hole_is_not_timed() -> None:
    planned = rack(leave=True)
    before_ms = (planned.depart_ns - planned.land_ns) / MS
    samples = without(sampled(planned_curve(planned)), before_ms - 100, before_ms + 120)
    row = judge(planned, circumstances(), evidence(samples))
    assert row.verdict == "landed"
    assert row.error_ms == pytest.approx(0, abs=1)
    assert (row.leave_error_ms, row.leave_arrived_s) == (None, None)


def test_a_lens_that_came_to_rest_in_a_hole_was_not_seen_to() -> None:
    planned = rack(landing="stopped")
    samples = without(sampled(planned_curve(planned)), -250, 300)
    row = judge(planned, circumstances(), evidence(samples))
    assert row.verdict == "missed"
    assert row.reason is not None
    assert row.reason.startswith("came to rest unseen, between ")
    assert row.stopped_s is None


@given(
    from_ms=st.floats(-700, 600),
    length_ms=st.floats(0, 1200),
    late_ms=st.floats(-250, 450),
    phase_ms=st.integers(0, 19),
    target=st.sampled_from([(0.3, 0.7), (0.7, 0.3), (0.05, 0.95)]),
    tolerance_ms=st.sampled_from([20, 80, 300]),
    landing=st.sampled_from(["sharp", "stopped"]),
)
def test_no_time_is_told_beyond_its_uncertainty_whatever_is_missing(
    from_ms: float,
    length_ms: float,
    late_ms: float,
    phase_ms: int,
    target: tuple[float, float],
    tolerance_ms: int,
    landing: str,
) -> None:
    planned = rack(*target, tolerance_ns=tolerance_ms * MS, landing=landing)
    whole = sampled(planned_curve(planned, late_ns=late_ms * MS), phase_ns=phase_ms * MS)
    samples = without(whole, from_ms, from_ms + length_ms)
    row, seen = judge(planned, circumstances(), evidence(samples)), judge(planned, circumstances(), evidence(whole))
    assert seen.uncertainty_ms is not None
    longest_ns = max(after[0] - before[0] for before, after in pairwise(samples))
    if row.error_ms is not None:
        assert row.uncertainty_ms is not None
        assert abs(row.error_ms - late_ms) <= max(2.0, 3 * row.uncertainty_ms)
    if row.verdict != "missed" and longest_ns > UNSEEN_NS and abs(abs(late_ms) - tolerance_ms) > 5:
        assert row.verdict == seen.verdict


def test_where_a_lens_was_on_the_way_through_a_hole_is_not_known_but_at_its_ends_and_at_rest() -> None:
    path = Path([(0, 0.3), (20 * MS, 0.3), (520 * MS, 0.7), (540 * MS, 0.7), (940 * MS, 0.7)])
    assert path.ring_at(300 * MS) is None
    assert (path.ring_at(20 * MS), path.ring_at(520 * MS), path.ring_at(700 * MS)) == pytest.approx((0.3, 0.7, 0.7))
