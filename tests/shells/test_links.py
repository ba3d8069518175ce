"""Serial, UDP and CAN links against the kernel's own ptys and sockets."""

import os
import select
import socket
import struct
import tty
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cuefocus.errors import LinkError, RigFileError
from cuefocus.motor.can_frames import CanFrame, pack_record
from cuefocus.shells.can_link import SlcanLink, SocketCanLink
from cuefocus.shells.open_link import framing_of, open_link
from cuefocus.shells.serial_link import SerialLink
from cuefocus.shells.udp_link import UdpLink

PATIENCE_S = 20.0


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """The far side's descriptor, and the path of the near one."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for descriptor in (master, slave):
        os.close(descriptor)


def far(descriptor: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        assert select.select([descriptor], [], [], PATIENCE_S)[0], data
        data += os.read(descriptor, count - len(data))
    return data


def readable(link: SerialLink | UdpLink) -> bytes:
    assert select.select([link.fileno()], [], [], PATIENCE_S)[0]
    return link.read()


def test_bytes_cross_a_serial_line_unchanged(pty: tuple[int, str]) -> None:
    link = SerialLink(pty[1])
    everything = bytes(range(256))  # XON, XOFF, interrupt and newline characters among them
    assert link.write(everything)
    assert far(pty[0], 256) == everything
    os.write(pty[0], everything)
    data = b""
    while len(data) < 256:
        data += readable(link)
    assert data == everything
    assert link.read() == b""
    assert link.pending_bytes() == 0
    link.close()


def test_a_line_that_takes_no_more_refuses_and_tears_no_frame(pty: tuple[int, str]) -> None:
    link = SerialLink(pty[1])
    taken = 0
    while link.write(b"%016d\n" % taken):
        taken += 1
        assert taken < 1_000_000
    assert not link.write(b"late")
    received = b""
    while select.select([pty[0]], [], [], 0.1)[0]:
        received += os.read(pty[0], 65_536)
        link.pending_bytes()  # the torn end of the last frame follows as soon as there is room
    lines = received.split(b"\n")
    assert lines[-1] == b""
    assert [int(line) for line in lines[:-1]] == list(range(taken))
    assert link.pending_bytes() == 0
    assert link.write(b"again")
    link.close()


def test_a_serial_port_is_held_alone(pty: tuple[int, str]) -> None:
    link = SerialLink(pty[1])
    with pytest.raises(LinkError, match="another program holds it"):
        SerialLink(pty[1])
    link.close()
    SerialLink(pty[1]).close()


def test_a_port_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="No such file or directory; `cuefocus ports` lists what is there"):
        SerialLink(str(tmp_path / "nothing"))
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    with pytest.raises(LinkError, match="cannot open the port"):
        SerialLink(str(plain))


def test_an_unplugged_port_is_told_from_a_silent_one(tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    master, slave = os.openpty()
    name.symlink_to(os.ttyname(slave))
    os.close(slave)
    link = SerialLink(str(name))
    assert link.read() == b""
    os.close(master)
    with pytest.raises(LinkError, match="the port is gone"):
        link.read()
    assert link.fileno() == -1
    for use in (link.read, link.pending_bytes, lambda: link.write(b"x")):
        with pytest.raises(LinkError, match="not open"):
            use()
    master, slave = os.openpty()
    tty.setraw(slave)
    name.unlink()
    name.symlink_to(os.ttyname(slave))
    link.reopen()
    assert link.write(b"back")
    assert far(master, 4) == b"back"
    link.close()
    for descriptor in (master, slave):
        os.close(descriptor)


def test_writing_notices_the_pulled_plug_too() -> None:
    master, slave = os.openpty()
    link = SerialLink(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    with pytest.raises(LinkError, match="the port is gone"):
        link.write(b"x")


def test_an_adapters_channel_is_opened_and_closed_with_the_port(pty: tuple[int, str]) -> None:
    link = SlcanLink(pty[1])
    assert far(pty[0], 7) == b"C\rS8\rO\r"
    link.reopen()
    assert far(pty[0], 7) == b"C\rS8\rO\r"
    link.close()
    assert far(pty[0], 2) == b"C\r"


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(PATIENCE_S)
        yield made


def test_datagrams_cross(peer: socket.socket) -> None:
    link = UdpLink("127.0.0.1", peer.getsockname()[1])
    assert link.read() == b""
    assert link.write(b'{"f":1}')
    data, sender = peer.recvfrom(100)
    assert data == b'{"f":1}'
    peer.sendto(b'{"f_pos":1}', sender)
    peer.sendto(b'{"f_pos":2}', sender)
    assert readable(link).startswith(b'{"f_pos":1}')
    assert link.pending_bytes() == 0
    link.close()
    assert link.fileno() == -1
    with pytest.raises(LinkError, match="closed"):
        link.write(b"x")


def test_only_the_peer_is_heard(peer: socket.socket) -> None:
    link = UdpLink("127.0.0.1", peer.getsockname()[1])
    assert link.write(b"hello")
    _, near = peer.recvfrom(100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b'{"f_pos":99}', near)
    peer.sendto(b'{"f_pos":1}', near)
    assert readable(link) == b'{"f_pos":1}'
    link.close()


def test_nobody_there_is_a_link_error_that_passes(peer: socket.socket) -> None:
    number = peer.getsockname()[1]
    peer.close()
    link = UdpLink("127.0.0.1", number)
    link.write(b"x")
    with pytest.raises(LinkError, match="nothing listens there"):
        readable(link)
    link.reopen()
    assert link.read() == b""
    link.close()


def test_motors_beyond_this_machine_must_be_allowed() -> None:
    with pytest.raises(RigFileError, match="beyond this machine"):
        UdpLink("192.0.2.1", 9001)
    UdpLink("192.0.2.1", 9001, allow_remote=True).close()
    UdpLink("::1", 9001).close()


def test_can_records_go_one_by_one() -> None:
    near, away = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link = SocketCanLink("test", opened=near)
    records = [pack_record(CanFrame(0x223, bytes((n,)))) for n in range(3)]
    assert link.write(b"".join(records))
    assert [away.recv(100) for _ in range(3)] == records
    assert link.read() == b""
    for record in records:
        away.send(record)
    assert link.read() == b"".join(records)
    away.close()
    with pytest.raises(LinkError, match="not usable"):
        link.write(records[0])
    link.close()


def test_a_full_can_queue_refuses_and_tears_no_frame() -> None:
    near, away = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    link, taken = SocketCanLink("test", opened=near), 0
    while link.write(b"".join(struct.pack("=IB3x8s", 0x223, 8, b"%d %d" % (taken, piece)) for piece in range(3))):
        taken += 1
        assert taken < 100_000
    received, away_ready = [], True
    while away_ready:
        received.append(away.recv(100)[8:].rstrip(b"\0"))
        link.pending_bytes()
        away_ready = bool(select.select([away], [], [], 0.1)[0])
    assert received == [b"%d %d" % (frame, piece) for frame in range(taken) for piece in range(3)]
    link.close()
    away.close()


def test_a_can_interface_that_is_not_there_gets_a_sentence() -> None:
    with pytest.raises(LinkError, match="CAN"):
        open_link("can:nocan9")


def test_addresses_name_links(pty: tuple[int, str], peer: socket.socket) -> None:
    serial = open_link(f"serial:{pty[1]}", baud=57_600)
    assert isinstance(serial, SerialLink)
    assert (serial.path, serial.baud) == (pty[1], 57_600)
    serial.close()
    adapter = open_link(f"slcan:{pty[1]}")
    assert isinstance(adapter, SlcanLink)
    adapter.close()
    udp = open_link(f"udp:127.0.0.1:{peer.getsockname()[1]}")
    assert udp.write(b"x")
    udp.close()
    kinds = [framing_of(text) for text in ("/dev/x", "serial:/dev/x", "slcan:/dev/x", "can:can0", "udp:h:1")]
    assert kinds == ["plain", "plain", "slcan", "socketcan", "plain"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ttyUSB0", "is no port"),
        ("usb:1", "is no port"),
        ("serial:", "is no port"),
        ("udp:9001", "names no UDP port"),
        ("udp:host:0", "names no UDP port"),
        ("udp:host:ninety", "names no UDP port"),
        ("udp:10.1.2.3:9001", "beyond this machine"),
    ],
)
def test_wrong_addresses_get_a_sentence(address: str, words: str) -> None:
    with pytest.raises(RigFileError, match=words):
        open_link(address)


def test_a_motor_behind_udp_is_driven_by_one_at_a_time() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as box:
        box.bind(("127.0.0.1", 0))
        port = box.getsockname()[1]
        first = UdpLink("127.0.0.1", port)
        with pytest.raises(LinkError, match="another CueFocus of this machine drives this motor; stop that one first"):
            UdpLink("localhost", port)
        first.reopen()
        assert first.write(b"{}")
        first.close()
        UdpLink("127.0.0.1", port).close()
