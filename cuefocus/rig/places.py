"""Where we listen and where we speak: ports that are wanted twice, and words that come back to ourselves."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from cuefocus.files.complaint import Loc, Severity
from cuefocus.files.strict import Findings
from cuefocus.rig.values import Endpoint

if TYPE_CHECKING:
    from cuefocus.rig.network import Network, OscSettings

_ELSEWHERE: Final = "write the address and port at which the other one listens"


def place_complaints(network: "Network") -> Findings:
    """What is wrong with the places of a rig's network section, taken together."""
    osc = network.osc
    if osc is None:
        return
    if network.page is not None:
        taken = next((place for place in osc.tcp if _overlap(network.page.listen, place)), None)
        if taken is not None:
            problem = f"OSC by TCP is heard at {taken} already: one of the two could not listen"
            yield ("network", "page", "listen"), "error", problem, "give each a port of its own"
    for at, place, tcp, severity, what in _spoken_to(network, osc):
        heard = next((one for one in (osc.tcp if tcp else osc.listen) if _reaches(place, one, network)), None)
        if heard is not None:
            port = f"our own OSC port ({'TCP' if tcp else 'UDP'} {heard})"
            problem = f"{what} at {place} is {port}: what it is told we hear ourselves"
            yield ("network", *at), severity, problem, _ELSEWHERE


def _spoken_to(network: "Network", osc: "OscSettings") -> Iterator[tuple[Loc, Endpoint, bool, Severity, str]]:
    """Each place that we speak OSC to: where it is written, itself, whether by TCP, how bad a loop is, what it is.

    A receiver that tells ourselves may be meant, though what follows a cue is better said in the show.
    """
    for index, place in enumerate(osc.send):
        yield ("osc", "send", index), place, False, "error", "who is told of state"
    for index, companion in enumerate(osc.companions):
        yield ("osc", "companions", index, "at"), companion.at, False, "error", "the Companion"
    for index, desk in enumerate(network.desks):
        yield ("desks", index, "at"), desk.at, desk.way != "udp", "error", f"desk {desk.id}"
    for index, receiver in enumerate(network.receivers):
        if receiver.osc is not None:
            at = ("receivers", index, "osc")
            yield at, receiver.osc, receiver.tcp is not None, "warning", f"receiver {receiver.id}"
    for index, peer in enumerate(network.peers):
        hosts = peer.address.network
        if peer.reply is not None and hosts.num_addresses == 1:
            host = f"{hosts.network_address}" if hosts.version == 4 else f"[{hosts.network_address}]"
            answered = Endpoint.parse(f"{host}:{peer.reply}")
            yield ("peers", index, "reply"), answered, False, "error", f"the place where peer {peer.id} is answered"


def _addresses(host: str) -> Sequence[IPv4Address | IPv6Address]:
    """What a host stands for, as far as it can be told without asking anybody; `0.0.0.0` as a destination is here."""
    if host == "localhost":
        return ip_address("127.0.0.1"), ip_address("::1")
    try:
        return (ip_address(host),)
    except ValueError:
        return ()


def _overlap(one: Endpoint, other: Endpoint) -> bool:
    """Whether two of ours cannot both listen by TCP: the same, or one of them on all addresses of its kind."""
    if one.port != other.port:
        return False
    if one.host == other.host:
        return True
    pairs = [(mine, yours) for mine in _addresses(one.host) for yours in _addresses(other.host)]
    return any(
        mine.version == yours.version and (mine == yours or mine.is_unspecified or yours.is_unspecified)
        for mine, yours in pairs
    )


def _reaches(place: Endpoint, heard: Endpoint, network: "Network") -> bool:
    """Whether what is sent to a place comes to where we listen. Which addresses are ours, only the rig says."""
    if place.port != heard.port:
        return False
    if place.host == heard.host:
        return True
    ours = {address for one in _listening(network) for address in _addresses(one.host)}
    for target in _addresses(place.host):
        here = target.is_loopback or target.is_unspecified
        for mine in _addresses(heard.host):
            if target == mine or (mine.is_loopback and target.is_unspecified and mine.version == target.version):
                return True
            if mine.is_unspecified and mine.version == target.version and (here or target in ours):
                return True
    return False


def _listening(network: "Network") -> Iterator[Endpoint]:
    if network.osc is not None:
        yield from (*network.osc.listen, *network.osc.tcp)
    if network.page is not None:
        yield network.page.listen
