"""Racks held on their way: what goes on when the axis may move again, and what does not."""

import re
from pathlib import Path

import pytest

from cuefocus.engine.plan import Latch
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.stacked import GO, HOUSE, say, story

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
    [("", {}), ("A", {}), ("A.focus", {}), ("1", {"held": "A.focus"}), ("2", {"held": ""}), ("Z", {"held": ""})],
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
        ("hold", "no axis or camera 'Z'; have A.focus; nor is a cue 'Z' under way: HOLD", "resume takes it back"),
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


def test_a_hand_of_what_is_no_axis_is_refused(tmp_path: Path) -> None:
    told = story(tmp_path, LONG, (1.0, say("go")), (1.5, say("hand", "Z")), until_s=6.0)
    assert told.replies[-1] == "no axis or camera 'Z'; have A.focus"
    assert told.verdicts() == {"1": "landed"}


def test_what_a_conductor_missed_is_not_made_up_for_when_it_is_back(tmp_path: Path) -> None:
    tale = Story(tmp_path, HOUSE + LONG).at(1.0, say("go")).at(2.0, StoryRig.kill_conductor)
    told = tale.at(2.3, lambda rig: rig.wake_conductor("A.focus")).tell(until_s=6.0)
    assert told.verdicts() == {"1": "held"}
    assert told.moved("A.focus", 2.5, 5.5) < 1e-3
