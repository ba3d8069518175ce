"""Names of timecode that comes as messages: `midi:PORT`, `clock:PORT` and `artnet:ADDRESS`."""

import ipaddress
from typing import Final

from cuefocus.errors import InputError

MIDI: Final = "midi:"
CLOCK: Final = "clock:"
ARTNET: Final = "artnet:"
THIS_MACHINE: Final = "127.0.0.1"
ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 - a name to compare with; nothing listens there unless it is written


def midi_port(text: str, *, where: str) -> str:
    """The port's name, or a part of it, out of `midi:PORT` or just `PORT`. Raises InputError when it is empty."""
    name = text.removeprefix(MIDI).strip()
    if not name:
        hint = "write midi:PORT; `cuefocus ports` lists the MIDI inputs"
        raise InputError("no MIDI port is named", where=where, hint=hint)
    return name


def clock_port(text: str, *, where: str) -> tuple[str, str]:
    """Port and act out of `clock:PORT#ACT`, `clock:PORT`, or the same with `midi:` or nothing before it.

    Returns: the port's name or a part of it, and the act's; empty where none is named.
    Raises: InputError when the port is empty.
    """
    name, mark, act = text.removeprefix(CLOCK).removeprefix(MIDI).strip().rpartition("#")
    port = (name if mark else act).strip()
    if not port:
        hint = "write clock:PORT, or clock:PORT#ACT; `cuefocus ports` lists the MIDI inputs"
        raise InputError("no MIDI port is named", where=where, hint=hint)
    return port, act.strip() if mark else ""


def art_net_address(text: str, *, where: str) -> tuple[str, str]:
    """Addresses out of `artnet:ADDRESS#SENDER`, where both may be missing, and the prefix.

    Returns: our own address at which Art-Net is heard, this machine's alone where none is named; and the address of the
        sender that is to be followed, empty for the first that is heard.
    Raises: InputError for what is no IPv4 address: Art-Net has no other.
    """
    own, _, sender = (part.strip() for part in text.removeprefix(ARTNET).partition("#"))
    return _ipv4(own, where) if own else THIS_MACHINE, _ipv4(sender, where) if sender else ""


def _ipv4(name: str, where: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        hint = f"write artnet:ADDRESS with this machine's own address on the lighting network, or {ALL_ADDRESSES}"
        raise InputError(f"{name!r} is no IPv4 address", where=where, hint=hint) from None
