"""A motor goes away and comes back; a motor that reports nothing."""

from pathlib import Path

import pytest

from tests.stories.kit import RIG, Playback, Story, StoryRig, cue, show_text

BOTH = "".join(
    cue(f"{camera}{number}", at_s, to, f"camera: {camera}")
    for number, at_s, to in ((1, 3, "far"), (2, 5, "near"), (3, 8, "back"))
    for camera in "AB"
)


def unplug(axis: str) -> object:
    return lambda rig: rig.unplug(axis)


@pytest.mark.parametrize(("gone", "other"), [("A", "B"), ("B", "A")])
def test_unplugged_in_mid_rack_it_is_missed_and_the_other_camera_lands(tmp_path: Path, gone: str, other: str) -> None:
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    told = story.at(3.75, lambda rig: rig.unplug(f"{gone}.focus")).tell()
    assert told.verdicts() == {
        f"{gone}1": "missed", f"{gone}2": "missed", f"{gone}3": "missed",
        f"{other}1": "landed", f"{other}2": "landed", f"{other}3": "landed",
    }  # fmt: skip
    assert "fault" in told.reason(f"{gone}1")
    assert any(f"{gone}.focus" in alarm for alarm in told.alarms)


def test_back_again_it_stays_still_until_an_operator_engages_it(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.75, lambda rig: rig.unplug("A.focus")).at(4.5, lambda rig: rig.plug("A.focus"))
    told = story.at(6.6, lambda rig: rig.say("engage", "A.focus")).tell()
    assert told.row("A1").verdict == "missed"
    assert told.row("A2").verdict == "refused"
    assert told.reason("A2") == "A.focus is not engaged"
    assert told.row("A3").verdict == "landed"
    assert told.moved("A.focus", 4.6, 6.6) < 1e-4, "it holds; it never goes anywhere by itself"


def test_a_motor_that_reports_nothing_is_engaged_again_only_after_a_look(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.75, lambda rig: rig.unplug("B.focus")).at(4.5, lambda rig: rig.plug("B.focus"))
    story.at(6.4, lambda rig: rig.say("engage", "B.focus"))
    told = story.at(6.6, lambda rig: rig.say("engage", "B.focus", "confirm")).tell()
    assert told.row("B3").verdict == "landed"
    assert told.moved("B.focus", 4.6, 6.6) < 1e-4
    assert any("assumes" in reply for reply in told.replies)


def test_a_fault_does_not_let_the_next_take_engage_by_itself(tmp_path: Path) -> None:
    show = show_text(BOTH, cameras="AB", act="take_end_s: 2")
    playback = Playback().play(5.5).pause(4.0).locate(-1.0).play(5.5)
    story = Story(tmp_path, show, playback, rig=RIG, takes=2)
    told = story.at(3.75, lambda rig: rig.unplug("A.focus")).at(4.5, lambda rig: rig.plug("A.focus")).tell()
    second = {row.cue: row.verdict for row in told.rows if row.take == 2}
    assert second["A1"] == "refused"
    assert second["B1"] == "landed"


def test_a_motor_without_feedback_is_estimated_and_says_so(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    told = story.tell()
    assert set(told.verdicts().values()) == {"landed"}
    for row in told.rows:
        assert row.estimated is (row.camera == "B")
        assert row.measured_at == ("none" if row.camera == "B" else "motor")
        assert row.error_ms is not None
        assert abs(row.error_ms) <= 5.0


def test_a_motor_slower_than_the_rig_believes_is_caught_by_the_report(tmp_path: Path) -> None:
    rig = RIG.replace("simulated: {quantum_counts: 4}", "simulated: {dead_ms: 60}")
    told = Story(tmp_path, show_text(cue("1", 3, "far")), Playback().play(5.0), rig=rig).tell()
    assert told.verdicts() == {"1": "late"}
    assert told.row("1").error_ms == pytest.approx(50, abs=5)


def test_kill_and_plug_are_hands_too(tmp_path: Path) -> None:
    """Unplugged at rest: the next rack is missed, nothing else is harmed."""
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    hand = StoryRig.unplug
    told = story.at(4.5, lambda rig: hand(rig, "B.focus")).tell()
    assert told.verdicts()["B1"] == "landed"
    assert told.verdicts()["B2"] == "missed"
    assert told.verdicts()["A3"] == "landed"
