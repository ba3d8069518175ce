"""A packet family carried in CAN frames: cut into eight bytes each, gathered from the motor's own identifier."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from cuefocus.motor.can_frames import DATA_BYTES_MAX, RECORD_BYTES, CanFrame, frame_bits, pack_record, unpack_record
from cuefocus.motor.codec import SERIAL_BITS_PER_BYTE, Codec, MotorComplaint, PositionReport
from cuefocus.motor.slcan import SlcanReader, encode_frame

DJI_TO_MOTOR_ID, DJI_FROM_MOTOR_ID = 0x223, 0x222
BUS_BITS_PER_S = 1_000_000


class OverCan(ABC):
    """A codec around a packet codec: what is common to every way of reaching a CAN bus.

    Args:
        inner: the packet codec.
        to_motor_id, from_motor_id: CAN identifiers of the two directions (standard frames).
    """

    frame_bytes: int
    line_bits: int
    default_baud: int

    def __init__(
        self, inner: Codec, *, to_motor_id: int = DJI_TO_MOTOR_ID, from_motor_id: int = DJI_FROM_MOTOR_ID
    ) -> None:
        self._inner, self._from_motor_id = inner, from_motor_id
        self.counts_max, self.default_address, self.feedback = inner.counts_max, inner.default_address, inner.feedback
        self.keep_alive = tuple(self._cut(frame) for frame in inner.keep_alive)

    def encode_setpoint(self, address: int, counts: int) -> bytes:
        """The frames of one set-point, to be written as one."""
        return self._cut(self._inner.encode_setpoint(address, counts))

    def encode_query(self, address: int) -> bytes:
        """The frames that ask for the position."""
        return self._cut(self._inner.encode_query(address))

    def encode_release(self, address: int) -> bytes:
        """The frames that take torque off, if the family can."""
        return self._cut(self._inner.encode_release(address))

    def encode_calibrate(self, address: int) -> bytes:
        """The frames that start the motor's own calibration, if the family can."""
        return self._cut(self._inner.encode_calibrate(address))

    def decode(self, data: bytes) -> list[PositionReport | MotorComplaint]:
        """Reports out of the frames with the motor's identifier; others on the bus pass unseen."""
        found = list[PositionReport | MotorComplaint]()
        for item in self._frames(data):
            if isinstance(item, MotorComplaint):
                found.append(item)
            elif item.can_id == self._from_motor_id and not item.extended and not item.remote:
                found += self._inner.decode(item.data)
        return found

    @abstractmethod
    def _cut(self, whole: bytes) -> bytes:
        """One packet as link bytes."""

    @abstractmethod
    def _frames(self, data: bytes) -> Iterable[CanFrame | MotorComplaint]:
        """Whole frames that `data` completes."""


class OverSlcan(OverCan):
    """Packets as slcan text over a serial adapter."""

    default_baud = 1_000_000

    def __init__(
        self, inner: Codec, *, to_motor_id: int = DJI_TO_MOTOR_ID, from_motor_id: int = DJI_FROM_MOTOR_ID
    ) -> None:
        self._heads = [encode_frame(CanFrame(to_motor_id, bytes(n)))[:5] for n in range(DATA_BYTES_MAX + 1)]
        self._reader = SlcanReader()
        super().__init__(inner, to_motor_id=to_motor_id, from_motor_id=from_motor_id)
        self.frame_bytes = len(self._cut(bytes(inner.frame_bytes)))
        self.line_bits = self.frame_bytes * SERIAL_BITS_PER_BYTE

    def _cut(self, whole: bytes) -> bytes:
        text, heads = whole.hex().upper().encode("ascii"), self._heads
        cut = b""
        for at in range(0, len(text), 2 * DATA_BYTES_MAX):
            piece = text[at : at + 2 * DATA_BYTES_MAX]
            cut += heads[len(piece) >> 1] + piece + b"\r"
        return cut

    def _frames(self, data: bytes) -> Iterable[CanFrame | MotorComplaint]:
        return self._reader.feed(data)


class OverSocketCan(OverCan):
    """Packets as `struct can_frame` records for a raw CAN socket."""

    default_baud = BUS_BITS_PER_S

    def __init__(
        self, inner: Codec, *, to_motor_id: int = DJI_TO_MOTOR_ID, from_motor_id: int = DJI_FROM_MOTOR_ID
    ) -> None:
        self._heads = [
            pack_record(CanFrame(to_motor_id, bytes(n)))[:-DATA_BYTES_MAX] for n in range(DATA_BYTES_MAX + 1)
        ]
        self._buffer = bytearray()
        super().__init__(inner, to_motor_id=to_motor_id, from_motor_id=from_motor_id)
        full, rest = divmod(inner.frame_bytes, DATA_BYTES_MAX)
        self.frame_bytes = (full + bool(rest)) * RECORD_BYTES
        self.line_bits = full * frame_bits(DATA_BYTES_MAX) + (frame_bits(rest) if rest else 0)

    def _cut(self, whole: bytes) -> bytes:
        step, heads = DATA_BYTES_MAX, self._heads
        cut = b""
        for at in range(0, len(whole), step):
            piece = whole[at : at + step]
            cut += heads[len(piece)] + piece.ljust(step, b"\0")
        return cut

    def _frames(self, data: bytes) -> Iterable[CanFrame | MotorComplaint]:
        self._buffer += data
        while len(self._buffer) >= RECORD_BYTES:
            frame = unpack_record(bytes(self._buffer[:RECORD_BYTES]))
            del self._buffer[:RECORD_BYTES]
            if frame is not None:
                yield frame
