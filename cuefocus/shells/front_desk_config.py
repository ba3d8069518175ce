"""What the conductor is told of the desks: where they are heard, and who may do what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cuefocus.engine.peers import CompanionRule, DeskRules, PeerRule
from cuefocus.wire.said import Right


@dataclass(frozen=True, slots=True)
class CallConfig:
    """A desk that we call on.

    Args:
        id: what it is called. kind: "eos" or "qlab".
        by: "udp", or over TCP the framing: "length" or "slip".
        user: the Eos user that we are.
        passcode, workspace: of a QLab; empty for none, and for the one in front.
    """

    id: str
    kind: str
    host: str
    port: int
    by: str
    user: int = 0
    passcode: str = ""
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class HeldPort:
    """A port that is open already: whoever opened it holds it, so that what comes waits while nobody reads.

    Args:
        by: "udp" or "tcp".
        host, port: as they are heard.
        fds: inherited descriptors: by UDP of both lanes, by TCP of what takes calls.
    """

    by: str
    host: str
    port: int
    fds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FrontDeskConfig:
    """All of it; nothing is heard by default.

    Args:
        udp, tcp: addresses of our own and ports.
        calls: desks that we call on.
        held: those of the ports that are open already.
        book: descriptors of the guest book, see `guest_book`.
    """

    udp: tuple[tuple[str, int], ...] = ()
    tcp: tuple[tuple[str, int], ...] = ()
    rules: DeskRules = field(default_factory=DeskRules)
    calls: tuple[CallConfig, ...] = ()
    held: tuple[HeldPort, ...] = ()
    book: tuple[int, ...] = ()

    @property
    def handed_down(self) -> tuple[int, ...]:
        """The descriptors that whoever listens must inherit."""
        return (*(fd for port in self.held for fd in port.fds), *self.book)

    def fds(self, by: str, host: str, port: int) -> tuple[int, ...]:
        """Descriptors of a port that is open already; empty for one that is not."""
        return next((one.fds for one in self.held if (one.by, one.host, one.port) == (by, host, port)), ())

    @property
    def heard(self) -> bool:
        """Whether anything is."""
        return bool(self.udp or self.tcp or self.calls)


NOBODY_HEARD: Final = FrontDeskConfig()


def front_desk_fields(config: FrontDeskConfig) -> dict[str, Any]:
    """As JSON takes it."""
    return asdict(config)


def front_desk_from(fields: Mapping[str, Any]) -> FrontDeskConfig:
    """What `front_desk_fields` made of it. Raises KeyError, TypeError, ValueError for what it did not make."""
    rules = fields["rules"]
    return FrontDeskConfig(
        udp=tuple((str(host), int(port)) for host, port in fields["udp"]),
        tcp=tuple((str(host), int(port)) for host, port in fields["tcp"]),
        rules=DeskRules(
            peers=tuple(PeerRule(**{**rule, "right": Right(rule["right"])}) for rule in rules["peers"]),
            passcodes=tuple((str(passcode), Right(right)) for passcode, right in rules["passcodes"]),
            told=tuple((str(host), int(port)) for host, port in rules["told"]),
            companions=tuple(CompanionRule(**{**one, "button": tuple(one["button"])}) for one in rules["companions"]),
        ),
        calls=tuple(CallConfig(**call) for call in fields["calls"]),
        held=tuple(HeldPort(**{**one, "fds": tuple(one["fds"])}) for one in fields["held"]),
        book=tuple(fields["book"]),
    )
