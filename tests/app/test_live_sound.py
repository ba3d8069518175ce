"""A whole daemon on a real JACK server (its dummy driver), fed by another program; skipped where there is no jackd."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuefocus.app.listen import listen
from cuefocus.app.ltc import generate_ltc
from cuefocus.app.ports import list_all_ports
from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.jack_library import jack_module
from cuefocus.shells.portaudio_list import audio_module
from cuefocus.shells.sound_device import parse_device
from cuefocus.shells.sound_tap import record
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ltc.decoder import LtcDecoder
from tests.app.jack_server import Server, carries_sound, keep_to_itself, running_server
from tests.app.running import CUES, SOUND_S, daemon

HERE = Path(__file__).parent
needs_jack = pytest.mark.skipif(
    shutil.which("jackd") is None or importlib.util.find_spec("jack") is None,
    reason="needs jackd and JACK-Client (Debian: jackd2; pip install 'cuefocus[jack]')",
)
needs_portaudio = pytest.mark.skipif(
    importlib.util.find_spec("sounddevice") is None, reason="needs sounddevice (pip install 'cuefocus[audio]')"
)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_to_itself(monkeypatch)


@pytest.fixture
def server(alone: None, tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path, carries_sound) as running:
        yield running


@contextmanager
def player(sound: Path) -> Iterator[Callable[[], None]]:
    """Another program that plays a file into a JACK port when it is told to."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "jack_player.py"), str(sound)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        stdin = process.stdin
        assert process.stdout.readline() == "ready\n"

        def play() -> None:
            stdin.write("play\n")
            stdin.flush()

        try:
            yield play
        finally:
            process.terminate()


def set_period(frames: int) -> int:
    """Give the server another period while it runs; the host time by which it has it."""
    client = jack_module().Client("period", no_start_server=True)
    client.blocksize = frames
    client.close()
    return now_ns()


def heard_well(event: dict[str, Any], *, after_ns: int) -> bool:
    return bool(event.get("sound", {}).get("lock", 0.0) > 0.8 and event["host_ns"] > after_ns)


def timecode(tmp_path: Path, seconds: float = SOUND_S) -> Path:
    sound = tmp_path / "live.wav"
    generate_ltc(sound, rate="25", start="00:59:58:00", seconds=seconds)
    return sound


@needs_jack
@pytest.mark.serial
def test_racks_land_by_timecode_from_a_jack_port(tmp_path: Path, server: Server) -> None:
    with player(timecode(tmp_path)) as play, daemon(tmp_path, sources=["jack:player"]) as running:
        running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
        play()
        running.until(lambda event: event.get("sound", {}).get("lock", 0.0) > 0.8)
        assert running.end() == 0
        rows = running.landings()
        assert sorted(rows) == sorted(CUES)
        losses = [event["sound"]["xruns"] for event in running.events if "sound" in event]
        if losses[-1] > losses[0] and {row["verdict"] for row in rows.values()} != {"landed"}:
            pytest.skip("the server lost sound meanwhile (xruns): this machine is too busy to say anything about us")
        assert {row["verdict"] for row in rows.values()} == {"landed"}, running.told()
        meters = [event["host_ns"] for event in running.events if "sound" in event]
        assert np.min(np.diff(meters)) >= 250_000_000


@needs_jack
@pytest.mark.serial
def test_a_server_that_dies_is_a_source_lost_and_found_again_when_it_is_back(tmp_path: Path, server: Server) -> None:
    sound = timecode(tmp_path)
    with daemon(tmp_path, sources=["jack:player"], arm=False, takes=0) as running:
        first = running.until(lambda event: event["event"] == "source")
        assert first["kind"] == "lost"
        assert "no JACK port 'player' yet" in first["text"]
        with player(sound):
            running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
            conductor = running.pid("conductor")
            server.die()
            running.until(lambda event: event["event"] == "source" and event["kind"] == "lost")
        server.again()
        with player(sound) as play:
            running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
            play()
            running.until(lambda event: event.get("state") == "locked")
            ears = running.pid("ears")
            changed_ns = set_period(1024)
            running.until(lambda event: heard_well(event, after_ns=changed_ns + NS_PER_S))
            assert running.pid("ears") == ears
            os.kill(ears, signal.SIGKILL)
            running.another("ears", ears)
            running.until(lambda event: event.get("state") == "freewheeling")
            running.until(lambda event: event.get("state") == "locked")
        gone = running.until(lambda event: event["event"] == "source" and event["kind"] == "lost")
        assert "player:ltc is gone; it is connected when it comes again" in gone["text"]
        assert running.pid("conductor") == conductor


@needs_jack
@pytest.mark.serial
def test_a_server_that_stood_still_serves_all_its_clients_again(tmp_path: Path, server: Server) -> None:
    """The ears begin anew while it stands; a client of theirs that nobody plays any more would hold all others up."""
    with daemon(tmp_path, sources=["jack:"], arm=False, takes=0) as running:
        running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
        server.process.send_signal(signal.SIGSTOP)
        try:
            lost = running.until(lambda event: event["event"] == "source" and event["kind"] == "lost")
            assert "has not called us for seconds" in lost["text"]
            HostClock().sleep_until(now_ns() + 2 * NS_PER_S)
        finally:
            server.process.send_signal(signal.SIGCONT)
        running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
        asked = [sys.executable, "-m", "cuefocus", "ports", "--json"]
        listed = subprocess.run(asked, capture_output=True, text=True, timeout=15.0, check=True).stdout
        assert "jack:system:capture_1" in listed


@needs_jack
@pytest.mark.serial
def test_without_a_server_run_ends_with_a_sentence_and_status_3(tmp_path: Path, alone: None) -> None:
    with daemon(tmp_path, sources=["jack:player"]) as running:
        assert running.end() == 3
    said = (tmp_path / "stderr").read_text()
    assert "no JACK server answers" in said
    assert "jackd" in said


@needs_jack
@pytest.mark.serial
def test_ports_and_doctor_hear_what_is_there(tmp_path: Path, server: Server) -> None:
    with player(timecode(tmp_path)) as play:
        rows = {row.address: row for row in list_all_ports() if row.use == "--source"}
        assert rows["jack:player:ltc"].kind == "jack"
        assert "sound card" in rows["jack:system:capture_1"].description
        play()
        found = listen("jack:player", seconds=2.0)
        assert found[0].severity == "note"
        assert "LTC at 25 frames a second" in found[0].problem
        silent = listen("jack:system", seconds=1.0)
        assert silent[0].problem == "silence"
        with pytest.raises(DeviceError, match="no JACK port 'nobody' yet"):
            listen("jack:nobody", seconds=1.0)


@needs_jack
@needs_portaudio
@pytest.mark.serial
def test_portaudio_hears_the_same_and_names_what_it_does_not_have(tmp_path: Path, server: Server) -> None:
    with player(timecode(tmp_path)) as play:
        try:
            record(parse_device("audio:player, JACK"), 0.2)
        except (DeviceError, InputError) as problem:
            pytest.skip(f"PortAudio is missing here, or was built without JACK: {problem}")
        play()
        recording = record(parse_device("audio:player, JACK"), 3.0)
        assert recording.samples.shape[0] >= 1
        frames = LtcDecoder(recording.sample_rate).feed(recording.samples[0])
        assert len(frames) >= 60
        with pytest.raises(InputError, match="no sound input 'hydrophone'; have "):
            record(parse_device("audio:hydrophone"), 0.2)


@pytest.mark.parametrize(("source", "library"), [("jack:x", "jack"), ("audio:x", "sounddevice")])
def test_a_missing_library_is_named_with_its_cure(source: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DeviceError, match="not installed") as missing:
        jack_module() if source.startswith("jack") else audio_module()
    assert "pip install 'cuefocus[" in missing.value.hint
