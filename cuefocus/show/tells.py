"""What a show tells others: when a rack leaves or lands, a trigger comes, or timecode passes a place."""

from typing import Annotated, Final, Literal

from pydantic import Field

from cuefocus.files.durations import Duration
from cuefocus.files.strict import Name, Strict, Text
from cuefocus.show.midi_triggers import MachineCommand, MidiNote, MidiProgram
from cuefocus.show.moment import NO_OFFSET, Moment
from cuefocus.show.sent_values import HttpCall, OscArgument, SentControl, SentMsc
from cuefocus.show.triggers import OscAddress

WORD_KINDS: Final = ("osc", "msc", "mmc", "note", "cc", "program", "http")
RECEIVER_OF: Final = {"osc": "osc", "http": "http"} | dict.fromkeys(("msc", "mmc", "note", "cc", "program"), "midi")
"""By the kind of a word, the kind of receiver that it can be told to."""
When = Literal["departure", "landing", "fire"]


class Word(Strict):
    """What is told, and whom. Exactly one of its kinds is set."""

    to: Name = Field(description="a receiver of the rig")
    osc: OscAddress | None = None
    args: Annotated[tuple[OscArgument, ...], Field(max_length=100)] = Field((), description="of an OSC message")
    msc: SentMsc | None = None
    mmc: MachineCommand | None = None
    note: MidiNote | None = Field(None, description="on channel 1 unless it names another; let go 50 ms later")
    cc: SentControl | None = None
    program: MidiProgram | None = Field(None, description="on channel 1 unless it names another")
    http: HttpCall | None = None
    body: Text = Field("", description="of an HTTP call; sent as JSON where it begins with { or [")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds are written; one in a show that was accepted."""
        return tuple(kind for kind in WORD_KINDS if getattr(self, kind) is not None)

    @property
    def kind(self) -> str:
        """One of `WORD_KINDS`."""
        return self.kinds[0]

    @property
    def what(self) -> str:
        """As the operator is told: `/eos/cue/1/5/fire`, `msc go 5/1`, `POST /press`."""
        written = str(getattr(self, self.kind))
        if self.kind == "osc":
            return " ".join((written, *(one.text for one in self.args)))
        return written if self.kind == "http" else f"{self.kind} {written}"


class Tell(Word):
    """A word that goes with a cue."""

    when: When = "landing"
    offset: Duration = Field(NO_OFFSET, description="+ = later; show time for a timed rack, host time after a trigger")


class Send(Moment, Word):
    """A word that goes by timecode alone. Exactly one of `word`, `at`, `bar`."""

    act: Name | None = None
