"""Playback stops and starts again: suddenly or winding down; at the same place, later, earlier."""

from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text

CUES = cue("1", 3, "far") + cue("2", 6, "near") + cue("3", 8, "back")


def stopped(at_s: float, *, winding: bool) -> Playback:
    """Plays to `at_s` and stops for two seconds."""
    playback = Playback()
    if winding:
        return playback.play(0.75 + at_s).wind(0.5, to=0.0).pause(2.0)
    return playback.play(1.0 + at_s).pause(2.0)


@pytest.mark.parametrize("winding", [False, True])
def test_a_restart_at_the_same_place_goes_on_with_the_same_pass(tmp_path: Path, winding: bool) -> None:
    playback = stopped(4.0, winding=winding).play(6.0)
    told = Story(tmp_path, show_text(CUES), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert told.moved("A.focus", 5.0, 8.3) < 1e-4, "nobody cued a move"


@pytest.mark.parametrize("winding", [False, True])
def test_a_restart_later_skips_what_lies_between(tmp_path: Path, winding: bool) -> None:
    playback = stopped(4.0, winding=winding).locate(6.5).play(3.5)
    told = Story(tmp_path, show_text(CUES), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "skipped", "3": "landed"}


@pytest.mark.parametrize("winding", [False, True])
def test_a_restart_earlier_is_a_second_pass(tmp_path: Path, winding: bool) -> None:
    playback = stopped(4.0, winding=winding).locate(1.0).play(9.0)
    told = Story(tmp_path, show_text(CUES), playback).tell()
    assert told.verdicts() == {"1": "landed", "2/1": "landed", "2/2": "landed", "2/3": "landed"}


def test_playback_that_winds_down_in_mid_rack_misses_it_though_the_pull_is_finished(tmp_path: Path) -> None:
    """An explicit stop ends the freewheel at once: `land_at` never came. Under `finish` the lens goes to its mark."""
    cues = cue("1", 4, "far", "pull: 2 s") + cue("2", 5, "near")
    playback = Playback().play(3.3).wind(0.5, to=0.0).pause(4.0)
    told = Story(tmp_path, show_text(cues), playback).tell()
    assert told.verdicts() == {"1": "missed", "2": "missed"}
    assert told.lens("A.focus", 7.0) == pytest.approx(0.7342, abs=0.002)
    assert told.moved("A.focus", 6.5, 7.5) < 1e-4


def test_a_sudden_stop_in_mid_rack_lands_it_once_and_the_restart_does_not_pull_it_again(tmp_path: Path) -> None:
    playback = Playback().play(3.8).pause(3.0).play(4.5)
    told = Story(tmp_path, show_text(cue("1", 3, "far") + cue("2", 6, "near")), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.moved("A.focus", 4.5, 8.9) < 1e-4, "no going back to the middle of a rack that has landed"


def test_ten_seconds_of_stopped_timecode_end_the_take(tmp_path: Path) -> None:
    show = show_text(CUES, act="take_end_s: 3")
    told = Story(tmp_path, show, Playback().play(5.0).pause(5.0).play(1.0), takes=2).tell()
    ends = [event for event in told.happenings("take") if event.get("state") == "ended"]
    assert ends[0]["take"] == 1
    assert ends[0]["reason"] == "timecode stopped"
    assert {r.cue: r.verdict for r in told.rows if r.take == 1} == {"1": "landed", "2": "missed", "3": "missed"}
