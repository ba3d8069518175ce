"""What the desk is told of its page, in its own config. By itself, for `run` needs nothing that serves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cuefocus.shells.front_desk_config import NOBODY_HEARD, FrontDeskConfig, front_desk_fields, front_desk_from
from cuefocus.wire.said import Right


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Where a token is kept.

    Args:
        id: what it is called. file: its path.
        right: what whoever shows it may do.
    """

    id: str
    file: str
    right: Right


@dataclass(frozen=True, slots=True)
class CueLine:
    """A cue of the show, as it is listed.

    Args:
        cue: its number. name: what it is called.
        camera: whose rack it is. axis: which, e.g. `A.focus`.
        act: its act; empty for none.
        to: where focus goes, as written.
        lands: where on the timeline, as a report names it; empty for a triggered cue.
        triggered: whether a trigger fires it.
    """

    cue: str
    name: str
    camera: str
    axis: str
    act: str
    to: str
    lands: str
    triggered: bool


@dataclass(frozen=True, slots=True)
class PageConfig:
    """All of it.

    Args:
        host: the address it listens at. port: TCP.
        title: the show's. cues: in show order.
        motion: motion's socket. conductor: the conductor's.
        heard_fd: where the conductor tells of everything.
        tokens: with any, whoever shows none may do nothing.
        names: it is called by, besides its address and this machine's name.
        announce: "false", "true" for what listens beyond this machine, "loopback" for all.
        desk: where OSC is heard, and what hosts may do.
    """

    host: str
    port: int
    title: str
    cues: tuple[CueLine, ...]
    motion: str
    conductor: str
    heard_fd: int = -1
    tokens: tuple[TokenFile, ...] = ()
    names: tuple[str, ...] = ()
    announce: str = "false"
    desk: FrontDeskConfig = NOBODY_HEARD


def page_fields(config: PageConfig) -> dict[str, Any]:
    """As JSON takes it."""
    return {**asdict(config), "desk": front_desk_fields(config.desk)}


def page_from(fields: Mapping[str, Any]) -> PageConfig:
    """What `page_fields` made of it. Raises KeyError, TypeError, ValueError for what it did not make."""
    return PageConfig(
        **{
            **fields,
            "cues": tuple(CueLine(**cue) for cue in fields["cues"]),
            "tokens": tuple(TokenFile(**{**one, "right": Right(one["right"])}) for one in fields["tokens"]),
            "names": tuple(fields["names"]),
            "desk": front_desk_from(fields["desk"]),
        }
    )
