"""MIDI Machine Control, as far as playback tells by it where it is: stop, pause, and locate.

Play is no motion: timecode tells of that itself. What is meant for one device is that device's; all-call is for us.

Source: MIDI Machine Control, RP-013 (1992): F0 7F device 06 commands F7; from 40 on with a count of data bytes.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Final

_HEAD: Final = b"\xf0\x7f\x7f\x06"  # universal real time, all-call, machine control commands
_LOCATE: Final = 0x44
_TARGET: Final = 0x01  # a locate to a time, not to one of the device's own fields
_TIME_BYTES: Final = 4
_COUNTED: Final = range(0x40, 0x78)
_SEGMENT: Final = 0x53  # a message in parts, which no transport needs
# Of minutes, seconds and frames the bits that count; those above them are flags.
_MINUTES, _SECONDS, _FRAMES = 0x3F, 0x3F, 0x1F


class Halt(Enum):
    """Commands after which nothing plays."""

    STOP = 0x01
    PAUSE = 0x09

    @property
    def text(self) -> str:
        """For the operator."""
        return f"MMC {self.name.capitalize()}"


_HALTS: Final = {each.value: each for each in Halt}


def commands_of(message: bytes) -> Iterator[Halt | bytes]:
    """What an exclusive message says of playback, in order.

    Args:
        message: whole, F0 to F7; any.

    Returns: stops, and for each locate the four bytes of its time as in a full frame (hours with rate bits, minutes,
        seconds, frames). Nothing for other messages and commands, and none after one that is cut off.
    """
    if not message.startswith(_HEAD):
        return
    at, end = len(_HEAD), len(message) - 1
    while at < end and message[at] != _SEGMENT:
        command, body = message[at], b""
        at += 1
        if command in _COUNTED:
            if at >= end or at + 1 + message[at] > end:
                return
            body = message[at + 1 : at + 1 + message[at]]
            at += 1 + len(body)
        if command in _HALTS:
            yield _HALTS[command]
        elif command == _LOCATE and body[:1] == bytes((_TARGET,)) and len(body) > _TIME_BYTES:
            hours, minutes, seconds, frames = body[1 : 1 + _TIME_BYTES]
            yield bytes((hours, minutes & _MINUTES, seconds & _SECONDS, frames & _FRAMES))
