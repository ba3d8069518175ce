"""`mtc generate` and `artnet generate` as processes: what a receiver makes of them, by its own clock."""

import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tty
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic_ns
from typing import Any

import pytest

from cuefocus.chase.inputs import ArtNetInput, MtcInput
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetDecoder, ArtTimeCode
from cuefocus.wire.events import Glitch, Reading
from tests.app.jack_server import own_server
from tests.app.test_songs import midi_file
from tests.app.verb import cuefocus

pytestmark = pytest.mark.serial

PLAY = ("--rate", "25", "--start", "01:00:00:00", "--seconds", "3", "--jump", "1.5=02:00:00:00")


def generating(*words: object) -> subprocess.Popen[str]:
    """As from a terminal: where the tests themselves run in the background, Ctrl-C would be ignored and so be here."""
    argv = [sys.executable, "-m", "cuefocus", *map(str, words)]
    return subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: hear(signal.SIGINT)
    )


def hear(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)


def arrivals(descriptor: int, process: subprocess.Popen[str]) -> Iterator[tuple[bytes, int]]:
    """What arrives and when, until the process is over."""
    while True:
        over = process.poll() is not None
        if select.select([descriptor], [], [], 0.0 if over else 0.1)[0]:
            yield os.read(descriptor, 4096), monotonic_ns()
        elif over:
            return


def ended(process: subprocess.Popen[str]) -> str:
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()  # it has ended; where it has not, it goes with the test
    assert process.returncode == 0, out + err
    return out


def lateness_ms(readings: list[Reading], start: Timecode) -> list[float]:
    """How much later each reading is than the earliest has it."""
    rate = RATES["25"]
    first = start.frame_number(rate)
    origins = [r.stamp_ns - (r.label.frame_number(rate) - first) * NS_PER_S // 25 for r in readings]
    return [(origin - min(origins)) / NS_PER_MS for origin in origins]


def both_runs_are_on_time(heard: list[Any]) -> None:
    readings = [event for event in heard if isinstance(event, Reading) and event.direction]
    before = [event for event in readings if event.label.hours == 1]
    after = [event for event in readings if event.label.hours == 2]
    assert len(before) >= 14
    assert len(after) >= 14
    for run, start in ((before, Timecode(1, 0, 0, 0)), (after, Timecode(2, 0, 0, 0))):
        late_ms = sorted(lateness_ms(run, start))
        assert late_ms[len(late_ms) // 2] < 2.0, late_ms  # a busy machine's tail is not ours
    assert all(later.stamp_ns > earlier.stamp_ns for earlier, later in pairwise(readings))


def test_art_net_is_heard_frame_by_frame() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        port = heard.getsockname()[1]
        process = generating("artnet", "generate", *PLAY, "--to", f"127.0.0.1:{port}")
        listener = ArtNetInput("artnet")
        events = [event for data, at_ns in arrivals(heard.fileno(), process) for event in listener.feed(data, at_ns)]
        out = ended(process)
    assert not [event for event in events if isinstance(event, Glitch)]
    both_runs_are_on_time(events)
    assert f"127.0.0.1:{port}: 76 datagrams of Art-Net timecode, " in out


def test_midi_timecode_is_heard_from_a_raw_device() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process = generating("mtc", "generate", *PLAY, "--to", f"raw:{os.ttyname(theirs)}")
    listener = MtcInput("mtc")
    events = [event for data, at_ns in arrivals(ours, process) for event in listener.feed(data, at_ns)]
    out = ended(process)
    os.close(ours)
    os.close(theirs)
    located = [event.label for event in events if isinstance(event, Reading) and event.direction == 0]
    assert located == [Timecode(1, 0, 0, 0), Timecode(2, 0, 0, 0)]
    both_runs_are_on_time(events)
    # 3 s of 100 quarter frames, less the odd frame after each start on an even one; two full frames
    assert "messages of MIDI timecode" in out
    assert int(out.split(": ")[1].split()[0]) == 302


def test_midi_clock_is_heard_from_a_raw_device(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(midi_file(400_000))
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    words = ("--start", "5", "--jump", "1=17.3", "--seconds", "2", "--song", "3", "--speed", "1.25")
    process = generating("clock", "generate", song, "--to", f"raw:{os.ttyname(theirs)}", *words)
    came = [(byte, at_ns) for data, at_ns in arrivals(ours, process) for byte in data]
    out = ended(process)
    os.close(ours)
    os.close(theirs)
    sent = bytes(byte for byte, _ in came)
    assert sent[:6] == b"\xf3\x03\xf2\x40\x00\xfb"
    first, second = sent.split(b"\xfc")[:2]
    assert first[6:] == b"\xf8" * 75, "a second of 3.125 quarters"
    assert second[:4] == b"\xf2" + bytes(((16 * 4 + 2) * 4 & 0x7F, (16 * 4 + 2) * 4 >> 7)) + b"\xfb"
    assert sent.endswith(b"\xfc")
    stamps = [at_ns for byte, at_ns in came if byte == 0xF8][:75]
    off_ms = sorted((at_ns - stamps[0]) / NS_PER_MS - number * 1000 / 75 for number, at_ns in enumerate(stamps))
    assert off_ms[len(off_ms) // 2] - off_ms[0] < 2.0, off_ms  # a busy machine's tail is not ours
    assert f"{len(came) - 1 - 2 - 2} messages of MIDI clock" in out, "a Song Select has two bytes, a pointer three"


def test_what_a_song_is_not_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(midi_file())
    for words, says in (
        (("--start", "0"), "no bar 0"),
        (("--start", "1.5"), "no beat 5"),
        (("--start", "one"), "no bar"),
        (("--speed", "-1"), "runs forward"),
        (("--jump", "5"), "SECONDS="),
        (("--ramp", "4=0"), "runs forward"),
        (("--wow", "99%@1"), "runs forward"),
        (("--speed", "nan"), "nan is no speed"),
        (("--speed", "inf"), "inf is no speed"),
        (("--jump", "nan=5"), "a jump comes at no moment"),
    ):
        told = cuefocus("clock", "generate", song, "--to", "raw:/no/such", *words)
        assert (told.status, says in told.err) == (1, True), told.text


def test_a_deck_that_slows_turns_and_stands_is_heard_as_one() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        port = heard.getsockname()[1]
        uneven = ("--rate", "25", "--start", "01:00:00:00", "--seconds", "3", "--wow", "1%@4")
        ramps = ("--ramp", "1=1", "--ramp", "2=-1", "--ramp", "2.5=0")
        process = generating("artnet", "generate", *uneven, *ramps, "--to", f"127.0.0.1:{port}")
        listener = ArtNetInput("artnet")
        events = [event for data, at_ns in arrivals(heard.fileno(), process) for event in listener.feed(data, at_ns)]
        ended(process)
    readings = [event for event in events if isinstance(event, Reading)]
    directions = [reading.direction for reading in readings if reading.frame_ns]
    assert directions == sorted(directions, reverse=True)
    assert set(directions) == {1, -1}
    assert readings[-1].frame_ns == 0.0, "it stands at the end"


def test_ctrl_c_ends_a_playback_without_end() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        words = ("--rate", "30", "--start", "01:00:00:00", "--to", f"127.0.0.1:{heard.getsockname()[1]}")
        process = generating("artnet", "generate", *words)
        heard.settimeout(20)
        for _ in range(5):
            heard.recv(100)
        process.send_signal(2)
        assert "datagrams of Art-Net timecode" in ended(process)


def test_timecode_that_begins_now_says_the_time_of_day() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        to = f"127.0.0.1:{heard.getsockname()[1]}"
        process = generating("artnet", "generate", "--rate", "25", "--start", "now", "--to", to)
        heard.settimeout(20)
        for _ in range(10):
            data = heard.recv(100)
        wall = datetime.now(UTC).astimezone()
        process.send_signal(signal.SIGTERM)  # as a service manager ends it
        assert "datagrams of Art-Net timecode" in ended(process)
    packet = ArtNetDecoder("x").feed(data, 0)
    assert isinstance(packet, ArtTimeCode)
    label = packet.label
    said_s = label.hours * 3600 + label.minutes * 60 + label.seconds + label.frames / 25
    wall_s = wall.hour * 3600 + wall.minute * 60 + wall.second + wall.microsecond / 1e6
    assert -0.05 < (wall_s - said_s + 43_200) % 86_400 - 43_200 < 0.5


def test_wrong_options_are_told_before_anything_is_sent() -> None:
    base = ("generate", "--rate", "25", "--start", "01:00:00:00")
    for words, status, says in (
        (("artnet", *base, "--seconds", "0"), 1, "--seconds"),
        (("artnet", *base, "--speed", "0"), 1, "nothing would be sent"),
        (("artnet", *base, "--speed", "0", "--wow", "1%@2"), 1, "nothing would be sent"),
        (("mtc", *base, "--to", "raw:/no/such", "--ramp", "2=900"), 1, "beyond what can be sent"),
        (("mtc", *base, "--to", "raw:/no/such", "--wow", "much"), 1, "no wow"),
        (("artnet", *base, "--to", "nowhere:x"), 1, "HOST:PORT"),
        (("artnet", *base, "--to", "::1"), 1, "no IPv6"),
        (("artnet", *base, "--to", "[::1]:6454"), 1, "no IPv6"),
        (("artnet", *base, "--seconds", "2", "--jump", "10=02:00:00:00"), 1, "never come"),
        (("mtc", *base, "--to", "midi:x", "--seconds", "2", "--gap", "2=1"), 1, "never come"),
        (("mtc", *base, "--to", "somewhere"), 1, "midi:NAME"),
        (("mtc", *base, "--to", "raw:/no/such"), 3, "No such file"),
        (("mtc", *base), 2, "--to"),
    ):
        told = cuefocus(*words)
        assert (told.status, says in told.err) == (status, True), told.text


@pytest.mark.parametrize("port", ["midi:nope", "jack:nope"])
def test_a_port_that_is_not_there_is_one_sentence_and_nothing_of_the_librarys(port: str) -> None:
    pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    told = cuefocus("mtc", "generate", "--rate", "25", "--start", "01:00:00:00", "--to", port)
    assert told.status in (1, 3)
    assert [line.partition(":")[0] for line in told.err.splitlines()] == ["cuefocus"], told.err


@pytest.fixture
def jack_server() -> Iterator[str]:
    """A JACK server without sound, of this test's own."""
    pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed")
    name = own_server()
    argv = ["jackd", "--no-realtime", "-n", name, "-d", "dummy", "-r", "48000", "-p", "128"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        yield name
        server.terminate()


def test_midi_timecode_is_heard_over_jack(jack_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rtmidi = pytest.importorskip("rtmidi")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    listening = None
    give_up_ns = monotonic_ns() + 15 * NS_PER_S
    while listening is None:
        try:
            listening = rtmidi.MidiIn(rtmidi.API_UNIX_JACK)
        except (SystemError, rtmidi.RtMidiError):
            if monotonic_ns() > give_up_ns:
                pytest.skip("jackd does not come up here")
    events: list[Any] = []
    listener = MtcInput("mtc")
    listening.ignore_types(sysex=False, timing=False)
    listening.set_callback(lambda event, _: events.extend(listener.feed(bytes(event[0]), monotonic_ns())))
    listening.open_virtual_port("in")
    ended(generating("mtc", "generate", *PLAY, "--to", "jack:in"))
    listening.close_port()
    located = [event.label for event in events if isinstance(event, Reading) and event.direction == 0]
    assert located == [Timecode(1, 0, 0, 0), Timecode(2, 0, 0, 0)]
    both_runs_are_on_time(events)
    process, seen, give_up_ns = (
        generating("mtc", "generate", *PLAY, "--to", "jack:"),
        set[str](),
        monotonic_ns() + 20 * NS_PER_S,
    )
    while process.poll() is None and monotonic_ns() < give_up_ns and "CueFocus:timecode" not in seen:
        seen |= set(listening.get_ports())
    ended(process)
    assert "CueFocus:timecode" in seen
