"""MIDI as the rig knows it: which ports carry cues, and which of their messages are for us."""

from typing import Annotated, Literal

from pydantic import Field

from cuefocus.files.strict import Findings, Name, Strict
from cuefocus.wire.midi_show import FIRST_GROUP, FORMATS, LAST_DEVICE, LAST_GROUP, MscAddress

MscFormat = Literal[
    "lighting", "moving-lights", "sound", "machinery", "robots", "video", "projection", "process", "pyro"
]


class MidiSettings(Strict):
    """MIDI ports that carry cues."""

    inputs: tuple[Name, ...] = Field(
        (), description="each a port's name or a part of it, or `jack:PORT`; `cuefocus ports` lists them"
    )
    msc_device: int = Field(
        0, ge=0, le=LAST_DEVICE, description="our MIDI Show Control device id; 127 reaches everybody"
    )
    msc_groups: tuple[Annotated[int, Field(ge=FIRST_GROUP, le=LAST_GROUP)], ...] = Field(
        (), description="MIDI Show Control groups that we belong to; a desk's group 1 is 112, its 15 is 126"
    )
    msc_formats: tuple[MscFormat, ...] = Field(
        ("lighting", "moving-lights", "machinery", "robots", "video"),
        description="command formats that are for us, beside all-types, which is for everybody",
    )
    mmc_device: int = Field(
        127, ge=0, le=127, description="our MIDI Machine Control device id; 127 hears all-call only"
    )

    @property
    def address(self) -> MscAddress:
        """For whom a show control message must be to be for us."""
        return MscAddress(self.msc_device, self.msc_groups, tuple(FORMATS[name] for name in self.msc_formats))

    def complaints(self) -> Findings:
        """What no single field can see."""
        for index, name in enumerate(self.inputs):
            if name in self.inputs[:index]:
                yield ("inputs", index), "error", f"MIDI input {name!r} is named twice", "name each port once"
