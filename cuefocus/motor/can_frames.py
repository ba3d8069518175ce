"""A CAN frame as a value, and as the 16 bytes of Linux' `struct can_frame`.

Source: Linux kernel, Documentation/networking/can.rst and include/uapi/linux/can.h.
"""

import struct
from dataclasses import dataclass

EXTENDED_FLAG = 0x8000_0000
REMOTE_FLAG = 0x4000_0000
ERROR_FLAG = 0x2000_0000
STANDARD_ID_MAX = 0x7FF
EXTENDED_ID_MAX = 0x1FFF_FFFF
DATA_BYTES_MAX = 8
RECORD_BYTES = 16
_RECORD = struct.Struct("=IB3x8s")  # can_id, len, padding, data; host byte order


@dataclass(frozen=True, slots=True)
class CanFrame:
    """One classic CAN frame. A remote frame asks for `data`'s length and carries zeros here."""

    can_id: int
    data: bytes
    extended: bool = False
    remote: bool = False


def pack_record(frame: CanFrame) -> bytes:
    """The 16 bytes a raw CAN socket takes."""
    can_id = frame.can_id | (EXTENDED_FLAG if frame.extended else 0) | (REMOTE_FLAG if frame.remote else 0)
    return _RECORD.pack(can_id, len(frame.data), frame.data)


def unpack_record(record: bytes) -> CanFrame | None:
    """A frame from 16 bytes of a raw CAN socket; None for error frames and lengths CAN does not have."""
    can_id, length, data = _RECORD.unpack(record)
    if can_id & ERROR_FLAG or length > DATA_BYTES_MAX:
        return None
    extended = bool(can_id & EXTENDED_FLAG)
    mask = EXTENDED_ID_MAX if extended else STANDARD_ID_MAX
    remote = bool(can_id & REMOTE_FLAG)
    return CanFrame(can_id & mask, bytes(length) if remote else data[:length], extended, remote)


def frame_bits(data_bytes: int) -> int:
    """Bit times a standard frame takes on the bus with the most stuff bits it can have, gap to the next included.

    Source: Davis et al., Controller Area Network schedulability analysis, Real-Time Systems 35, 2007: 47 + 8n bits,
    of which 34 + 8n may be stuffed after every fourth.
    """
    return 47 + 8 * data_bytes + (34 + 8 * data_bytes - 1) // 4
