"""MIDI Machine Control: what it tells of playback, what may fire a cue, and how it is sent.

As timecode's companion play is no motion: timecode tells of that itself. What is meant for one device is that device's;
all-call is for everybody.

Source: MIDI Machine Control, RP-013 (1992): F0 7F device 06 commands F7; from 40 on with a count of data bytes.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

ALL_CALL: Final = 0x7F
COMMANDS: Final[Mapping[str, int]] = {
    "stop": 0x01,
    "play": 0x02,
    "deferred-play": 0x03,
    "fast-forward": 0x04,
    "rewind": 0x05,
    "record": 0x06,
    "record-exit": 0x07,
    "record-pause": 0x08,
    "pause": 0x09,
}
"""Transport commands by the name that a show gives them."""
_NAMES: Final = {code: name for name, code in COMMANDS.items()}
_HEAD: Final = b"\xf0\x7f"
_MACHINE_CONTROL: Final = 0x06  # commands; responses have 07
_FIRST: Final = 4
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
    for command, body in _commands(message, (ALL_CALL,)):
        if command in _HALTS:
            yield _HALTS[command]
        elif command == _LOCATE and body[:1] == bytes((_TARGET,)) and len(body) > _TIME_BYTES:
            hours, minutes, seconds, frames = body[1 : 1 + _TIME_BYTES]
            yield bytes((hours, minutes & _MINUTES, seconds & _SECONDS, frames & _FRAMES))


def transport_of(message: bytes, device: int) -> Iterator[str]:
    """Names of the transport commands in an exclusive message, in order.

    Args:
        message: whole, F0 to F7; any.
        device: our id, 00 to 7E; all-call is heard beside it.
    """
    return (_NAMES[command] for command, _ in _commands(message, (device, ALL_CALL)) if command in _NAMES)


def transport_message(name: str, *, device: int = ALL_CALL) -> bytes:
    """The exclusive message of a transport command, by its name in `COMMANDS`."""
    return bytes((*_HEAD, device, _MACHINE_CONTROL, COMMANDS[name], 0xF7))


def _commands(message: bytes, devices: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    """Each command to one of these devices with its data; none after one that is cut off."""
    if len(message) <= _FIRST or not message.startswith(_HEAD):
        return
    if message[2] not in devices or message[3] != _MACHINE_CONTROL:
        return
    at, end = _FIRST, len(message) - 1
    while at < end and message[at] != _SEGMENT:
        command, body = message[at], b""
        at += 1
        if command in _COUNTED:
            if at >= end or at + 1 + message[at] > end:
                return
            body = message[at + 1 : at + 1 + message[at]]
            at += 1 + len(body)
        yield command, body
