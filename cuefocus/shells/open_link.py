"""A link from its address in the rig file: `/dev/…`, `serial:/dev/…`, `slcan:/dev/…`, `can:can0`, `udp:HOST:PORT`."""

from typing import Protocol

from cuefocus.errors import RigFileError
from cuefocus.motor.link import Link
from cuefocus.motor.over_can import DJI_FROM_MOTOR_ID
from cuefocus.shells.can_link import SLCAN_BAUD, SlcanLink, SocketCanLink
from cuefocus.shells.serial_link import SerialLink
from cuefocus.shells.udp_link import UdpLink

KINDS = ("serial", "slcan", "can", "udp")
_SERIAL_BAUD = 115_200
_FRAMINGS = {"serial": "plain", "slcan": "slcan", "can": "socketcan", "udp": "plain"}


class ReopenableLink(Link, Protocol):
    """A link that can come back after its port was gone."""

    def reopen(self) -> None:
        """Open it again under the same address. Raises LinkError while it is not there."""


def split_link(address: str) -> tuple[str, str]:
    """Kind and place of an address. Raises RigFileError for one that names no kind of link."""
    kind, colon, place = address.partition(":")
    if address.startswith("/"):
        return "serial", address
    if not colon or kind not in KINDS or not place:
        raise RigFileError(
            f"{address!r} is no port", hint="write /dev/serial/by-id/…, slcan:/dev/…, can:can0 or udp:HOST:PORT"
        )
    return kind, place


def framing_of(address: str) -> str:
    """How CAN packets travel on a link of that address: slcan, socketcan or plain (`make_codec`'s `framing`)."""
    return _FRAMINGS[split_link(address)[0]]


def open_link(address: str, *, baud: int = 0, allow_remote: bool = False) -> ReopenableLink:
    """The link, open.

    Args:
        address: as in the rig file.
        baud: bits per second of a serial line; 0 for 115200 (slcan: 1000000).
        allow_remote: whether UDP may leave this machine.

    Raises: RigFileError for an address that cannot be, LinkError for a port that is not there.
    """
    kind, place = split_link(address)
    if kind == "serial":
        return SerialLink(place, baud or _SERIAL_BAUD)
    if kind == "slcan":
        return SlcanLink(place, baud or SLCAN_BAUD)
    if kind == "can":
        return SocketCanLink(place, listen_id=DJI_FROM_MOTOR_ID)
    return UdpLink(*udp_peer(address), allow_remote=allow_remote)


def udp_peer(address: str) -> tuple[str, int]:
    """Host and port of `udp:HOST:PORT`. Raises RigFileError."""
    host, colon, port = split_link(address)[1].rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise RigFileError(f"{address!r} names no UDP port", hint="write udp:HOST:PORT")
    return host.strip("[]"), int(port)
