"""Triggers of a show that the rig cannot hear: a cue that waits for what nobody brings is found before the take."""

from collections.abc import Iterator
from typing import Final

from cuefocus.files.complaint import Complaint
from cuefocus.files.load import Loaded
from cuefocus.rig.models import Rig
from cuefocus.show.models import Show

_BY_MIDI: Final = frozenset({"msc", "mmc", "note", "cc", "program"})
_HINT: Final = "name the port in the rig, network: {midi: {inputs: [PORT]}}; `cuefocus ports` lists them"


def unheard_triggers(show: Loaded[Show], rig: Rig) -> Iterator[Complaint]:
    """MIDI triggers where no MIDI input is named: a note where a cue has other ways, a warning where it has none."""
    if rig.network.midi.inputs:
        return
    for index, cue in enumerate(show.value.cues):
        kinds = [on.kind for on in cue.on if on.kinds]
        lost = set(kinds) & _BY_MIDI
        alone = bool(lost) and lost.issuperset(kinds)
        for number, kind in enumerate(kinds):
            if kind in _BY_MIDI:
                loc = ("cues", index, "on", number, kind)
                problem = "the rig names no MIDI input, so nothing " + ("fires this cue" if alone else "hears this")
                yield show.located.complaint(loc, problem, _HINT, severity="warning" if alone else "note")
