"""Who speaks to us from the network, and what each may do."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from cuefocus.timebase.units import NS_PER_S
from cuefocus.timebase.values import value
from cuefocus.wire.said import Right

_MOST_HOSTS: Final = 1024
_MOST_GUESSES: Final = 5
_GUESSES_FORGIVEN_NS: Final = 30 * NS_PER_S
NAME_IT: Final = "name it under peers in the rig's network section if it should"
RIGHTS_IT: Final = "its `rights:` under peers in the rig's network section do not allow that"
GIVE_PASSCODE: Final = "give the passcode first"
_WRONG: Final = "wrong passcode"
_TOO_MANY_PROVEN: Final = f"{_MOST_HOSTS} that may do more have given theirs; one of them has to say good-bye first"


@value
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


@value
class PeerRule:
    """What a host, or a network of them, may do.

    Args:
        id: what it is called.
        network: address, or address/bits.
        trusts: its time tags are obeyed.
        reply: UDP port that answers go to; 0 for the one it sent from.
        route: which of its networks this is, of one that is on several: what both bring was said once.
    """

    id: str
    network: str
    right: Right
    trusts: bool = False
    reply: int = 0
    route: int = 0


@value
class CompanionRule:
    """A Companion that is told.

    Args:
        host, port: its OSC listener.
        button: page, row and column of the button that shows the state; empty for none.
    """

    host: str
    port: int
    button: tuple[int, ...] = ()


@value
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
        self._best = max(self._passcodes.values(), default=Right.NONE)
        self._least = self._best if in_doubt else Right.NONE
        networks = [(ip_network(rule.network), rule) for rule in rules.peers]
        self._rules: Sequence[tuple[IPv4Network | IPv6Network, PeerRule]] = sorted(
            networks, key=lambda one: (one[0].prefixlen, _interface(one[0]) != ""), reverse=True
        )
        self._known: dict[str, PeerRule] = {}
        self._hosts: dict[Guest, PeerRule] = {}
        self._proven: dict[Guest, Right] = {}
        self._guesses: dict[str, tuple[int, int]] = {}
        self.changes = 0
        """How often `proven` and `tired` have changed, but for what time alone changes."""

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

    def believes(self, host: str, now_ns: int) -> bool:
        """Whether a passcode is taken from a host: it has not guessed too often."""
        return not self._tired(host, now_ns)

    def prove(self, guest: Guest, passcode: str, now_ns: int) -> str:
        """Why the passcode is not taken; empty where it is: from then on the guest may do what it is good for.

        After five wrong ones a host is not believed for half a minute, right or wrong. Who would be one too many takes
        the place of who gave the weakest passcode first, but never of one that may do more.
        """
        if tired := self._tired(guest.host, now_ns):
            return tired
        count, _ = self._guesses.get(guest.host, (0, now_ns))
        right = self._passcodes.get(passcode)
        if right is None:
            if len(self._guesses) >= _MOST_HOSTS:
                self._guesses.clear()
            again = count < _MOST_GUESSES
            self._guesses[guest.host] = (count + 1 if again else 1, now_ns)
            self.changes += count + 1 == _MOST_GUESSES
            return self._tired(guest.host, now_ns) or _WRONG
        self._guesses.pop(guest.host, None)
        if guest not in self._proven and len(self._proven) >= _MOST_HOSTS:
            weakest = min(self._proven, key=self._proven.__getitem__)  # the first of them: the oldest
            if self._proven[weakest] > right:
                return _TOO_MANY_PROVEN
            del self._proven[weakest]
        if self._proven.pop(guest, None) is not right:
            self.changes += 1
        self._proven[guest] = right
        return ""

    @property
    def proven(self) -> tuple[tuple[Guest, Right], ...]:
        """Who has proven what, the oldest first."""
        return tuple(self._proven.items())

    @property
    def tired(self) -> tuple[tuple[str, int], ...]:
        """Hosts that are not believed, or were not, and since when (host ns)."""
        return tuple((host, since_ns) for host, (count, since_ns) in self._guesses.items() if count >= _MOST_GUESSES)

    def admit(self, proven: Iterable[tuple[Guest, Right]], tired: Iterable[tuple[str, int]] = ()) -> None:
        """They have proven it elsewhere, or guessed there too often."""
        self._proven.update(proven)
        self._guesses.update({host: (_MOST_GUESSES, since_ns) for host, since_ns in tired})

    def cure(self, guest: Guest, needs: Right, now_ns: int) -> str:
        """What lets a guest in that lacks a right: a passcode where one is good for it, and is listened to."""
        if needs > self._best:
            rule = self.rule(guest)
            return RIGHTS_IT if rule.network and rule.right > Right.NONE else NAME_IT
        return self._tired(guest.host, now_ns) or GIVE_PASSCODE

    def forget(self, guest: Guest) -> None:
        """The guest has gone; whoever comes from there next has proven nothing."""
        if self._proven.pop(guest, None) is not None:
            self.changes += 1

    def _tired(self, host: str, now_ns: int) -> str:
        """That a host is not believed, and for how long; empty where it is."""
        count, since_ns = self._guesses.get(host, (0, 0))
        left_ns = since_ns + _GUESSES_FORGIVEN_NS - now_ns
        if count < _MOST_GUESSES or left_ns <= 0:
            return ""
        return f"wrong passcode {_MOST_GUESSES} times: none is taken from this host for {-(-left_ns // NS_PER_S)} s"

    def _looked_up(self, host: str) -> PeerRule:
        bare, _, interface = host.partition("%")
        try:
            address = ip_address(bare)
        except ValueError:
            return PeerRule(host, "", Right.NONE)
        for network, rule in self._rules:
            if address in network and _interface(network) in ("", interface):
                return rule
        return PeerRule(host, "", Right.OPERATE if address.is_loopback else Right.NONE)


def _interface(network: IPv4Network | IPv6Network) -> str:
    """That of `fe80::1%eth0`, which is another machine's on another one; empty for none."""
    return getattr(network.network_address, "scope_id", None) or ""
