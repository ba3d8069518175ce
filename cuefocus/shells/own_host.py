"""Whether a host is this machine, or all of a network, and by which address of ours it is reached.

As far as the machine itself knows: nobody else is asked.
"""

import socket
from contextlib import closing
from ipaddress import IPv4Address, ip_address
from typing import Final

from cuefocus.shells.ip_place import family_of, host_of, ip_place

_ANY_PORT: Final = 9
_LAST_OF_A_NETWORK: Final = 255


def is_own_host(host: str) -> bool:
    """Whether a host is this machine: its own name, or an address at which it may listen.

    The broadcast addresses of its networks are among them: what is sent there comes to itself, too. Of multicast
    groups nobody knows here who has joined.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _bare(host) in (_bare(socket.gethostname()), "localhost")
    if address.is_multicast:
        return False
    try:
        with closing(socket.socket(family_of(host), socket.SOCK_DGRAM)) as one:
            one.bind(ip_place(host, 0))
    except OSError:
        return False
    return True


def own_address_towards(host: str) -> str | None:
    """The address of ours from which the system would send to a host, as it stands; None where there is no way."""
    try:
        with closing(socket.socket(family_of(host), socket.SOCK_DGRAM)) as trial:
            trial.connect(ip_place(host, _ANY_PORT))  # sends nothing
            return host_of(trial.getsockname())
    except OSError:
        return None


def is_broadcast(host: str) -> bool:
    """Whether an IPv4 address is a network's broadcast address: of a network of this machine, or as most have it.

    The kernel lets nobody speak to all of a network unasked, and says so before anything is sent (socket(7),
    SO_BROADCAST).
    """
    try:
        address = IPv4Address(host)
    except ValueError:
        return False
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as one:
        try:
            one.connect((host, _ANY_PORT))
        except PermissionError:
            return True
        except OSError:
            pass
    return address.packed[-1] == _LAST_OF_A_NETWORK and not address.is_loopback


def _bare(name: str) -> str:
    """A name as it is compared: `Focus.local.` is `focus`."""
    return name.lower().rstrip(".").removesuffix(".local")
