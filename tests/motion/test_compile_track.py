import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.motion.compile_track import compile_track, direction_of, lay, lens_ring, motor_ring, replan
from cuefocus.motion.planner import plan_rack
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec
from tests.motion.axes import LENS, MS, SPEC, request, spec

targets = st.lists(st.floats(0.01, 1.59), min_size=1, max_size=12)


def chain(
    wanted: list[float], *, axis: AxisSpec = SPEC, apart_ms: int = 2_000
) -> tuple[list[PlannedRack], dict[str, RackRequest], float]:
    """Racks one after the other."""
    racks: list[PlannedRack] = []
    requests: dict[str, RackRequest] = {}
    start = ring = LENS.ring_at(1.4)
    direction = 0
    for index, dioptres in enumerate(wanted):
        asked = request(dioptres, (index + 1) * apart_ms * MS, cue=str(index), axis=axis, pull_ns=900 * MS)
        rack = plan_rack(asked, ring, axis, last_direction=direction)
        racks.append(rack)
        requests[asked.cue] = asked
        ring, direction = rack.band.target_ring, direction_of(rack) or direction
    return racks, requests, start


@given(wanted=targets, direction=st.sampled_from([-1, 0, 1]))
def test_a_track_is_total_and_without_a_step(wanted: list[float], direction: int) -> None:
    racks, _, start = chain(wanted)
    track = compile_track(SPEC, racks, start, direction)
    for at_ns in (-(10**18), -1, 0, 10**9, 10**18):
        assert 0.0 <= track.at(at_ns)[0] <= 1.0
    if track.segments:
        assert track.rest_ring == pytest.approx(track.segments[0].start_ring, abs=1e-9)
    for before, after in pairwise(track.segments):
        assert before.end_ns <= after.start_ns
        assert before.end_ring == pytest.approx(after.start_ring, abs=1e-9)


@given(wanted=targets, direction=st.sampled_from([-1, 0, 1]))
def test_landing_instants_are_where_the_motor_is_when_the_lens_enters_its_band(
    wanted: list[float], direction: int
) -> None:
    racks, _, start = chain(wanted)
    track = compile_track(SPEC, racks, start, direction)
    moving = [rack for rack in racks if rack.segments]
    assert len(track.landings) == len(moving)
    for rack, landing in zip(moving, track.landings, strict=True):
        assert track.at(landing.at_ns)[0] == pytest.approx(landing.edge_ring, abs=1e-6)
        if rack.from_ring < rack.band.near_ring or rack.from_ring > rack.band.far_ring:
            assert landing.at_ns == rack.land_ns


@given(wanted=targets, backlash=st.floats(0, 0.01))
def test_the_lens_behind_the_slack_goes_where_the_racks_say(wanted: list[float], backlash: float) -> None:
    """A lens that follows its motor with lost motion: the motor drags it from either side of the slack."""
    axis = spec(backlash_ring=backlash)
    racks, _, start = chain(wanted, axis=axis)
    track = compile_track(axis, racks, start, 1)
    lens, half, stopped_ns = start, 0.5 * backlash, -(10**18)
    for rack in racks:
        for step in range(200):
            at_ns = rack.depart_ns - 300 * MS + (rack.stop_ns - rack.depart_ns + 400 * MS) * step // 199
            motor = track.at(at_ns)[0]
            lens = min(max(lens, motor - half), motor + half)
            if stopped_ns <= at_ns <= rack.depart_ns:
                assert lens == pytest.approx(rack.from_ring, abs=1e-6)
        assert lens == pytest.approx(rack.band.target_ring, abs=1e-6)
        stopped_ns = rack.stop_ns


@given(wanted=targets)
def test_no_track_passes_a_target(wanted: list[float]) -> None:
    racks, _, start = chain(wanted)
    track = compile_track(SPEC, racks, start, 1)
    for rack in racks:
        low, high = sorted((rack.from_ring, rack.band.target_ring))
        for step in range(100):
            at_ns = rack.depart_ns + (rack.stop_ns - rack.depart_ns) * step // 99
            motor = track.at(at_ns)[0]
            assert low - 0.5 * SPEC.backlash_ring - 1e-9 <= motor <= high + 0.5 * SPEC.backlash_ring + 1e-9


def test_a_turn_takes_up_its_slack_right_before_it_leaves() -> None:
    racks, _, start = chain([0.4, 1.2])
    track = compile_track(SPEC, racks, start, 1)
    takeup = next(segment for segment in track.segments if segment.end_ns == racks[1].depart_ns)
    assert takeup.length_ns == racks[1].takeup_ns > 0
    assert takeup.start_ring - takeup.end_ring == pytest.approx(SPEC.backlash_ring)
    assert track.moving_since(racks[1].depart_ns) == takeup.start_ns


def test_without_room_the_slack_is_taken_up_on_the_way() -> None:
    first = plan_rack(request(0.4, 1_000 * MS, cue="a"), LENS.ring_at(1.2), SPEC)
    asked = request(1.2, None, leave_ns=first.stop_ns + MS, cue="b")
    second = plan_rack(asked, first.band.target_ring, SPEC, last_direction=1)
    track = compile_track(SPEC, [first, second], first.from_ring, 1)
    for before, after in pairwise(track.segments):
        assert before.end_ring == pytest.approx(after.start_ring, abs=1e-9)
    assert track.at(second.stop_ns)[0] == pytest.approx(second.band.target_ring - 0.5 * SPEC.backlash_ring)


@given(wanted=targets)
def test_replanned_from_where_it_was_expected_nothing_changes(wanted: list[float]) -> None:
    racks, requests, start = chain(wanted)
    again = replan(SPEC, racks, requests, racks[0].from_ring)
    assert again == racks
    patched = compile_track(SPEC, again, start, 1)
    plain = compile_track(SPEC, racks, start, 1)
    assert (patched.segments, patched.landings) == (plain.segments, plain.landings)


@settings(max_examples=50)
@given(wanted=targets, start=st.floats(0, 1))
def test_replanned_from_elsewhere_it_still_lands_on_time(wanted: list[float], start: float) -> None:
    axis = spec(speed_ring_per_s=20.0, accel_ring_per_s2=500.0, jerk_ring_per_s3=50_000.0)
    racks, requests, _ = chain(wanted, axis=axis)
    again = replan(axis, racks, requests, start)
    assert again[1:] == racks[1:]
    assert again[0].from_ring == start
    assert again[0].sharp_ns == again[0].land_ns == racks[0].land_ns
    track = compile_track(axis, again, start, 0)
    assert track.at(again[0].stop_ns + 1)[0] == pytest.approx(
        motor_ring(axis, again[0].band.target_ring, direction_of(again[0])), abs=1e-9
    )


def test_a_motor_is_never_sent_past_an_end_stop() -> None:
    racks, _, start = chain([0.0, 1.6, 0.0])
    track = compile_track(SPEC, racks, start, 1)
    assert max(segment.end_ring for segment in track.segments) <= 1.0
    assert min(segment.end_ring for segment in track.segments) >= 0.0
    assert lens_ring(SPEC, motor_ring(SPEC, 0.5, -1), -1) == pytest.approx(0.5)


def test_no_racks_rest() -> None:
    track = compile_track(SPEC, [], 0.5, 1)
    assert isinstance(track, Track)
    assert track.at(123)[0] == pytest.approx(0.501)


def test_thirty_racks_compile_in_a_millisecond_or_so() -> None:
    racks, _, start = chain([0.4, 1.2, 0.8] * 10)
    best = min(_seconds(racks, start) for _ in range(5))
    assert best < 0.005  # a loaded machine may take longer than the 0.3 ms measured


def _seconds(racks: list[PlannedRack], start: float) -> float:
    began = time.perf_counter()
    compile_track(SPEC, racks, start, 1)
    return time.perf_counter() - began


edits = st.lists(st.tuples(st.sampled_from(["drop", "other start", "other rest"]), st.integers(0, 11)), max_size=6)


@given(wanted=targets, edits=edits, apart_ms=st.sampled_from([950, 2_000]))
def test_a_track_laid_from_the_one_before_is_the_one_laid_from_nothing(
    wanted: list[float], edits: list[tuple[str, int]], apart_ms: int
) -> None:
    racks, requests, rest = chain(wanted, axis=spec(backlash_ring=0.002), apart_ms=apart_ms)
    axis, direction = spec(backlash_ring=0.002), 0
    laid = lay(axis, racks, rest, direction, 1.0)
    for kind, number in edits:
        index = number % len(racks) if racks else 0
        if kind == "other rest":
            direction = (direction + 2) % 3 - 1
        elif racks and kind == "drop":
            del racks[index]
        elif racks:
            racks[index:] = replan(axis, racks[index:], requests, 0.4 + number / 50)
        laid, anew = lay(axis, racks, rest, direction, 1.0, laid), lay(axis, racks, rest, direction, 1.0)
        assert laid.pieces == anew.pieces
        assert (laid.track.rest_ring, laid.track.segments) == (anew.track.rest_ring, anew.track.segments)
        assert (laid.track.landings, laid.track.starts_ns) == (anew.track.landings, anew.track.starts_ns)


@given(wanted=targets, direction=st.sampled_from([-1, 0, 1]), share=st.floats(0.01, 0.99))
def test_a_track_knows_where_the_motion_under_way_ends(wanted: list[float], direction: int, share: float) -> None:
    racks, _, start = chain(wanted)
    track = compile_track(SPEC, racks, start, direction)
    for segment in track.segments:
        at_ns = segment.start_ns + round(share * segment.length_ns)
        ring, speed, _ = track.at(at_ns)
        until_ns = track.moving_until(at_ns)
        assert until_ns is not None
        if speed != 0.0:
            assert track.comes_to(at_ns, ring, speed) == pytest.approx(track.at(until_ns)[0], abs=1e-12)
        assert track.comes_to(until_ns, track.at(until_ns)[0], 0.0) is None
