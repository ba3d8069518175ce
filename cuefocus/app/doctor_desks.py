"""What stands between a rig and the desks it names: ports that are taken, desks that do not answer."""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.files.complaint import Severity
from cuefocus.rig.models import Rig
from cuefocus.rig.network import DeskSettings
from cuefocus.rig.values import Endpoint
from cuefocus.shells.ip_place import ip_place, resolved
from cuefocus.shells.osc_tcp import OscTcp
from cuefocus.shells.udp_inlet import UdpPort, open_udp

PATIENCE_S: Final = 1.0
Found = tuple[Severity, str, str, str]
"""How bad, what was looked at, what was found, and what to do."""


def desk_findings(rig: Rig) -> Iterator[Found]:
    """Each address that OSC and the page are to be heard at, and each desk that is to be called on, tried once."""
    osc = rig.network.osc
    if osc is not None:
        for place in osc.listen:
            yield _udp(place)
        for place in osc.tcp:
            yield _tcp(place)
    if rig.network.page is not None:
        yield _page(rig.network.page.listen)
    for desk in rig.network.desks:
        yield _desk(desk)


def _udp(place: Endpoint) -> Found:
    what = f"OSC at {place}"
    found = resolved(place.host, place.port)
    if found is None:
        return "error", what, f"nobody knows the host {place.host!r}", "write an address of this machine"
    try:
        with contextlib.closing(open_udp(UdpPort("OSC", str(place), *found))):
            return "note", what, "the UDP port is free", ""
    except DeviceError as problem:
        return "warning", what, problem.sentence, problem.hint


def _tcp(place: Endpoint) -> Found:
    what = f"OSC over TCP at {place}"
    found = resolved(place.host, place.port)
    if found is None:
        return "error", what, f"nobody knows the host {place.host!r}", "write an address of this machine"
    try:
        OscTcp(*found).close()
    except DeviceError as problem:
        return "warning", what, problem.sentence, problem.hint
    return "note", what, "the TCP port is free", ""


def _page(place: Endpoint) -> Found:
    what = f"page at {place}"
    found = resolved(place.host, place.port)
    if found is None:
        return "error", what, f"nobody knows the host {place.host!r}", "write an address of this machine"
    family = socket.AF_INET6 if ":" in found[0] else socket.AF_INET
    try:
        with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(ip_place(*found))
            tried.listen()
    except OSError as problem:
        hint = "end what has it, or choose another in network.page.listen"
        return "warning", what, f"cannot be served: {problem.strerror}", hint
    return "note", what, "the TCP port is free", ""


def _desk(desk: DeskSettings) -> Found:
    """A desk over UDP cannot be tried without speaking to it."""
    what = f"desk {desk.id}"
    found = resolved(desk.at.host, desk.at.port)
    if found is None:
        return "warning", what, f"nobody knows the host {desk.at.host!r}", "write its address"
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
        return os.strerror(problem.errno) if problem.errno else "no answer"
    return ""
