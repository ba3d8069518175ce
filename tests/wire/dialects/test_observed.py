"""What desks may ask of cues, as the session's events leave it."""

import json
from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.shells.conductor_desk import cues_of
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.dialects.observed import observed
from cuefocus.wire.dialects.qlab import QLab
from tests.stories.kit import Hand, Story
from tests.stories.scenes import cue
from tests.stories.stacked import GO, HOUSE
from tests.wire.dialects.shows import crossed

CUES = cue("1", None, "far", f"{GO}, pre_wait: 2 s, continue: auto-follow, post_wait: 500 ms, pull: 2 s")
CUES += cue("2", None, "near", f"{GO}, continue: auto-continue") + cue("3", None, "far", GO)


def say(verb: str) -> Hand:
    return lambda rig: rig.say(verb)


def viewed(tmp_path: Path, *hands: tuple[float, Hand], until_s: float) -> ShowView:
    """The show as desks see it at a moment of a story."""
    story = Story(tmp_path, HOUSE + CUES)
    for at_s, hand in hands:
        story.at(at_s, hand)
    told = story.tell(until_s=until_s)
    view = ShowView(cues=cues_of(build_job(check(tmp_path / "show.yaml", tmp_path / "rig.yaml"))))
    for moment in told.moments:
        for event in moment.outcome.events:
            view = observed(view, {"event": event.kind, **event.fields})
    return view


def asked(view: ShowView, address: str) -> object:
    heard = QLab().hear(crossed(address), view)
    assert heard is not None
    return json.loads(str(heard.answers[0].first))["data"]


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("duration", [2.0, 0.6, 0.6]),
        ("preWait", [2.0, 0.0, 0.0]),
        ("postWait", [0.5, 0.0, 0.0]),
        ("continueMode", [2, 1, 0]),
    ],
)
def test_a_cue_is_told_as_the_show_writes_it(tmp_path: Path, question: str, answers: list[object]) -> None:
    view = viewed(tmp_path, until_s=0.5)
    assert [asked(view, f"/cue/{number}/{question}") for number in "123"] == answers


@pytest.mark.parametrize(
    ("hands", "paused"),
    [
        ([(1.0, "go"), (2.0, "hold")], True),  # in its pre-wait
        ([(1.0, "go"), (2.0, "hold"), (3.0, "resume")], False),
        ([(1.0, "go"), (4.0, "hold")], True),  # on its way
        ([(1.0, "go"), (4.0, "hold"), (4.5, "resume")], False),
        ([(1.0, "go"), (4.0, "panic")], False),  # nothing goes on from there
        ([(2.0, "hold")], False),
    ],
)
def test_what_hold_stopped_is_paused_until_it_goes_on(
    tmp_path: Path, hands: list[tuple[float, str]], paused: bool
) -> None:
    view = viewed(tmp_path, *((at_s, say(word)) for at_s, word in hands), until_s=5.0)
    assert asked(view, "/cue/1/isPaused") is paused
    assert asked(view, "/cue/2/isPaused") is False


def test_a_cue_that_can_be_asked_for_has_no_waits_unless_it_is_written() -> None:
    assert asked(ShowView(cues={"1": CueView("1")}), "/cue/1/preWait") == 0.0
