"""A UDP port on which desks speak, with a lane of its own for stops: no flood stands before a PANIC.

Two sockets share the port, and the kernel gives each datagram to one of them by its address: words that stop go to the
second, whose queue nothing else can fill. Whoever else is on this machine cannot join them without asking for it.
Source: socket(7), SO_ATTACH_REUSEPORT_CBPF: the program sees a UDP datagram from its payload on, and returns the
number of the socket in the order in which they were bound.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.kernel_stamps import wall_now_ns
from cuefocus.shells.packet_filter import Line, Op, assembled
from cuefocus.shells.udp_inlet import UdpInlet, UdpPort, open_udp

RECEIVE_BYTES: Final = 4 << 20
"""Room for a burst that comes while a step is under way; the kernel may grant less."""
URGENT: Final = (
    "/cuefocus/panic",
    "/cuefocus/hold",
    "/cuefocus/release",
    "/cuefocus/hand",
    "/panic",
    "/panicInTime",
    "/hardStop",
    "/stop",
    "/pause",
    "/workspace/cuefocus/panic",
    "/workspace/cuefocus/hardStop",
    "/workspace/cuefocus/stop",
)
"""Addresses of words that stop everything. One for a single axis or cue waits its turn."""
BUNDLED: Final = ("/cuefocus/panic", "/cuefocus/hold", "/panic", "/hardStop")
"""Those of them that are looked for as the first message of a bundle, too."""
_BUNDLE: Final = b"#bundle\0"
_FIRST: Final = len(_BUNDLE) + 8 + 4  # behind the time tag and the first message's size
_SO_RCVBUFFORCE: Final = 33  # asm-generic/socket.h; Python does not name them
_SO_ATTACH_REUSEPORT_CBPF: Final = 51
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")
_DROPS: Final = 8  # SK_MEMINFO_DROPS
_WORD: Final = 4


def lanes(addresses: Sequence[str] = URGENT, bundled: Sequence[str] = BUNDLED) -> tuple[Line, ...]:
    """A program that gives packets with one of these addresses to the second socket, all others to the first."""
    lines = list(_compared([(address, 0) for address in addresses], "plain", "bundle"))
    lines += _compared_bytes(_BUNDLE, 0, "bundle", "", "ordinary")
    lines += _compared([(address, _FIRST) for address in bundled], "first", "ordinary")
    lines.append(Line(Op.RETURN, 0, label="ordinary"))
    lines.append(Line(Op.RETURN, 1, label="urgent"))
    return tuple(lines)


def _compared(wanted: Sequence[tuple[str, int]], name: str, otherwise: str) -> list[Line]:
    """Goes on at `urgent` where one of the addresses stands at its place, at `otherwise` where none does."""
    lines: list[Line] = []
    for number, (address, at) in enumerate(wanted):
        padded = address.encode("ascii") + b"\0" * (_WORD - len(address) % _WORD)
        following = f"{name} {number + 1}" if number + 1 < len(wanted) else otherwise
        lines += _compared_bytes(padded, at, f"{name} {number}", "urgent", following)
    return lines


def _compared_bytes(data: bytes, at: int, label: str, then: str, otherwise: str) -> list[Line]:
    lines: list[Line] = []
    for place in range(0, len(data), _WORD):
        last = place + _WORD >= len(data)
        lines.append(Line(Op.LOAD_WORD, at + place, label="" if place else label))
        word = int.from_bytes(data[place : place + _WORD], "big")
        lines.append(Line(Op.IF_EQUAL, word, then if last else "", otherwise))
    return lines


class DeskPort:
    """Both lanes of one port.

    Attributes:
        ordinary, urgent: the lanes; `urgent` stays closed where the kernel knows no such thing.

    Args:
        heard: the port.
        held: descriptors of both lanes, which somebody else opened and holds; empty: it is opened here.
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.
    """

    def __init__(
        self,
        heard: UdpPort,
        *,
        held: Sequence[int] = (),
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = wall_now_ns,
    ) -> None:
        self._heard, self._held = heard, tuple(held)
        self._second: socket.socket | None = None
        self._dropped = 0
        self.ordinary = UdpInlet(heard, opener=self._open, clock_ns=clock_ns, wall_ns=wall_ns)
        self.urgent = UdpInlet(heard, opener=self._open_second, clock_ns=clock_ns, wall_ns=wall_ns)

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for, of both lanes, since the port was opened."""
        return sum(_drops(lane.fileno()) for lane in (self.ordinary, self.urgent) if lane.fileno() >= 0)

    def close(self) -> None:
        """Hear nothing more."""
        self.ordinary.close()
        self.urgent.close()
        if self._second is not None:
            self._second.close()

    def _open(self) -> socket.socket:
        """The first lane; the second is bound beside it. Raises: DeviceError."""
        self.urgent.close()
        first, *others = [copy_of(fd) for fd in self._held] or open_lanes(self._heard)
        self._second = others[0] if others else None
        return first

    def _open_second(self) -> socket.socket:
        second, self._second = self._second, None
        if second is None:
            raise DeviceError("one lane for all", where=self._heard.source)
        return second


def osc_port(host: str, port: int) -> UdpPort:
    """A port that OSC is heard at, as the rig names it."""
    return UdpPort("OSC", "network.osc.listen", host, port)


def open_lanes(heard: UdpPort) -> list[socket.socket]:
    """The sockets of both lanes, ordinary words first; of one lane where the kernel knows no such thing.

    Raises: DeviceError when the port cannot be opened.
    """
    with closing(open_udp(heard)):
        pass  # taken by another program, it is refused here: sharing it would halve what either hears
    first = open_udp(heard, prepare=_prepare)
    try:
        second = open_udp(heard, prepare=_prepare)
    except DeviceError:
        first.close()
        raise
    lines = lanes()
    program = ctypes.create_string_buffer(assembled(lines, header_bytes=0))
    try:
        pointed = struct.pack("@HP", len(lines), ctypes.addressof(program))
        first.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, pointed)
    except OSError:  # a kernel before 4.5: one lane for all
        second.close()
        return [first]
    return [first, second]


def copy_of(fd: int) -> socket.socket:
    """A socket of our own for one that another holds open: closing it leaves theirs."""
    made = socket.socket(fileno=os.dup(fd))
    made.setblocking(False)
    return made


def _prepare(made: socket.socket) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    with suppress(OSError):  # beyond what an ordinary user may have
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BYTES)


def _drops(fd: int) -> int:
    with socket.socket(fileno=socket.dup(fd)) as same:
        try:
            found = same.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        except OSError:
            return 0
    return int(_MEMINFO.unpack(found)[_DROPS]) if len(found) == _MEMINFO.size else 0
