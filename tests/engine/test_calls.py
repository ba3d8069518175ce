"""What a QLab that we call on tells of its cues, as triggers of the show."""

import json

import pytest

from cuefocus.engine.calls import QLabCall
from cuefocus.wire.osc import OscMessage

CUES = 5000
"""More than are kept in mind."""


def told(cue_id: str, number: str, *, runs: bool) -> OscMessage:
    address = f"/cue_id/{cue_id}/valuesForKeys"
    reply = {"status": "ok", "address": address, "data": {"number": number, "isRunning": runs}}
    return OscMessage(f"/reply{address}", (json.dumps(reply),))


def test_a_cue_that_goes_on_does_not_begin_again_however_many_others_are_heard_of() -> None:
    call = QLabCall()
    assert call.hear(told("X", "7", runs=True)).means == (OscMessage("/qlab/event/cue/7/start"),)
    for other in range(CUES):
        assert call.hear(told(f"C{other}", f"{other}", runs=False)).means == ()
    assert call.hear(told("X", "7", runs=True)).means == ()
    assert call.hear(told("X", "7", runs=False)).means == (OscMessage("/qlab/event/cue/7/stop"),)


@pytest.mark.parametrize("said", ["x" * 60_000, ["x" * 60_000]])
def test_what_it_says_is_told_at_no_great_length(said: object) -> None:
    reply = json.dumps({"status": "error", "address": "/connect", "data": said})
    refused = QLabCall().hear(OscMessage("/reply/connect", (reply,))).note
    assert refused.startswith("it refuses us: ")
    assert refused.endswith("…; is the passcode right?")
    senseless = QLabCall().hear(OscMessage("/reply/" + "y" * 60_000, ("{",))).note
    assert senseless.startswith("QLab's reply to /y")
    assert max(len(refused), len(senseless)) < 300


def test_however_often_it_says_what_is_under_way_so_many_are_kept_in_mind() -> None:
    call, ids = QLabCall(), [f"C{number}" for number in range(CUES)]
    for first in range(0, CUES, 1000):
        cues = [{"uniqueID": cue_id} for cue_id in ids[first : first + 1000]]
        reply = json.dumps({"status": "ok", "address": "/runningOrPausedCues", "data": cues})
        assert call.hear(OscMessage("/reply/runningOrPausedCues", (reply,))).means == ()
    assert sum(bool(call.hear(told(cue_id, "7", runs=False)).means) for cue_id in ids) == 4096
