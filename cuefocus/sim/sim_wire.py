"""What a simulated motor understands and answers, whatever its family: orders out of bytes, bytes out of positions."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Verb(Enum):
    """What a frame asks of a motor."""

    GO = "go"
    ASK = "ask"
    OFF = "off"
    CALIBRATE = "calibrate"
    OTHER = "other"  # understood, nothing to do with motion


@dataclass(frozen=True, slots=True)
class Order:
    """One frame that was meant for a motor on this line.

    Args:
        verb: what is asked.
        address: which motor, in the family's own numbering.
        counts: target of GO.
        token: whatever the answer must repeat.
    """

    verb: Verb
    address: int = 0
    counts: int = 0
    token: bytes = b""


class SimWire(Protocol):
    """One family's protocol, seen from the motor's side."""

    counts_max: int
    default_address: int
    malformed: int

    def hear(self, data: bytes) -> list[tuple[int, Order]]:
        """Orders that `data` completes, each with the index in `data` of its last byte."""

    def answer(self, order: Order, counts: int, calibrated: bool) -> bytes:
        """The motor's answer; empty where it does not answer that order."""

    def reset(self) -> None:
        """The plug was pulled: half a frame is forgotten, an adapter is as when powered up."""
