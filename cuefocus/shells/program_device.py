"""Names of playback programs that are listened to: `reaper:ADDRESS:PORT`, `ableton:HOST:PORT#ACT`, `link:#ACT`."""

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from cuefocus.errors import InputError
from cuefocus.shells.message_device import ALL_ADDRESSES, THIS_MACHINE
from cuefocus.shells.own_host import own_address_towards
from cuefocus.shells.udp_inlet import UdpPort

REAPER: Final = "reaper:"
ABLETON: Final = "ableton:"
LINK: Final = "link:"
PROGRAMS: Final = (REAPER, ABLETON, LINK)
REAPER_PORT: Final = 9000
"""What REAPER proposes as the device's port."""
ABLETON_PORT: Final = 11_000
"""Where AbletonOSC listens unless it is told otherwise."""
ABLETON_ANSWERS: Final = 11_001
"""The port it answers to, whichever it was asked from."""
_PLACE: Final = re.compile(r"(?:(?P<host>\[[^\]]*\]|[^:\[\]]*):)?(?P<port>\d*)")
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is asked for its position.

    Args:
        host: its address, or this machine's own.
        port: where it listens.
        act: the act whose song it plays; empty for the only one.
    """

    host: str
    port: int
    act: str = ""

    def __str__(self) -> str:
        """As it is written after `--source`."""
        return f"{ABLETON}{self.host}:{self.port}{'#' if self.act else ''}{self.act}"


def reaper_port(text: str, *, where: str) -> UdpPort:
    """Our own UDP port out of `reaper:ADDRESS:PORT` or `reaper:PORT`: without an address, this machine alone is heard.

    Raises: InputError for no port, or what is no address.
    """
    hint = f"write {REAPER}PORT, or {REAPER}ADDRESS:PORT with this machine's own address towards REAPER"
    match = _PLACE.fullmatch(text.removeprefix(REAPER).strip())
    if match is None or not match["port"]:
        said = f"no UDP port in {text!r}" if text else "no UDP port is named"
        raise InputError(said, where=where, hint=hint)
    address = _address(match["host"] or THIS_MACHINE, where, hint)
    _refuse_group(address, where, hint)
    return reaper_at(address, _port(match["port"], where))


def reaper_at(address: str, port: int) -> UdpPort:
    """A UDP port of ours where REAPER's feedback is heard."""
    return UdpPort("REAPER by OSC", f"{REAPER}{_in_url(address)}:{port}", address, port)


def ableton_program(text: str, *, where: str) -> Program:
    """The program out of `ableton:HOST:PORT#ACT`, of which each may be left out: this machine, AbletonOSC's port.

    Raises: InputError for what is no address or port.
    """
    name, mark, act = text.removeprefix(ABLETON).strip().rpartition("#")
    place = (name if mark else act).strip()
    hint = f"write {ABLETON}HOST with the address of the machine that runs Live, or {ABLETON} alone for this one"
    host, port = place, ""
    if place and not _is_address(place):
        match = _PLACE.fullmatch(place)
        if match is None:
            raise InputError(f"{place!r} is no IP address", where=where, hint=hint)
        host, port = match["host"] or "", match["port"]
    address = _address(host or THIS_MACHINE, where, hint)
    if ":" in address:
        raise InputError(f"AbletonOSC hears IPv4 only, not {address}", where=where, hint=hint)
    _refuse_group(address, where, hint)
    if address == ALL_ADDRESSES:
        raise InputError(f"{address} is no address of one machine", where=where, hint=hint)
    return Program(address, _port(port, where) if port else ABLETON_PORT, act.strip() if mark else "")


def link_act(text: str, *, where: str) -> str:
    """The act out of `link:#ACT`; empty where none is named. Raises InputError for anything else."""
    rest = text.removeprefix(LINK).strip()
    if rest and not rest.startswith("#"):
        raise InputError(f"Link has no address: {text!r}", where=where, hint=f"write {LINK} or {LINK}#ACT")
    return rest[1:].strip()


def own_ipv4_towards(host: str) -> str:
    """Our IPv4 address from which a host is reached; all of them where there is no way there now."""
    found = own_address_towards(host)
    return ALL_ADDRESSES if found is None or ":" in found else found


def _is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(text.strip("[]"))
        return True
    return text == "localhost"


def _address(text: str, where: str, hint: str) -> str:
    if not _is_address(text):
        raise InputError(f"{text!r} is no IP address", where=where, hint=hint)
    return THIS_MACHINE if text == "localhost" else str(ipaddress.ip_address(text.strip("[]")))


def _refuse_group(address: str, where: str, hint: str) -> None:
    """Raises InputError for an address that stands for several machines: nobody answers from it or listens at it."""
    if ipaddress.ip_address(address).is_multicast or address == "255.255.255.255":
        raise InputError(f"{address} is no address of one machine", where=where, hint=hint)


def _port(text: str, where: str) -> int:
    number = int(text) if len(text) <= len(str(_MOST_PORT)) else 0
    if not 1 <= number <= _MOST_PORT:
        raise InputError(f"no UDP port {text}", where=where, hint=f"ports run from 1 to {_MOST_PORT}")
    return number


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
