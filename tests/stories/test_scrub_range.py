"""An act that may be scrubbed is scrubbed from its pre-roll to its end, and not beyond."""

from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text

FAR, BACK = 0.7342, 0.8543
#: On far from 3.1 s, on near again from 5.1 s, on back from 7.1 s.
CUES = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 7, "back")
AXIS = "A.focus"


def scrubbed(folder: Path, playback: Playback) -> Story:
    return Story(folder, show_text(CUES, act='scrub: true, ends: "01:00:12:00"'), playback)


@pytest.mark.parametrize("at_s", [30.0, -3.0])
def test_outside_its_act_nothing_is_scrubbed(tmp_path: Path, at_s: float) -> None:
    """Past the act's end the track would stand on its last mark, before its pre-roll on the first: neither is shown."""
    told = scrubbed(tmp_path, Playback().play(4.5).pause(0.5).locate(at_s).play(3.0, speed=-1.0)).tell()
    assert told.moved(AXIS, 4.6, 8.0) < 1e-6
    assert told.lens(AXIS, 8.0) == pytest.approx(FAR, abs=0.001)


def test_wound_back_over_its_end_an_act_is_scrubbed_from_there_on(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback().play(6.5).locate(13.0).play(4.0, speed=-1.0)).tell(until_s=10.4)
    assert told.moved(AXIS, 6.6, 7.4) < 1e-6
    assert told.lens(AXIS, 10.2) == pytest.approx(BACK, abs=0.001)
