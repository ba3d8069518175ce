"""A motor goes away and comes back; a motor that reports nothing."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.engine.ports import MotorTrouble
from cuefocus.timebase.units import NS_PER_S
from tests.stories.invariants import check_invariants
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.stacked import say
from tests.stories.told import ORIGIN_NS, Told

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


def test_back_again_it_is_engaged_only_once_it_has_reported_where_it_stands(tmp_path: Path) -> None:
    def plug_and_engage(rig: StoryRig) -> None:
        rig.plug("A.focus")
        rig.say("engage", "A.focus")

    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.75, lambda rig: rig.unplug("A.focus")).at(4.5, plug_and_engage)
    told = story.at(6.6, lambda rig: rig.say("engage", "A.focus")).tell()
    assert told.replies == [
        "A.focus has not reported yet where it stands; engage it again in a moment",
        "A.focus engaged",
    ]
    assert told.moved("A.focus", 4.6, 6.6) < 1e-4
    assert told.row("A3").verdict == "landed"


def mute(tmp_path: Path, axis: str, until_s: float, *hands: tuple[float, Hand]) -> Told:
    """Two cameras, one motor of which is not asked where it stands until then."""
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(13.5), rig=RIG)
    stage = story.stage()
    stage.axes[axis].query_ns = stage.axes[axis].due_ns = ORIGIN_NS + round(until_s * NS_PER_S)
    for at_s, hand in hands:
        stage.virtual.at(ORIGIN_NS + round(at_s * NS_PER_S), partial(hand, stage))
    stage.run(ORIGIN_NS + 14 * NS_PER_S)
    return story.account(stage)


def test_an_axis_that_reports_late_is_engaged_by_itself_then(tmp_path: Path) -> None:
    told = mute(tmp_path, "A.focus", 1.0)
    assert told.alarms == ["A.focus has not reported yet where it stands; it is engaged as soon as it does"]
    assert {told.row(cue).verdict for cue in ("A1", "B1", "A2", "B2", "A3", "B3")} == {"landed"}
    assert told.moved("A.focus", -3.0, 1.0) < 1e-4
    check_invariants(told)


@pytest.mark.parametrize(
    ("reports_s", "word"), [(12.5, ""), (99.0, ""), (3.0, "disarm"), (3.0, "disengage"), (3.0, "panic")]
)
def test_one_that_is_silent_too_long_or_let_go_meanwhile_waits_for_an_operator(
    tmp_path: Path, reports_s: float, word: str
) -> None:
    hands: list[tuple[float, Hand]] = []
    if word:
        hands = [(2.0, say(word, "A" if word == "disengage" else "")), (2.5, say("resume")), (2.6, say("arm"))]
    told = mute(tmp_path, "A.focus", reports_s, *hands)
    gave_up = [text for text in told.alarms if "see to its plug and power, then `tell engage A.focus`" in text]
    assert len(gave_up) == (not word)
    assert told.moved("A.focus", -3.0, 14.0) < 1e-4


def test_what_a_motor_complains_of_is_told_once_until_it_complains_of_something_else(tmp_path: Path) -> None:
    def complains(reason: str) -> Hand:
        return lambda rig: rig.virtual.tell(MotorTrouble("A.focus", rig.clock.now_ns, "refused", reason))

    story = Story(tmp_path, show_text(cue("1", 4, "far")), Playback().play(6.0))
    story.at(1.0, complains("it is too hot")).at(1.2, complains("it is too hot (5×)"))
    told = story.at(1.4, complains("calibration failed (2×)")).at(1.6, complains("it is too hot (7×)")).tell()
    assert told.alarms == [
        "A.focus: it is too hot", "A.focus: calibration failed (2×)", "A.focus: it is too hot (7×)"
    ]  # fmt: skip
    assert told.verdicts() == {"1": "landed"}


def test_a_motor_that_reports_nothing_is_engaged_again_only_after_a_look(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.75, lambda rig: rig.unplug("B.focus")).at(4.5, lambda rig: rig.plug("B.focus"))
    story.at(6.4, lambda rig: rig.say("engage", "B.focus"))
    told = story.at(6.6, lambda rig: rig.say("engage", "B.focus", "confirm")).tell()
    assert told.row("B3").verdict == "landed"
    assert told.moved("B.focus", 4.6, 6.6) < 1e-4
    assert any("assumes" in reply for reply in told.replies)


#: Peaks at 81 % of the ring a second; the settle speed of camera B's motor is about 58 %/s.
QUICK = "camera: B, pull: 600 ms"


def speeds_of(told: Told, axis: str, from_s: float, until_s: float) -> list[float]:
    """Speeds of the set-points that went out between two moments, ring per second."""
    first_ns, last_ns = (ORIGIN_NS + round(s * NS_PER_S) for s in (from_s, until_s))
    frames = [frame for frame in told.players[axis].frames if first_ns <= frame.write_ns <= last_ns]
    return [abs(b.ring - a.ring) * 1e9 / (b.at_ns - a.at_ns) for a, b in pairwise(frames)]


def settle_speed(told: Told, axis: str) -> float:
    return told.specs[axis].speed_ring_per_s * told.specs[axis].settle_fraction


def confirmed(folder: Path, cues: str, *, at_s: float = 2.5, length_s: float = 13.0, act: str = "") -> Told:
    """Camera B is unplugged at rest, plugged again and engaged where it is assumed to stand."""
    story = Story(folder, show_text(cues, cameras="AB", act=act), Playback().play(length_s), rig=RIG)
    story.at(1.5, lambda rig: rig.unplug("B.focus")).at(2.0, lambda rig: rig.plug("B.focus"))
    return story.at(at_s, lambda rig: rig.say("engage", "B.focus", "confirm")).tell()


def test_the_first_move_after_a_look_is_slow_and_a_quicker_rack_is_refused(tmp_path: Path) -> None:
    cues = cue("1", 4, "far", QUICK) + cue("2", 7, "near", QUICK)
    told = confirmed(tmp_path, cues)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert "first move from an assumed position runs at" in told.reason("1")
    assert "it goes there slowly" in told.reason("1")
    assert max(speeds_of(told, "B.focus", 2.5, 7.0)) <= settle_speed(told, "B.focus")
    assert told.lens("B.focus", 6.5) == pytest.approx(0.7342, abs=0.004), "the refused rack's mark is where it went"
    assert any("the first move of B.focus is slow" in reply for reply in told.replies)
    assert max(speeds_of(told, "B.focus", 7.0, 8.5)) > settle_speed(told, "B.focus"), "from then on as written"


def test_a_rack_slow_enough_is_the_first_move_as_written(tmp_path: Path) -> None:
    told = confirmed(tmp_path, cue("1", 5, "far", "camera: B, pull: 1500 ms") + cue("2", 7, "near", QUICK))
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_what_would_leave_before_the_slow_move_is_over_is_refused_too(tmp_path: Path) -> None:
    cues = cue("1", 4, "back", QUICK) + cue("2", 4.7, "mid", QUICK) + cue("3", 8, "far", QUICK)
    told = confirmed(tmp_path, cues)
    assert told.verdicts() == {"1": "refused", "2": "refused", "3": "landed"}
    assert told.reason("2") == "the slow first move from an assumed position is not over yet"
    assert max(speeds_of(told, "B.focus", 2.5, 7.5)) <= settle_speed(told, "B.focus")


def test_engaged_in_mid_rack_it_goes_to_the_mark_slowly(tmp_path: Path) -> None:
    cues = cue("1", 4, "far", "camera: B, pull: 900 ms") + cue("2", 8, "near", QUICK)
    told = confirmed(tmp_path, cues, at_s=4.6)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert max(speeds_of(told, "B.focus", 4.5, 7.5)) <= settle_speed(told, "B.focus")
    assert told.lens("B.focus", 7.5) == pytest.approx(0.7342, abs=0.004)


def test_a_go_as_the_first_move_is_refused_and_the_next_one_is_as_written(tmp_path: Path) -> None:
    cues = cue("1", None, "far", QUICK + ", on: {manual: GO}") + cue("2", None, "near", QUICK + ", on: {manual: GO}")
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(1.5, lambda rig: rig.unplug("B.focus")).at(2.0, lambda rig: rig.plug("B.focus"))
    story.at(2.5, lambda rig: rig.say("engage", "B.focus", "confirm"))
    told = story.at(3.0, lambda rig: rig.say("go", "1")).at(6.0, lambda rig: rig.say("go", "2")).tell()
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert max(speeds_of(told, "B.focus", 2.5, 5.9)) <= settle_speed(told, "B.focus")
    assert told.lens("B.focus", 5.9) == pytest.approx(0.7342, abs=0.004)


def test_scrubbed_as_the_first_move_it_is_slow_too(tmp_path: Path) -> None:
    cues = cue("1", 3, "far", QUICK) + cue("2", 6, "near", QUICK)
    playback = Playback().play(5.5).play(4.0, speed=-1.0)
    story = Story(tmp_path, show_text(cues, cameras="AB", act="scrub: true"), playback, rig=RIG)
    story.at(4.4, lambda rig: rig.unplug("B.focus")).at(4.6, lambda rig: rig.plug("B.focus"))
    told = story.at(5.0, lambda rig: rig.say("engage", "B.focus", "confirm")).tell()
    assert told.row("1").verdict == "landed"
    speeds = speeds_of(told, "B.focus", 5.0, 9.5)
    assert 0.1 < max(speeds) <= settle_speed(told, "B.focus") * 1.01
    assert told.lens("B.focus", 9.4) == pytest.approx(0.3673, abs=0.01)


def test_a_stop_in_the_slow_move_leaves_the_next_one_slow(tmp_path: Path) -> None:
    cues = cue("1", 4, "back", QUICK) + cue("2", 7, "far", QUICK) + cue("3", 10, "near", QUICK)
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(12.0), rig=RIG)
    story.at(1.5, lambda rig: rig.unplug("B.focus")).at(2.0, lambda rig: rig.plug("B.focus"))
    story.at(2.5, lambda rig: rig.say("engage", "B.focus", "confirm"))
    told = story.at(4.7, lambda rig: rig.say("hold")).at(6.0, lambda rig: rig.say("resume")).tell()
    assert max(speeds_of(told, "B.focus", 2.5, 10.0)) <= settle_speed(told, "B.focus")
    assert told.verdicts()["3"] == "landed"


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
