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
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.asked_at import AskedAt, have_told_where
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import is_everywhere
from cuefocus.shells.kernel_stamps import wall_now_ns
from cuefocus.shells.packet_filter import Line, Op, assembled
from cuefocus.shells.udp_inlet import UdpInlet, UdpPort, open_udp
from cuefocus.timebase.units import NS_PER_MS

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
    "/workspace/cuefocus/panicInTime",
    "/workspace/cuefocus/hardStop",
    "/workspace/cuefocus/stop",
    "/workspace/cuefocus/pause",
)
"""Addresses of words that stop everything. One for a single axis or cue waits its turn."""
_BUNDLE: Final = b"#bundle\0"
_SIZE: Final = len(_BUNDLE) + 8
"""Of a bundle's first message, behind the time tag; the message follows, and then the next one's size."""
_SO_RCVBUFFORCE: Final = 33  # asm-generic/socket.h; Python does not name them
_SO_ATTACH_REUSEPORT_CBPF: Final = 51
_WORD: Final = 4
LOST_NS: Final = 20 * NS_PER_MS
"""How long after an error on a lane it is opened anew: no stop waits for that, and an error that stays costs little."""


def lanes(addresses: Sequence[str] = URGENT) -> tuple[Line, ...]:
    """A program that gives packets with one of these addresses to the second socket, all others to the first.

    A packet is a message, or a bundle of which one of the first three is looked for, or the first of a bundle that
    comes first in it: a program has no loops.
    """
    first = _SIZE + _WORD
    lines = list(_compared(addresses, "plain", "bundle", at=0))
    lines += _compared_bytes(_BUNDLE, 0, "bundle", "first 0", "no bundle")
    lines.append(Line(Op.RETURN, 0, label="no bundle"))
    lines += _compared(addresses, "first", "nested", at=first)
    lines += _compared_bytes(_BUNDLE, first, "nested", "inner 0", "not nested")
    lines.append(Line(Op.GO_ON, then="second", label="not nested"))
    lines += _compared(addresses, "inner", "second", at=2 * first)
    lines += [Line(Op.LOAD_WORD, _SIZE, label="second"), Line(Op.ADD, first), Line(Op.KEEP_AS_X)]
    lines += _compared(addresses, "second message", "third", at=_WORD, load=Op.LOAD_WORD_BEHIND_X)
    lines += [Line(Op.LOAD_WORD_BEHIND_X, 0, label="third"), Line(Op.ADD, _WORD), Line(Op.ADD_X), Line(Op.KEEP_AS_X)]
    lines += _compared(addresses, "third message", "ordinary", at=_WORD, load=Op.LOAD_WORD_BEHIND_X)
    lines.append(Line(Op.RETURN, 0, label="ordinary"))
    return tuple(lines)


def _compared(
    addresses: Sequence[str], name: str, otherwise: str, *, at: int, load: Op = Op.LOAD_WORD
) -> Iterator[Line]:
    """Ends at the second socket where one of the addresses stands at a place; goes on at `otherwise`."""
    for number, address in enumerate(addresses):
        padded = address.encode("ascii") + b"\0" * (_WORD - len(address) % _WORD)
        following = f"{name} {number + 1}" if number + 1 < len(addresses) else otherwise
        yield from _compared_bytes(padded, at, f"{name} {number}", "", following, load=load)
        yield Line(Op.RETURN, 1)


def _compared_bytes(
    data: bytes, at: int, label: str, then: str, otherwise: str, *, load: Op = Op.LOAD_WORD
) -> Iterator[Line]:
    for place in range(0, len(data), _WORD):
        last = place + _WORD >= len(data)
        yield Line(load, at + place, label="" if place else label)
        word = int.from_bytes(data[place : place + _WORD], "big")
        yield Line(Op.IF_EQUAL, word, then if last else "", otherwise)


class DeskPort:
    """Both lanes of one port.

    Attributes:
        ordinary, urgent: the lanes; `urgent` stays closed where the kernel knows no such thing.

    Args:
        heard: the port.
        held: descriptors of both lanes, which somebody else opened and holds; empty: it is opened here.
        closing: takes the descriptor of each lane just before it is closed.
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.
    """

    def __init__(
        self,
        heard: UdpPort,
        *,
        held: Sequence[int] = (),
        closing: Callable[[int], object] = lambda _: None,
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = wall_now_ns,
    ) -> None:
        self._heard, self._held, self._now_ns = heard, tuple(held), clock_ns
        self._second: socket.socket | None = None
        self._two = False
        asked = AskedAt() if is_everywhere(heard.address) else None  # of both: who is told may have asked by either
        self.ordinary, self.urgent = (
            UdpInlet(
                heard,
                opener=opener,
                asked=asked,
                lost_ns=LOST_NS,
                closing=closing,
                clock_ns=clock_ns,
                wall_ns=wall_ns,
            )
            for opener in (self._open, self._open_second)
        )

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for, of both lanes, since the port was opened."""
        return self.ordinary.dropped + self.urgent.dropped

    @property
    def next_due_ns(self) -> int | None:
        """When to open anew what is closed; None while all is open."""
        if self.ordinary.fileno() < 0:
            return self.ordinary.next_due_ns  # the lane for stops is opened with it
        return self.urgent.next_due_ns if self._two else None

    def let_go_of_half(self) -> None:
        """Where an error has closed the lane for stops, and it may be opened anew, close the other: both are, together.

        Until then the other is heard: what the lane for stops would have had comes by it, or waits where it is held.
        """
        due_ns = self.urgent.next_due_ns if self._two and self.ordinary.fileno() >= 0 else None
        if due_ns is not None and self._now_ns() >= due_ns:
            self.close()

    def close(self) -> None:
        """Hear nothing more."""
        self.ordinary.close()
        self.urgent.close()
        self._drop_second()

    def _drop_second(self) -> None:
        if self._second is not None:
            self._second.close()
            self._second = None

    def _open(self) -> socket.socket:
        """The first lane; the second is bound beside it. Raises: DeviceError."""
        self.urgent.close()
        self._drop_second()
        first, *others = [copy_of(fd) for fd in self._held] or open_lanes(self._heard)
        self._second, self._two = others[0] if others else None, bool(others)
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
    prepare = _prepare_everywhere if is_everywhere(heard.address) else _prepare
    first = open_udp(heard, prepare=prepare)
    try:
        second = open_udp(heard, prepare=prepare)
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
    """A socket of our own for one that another holds open: closing it leaves theirs.

    Raises: DeviceError where this process may open nothing more.
    """
    try:
        made = socket.socket(fileno=os.dup(fd))
    except OSError as problem:
        raise DeviceError(f"OSC cannot be heard: {problem.strerror}", where="network.osc") from None
    made.setblocking(False)
    return made


def _prepare(made: socket.socket) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    with suppress(OSError):  # beyond what an ordinary user may have
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BYTES)


def _prepare_everywhere(made: socket.socket) -> None:
    _prepare(made)
    have_told_where(made)
