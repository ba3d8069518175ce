"""An axis that was let go and is engaged again has not moved meanwhile: its motor is told to stand where it stands."""

from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, SOLO_RIG, cue, show_text
from tests.stories.stacked import say
from tests.stories.told import ORIGIN_NS


@pytest.mark.parametrize("quantum_counts", [1, 2, 4, 7])
@pytest.mark.parametrize("target", ["far", "back", "2.22 m"])
def test_its_first_set_points_are_its_last_to_the_count(tmp_path: Path, target: str, quantum_counts: int) -> None:
    """Its reports are whole counts of a coarser scale, and no reason to go through its play to the other side."""
    rig = SOLO_RIG.replace("quantum_counts: 4", f"quantum_counts: {quantum_counts}")
    story = Story(tmp_path, show_text(cue("1", 3, target) + cue("2", 9, "mid")), Playback().play(11.0), rig=rig)
    told = story.at(5.5, say("disengage")).at(6.5, say("engage")).tell()
    frames = [frame for frame in told.players["A.focus"].frames if 5.0 < (frame.due_ns - ORIGIN_NS) / 1e9 < 8.0]
    assert len({frame.counts for frame in frames}) == 1
    assert max(frame.due_ns for frame in frames) > ORIGIN_NS + 7 * 10**9
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_so_with_a_motor_that_does_not_report(tmp_path: Path) -> None:
    cues = cue("1", 3, "far", "camera: B") + cue("2", 9, "mid", "camera: B")
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(11.0), rig=RIG)
    told = story.at(5.5, say("disengage")).at(6.5, say("engage")).tell()
    frames = [frame for frame in told.players["B.focus"].frames if 5.0 < (frame.due_ns - ORIGIN_NS) / 1e9 < 8.0]
    assert len({frame.counts for frame in frames}) == 1
