"""Art-Net's UDP port, listened to: datagrams with the kernel's own stamps, on one of our addresses.

The kernel stamps by the wall clock. Each stamp is turned into an age at the moment the datagram is fetched, so what
the wall clock says does not matter as long as it is not set in between; where it was, the datagram counts from when it
was fetched.
"""

import contextlib
import ctypes
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Callable
from errno import EADDRINUSE, EADDRNOTAVAIL
from time import CLOCK_REALTIME, clock_gettime_ns
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.message_device import ALL_ADDRESSES, ARTNET
from cuefocus.shells.message_source import Message, Standing
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import PORT

_SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h; Python does not name it
_IP_PKTINFO: Final = 8  # linux/in.h
_SIOCGIFADDR: Final = 0x8915  # asm-generic/sockios.h
_SO_ATTACH_FILTER: Final = 26
_FILTER: Final = (
    (0x20, 0, 0, 8),  # the first word after the UDP header; a datagram that is too short is dropped
    (0x15, 0, 5, int.from_bytes(b"Art-", "big")),
    (0x20, 0, 0, 12),
    (0x15, 0, 3, int.from_bytes(b"Net\0", "big")),
    (0x28, 0, 0, 16),
    (0x15, 0, 1, int.from_bytes(b"\x00\x97", "big")),  # OpTimeCode, as it is on the wire
    (0x06, 0, 0, 0xFFFF_FFFF),
    (0x06, 0, 0, 0),
)
"""Classic BPF (linux/filter.h): what is no Art-Net timecode, such as DMX, never leaves the kernel."""
_TIMESPEC: Final = struct.Struct("@ll")
_PKTINFO: Final = struct.Struct("=i4s4s")
_ANCILLARY_BYTES: Final = socket.CMSG_SPACE(_TIMESPEC.size) + socket.CMSG_SPACE(_PKTINFO.size)
_DATAGRAM_BYTES: Final = 2048
_OLDEST_NS: Final = 10 * NS_PER_S
_CLOCK_SET_NS: Final = NS_PER_MS
_AGAIN_NS: Final = NS_PER_S


def open_art_net(address: str, *, only_timecode: bool = True) -> socket.socket:
    """A socket that hears Art-Net sent to one of our addresses, or broadcast to its network; others may share it.

    A socket bound to an address of the network would not hear broadcasts, which is how most senders send; so that one
    is bound to all addresses, and `ArtNetInlet` passes over what came by another.

    Args:
        address: one of our own, or 0.0.0.0 for all.
        only_timecode: let the kernel drop everything else.

    Raises: DeviceError when it is not our address, or the port is taken by a program that does not share it.
    """
    where = f"{ARTNET}{address}"
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        made.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        if only_timecode:
            _attach_filter(made)
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as trial:
            trial.bind((address, 0))
        made.bind((address if _bound_alone(address) else ALL_ADDRESSES, PORT))
    except OSError as problem:
        made.close()
        if problem.errno == EADDRNOTAVAIL:
            sentence, hint = f"{address} is no address of this machine", f"`ip address` lists them; or {ALL_ADDRESSES}"
        elif problem.errno == EADDRINUSE:
            sentence = f"UDP port {PORT} is taken by a program that does not share it"
            hint = "end it (`ss -ulp` names it), or send the timecode another way"
        else:
            reason = problem.strerror or str(problem)
            sentence, hint = f"Art-Net cannot be heard: {reason}", "check the network"
        raise DeviceError(sentence, where=where, hint=hint) from None
    return made


def _attach_filter(made: socket.socket) -> None:
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in _FILTER))
    made.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(_FILTER), ctypes.addressof(program)))


def _bound_alone(address: str) -> bool:
    return address == ALL_ADDRESSES or ipaddress.IPv4Address(address).is_loopback


def own_addresses() -> list[tuple[str, str]]:
    """IPv4 addresses of this machine and the interfaces they are on; of several on one interface, its first."""
    found: list[tuple[str, str]] = []
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asked:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # it has none
                request = struct.pack("16s24x", name.encode())
                answer = fcntl.ioctl(asked.fileno(), _SIOCGIFADDR, request)
                found.append((socket.inet_ntoa(answer[20:24]), name))
    return found


class ArtNetInlet:
    """Datagrams on Art-Net's port. One that cannot be opened now is tried again each second.

    Args:
        address: one of our own, or 0.0.0.0 for all.
        only_timecode: what is something else is not even fetched.
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.
    """

    def __init__(
        self,
        address: str,
        *,
        only_timecode: bool = True,
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = lambda: clock_gettime_ns(CLOCK_REALTIME),
    ) -> None:
        self._address, self._now_ns, self._wall_ns = address, clock_ns, wall_ns
        self._only_timecode = only_timecode
        self._only = None if _bound_alone(address) else socket.inet_aton(address)
        self._socket: socket.socket | None = None
        self._opening = 0
        self._again_ns = 0
        self._offset_ns: int | None = None
        self._set_ns = 0

    def fileno(self) -> int:
        """The socket; -1 while there is none."""
        return self._socket.fileno() if self._socket is not None else -1

    @property
    def next_due_ns(self) -> int | None:
        """When to try again to open it."""
        return self._again_ns if self._socket is None else None

    def receive(self) -> Message | Standing | None:
        """The next datagram to our address, or how it stands with the socket; None when there is nothing more."""
        if self._socket is None:
            return self._open()
        try:
            data, ancillary, _, _ = self._socket.recvmsg(_DATAGRAM_BYTES, _ANCILLARY_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as problem:
            self.close()
            self._again_ns = self._now_ns() + _AGAIN_NS
            return Standing(False, f"Art-Net cannot be heard: {os.strerror(problem.errno or 0)}", self._opening)
        stamped_ns: int | None = None
        came_by: bytes | None = None
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) >= _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack_from(value)
                stamped_ns = seconds * NS_PER_S + nanoseconds
            elif level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(value) >= _PKTINFO.size:
                came_by = _PKTINFO.unpack_from(value)[1]
        ours = self._only is None or came_by == self._only
        return Message(data if ours else b"", self._host_ns(stamped_ns))

    def close(self) -> None:
        """Give the port back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> Standing | None:
        if self._now_ns() < self._again_ns:
            return None
        try:
            self._socket = open_art_net(self._address, only_timecode=self._only_timecode)
        except DeviceError as problem:
            self._again_ns = self._now_ns() + _AGAIN_NS
            return Standing(False, str(problem), self._opening)
        self._opening += 1
        place = "all addresses" if self._address == ALL_ADDRESSES else self._address
        return Standing(True, f"Art-Net, UDP port {PORT}, {place}", self._opening)

    def _host_ns(self, stamped_ns: int | None) -> int:
        """Host time of a kernel stamp; of now, where there is none or the wall clock was set meanwhile."""
        at_ns = self._now_ns()
        if stamped_ns is None:
            return at_ns
        wall_ns = self._wall_ns()
        offset_ns = wall_ns - at_ns
        if self._offset_ns is not None and abs(offset_ns - self._offset_ns) > _CLOCK_SET_NS:
            self._set_ns = at_ns
        self._offset_ns = offset_ns
        host_ns = stamped_ns - offset_ns
        return host_ns if max(self._set_ns, at_ns - _OLDEST_NS) <= host_ns <= at_ns else at_ns
