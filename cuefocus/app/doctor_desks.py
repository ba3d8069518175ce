"""What stands between a rig and the desks it names: ports that are taken, desks that do not answer."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.files.complaint import Severity
from cuefocus.rig.models import Rig
from cuefocus.rig.network import DeskSettings
from cuefocus.rig.values import Endpoint
from cuefocus.shells.ip_place import family_of, ip_place
from cuefocus.shells.name_lookup import NameLookup, why_unknown
from cuefocus.shells.osc_tcp import OscTcp
from cuefocus.shells.udp_inlet import UdpPort, open_udp

PATIENCE_S: Final = 1.0
_OURS: Final = "write an address of this machine"
Found = tuple[Severity, str, str, str]
"""How bad, what was looked at, what was found, and what to do."""


def desk_findings(rig: Rig, lookup: NameLookup | None = None) -> Iterator[Found]:
    """Each address that OSC and the page are to be heard at, and each desk that is to be called on, tried once."""
    lookup = lookup if lookup is not None else NameLookup(patience_s=PATIENCE_S)
    osc, page = rig.network.osc, rig.network.page
    ours = [(_udp, f"OSC at {place}", place) for place in (osc.listen if osc is not None else ())]
    ours += [(_tcp, f"OSC over TCP at {place}", place) for place in (osc.tcp if osc is not None else ())]
    ours += [(_page, f"page at {place}", place) for place in ([page.listen] if page is not None else ())]
    lookup.ask_ahead(place.host for place in (*(place for *_, place in ours), *(desk.at for desk in rig.network.desks)))
    for tried, what, place in ours:
        found = _found(lookup, place)
        yield tried(what, found) if not isinstance(found, str) else ("error", what, found, _OURS)
    for desk in rig.network.desks:
        yield _desk(desk, lookup)


def _found(lookup: NameLookup, place: Endpoint) -> tuple[str, int] | str:
    """The address of a place, or why there is none."""
    try:
        return lookup.place(place.host, place.port)
    except OSError as problem:
        return why_unknown(place.host, problem)


def _udp(what: str, found: tuple[str, int]) -> Found:
    try:
        with contextlib.closing(open_udp(UdpPort("OSC", what, *found))):
            return "note", what, "the UDP port is free", ""
    except DeviceError as problem:
        return "warning", what, problem.sentence, problem.hint


def _tcp(what: str, found: tuple[str, int]) -> Found:
    try:
        OscTcp(*found).close()
    except DeviceError as problem:
        return "warning", what, problem.sentence, problem.hint
    return "note", what, "the TCP port is free", ""


def _page(what: str, found: tuple[str, int]) -> Found:
    try:
        with contextlib.closing(socket.socket(family_of(found[0]), socket.SOCK_STREAM)) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(ip_place(*found))
            tried.listen()
    except OSError as problem:
        hint = "end what has it, or choose another in network.page.listen"
        return "warning", what, f"cannot be served: {problem.strerror}", hint
    return "note", what, "the TCP port is free", ""


def _desk(desk: DeskSettings, lookup: NameLookup) -> Found:
    """A desk over UDP cannot be tried without speaking to it."""
    what = f"desk {desk.id}"
    found = _found(lookup, desk.at)
    if isinstance(found, str):
        return "warning", what, found, "write its address"
    if desk.way == "udp":
        return "note", what, f"is spoken to at {desk.at} by UDP; whether it is there shows when it answers", ""
    if why := no_answer(found):
        hint = "is it on, is the address right, and is OSC over TCP allowed on it?"
        return "warning", what, f"does not answer at {desk.at}: {why}", hint
    return "note", what, f"answers at {desk.at}", ""


def no_answer(address: tuple[str, int]) -> str:
    """Why nobody takes a connection there in time, or empty."""
    try:
        socket.create_connection(address, PATIENCE_S).close()
    except OSError as problem:
        return problem.strerror or "no answer"
    return ""
