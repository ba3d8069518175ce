"""MIDI Show Control: its commands, for whom they are, and what they ask of us.

Source: MIDI Show Control 1.0, RP-002 (1991); `midi_show_bytes` says how they travel.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cuefocus.wire.said import Said

LAST_DEVICE: Final = 0x6F
FIRST_GROUP: Final = 0x70
LAST_GROUP: Final = 0x7E
ALL_CALL: Final = 0x7F
ALL_TYPES: Final = 0x7F
LONGEST_NUMBER: Final = 31
FORMATS: Final[Mapping[str, int]] = {
    "lighting": 0x01,
    "moving-lights": 0x02,
    "sound": 0x10,
    "machinery": 0x20,
    "robots": 0x26,
    "video": 0x30,
    "projection": 0x40,
    "process": 0x50,
    "pyro": 0x60,
}
"""Command formats by the name that a rig gives them; `ALL_TYPES` beside them is for every receiver."""
_THREE_DECIMALS: Final = re.compile(r"[0-9]+\.[0-9]{3}")
FRAMES_A_SECOND: Final = (24, 25, 30, 30)
"""By a time's rate code; 2 is drop-frame."""


class MscCommand(IntEnum):
    """Commands of the recommended set, by their byte."""

    GO = 0x01
    STOP = 0x02
    RESUME = 0x03
    TIMED_GO = 0x04
    LOAD = 0x05
    SET = 0x06
    FIRE = 0x07
    ALL_OFF = 0x08
    RESTORE = 0x09
    RESET = 0x0A
    GO_OFF = 0x0B
    GO_JAM_CLOCK = 0x10
    STANDBY_PLUS = 0x11
    STANDBY_MINUS = 0x12
    SEQUENCE_PLUS = 0x13
    SEQUENCE_MINUS = 0x14
    START_CLOCK = 0x15
    STOP_CLOCK = 0x16
    ZERO_CLOCK = 0x17
    SET_CLOCK = 0x18
    MTC_CHASE_ON = 0x19
    MTC_CHASE_OFF = 0x1A
    OPEN_CUE_LIST = 0x1B
    CLOSE_CUE_LIST = 0x1C
    OPEN_CUE_PATH = 0x1D
    CLOSE_CUE_PATH = 0x1E


@dataclass(frozen=True, slots=True)
class MscTime:
    """A time as show control carries it.

    Args:
        rate_code: 0: 24 frames a second, 1: 25, 2: 29.97 drop-frame, 3: 30.
        hundredths: of a frame.
    """

    hours: int
    minutes: int
    seconds: int
    frames: int = 0
    hundredths: int = 0
    rate_code: int = 1

    @property
    def length_ms(self) -> int:
        """As a length of time (no label: what drop-frame leaves out is not left out of it), ms."""
        seconds = 60 * (60 * self.hours + self.minutes) + self.seconds
        return round(1000 * (seconds + (self.frames + self.hundredths / 100) / FRAMES_A_SECOND[self.rate_code]))


@dataclass(frozen=True, slots=True)
class Msc:
    """One command.

    Args:
        cue, cue_list, path: ASCII decimal numbers such as `12.5`; empty where none is given.
        time: of TIMED_GO, SET_CLOCK and sometimes SET.
        number: the macro of FIRE (7 bits), the control of SET (14 bits).
        level: the value of SET, 14 bits.
    """

    command: MscCommand
    cue: str = ""
    cue_list: str = ""
    path: str = ""
    time: MscTime | None = None
    number: int = 0
    level: int = 0

    @property
    def name(self) -> str:
        """As an operator knows it: `GO 12.5/2`, `FIRE 7`."""
        numbers = "/".join(part for part in (self.cue, self.cue_list) if part)
        return f"{self.command.name} {self.number if self.command is MscCommand.FIRE else numbers}".rstrip()


@dataclass(frozen=True, slots=True)
class MscAddress:
    """For whom a message must be to be for us.

    Args:
        device: our id, 00 to 6F.
        groups: those we belong to, 70 to 7E. 7F, all-call, is for everybody.
        formats: command formats that are ours; `ALL_TYPES` is for everybody.
    """

    device: int
    groups: tuple[int, ...] = ()
    formats: tuple[int, ...] = tuple(FORMATS.values())

    def meant(self, device: int, command_format: int) -> bool:
        """Whether a message to that device, in that format, is for us."""
        ours = device == self.device or device in self.groups or device == ALL_CALL
        return ours and (command_format in self.formats or command_format == ALL_TYPES)


def _next(msc: Msc) -> tuple[Said, ...]:
    return (Said("next", value=msc.cue_list),)


def _back(msc: Msc) -> tuple[Said, ...]:
    return (Said("back", value=msc.cue_list),)


def _go(msc: Msc) -> tuple[Said, ...]:
    return (Said("go", msc.cue, msc.cue_list),)


def _unless_a_list(verb: str, msc: Msc) -> tuple[Said, ...]:
    """For a cue or for everything; that a desk stops a list of its own is none of our business."""
    return () if msc.cue_list and not msc.cue else (Said(verb, msc.cue),)


def _timed_go(msc: Msc) -> tuple[Said, ...]:
    travel_ms = msc.time.length_ms if msc.time is not None else 0
    return (Said("go", msc.cue, f"{msc.cue_list} travel_ms={travel_ms}".lstrip()),)


_WORDS: Final[Mapping[MscCommand, Callable[[Msc], tuple[Said, ...]]]] = {
    MscCommand.GO: _go,
    MscCommand.GO_JAM_CLOCK: _go,
    MscCommand.TIMED_GO: _timed_go,
    MscCommand.STOP: lambda msc: _unless_a_list("hold", msc),
    MscCommand.RESUME: lambda msc: _unless_a_list("resume", msc),
    MscCommand.LOAD: lambda msc: (Said("load", msc.cue),),
    MscCommand.ALL_OFF: lambda _: (Said("panic"), Said("disarm")),
    MscCommand.RESTORE: lambda _: (Said("arm"),),
    MscCommand.RESET: lambda _: (Said("top"),),
    MscCommand.STANDBY_PLUS: _next,
    MscCommand.SEQUENCE_PLUS: _next,
    MscCommand.STANDBY_MINUS: _back,
    MscCommand.SEQUENCE_MINUS: _back,
    MscCommand.MTC_CHASE_ON: lambda _: (Said("engage"),),
    MscCommand.MTC_CHASE_OFF: lambda _: (Said("disengage"),),
}


def words_of(msc: Msc) -> tuple[Said, ...]:
    """What a command asks of us, in order; none for those that a focus rack has no use for (clocks, open lists, SET).

    RESTORE arms and no more: what ALL_OFF let go is engaged again by a person.
    """
    words = _WORDS.get(msc.command)
    return words(msc) if words is not None else ()


def plain_number(number: str) -> str:
    """A cue's number that has three decimals, as grandMA desks send every one, without those that say nothing.

    `4.000` is 4 and `12.500` is 12.5; any other stays as it is, for 12.10 is not 12.1.
    """
    return number.rstrip("0").rstrip(".") if _THREE_DECIMALS.fullmatch(number) else number


_KEYS: Final[Mapping[MscCommand, str]] = {
    MscCommand.GO: "go",
    MscCommand.GO_JAM_CLOCK: "go",
    MscCommand.TIMED_GO: "timed-go",
}


def keys_of(msc: Msc) -> tuple[str, ...]:
    """The triggers of a show that a command fires, as the show spells them.

    A trigger that names a list hears that list; one that names none hears all of them.
    """
    if msc.command is MscCommand.FIRE:
        return (f"fire {msc.number}",)
    word = _KEYS.get(msc.command)
    if word is None or not msc.cue:
        return ()
    whole = f"{word} {msc.cue}"
    return (f"{whole}/{msc.cue_list}", whole) if msc.cue_list else (whole,)
