"""Labels and seconds said together tell under which label a project begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.chase.project_zero import ProjectZero
from cuefocus.timebase.frames import RATES, FrameRate, timecode_at
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

RATE = RATES["25"]
HOUR_NS = 3600 * NS_PER_S


@given(
    rate=st.sampled_from(list(RATES.values())),
    zero_frames=st.integers(0, 2_000_000),
    steps=st.lists(st.integers(1, 200 * NS_PER_MS), min_size=30, max_size=60),
    rounding=st.booleans(),
)
def test_a_start_of_whole_frames_is_found_exactly(
    rate: FrameRate, zero_frames: int, steps: list[int], rounding: bool
) -> None:
    zero, zero_ns, project_ns = ProjectZero(rate, 0), rate.show_ns(zero_frames), 0
    errors = []
    for step in steps:
        project_ns += step
        label = timecode_at(zero_ns + project_ns, rate)
        said_ns = project_ns // NS_PER_MS * NS_PER_MS if rounding else project_ns
        zero.pair(said_ns, label)
        errors.append(zero.show_at(said_ns) - zero_ns - said_ns)
    assert all(abs(error) <= rate.frame_ns + 2 * NS_PER_MS for error in errors)
    settled = errors[len(errors) // 2 :] if max(steps) > rate.frame_ns / 3 else []
    assert len(set(settled)) <= 2
    assert not zero.doubtful


def test_a_start_between_frames_is_narrowed_down() -> None:
    zero, zero_ns = ProjectZero(RATE, 0), HOUR_NS + 13 * NS_PER_MS
    for step in range(300):
        project_ns = step * 33_700_000
        zero.pair(project_ns, timecode_at(zero_ns + project_ns, RATE))
    assert zero.show_at(0) == pytest.approx(zero_ns, abs=3 * NS_PER_MS)
    assert not zero.doubtful


def test_without_labels_it_is_what_the_rig_says_and_what_has_been_learnt_stays() -> None:
    zero = ProjectZero(RATE, HOUR_NS)
    assert zero.show_at(5 * NS_PER_S) == HOUR_NS + 5 * NS_PER_S
    zero.pair(NS_PER_S, timecode_at(2 * HOUR_NS + NS_PER_S, RATE))
    assert zero.show_at(5 * NS_PER_S) == 2 * HOUR_NS + 5 * NS_PER_S


def test_an_edited_start_is_taken_up_and_another_frame_rate_is_doubted() -> None:
    zero = ProjectZero(RATE, 0)
    for step in range(100):
        zero.pair(step * 33 * NS_PER_MS, timecode_at(HOUR_NS + step * 33 * NS_PER_MS, RATE))
    zero.pair(0, timecode_at(2 * HOUR_NS, RATE))
    assert zero.show_at(0) == 2 * HOUR_NS
    assert not zero.doubtful
    other = ProjectZero(RATE, 0)
    for step in range(150):
        project_ns = step * 33 * NS_PER_MS
        other.pair(project_ns, timecode_at(HOUR_NS + project_ns, RATES["24"]))
    assert other.doubtful


@pytest.mark.parametrize("step_frames", [-2, -1, 1, 2])
def test_now_and_then_a_label_that_was_late_or_early_is_no_other_rate(step_frames: int) -> None:
    zero, frame_ns = ProjectZero(RATE, 0), round(RATE.frame_ns)
    for step in range(600):
        project_ns = step * 33 * NS_PER_MS
        off_ns = step_frames * frame_ns if step % 30 == 29 else 0
        zero.pair(project_ns, timecode_at(HOUR_NS + project_ns + off_ns, RATE))
        assert not zero.doubtful
    assert abs(zero.show_at(0) - HOUR_NS) <= 2 * NS_PER_MS, "what two roundings may hide"
