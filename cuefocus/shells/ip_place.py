"""Addresses as we write them, and as sockets want them.

The interface of a link-local address is part of the address here (`fe80::1%eth0`: another machine may have the same
address behind another interface); sockets want it, and give it, as a number apart.
Source: RFC 4007 §11; Python's documentation of socket, address families.
"""

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

NO_ADDRESS: Final = "nobody knew its name when the run began"
"""Why somebody cannot be reached: what runs looks up no names, for that may wait."""
Place = tuple[str, int] | tuple[str, int, int, int]


def ip_place(host: str, port: int) -> Place:
    """An address and port for `bind`, `connect` and `sendto`.

    Raises: OSError when there is no such interface (any more).
    """
    bare, _, scope = host.partition("%")
    if not scope:
        return host, port
    return bare, port, 0, int(scope) if scope.isdigit() else socket.if_nametoindex(scope)


def family_of(host: str) -> socket.AddressFamily:
    """The kind of socket that an address wants."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def is_address(host: str) -> bool:
    """Whether it is an address, and no name that somebody would have to look up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_everywhere(host: str) -> bool:
    """Whether who listens at it is heard at all addresses of this machine; a name is one of them."""
    try:
        return ip_address(host.partition("%")[0]).is_unspecified
    except ValueError:
        return False


def heard_at(host: str) -> str:
    """An address of ours that is listened at, in words: `::` hears nothing that comes by IPv4, nor the other way."""
    if not is_everywhere(host):
        return host
    return f"all {'IPv6' if ':' in host else 'IPv4'} addresses"


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's alone; of names only `localhost` is."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(place: Sequence[str | int | bytes]) -> str:
    """The address of who has sent, called or been found, with its interface where that matters."""
    host = str(place[0])
    scope = int(place[3]) if len(place) > 3 else 0
    if not scope or "%" in host:
        return host
    try:
        return f"{host}%{socket.if_indextoname(scope)}"
    except OSError:  # it has just gone
        return f"{host}%{scope}"
