"""What a run keeps when its disk is full, its reader gone or its terminal closed."""

# ruff: noqa: SLF001 - the loop itself needs real processes

import errno
import io
import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO, cast

import pytest
from rich.console import Console

from cuefocus.app import show_runner
from cuefocus.app.daemon import Places
from cuefocus.app.processes import Death
from cuefocus.app.run import landings_of
from cuefocus.app.show_runner import ShowRunner, _wakes
from cuefocus.app.teller import Teller
from cuefocus.landing.rows import LandingRow
from cuefocus.rig.network import Network
from cuefocus.shells.ledger_file import LedgerWriter
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


def _teller(out: TextIO) -> Teller:
    return Teller(out, Console(file=out), title="", as_json=True)


def _runner(out: TextIO) -> ShowRunner:
    memory = SimpleNamespace(clock_reader=lambda: None, conductor_beat=None)
    wires: Any = SimpleNamespace(memory=memory, tell=None)
    rig: Any = SimpleNamespace(network=Network())
    nothing: Any = None
    places: Any = SimpleNamespace(dropped=Path(os.devnull))
    return ShowRunner(wires, nothing, places, rig, (), None, files=nothing, teller=_teller(out), missing=None)


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


def test_a_conductor_is_started_again_though_it_can_be_told_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    runner = _runner(out)
    conductor = SimpleNamespace(spec="as before")

    def full() -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(runner, "_conductor", full)
    monkeypatch.setattr(runner, "_processes", {"conductor": conductor})
    runner._conductor_ended(Death("conductor", 1, -signal.SIGKILL, "", 0))
    assert conductor.spec == "as before"
    assert [json.loads(line)["text"] for line in out.getvalue().splitlines()] == [
        "the next conductor can be told nothing new: No space left on device",
        "conductor killed by SIGKILL; it is started again",
    ]


def test_a_conductor_whose_successors_hang_over_its_journal_begins_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does whose successors end over it. One that hangs while it conducts has a journal that is good."""
    out = io.StringIO()
    runner, now = _runner(out), [NS_PER_S]
    memory: Any = SimpleNamespace(conductor_beat=SimpleNamespace(last_ns=1), conductor_start=SimpleNamespace(last_ns=1))
    conductor: Any = SimpleNamespace(spec="", pid=1, killed=0)
    conductor.signal = lambda _: setattr(conductor, "killed", conductor.killed + 1)
    monkeypatch.setattr(runner, "_conductor", lambda: runner._afresh)
    monkeypatch.setattr(runner, "_processes", {"conductor": conductor})
    monkeypatch.setattr(runner._wires, "memory", memory)
    monkeypatch.setattr(show_runner, "now_ns", lambda: now[0])
    started = list[object]()
    for how in ("hangs", "stuck", "hangs", "stuck", "killed", "stuck", "stuck", "stuck"):
        conductor.pid += 1
        for look in range(0 if how == "killed" else 110):
            now[0] += 100 * NS_PER_MS
            memory.conductor_beat.last_ns += how == "hangs" and look == 1
            runner._replace_silent_conductor()
        runner._conductor_ended(Death("conductor", conductor.pid, -signal.SIGKILL, "", 0))
        started.append(conductor.spec)
    assert conductor.killed == 7
    assert started == [0, 0, 0, 0, 0, 0, 1, 1]
    told = [json.loads(line)["text"] for line in out.getvalue().splitlines()]
    assert told[0] == "the conductor has shown no life for 3 s: it is replaced"
    assert told[2] == "the conductor has got no further with its start for 10 s: it is replaced"


def test_giving_up_prints_json_only() -> None:
    out = io.StringIO()
    runner = _runner(out)
    runner._give_up(cast(Any, SimpleNamespace(status=3, last_words="motion: no port", name="motion", how="ended")))
    assert [json.loads(line)["text"] for line in out.getvalue().splitlines()] == ["motion: no port"]
