"""A timed rack has its turn once in a pass: what is pulled has its row, and what comes again is another pass."""

from pathlib import Path

import pytest

from tests.stories.kit import Hand, Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.stacked import say
from tests.stories.told import Told

AXIS = "A.focus"
HANDS_OFF: Hand = say("resume")


def told_of(told: Told) -> list[tuple[str, int, str]]:
    """Every row: cue, pass, verdict."""
    return [(row.cue, row.pass_, row.verdict) for row in told.rows]


@pytest.mark.parametrize("stop", ["hand", "hold"])
def test_a_stop_that_is_taken_back_just_before_a_departure_lets_nothing_leave_that_was_told_otherwise(
    tmp_path: Path, stop: str
) -> None:
    """It would move at 3.42 s; whether it may is decided at 3.33 s."""
    show = show_text(cue("1", 3, "far") + cue("2", 6, "mid"))
    told = Story(tmp_path, show, Playback().play(8.0)).at(3.0, say(stop)).at(3.37, HANDS_OFF).tell()
    assert told.verdicts() == {"1": "overridden" if stop == "hand" else "held", "2": "landed"}
    assert told.moved(AXIS, 2.0, 5.0) < 1e-4


def test_a_rack_that_a_fired_one_has_replaced_does_not_leave_though_a_hand_stopped_that(tmp_path: Path) -> None:
    show = show_text(
        cue("1", 6, "far") + cue("2", 9, "mid") + cue("T", None, "back", "on: {manual: GO}, pull: 1500 ms")
    )
    story = Story(tmp_path, show, Playback().play(11.0)).at(5.5, say("go")).at(5.8, say("hand")).at(6.2, HANDS_OFF)
    told = story.tell()
    assert told.verdicts() == {"1": "replaced", "T": "overridden", "2": "landed"}
    assert told.moved(AXIS, 6.2, 8.5) < 1e-4


@pytest.mark.parametrize("rejoin", ["next-cue", "now"])
def test_a_rack_that_was_missed_while_the_deck_paused_lands_in_a_second_pass(tmp_path: Path, rejoin: str) -> None:
    """The deck stands just before a departure; the clock that ran on past it has the rack missed."""
    show = show_text(cue("1", 3, "far") + cue("2", 6, "mid"), act=f"rejoin: {rejoin}")
    told = Story(tmp_path, show, Playback().play(2.9).pause(3.0).play(6.0)).tell()
    assert told_of(told) == [("1", 1, "missed"), ("1", 2, "landed"), ("2", 2, "landed")]


@pytest.mark.parametrize("rejoin", ["next-cue", "now"])
def test_a_rack_that_landed_while_the_deck_paused_lands_again_in_a_second_pass(tmp_path: Path, rejoin: str) -> None:
    """The deck stands just before a departure: the rack leaves and lands by the clock that runs on."""
    show = show_text(cue("1", 3, "far") + cue("2", 6, "mid"), act=f"rejoin: {rejoin}")
    told = Story(tmp_path, show, Playback().play(3.3).pause(3.0).play(5.0)).tell()
    assert told_of(told) == [("1", 1, "landed"), ("1", 2, "landed"), ("2", 2, "landed")]


def test_a_rack_that_left_without_playback_leaves_again_in_a_second_pass(tmp_path: Path) -> None:
    show = show_text(cue("1", 3, "far", "pull: 800 ms"), act="on_loss: run")
    told = Story(tmp_path, show, Playback().play(3.0).pause(0.6).play(4.0)).tell()
    assert told_of(told) == [("1", 1, "skipped"), ("1", 2, "landed")]
