"""How a show file names what fires a rack: an OSC address, something that MIDI carries, GO, or another cue."""

from dataclasses import dataclass
from typing import Self

from pydantic import Field

from cuefocus.files.strict import Name, Strict, Text
from cuefocus.files.text_value import BadText, TextValue
from cuefocus.show.midi_triggers import MachineCommand, MidiControl, MidiNote, MidiProgram, MscCue
from cuefocus.show.values import At
from cuefocus.wire.osc_triggers import trigger_key

_OSC_PATTERN_CHARACTERS = frozenset(" #*,?[]{}")
KINDS = ("osc", "msc", "mmc", "note", "cc", "program", "manual", "after", "at")


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


class On(Strict):
    """One way a triggered rack is fired. Exactly one of its kinds is set."""

    osc: OscAddress | None = None
    args: tuple[Text, ...] = Field(
        (), description="fire only when the message carries just these arguments; 1, 1.0 and T are one"
    )
    msc: MscCue | None = None
    mmc: MachineCommand | None = None
    note: MidiNote | None = None
    cc: MidiControl | None = None
    program: MidiProgram | None = None
    manual: Name | None = Field(None, description="the GO list it is in; GO is the list of the operator's button")
    after: Name | None = Field(None, description="the id of the cue whose landing fires this one")
    at: At | None = Field(
        None, description="running timecode fires it here: a label, or, where the cue names its act, media time"
    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds are written; one in a show that was accepted."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return self.kinds[0]

    @property
    def key(self) -> str:
        """The trigger in its one spelling: `/cue/1 1`, `go 12.5/2`, `60@10`, `64@1 >= 64`, `GO`, a cue's id."""
        return trigger_key(str(getattr(self, self.kind)), self.args)
