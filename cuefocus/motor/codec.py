"""What a motor family must be able to say and understand, as bytes. Pure; one module a family implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cuefocus.timebase.units import NS_PER_S


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

    @property
    def counts_max(self) -> int:
        """Highest position the family can name; the lowest is 0."""

    @property
    def default_address(self) -> int:
        """The motor meant when the rig names none."""

    @property
    def feedback(self) -> bool:
        """Whether the family reports positions."""

    @property
    def frame_bytes(self) -> int:
        """Length of one set-point frame, bytes handed to the link."""

    @property
    def line_bits(self) -> int:
        """Bit times one set-point frame takes on its line; 0 where the line adds nothing worth counting."""

    @property
    def default_baud(self) -> int:
        """Bits per second of the line when the rig names none."""

    @property
    def keep_alive(self) -> Sequence[bytes]:
        """Frames that must go out once every `KEEP_ALIVE_NS`; empty where none are needed."""

    def encode_setpoint(self, address: int, counts: int) -> bytes:
        """The frame that sends the motor to `counts`."""

    def encode_query(self, address: int) -> bytes:
        """The frame that asks for the position; empty where the family has no read-back."""

    def encode_release(self, address: int) -> bytes:
        """The frame that takes torque off; empty where the family cannot."""

    def encode_calibrate(self, address: int) -> bytes:
        """The frame that makes the motor find its end stops by itself; empty where the family cannot."""

    def decode(self, data: bytes) -> Sequence[PositionReport | MotorComplaint]:
        """Whatever complete frames `data` finishes; any split of the bytes gives the same reports."""


KEEP_ALIVE_NS = NS_PER_S
SERIAL_BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit


def line_ns(codec: Codec, baud: int = 0) -> int:
    """Time one set-point frame needs on its line, first bit to last, rounded up.

    Args:
        codec: the family, framing included.
        baud: bits per second of the line (bus speed for SocketCAN); 0 for the family's own.
    """
    return -(-codec.line_bits * NS_PER_S // (baud or codec.default_baud))
