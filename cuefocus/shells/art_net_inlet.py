"""Art-Net's UDP port, listened to on one of our addresses; what is no timecode never leaves the kernel."""

import contextlib
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Callable, Container
from functools import partial
from time import CLOCK_REALTIME, clock_gettime_ns
from typing import Final

from cuefocus.shells.art_net_filter import ART_NET_FILTER, SAMPLED
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.message_device import ALL_ADDRESSES, ARTNET
from cuefocus.shells.own_host import is_own_host
from cuefocus.shells.packet_filter import attach
from cuefocus.shells.udp_inlet import UdpInlet, UdpPort, open_udp
from cuefocus.wire.artnet import PORT

_SIOCGIFADDR: Final = 0x8915  # asm-generic/sockios.h


def open_art_net(address: str, *, only_timecode: bool = True) -> socket.socket:
    """A socket that hears Art-Net sent to one of our addresses, or broadcast to its network; others may share it.

    A socket bound to an address of the network would not hear broadcasts, which is how most senders send; so that one
    is bound to all addresses, and `ArtNetInlet` passes over what came by another.

    Args:
        address: one of our own, or 0.0.0.0 for all.
        only_timecode: let the kernel drop everything else, and most of what is malformed.

    Raises: DeviceError when it is not our address, or the port is taken by a program that does not share it.
    """
    bound_to = address if _bound_alone(address) else ALL_ADDRESSES
    return open_udp(_port(address), bound_to=bound_to, prepare=_filter if only_timecode else lambda _: None)


def _port(address: str) -> UdpPort:
    return UdpPort("Art-Net", f"{ARTNET}{address}", address, PORT, shared=True)


def _filter(made: socket.socket) -> None:
    attach(made, ART_NET_FILTER)


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


class ArtNetInlet(UdpInlet):
    """Datagrams on Art-Net's port.

    Args:
        address: one of our own, or 0.0.0.0 for all.
        only_timecode: what is something else is not even fetched.
        sent_from: ports from which we send ourselves just now: what a broadcast of ours brings back is nobody's clock.
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.

    Of malformed timecode it hands over one in `one_in`.
    """

    def __init__(
        self,
        address: str,
        *,
        only_timecode: bool = True,
        sent_from: Callable[[], Container[int]] = frozenset[int],
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = lambda: clock_gettime_ns(CLOCK_REALTIME),
    ) -> None:
        super().__init__(
            _port(address),
            opener=partial(open_art_net, address, only_timecode=only_timecode),
            came_by=None if _bound_alone(address) else address,
            clock_ns=clock_ns,
            wall_ns=wall_ns,
        )
        self.one_in = SAMPLED if only_timecode else 1
        self._sent_from = sent_from

    def _heeds(self, sender: str, port: int) -> bool:
        return port not in self._sent_from() or not is_own_host(sender)
