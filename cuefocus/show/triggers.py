"""How a show file names what fires a rack: an OSC address, an MSC cue, a MIDI note, GO, or another cue."""

import re
from dataclasses import dataclass
from typing import Self

from pydantic import Field

from cuefocus.files.strict import Name, Strict, Text
from cuefocus.files.text_value import BadText, TextValue

_MSC = re.compile(r"(?:(go|timed-go|fire)\s+)?([0-9][0-9.]{0,30})(?:\s*/\s*([0-9][0-9.]{0,30}))?")
_NOTE = re.compile(r"(?:([0-9]{1,3})|([A-Ga-g])([#b♯♭]?)(-?[0-9]))(?:\s*@\s*([0-9]{1,2}))?")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_OSC_PATTERN_CHARACTERS = frozenset(" #*,?[]{}")
KINDS = ("osc", "msc", "note", "manual", "after")


@dataclass(frozen=True, slots=True)
class OscAddress(TextValue):
    """An OSC address that a desk sends."""

    text: str
    expects = "an OSC address such as /eos/out/event/cue/1/12/fire"
    examples = ("/eos/out/event/cue/1/12/fire",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """An address as written. Raises: BadText."""
        if not text.startswith("/") or len(text) < 2 or not text.isascii() or not text.isprintable():
            raise BadText(f"{text!r} is not an OSC address", "addresses start with '/', e.g. /cue/1/go")
        if not _OSC_PATTERN_CHARACTERS.isdisjoint(text):
            raise BadText(f"{text!r} holds a space or pattern character", "write one plain address a trigger")
        return cls(text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class MscCue(TextValue):
    """A MIDI Show Control command on a cue number, in a list if one is named; `12` is `go 12`."""

    text: str
    expects = "an MSC cue such as 12.5, go 12.5/2 (cue 12.5 of list 2) or fire 7"
    examples = ("12.5", "go 12.5/2", "fire 7")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A cue as written, brought to the spelling `go CUE` or `go CUE/LIST`. Raises: BadText."""
        match = _MSC.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not an MSC cue", f"write {cls.expects}")
        return cls(f"{match[1] or 'go'} {match[2]}" + (f"/{match[3]}" if match[3] else ""))

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
        channel = int(match[5]) if match[5] else None
        if not 0 <= number <= 127 or (channel is not None and not 1 <= channel <= 16):
            raise BadText(f"{text!r} is outside MIDI", "notes run from 0 to 127, channels from 1 to 16")
        return cls(number, channel)

    def __str__(self) -> str:
        return f"{self.number}" if self.channel is None else f"{self.number}@{self.channel}"


class On(Strict):
    """One way a triggered rack is fired. Exactly one of its kinds is set."""

    osc: OscAddress | None = None
    args: tuple[Text, ...] = Field((), description="fire only when the message carries these arguments")
    msc: MscCue | None = None
    note: MidiNote | None = None
    manual: Name | None = Field(None, description="the GO list it is in; GO is the list of the operator's button")
    after: Name | None = Field(None, description="the id of the cue whose landing fires this one")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds are written; one in a show that was accepted."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def kind(self) -> str:
        """`osc`, `msc`, `note`, `manual` or `after`."""
        return self.kinds[0]

    @property
    def key(self) -> str:
        """The trigger in its one spelling: `/cue/1 1`, `go 12.5/2`, `60@10`, `GO`, a cue's id."""
        key = str(getattr(self, self.kind))
        return " ".join((key, *self.args))
