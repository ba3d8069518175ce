"""Words with a time: obeyed when it comes, and forgotten at PANIC and when the show is disarmed."""

from pathlib import Path

import pytest

from cuefocus.engine.deadlines import MOST
from cuefocus.engine.plan import Latch
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.scenes import cue
from tests.stories.stacked import GO, HOUSE
from tests.stories.told import Told

CUES = cue("1", None, "far", GO) + cue("2", None, "mid", "on: {osc: /2}")


def say(verb: str, *, in_s: float = 0.0) -> Hand:
    return lambda rig: rig.say(verb, source="tell" if not in_s else "osc:desk", in_s=in_s)


def hear(key: str, in_s: float) -> Hand:
    return lambda rig: rig.hear("osc", key, source="osc:desk", in_s=in_s)


def story(tmp_path: Path, *hands: tuple[float, Hand], until_s: float = 8.0, takes: int = 1) -> Told:
    told = Story(tmp_path, HOUSE + CUES, takes=takes)
    for at_s, hand in hands:
        told.at(at_s, hand)
    return told.tell(until_s=until_s)


def test_a_word_for_later_is_obeyed_then(tmp_path: Path) -> None:
    told = story(tmp_path, (1.0, say("go", in_s=2.0)))
    assert told.verdicts() == {"1": "landed"}
    assert told.moved("A.focus", 0.5, 2.9) < 1e-6


@pytest.mark.parametrize("stop", ["panic", "release", "disarm"])
def test_panic_and_disarm_forget_what_was_said_for_later(tmp_path: Path, stop: str) -> None:
    """Armed and engaged again before it is due, nothing fires."""
    again = ((2.0, say("resume")), (2.1, say("arm")), (2.2, say("engage")))
    told = story(tmp_path, (1.0, say("go", in_s=3.0)), (1.1, hear("/2", 4.0)), (1.5, say(stop)), *again)
    assert told.rows == []
    assert told.moved("A.focus", 1.6, 8.0) < 1e-6
    reason = stop.upper() if stop != "disarm" else "disarmed"
    alarm = next(text for text in told.alarms if "forgotten" in text)
    assert alarm.startswith(f"{reason}: what was said for later is forgotten: go (in 2.5 s), osc /2 (in 3.6 s)")
    answer = f"{reason}: this word, said for later, is forgotten; say it again if it is still meant"
    assert answer in told.replies
    assert [one["unfired"] for one in told.happenings("state") if one.get("why") == answer] == ["osc /2"]


def test_they_are_forgotten_where_nothing_is_armed_too(tmp_path: Path) -> None:
    hands = (1.0, say("go", in_s=3.0)), (1.5, say("disarm")), (2.0, say("arm")), (2.1, say("engage"))
    told = story(tmp_path, *hands, takes=0)
    assert told.rows == []
    assert told.replies[0].startswith("disarmed: this word")


def test_of_more_words_than_are_kept_each_is_refused_and_one_alarm_a_second_says_so(tmp_path: Path) -> None:
    too_many = 3

    def flood(rig: StoryRig) -> None:
        for _ in range(MOST + too_many):
            rig.say("next", source="osc:desk", in_s=5.0)

    told = story(tmp_path, (1.0, flood), (1.5, say("next", in_s=5.0)), (1.6, say("next", in_s=5.0)), until_s=4.0)
    refused = "words wait for their time already; this one is refused"
    alarms = [text for text in told.alarms if refused in text]
    assert [text.partition(refused)[2] for text in alarms] == [" (3×)", " (2×)"], "at once, and a second later"
    assert sum(refused in text for text in told.replies) == too_many + 2


def test_panic_at_the_moment_a_word_is_due_is_first(tmp_path: Path) -> None:
    hands = (1.0, say("go", in_s=1.0)), (2.0, lambda rig: rig.latch(Latch.PANIC))
    assert story(tmp_path, *hands).rows == []


def test_hold_forgets_nothing(tmp_path: Path) -> None:
    told = story(tmp_path, (1.0, say("go", in_s=3.0)), (1.5, say("hold")), (2.0, say("resume")))
    assert told.verdicts() == {"1": "landed"}


@pytest.mark.parametrize("ends", ["take_start", "take_end"])
def test_the_end_of_a_take_forgets_what_was_said_for_it_before(tmp_path: Path, ends: str) -> None:
    hands = (1.0, say("go", in_s=4.0)), (2.0, say(ends)), (2.5, say("arm"))
    told = story(tmp_path, *hands, takes=9)
    assert told.rows == []
    assert any("said for later is forgotten: go (in 3.0 s)" in text for text in told.alarms)


@pytest.mark.parametrize("said", ["at once", "before it begins", "after"])
def test_what_is_said_with_the_next_take_is_for_it(tmp_path: Path, said: str) -> None:
    """Both for later: the take begins on 2 s, the cue goes on 4 s."""
    take, fire = say("take_start", in_s=1.0), say("go", in_s=3.0)
    hands = {
        "at once": ((1.0, take), (1.0, fire)),
        "before it begins": ((1.0, take), (1.2, say("go", in_s=2.8))),
        "after": ((1.0, take), (2.2, say("go", in_s=1.8))),
    }[said]
    told = story(tmp_path, *hands, takes=9)
    assert [(row.take, row.verdict) for row in told.rows] == [(2, "landed")]
    assert not any("forgotten" in text for text in told.alarms)
