"""QLab as the one that is asked: what is sent, what its updates and replies mean, and that none is too odd."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.dialects.dialect import Heard
from cuefocus.wire.dialects.qlab import QLab
from cuefocus.wire.dialects.qlab_client import (
    THUMP_EVERY_S,
    CueChanged,
    Disconnected,
    News,
    Playhead,
    Reply,
    asked_of_cue,
    greeting,
    read_news,
    thump,
)
from cuefocus.wire.osc import OscMessage
from tests.wire.dialects.shows import DUET, crossed


def test_what_is_sent() -> None:
    assert [(each.address, each.arguments) for each in greeting(passcode="4321", workspace="W")] == [
        ("/workspace/W/connect", ("4321",)),
        ("/alwaysReply", (1,)),
        ("/workspace/W/updates", (1,)),
    ]
    assert greeting()[0] == OscMessage("/connect")
    assert thump(workspace="W") == OscMessage("/workspace/W/thump")
    assert THUMP_EVERY_S < 31
    asked = asked_of_cue("X", "number", "isRunning", workspace="W")
    assert asked == OscMessage("/workspace/W/cue_id/X/valuesForKeys", ('["number", "isRunning"]',))


def reply(address: str, data: object, status: str = "ok") -> OscMessage:
    told = {"workspace_id": "W", "address": address, "status": status, "data": data}
    return crossed(f"/reply{address}", json.dumps(told))


@pytest.mark.parametrize(
    ("message", "news"),
    [
        (crossed("/update/workspace/W/cueList/L/playbackPosition", "X"), Playhead("W", "L", "X")),
        (crossed("/update/workspace/W/cueList/L/playbackPosition"), Playhead("W", "L", "")),
        (crossed("/update/workspace/W/cue_id/X"), CueChanged("W", "X")),
        (crossed("/update/workspace/W/disconnect"), Disconnected("W")),
        (crossed("/update/workspace/W"), None),
        (crossed("/update/workspace/W/dashboard"), None),
        (crossed("/go"), None),
        (reply("/workspace/W/connect", "ok"), Reply("/workspace/W/connect", True, "ok", "W")),
        (reply("/workspace/W/connect", "badpass"), Reply("/workspace/W/connect", False, "badpass", "W")),
        (reply("/cue/1/isRunning", True), Reply("/cue/1/isRunning", True, True, "W")),
        (reply("/cue/9/isRunning", None, "error"), Reply("/cue/9/isRunning", False, None, "W")),
        (crossed("/reply/version", "5"), "QLab's reply to /version is no JSON object: 5"),
        (crossed("/reply/version", "{"), "QLab's reply to /version is not JSON: {"),
        (crossed("/reply/version", 5), "QLab's reply to /version is no text of at most 65536 letters"),
        (crossed("/reply/version", "[" * 50_000), f"QLab's reply to /version is not JSON: {'[' * 60}"),
    ],
)
def test_what_it_says(message: OscMessage, news: News | str | None) -> None:
    assert read_news(message) == news


@given(st.sampled_from(["/reply/a", "/reply/", "/update/workspace/", "/update/workspace/W/cueList"]), st.text())
def test_nothing_it_says_is_too_odd(address: str, argument: str) -> None:
    read_news(OscMessage(address, (argument,)))


def test_one_of_us_understands_another() -> None:
    """The client's words are the server's, and its replies and news are read."""
    there = QLab()
    for sent in greeting(passcode="1", workspace="cuefocus"):
        heard = there.hear(sent, DUET)
        assert isinstance(heard, Heard)
        answers = heard.answers or there.answer(sent, True, "", {})
        news = read_news(answers[0])
        assert isinstance(news, Reply)
        assert news.ok
    (moved,) = there.news({"event": "state", "standby": "3"}, DUET)
    assert read_news(moved) == Playhead("cuefocus", "GO", "3")
    asked = there.hear(asked_of_cue("3", "name", workspace="cuefocus"), DUET)
    assert asked is not None
    told = read_news(asked.answers[0])
    assert isinstance(told, Reply)
    assert told.data == {"name": "desk"}
