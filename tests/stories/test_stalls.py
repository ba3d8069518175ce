"""The motion process stands still for a while: what it slept over is told, and never made up for at full speed."""

from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.app.replay import replay
from cuefocus.engine.overslept import OVERSLEPT_NS
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.told import ORIGIN_NS, Told

CUES = cue("1", 3, "far") + cue("2", 6, "near") + cue("3", 8, "back")
#: Media second 0 is heard one second after the sound begins: cue 1 is in mid-rack at host second 3.75.
MID_RACK_S = 3.75


def stalled(folder: Path, seconds: float, at_s: float = MID_RACK_S, *, cues: str = CUES, act: str = "") -> Told:
    story = Story(folder, show_text(cues, act=act), Playback().play(9.5))
    return story.at(at_s, lambda rig: rig.stop_motion(seconds)).tell()


def told_of(told: Told) -> list[str]:
    return [alarm for alarm in told.alarms if "stood still" in alarm]


def sent_after(told: Told, host_s: float) -> list[float]:
    return [f.ring for f in told.players["A.focus"].frames if f.write_ns > ORIGIN_NS + round(host_s * NS_PER_S)]


@pytest.mark.parametrize("seconds", [0.13, 0.2, 0.9, 2.1])
def test_a_rack_slept_over_is_missed_and_the_next_one_leaves_from_where_it_stands(
    tmp_path: Path, seconds: float
) -> None:
    told = stalled(tmp_path, seconds)
    length = f"{seconds:.1f} s" if seconds >= 1.0 else f"{round(seconds * 1000)} ms"
    assert told.verdicts() == {"1": "missed", "2": "landed", "3": "landed"}
    assert told.reason("1").startswith("motion stood still for "), told.reason("1")
    if seconds > 1.0:
        assert length in told.reason("1")
    [alarm] = told_of(told)
    assert "A.focus missed what was to move, and stays where it stands until the next rack" in alarm
    assert told.moved("A.focus", MID_RACK_S + 0.1, 6.2) < 2e-3, "what was slept over is not made up for"


@pytest.mark.parametrize("at_s", [5.45, 5.47, 5.475, 5.48, 5.5, 5.55])
def test_cut_at_its_very_start_a_rack_leaves_the_next_one_back_next_to_nothing_to_pull(
    tmp_path: Path, at_s: float
) -> None:
    """Cue 2 has gone some counts off the mark of cue 3: in its band, next to it, on its way."""
    cues = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 7, "far")
    told = stalled(tmp_path, 0.2, at_s, cues=cues)
    assert told.verdicts() == {"1": "landed", "2": "missed", "3": "landed"}
    left = abs(told.lens("A.focus", 7.0) - 0.7342) * told.specs["A.focus"].counts_span
    why = told.reason("3")
    if left <= 8:
        assert why == "nothing to pull: it was there already"
    elif abs(told.row("3").error_ms or 0.0) > 20:
        assert why.startswith("next to nothing to pull: ")
        assert left < 60
    else:
        assert why == ""


def test_after_it_the_first_set_point_is_the_last_one_again(tmp_path: Path) -> None:
    told = stalled(tmp_path, 0.5)
    frames = told.players["A.focus"].frames
    woke_ns = ORIGIN_NS + round((MID_RACK_S + 0.5) * NS_PER_S)
    last = [frame for frame in frames if frame.write_ns < woke_ns][-1]
    again = [frame for frame in frames if frame.write_ns >= woke_ns][:20]
    assert woke_ns - last.write_ns > 400 * NS_PER_MS
    assert {frame.ring for frame in again} == {last.ring}
    assert not any(frame.clamped for frame in again)


@pytest.mark.parametrize(("seconds", "verdict"), [(0.015, "landed"), (0.05, "landed"), (0.09, "late")])
def test_a_shorter_one_is_made_up_for_within_the_limits(tmp_path: Path, seconds: float, verdict: str) -> None:
    """That no set-point steps is held by the invariants of every story; what the limits take is told."""
    told = stalled(tmp_path, seconds)
    assert told.verdicts() == {"1": verdict, "2": "landed", "3": "landed"}
    assert told_of(told) == []
    assert (verdict == "late") <= told.reason("1").startswith("limited by "), told.reason("1")
    assert abs(told.row("1").error_ms or 0.0) < 100
    assert seconds * NS_PER_S < OVERSLEPT_NS


def test_an_axis_that_had_nothing_to_do_goes_on_and_misses_nothing(tmp_path: Path) -> None:
    told = stalled(tmp_path, 1.2, at_s=4.5)
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    [alarm] = told_of(told)
    assert alarm == "motion stood still for 1.2 s; A.focus had nothing to do then"


def test_under_rejoin_operator_it_waits_for_one_with_nothing_to_do_or_not(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES, act="rejoin: operator"), Playback().play(9.5))
    story.at(MID_RACK_S, lambda rig: rig.stop_motion(0.4)).at(7.5, lambda rig: rig.say("resume"))
    told = story.tell()
    assert told.verdicts() == {"1": "missed", "2": "held", "3": "landed"}
    assert "until an operator resumes" in told_of(told)[0]
    assert told.moved("A.focus", MID_RACK_S + 0.1, 7.5) < 2e-3


def test_under_rejoin_now_it_goes_to_its_mark_at_the_settle_speed(tmp_path: Path) -> None:
    told = stalled(tmp_path, 0.4, act="rejoin: now")
    assert told.verdicts() == {"1": "missed", "2": "landed", "3": "landed"}
    assert told.lens("A.focus", 5.5) == pytest.approx(0.7342, abs=0.002)
    frames = [f for f in told.players["A.focus"].frames if f.write_ns > ORIGIN_NS + round(4.15 * NS_PER_S)]
    early = [f for f in frames if f.write_ns < ORIGIN_NS + round(5.5 * NS_PER_S)]
    speeds = [(b.ring - a.ring) * 1e9 / (b.at_ns - a.at_ns) for a, b in pairwise(early)]
    spec = told.specs["A.focus"]
    assert max(speeds) <= spec.speed_ring_per_s * spec.settle_fraction * 1.05


def test_a_rack_whose_whole_time_was_slept_over_says_so(tmp_path: Path) -> None:
    told = stalled(tmp_path, 1.5, at_s=3.2)
    assert told.verdicts() == {"1": "missed", "2": "landed", "3": "landed"}
    assert told.reason("1") == "motion stood still for 1.5 s"
    assert any("motion does not answer" in alarm for alarm in told.alarms)


def test_it_is_not_judged_before_motion_has_told_what_it_did(tmp_path: Path) -> None:
    """The stall outlasts the second in which a landing is watched."""
    told = stalled(tmp_path, 2.9)
    assert told.reason("1") == "motion stood still for 2.9 s"
    woke_ns = ORIGIN_NS + round((MID_RACK_S + 2.9) * NS_PER_S)
    [row] = [event for event in told.happenings("landing") if event["cue"] == "1"]
    assert isinstance(row["host_ns"], int)
    assert row["host_ns"] >= woke_ns


@pytest.mark.parametrize("verb", ["panic", "release", "hold", "disarm"])
@pytest.mark.parametrize("at_s", [MID_RACK_S, 4.0])
@pytest.mark.parametrize("seconds", [0.6, 2.5])
def test_a_stop_in_the_midst_of_it_does_not_hide_that_motion_stood_still(
    tmp_path: Path, verb: str, at_s: float, seconds: float
) -> None:
    """The landing, on 4.0 s, is slept over; motion obeys the stop, and tells of both, when it wakes."""
    story = Story(tmp_path, show_text(CUES), Playback().play(9.5))
    story.at(at_s, lambda rig: rig.stop_motion(seconds))
    told = story.at(at_s + 0.4, lambda rig: rig.say(verb)).tell()
    assert told.verdicts()["1"] == "missed"
    assert told.reason("1").startswith(("motion stood still for ", "motion did not answer when it was to land"))


def test_what_had_landed_before_stays_landed(tmp_path: Path) -> None:
    told = stalled(tmp_path, 0.5, at_s=4.3)
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}


def test_two_cameras_are_told_of_apart(tmp_path: Path) -> None:
    both = cue("A1", 3, "far", "camera: A") + cue("B1", 5, "far", "camera: B") + cue("A2", 7, "near", "camera: A")
    story = Story(tmp_path, show_text(both, cameras="AB"), Playback().play(9.0), rig=RIG)
    told = story.at(MID_RACK_S, lambda rig: rig.stop_motion(0.3)).tell()
    assert told.verdicts() == {"A1": "missed", "B1": "landed", "A2": "landed"}
    [alarm] = told_of(told)
    assert "A.focus missed" in alarm
    assert "B.focus had nothing to do" in alarm


def test_two_cameras_that_both_missed_it_stay_where_they_stand(tmp_path: Path) -> None:
    both = cue("A1", 3, "far", "camera: A") + cue("B1", 3, "far", "camera: B") + cue("A2", 7, "near", "camera: A")
    story = Story(tmp_path, show_text(both, cameras="AB"), Playback().play(9.0), rig=RIG)
    [alarm] = told_of(story.at(MID_RACK_S, lambda rig: rig.stop_motion(0.3)).tell())
    assert "A.focus, B.focus missed what was to move, and stay where they stand until the next rack" in alarm


def test_a_stop_that_was_under_way_ends_where_the_axis_stood(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.5))
    story.at(MID_RACK_S, lambda rig: rig.say("hold")).at(MID_RACK_S + 0.02, lambda rig: rig.stop_motion(0.5))
    told = story.tell()
    assert told.verdicts()["1"] == "held"
    assert len(set(sent_after(told, MID_RACK_S + 0.6))) <= 1


def test_slept_over_while_playback_was_wound_it_comes_back_to_the_track_calmly(tmp_path: Path) -> None:
    playback = Playback().play(6.5).play(4.0, speed=-1.0)
    story = Story(tmp_path, show_text(cue("1", 3, "far") + cue("2", 5, "near"), act="scrub: true"), playback)
    told = story.at(7.2, lambda rig: rig.stop_motion(0.5)).tell()
    frames = [f for f in told.players["A.focus"].frames if 7.6 < (f.write_ns - ORIGIN_NS) / NS_PER_S < 8.6]
    spec = told.specs["A.focus"]
    speeds = [abs(b.ring - a.ring) * 1e9 / (b.at_ns - a.at_ns) for a, b in pairwise(frames)]
    assert 0.1 < max(speeds) <= spec.speed_ring_per_s * spec.settle_fraction * 1.01
    assert not any(frame.clamped for frame in frames)
    assert told.lens("A.focus", 8.6) == pytest.approx(0.7342, abs=0.004)
    assert "A.focus missed what was to move, and comes back to the track" in told_of(told)[0]


def test_the_journal_of_a_stall_replays_to_the_same_rows(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.5))
    story.journal = tmp_path / "stall.journal"
    told = story.at(MID_RACK_S, lambda rig: rig.stop_motion(0.5)).tell()
    assert [row.as_dict() for row in replay(story.journal).rows] == [row.as_dict() for row in told.rows]
