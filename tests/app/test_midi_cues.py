"""Cues by MIDI into a whole daemon, from a desk in another process on a JACK server; skipped where there is none."""

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from cuefocus.app.doctor import examine_files
from cuefocus.app.tell import tell
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.orders import Order
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.machine_control import transport_message
from cuefocus.wire.midi_show import Msc, MscCommand
from cuefocus.wire.midi_show_bytes import msc_message
from cuefocus.wire.midi_voice import NoteOn, voice_message
from tests.app.beside import deck, program
from tests.app.called import called
from tests.app.jack_server import Server, carries_midi, keep_to_itself, needs_jackd, running_server
from tests.app.running import LENS, RIG, SHOW, Daemon, assert_all_land, came, daemon
from tests.shells.midi_mouths import speaking, standing

pytestmark = [
    pytest.mark.serial,
    needs_jackd,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("jack", "mido", "rtmidi")),
        reason="needs JACK-Client and python-rtmidi (pip install 'cuefocus[jack,midi]')",
    ),
]
TRIGGERED = (
    SHOW.partition("cues:")[0]
    + """\
cues:
  - {cue: one, camera: B, on: {msc: 12.5/3}, to: ben, pull: 600 ms}
  - {cue: two, camera: C, on: {note: C4@10}, to: ben, pull: 600 ms}
  - {cue: "3", camera: B, on: [{manual: GO}, {cc: "64@1 >= 100"}], to: band, pull: 600 ms}
  - {cue: "4", camera: C, on: [{manual: GO}, {program: 5}, {mmc: play}], to: ana, pull: 600 ms}
"""
)
GO_12_5 = "F0 7F 01 02 20 01 31 32 2E 35 00 33 F7"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    keep_to_itself(monkeypatch)
    with running_server(tmp_path, carries_midi) as running:
        yield running


@contextmanager
def desk(library: str, name: str = "msc out") -> Iterator[Callable[[str], str]]:
    """A desk; what it is given, in hex, it sends."""
    with program("midi_desk_program", library, name) as (heard, send):
        assert heard() == "ready"
        yield send


def is_open(event: Mapping[str, Any]) -> bool:
    """Whether it says that a MIDI input is there."""
    return came(event, "opened") and event["source"].startswith("midi:")


@contextmanager
def show_by(tmp_path: Path, *inputs: str) -> Iterator[Daemon]:
    """The small show with triggered cues, armed and engaged, that hears these ports."""
    show, rig = tmp_path / "triggered.yaml", tmp_path / "cued.yaml"
    show.write_text(TRIGGERED)
    names = ", ".join(f'"{name}"' for name in inputs)
    rig.write_text(RIG.format(lens=LENS) + f"network: {{midi: {{inputs: [{names}], msc_device: 1}}}}\n")
    options = {"arm": False, "takes": 0, "sources": ["artnet:127.0.0.1"], "rig": str(rig), "show": str(show)}
    with daemon(tmp_path, **options) as running:
        running.until(lambda event: event["event"] == "source" and event["source"].startswith("midi:"))
        yield running


def arm(running: Daemon) -> None:
    assert tell(running.runtime, Order("arm")).ok
    until_ns = now_ns() + 5 * NS_PER_S
    while not (engaged := tell(running.runtime, Order("engage"))).ok:
        assert now_ns() < until_ns, engaged.text


def landing(running: Daemon, cue: str) -> dict[str, object]:
    return running.until(lambda event: event["event"] == "landing" and event["cue"] == cue)


def alarm(running: Daemon, text: str) -> None:
    running.until(lambda event: event["event"] == "alarm" and text in str(event["text"]))


@pytest.mark.parametrize(
    ("library", "port"), [("rtmidi", "msc out"), ("jack", "jack:desk:msc out"), ("rtmidi", "jack:desk")]
)
def test_a_desks_cues_land_whatever_carries_them(tmp_path: Path, server: Server, library: str, port: str) -> None:
    with desk(library) as send, show_by(tmp_path, port) as running:
        arm(running)
        send("F0 7F 02 02 20 01 34 F7")  # another device's
        send("F8")
        send(GO_12_5)
        row = landing(running, "one")
        assert (row["verdict"], row["source"]) == ("landed", f"midi:{port}"), running.told()
        send("99 3C 00")
        send("99 3C 40")
        assert landing(running, "two")["verdict"] == "landed", running.told()
        send("B0 40 7F")
        assert landing(running, "3")["verdict"] == "landed", running.told()
        send("F0 7F 7F 06 02 F7")
        assert landing(running, "4")["verdict"] == "landed", running.told()
        send("F0 7F 01 02 20 01 39 39 F7")
        alarm(running, f"midi:{port}: MSC GO 99: ignored, no cue of the show has that number or waits for it")
        send("F0 7F 7F 02 7F 08 F7")  # ALL_OFF
        running.until(lambda event: event["event"] == "take" and event["state"] == "ended")
        assert tell(running.runtime, Order("status")).data["engaged"] == []
        send("F0 7F 7F 02 7F 09 F7")  # RESTORE
        running.until(lambda event: event["event"] == "take" and event["state"] == "begins")
        assert tell(running.runtime, Order("status")).data["engaged"] == [], "it arms, and moves nothing"
        assert not any("12.5" in str(e.get("text")) for e in running.events if e["event"] == "alarm"), running.told()


def test_all_off_stops_everything_while_the_conductor_hangs(tmp_path: Path, server: Server) -> None:
    with desk("rtmidi") as send, show_by(tmp_path, "msc out") as running:
        if not any(is_open(event) for event in running.events):
            running.until(is_open)
        arm(running)
        os.kill(running.pid("conductor"), signal.SIGSTOP)
        send("F0 7F 7F 02 7F 08 F7")  # ALL_OFF
        alarm(running, "when show control by midi:msc out came: PANIC: motion obeys")
        running.until(lambda event: event["event"] == "take" and event["state"] == "ended")
        assert "is stopped by PANIC" in tell(running.runtime, Order("status")).text
        assert tell(running.runtime, Order("resume")).ok


def test_one_go_by_osc_and_by_show_control_fires_one_rack_and_the_other_route_is_named(
    tmp_path: Path, server: Server
) -> None:
    """GO of the list, and a cue by its own number; whichever is heard first fires. Later each is meant again."""
    with desk("rtmidi") as send, called(tmp_path, "  midi: {inputs: [msc out], msc_device: 1}\n") as (running, osc, _):
        if not any(is_open(event) for event in running.events):
            running.until(is_open)
        osc.say("/cuefocus/go")
        send("F0 7F 01 02 20 01 F7")
        told = running.until(lambda event: "suppressed" in event)
        assert (told["suppressed"], {told["route"], told["by"]}) == ("go", {"midi:msc out", "osc:127.0.0.1"})
        row = landing(running, "1")
        assert (row["verdict"], row["source"]) == ("landed", told["by"]), running.told()
        send("F0 7F 01 02 20 01 32 F7")
        osc.say("/eos/out/event/cue/1/12/fire")
        told = running.until(lambda event: "suppressed" in event)
        assert (told["suppressed"], {told["route"], told["by"]}) == ("2", {"midi:msc out", "osc:127.0.0.1"})
        row = landing(running, "2")
        assert (row["verdict"], row["source"]) == ("landed", told["by"]), running.told()
        assert osc.asks("/cuefocus/cue/2/fire")[0] == 1, "half a second later it is meant"
        assert [event["cue"] for event in running.events if event["event"] == "departure"] == ["1", "2"]
        running.until(lambda event: event["event"] == "departure" and event["cue"] == "2")


def test_doctor_says_which_midi_inputs_and_receivers_are_there(tmp_path: Path, server: Server) -> None:
    rig = tmp_path / "cued.yaml"
    inputs = '["jack:desk:msc out", "msc out", "jack:elsewhere"]'
    receivers = '[{id: pad, midi: "jack:hears"}, {id: gone, midi: "jack:elsewhere"}]'
    rig.write_text(RIG.format(lens=LENS) + f"network: {{midi: {{inputs: {inputs}}}, receivers: {receivers}}}\n")
    jack = importlib.import_module("jack")
    with desk("rtmidi"), jack.Client("hears", no_start_server=True) as other:
        other.midi_inports.register("in")
        found = {each.what: each for each in examine_files(rig)[1]}
        again = examine_files(rig)[1]
    assert {what: (each.severity, each.problem) for what, each in found.items()} == {
        "receiver pad": ("note", "the MIDI output 'jack:hears' is there"),
        "receiver gone": ("warning", "no MIDI port is called 'elsewhere'"),
        "MIDI cues from jack:desk:msc out": ("note", "the input 'desk:msc out' is there"),
        "MIDI cues from msc out": ("note", "the input 'desk:msc out' is there"),
        "MIDI cues from jack:elsewhere": ("warning", "no JACK MIDI port 'elsewhere'; have 'desk:msc out'"),
    }
    assert all(each.hint for each in found.values() if each.severity == "warning")
    assert [each.as_dict() for each in again] == [each.as_dict() for each in found.values()], "nothing of it stays"


def test_a_port_may_come_late_go_and_come_back(tmp_path: Path, server: Server) -> None:
    with show_by(tmp_path, "msc out") as running:
        alarm(running, "no MIDI input 'msc out'; there is none")
        arm(running)
        with desk("rtmidi"):
            alarm(running, "midi:msc out: it is back")
        alarm(running, "midi:msc out: the port is gone; plug it in again; no cue is heard from it until it is back")
        with desk("rtmidi") as send:
            alarm(running, "midi:msc out: it is back")
            send(GO_12_5)
            assert landing(running, "one")["verdict"] == "landed", running.told()


def test_cues_go_on_when_the_conductor_is_killed(tmp_path: Path, server: Server) -> None:
    with desk("rtmidi") as send, show_by(tmp_path, "msc out") as running:
        arm(running)
        before = running.pid("conductor")
        os.kill(before, signal.SIGKILL)
        alarm(running, "nobody conducted for")
        send(GO_12_5)
        assert landing(running, "one")["verdict"] == "landed", running.told()


def test_what_we_send_is_heard_by_another_library_whole(server: Server) -> None:
    rtmidi = pytest.importorskip("rtmidi")
    go = msc_message(Msc(MscCommand.GO, "12.5", "3"), device=1)
    heard: Queue[bytes] = Queue()
    other = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, "other")
    other.ignore_types(sysex=False)
    other.set_callback(lambda event, _: heard.put(bytes(event[0])))
    other.open_virtual_port("in")
    with speaking("jack:other") as mouth:
        standing(mouth, is_open=True)
        for data in (go, transport_message("play"), voice_message(NoteOn(60, 10))):
            mouth.send(data, now_ns() + 20 * NS_PER_MS)
            assert heard.get(timeout=5.0) == data
        other.close_port()
        assert "the port is gone" in standing(mouth, is_open=False).text
    other.delete()


def test_a_flood_of_midi_costs_no_landing_and_no_stop(tmp_path: Path, server: Server) -> None:
    """Timed racks by sound, while a desk sends notes that fire a cue, notes that do not, and torn show control."""
    show, rig = tmp_path / "timed.yaml", tmp_path / "cued.yaml"
    show.write_text(SHOW + "  - {cue: pad, camera: B, axis: focus, on: {note: 1@16}, to: ben}\n")
    rig.write_text(RIG.format(lens=LENS) + "network: {midi: {inputs: [msc out], msc_device: 1}}\n")
    flood = "99 3C 40,9F 02 40,B0 40 7F,F0 7F 01 02 20 01 3F F7,F0 7F 01 02 20 01 39 39 F7,F0 7D 01 02 F7"
    with desk("rtmidi") as send, daemon(tmp_path, rig=str(rig), show=str(show)) as running:
        running.until(lambda event: came(event, "opened") and event["source"] == "playback")
        for _ in range(7):
            send(f"1000x{flood}")
            HostClock().sleep_until(now_ns() + NS_PER_S)
        assert_all_land(running)
        told = [str(event["text"]) for event in running.events if event["event"] == "alarm"]
        assert any("'?' is no cue number" in text for text in told), told
        assert len(told) < 50, "a line a second or so of each kind"


def test_a_port_carries_timecode_and_cues_at_once(tmp_path: Path, server: Server) -> None:
    rig = tmp_path / "cued.yaml"
    rig.write_text(RIG.format(lens=LENS) + "network: {midi: {inputs: [mtc out]}}\n")
    with deck("midi", "mtc out") as play, daemon(tmp_path, sources=["midi:mtc out"], rig=str(rig)) as running:
        opened = {running.until(lambda event: came(event, "opened"))["source"] for _ in range(2)}
        assert opened == {"playback", "midi:mtc out"}
        play()
        assert_all_land(running)
        assert not [event for event in running.events if event["event"] == "alarm" and "midi:" in str(event["text"])]
