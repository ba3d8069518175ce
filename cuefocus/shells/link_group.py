"""Ableton Link's multicast group, listened to without a seat in any session: nothing is sent."""

import contextlib
import socket
import struct
from typing import Final

from cuefocus.shells.host_clock import now_ns
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.link_presence import GROUP, PORT, LinkPresence

_BYTES: Final = 2048
_MOST_AT_ONCE: Final = 256
_JOIN_NS: Final = 2 * NS_PER_S


class LinkGroup:
    """Announcements of programs on all networks of this machine; one that comes up later is joined, too."""

    def __init__(self) -> None:
        self._presence = LinkPresence()
        self._socket: socket.socket | None = None
        self._join_ns = 0

    def has_session(self) -> bool:
        """Whether somebody's session is older by a second than one that would begin now."""
        at_ns = now_ns()
        if at_ns >= self._join_ns:
            self._join_ns = at_ns + _JOIN_NS
            self._join()
        older = False
        for data in self._waiting():
            older = self._presence.hears(data, at_ns) or older
        return older

    def forget(self) -> None:
        """Whatever was announced until now counts for nothing: our own seat may be among it."""
        for _ in self._waiting():
            pass
        self._presence.forget()

    def close(self) -> None:
        """Leave the group."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _join(self) -> None:
        """Open the port, and join the group on each interface that can and has not. What fails is tried again."""
        if self._socket is None:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # every Link program hears this port
            try:
                made.bind((GROUP, PORT))
            except OSError:
                made.close()
                return
            self._socket = made
        for index, _ in socket.if_nameindex():
            asked = struct.pack("=4s4si", socket.inet_aton(GROUP), bytes(4), index)
            with contextlib.suppress(OSError):  # it is a member already, or has no multicast
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, asked)

    def _waiting(self) -> list[bytes]:
        found: list[bytes] = []
        with contextlib.suppress(OSError):
            while self._socket is not None and len(found) < _MOST_AT_ONCE:
                found.append(self._socket.recv(_BYTES))
        return found
