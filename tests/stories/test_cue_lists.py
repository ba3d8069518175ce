"""The cue stack: lists, and what stands by in each."""

from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.scenes import RIG, cue
from tests.stories.stacked import BOTH, GO, HOT, THREE, say, story


def test_each_list_has_its_own_standby(tmp_path: Path) -> None:
    cues = cue("a1", None, "far", "on: {manual: A}") + cue("b1", None, "far", "camera: B, on: {manual: B}")
    cues += cue("a2", None, "near", "on: {manual: A}") + cue("b2", None, "back", "camera: B, on: {manual: B}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go", value="A")).at(1.05, say("go", value="B"))
    told = tale.at(2.5, say("go", value="A")).at(3.0, say("status")).tell(until_s=5.0)
    assert told.verdicts() == {"a1": "landed", "b1": "landed", "a2": "landed"}
    assert told.happenings("state")[-1]["standbys"] == {"A": None, "B": "b2"}


def test_go_without_a_list_is_that_of_go_and_a_cue_may_be_in_two(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: {manual: A}") + cue("2", None, "mid", GO)
    cues += cue("3", None, "near", "on: [{manual: GO}, {manual: A}]") + cue("4", None, "back", "on: {manual: A}")
    told = story(tmp_path, cues, (1.0, say("go")), (2.5, say("go")), (4.0, say("go", value="A")))
    assert [row.cue for row in told.rows] == ["2", "3", "4"], "3 was fired: the one after it stands by in A too"


def test_go_without_a_list_is_that_of_the_only_one_or_asks_which(tmp_path: Path) -> None:
    only = cue("1", None, "far", "on: {manual: A}")
    told = story(tmp_path, only, (1.0, say("go")), until_s=3.0)
    assert told.verdicts() == {"1": "landed"}
    assert {one["list"] for one in told.happenings("state") if "list" in one} == {"A"}
    told = story(tmp_path, only + cue("2", None, "near", "on: {manual: B}"), (1.0, say("go")), until_s=2.0)
    assert told.replies == ["which GO list? have A, B"]
    assert told.rows == []
    assert {one["list"] for one in told.happenings("state") if "list" in one} == {None}


def test_the_words_of_the_list_move_what_stands_by_and_nothing_else(tmp_path: Path) -> None:
    words = ("next", "next", "next", "next", "back", "back", "top", "back")
    hands = [(1.0 + 0.1 * index, say(word)) for index, word in enumerate(words)]
    told = story(tmp_path, THREE, *hands, (2.0, say("standby", "3")), (2.1, say("standby")), until_s=3.0)
    end = "list GO is at its end: nothing stands by; back or top takes it back"
    assert told.replies[:4] == [
        "cue 2 stands by in GO",
        "cue 3 stands by in GO",
        end,
        f"list GO goes no further; {end}",
    ]
    assert told.replies[4:6] == ["cue 3 stands by in GO", "cue 2 stands by in GO"]
    assert told.replies[6:8] == ["cue 1 stands by in GO", "list GO goes no further; cue 1 stands by in GO"]
    assert told.replies[8:] == ["cue 3 stands by in GO", "cue 3 stands by in GO"]
    assert told.moved("A.focus", 0.5, 3.0) < 1e-6


def test_standby_then_go_fires_that_cue_and_the_next_stands_by(tmp_path: Path) -> None:
    told = story(tmp_path, THREE, (1.0, say("standby", "2")), (1.2, say("go")), (3.0, say("go")))
    assert [row.cue for row in told.rows] == ["2", "3"]


def test_back_then_go_fires_a_cue_again(tmp_path: Path) -> None:
    told = story(
        tmp_path,
        THREE,
        (1.0, say("go")),
        (2.5, say("go")),
        (4.0, say("back")),
        (4.2, say("back")),
        (4.4, say("go")),
        until_s=7.0,
    )
    assert [row.cue for row in told.rows] == ["1", "2", "1"]


@pytest.mark.parametrize(
    ("word", "target", "value", "says"),
    [
        ("standby", "9", "", "no triggered cue '9'; have 1, 2, 3, H"),
        ("standby", "H", "", "cue H is in no GO list; fire it by number: go H"),
        ("standby", "1", "A", "no GO list 'A'; have GO"),
        ("standby", "H", "GO", "cue H is not in list GO"),
        ("next", "", "A", "no GO list 'A'; have GO"),
        ("top", "", "A", "no GO list 'A'; have GO"),
        ("load", "", "A", "no GO list 'A'; have GO"),
        ("go", "", "A", "no GO list 'A'; have GO"),
    ],
)
def test_what_cannot_stand_by_says_why(tmp_path: Path, word: str, target: str, value: str, says: str) -> None:
    told = story(tmp_path, THREE + HOT, (1.0, say(word, target, value)), until_s=2.0)
    assert told.replies == [says]
    assert not told.rows


def test_a_hot_cue_is_fired_by_number_and_go_never_comes_to_it(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + HOT + cue("2", None, "mid", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (2.5, say("go", "H")), (4.0, say("go")))
    assert [row.cue for row in told.rows] == ["1", "H", "2"]


def test_the_end_of_a_list_says_so_and_fires_nothing(tmp_path: Path) -> None:
    told = story(tmp_path, cue("1", None, "far", GO), (1.0, say("go")), (3.0, say("go")), until_s=5.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.replies[-1] == "the end of list GO: nothing stands by, GO fired nothing; back or top takes it back"


def test_a_show_without_go_cues_says_so(tmp_path: Path) -> None:
    told = story(tmp_path, HOT, (1.0, say("go")), until_s=2.0)
    assert told.replies == ["the show has no cue that waits for GO"]


def test_a_take_begins_at_the_top_unless_somebody_chose(tmp_path: Path) -> None:
    engaged = (0.6, say("engage"))
    told = story(
        tmp_path,
        THREE,
        (0.5, say("arm")),
        engaged,
        (1.0, say("go")),
        (3.0, say("take_start")),
        (3.1, say("go")),
        takes=0,
    )
    assert [row.cue for row in told.rows] == ["1", "1"]
    hands = ((0.4, say("standby", "3")), (0.5, say("arm")), engaged, (1.0, say("go")))
    told = story(tmp_path, THREE, *hands, (3.0, say("take_start")), (3.1, say("go")), takes=0)
    assert [row.cue for row in told.rows] == ["3", "1"]


def test_load_stands_by_and_says_whether_it_would_land_without_moving(tmp_path: Path) -> None:
    short = cue("4", None, "back", f"{GO}, land_after: 100 ms")
    hands = ((1.0, say("load", "2")), (1.2, say("load", "H")), (1.4, say("load", "4")), (1.6, say("load")))
    told = story(tmp_path, THREE + HOT + short, *hands, (1.8, say("standby")), until_s=3.0)
    assert told.replies[0].startswith("cue 2 is loaded: it lands 6")
    assert told.replies[1].startswith("cue H is loaded: it lands ")
    assert told.replies[2].startswith("cue 4 is loaded, but could not land: ")
    assert "needs" in told.replies[2]
    assert told.replies[3:] == [told.replies[2], "cue 4 stands by in GO"]
    assert told.moved("A.focus", 0.5, 3.0) < 1e-6
    assert told.rows == []


def test_load_says_that_nothing_is_armed_or_engaged_yet(tmp_path: Path) -> None:
    hands = ((0.4, say("load", "1")), (0.5, say("arm")), (0.6, say("load", "1")), (0.7, say("engage")))
    told = story(tmp_path, THREE, *hands, (0.8, say("load", "1")), takes=0, until_s=2.0)
    assert [reply for reply in told.replies if reply.startswith("cue 1 is loaded, but would be refused now")] == [
        "cue 1 is loaded, but would be refused now: A.focus is not engaged"
    ] * 2
    assert told.replies[-1].startswith("cue 1 is loaded: it lands")
