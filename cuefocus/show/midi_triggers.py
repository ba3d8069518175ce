"""How a show file names what fires a rack over MIDI: show control, machine control, notes, controllers and programs."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from cuefocus.files.text_value import BadText, TextValue
from cuefocus.files.validate import did_you_mean
from cuefocus.wire.machine_control import COMMANDS
from cuefocus.wire.midi_show import LONGEST_NUMBER
from cuefocus.wire.midi_voice import CHANNELS, LAST_CONTROLLER, MOST

_DECIMAL: Final = r"[0-9]+(?:\.[0-9]+)*"
_MSC: Final = re.compile(rf"(?:(go|timed-go)\s+)?({_DECIMAL})(?:\s*/\s*({_DECIMAL}))?")
_FIRE: Final = re.compile(r"fire\s+([0-9]{1,3})")
_CHANNEL: Final = r"(?:\s*@\s*([0-9]{1,2}))?"
_NOTE: Final = re.compile(rf"(?:([0-9]{{1,3}})|([A-Ga-g])([#b♯♭]?)(-?[0-9])){_CHANNEL}")
_CONTROL: Final = re.compile(rf"([0-9]{{1,3}}){_CHANNEL}(?:\s*(>=|=)\s*([0-9]{{1,3}}))?")
_PROGRAM: Final = re.compile(rf"([0-9]{{1,3}}){_CHANNEL}")
_SEMITONES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_PRESSED: Final = 64


@dataclass(frozen=True, slots=True)
class MscCue(TextValue):
    """A MIDI Show Control command on a cue number, in a list if one is named; `12` is `go 12`."""

    text: str
    expects = "an MSC cue such as 12.5, go 12.5/2 (cue 12.5 of list 2), timed-go 3 or fire 7 (macro 7)"
    examples = ("12.5", "go 12.5/2", "fire 7")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A cue as written, brought to the spelling `go CUE` or `go CUE/LIST`. Raises: BadText."""
        macro = _FIRE.fullmatch(text.strip())
        if macro is not None:
            return cls(f"fire {_within(text, int(macro[1]), 'macros')}")
        match = _MSC.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not an MSC cue", f"write {cls.expects}")
        for number in (match[2], match[3] or ""):
            if len(number) > LONGEST_NUMBER:
                raise BadText(f"{number!r} is longer than a cue number can be", f"{LONGEST_NUMBER} characters at most")
        return cls(f"{match[1] or 'go'} {match[2]}" + (f"/{match[3]}" if match[3] else ""))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class MachineCommand(TextValue):
    """A MIDI Machine Control command."""

    text: str
    expects = f"an MMC command: {', '.join(COMMANDS)}"
    examples = ("play", "record")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A command by its name. Raises: BadText."""
        if text not in COMMANDS:
            raise BadText(f"no MMC command {text!r}; have {', '.join(COMMANDS)}", did_you_mean(text, COMMANDS))
        return cls(text)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The commands, for editors to offer."""
        return {"type": "string", "enum": list(COMMANDS)}

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class MidiNote(TextValue):
    """A MIDI note-on; middle C is C4 = 60. `60@10` hears channel 10 only.

    Args:
        channel: 1 to 16, None for any.
    """

    number: int
    channel: int | None
    expects = "a MIDI note such as 60, C4, F#3 or 60@10 (channel 10)"
    examples = ("60", "C4", "60@10")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A note as written. Raises: BadText."""
        match = _NOTE.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not a MIDI note", f"write {cls.expects}")
        if match[1]:
            number = int(match[1])
        else:
            accidental = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[match[3]]
            number = 12 * (int(match[4]) + 1) + _SEMITONES[match[2].upper()] + accidental
        return cls(_within(text, number, "notes"), _channel(text, match[5]))

    def __str__(self) -> str:
        return _on_channel(self.number, self.channel)


@dataclass(frozen=True, slots=True)
class MidiControl(TextValue):
    """A MIDI controller: pressed, or at a value. `64` is `64 >= 64`.

    Args:
        channel: 1 to 16, None for any.
        value: with `exact`, fires at each message that says this; else when it comes to this, or above, from below.
    """

    number: int
    channel: int | None
    value: int
    exact: bool
    expects = "a MIDI controller such as 64 (pressed), 64@1 (channel 1), 7 >= 100 (reached from below) or 20 = 5"
    examples = ("64", "64@1", "7@2 >= 100", "20 = 5")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A controller as written. Raises: BadText."""
        match = _CONTROL.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not a MIDI controller", f"write {cls.expects}")
        number, channel, exact = int(match[1]), _channel(text, match[2]), match[3] == "="
        value = _PRESSED if match[4] is None else int(match[4])
        if number > LAST_CONTROLLER:
            hint = f"controllers run from 0 to {LAST_CONTROLLER}; those above are channel mode messages"
            raise BadText(f"{text!r} is no controller", hint)
        if value > MOST:
            raise BadText(f"{text!r} is outside MIDI", f"values run from 0 to {MOST}")
        if not exact and value == 0:
            raise BadText(f"{text!r} would never be reached from below", "write = 0, or a value from 1")
        return cls(number, channel, value, exact)

    def __str__(self) -> str:
        return f"{_on_channel(self.number, self.channel)} {'=' if self.exact else '>='} {self.value}"


@dataclass(frozen=True, slots=True)
class MidiProgram(TextValue):
    """A MIDI program change, counted from 0 as on the wire.

    Args:
        channel: 1 to 16, None for any.
    """

    number: int
    channel: int | None
    expects = "a MIDI program such as 5 or 5@1 (channel 1), counted from 0"
    examples = ("5", "5@1")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A program as written. Raises: BadText."""
        match = _PROGRAM.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not a MIDI program", f"write {cls.expects}")
        return cls(_within(text, int(match[1]), "programs"), _channel(text, match[2]))

    def __str__(self) -> str:
        return _on_channel(self.number, self.channel)


def _within(text: str, number: int, what: str) -> int:
    if not 0 <= number <= MOST:
        raise BadText(f"{text!r} is outside MIDI", f"{what} run from 0 to {MOST}")
    return number


def _channel(text: str, written: str | None) -> int | None:
    if written is None:
        return None
    if not 1 <= int(written) <= CHANNELS:
        raise BadText(f"{text!r} is outside MIDI", f"channels run from 1 to {CHANNELS}")
    return int(written)


def _on_channel(number: int, channel: int | None) -> str:
    return f"{number}" if channel is None else f"{number}@{channel}"
