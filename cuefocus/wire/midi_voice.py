"""Notes, controllers and programs: channel messages of MIDI that a pad, a pedal or a desk fires cues by.

Source: MIDI 1.0 Detailed Specification 4.2, channel voice messages. A note-on of velocity 0 is a note-off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MOST: Final = 127
CHANNELS: Final = 16
LAST_CONTROLLER: Final = 119
"""Those above are channel mode messages."""
_NOTE_ON, _CONTROL, _PROGRAM = 0x90, 0xB0, 0xC0
VOICES: Final[Mapping[str, int]] = {"note": _NOTE_ON, "cc": _CONTROL, "program": _PROGRAM}
"""Kinds of triggers that channel messages fire, and the status byte of theirs on the first channel."""


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A key was struck. `channel` counts from 1."""

    number: int
    channel: int
    velocity: int = 64


@dataclass(frozen=True, slots=True)
class ControlValue:
    """A controller stands at a value, 0 to 127. `channel` counts from 1."""

    number: int
    channel: int
    value: int


@dataclass(frozen=True, slots=True)
class ProgramCall:
    """A program was chosen; counted from 0, as on the wire. `channel` counts from 1."""

    number: int
    channel: int


Voice = NoteOn | ControlValue | ProgramCall


def read_voice(message: bytes) -> Voice | None:
    """What a whole message says; None for others, and for the end of a note."""
    kind, channel = message[0] & 0xF0, (message[0] & 0x0F) + 1
    if kind == _NOTE_ON and message[2]:
        return NoteOn(message[1], channel, message[2])
    if kind == _CONTROL:
        return ControlValue(message[1], channel, message[2])
    return ProgramCall(message[1], channel) if kind == _PROGRAM else None


def voice_message(voice: Voice) -> bytes:
    """The bytes that say it: what `read_voice` reads."""
    if isinstance(voice, NoteOn):
        return bytes((_NOTE_ON | voice.channel - 1, voice.number, voice.velocity))
    if isinstance(voice, ControlValue):
        return bytes((_CONTROL | voice.channel - 1, voice.number, voice.value))
    return bytes((_PROGRAM | voice.channel - 1, voice.number))
