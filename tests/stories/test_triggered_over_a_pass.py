from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.stacked import GO, say
from tests.stories.test_acts import DANCE_S, TWO_ACTS


@pytest.mark.parametrize("to_s", [0.0, DANCE_S - 2.5], ids=["back", "to another act"])
def test_a_triggered_rack_under_way_lands_though_a_new_pass_begins(tmp_path: Path, to_s: float) -> None:
    show = TWO_ACTS + cue("T", None, "back", f"{GO}, pull: 2 s")
    told = Story(tmp_path, show, Playback().play(5.5).locate(to_s).play(6.0)).at(4.6, say("go")).tell()
    assert told.row("T").verdict == "landed", told.reason("T")


@pytest.mark.parametrize("at_s", [4.07, 4.09, 4.094, 4.102])
def test_one_that_landed_just_before_is_watched_on_as_long_as_its_axis_stays(tmp_path: Path, at_s: float) -> None:
    """Cue T lands within 20 ms before playback is believed to be in another act, whose clock locks 60 ms later."""
    show = TWO_ACTS + cue("T", None, "back", f"{GO}, pull: 2 s")
    told = Story(tmp_path, show, Playback().play(5.5).locate(DANCE_S - 2.5).play(6.0)).at(at_s, say("go")).tell()
    row = told.row("T")
    assert row.verdict == "landed", row.reason
    assert row.held_s is not None
    assert row.held_s > 0.04


def test_one_whose_axis_was_moved_on_before_it_could_be_late_is_not_called_short(tmp_path: Path) -> None:
    """Its motor's limits make cue T some ms late; playback is believed to have jumped between."""
    show = TWO_ACTS + cue("T", None, "back", f"{GO}, pull: 2 s")
    told = Story(tmp_path, show, Playback().play(5.5).locate(DANCE_S - 2.5).play(6.0)).at(3.63, say("go")).tell()
    assert told.row("T").verdict == "missed"
    assert told.reason("T").startswith("was watched for 8 ms after it was to land, 1 count short of the band then")


@pytest.mark.parametrize(("acts", "verdicts"), [(True, []), (False, ["landed"])])
def test_timecode_that_stops_ends_takes_of_shows_with_acts_alone(
    tmp_path: Path, acts: bool, verdicts: list[str]
) -> None:
    show = show_text(cue("T", None, "back", f"{GO}, pull: 2 s"))
    if not acts:
        head, _, rest = show.partition("acts:\n")
        show = head + rest.partition("\n")[2]
    told = Story(tmp_path, show, Playback().play(5.0).pause(20.0)).at(18.0, say("go")).tell()
    assert [row.verdict for row in told.rows] == verdicts
