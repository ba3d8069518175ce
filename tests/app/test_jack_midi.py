"""MIDI from a JACK server by its exact frames, sent by another program; skipped where there is no jackd."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from cuefocus.app.listen import listen
from cuefocus.app.ports import jack_ports
from cuefocus.errors import InputError
from cuefocus.shells.message_tap import catch_midi
from cuefocus.shells.message_turns import Message
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.beside import deck, musical_show, program
from tests.app.clock_check import worst_clock_ms
from tests.app.jack_server import Server, keep_to_itself, running_server
from tests.app.running import assert_all_land, came, daemon
from tests.app.verb import cuefocus_process

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(
        shutil.which("jackd") is None or importlib.util.find_spec("jack") is None,
        reason="needs jackd and JACK-Client (Debian: jackd2; pip install 'cuefocus[jack]')",
    ),
]
SENDER = "jack_midi_sender"
PERIOD_MS = 512 / 48


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    keep_to_itself(monkeypatch)
    with running_server(tmp_path, lambda: not any(row.kind == "note" for row in jack_ports())) as running:
        yield running


def off_ms(messages: list[Message], origin_ns: int, every_ns: float, kind: bytes) -> list[float]:
    """How far each stamp is from when its message was due."""
    stamps = [message.stamp_ns for message in messages if message.data[:1] == kind]
    return [(stamp_ns - origin_ns - number * every_ns) / NS_PER_MS for number, stamp_ns in enumerate(stamps)]


@pytest.mark.parametrize(("kind", "status", "every_ns"), [("mtc", b"\xf1", 10e6), ("clock", b"\xf8", 400e6 / 24)])
def test_each_message_has_the_moment_of_its_frame(server: Server, kind: str, status: bytes, every_ns: float) -> None:
    with program(SENDER, kind, "") as (heard, told):
        assert heard() == "ready"
        origin_ns = int(told("play"))
        caught = catch_midi("jack:sender:out", 3.0)
        xruns = int(told("xruns"))
    assert "sender:out" in caught.text
    off = off_ms([message for message in caught.messages if message.stamp_ns >= origin_ns], origin_ns, every_ns, status)
    assert len(off) > 100
    # Beside each other for a fifth of a second: a cycle that the server loses moves all that follow, once. Stamped with
    # their cycle they were a period apart; less than that, the server's own clock wanders where it is called late.
    spread_ms = median(max(off[at : at + 20]) - min(off[at : at + 20]) for at in range(len(off) - 20))
    if spread_ms >= PERIOD_MS / 2 and xruns:
        pytest.skip(f"the server lost its step {xruns} times in 3 s")
    assert spread_ms < PERIOD_MS / 2


def test_what_ports_lists_can_be_pasted(server: Server) -> None:
    jack = importlib.import_module("jack")
    with deck("mtc", "", SENDER) as play, jack.Client("listener", no_start_server=True) as listener:
        listener.midi_inports.register("in")
        told = cuefocus_process("ports", "--json")
        rows = [row for row in told.json if row["kind"] != "note"]
        listed = {(row["use"], row["address"]) for row in rows}
        assert {("--source", "midi:jack:sender:out"), ("--source", "clock:jack:sender:out")} <= listed
        assert ("--to", "jack:system:playback_1") in listed
        assert ("--to", "jack:listener:in") in listed, "a receiver of the rig, or `mtc generate`"
        play()
        assert "MIDI timecode" in listen("midi:jack:sender:out", seconds=2.0)[0].problem
    played = cuefocus_process(
        *("ltc", "generate", "--rate", "25", "--start", "now", "--seconds", "0.2"), "--to", "jack:system:playback_1"
    )
    assert (played.status, played.out.startswith("system:playback_1: 5 frames of LTC")) == (0, True), played.text
    out = next((row["address"] for row in rows if row["use"] == "--to" and row["kind"] == "sound"), None)
    if out is not None:
        played = cuefocus_process("ltc", "generate", "--rate", "25", "--start", "now", "--seconds", "0.2", "--to", out)
        assert played.status == 0, played.text


def test_a_port_that_is_not_there_is_said(server: Server) -> None:
    with deck("mtc", "", SENDER), pytest.raises(InputError, match="no JACK MIDI port 'console'; have 'sender:out'"):
        listen("midi:jack:console", seconds=1.0)
    with deck("clock", "", SENDER), pytest.raises(InputError, match="no JACK MIDI port") as refused:
        listen("clock:jack:console#song", seconds=1.0)
    assert str(refused.value).startswith("clock:jack:console#song: ")


def test_racks_land_by_midi_clock_from_jack(tmp_path: Path, server: Server) -> None:
    show = musical_show(tmp_path)
    with program(SENDER, "clock", "") as (heard, told):
        assert heard() == "ready"
        with daemon(tmp_path, sources=["clock:jack:sender"], show=show) as running:
            running.until(lambda event: came(event, "opened"))
            origin_ns = int(told("play"))
            assert_all_land(running)
            xruns = int(told("xruns"))
        worst_ms = worst_clock_ms(running.takes, origin_ns - 2 * NS_PER_S, 3.0)
        if xruns:
            pytest.skip(f"all landed; the server lost its step {xruns} times, and with it when that played to the ms")
    assert worst_ms < PERIOD_MS / 2, "how late a busy machine calls us is in it for the first eight seconds"
