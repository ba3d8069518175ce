"""Numbers that desks and people say: what is none, or beyond all measure, is refused in words and changes nothing."""

import re
from pathlib import Path

import pytest

from tests.stories.scenes import cue
from tests.stories.stacked import GO, say, story

NO_NUMBERS = ("nan", "inf", "-inf", "1e300", "1e3", "0x10", "١٢", "1_000", "99999999999", "--1", "1,5", " ", "\0")
RACK = cue("1", None, "far", f"{GO}, pull: 1 s")


@pytest.mark.parametrize("written", NO_NUMBERS)
def test_what_is_no_number_is_refused_by_every_word_that_takes_one(tmp_path: Path, written: str) -> None:
    words = (
        say("offset", value=written),
        say("offset", "A", written),
        say("offset", "1", f"+{written}"),
        say("setup", "A", f"stop={written}"),
        say("setup", "A", f"focal_mm={written}"),
        say("go", value=f"travel_ms={written}"),
    )
    told = story(tmp_path, RACK, *((1.0 + 0.1 * number, word) for number, word in enumerate(words)), until_s=3.0)
    assert len(told.replies) == len(words)
    assert told.rows == []
    assert [reply.ok for moment in told.moments for reply in moment.outcome.replies] == [False] * len(words)
    assert all("offset" in reply for reply in told.replies[:3])
    assert all("is no setting" in reply for reply in told.replies[3:5])
    assert told.replies[5].startswith("no GO list 'travel_ms=")


@pytest.mark.parametrize(
    ("verb", "target", "value", "why"),
    [
        ("offset", "", "-10000.001", "is too far: an offset is at most 10 s either way"),
        ("offset", "A", "999999999", "is too far: an offset is at most 10 s either way"),
        ("setup", "A", "stop=0", "is no setting"),
        ("setup", "A", "stop=-2", "is no setting"),
        ("setup", "A", "stop=99999", "T99999"),
        ("setup", "A", "focal_mm=99999", "99999 mm"),
    ],
)
def test_what_is_beyond_measure_is_refused(tmp_path: Path, verb: str, target: str, value: str, why: str) -> None:
    told = story(tmp_path, RACK, (1.0, say(verb, target, value)), (2.0, say("go")), until_s=5.0)
    assert why in told.replies[0]
    assert told.verdicts() == {"1": "landed"}
    assert told.row("1").offset_ms in (None, 0.0)


def test_a_pull_of_a_day_is_under_way_until_the_take_ends_and_can_be_stopped(tmp_path: Path) -> None:
    told = story(tmp_path, RACK, (1.0, say("go", value="travel_ms=86399999")), (3.0, say("hold", "1")), until_s=5.0)
    assert re.fullmatch(r"cue 1 lands in 864000[0-9]{2}\.[0-9]+ ms", told.replies[0])
    assert told.replies[1] == "HOLD on every axis; resume takes it back"
    assert told.moved("A.focus", 0.5, 5.0) < 1e-3
