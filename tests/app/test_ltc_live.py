"""LTC played live: what a device gets, and what a foreign recorder and a foreign decoder make of it."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.ltc_peer import by_libltc, libltc
from cuefocus.app.ltc_live import LtcPlayer
from cuefocus.app.ltc_signal import ltc_signal
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.play_ring import PlayRing
from cuefocus.shells.sound_out import Heard
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ltc.played import played_block
from tests.app.jack_server import Server, carries_sound, keep_to_itself, running_server
from tests.app.verb import cuefocus, refused

RATE_HZ = 48_000
PERIOD = 480
LEAD = 96  # samples in which the level before the first edge is let in


class Device:
    """A device that takes ten milliseconds of sound whenever it is looked at.

    Args:
        at: what to do when it is looked at for the so manyeth time.
    """

    name, sample_rate, losses = "device", RATE_HZ, 0

    def __init__(self, ring: PlayRing, at: dict[int, Callable[["Device"], None]] | None = None) -> None:
        self.ring, self.at = ring, at or {}
        self.sound: list[npt.NDArray[np.float32]] = []
        self.sample = self.looks = 0
        self.first = 0

    def heard(self) -> Heard:
        return Heard(self.sample, 0)

    def begin(self, sample: int) -> None:
        self.first = sample

    def take(self) -> None:
        target = bytearray(4 * PERIOD)
        self.ring.take(self.sample - self.first, memoryview(target).cast("f"))
        self.sound.append(np.frombuffer(target, dtype=np.float32))
        self.sample += PERIOD

    def look(self) -> None:
        self.looks += 1
        if self.looks in self.at:
            self.at[self.looks](self)
        self.take()

    def close(self) -> None:
        pass


def played(
    seconds: float | None, at: dict[int, Callable[[Device], None]] | None = None, **options: Any
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], float, Device]:
    """What the device got from the first word on, what it should have got, how long that was, and the device."""
    ring = PlayRing()
    device = Device(ring, at)
    signal_, playback = ltc_signal("25", "01:00:00:00", RATE_HZ, **options)
    samples = None if seconds is None else round(seconds * RATE_HZ)
    begins = 1000
    length_s = LtcPlayer(device, ring, signal_, playback, samples, sleep_until=lambda _: None).run(begins)
    got = np.concatenate(device.sound)
    assert not got[: begins - LEAD].any()
    return got[begins:], played_block(signal_, playback, 0, len(got) - begins), length_s, device


@pytest.mark.parametrize(
    "options",
    [{}, {"speed": -1.7, "level_dbfs": -20.0}, {"jumps": ["0.5=02:00:00:00"], "gaps": ["1=0.1"], "wow": "1%@3"}],
)
def test_a_device_gets_sample_for_sample_what_a_file_would_hold(options: dict[str, Any]) -> None:
    got, expected, length_s, device = played(2.0, **options)
    assert length_s == 2.0
    assert np.allclose(got[: 2 * RATE_HZ], expected[: 2 * RATE_HZ], atol=1e-5)
    assert not got[2 * RATE_HZ + LEAD :].any()
    assert device.ring.gaps == 0


def stop(device: Device) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_ends_it_soon_and_without_a_crack() -> None:
    got, expected, length_s, device = played(None, {100: stop})
    end = round(length_s * RATE_HZ)
    assert 0.99 < length_s < 1.10
    assert np.allclose(got[:end], expected[:end], atol=1e-5)
    assert not got[end + LEAD :].any()
    steepest = np.abs(np.diff(expected)).max()
    assert np.abs(np.diff(got[end - 1 :])).max() < steepest / 4
    assert device.ring.gaps == 0


def test_the_level_before_the_first_edge_is_let_in() -> None:
    ring = PlayRing()
    device = Device(ring)
    sound, playback = ltc_signal("25", "01:00:00:00", RATE_HZ)
    LtcPlayer(device, ring, sound, playback, RATE_HZ // 10, sleep_until=lambda _: None).run(1000)
    got = np.concatenate(device.sound)
    lead = got[1000 - LEAD : 1001]
    assert np.allclose(lead[-3:], played_block(sound, playback, -2, 1), atol=1e-5)  # the edge itself
    assert np.abs(np.diff(lead[:-3])).max() < 0.05
    assert (np.sign(lead[1:-3]) == np.sign(lead[-4])).all()


def test_what_was_not_ready_is_counted_and_what_follows_is_on_time() -> None:
    def starve(device: Device) -> None:
        for _ in range(100):
            device.take()

    got, expected, _, device = played(3.0, {50: starve})
    assert device.ring.gaps > 0
    assert device.ring.missing > RATE_HZ // 4
    same = np.isclose(got[: 3 * RATE_HZ], expected[: 3 * RATE_HZ], atol=1e-5)
    assert same[-RATE_HZ:].all()
    assert not got[: 3 * RATE_HZ][~same].any()


def test_where_it_goes_is_said_once() -> None:
    base = ("ltc", "generate", "--rate", "25", "--start", "01:00:00:00")
    for words, says in (
        ((), "one of the two"),
        (("-o", "x.wav", "--to", "jack:"), "one of the two"),
        (("-o", "x.wav"), "--seconds"),
    ):
        told = cuefocus(*base, *words)
        assert told.status == 2
        assert says in told.err
    refused(cuefocus(*base, "--to", "midi:x"), "jack:PORT", status=1)
    refused(cuefocus(*base, "--to", "jack:", "--speed", "1000"), "speed is out of range", status=1)
    now = ("ltc", "generate", "--rate", "25", "--start", "now", "-o", "x.wav", "--seconds", "1")
    refused(cuefocus(*now), "does not know when", status=1)


# --- on a real server ---

needs_jack = pytest.mark.skipif(
    shutil.which("jackd") is None or shutil.which("jack_rec") is None or importlib.util.find_spec("jack") is None,
    reason="needs jackd, jack_rec and JACK-Client (Debian: jackd2, jack-example-tools; pip install 'cuefocus[jack]')",
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    keep_to_itself(monkeypatch)
    with running_server(tmp_path, carries_sound) as running:
        yield running


def playing(*words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "cuefocus", "ltc", "generate", "--rate", "25", "--to", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def appears(port: str) -> None:
    until_ns = now_ns() + 10 * NS_PER_S
    while port not in subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True).stdout.split():
        assert now_ns() < until_ns, "no such port"
        HostClock().sleep_until(now_ns() + NS_PER_S // 20)


def read_by_libltc(path: Path) -> list[tuple[int, int]]:
    """Frame number and first sample of each word, by foreign code alone."""
    library = libltc()
    if library is None:
        pytest.skip("needs libltc (Debian: libltc11)")
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        found, _ = by_libltc(library, samples, file.getframerate())
    rate = RATES["25"]
    return [(Timecode(*(int(digit) for digit in each[:4])).frame_number(rate), int(each[4])) for each in found]


@needs_jack
@pytest.mark.serial
def test_a_foreign_recorder_and_decoder_get_every_frame_through_a_jack_server(tmp_path: Path, server: Server) -> None:
    record = tmp_path / "x.wav"
    process = playing("jack:", "--start", "10:00:00:00")
    try:
        appears("cuefocus-out:ltc")
        subprocess.run(["jack_rec", "-f", record, "-d", "5", "-b", "16", "cuefocus-out:ltc"], check=True)
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, told
    if "xrun" in told or "not ready" in told:
        pytest.skip(f"this machine is too busy to say anything about us: {told}")
    assert "frames of LTC from 10:00:00:00 at 25, without a gap" in told
    frames = read_by_libltc(record)
    assert len(frames) > 100
    numbers, samples = np.array(frames).T
    assert (np.diff(numbers) == 1).all()
    assert np.abs(np.diff(samples) - RATE_HZ // 25).max() <= 3  # libltc's own place of a word


@needs_jack
@pytest.mark.serial
def test_labels_that_begin_now_say_the_time_of_day(tmp_path: Path, server: Server) -> None:
    process = playing("jack:playback_1", "--start", "now", "--seconds", "2")
    told, _ = process.communicate(timeout=20)
    ended = datetime.now(UTC).astimezone()
    assert process.returncode == 0, told
    where, _, rest = told.partition(": ")
    assert where == "system:playback_1"
    hours, minutes, seconds, _ = (int(digits) for digits in rest.split(" from ")[1].split(" at ")[0].split(":"))
    ago_s = ((ended.hour - hours) * 3600 + (ended.minute - minutes) * 60 + ended.second - seconds) % 86_400
    assert 2 <= ago_s <= 6


@needs_jack
@pytest.mark.skipif(importlib.util.find_spec("sounddevice") is None, reason="needs sounddevice")
@pytest.mark.serial
def test_portaudio_plays_the_same_on_the_channel_that_is_named(tmp_path: Path, server: Server) -> None:
    record = tmp_path / "x.wav"
    process = playing("audio:system, JACK#2", "--start", "10:00:00:00")
    try:
        until_ns = now_ns() + 10 * NS_PER_S
        while "out_1" not in subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True).stdout:
            if process.poll() is not None or now_ns() > until_ns:
                pytest.skip(f"PortAudio is missing here, or was built without JACK: {process.communicate()[0]}")
            HostClock().sleep_until(now_ns() + NS_PER_S // 20)
        ports = subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True).stdout.split()
        both = sorted(port for port in ports if port.endswith(("out_0", "out_1")))
        subprocess.run(["jack_rec", "-f", record, "-d", "3", "-b", "16", *both], check=True)
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, told
    assert "channel 2: " in told
    with wave.open(str(record)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)
    assert not samples[:, 0].any()
    assert samples[:, 1].any()


@needs_jack
@pytest.mark.serial
def test_a_name_that_nothing_has_and_a_server_that_dies_are_told(tmp_path: Path, server: Server) -> None:
    process = playing("jack:nowhere", "--start", "01:00:00:00")
    told, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "there are: system:playback_1" in told
    process = playing("jack:", "--start", "01:00:00:00")
    appears("cuefocus-out:ltc")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    told, _ = process.communicate(timeout=20)
    assert process.returncode == 3, told
    assert "JACK server is gone" in told
    assert "Traceback" not in told
