"""What stands by is looked at before its GO: an operator sees what GO would be refused for."""

from pathlib import Path
from typing import Any

from tests.stories.kit import Story
from tests.stories.scenes import RIG, cue
from tests.stories.stacked import BOTH, GO, THREE, say, story
from tests.stories.told import Told


def foreseen(told: Told) -> list[dict[str, str]]:
    """The refusals that were told, each once as they change."""
    all_told: list[Any] = [one["standby_refusals"] for one in told.happenings("state") if "standby_refusals" in one]
    return [one for index, one in enumerate(all_told) if index == 0 or one != all_told[index - 1]]


def test_a_cue_that_could_not_land_is_told_of_while_it_stands_by(tmp_path: Path) -> None:
    short = cue("4", None, "back", f"{GO}, land_after: 100 ms")
    told = story(tmp_path, THREE + short, (1.0, say("standby", "4")), (1.5, say("standby", "2")), until_s=3.0)
    none, refused, after = foreseen(told)
    assert none == after == {}
    assert list(refused) == ["GO"]
    assert refused["GO"].startswith("cue 4 could not land: ")
    assert "needs" in refused["GO"]
    assert told.moved("A.focus", 0.5, 3.0) < 1e-6
    assert told.rows == []


def test_an_axis_that_is_stopped_is_foreseen_until_it_is_resumed(tmp_path: Path) -> None:
    told = story(tmp_path, THREE, (1.0, say("hold")), (2.0, say("resume")), until_s=3.0)
    assert [list(one.values()) for one in foreseen(told)] == [
        [],
        ["cue 1 would be refused now: A.focus is stopped by HOLD"],
        [],
    ]


def test_each_list_is_looked_at_and_what_passes_is_not_told(tmp_path: Path) -> None:
    cues = cue("a1", None, "far", "on: {manual: A}") + cue("a2", None, "near", "on: {manual: A}, land_after: 100 ms")
    cues += cue("b1", None, "far", "camera: B, on: {manual: B}, land_after: 100 ms")
    told = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go", value="A")).tell(until_s=4.0)
    assert [sorted(one) for one in foreseen(told)] == [[], ["B"], ["A", "B"]], "a2 only once its axis stands"
    assert told.verdicts() == {"a1": "landed"}


def test_another_reason_is_told_for_each_list(tmp_path: Path) -> None:
    cues = cue("a1", None, "far", "on: {manual: A}") + cue("b1", None, "far", "camera: B, on: {manual: B}")
    cues += cue("c1", None, "far", "camera: B, on: {manual: C}")
    told = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("disengage")).at(2.0, say("hold")).tell(until_s=3.0)
    assert foreseen(told)[-1] == {
        name: f"cue {name.lower()}1 would be refused now: {camera}.focus is stopped by HOLD"
        for name, camera in zip("ABC", "ABB", strict=True)
    }


def test_with_nothing_armed_nothing_is_foreseen(tmp_path: Path) -> None:
    short = cue("1", None, "back", f"{GO}, land_after: 100 ms")
    told = story(tmp_path, short, (1.0, say("disarm")), takes=0, until_s=2.0)
    assert foreseen(told)[-1] == {}


def test_a_cue_of_a_camera_that_is_not_there_is_foreseen_as_what_it_is(tmp_path: Path) -> None:
    gone = cue("9", None, "2 m", f"camera: Z, {GO}")
    told = story(tmp_path, gone + THREE, until_s=2.0)
    assert foreseen(told)[-1]["GO"].startswith("cue 9 could not land: ")
    assert told.rows == []
