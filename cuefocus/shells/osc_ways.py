"""By which of our UDP ports a host is spoken to: the one it was heard at, or, where it has not spoken, the one that
reaches it.
"""

import contextlib
import socket
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Final

from cuefocus.engine.guests import Way
from cuefocus.engine.peers import Guest
from cuefocus.shells.ip_place import family_of, ip_place, is_everywhere
from cuefocus.shells.own_host import own_address_towards
from cuefocus.shells.udp_inlet import UdpInlet

_MOST_HOSTS: Final = 1024


class OscWays:
    """The ways out of a desk's UDP ports.

    Args:
        inlets: the ports, in the order of the rig.
    """

    def __init__(self, inlets: Sequence[UdpInlet]) -> None:
        self._inlets = tuple(inlets)
        self._ways: dict[str, UdpInlet | None] = {}
        self._apart: dict[socket.AddressFamily, socket.socket] = {}

    def note(self, host: str, inlet: UdpInlet) -> None:
        """A host is answered by the port that it was heard at."""
        if self._ways.get(host) is not inlet:
            self._keep(host, inlet)

    def of(self, guests: Iterable[Guest]) -> tuple[Way, ...]:
        """How those of them are told that were heard here."""
        found: list[Way] = []
        for guest in dict.fromkeys(guests):
            inlet = self._ways.get(guest.host)
            if inlet is not None:
                asked = inlet.asked.where((guest.host, guest.port)) if inlet.asked is not None else b""
                found.append(Way(Guest(guest.host, guest.port), (inlet.heard.address, inlet.heard.port), asked))
        return tuple(found)

    def know(self, ways: Iterable[Way]) -> None:
        """Tell guests as a predecessor did; those that it heard at ports which are ours no more, as any."""
        for way in ways:
            inlet = next((one for one in self._inlets if (one.heard.address, one.heard.port) == way.by), None)
            if inlet is not None:
                self._keep(way.to.host, inlet)
                if inlet.asked is not None and way.asked:
                    inlet.asked.know((way.to.host, way.to.port), way.asked)

    def send(self, packet: bytes, host: str, port: int) -> None:
        """Send a datagram; nothing happens while nobody can be reached."""
        inlet = self._ways[host] if host in self._ways else self._found(host)
        with contextlib.suppress(OSError):
            if inlet is not None:
                inlet.send(packet, (host, port))
            else:
                self._socket_for(host).sendto(packet, ip_place(host, port))

    def close(self) -> None:
        """Let go."""
        for made in self._apart.values():
            made.close()

    def _found(self, host: str) -> UdpInlet | None:
        """The port whose address the system itself would take towards a host; None where none of ours gets there."""
        ours = own_address_towards(host)
        if ours is None:
            return None  # for now
        same = [one for one in self._inlets if (":" in one.heard.address) is (":" in host)]
        found = next((one for one in same if _bare(one.heard.address) == _bare(ours)), None)
        found = found or next((one for one in same if is_everywhere(one.heard.address)), None)
        self._keep(host, found)
        return found

    def _keep(self, host: str, inlet: UdpInlet | None) -> None:
        if len(self._ways) >= _MOST_HOSTS:
            self._ways.clear()
        self._ways[host] = inlet

    def _socket_for(self, host: str) -> socket.socket:
        """A socket of no port of ours: who is told without having asked may be where we listen at no address."""
        family = family_of(host)
        if family not in self._apart:
            made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            made.setblocking(False)
            self._apart[family] = made
        return self._apart[family]


def _bare(host: str) -> object:
    """An address without its interface, however it is spelled."""
    return ip_address(host.partition("%")[0])
