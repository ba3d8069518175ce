"""Art-Net datagrams to one address, or to all of a network."""

import errno
import socket
from typing import Final

from cuefocus.errors import InputError, LinkError
from cuefocus.shells.name_lookup import NameLookup, why_unknown
from cuefocus.wire.artnet import PORT

_LIMITED_BROADCAST: Final = "255.255.255.255"


class ArtNetOut:
    """A UDP socket that sends to one place.

    Args:
        address: a host, or "HOST:PORT"; Art-Net is IPv4. A network's broadcast address reaches all in it.
        lookup: asks for the address of a name.

    Raises: InputError for what is no address, LinkError for a host that is not known, for which nobody answers in time,
        or that cannot be reached.
    """

    def __init__(self, address: str, lookup: NameLookup | None = None) -> None:
        self._where = f"--to {address}"
        host, port = _split(address)
        if ":" in host:
            hint = "give an IPv4 address, e.g. 10.0.0.5"
            raise InputError(f"Art-Net has no IPv6, and {host} is of it", where=self._where, hint=hint)
        try:
            self._peer = (lookup if lookup is not None else NameLookup()).place(host, port, ipv4=True)
        except OSError as problem:
            hint = "give an address, e.g. 10.0.0.5"
            raise LinkError(why_unknown(host, problem), where=self._where, hint=hint) from None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setblocking(False)

    def write(self, data: bytes) -> None:
        """Send a datagram. One that finds nobody, or no room, is lost as any datagram may be.

        Raises: LinkError if there is no way there.
        """
        try:
            self._socket.sendto(data, self._peer)
        except (ConnectionRefusedError, BlockingIOError):
            pass
        except OSError as problem:
            cure = "check the network" if problem.errno != errno.EACCES else "check the firewall"
            if self._peer[0] == _LIMITED_BROADCAST:  # routed as any address: a network without a gateway has no way
                cure = "name the network's own broadcast address, as `ip address` shows it behind brd"
            raise LinkError(f"cannot be reached: {problem.strerror}", where=self._where, hint=cure) from None

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _split(address: str) -> tuple[str, int]:
    """Host and port; Art-Net's own where none is given."""
    host, mark, port = address.rpartition(":")
    if not mark or (":" in host and not host.endswith("]")):  # a bare IPv6 address has more than one colon
        host, port = address, str(PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise InputError(f"{address!r} is no address", where="--to", hint="write HOST or HOST:PORT")
    return host.strip("[]"), int(port)
