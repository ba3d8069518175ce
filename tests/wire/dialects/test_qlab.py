"""QLab's words to us: what its Network cues and remotes send, unchanged; and the replies' JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cuefocus.wire.dialects.dialect import CueView, Heard, ShowView
from cuefocus.wire.dialects.qlab import QLab
from cuefocus.wire.dialects.qlab_queries import MOST_LISTED
from cuefocus.wire.osc import MOST_BYTES, Argument, OscMessage, write_message
from cuefocus.wire.said import Said
from tests.wire.dialects.shows import DUET, crossed

QLAB = QLab()
PLACES = ("", "/workspace/cuefocus", "/workspace/Duet")


def hear(address: str, *arguments: Argument, view: ShowView = DUET) -> Heard:
    heard = QLAB.hear(crossed(address, *arguments), view)
    assert heard is not None
    return heard


def told(answers: Sequence[OscMessage]) -> Any:
    (answer,) = answers
    found = json.loads(str(answer.first))
    assert list(found) == ["workspace_id", "address", "status", "data"]
    assert answer.address == f"/reply{found['address']}"
    return found["status"], found["data"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("address", "arguments", "said"),
    [
        ("/go", (), [Said("go")]),
        ("/go", (1,), [Said("go")]),
        ("/go/12.5", (), [Said("go", "12.5")]),
        ("/go", (1.0,), [Said("go")]),
        ("/go", (True,), [Said("go")]),
        ("/go", ("1",), [Said("go")]),
        ("/go", ("",), [Said("go")]),
        ("/go", ("3",), [Said("go", "3")]),
        ("/go", (3,), [Said("go", "3")]),
        ("/go", (127,), [Said("go")]),
        ("/go", ("12.5",), [Said("go", "12.5")]),
        ("/go", ("99",), [Said("go", "99")]),
        ("/go", ("out of here",), [Said("go", "out of here")]),
        ("/stop", (), [Said("hold")]),
        ("/pause", (), [Said("hold")]),
        ("/resume", (), [Said("resume")]),
        ("/hardStop", (), [Said("panic")]),
        ("/panic", (), [Said("panic")]),
        ("/panic", (0.4,), [Said("panic")]),
        ("/panicInTime", (2,), [Said("panic")]),
        ("/panicInTime", (0,), [Said("panic")]),
        ("/reset", (), [Said("top")]),
        ("/playhead/next", (), [Said("next")]),
        ("/playhead/previous", (), [Said("back")]),
        ("/playhead/3", (), [Said("standby", "3")]),
        ("/select/3", (), [Said("standby", "3")]),
        ("/select_id/3", (), [Said("standby", "3")]),
        ("/playheadId/3", (), [Said("standby", "3")]),
        ("/playheadID/3", (), [Said("standby", "3")]),
        ("/playbackPosition/3", (), [Said("standby", "3")]),
        ("/playbackPositionId/3", (), [Said("standby", "3")]),
        ("/cue/3/start", (), [Said("go", "3")]),
        ("/cue/3/go", (), [Said("go", "3")]),
        ("/cue/3/preview", (), [Said("go", "3")]),
        ("/cue/99/start", (), [Said("go", "99")]),
        ("/cue/out_of_here/go", (), [Said("go", "out of here")]),
        ("/cue/3/load", (), [Said("load", "3")]),
        ("/cue/3/loadAt", (0,), [Said("load", "3")]),
        ("/cue/3/loadAndSetPlayhead", (), [Said("load", "3")]),
        ("/cue/3/startAndAutoloadNext", (), [Said("go", "3")]),
        ("/cue_id/3/start", (), [Said("go", "3")]),
        ("/cue/1/stop", (), [Said("hold", "A.focus")]),
        ("/cue/1/pause", (), [Said("hold", "A.focus")]),
        ("/cue/1/hardPause", (), [Said("hold", "A.focus")]),
        ("/cue/1/togglePause", (), [Said("hold", "A.focus")]),
        ("/cue/2/panicInTime", (2.5,), [Said("panic", "A.focus")]),
        ("/cue/2/panicInTime", (0,), [Said("panic", "A.focus")]),
        ("/cue_id/2/panicInTime", (0.0,), [Said("panic", "A.focus")]),
        ("/cue_id/GO/go", (), [Said("go")]),
        ("/cue_id/GO/playhead/next", (), [Said("next")]),
        ("/cue/GO/playhead/3", (), [Said("standby", "3")]),
        ("/cue_id/GO/panic", (), [Said("panic")]),
        ("/cue_id/GO/reset", (), [Said("top")]),
        ("/cue_id/GO/stop", (), [Said("hold")]),
        ("/cue/12.5/hardStop", (), [Said("panic", "B.iris")]),
        ("/cue/2/panic", (), [Said("panic", "A.focus")]),
        ("/cue/2/resume", (), [Said("resume", "A.focus")]),
        ("/cue/selected/start", (), [Said("go", "3")]),
        ("/cue/playhead/load", (), [Said("load", "3")]),
        ("/cue/active/stop", (), [Said("hold", "A.focus"), Said("hold", "B.iris")]),
    ],
)
def test_commands(place: str, address: str, arguments: tuple[Argument, ...], said: list[Said]) -> None:
    heard = hear(place + address, *arguments)
    assert (list(heard.said), heard.answers, heard.ignored) == (said, (), "")


def test_a_cue_that_is_paused_goes_on_when_its_pause_is_toggled() -> None:
    held = replace(DUET, cues={**DUET.cues, "3": replace(DUET.cues["3"], paused=True)})
    assert hear("/cue/selected/togglePause", view=held).said == (Said("resume", DUET.cues["3"].axis_name),)
    assert hear("/cue/selected/togglePause").ignored == "cue 3 is not under way"
    assert hear("/cue/selected/togglePause", 0, view=held).said == ()


def test_a_go_that_names_a_cue_by_its_number_fires_no_other() -> None:
    """A text that names a cue is that cue, be it called 1; a timed one is fired by nobody, so 1 is a press there."""
    show = replace(DUET, cues={**DUET.cues, "1": replace(DUET.cues["1"], triggered=True)})
    assert hear("/go", "1", view=show).said == (Said("go", "1"),)
    assert hear("/go", 1, view=show).said == (Said("go"),)
    assert hear("/go", "2", view=show).said == (Said("go", "2"),), "refused by the session, as it is timed"


def test_a_cue_may_be_called_as_the_list_is() -> None:
    show = replace(DUET, cues={"GO": CueView("GO", camera="A", axis="focus", triggered=True, running=True)})
    assert hear("/cue/GO/go", view=show).said == (Said("go", "GO"),)
    assert hear("/cue/GO/stop", view=show).said == (Said("hold", "A.focus"),)


@pytest.mark.parametrize("word", ["/auditionGo", "/cue/3/audition", "/cue/3/auditionGo", "/cue/3/auditionPreview"])
def test_what_is_to_be_tried_without_being_seen_moves_nothing(word: str) -> None:
    assert hear(word).said == ()
    assert hear(f"/workspace/cuefocus{word}").said == ()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("word", "arguments"),
    [
        ("/cue/2/actionElapsed", ()),
        ("/cue/2/preWaitElapsed", ()),
        ("/cue/2/preWait/+", (1.0,)),
        ("/cue_id/2/bogus", ()),
        ("/cue/99/bogus", (0,)),
        ("/showMode", ()),
        ("/overrides", (1,)),
    ],
)
def test_a_word_of_qlab_s_that_means_nothing_here_is_answered(
    place: str, word: str, arguments: tuple[Argument, ...]
) -> None:
    status, data = told(hear(f"{place}{word}", *arguments).answers)
    assert status == "error"
    assert data == f"no word {word.replace('cue_id', 'cue')} here"


@pytest.mark.parametrize(
    "address", ["/cue", "/cue/2", "/cue/2/", "/cue//name", "/showmode", "/cue/*/fly", "/cues/2/go"]
)
def test_what_may_be_another_program_s_is_not_answered(address: str) -> None:
    assert QLAB.hear(crossed(address), DUET) is None


@pytest.mark.parametrize(("word", "verb"), [("stop", "hold"), ("pause", "hold"), ("hardStop", "panic")])
def test_a_cue_that_waits_to_go_is_stopped_as_one_that_goes(word: str, verb: str) -> None:
    waits = replace(DUET, status={**DUET.status, "waiting": [{"cue": "2", "held": False}]})
    assert hear(f"/cue/2/{word}", view=waits).said == (Said(verb, DUET.cues["2"].axis_name),)
    assert hear(f"/cue/3/{word}", view=waits).ignored == "cue 3 is not under way"


@pytest.mark.parametrize(
    ("address", "arguments", "why"),
    [
        ("/cue/2/stop", (), "not under way"),
        ("/cue/99/stop", (), "no cue 99"),
        ("/cue/3/loadAt", (1.5,), "load it"),
        ("/cue/3/loadAt", (float("nan"),), "load it"),
        ("/cue/3/loadAt", (float("-inf"),), "load it"),
        ("/cue/3/loadAt", ("soon",), "load it"),
        ("/cue/3/preWait", (2,), "written in the show file"),
        ("/cue/3/armed", (0,), "written in the show file"),
        ("/cue/99/name", (), "no cue 99"),
        ("/cue/3/valuesForKeys", ("[",), "as JSON"),
        ("/cue/3/valuesForKeys", ("[" * 60_000,), "as JSON"),
        ("/cue/3/valuesForKeys", ("[1]",), "as JSON"),
        ("/workspace/other/go", (), "no workspace other"),
        ("/workspace/cuefocus/fly", (), "no word /fly"),
        ("/go", (0.5,), "fader"),
    ],
)
def test_what_cannot_be_is_said(address: str, arguments: tuple[Argument, ...], why: str) -> None:
    heard = hear(address, *arguments)
    assert heard.said == ()
    status, data = told(heard.answers)
    assert status == "error"
    assert why in data


@pytest.mark.parametrize("address", ["/go", "/cue/3/start", "/panic", "/cue/1/stop", "/reset", "/resume"])
@pytest.mark.parametrize("argument", [0, 0.0, False])
def test_a_button_let_go_says_nothing_and_is_not_answered(address: str, argument: Argument) -> None:
    heard = hear(address, argument)
    assert (heard.said, heard.answers) == ((), ())


@pytest.mark.parametrize(
    ("address", "arguments", "data"),
    [
        ("/version", (), "4.0"),
        ("/workspaces", (), [{"uniqueID": "cuefocus", "displayName": "Duet", "version": "4.0"}]),
        ("/cue/3/name", (), "desk"),
        ("/cue/3/number", (), "3"),
        ("/cue/3/uniqueID", (), "3"),
        ("/cue/selected/number", (), "3"),
        ("/cue/1/isRunning", (), True),
        ("/cue/3/isRunning", (), False),
        ("/cue/3/isLoaded", (), True),
        ("/cue/12.5/armed", (), False),
        ("/cue/3/preWait", (), 0.0),
        ("/cue/1/duration", (), 0.6),
        ("/cue/1/valuesForKeys", ('["number","isRunning","unheard of"]',), {"number": "1", "isRunning": True}),
        ("/cue/1/valuesForKeys", ("number", "armed"), {"number": "1", "armed": True}),
        ("/workspace/cuefocus/cue_id/1/name", (), "Ana"),
    ],
)
def test_questions(address: str, arguments: tuple[Argument, ...], data: object) -> None:
    heard = hear(address, *arguments)
    assert told(heard.answers) == ("ok", data)
    assert heard.said == ()


def test_lists_of_cues() -> None:
    status, lists = told(hear("/cueLists").answers)
    assert status == "ok"
    assert [cue["number"] for cue in lists[0]["cues"]] == list(DUET.cues)
    assert [cue["number"] for cue in told(hear("/runningCues").answers)[1]] == ["1", "12.5"]
    held = replace(DUET, cues={**DUET.cues, "3": replace(DUET.cues["3"], paused=True)})
    assert [cue["number"] for cue in told(hear("/runningCues", view=held).answers)[1]] == ["1", "12.5"]
    assert [cue["number"] for cue in told(hear("/runningOrPausedCues", view=held).answers)[1]] == ["1", "3", "12.5"]
    assert [cue["number"] for cue in told(hear("/selectedCues").answers)[1]] == ["3"]
    assert told(hear("/selectedCues", view=ShowView()).answers)[1] == []
    assert [cue["uniqueID"] for cue in told(hear("/cueLists/uniqueIDs").answers)[1][0]["cues"]] == list(DUET.cues)


@pytest.mark.parametrize("address", ["/cueLists", "/cueLists/uniqueIDs"])
def test_a_list_that_no_datagram_would_hold_is_not_told(address: str) -> None:
    def of(cues: int, name: str) -> tuple[str, Any]:
        found = hear(address, view=ShowView(cues={str(n): CueView(str(n), name) for n in range(cues)}))
        assert len(write_message(found.answers[0])) <= MOST_BYTES
        status, data = told(found.answers)
        return status, data

    assert of(MOST_LISTED, "x")[0] == "ok"
    status, why = of(MOST_LISTED + 1, "x")
    assert (status, f"more than {MOST_LISTED}" in why) == ("error", True)
    assert of(MOST_LISTED, "ä" * 2000)[0] == ("error" if address == "/cueLists" else "ok")


def test_the_connection() -> None:
    assert hear("/connect").passcode == ""
    assert hear("/workspace/cuefocus/connect", "4321").passcode == "4321"
    assert hear("/connect", 4321).passcode == "4321"
    assert hear("/thump").alive
    assert told(hear("/alwaysReply", 1).answers)[0] == "ok"
    assert [hear("/updates", on).subscribes for on in (1, 0)] == [True, False]
    assert hear("/disconnect").leaves
    connect = crossed("/workspace/cuefocus/connect", "4321")
    assert told(QLAB.answer(connect, True, "", {})) == ("ok", "ok")
    assert told(QLAB.answer(connect, False, "wrong", {})) == ("ok", "badpass")


def test_answers() -> None:
    assert told(QLAB.answer(crossed("/cue/3/start"), True, "cue 3 lands in 600 ms", {})) == (
        "ok",
        "cue 3 lands in 600 ms",
    )
    assert told(QLAB.answer(crossed("/go"), False, "nothing is armed", {})) == ("error", "nothing is armed")


def test_news() -> None:
    place = "/update/workspace/cuefocus"
    assert QLAB.news({"event": "landing", "cue": "1"}, DUET) == (OscMessage(f"{place}/cue_id/1"),)
    assert QLAB.news({"event": "departure", "cue": "1"}, DUET) == (OscMessage(f"{place}/cue_id/1"),)
    at = f"{place}/cueList/GO/playbackPosition"
    assert QLAB.news({"event": "state", "standby": "3"}, DUET) == (OscMessage(at, ("3",)),)
    assert QLAB.news({"event": "state", "standby": None}, DUET) == (OscMessage(at),)
    assert QLAB.news({"event": "alarm", "text": "x"}, DUET) == ()
