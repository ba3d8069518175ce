"""What is heard and told over the network: OSC, the page, MIDI cues, and who may do what."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field

from cuefocus.files.strict import Finding, Flag, Name, Strict, one_or_many
from cuefocus.files.text_value import BadText, Written
from cuefocus.rig.midi import MidiSettings
from cuefocus.rig.page import Announced, PageSettings, RightName
from cuefocus.rig.places import is_same, place_complaints
from cuefocus.rig.receivers import Receiver, receiver_complaints
from cuefocus.rig.values import Endpoint

Endpoints = Annotated[
    tuple[Endpoint, ...], BeforeValidator(one_or_many, json_schema_input_type=Endpoint | tuple[Endpoint, ...])
]
_SHORTEST_PASSCODE = 4
_BUTTON = re.compile(r"([1-9][0-9]?)/([0-9]{1,2})/([0-9]{1,2})")
_NUMBERED = re.compile(r"%([0-9]+)(?:/|$)")
_MAPPED = IPv6Network("::ffff:0:0/96")
_LOOPBACK = Endpoint.parse("127.0.0.1:8000")


@dataclass(frozen=True, slots=True)
class Hosts(Written):
    """One host, or a network of them."""

    network: IPv4Network | IPv6Network

    expects = "an address such as 10.0.0.5 or fd00::5, or a network such as 10.0.0.0/24"
    examples = ("10.0.0.5", "10.0.0.0/24", "fd00::/64")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Hosts as written. Raises: BadText."""
        if (numbered := _NUMBERED.search(text.strip())) is not None:
            problem = f"{text!r} names its interface by a number, which may be another's after the next start"
            raise BadText(problem, f"write its name, such as %eth0 for %{numbered[1]}")
        try:
            return cls(_network(text.strip()), text=text.strip())
        except ValueError:
            pass
        try:
            whole = ip_interface(text.strip()).network
        except ValueError:
            raise BadText(f"{text!r} is neither an address nor a network", f"write {cls.expects}") from None
        one = text.strip().partition("/")[0]
        raise BadText(f"{text!r} is one address in a network", f"write {one}, or {whole} for all of it")


def _network(text: str) -> IPv4Network | IPv6Network:
    """Hosts; IPv4 where they are written as IPv6 (`::ffff:10.0.0.5`), as which nobody is heard. Raises: ValueError."""
    network = ip_network(text)
    if isinstance(network, IPv6Network) and _MAPPED.supernet_of(network):
        return IPv4Network(f"{network.network_address.ipv4_mapped}/{network.prefixlen - _MAPPED.prefixlen}")
    return network


Addresses = Annotated[tuple[Hosts, ...], BeforeValidator(one_or_many, json_schema_input_type=Hosts | tuple[Hosts, ...])]


class Passcode(Strict):
    """A passcode that makes a peer more than it is by its address."""

    passcode: Name = Field(description="as QLab's: what a desk says in /connect")
    rights: RightName = "operate"


@dataclass(frozen=True, slots=True)
class ButtonPlace(Written):
    """A button of Companion's by its place: page, row, column."""

    place: tuple[int, int, int]

    expects = "page, row and column such as 1/0/3"
    examples = ("1/0/3",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A place as written. Raises: BadText."""
        match = _BUTTON.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is no place of a button", f"write {cls.expects}, as Companion counts")
        page, row, column = map(int, match.groups())
        return cls((page, row, column), text=text.strip())


class CompanionSettings(Strict):
    """A Bitfocus Companion that is told the state in custom variables, and at a button."""

    at: Endpoint = Field(description="where its OSC listener is: port 12321 unless it was changed there")
    button: ButtonPlace | None = Field(None, description="shows what comes next, in the state's colour")


class OscSettings(Strict):
    """Where OSC is heard and told."""

    listen: Endpoints = (_LOOPBACK,)
    tcp: Endpoints = Field((), description="TCP as well, SLIP or length-prefixed, whichever a peer speaks")
    send: tuple[Endpoint, ...] = Field((), description="who is told of cues and state without having asked")
    companions: tuple[CompanionSettings, ...] = Field((), description="each is told the state as Companion has it")
    passcodes: tuple[Passcode, ...] = ()


class PeerSettings(Strict):
    """A desk by its address, and what it may do. Of several that fit, the narrowest counts."""

    id: Name
    address: Addresses = Field(
        min_length=1, description="or a list: of one desk on several networks; what it says by all of them counts once"
    )
    rights: RightName = "operate"
    trust_timetags: Flag = Field(False, description="its clock is set as ours: do what it says when its time tag says")
    reply: int | None = Field(None, ge=1, le=65535, description="UDP port its answers go to; default: it sent from")


class DeskSettings(Strict):
    """A desk that we call on, to hear of its cues: an ETC Eos, or a QLab."""

    id: Name
    kind: Literal["eos", "qlab"]
    at: Endpoint = Field(description="Eos: port 3032 (tcp) or 3037 (tcp-slip); QLab: port 53000 (tcp-slip or udp)")
    by: Literal["tcp", "tcp-slip", "udp"] | None = Field(None, description="default tcp for eos, tcp-slip for qlab")
    user: int = Field(0, ge=0, le=99, description="eos: the user we are; 0 disturbs nobody's command line")
    passcode: Name | None = Field(None, description="qlab: of the workspace")
    workspace: Name | None = Field(None, description="qlab: its id; default the one in front")

    @property
    def way(self) -> str:
        """How it is spoken to: `udp`, or over TCP the framing."""
        by = self.by or ("tcp" if self.kind == "eos" else "tcp-slip")
        return {"udp": "udp", "tcp": "length", "tcp-slip": "slip"}[by]


class Network(Strict):
    """What is heard from outside; nothing beyond loopback unless written here."""

    osc: OscSettings | None = Field(None, description="not written: no OSC is heard")
    peers: tuple[PeerSettings, ...] = Field((), description="this machine may operate unless it is named here")
    desks: tuple[DeskSettings, ...] = Field((), description="desks that we call on, and hear of their cues")
    page: PageSettings | None = Field(None, description="not written: nothing is served over HTTP")
    announce: Announced = Field("false", description="over zeroconf what listens beyond this machine; loopback: all")
    midi: MidiSettings = MidiSettings()
    receivers: tuple[Receiver, ...] = Field((), description="who is told of the show's moments, and how late each is")

    @property
    def beyond(self) -> bool:
        """Whether anything that can be announced listens beyond this machine."""
        osc = (*self.osc.listen, *self.osc.tcp) if self.osc is not None else ()
        page = (self.page.listen,) if self.page is not None else ()
        return any(not place.loopback for place in (*osc, *page))

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see."""
        for at, severity, problem, hint in self.midi.complaints():
            yield ("network", "midi", *at), severity, problem, hint
        for at, severity, problem, hint in receiver_complaints(self.receivers):
            yield ("network", "receivers", *at), severity, problem, hint
        if self.page is not None:
            for at, severity, problem, hint in self.page.complaints():
                yield ("network", "page", *at), severity, problem, hint
        if self.announce != "false" and self.page is None:
            problem = "it is the page that announces, and there is none, so nothing is announced"
            yield ("network", "announce"), "warning", problem, "write page: {} beside it"
        elif self.announce == "true" and not self.beyond:
            problem = "nothing listens beyond this machine, so nothing is announced"
            hint = "write announce: loopback to announce it here all the same"
            yield ("network", "announce"), "warning", problem, hint
        yield from place_complaints(self)
        seen: set[str] = set()
        for index, peer in enumerate(self.peers):
            if peer.id in seen:
                hint = "rename one; if it is one desk on two networks, write it once with both addresses"
                yield ("network", "peers", index, "id"), "error", f"two peers are called {peer.id!r}", hint
            seen.add(peer.id)
            yield from _address_complaints(peer, index, self.peers[:index])
        for index, desk in enumerate(self.desks):
            if desk.id in seen:
                yield ("network", "desks", index, "id"), "error", f"two peers are called {desk.id!r}", "rename one"
            seen.add(desk.id)
            for key, kind in (("user", "eos"), ("passcode", "qlab"), ("workspace", "qlab")):
                if key in desk.model_fields_set and desk.kind != kind:
                    loc = ("network", "desks", index, key)
                    yield loc, "error", f"{key} says nothing to a desk of kind {desk.kind}", "take it out"
        osc = self.osc
        if osc is None:
            if self.peers and self.page is None:
                hint = "write osc: {listen: ADDRESS:PORT} beside it"
                yield ("network", "peers"), "warning", "peers are named, but no OSC is heard", hint
            return
        for index, one in enumerate(osc.passcodes):
            if len(one.passcode) < _SHORTEST_PASSCODE:
                hint = f"write at least {_SHORTEST_PASSCODE} characters"
                written = ("network", "osc", "passcodes", index, "passcode")
                yield written, "error", "a passcode that is quickly guessed", hint
            if any(one.passcode == other.passcode for other in osc.passcodes[:index]):
                written = ("network", "osc", "passcodes", index, "passcode")
                yield written, "error", "this passcode is written twice", "keep one, or give each its own"
        for key, places in (("listen", osc.listen), ("tcp", osc.tcp)):
            for index, place in enumerate(places):
                here = ("network", "osc", key, index)
                if place.port == 0:
                    yield here, "error", f"{place} names no port", "write ADDRESS:PORT"
                if any(is_same(place, other) for other in places[:index]):
                    yield here, "error", f"{place} is written twice", "once is enough"
        if any(not place.loopback for place in (*osc.listen, *osc.tcp)) and not (self.peers or osc.passcodes):
            problem = "nobody beyond this machine may do anything yet"
            hint = "name who may under peers: [{id: desk, address: 10.0.0.5}], or give a passcode"
            yield ("network", "osc", "listen"), "warning", problem, hint


def _address_complaints(peer: PeerSettings, index: int, before: tuple[PeerSettings, ...]) -> Iterator[Finding]:
    for at, hosts in enumerate(peer.address):
        here = ("network", "peers", index, "address", at)
        twin = next((other for other in before if hosts.network in (one.network for one in other.address)), None)
        if twin is not None:
            problem = f"{hosts} is peer {twin.id!r} already, which may {twin.rights}; only that one counts"
            yield here, "error", problem, "keep one of the two"
        elif hosts.network in (one.network for one in peer.address[:at]):
            yield here, "error", f"{hosts} is written twice", "once is enough"
        if len(peer.address) > 1 and hosts.network.num_addresses > 1:
            problem = f"{hosts} is more than one host: several addresses are those of one desk on several networks"
            yield here, "error", problem, "give each network of hosts a peer of its own"
