"""At which of our addresses a desk has asked: its answer leaves from there, for it hears nobody else.

A port on all addresses of a machine is asked at any of them, and by itself the kernel answers from the one that its
routes prefer. Source: ip(7), IP_PKTINFO; RFC 3542 §6.
"""

import socket
import struct
from collections.abc import Hashable, Sequence
from errno import EADDRNOTAVAIL, EINVAL, ENETUNREACH
from ipaddress import IPv6Address
from typing import Final, TypeVar

from cuefocus.shells.ip_place import ip_place

IP_PKTINFO: Final = 8  # linux/in.h; Python does not name it
PKTINFO: Final = struct.Struct("=i4s4s")
"""The interface, our address, and the one that the datagram was sent to, which may be everybody's."""
_PKTINFO_6: Final = struct.Struct("=16sI")
ASKED_BYTES: Final = socket.CMSG_SPACE(max(PKTINFO.size, _PKTINFO_6.size))
"""Room for it beside the data."""
_MOST: Final = 1024
_GONE: Final = (EINVAL, ENETUNREACH, EADDRNOTAVAIL)
_Key = TypeVar("_Key", bound=Hashable)
Ancillary = Sequence[tuple[int, int, bytes]]


def have_told_where(made: socket.socket) -> None:
    """Have the kernel tell at which address of ours each datagram came."""
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


class AskedAt:
    """Who has asked where: a bounded number of those who did last."""

    def __init__(self) -> None:
        self._guests: dict[tuple[str, int], bytes] = {}
        self._hosts: dict[str, bytes] = {}

    def note(self, host: str, port: int, ancillary: Ancillary) -> None:
        """Somebody has asked; what the kernel told beside the datagram says where."""
        for level, kind, value in ancillary:
            if (level == socket.IPPROTO_IP and kind == IP_PKTINFO) or (
                level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO
            ):
                self.know((host, port), value)
                return

    def know(self, guest: tuple[str, int], told: bytes) -> None:
        """Somebody has asked where the kernel told."""
        if self._guests.get(guest) != told:
            _keep(self._guests, guest, told)
        if self._hosts.get(guest[0]) != told:
            _keep(self._hosts, guest[0], told)

    def where(self, guest: tuple[str, int]) -> bytes:
        """What the kernel told of where somebody, or else his host, has asked; empty where neither has."""
        return self._guests.get(guest) or self._hosts.get(guest[0]) or b""

    def send(self, out: socket.socket, data: bytes, to: tuple[str, int]) -> None:
        """Send from where somebody has asked, or else his host; plainly where neither has, or our address has gone.

        Raises: OSError when he cannot be reached.
        """
        told = self.where(to)
        source = _source(told)
        if source is not None:
            try:
                out.sendmsg([data], [source], 0, ip_place(*to))
            except OSError as problem:
                if problem.errno not in _GONE:
                    raise
                self._guests.pop(to, None)
                if self._hosts.get(to[0]) == told:
                    del self._hosts[to[0]]
            else:
                return
        out.sendto(data, ip_place(*to))


def _source(told: bytes) -> tuple[int, int, bytes] | None:
    """What has the kernel send from an address; None where that is nobody's own."""
    if len(told) == PKTINFO.size:
        _, ours, _ = PKTINFO.unpack(told)
        return socket.IPPROTO_IP, IP_PKTINFO, PKTINFO.pack(0, ours, bytes(4))  # by whichever interface leads there
    if len(told) != _PKTINFO_6.size:
        return None
    packed, interface = _PKTINFO_6.unpack(told)
    address = IPv6Address(packed)
    if address.is_multicast:
        return None
    scope = interface if address.is_link_local else 0
    return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, _PKTINFO_6.pack(packed, scope)


def _keep(kept: dict[_Key, bytes], key: _Key, value: bytes) -> None:
    """Keep it as the newest; the oldest makes room."""
    kept.pop(key, None)
    if len(kept) >= _MOST:
        del kept[next(iter(kept))]
    kept[key] = value
