"""What `run` tells does nothing on a terminal, whoever said it; as JSON it is whole."""

import io
import json
import sys

import pytest
from rich.console import Console

from cuefocus.app.teller import Teller
from cuefocus.chase.clock import NO_CLOCK
from cuefocus.cli.speech import complain, say, say_json, say_table

CLEARS = "\x1b[2J\x1b]0;pwned\x07\n! all is well"
CLEARED = "?[2J?]0;pwned? ! all is well"
ALARM = {"event": "alarm", "text": CLEARS}


def _teller(*, as_json: bool = False, terminal: bool = False) -> tuple[Teller, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=terminal, color_system=None)
    return Teller(out, console, title="Duet", as_json=as_json), out


def test_lines_are_clean() -> None:
    teller, out = _teller()
    teller.tell(ALARM)
    teller.tell(
        {"event": "sent", "to": "web", "what": "POST /a", "moment": "landing", "late_ms": 1.0, "failed": CLEARS}
    )
    assert out.getvalue() == f"! {CLEARED}\nweb POST /a  (landing)  1.0 ms late, not told: {CLEARED}\n"


def test_the_picture_is_clean() -> None:
    teller, out = _teller(terminal=True)
    with teller.picture():
        teller.alarm(CLEARS)
        teller.tell({"event": "state", "state": "locked", "faults": {"A.focus": CLEARS}})
        teller.answered(CLEARS)
        teller.draw(NO_CLOCK)
    drawn = out.getvalue()
    assert drawn.count("?[2J?]0;pwned?") == drawn.count("pwned") >= 3
    assert "\x1b[2J" not in drawn
    assert "\x1b]0" not in drawn


def test_json_says_what_was_said() -> None:
    teller, out = _teller(as_json=True)
    teller.tell(ALARM)
    assert json.loads(out.getvalue()) == ALARM


def test_what_other_verbs_say_is_clean(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    say(f"one\n{CLEARS}")
    complain(CLEARS)
    say_table(("found",), [(CLEARS,)])
    sys.stdout.flush()
    shown = capsys.readouterr()
    assert shown.out.count("?[2J?]0;pwned?") == 2
    assert "\x1b" not in shown.out + shown.err
    say_json({"text": CLEARS})
    assert json.loads(capsys.readouterr().out) == {"text": CLEARS}
