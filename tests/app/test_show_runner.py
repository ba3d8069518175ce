"""What a run keeps when its disk is full, its reader gone or its terminal closed."""

# ruff: noqa: SLF001 - the loop itself needs real processes

import io
import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO, cast

from rich.console import Console

from cuefocus.app.daemon import Places
from cuefocus.app.run import landings_of
from cuefocus.app.show_runner import ShowRunner, _wakes
from cuefocus.app.teller import Teller
from cuefocus.landing.rows import LandingRow
from cuefocus.rig.network import Network
from cuefocus.shells.ledger_file import LedgerWriter


def _teller(out: TextIO) -> Teller:
    return Teller(out, Console(file=out), title="", as_json=True)


def _runner(out: TextIO) -> ShowRunner:
    memory = SimpleNamespace(clock_reader=lambda: None, conductor_beat=None)
    wires: Any = SimpleNamespace(memory=memory, tell=None)
    rig: Any = SimpleNamespace(network=Network())
    nothing: Any = None
    return ShowRunner(wires, nothing, nothing, rig, (), None, files=nothing, teller=_teller(out), missing=None)


def _row(cue: str) -> LandingRow:
    return LandingRow(1, 1, cue, None, "B", "focus", "ben", None, "01:00:02:00", "landed", error_ms=1.23456)


def _event(cue: str) -> dict[str, Any]:
    fields = json.loads(json.dumps(_row(cue).as_dict()))
    return {"event": "landing", "host_ns": 1, **fields}


def test_landings_the_ledger_did_not_take_are_reported(tmp_path: Path) -> None:
    teller = _teller(io.StringIO())
    for cue in ("B1", "B2"):
        teller.tell(_event(cue))
    places = Places(tmp_path, "this")
    assert [row.cue for row in landings_of(places, teller.rows)[0]] == ["B1", "B2"]
    ledger = LedgerWriter(places.ledger, run="this")
    ledger.append(_row("B0"))
    ledger.append(_row("B1"))
    ledger.close()
    rows, unwritten = landings_of(places, teller.rows)
    assert [row.cue for row in rows] == ["B0", "B1", "B2"]
    assert unwritten == 1


def test_a_reader_that_went_away_stops_the_printing_only() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        teller = _teller(out)
        teller.tell(_event("B1"))
        teller.tell(_event("B2"))
        assert teller.unheard
    assert [row.cue for row in teller.rows] == ["B1", "B2"]


def test_a_hangup_is_an_orderly_stop() -> None:
    asked: list[int] = []
    runner = cast(ShowRunner, SimpleNamespace(stop=lambda: asked.append(1)))
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and stays so
    try:
        with _wakes(runner):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert asked == [1]


def test_giving_up_prints_json_only() -> None:
    out = io.StringIO()
    runner = _runner(out)
    runner._give_up(cast(Any, SimpleNamespace(status=3, last_words="motion: no port", name="motion", how="ended")))
    assert [json.loads(line)["text"] for line in out.getvalue().splitlines()] == ["motion: no port"]
