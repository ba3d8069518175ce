import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.landing.evidence import Evidence, Fate, Sample
from cuefocus.landing.rows import LEAVE_KEYS, LandingRow
from cuefocus.landing.verdict import FATES, Verdict, judge
from tests.landing.racks import (
    LAND_HOST_NS,
    LAND_NS,
    MS,
    SPAN,
    S,
    band_at,
    circumstances,
    dioptres_at,
    evidence,
    planned_curve,
    rack,
    sampled,
    share_to_band,
)

Curve = Callable[[float], float]
lates_ms = st.floats(-400, 450, allow_nan=False)
targets = st.sampled_from([(0.3, 0.7), (0.7, 0.3), (0.05, 0.95), (0.5, 0.44)])


def judged(
    curve: Curve, *, start: float = 0.3, target: float = 0.7, landing: str = "sharp", **more: object
) -> LandingRow:
    return judge(rack(start, target, landing=landing), circumstances(), evidence(sampled(curve), **more))


def blended(first: Curve, then: Curve, at_ns: float) -> Curve:
    return lambda host_ns: first(host_ns) if host_ns < at_ns else then(host_ns)


# Every verdict, by name.


def test_landed() -> None:
    row = judged(planned_curve(rack()))
    assert (row.verdict, row.reason) == ("landed", None)
    assert row.error_ms == pytest.approx(0, abs=1)
    assert row.overshoot_counts == 0
    assert row.held_s == pytest.approx(0.97, abs=0.03)


def test_late() -> None:
    row = judged(planned_curve(rack(), late_ns=40 * MS), notes=("playback jumped",))
    assert (row.verdict, row.reason) == ("late", "playback jumped")
    assert row.error_ms == pytest.approx(40, abs=1)
    assert row.error_frames == pytest.approx(1, abs=0.03)
    assert row.arrived_s == pytest.approx(10.04, abs=0.001)


def test_early() -> None:
    row = judged(planned_curve(rack(), late_ns=-40 * MS))
    assert row.verdict == "early"
    assert row.error_ms == pytest.approx(-40, abs=1)


def test_hunted() -> None:
    whole = planned_curve(rack())
    row = judged(blended(whole, lambda at: 0.685 if at < LAND_HOST_NS + 400 * MS else 0.7, LAND_HOST_NS + 300 * MS))
    assert row.verdict == "hunted"
    assert row.reason == "left the band again by 20 counts"
    assert row.error_ms == pytest.approx(400, abs=20)


def test_over() -> None:
    whole = planned_curve(rack())
    row = judged(blended(whole, lambda at: 0.715 if at < LAND_HOST_NS + 200 * MS else 0.7, LAND_HOST_NS + 100 * MS))
    assert row.verdict == "over"
    assert row.reason == "went 20 counts past the far edge of the band"
    assert row.overshoot_counts == 60


def test_short() -> None:
    whole = planned_curve(rack())
    row = judged(lambda at: min(0.68, whole(at)), clamped=("speed",))
    assert (row.verdict, row.reason) == ("short", "stayed 40 counts short of the band; limited by speed")
    assert (row.error_ms, row.sharp_s, row.held_s) == (None, None, None)


def test_short_too_when_the_band_is_entered_more_than_half_a_second_after() -> None:
    row = judged(planned_curve(rack(), late_ns=600 * MS))
    assert row.verdict == "short"
    assert row.error_ms == pytest.approx(600, abs=1)
    assert row.reason == "reached the band only 600 ms after"


@pytest.mark.parametrize("verdict", sorted(FATES))
def test_a_fate_stands_whatever_was_measured(verdict: Verdict) -> None:
    row = judged(planned_curve(rack()), fate=Fate(verdict.value, "so it was"), notes=("playback jumped",))
    assert (row.verdict, row.reason) == (verdict.value, "so it was; playback jumped")
    assert (row.error_ms, row.arrived_s, row.error_dioptres, row.overshoot_counts) == (None, None, None, None)
    assert row.planned_s == 10.0


def test_missed_without_any_report() -> None:
    row = judge(rack(), circumstances(), evidence([]))
    assert (row.verdict, row.reason) == ("missed", "no position was reported")


def test_missed_when_reports_end_before_it_was_to_land() -> None:
    samples = [sample for sample in sampled(planned_curve(rack())) if sample[0] < LAND_HOST_NS - 250 * MS]
    row = judge(rack(), circumstances(), evidence(samples))
    assert row.verdict == "missed"
    assert row.reason is not None
    assert row.reason.startswith("position reports ended 253 ms before it was to land")


def test_missed_when_its_watch_was_cut_before_it_could_be_late() -> None:
    planned = rack()
    seen = evidence(sampled(planned_curve(planned, late_ns=15 * MS), phase_ns=0, every_ns=5 * MS))
    row = judge(planned, circumstances(), replace(seen, until_ns=LAND_HOST_NS + 10 * MS))
    assert row.verdict == "missed"
    assert row.reason is not None
    assert row.reason.startswith("was watched for 10 ms after it was to land, ")
    assert judge(planned, circumstances(), replace(seen, until_ns=LAND_HOST_NS + 200 * MS)).verdict == "landed"


@pytest.mark.parametrize("late_ms", [0, 15, 30, 50, 80, 100])
@pytest.mark.parametrize("watched_ms", [0, 5, 10, 19, 30, 60, 100, 300])
def test_a_rest_that_came_as_the_watch_was_cut_is_timed_right_or_not_at_all(late_ms: int, watched_ms: int) -> None:
    planned = rack(landing="stopped")
    seen = evidence(sampled(planned_curve(planned, late_ns=late_ms * MS), phase_ns=0))
    row = judge(planned, circumstances(), replace(seen, until_ns=LAND_HOST_NS + watched_ms * MS))
    if row.error_ms is None:
        assert row.verdict == ("missed" if watched_ms <= 20 else "late")
    else:
        assert row.error_ms == pytest.approx(late_ms, abs=3.0)
        assert row.verdict == ("late" if late_ms > 20 else "landed")


def test_one_that_moved_still_when_its_watch_was_cut_before_it_could_be_late_is_not_late() -> None:
    planned = rack(landing="stopped")
    seen = evidence(sampled(planned_curve(planned, late_ns=100 * MS), phase_ns=0, every_ns=5 * MS))
    row = judge(planned, circumstances(), replace(seen, until_ns=LAND_HOST_NS + 19 * MS))
    assert (row.verdict, row.error_ms) == ("missed", None)
    assert row.reason == "was watched for 19 ms after it was to land, and moved still"


def test_every_verdict_has_a_test_here() -> None:
    named = {"landed", "late", "early", "hunted", "over", "short", *(fate.value for fate in FATES)}
    assert {verdict.value for verdict in Verdict} == named


# The order of precedence.


def test_short_comes_before_over() -> None:
    whole = planned_curve(rack(), late_ns=700 * MS)
    row = judged(blended(whole, lambda _: 0.75, LAND_HOST_NS + 800 * MS))
    assert row.verdict == "short"


def test_over_comes_before_hunted_and_late() -> None:
    def swings(at: float) -> float:
        after_ms = (at - LAND_HOST_NS) / MS
        return (
            0.3
            if after_ms < 100
            else 0.7
            if after_ms < 200
            else 0.68
            if after_ms < 300
            else 0.72
            if after_ms < 400
            else 0.7
        )

    assert judged(swings).verdict == "over"


def test_hunted_comes_before_late() -> None:
    def swings(at: float) -> float:
        after_ms = (at - LAND_HOST_NS) / MS
        return 0.3 if after_ms < 100 else 0.7 if after_ms < 200 else 0.68 if after_ms < 300 else 0.7

    assert judged(swings).verdict == "hunted"


def test_the_watch_ends_with_the_next_departure() -> None:
    whole = planned_curve(rack())
    leaves = blended(whole, lambda _: 0.4, LAND_HOST_NS + 300 * MS)
    assert judged(leaves, until_ns=LAND_HOST_NS + 290 * MS).verdict == "landed"
    assert judged(leaves).verdict == "hunted"


def test_passing_right_through_between_two_reports_is_over() -> None:
    row = judged(lambda at: 0.3 if at < LAND_HOST_NS else 0.8)
    assert row.verdict == "over"


def test_a_count_of_chatter_at_the_edge_is_no_hunting() -> None:
    """The edge lies at 2760.0 counts; a lens at rest 0.2 counts inside it may be reported as either neighbour."""
    whole = planned_curve(rack())
    edge = 0.7 - 0.01

    def chatters(at: float) -> float:
        return min(whole(at), edge + (0.1 if int(at / MS) // 60 % 2 else -0.4) / SPAN)

    samples = [(at_ns, chatters(at_ns)) for at_ns in range(LAND_HOST_NS - S, LAND_HOST_NS + S, 20 * MS)]
    assert judge(rack(), circumstances(), evidence(samples)).verdict in ("landed", "late")


def test_a_band_that_holds_the_start_has_nothing_to_pull() -> None:
    row = judged(lambda _: 0.7)
    assert (row.verdict, row.reason, row.error_ms) == ("landed", "nothing to pull: it was there already", None)


@pytest.mark.parametrize("landing", ["sharp", "stopped"])
def test_a_lens_that_comes_from_elsewhere_to_where_it_was_to_be_already_is_early_by_nothing(landing: str) -> None:
    """Planned from where the lens was sent, a rack of a few counts: but the lens is still on its way there."""

    def comes(at_ns: float) -> float:
        return min(0.7, 0.3 + 0.4 * (at_ns - LAND_HOST_NS + 600 * MS) / (100 * MS))

    planned = rack(0.698, 0.7, half=0.01, landing=landing)
    row = judge(planned, circumstances(), evidence(sampled(comes)))
    assert (row.verdict, row.reason) == ("landed", "nothing to pull: it was there already")
    assert (row.error_ms, row.error_frames, row.uncertainty_ms, row.arrived_s) == (None, None, None, None)
    late = judge(planned, circumstances(), evidence(sampled(lambda at_ns: comes(at_ns - 700 * MS))))
    assert late.verdict == "late"
    assert late.error_ms is not None


@pytest.mark.parametrize(
    ("early_ms", "counts", "step_counts", "verdict"),
    [
        (40, 18, 8, "landed"),  # planned to meet the band at 50 counts/s: a step of 8 takes 0.15 s
        (40, 18, 0, "early"),  # nothing is known of the motor's steps
        (40, 400, 8, "early"),  # at 2,800 counts/s a step of 8 takes 3 ms
        (180, 18, 8, "early"),  # by more than a step
        (-40, 18, 8, "late"),  # it was not sharp when it had to be
    ],
)
def test_a_pull_that_is_lost_in_the_motors_steps_is_no_early_one(
    early_ms: int, counts: int, step_counts: int, verdict: str
) -> None:
    span = 65_535
    planned = rack(0.7 - counts / span, 0.7, half=8 / span)
    around = circumstances(counts_span=span, step_ring=step_counts / span)
    lens = planned_curve(planned, late_ns=-early_ms * MS)
    row = judge(planned, around, evidence(sampled(lens, every_ns=10 * MS, span=span)))
    assert row.verdict == verdict
    assert row.error_ms == pytest.approx(-early_ms, abs=12)
    assert row.uncertainty_ms is not None
    if verdict == "landed":
        assert row.reason == "next to nothing to pull: 18 counts, its moment is lost in the motor's steps"
        assert row.uncertainty_ms > 30, "one of its steps, evenly spread"
    else:
        assert row.reason is None


# Properties.


@given(lates_ms, targets)
def test_early_and_late_are_mirror_images(late_ms: float, target: tuple[float, float]) -> None:
    planned = rack(*target)
    row = judge(
        planned, circumstances(), evidence(sampled(planned_curve(planned, late_ns=late_ms * MS), every_ns=5 * MS))
    )
    assert row.error_ms is not None
    assert row.uncertainty_ms is not None
    assert row.error_ms == pytest.approx(late_ms, abs=max(1.5, 3 * row.uncertainty_ms))
    if abs(abs(late_ms) - 20) > 2:
        assert row.verdict == ("landed" if abs(late_ms) < 20 else "late" if late_ms > 0 else "early")


@given(st.integers(2, 40), st.integers(0, 39), st.floats(-100, 100), st.sampled_from(["sharp", "stopped"]), targets)
def test_the_error_is_right_within_three_of_its_uncertainties(
    every_ms: int, phase_ms: int, late_ms: float, landing: str, target: tuple[float, float]
) -> None:
    planned = rack(*target, landing=landing, leave=True)
    curve = planned_curve(planned, late_ns=late_ms * MS)
    samples = sampled(curve, every_ns=every_ms * MS, phase_ns=phase_ms * MS)
    row = judge(planned, circumstances(), evidence(samples))
    assert row.error_ms is not None
    assert row.uncertainty_ms is not None
    assert row.leave_error_ms is not None
    assert row.leave_uncertainty_ms is not None
    assert abs(row.error_ms - late_ms) <= 3 * row.uncertainty_ms + 0.3
    assert abs(row.leave_error_ms - late_ms) <= 3 * row.leave_uncertainty_ms + 0.3


@given(st.floats(0.25, 4.0), st.floats(-100, 100))
def test_errors_are_host_time_at_any_speed(speed: float, late_ms: float) -> None:
    planned = rack(leave=True)
    curve = planned_curve(planned, late_ns=late_ms * MS, speed=speed)
    samples = sampled(curve, every_ns=2 * MS, from_ns=LAND_HOST_NS - 4 * S)
    row = judge(planned, circumstances(), evidence(samples, speed=speed))
    assert row.uncertainty_ms is not None
    assert row.error_ms == pytest.approx(late_ms, abs=3 * row.uncertainty_ms + 0.3)
    assert row.leave_error_ms == pytest.approx(late_ms, abs=3)
    assert row.arrived_s == pytest.approx(10 + late_ms / 1000 * speed, abs=0.004)
    assert row.speed == speed


@given(st.lists(st.tuples(st.integers(LAND_HOST_NS - S, LAND_HOST_NS + 2 * S), st.floats(0, 1)), max_size=60), targets)
def test_any_reports_get_a_verdict(samples: list[Sample], target: tuple[float, float]) -> None:
    for landing in ("sharp", "stopped"):
        row = judge(rack(*target, landing=landing, leave=True), circumstances(), evidence(samples))
        assert row.verdict in set(Verdict) - FATES | {Verdict.MISSED}
        assert row.overshoot_counts is None or row.overshoot_counts >= 0
        assert row.held_s is None or row.held_s >= 0
        assert json.dumps(row.as_dict(), allow_nan=False)


@given(st.permutations(sampled(planned_curve(rack()))))
def test_the_order_reports_arrive_in_does_not_matter(samples: list[Sample]) -> None:
    assert judge(rack(), circumstances(), evidence(samples)) == judged(planned_curve(rack()))


# What the row says.


def test_stopped_is_judged_by_standstill() -> None:
    row = judged(planned_curve(rack(landing="stopped")), landing="stopped")
    assert row.verdict == "landed"
    assert row.error_ms == pytest.approx(0, abs=2)
    assert row.arrived_s == row.stopped_s
    assert row.sharp_s == pytest.approx(10 - 0.6 * (1 - share_to_band(0.3, 0.7, 0.01)), abs=0.002)


def test_a_lens_that_does_not_come_to_rest_has_not_stopped() -> None:
    creeps = planned_curve(rack(landing="stopped"))
    row = judge(
        rack(landing="stopped", half=0.05),
        circumstances(),
        evidence(sampled(lambda at: creeps(at) - 0.04 + 4e-11 * max(0.0, at - LAND_HOST_NS))),
    )
    assert row.verdict == "late"


def test_the_departure_of_a_rack_that_leaves_on_a_word() -> None:
    planned = rack(leave=True)
    said = circumstances(leave_at="01:00:09:12")
    row = judge(planned, said, evidence(sampled(planned_curve(planned, late_ns=30 * MS))))
    assert (row.leave_anchor, row.leave_at) == ("alone", "01:00:09:12")
    assert row.leave_error_ms == pytest.approx(30, abs=2)
    assert row.leave_error_frames == pytest.approx(0.75, abs=0.05)
    assert set(LEAVE_KEYS) <= set(row.as_dict())
    assert not set(LEAVE_KEYS) & set(judged(planned_curve(rack())).as_dict())


def test_focus_error_is_positive_when_focused_too_near() -> None:
    behind = planned_curve(rack(0.3, 0.7), late_ns=100 * MS)  # pulling away from the lens, late: still too near
    row = judged(behind)
    assert row.error_dioptres is not None
    assert row.error_mm is not None
    assert row.blur_coc is not None
    assert row.error_dioptres > 0
    assert row.error_mm > 0
    assert row.blur_coc == pytest.approx(row.error_dioptres * 20)
    towards = judge(rack(0.7, 0.3), circumstances(), evidence(sampled(planned_curve(rack(0.7, 0.3), late_ns=100 * MS))))
    assert towards.error_dioptres is not None
    assert towards.error_dioptres < 0


def test_no_distance_at_infinity_and_none_for_iris() -> None:
    planned = replace(rack(), target_mm=None)
    row = judge(planned, circumstances(), evidence(sampled(planned_curve(planned))))
    assert row.error_mm is None
    assert row.error_dioptres is not None
    iris = judge(planned, circumstances(dioptres_at=None), evidence(sampled(planned_curve(planned))))
    assert (iris.error_mm, iris.error_dioptres, iris.blur_coc) == (None, None, None)


def test_a_triggered_rack_counts_from_its_trigger() -> None:
    planned = replace(rack(triggered=True, land_ns=700 * MS), anchor="")
    curve = planned_curve(planned, late_ns=10 * MS)
    row = judge(planned, circumstances(base_ns=0, land_at=None), evidence(sampled(curve), speed=None))
    assert (row.land_at, row.anchor, row.speed, row.planned_s) == (None, None, None, 0.7)
    assert row.arrived_s == pytest.approx(0.71, abs=0.001)


def test_doubt_adds_up() -> None:
    sure = judged(planned_curve(rack()))
    doubtful = judged(planned_curve(rack()), clock_uncertainty_ns=3e6, other_uncertainty_ns=4e6)
    assert sure.uncertainty_ms is not None
    assert doubtful.uncertainty_ms == pytest.approx((sure.uncertainty_ms**2 + 25) ** 0.5)


def test_an_estimate_says_so() -> None:
    row = judged(planned_curve(rack()), estimated=True, measured_at="motor")
    assert (row.estimated, row.measured_at) == (True, "none")


def test_the_silence_of_a_motor_is_mentioned() -> None:
    samples = [sample for sample in sampled(planned_curve(rack())) if sample[0] < LAND_HOST_NS + 300 * MS]
    row = judge(rack(), circumstances(), evidence(samples))
    assert (row.verdict, row.reason) == ("landed", "no position report in the last 713 ms of the watch")


def test_a_rack_without_frames_per_second_has_no_error_in_frames() -> None:
    row = judge(rack(), circumstances(camera_fps=None), evidence(sampled(planned_curve(rack()))))
    assert row.error_frames is None
    assert row.error_ms is not None


def test_a_lens_found_on_the_other_side_of_its_target_climbs_the_other_way() -> None:
    planned = rack(0.3, 0.7)
    other = planned_curve(rack(0.95, 0.7))
    row = judge(planned, circumstances(), evidence(sampled(other)))
    assert row.verdict in ("landed", "early", "late")
    assert row.overshoot_counts == 0


def test_the_band_of_the_tests_is_what_it_says() -> None:
    assert dioptres_at(band_at(0.7).near_ring) > dioptres_at(band_at(0.7).target_ring)
    assert LAND_NS == rack().land_ns
    assert Evidence(0, 1).fate is None
