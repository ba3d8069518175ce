"""A show of several acts; and set-points that go out once."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import MARKS, cue, show_text
from tests.stories.stacked import say

TWO_ACTS = f"""schema: cuefocus-show/1
rate: "25"
marks: {{A: {MARKS}}}
defaults: {{camera: A, pull: 600 ms, tolerance: 0.5 frame}}
acts:
  - {{act: song, starts: "01:00:00:00", ends: "01:00:20:00", opening: {{A: near}}}}
  - {{act: dance, starts: "02:00:00:00", ends: "02:00:20:00", opening: {{A: mid}}}}
cues:
  - {{cue: "1", act: song, land: {{at: "+3 s"}}, to: far}}
  - {{cue: "2", act: song, land: {{at: "+8 s"}}, to: near}}
  - {{cue: "3", act: dance, land: {{at: "+2 s"}}, to: back}}
"""
DANCE_S = 3600.0


def test_playback_goes_on_to_another_act_and_its_racks_land(tmp_path: Path) -> None:
    playback = Playback().play(5.5).locate(DANCE_S - 0.5).play(4.0)
    told = Story(tmp_path, TWO_ACTS, playback).tell()
    assert told.verdicts() == {"1": "landed", "2/3": "landed"}


def test_another_act_after_a_pause_and_back_again(tmp_path: Path) -> None:
    playback = Playback().play(5.5).pause(2.0).locate(DANCE_S - 1.0).play(4.5).pause(2.0).locate(1.0).play(4.0)
    told = Story(tmp_path, TWO_ACTS, playback).tell()
    assert told.verdicts() == {"1": "landed", "2/3": "landed", "3/1": "landed", "3/2": "missed"}


@pytest.mark.parametrize("word", ["setup", "offset"])
def test_what_is_set_while_playback_goes_to_another_act_is_as_it_is_set_there(tmp_path: Path, word: str) -> None:
    """A triggered rack goes on meanwhile, so its axis has the racks of the act before until the clock runs again."""
    show = TWO_ACTS + cue("T", None, "back", "on: {manual: GO}, pull: 2 s")
    tale = Story(tmp_path, show, Playback().play(5.5).locate(DANCE_S - 1.5).play(6.0)).at(4.6, say("go"))
    for step in range(20):
        value = f"stop={4 + step % 2}" if word == "setup" else f"{10 + step % 2}"
        tale.at(5.5 + 0.02 * step, say(word, "A", value))
    told = tale.tell()
    last = told.row("3")
    assert last.verdict == "landed"
    assert (last.stop, last.offset_ms) == ((5.0, 0.0) if word == "setup" else (2.8, 11.0))


def test_playback_that_begins_in_the_middle_of_a_rack_makes_no_step(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(cue("1", 3, "far", "pull: 1.2 s")), Playback(at_s=2.3).play(3.0)).tell()
    assert told.row("1").verdict in ("landed", "late", "short")
    assert "limited" not in told.reason("1")


def test_a_landings_own_set_point_goes_out_once(tmp_path: Path) -> None:
    """The clock is corrected by nanoseconds after it went; that is no reason to send it again."""
    cues = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 6.5, "back")
    told = Story(tmp_path, show_text(cues), Playback().play(8.5)).tell()
    frames = told.players["A.focus"].frames
    assert sum(frame.landing for frame in frames) == 3
    assert all(after.due_ns - before.due_ns > 1_000_000 for before, after in pairwise(frames))
