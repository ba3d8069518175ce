"""A UDP port, listened to: datagrams with the kernel's own stamps."""

import contextlib
import ipaddress
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.asked_at import ASKED_BYTES, IP_PKTINFO, PKTINFO, AskedAt
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import heard_at, host_of, ip_place
from cuefocus.shells.kernel_stamps import STAMP_BYTES, KernelStamps, have_stamped, wall_now_ns
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.timebase.units import NS_PER_S

_SO_MEMINFO: Final = 55  # asm-generic/socket.h; Python does not name it
_MEMINFO: Final = struct.Struct("=9I")
_DROPS: Final = 8  # SK_MEMINFO_DROPS
_ANCILLARY_BYTES: Final = STAMP_BYTES + ASKED_BYTES
_DATAGRAM_BYTES: Final = 65_535  # the longest there is: what is cut short reads as torn
_AGAIN_NS: Final = NS_PER_S


@dataclass(frozen=True, slots=True)
class UdpPort:
    """Where datagrams are heard.

    Args:
        name: what is heard there, for sentences: "Art-Net".
        source: as it is written after `--source`.
        address: one of our own, IPv4 or IPv6; 0.0.0.0 or :: for all of its kind.
        port: UDP port.
        shared: other programs may hear the same port.
    """

    name: str
    source: str
    address: str
    port: int
    shared: bool = False

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.name}, UDP port {self.port}, {heard_at(self.address)}"


def overlap(one: UdpPort, other: UdpPort) -> bool:
    """Whether two ports cannot both be open at once: the same, or one of them on all addresses of its kind."""
    if one.port != other.port or (one.shared and other.shared):
        return False
    mine, yours = ipaddress.ip_address(one.address), ipaddress.ip_address(other.address)
    return mine.version == yours.version and (mine == yours or mine.is_unspecified or yours.is_unspecified)


def open_udp(
    heard: UdpPort, *, bound_to: str | None = None, prepare: Callable[[socket.socket], object] = lambda _: None
) -> socket.socket:
    """A socket that hears a port, and stamps what it hears.

    Args:
        heard: the port; its address must be ours.
        bound_to: bind it to this address instead, and learn by which address each datagram came (IPv4 only).
        prepare: is given the socket before anything can come.

    Raises: DeviceError when it is not our address, or the port is taken or forbidden.
    """
    family = socket.AF_INET6 if ipaddress.ip_address(heard.address).version == 6 else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    except OSError as problem:
        raise _refusal(heard, problem) from None
    try:
        made.setblocking(False)
        have_stamped(made)
        if heard.shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if bound_to is not None:
            made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as trial:
                trial.bind(ip_place(heard.address, 0))
        prepare(made)
        made.bind(ip_place(heard.address if bound_to is None else bound_to, heard.port))
    except OSError as problem:
        made.close()
        raise _refusal(heard, problem) from None
    return made


def _refusal(heard: UdpPort, problem: OSError) -> DeviceError:
    everything = "::" if ":" in heard.address else "0.0.0.0"  # noqa: S104 - a name in a sentence
    if problem.errno == EADDRNOTAVAIL:
        sentence = f"{heard.address} is no address of this machine"
        hint = f"`ip address` lists them; or {everything}"
    elif problem.errno == EADDRINUSE:
        how = "a program that does not share it" if heard.shared else "another program"
        sentence = f"UDP port {heard.port} is taken by {how}"
        hint = "end it (`ss -ulp` names it), or take another port or another way for one of them"
    elif problem.errno == EACCES:
        sentence, hint = f"UDP port {heard.port} may not be opened by this user", "take one above 1023"
    else:
        sentence, hint = f"{heard.name} cannot be heard: {problem.strerror or problem}", "check the network"
    return DeviceError(sentence, where=heard.source, hint=hint)


class UdpInlet:
    """Datagrams on a port. One that cannot be opened now is tried again each second.

    `opening` counts how often it was opened.

    Args:
        heard: the port.
        opener: makes its socket; may raise DeviceError.
        came_by: only what was sent to this IPv4 address of ours is for us (a socket opened with `bound_to`); None: all.
        asked: remembers who has asked at which address of ours, and answers from there (a socket that tells it).
        lost_ns: how long after an error on the socket it is opened anew.
        closing: takes its descriptor just before it is closed.
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.
    """

    def __init__(
        self,
        heard: UdpPort,
        *,
        opener: Callable[[], socket.socket] | None = None,
        came_by: str | None = None,
        asked: AskedAt | None = None,
        lost_ns: int = _AGAIN_NS,
        closing: Callable[[int], object] = lambda _: None,
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = wall_now_ns,
    ) -> None:
        self.heard, self.asked, self._now_ns, self._lost_ns, self._closing = heard, asked, clock_ns, lost_ns, closing
        self._stamps = KernelStamps(clock_ns, wall_ns)
        self._opener = opener if opener is not None else lambda: open_udp(heard)
        self._only = None if came_by is None else socket.inet_aton(came_by)
        self._socket: socket.socket | None = None
        self._room = [memoryview(bytearray(_DATAGRAM_BYTES))]
        self.opening = 0
        self._again_ns = 0

    def fileno(self) -> int:
        """The socket; -1 while there is none."""
        return self._socket.fileno() if self._socket is not None else -1

    @property
    def next_due_ns(self) -> int | None:
        """When to try again to open it."""
        return self._again_ns if self._socket is None else None

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for since the port was opened; 0 where it does not say."""
        if self._socket is None:
            return 0
        try:
            found = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        except OSError:
            return 0
        return int(_MEMINFO.unpack(found)[_DROPS]) if len(found) == _MEMINFO.size else 0

    def receive(self) -> Message | Standing | None:
        """The next datagram to our address, or how it stands with the socket; None when there is nothing more."""
        if self._socket is None:
            return self._open()
        try:
            size, ancillary, _, sender = self._socket.recvmsg_into(self._room, _ANCILLARY_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as problem:
            self.close()
            self._again_ns = self._now_ns() + self._lost_ns
            reason = os.strerror(problem.errno or 0)
            return Standing(False, f"{self.heard.name} cannot be heard: {reason}", self.opening)
        came_by: bytes | None = None
        for level, kind, value in ancillary:
            if level == socket.IPPROTO_IP and kind == IP_PKTINFO and len(value) >= PKTINFO.size:
                came_by = PKTINFO.unpack_from(value)[1]
        host = host_of(sender)
        if self.asked is not None:
            self.asked.note(host, sender[1], ancillary)
        ours = (self._only is None or came_by == self._only) and self._heeds(host, sender[1])
        return Message(bytes(self._room[0][:size]) if ours else b"", self._stamps.host_ns(ancillary), host, sender[1])

    def send(self, data: bytes, to: tuple[str, int]) -> None:
        """Send a datagram from this port; while it is not open, or nobody can be reached, nothing happens."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                if self.asked is not None:
                    self.asked.send(self._socket, data, to)
                else:
                    self._socket.sendto(data, ip_place(*to))

    def close(self) -> None:
        """Give the port back."""
        if self._socket is not None:
            self._closing(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _heeds(self, sender: str, port: int) -> bool:
        """Whether what a host sends from one of its ports is for us."""
        del sender, port
        return True

    def _open(self) -> Standing | None:
        if self._now_ns() < self._again_ns:
            return None
        try:
            self._socket = self._opener()
        except DeviceError as problem:
            self._again_ns = self._now_ns() + _AGAIN_NS
            return Standing(False, str(problem), self.opening)
        self.opening += 1
        return Standing(True, self.heard.text, self.opening)
