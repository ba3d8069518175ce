"""slcan: CAN frames as text on a serial line (Lawicel's format, which most USB adapters speak).

Source: LAWICEL CANUSB manual, ASCII commands; Linux drivers/net/can/slcan.
"""

import re

from cuefocus.motor.can_frames import DATA_BYTES_MAX, EXTENDED_ID_MAX, STANDARD_ID_MAX, CanFrame
from cuefocus.motor.codec import MotorComplaint
from cuefocus.motor.noise import NO_ADDRESS, NoiseMeter

OPEN_1_MBIT = b"C\rS8\rO\r"  # close first: an adapter left open refuses the speed
CLOSE = b"C\r"
_ENDS = re.compile(rb"[\r\x07]")  # CR ends a line; BEL is the adapter's refusal
_STARTS = b"tTrR"
_LONGEST_LINE_BYTES = 64
_TIMESTAMP_CHARS = 4
_HEX = frozenset(b"0123456789ABCDEFabcdef")


def encode_frame(frame: CanFrame) -> bytes:
    """One frame as an adapter expects it, CR included."""
    letter = ("R" if frame.extended else "r") if frame.remote else ("T" if frame.extended else "t")
    digits = 8 if frame.extended else 3
    data = "" if frame.remote else frame.data.hex().upper()
    return f"{letter}{frame.can_id:0{digits}X}{len(frame.data)}{data}\r".encode("ascii")


class SlcanReader:
    """Gathers lines from an adapter into frames. Acknowledgements and settings pass unseen; noise is counted."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._noise = NoiseMeter()

    def feed(self, data: bytes) -> list[CanFrame | MotorComplaint]:
        """Take bytes as they come; give what they complete."""
        buffer, found = self._buffer, list[CanFrame | MotorComplaint]()
        at = 0
        for end in _ENDS.finditer(data):
            found += self._gather(data[at : end.start()])
            at = end.end()
            if end[0] == b"\r":
                found += self._line(bytes(buffer))
            else:
                found += self._noise.skip(len(buffer)) + self._noise.settle()
                found.append(MotorComplaint(NO_ADDRESS, "the CAN adapter refused a command"))
            buffer.clear()
        return found + self._gather(data[at:])

    def _gather(self, piece: bytes) -> list[MotorComplaint]:
        """Keep the end of a line: a frame can only stand there."""
        self._buffer += piece
        surplus = len(self._buffer) - _LONGEST_LINE_BYTES
        if surplus <= 0:
            return []
        del self._buffer[:surplus]
        return self._noise.skip(surplus)

    def _line(self, line: bytes) -> list[CanFrame | MotorComplaint]:
        """The frame at the end of a line: hexadecimal holds no `t`, so the last one starts it."""
        start = max(line.rfind(letter) for letter in _STARTS)
        frame = _parse(line[start:]) if start >= 0 else None
        if frame is not None:
            return [*self._noise.skip(start), *self._noise.settle(), frame]
        if start < 0 and (not line or line[:1] in b"zZCOLSsVvNFMmWXQ"):
            return []  # acknowledgement, status or setting
        return [*self._noise.skip(len(line) + 1)]


def _parse(line: bytes) -> CanFrame | None:
    extended, remote = line[0] in b"TR", line[0] in b"rR"
    digits = 8 if extended else 3
    body = line[1:]
    if len(body) <= digits or not _HEX.issuperset(body):
        return None
    can_id, length = int(body[:digits], 16), int(body[digits : digits + 1], 16)
    if length > DATA_BYTES_MAX or can_id > (EXTENDED_ID_MAX if extended else STANDARD_ID_MAX):
        return None
    chars = body[digits + 1 :]
    wanted = 0 if remote else 2 * length
    if len(chars) not in (wanted, wanted + _TIMESTAMP_CHARS):
        return None
    data = bytes(length) if remote else bytes.fromhex(chars[:wanted].decode("ascii"))
    return CanFrame(can_id, data, extended, remote)
