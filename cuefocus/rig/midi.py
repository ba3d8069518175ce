"""MIDI as the rig knows it: which ports carry cues, and which of their messages are for us."""

import re
from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field

from cuefocus.files.complaint import Loc
from cuefocus.files.strict import Findings, Name, Strict
from cuefocus.wire.midi_show import FIRST_GROUP, FORMATS, LAST_DEVICE, LAST_GROUP, MscAddress

MscFormat = Literal[
    "lighting", "moving-lights", "sound", "machinery", "robots", "video", "projection", "process", "pyro"
]

_THROUGH: Final = re.compile(r"midi through", re.IGNORECASE)
_THROUGH_PORT: Final = re.compile(r"port-([0-9]+)", re.IGNORECASE)


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


def through_complaints(told: Iterable[tuple[Loc, str, str]], heard: Iterable[tuple[str, str]]) -> Findings:
    """Outputs whose words come back to us: what is played to ALSA's `Midi Through`, all hear who listen there.

    Args:
        told: where an output is written, who it is, and the port's name or a part of it.
        heard: who listens, and at which port.
    """
    ears = [(who, port) for who, name in heard if (port := _through_port(name)) is not None]
    for loc, who, name in told:
        port = _through_port(name)
        back = next((ear for ear, at in ears if port is not None and ("" in (port, at) or port == at)), None)
        if back is not None:
            problem = f"{who} at {name!r} gives all that it is told to {back}: we hear our own words"
            yield loc, "warning", problem, "give one of the two another port"


def _through_port(name: str) -> str | None:
    """Which port of ALSA's `Midi Through` is meant, empty where its name leaves that open; None for another's."""
    if not _THROUGH.search(name):
        return None
    match = _THROUGH_PORT.search(name)
    return match[1] if match is not None else ""
