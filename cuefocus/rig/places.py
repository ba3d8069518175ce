"""Where we listen and where we speak: ports that are wanted twice, or not named, and words that come back to us."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from cuefocus.files.complaint import Loc, Severity
from cuefocus.files.strict import Findings
from cuefocus.rig.values import Endpoint

if TYPE_CHECKING:
    from cuefocus.rig.network import Network

_UDP, _TCP, _PAGE = "UDP", "TCP", "HTTP"
_ELSEWHERE: Final = "write the address and port at which the other one listens"


def place_complaints(network: "Network") -> Findings:
    """What is wrong with the places of a rig's network section, taken together."""
    for at, place, *_ in _spoken_to(network):
        if place.port == 0 and at[0] != "receivers":  # a receiver says so itself
            yield ("network", *at), "error", f"{place} names no port", "write ADDRESS:PORT"
    if network.page is not None and network.osc is not None:
        taken = next((place for place in network.osc.tcp if _overlap(network.page.listen, place)), None)
        if taken is not None:
            problem = f"OSC by TCP is heard at {taken} already: one of the two could not listen"
            yield ("network", "page", "listen"), "error", problem, "give each a port of its own"
    yield from _behind_no_interface(network)
    yield from _loops(network, lambda _: False)


def _behind_no_interface(network: "Network") -> Findings:
    """Link-local addresses that do not say behind which interface: nothing can be heard at one, nor sent there."""
    osc, page = network.osc, network.page
    listen: list[tuple[Loc, Endpoint]] = [(("page", "listen"), page.listen)] if page is not None else []
    for key, places in (("listen", osc.listen), ("tcp", osc.tcp)) if osc is not None else ():
        listen += [(("osc", key, index), place) for index, place in enumerate(places)]
    for at, place in (*listen, *((at, place) for at, place, *_ in _spoken_to(network) if at[0] != "peers")):
        for address in _addresses(place.host):
            if isinstance(address, IPv6Address) and address.is_link_local and not address.scope_id:
                problem = f"{place} does not say behind which interface"
                yield ("network", *at), "warning", problem, f"write [{place.host}%eth0]:{place.port}, with its name"


def loops_here(network: "Network", is_own: Callable[[str], bool]) -> Findings:
    """The words that come back to ourselves as only the machine can tell on which the rig runs; all are warnings.

    Args:
        network: a rig's.
        is_own: whether a host, an address or a name, is this machine.
    """
    anywhere = {loc for loc, *_ in _loops(network, lambda _: False)}
    for loc, _, problem, hint in _loops(network, is_own):
        if loc not in anywhere:
            yield loc, "warning", problem, hint


def _loops(network: "Network", is_own: Callable[[str], bool]) -> Findings:
    listening = _listening(network)
    for at, place, by, severity, what in _spoken_to(network):
        heard = next((one for one in listening[by] if _reaches(place, one, network, is_own)), None)
        if heard is not None:
            port = f"our own page ({heard})" if by == _PAGE else f"our own OSC port ({by} {heard})"
            problem = f"{what} at {place} is {port}: what it is told we hear ourselves"
            yield ("network", *at), severity, problem, _ELSEWHERE


def _spoken_to(network: "Network") -> Iterator[tuple[Loc, Endpoint, str, Severity, str]]:
    """Each place that we speak to: where it is written, itself, by what, how bad a loop is, what it is.

    A receiver that tells ourselves may be meant, though what follows a cue is better said in the show.
    """
    osc = network.osc
    for index, place in enumerate(osc.send if osc is not None else ()):
        yield ("osc", "send", index), place, _UDP, "error", "who is told of state"
    for index, companion in enumerate(osc.companions if osc is not None else ()):
        yield ("osc", "companions", index, "at"), companion.at, _UDP, "error", "the Companion"
    for index, desk in enumerate(network.desks):
        yield ("desks", index, "at"), desk.at, _UDP if desk.way == "udp" else _TCP, "error", f"desk {desk.id}"
    for index, receiver in enumerate(network.receivers):
        what = f"receiver {receiver.id}"
        if receiver.osc is not None:
            yield ("receivers", index, "osc"), receiver.osc, _TCP if receiver.tcp else _UDP, "warning", what
        elif receiver.http is not None:
            yield ("receivers", index, "http"), receiver.http.place, _PAGE, "warning", what
    for index, peer in enumerate(network.peers):
        for hosts in (one.network for one in peer.address):
            if peer.reply is not None and hosts.num_addresses == 1:
                host = f"{hosts.network_address}" if hosts.version == 4 else f"[{hosts.network_address}]"
                answered = Endpoint.parse(f"{host}:{peer.reply}")
                yield ("peers", index, "reply"), answered, _UDP, "error", f"the place where peer {peer.id} is answered"


def _addresses(host: str) -> Sequence[IPv4Address | IPv6Address]:
    """What a host stands for, as far as it can be told without asking anybody; `0.0.0.0` as a destination is here."""
    if host == "localhost":
        return ip_address("127.0.0.1"), ip_address("::1")
    try:
        return (ip_address(host),)
    except ValueError:
        return ()


def is_same(one: Endpoint, other: Endpoint) -> bool:
    """Whether two are one port of one address, however it is spelt."""
    mine = _addresses(one.host)
    return one.port == other.port and (
        one.host == other.host or (bool(mine) and list(mine) == list(_addresses(other.host)))
    )


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


def _reaches(place: Endpoint, heard: Endpoint, network: "Network", is_own: Callable[[str], bool]) -> bool:
    """Whether what is sent to a place comes to where we listen. Which hosts are ours, the rig says, and `is_own`."""
    if place.port != heard.port:
        return False
    if place.host == heard.host:
        return True
    places = (one for ours in _listening(network).values() for one in ours)
    ours = {address for one in places for address in _addresses(one.host)}
    targets, own = _addresses(place.host), is_own(place.host)
    if not targets:
        return own and any(mine.is_unspecified for mine in _addresses(heard.host))
    for target in targets:
        here = own or target.is_loopback or target.is_unspecified
        for mine in _addresses(heard.host):
            if target == mine or (mine.is_loopback and target.is_unspecified and mine.version == target.version):
                return True
            if mine.is_unspecified and mine.version == target.version and (here or target in ours):
                return True
    return False


def _listening(network: "Network") -> Mapping[str, Sequence[Endpoint]]:
    """Where we listen, by what."""
    osc, page = network.osc, network.page
    return {
        _UDP: osc.listen if osc is not None else (),
        _TCP: osc.tcp if osc is not None else (),
        _PAGE: (page.listen,) if page is not None else (),
    }
