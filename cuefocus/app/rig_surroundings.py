"""What a rig says that this machine knows better: what is not there (token files, shows of its calendar, hosts that
nobody knows), whom it would follow in a circle, and which of those it speaks to is itself.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cuefocus.files.complaint import Complaint, Loc
from cuefocus.files.load import Loaded
from cuefocus.rig.models import Rig
from cuefocus.rig.network import Network
from cuefocus.rig.places import loops_here
from cuefocus.rig.receivers import Receiver
from cuefocus.shells.ip_place import is_loopback
from cuefocus.shells.name_lookup import NameLookup, why_unknown
from cuefocus.shells.own_host import is_broadcast, is_own_host

_ANY_PORT: Final = 9
_MAKE_ONE: Final = "make it, one word of at least 16 characters, readable by its owner alone"


def missing_surroundings(rig: Loaded[Rig], lookup: NameLookup | None = None) -> Iterator[Complaint]:
    """Each at its place. All are warnings: where the show is written may be another machine than where it runs."""
    lookup = lookup if lookup is not None else NameLookup()
    folder, network = Path(rig.located.file).parent, rig.value.network
    for index, entry in enumerate(rig.value.calendar.entries):
        if entry.show is not None and not os.path.isfile(folder / entry.show):
            loc: Loc = ("calendar", "entries", index, "show")
            problem = f"there is no show file {folder / entry.show}"
            yield rig.located.complaint(loc, problem, "name it from the rig file's folder", severity="warning")
    if network.page is not None:
        files: list[tuple[Loc, str | None]] = [(("token_file",), network.page.token_file)]
        files += [(("tokens", index, "file"), one.file) for index, one in enumerate(network.page.tokens)]
        for at, name in files:
            if name is not None and not os.path.isfile(folder / name):
                problem = f"there is no token file {folder / name}"
                yield rig.located.complaint(("network", "page", *at), problem, _MAKE_ONE, severity="warning")
    hosts = tuple(hosts_named(network))
    lookup.ask_ahead(host for _, host in hosts)
    for at, host in hosts:
        if problem := _unknown(lookup, host):
            yield rig.located.complaint(
                ("network", *at), problem, "correct the name, or write its address", severity="warning"
            )
    yield from _echoes(rig)
    for loc, severity, problem, hint in loops_here(network, is_own_host):
        yield rig.located.complaint(loc, problem, hint, severity=severity)


def _echoes(rig: Loaded[Rig]) -> Iterator[Complaint]:
    """Art-Net sources that would follow another CueFocus which follows ours: each hears what the other one sends."""
    told = [
        receiver
        for receiver in rig.value.network.receivers
        if receiver.artnet is not None and receiver.timecode and is_broadcast(receiver.artnet.host)
    ]
    for index, source in enumerate(rig.value.sources if told else ()):
        own, _, sender = (source.device or "").partition("#")
        if source.kind != "artnet" or sender.strip() or not own.strip() or is_loopback(own.strip()):
            continue
        problem = (
            f"source {source.id} follows whoever is heard first, while timecode is sent to all of a network "
            f"(receiver {told[0].id}): another machine that does the same and this one would follow each other"
        )
        hint = "name the sender that is meant: device: ADDRESS#SENDER"
        yield rig.located.complaint(("sources", index, "device"), problem, hint, severity="warning")


def _unknown(lookup: NameLookup, host: str) -> str:
    """Why nobody can be reached by a host's name, or empty."""
    try:
        lookup.place(host, _ANY_PORT)
    except OSError as problem:
        return why_unknown(host, problem)
    return ""


def hosts_named(network: Network) -> Iterator[tuple[Loc, str]]:
    """Every host that is heard, told or called on, and where it is written."""
    if network.page is not None:
        yield ("page", "listen"), network.page.listen.host
    osc = network.osc
    for key, places in (("listen", osc.listen), ("tcp", osc.tcp), ("send", osc.send)) if osc is not None else ():
        for index, place in enumerate(places):
            yield ("osc", key, index), place.host
    for index, companion in enumerate(osc.companions if osc is not None else ()):
        yield ("osc", "companions", index, "at"), companion.at.host
    for index, desk in enumerate(network.desks):
        yield ("desks", index, "at"), desk.at.host
    for index, receiver in enumerate(network.receivers):
        named = _host(receiver)
        if named is not None:
            yield ("receivers", index, named[0]), named[1]


def _host(receiver: Receiver) -> tuple[str, str] | None:
    """The key under which a receiver's host is written, and the host."""
    if receiver.osc is not None:
        return "osc", receiver.osc.host
    if receiver.http is not None:
        return "http", receiver.http.place.host
    return ("artnet", receiver.artnet.host) if receiver.artnet is not None else None
