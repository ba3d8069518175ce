"""Landings while motion's words were lost: nobody conducted, and what motion said then was never read."""

from pathlib import Path

import pytest

from cuefocus.app.replay import replay
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.stacked import BOTH, say
from tests.stories.told import Told

#: Fired at 1.0 s, it is in its band at about 1.7 s.
FIRED = "on: {manual: GO}, pull: 653 ms"


def unheard(folder: Path, camera: str, from_s: float, until_s: float) -> Told:
    """A rack that is fired at 1.0 s; nobody conducts from one moment to another."""
    cues = cue("1", None, "far", f"camera: {camera}, {FIRED}") + cue("2", None, "near", f"camera: {camera}, {FIRED}")
    story = Story(folder, BOTH + cues, rig=RIG).at(1.0, say("go", "1")).at(5.0, say("go", "2"))
    story.journal = folder / "journal"
    told = story.at(from_s, StoryRig.kill_conductor).at(until_s, StoryRig.wake_conductor).tell(until_s=9.0)
    assert replay(story.journal).rows == told.rows
    return told


@pytest.mark.parametrize("camera", ["A", "B"])
@pytest.mark.parametrize(("from_s", "until_s"), [(1.5, 2.3), (1.1, 2.3), (1.6, 1.8), (1.6, 2.0), (1.68, 2.65)])
def test_a_landing_that_nobody_heard_of_is_not_timed(
    tmp_path: Path, camera: str, from_s: float, until_s: float
) -> None:
    told = unheard(tmp_path, camera, from_s, until_s)
    assert told.verdicts() == {"1": "missed", "2": "landed"}
    assert told.reason("1").startswith("came into the band unseen, between "), told.reason("1")
    row = told.row("1")
    assert (row.error_ms, row.uncertainty_ms, row.arrived_s) == (None, None, None)
    assert row.estimated is (camera == "B")


@pytest.mark.parametrize("camera", ["A", "B"])
def test_one_whose_watch_was_over_when_somebody_conducted_again_is_not_called_short(
    tmp_path: Path, camera: str
) -> None:
    told = unheard(tmp_path, camera, 1.5, 3.5)
    assert told.verdicts() == {"1": "missed", "2": "landed"}
    assert told.reason("1").startswith("position reports ended "), told.reason("1")


@pytest.mark.parametrize("camera", ["A", "B"])
@pytest.mark.parametrize(("from_s", "until_s"), [(1.9, 2.5), (3.0, 3.6)])
def test_one_that_was_heard_of_is_told_as_ever(tmp_path: Path, camera: str, from_s: float, until_s: float) -> None:
    for name in ("unheard", "heard"):
        (tmp_path / name).mkdir()
    told = unheard(tmp_path / "unheard", camera, from_s, until_s)
    whole = unheard(tmp_path / "heard", camera, 8.0, 8.1)
    assert told.verdicts() == whole.verdicts() == {"1": "landed", "2": "landed"}
    assert told.row("1").error_ms == pytest.approx(whole.row("1").error_ms, abs=0.01)
    assert told.row("1").uncertainty_ms == whole.row("1").uncertainty_ms


def test_a_timed_rack_that_landed_while_nobody_conducted_is_told_so(tmp_path: Path) -> None:
    cues = cue("A", 3, "far", "camera: A") + cue("B", 3, "far", "camera: B")
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(6.5), rig=RIG)
    told = story.at(3.8, StoryRig.kill_conductor).at(4.3, StoryRig.wake_conductor).tell()
    assert told.verdicts() == {"A": "missed", "B": "missed"}
    assert all("unseen" in told.reason(name) for name in "AB")
