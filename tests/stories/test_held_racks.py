"""Racks held on their way: what goes on when the axis may move again, and what does not."""

import re
from pathlib import Path

import pytest

from cuefocus.engine.plan import Latch
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.stacked import BOTH, GO, HOUSE, say, story

LONG = cue("1", None, "far", f"{GO}, pull: 2 s") + cue("2", None, "near", GO)
DISARMED = "all disarmed and disengaged; resume takes back the stop alone"


@pytest.mark.parametrize("target", ["", "A.focus", "1"])
def test_a_rack_that_was_held_goes_on_to_its_target_and_says_how_late(tmp_path: Path, target: str) -> None:
    hands = ((1.0, say("go")), (2.0, say("hold", target)), (4.0, say("resume", target)))
    told = story(tmp_path, LONG, *hands, until_s=8.5)
    assert told.verdicts() == {"1": "held", "1'": "landed"}
    assert told.moved("A.focus", 2.5, 4.0) < 1e-6
    assert told.lens("A.focus", 7.0) == pytest.approx(0.7342, abs=0.003)
    assert re.fullmatch(r"A.focus may move again; cue 1 goes on and lands 2\.9[0-9] s late", told.replies[-1])
    assert re.search(r"it went on after HOLD and was to land 2\.9[0-9] s earlier", told.rows[-1].reason or "")
    assert told.rows[-1].source == "resume by tell"


@pytest.mark.parametrize(
    ("target", "held"),
    [("", {}), ("A", {}), ("A.focus", {}), ("1", {"held": "A.focus"}), ("2", {"held": "A.focus"}), ("Z", {"held": ""})],
)
def test_a_hold_of_what_motion_does_not_know_says_which_axis_that_is(
    tmp_path: Path, target: str, held: dict[str, object]
) -> None:
    told = story(tmp_path, LONG, (1.0, say("go")), (2.0, say("hold", target)), until_s=3.0)
    assert told.data[-1] == held


def test_a_rack_whose_time_a_desk_said_goes_on_in_that_time(tmp_path: Path) -> None:
    hands = (1.0, say("go", "1", "travel_ms=3000", source="midi:desk")), (2.0, say("hold")), (4.0, say("resume"))
    told = story(tmp_path, LONG, *hands, until_s=9.0)
    assert told.verdicts() == {"1": "held", "1'": "landed"}
    pulls_s = [(one.rack.stop_ns - one.rack.depart_ns) * 1e-9 for one in told.records.values()]
    assert pulls_s == pytest.approx([3.0, 3.0], abs=0.02)


def test_what_goes_on_has_landed_for_those_that_follow_it(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pull: 2 s, continue: auto-follow") + cue("2", None, "mid", GO)
    hands = ((1.0, say("go")), (2.0, say("hold", "1")), (3.0, say("resume", "1")))
    told = story(tmp_path, cues, *hands, until_s=8.0)
    assert told.verdicts() == {"1": "held", "1'": "landed", "2": "landed"}


def test_what_was_fired_by_hand_while_the_cue_before_it_was_held_is_not_fired_once_more(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pull: 2 s, continue: auto-follow") + cue("2", None, "far", f"camera: B, {GO}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go")).at(2.0, say("hold", "A"))
    told = tale.at(3.0, say("go", "2")).at(5.0, say("resume", "A")).tell(until_s=10.0)
    assert told.verdicts() == {"1": "held", "2": "landed", "1'": "landed"}


FOLLOWED = cue("1", None, "far", f"{GO}, pull: 2 s, continue: auto-follow, post_wait: 500 ms")


@pytest.mark.parametrize("wait", ["", ", pre_wait: 3 s"], ids=["", "and waits still at the landing"])
def test_what_was_fired_by_hand_before_the_cue_before_it_has_landed_is_not_fired_once_more(
    tmp_path: Path, wait: str
) -> None:
    cues = FOLLOWED + cue("2", None, "far", f"camera: B, {GO}{wait}") + cue("3", None, "near", f"camera: B, {GO}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go")).at(1.6, say("go", "2"))
    told = tale.at(2.4, say("go", "3")).tell(until_s=8.0)
    assert told.row("2").source == "tell"
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    (unfired,) = (one for one in told.happenings("state") if "unfired" in one)
    assert (unfired["unfired"], unfired["heard"]) == ("2", "auto-follow of 1")
    assert unfired["why"] == "it was fired meanwhile"


def test_what_was_fired_by_hand_in_the_pre_wait_of_the_cue_before_it_does_not_go_on_from_it_once_more(
    tmp_path: Path,
) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 1 s, continue: auto-continue")
    cues += cue("2", None, "far", f"camera: B, {GO}") + cue("3", None, "near", f"camera: B, {GO}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go")).at(1.1, say("go", "2"))
    told = tale.at(1.8, say("go", "3")).tell(until_s=6.0)
    assert [row.cue for row in told.rows].count("2") == 1
    assert [one["unfired"] for one in told.happenings("state") if "unfired" in one] == ["2"]


def test_what_was_fired_by_hand_goes_on_being_fired_though_it_was_then_refused_to_another_hand(tmp_path: Path) -> None:
    cues = FOLLOWED + cue("2", None, "far", f"camera: B, {GO}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go")).at(1.4, say("go", "2"))
    tale.at(1.9, say("hold", "B")).at(2.2, say("go", "2")).at(2.6, say("resume", "B"))
    told = tale.tell(until_s=8.0)
    assert "auto-follow of 1" not in [row.source for row in told.rows if row.cue == "2"]


@pytest.mark.parametrize("by_s", [0.4, 1.4], ids=["before the chain began", "in vain"])
def test_what_follows_a_cue_goes_by_itself_where_nobody_fired_it_since(tmp_path: Path, by_s: float) -> None:
    cues = FOLLOWED + cue("2", None, "far", f"camera: B, {GO}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(0.9, say("go", "1")).at(by_s, say("go", "2"))
    if by_s > 0.9:
        tale.at(by_s - 0.1, say("disengage", "B")).at(by_s + 0.1, say("engage", "B"))
    told = tale.tell(until_s=8.0)
    assert ("2", "landed", "auto-follow of 1") in [(row.cue, row.verdict, row.source) for row in told.rows]


def test_a_held_rack_goes_on_though_its_landing_after_its_trigger_has_passed(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pull: 1 s, land_after: 4 s")
    told = story(tmp_path, cues, (1.0, say("go")), (4.6, say("hold")), (6.0, say("resume")), until_s=9.0)
    assert told.verdicts() == {"1": "held", "1'": "landed"}
    assert told.replies[-1].startswith("A.focus may move again; cue 1 goes on and lands 2.0")


def test_after_a_hand_or_panic_nothing_goes_on_by_itself(tmp_path: Path) -> None:
    hand: Hand = lambda rig: rig.latch(Latch.HAND, "A.focus")  # noqa: E731
    for stop in (hand, say("panic")):
        hands = ((1.0, say("go")), (2.0, say("hold")), (2.5, stop), (4.0, say("resume")))
        told = story(tmp_path, LONG, *hands, until_s=7.0)
        assert [row.cue for row in told.rows] == ["1"]
        assert told.moved("A.focus", 4.0, 6.5) < 1e-6
        assert told.replies[-1] == "A.focus may move again; the next rack leaves from where it is"


def test_a_rack_that_had_landed_before_hold_stays_where_it_is(tmp_path: Path) -> None:
    told = story(tmp_path, LONG, (1.0, say("go")), (4.5, say("hold")), (5.0, say("resume")), until_s=7.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.replies[-1] == "A.focus may move again; the next rack leaves from where it is"


def test_a_held_rack_does_not_go_on_once_a_timed_one_was_to_leave(tmp_path: Path) -> None:
    cues = cue("T", None, "far", f"{GO}, pull: 1.5 s") + cue("1", 6, "back") + cue("2", 9, "near")
    tale = Story(tmp_path, show_text(cues), Playback().play(11.0)).at(4.0, say("go")).at(4.8, say("hold", "T"))
    told = tale.at(8.0, say("resume")).tell()
    assert told.verdicts() == {"T": "held", "1": "held", "2": "landed"}
    assert told.replies[-1] == "A.focus may move again; cue T does not go on: cue 1 was to leave meanwhile"


@pytest.mark.parametrize(
    ("verb", "why", "after"),
    [
        ("hold", "no axis or camera 'Z'; have A.focus; nor has one of them a cue 'Z': HOLD", "resume takes it back"),
        ("panic", "no axis or camera 'Z'; have A.focus: PANIC", DISARMED),
        ("release", "no axis or camera 'Z'; have A.focus: RELEASE", DISARMED),
    ],
)
def test_a_stop_of_what_is_no_axis_stops_every_axis_and_says_so(
    tmp_path: Path, verb: str, why: str, after: str
) -> None:
    told = story(tmp_path, LONG, (1.0, say("go")), (1.5, say(verb, "Z")), until_s=6.0)
    assert told.replies[-1] == f"{why} on every axis; {after}"
    assert told.verdicts()["1"] != "landed"
    assert told.moved("A.focus", 2.5, 5.5) < 1e-3


@pytest.mark.parametrize(
    "named",
    [
        pytest.param("1", id="it has landed, and another moves its axis"),
        pytest.param("3", id="nobody has fired it"),
        pytest.param("T", id="it is timed, and far away"),
    ],
)
def test_a_hold_of_a_cue_that_is_not_under_way_holds_its_axis_and_no_other(tmp_path: Path, named: str) -> None:
    """Whoever names a cue knows which motor is to hold still; that it has just landed nobody sees in time."""
    cues = cue("1", None, "far", f"{GO}, pull: 1 s") + cue("2", None, "near", f"{GO}, pull: 3 s")
    cues += cue("B", None, "far", f"camera: B, {GO}, pull: 3 s") + cue("3", None, "far", GO) + cue("T", 90, "far")
    tale = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(12.0), rig=RIG)
    for at_s, hand in ((2.0, say("go", "1")), (5.0, say("go", "2")), (5.1, say("go", "B")), (6.0, say("hold", named))):
        tale.at(at_s, hand)
    told = tale.at(8.5, say("resume", named)).tell()
    assert told.replies[-2] == f"cue {named} is not under way: HOLD on A.focus; resume takes it back"
    assert told.data[-2] == {"held": "A.focus"}
    assert told.replies[-1].startswith("A.focus may move again; cue 2 goes on and lands ")
    assert told.verdicts() == {"1": "landed", "2": "held", "B": "landed", "2'": "landed", "T": "missed"}


def test_a_cue_that_waits_and_has_no_axis_names_none_to_stop_or_to_resume(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-continue, post_wait: 3 s")
    cues += cue("2", None, "2 m", f"camera: Z, {GO}")
    told = story(tmp_path, cues, (1.0, say("go")), (2.0, say("hold", "2")), (3.0, say("resume", "2")), until_s=6.0)
    why = "no axis or camera '2'; have A.focus; nor has one of them a cue '2'"
    assert told.replies[1:] == [f"{why}: HOLD on every axis; resume takes it back", why]
    assert told.data[1] == {"held": ""}
    assert told.verdicts()["2"] == "refused"


def test_a_hand_of_what_is_no_axis_is_refused(tmp_path: Path) -> None:
    told = story(tmp_path, LONG, (1.0, say("go")), (1.5, say("hand", "Z")), until_s=6.0)
    assert told.replies[-1] == "no axis or camera 'Z'; have A.focus"
    assert told.verdicts() == {"1": "landed"}


def test_what_a_conductor_missed_is_not_made_up_for_when_it_is_back(tmp_path: Path) -> None:
    tale = Story(tmp_path, HOUSE + LONG).at(1.0, say("go")).at(2.0, StoryRig.kill_conductor)
    told = tale.at(2.3, lambda rig: rig.wake_conductor("A.focus")).tell(until_s=6.0)
    assert told.verdicts() == {"1": "held"}
    assert told.moved("A.focus", 2.5, 5.5) < 1e-3


def test_a_go_behind_a_hold_in_one_breath_is_refused_and_resume_moves_nothing(tmp_path: Path) -> None:
    def both(rig: StoryRig) -> None:
        rig.say("hold")
        rig.say("go")

    told = story(tmp_path, LONG, (1.0, both), (2.0, say("resume")), until_s=5.0)
    assert (told.verdicts(), told.reason("1")) == ({"1": "refused"}, "A.focus is stopped by HOLD")
    assert told.moved("A.focus", 0.9, 4.9) < 1e-3
