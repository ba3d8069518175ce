"""What a motor family must be able to say and understand, as bytes. Pure; one module a family implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PositionReport:
    """A motor's own word on where it stands."""

    address: int
    counts: int
    calibrated: bool


@dataclass(frozen=True, slots=True)
class MotorComplaint:
    """A motor's refusal, or bytes that are no frame; counted, never raised."""

    address: int
    reason: str


class Codec(Protocol):
    """One motor family's wire format. A codec may hold a sequence counter and a partial frame, nothing else."""

    def encode_setpoint(self, address: int, counts: int) -> bytes:
        """The frame that sends the motor to `counts`."""

    def encode_query(self, address: int) -> bytes:
        """The frame that asks for the position; empty where the family has no read-back."""

    def encode_release(self, address: int) -> bytes:
        """The frame that takes torque off; empty where the family cannot."""

    def decode(self, data: bytes) -> Sequence[PositionReport | MotorComplaint]:
        """Whatever complete frames `data` finishes; any split of the bytes gives the same reports."""
