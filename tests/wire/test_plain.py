"""What others say does nothing on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.motor.bridge import BridgeCodec
from cuefocus.motor.codec import MotorComplaint
from cuefocus.wire.plain import plain, plain_fields, plain_lines

CLEARS = "\x1b[2J\x1b]0;pwned\x07"
CLEARED = "?[2J?]0;pwned?"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Über 12 → ben, 5 µs", "Über 12 → ben, 5 µs"),
        (CLEARS, CLEARED),
        ("one\r\nALARM two\tthree", "one  ALARM two three"),
        ("\x9b31m by one byte", "?31m by one byte"),
        ("\u202eback to front\u2028", "?back to front "),
        ("no character \udc80", "no character ?"),
        ("5\u00a0mm", "5 mm"),
    ],
)
def test_what_acts_on_a_terminal_is_a_question_mark(said: str, shown: str) -> None:
    assert plain(said) == shown


@given(st.text())
def test_all_text_is_one_printable_line_and_stays_so(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert plain(shown) == shown


def test_lines_of_our_own_stay_lines() -> None:
    assert plain_lines(f"one\n{CLEARS}\ntwo") == f"one\n{CLEARED}\ntwo"


def test_an_event_is_clean_to_its_leaves() -> None:
    event = {"event": "state", "host_ns": 7, "faults": {CLEARS: [CLEARS, None, 1.5]}, "ok": True}
    assert plain_fields(event) == {
        "event": "state",
        "host_ns": 7,
        "faults": {CLEARED: [CLEARED, None, 1.5]},
        "ok": True,
    }


def test_what_desks_send_and_a_bridge_says_is_alarmed_clean() -> None:
    faults = DeskFaults()
    faults.torn("10.0.0.1", CLEARS)
    faults.refused("10.0.0.1", CLEARS)
    faults.twice("10.0.0.1", CLEARS)
    told = [text for _, text in faults.due(0)]
    assert len(told) == 3
    assert all(text.isprintable() and CLEARED in text for text in told)
    (complaint,) = BridgeCodec().decode(rb'{"error":"\u001b[2J\n! all well"}')
    assert isinstance(complaint, MotorComplaint)
    assert complaint.reason == "the bridge says: ?[2J ! all well"
