"""Messages at their moments, and the ports they go to."""

import fcntl
import os
import pty
import select
import socket
import threading
import tty
from pathlib import Path
from typing import Any

import pytest

from cuefocus.errors import CueFocusError, InputError, LinkError
from cuefocus.shells.artnet_out import ArtNetOut
from cuefocus.shells.midi_out import open_midi_out
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.on_time import TOO_LATE_NS, send_on_time
from cuefocus.wire.sent_timecode import Message


class Clock:
    """Time that passes as it is told to."""

    def __init__(self, *late_ns: int) -> None:
        self._late_ns = list(late_ns)

    def wait_until(self, deadline_ns: int) -> int:
        return deadline_ns + self._late_ns.pop(0)


def test_what_is_long_past_is_not_sent_and_counted() -> None:
    out: list[bytes] = []
    messages = [Message(10 * n, bytes([n])) for n in range(5)]
    sent = send_on_time(messages, out.append, Clock(0, 7, TOO_LATE_NS + 1, TOO_LATE_NS, 3))
    assert out == [b"\0", b"\1", b"\3", b"\4"]
    assert (sent.count, sent.dropped, sent.worst_late_ns) == (4, 1, TOO_LATE_NS)


def test_an_operator_ends_it() -> None:
    def write(data: bytes) -> None:
        if data == b"\1":
            raise KeyboardInterrupt

    assert send_on_time([Message(0, b"\0"), Message(0, b"\1")], write, Clock(0, 0)).count == 1


def test_datagrams_go_to_the_address_and_nobody_there_is_no_fault() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        out = ArtNetOut(f"127.0.0.1:{heard.getsockname()[1]}")
        out.write(b"hello")
        assert heard.recv(100) == b"hello"
    for _ in range(3):
        out.write(b"nobody hears this")
    out.close()


@pytest.mark.parametrize("address", ["", ":", "localhost:", ":6454", "localhost:0", "localhost:70000", "localhost:x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError) as refused:
        ArtNetOut(address)
    assert refused.value.hint


def test_a_host_nobody_knows_is_a_sentence() -> None:
    ended = threading.Event()

    def hang(*asked: object, **how: object) -> list[Any]:
        ended.wait(20.0)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(LinkError, match="nobody says in time what address 'wall' has"):
        ArtNetOut("wall", NameLookup(ask=hang, patience_s=0.01))
    ended.set()
    with pytest.raises(LinkError, match=r"nobody knows the host 'wall' \(Name or service not known\)"):
        ArtNetOut("wall", NameLookup(ask=hang, patience_s=10.0))
    with pytest.raises(LinkError, match="'wall' has no IPv4 address"):
        ArtNetOut("wall", NameLookup(ask=lambda *asked, **how: [(0, 0, 0, "", ("::1", 0, 0, 0))]))


def test_a_raw_device_takes_the_bytes() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    out = open_midi_out(f"raw:{os.ttyname(theirs)}")
    out.write(b"\xf1\x00")
    assert os.read(ours, 100) == b"\xf1\x00"
    os.close(theirs)
    os.close(ours)
    with pytest.raises(LinkError, match="gone"):
        out.write(b"\xf1\x10")
    out.close()


def test_a_full_cable_tears_no_message_and_counts_what_it_does_not_take(tmp_path: Path) -> None:
    cable, note = tmp_path / "cable", b"\x90\x3c\x40"
    long = b"\xf0" + bytes(6_000) + b"\xf7"
    os.mkfifo(cable)
    far = os.open(cable, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(far, fcntl.F_SETPIPE_SZ, 4_096)
    out = open_midi_out(f"raw:{cable}")
    out.write(long)
    out.write(note)
    assert out.dropped == 1, "it would have torn the long one"
    came = os.read(far, 10_000)
    out.look()
    came += os.read(far, 10_000)
    assert came == long
    out.write(bytes(4_096))
    out.write(note)
    assert out.dropped == 2
    os.read(far, 10_000)
    out.write(note)
    assert os.read(far, 10_000) == note
    assert out.dropped == 2
    out.close()
    os.close(far)


def test_a_message_that_a_cable_takes_in_pieces_is_finished_at_once(tmp_path: Path) -> None:
    cable, long = tmp_path / "cable", b"\xf0" + bytes(10_000) + b"\xf7"
    os.mkfifo(cable)
    far = os.open(cable, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(far, fcntl.F_SETPIPE_SZ, 4_096)
    out = open_midi_out(f"raw:{cable}")
    came = bytearray()

    def read() -> None:
        ready = select.poll()
        ready.register(far, select.POLLIN)
        while len(came) < len(long) and ready.poll(5_000):
            came.extend(os.read(far, 10_000))

    reader = threading.Thread(target=read)
    reader.start()
    out.write(long)
    for _ in range(100):  # a busy machine may have kept the reader from reading in time
        out.look()
        reader.join(0.05)
        if not reader.is_alive():
            break
    assert bytes(came) == long
    assert out.dropped == 0
    out.close()
    os.close(far)


@pytest.mark.parametrize("address", ["", "USB", "usb:Port", "raw:", "raw:/no/such/device", "raw:x\0y"])
def test_a_midi_port_that_is_none_is_refused_with_the_cure(address: str, tmp_path: Path) -> None:
    with pytest.raises(CueFocusError) as refused:
        open_midi_out(address)
    assert refused.value.hint


@pytest.mark.parametrize("address", ["midi:no such port", "jack:no such port"])
def test_without_library_sequencer_or_server_it_is_a_sentence(address: str) -> None:
    with pytest.raises(CueFocusError) as refused:
        open_midi_out(address)
    assert refused.value.hint
