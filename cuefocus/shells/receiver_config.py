"""What the conductor is told of those that are told: who, by what, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ReceiverConfig:
    """One receiver.

    Args:
        id: what it is called.
        by: "udp" (OSC or Art-Net datagrams), "length" or "slip" (OSC over TCP, set apart so), "midi", "http".
        host, port: of udp and TCP; an address, for the conductor looks up no names.
        fd: of midi and http, the end of the pipe to the process that sends; -1 elsewhere.
    """

    id: str
    by: str
    host: str = ""
    port: int = 0
    fd: int = -1


def receiver_from(fields: Mapping[str, Any]) -> ReceiverConfig:
    """What `dataclasses.asdict` made of it. Raises TypeError for what it did not make."""
    return ReceiverConfig(**fields)
