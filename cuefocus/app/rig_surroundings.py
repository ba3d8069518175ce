"""What a rig names and is not there: token files, shows of its calendar, hosts that nobody knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cuefocus.files.complaint import Complaint, Loc
from cuefocus.files.load import Loaded
from cuefocus.rig.models import Rig
from cuefocus.rig.network import Network
from cuefocus.rig.receivers import Receiver
from cuefocus.shells.ip_place import resolved

_MAKE_ONE: Final = "make it, one word of at least 16 characters, readable by its owner alone"


def missing_surroundings(rig: Loaded[Rig]) -> Iterator[Complaint]:
    """Each at its place. All are warnings: where the show is written may be another machine than where it runs."""
    folder, network = Path(rig.located.file).parent, rig.value.network
    for index, entry in enumerate(rig.value.calendar.entries):
        if entry.show is not None and not (folder / entry.show).is_file():
            loc: Loc = ("calendar", "entries", index, "show")
            problem = f"there is no show file {folder / entry.show}"
            yield rig.located.complaint(loc, problem, "name it from the rig file's folder", severity="warning")
    if network.page is not None:
        files: list[tuple[Loc, str | None]] = [(("token_file",), network.page.token_file)]
        files += [(("tokens", index, "file"), one.file) for index, one in enumerate(network.page.tokens)]
        for at, name in files:
            if name is not None and not (folder / name).is_file():
                problem = f"there is no token file {folder / name}"
                yield rig.located.complaint(("network", "page", *at), problem, _MAKE_ONE, severity="warning")
    for at, host in _hosts(network):
        if resolved(host, 9) is None:
            problem, hint = f"no host {host!r} is known here", "correct the name, or write its address"
            yield rig.located.complaint(("network", *at), problem, hint, severity="warning")


def _hosts(network: Network) -> Iterator[tuple[Loc, str]]:
    """Every host that is heard, told or called on, and where it is written."""
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
        return "http", urlsplit(receiver.http.text).hostname or ""
    return ("artnet", receiver.artnet.host) if receiver.artnet is not None else None
