"""Who speaks to us from the network, and what each may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.said import Right

_MOST_HOSTS: Final = 1024
_MOST_GUESSES: Final = 5
_GUESSES_FORGIVEN_NS: Final = 30 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Guest:
    """Where a packet came from, and where its answer goes.

    Args:
        host: address.
        port: the port it was sent from.
        line: number of the TCP connection it came by; 0 for UDP; below 0 for a connection that we made.
    """

    host: str
    port: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class PeerRule:
    """What a host, or a network of them, may do.

    Args:
        id: what it is called.
        network: address, or address/bits.
        trusts: its time tags are obeyed.
        reply: UDP port that answers go to; 0 for the one it sent from.
    """

    id: str
    network: str
    right: Right
    trusts: bool = False
    reply: int = 0


@dataclass(frozen=True, slots=True)
class CompanionRule:
    """A Companion that is told.

    Args:
        host, port: its OSC listener.
        button: page, row and column of the button that shows the state; empty for none.
    """

    host: str
    port: int
    button: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskRules:
    """All of it.

    Args:
        passcodes: each with what it makes of a peer.
        told: hosts and ports that hear news without having asked.
        companions: those that hear it as Bitfocus Companion does.
    """

    peers: tuple[PeerRule, ...] = ()
    passcodes: tuple[tuple[str, Right], ...] = ()
    told: tuple[tuple[str, int], ...] = ()
    companions: tuple[CompanionRule, ...] = ()


class Peers:
    """Knows each host by the narrowest rule that fits; this machine may operate unless a rule says otherwise.

    Args:
        rules: by address, and by passcode.
        in_doubt: who has given a passcode is not known here, so everybody may do what one is good for.
    """

    def __init__(self, rules: DeskRules, *, in_doubt: bool = False) -> None:
        self._passcodes = dict(rules.passcodes)
        self._least = max(self._passcodes.values(), default=Right.NONE) if in_doubt else Right.NONE
        narrow = sorted(rules.peers, key=lambda rule: ip_network(rule.network).prefixlen, reverse=True)
        self._rules: Sequence[tuple[IPv4Network | IPv6Network, PeerRule]] = [
            (ip_network(rule.network), rule) for rule in narrow
        ]
        self._known: dict[str, PeerRule] = {}
        self._hosts: dict[Guest, PeerRule] = {}
        self._proven: dict[Guest, Right] = {}
        self._guesses: dict[str, tuple[int, int]] = {}

    def visit(self, host: Guest, rule: PeerRule) -> None:
        """We have called on somebody ourselves: by that connection the rule counts."""
        self._hosts[host] = rule

    def rule(self, guest: Guest) -> PeerRule:
        """What is known of a guest."""
        if guest.line and (rule := self._hosts.get(guest)) is not None:
            return rule
        host = guest.host
        known = self._known.get(host)
        if known is None:
            if len(self._known) >= _MOST_HOSTS:
                self._known.clear()
            known = self._known[host] = self._looked_up(host)
        return known

    def right(self, guest: Guest) -> Right:
        """What a guest may do: by its address, or by the passcode it gave, whichever is more."""
        by_address = max(self.rule(guest).right, self._least)
        return max(by_address, self._proven.get(guest, Right.NONE)) if self._proven else by_address

    @property
    def asks_passcode(self) -> bool:
        """Whether a passcode can make more of a peer."""
        return bool(self._passcodes)

    def prove(self, guest: Guest, passcode: str, now_ns: int) -> bool:
        """Whether the passcode is right; from then on the guest may do what it is good for.

        After five wrong ones a host is not believed for half a minute, right or wrong.
        """
        count, since_ns = self._guesses.get(guest.host, (0, now_ns))
        if count >= _MOST_GUESSES and now_ns - since_ns < _GUESSES_FORGIVEN_NS:
            return False
        right = self._passcodes.get(passcode)
        if right is None:
            if len(self._guesses) >= _MOST_HOSTS:
                self._guesses.clear()
            again = count < _MOST_GUESSES
            self._guesses[guest.host] = (count + 1 if again else 1, now_ns)
            return False
        self._guesses.pop(guest.host, None)
        if len(self._proven) >= _MOST_HOSTS:
            self._proven.clear()
        self._proven[guest] = right
        return True

    def forget(self, guest: Guest) -> None:
        """The guest has gone; whoever comes from there next has proven nothing."""
        self._proven.pop(guest, None)

    def _looked_up(self, host: str) -> PeerRule:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return PeerRule(host, "", Right.NONE)
        for network, rule in self._rules:
            if address in network:
                return rule
        return PeerRule(host, "", Right.OPERATE if address.is_loopback else Right.NONE)
