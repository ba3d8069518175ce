"""A beat file, or a MIDI file's tempo map: where each beat stands on the act's media."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field

from cuefocus.anchors.anchor import AnchorsRefused
from cuefocus.anchors.beat_grid import BeatGrid, BeatMap, CountedBeat
from cuefocus.anchors.json_file import parse_json, refuse_findings
from cuefocus.files.load import read_bytes
from cuefocus.files.strict import Finding, Strict

HINT = 'a beat file is {"beats": [{"bar": 1, "beat": 1, "time_s": 0.5, …}]}'
MIDI_MAGIC = b"MThd"


class Beat(Strict):
    """One beat as it was found in the sound."""

    bar: int = Field(ge=-1000, le=1_000_000)
    beat: int = Field(ge=1, le=1000)
    time_s: Annotated[float, Field(ge=-3600, le=86_400)]
    confidence: float = Field(1.0, ge=0, le=1)
    source: Annotated[str, Field(max_length=1000)] = ""


class BeatsFile(Strict):
    """What `beats track` writes."""

    beats: Annotated[tuple[Beat, ...], Field(min_length=2)]


def load_beats(path: Path, *, first_bar: int = 1) -> BeatMap:
    """A beat file or MIDI tempo map from disk. Raises: AnchorsRefused."""
    return parse_beats(read_bytes(path, AnchorsRefused), str(path), first_bar=first_bar)


def parse_beats(data: bytes, file: str, *, first_bar: int = 1) -> BeatMap:
    """A beat file's or MIDI file's bytes, told apart by how they begin.

    Args:
        data: the file's bytes.
        file: path as the operator gave it, for messages.
        first_bar: number of a MIDI map's first bar; beat files number their bars themselves.

    Raises: AnchorsRefused with every complaint.
    """
    if data.startswith(MIDI_MAGIC) or file.lower().endswith((".mid", ".midi")):
        from cuefocus.anchors.midi_file import parse_midi  # mido takes 50 ms to import; most shows have no MIDI

        return parse_midi(data, file, first_bar=first_bar)
    value, located = parse_json(data, file, BeatsFile, HINT)
    refuse_findings(data, file, located.data, list(_findings(value.beats)))
    return BeatGrid([CountedBeat(**beat.model_dump()) for beat in value.beats])


def _findings(beats: Sequence[Beat]) -> Iterator[Finding]:
    for index, (before, beat) in enumerate(pairwise(beats), start=1):
        if beat.time_s - before.time_s < 1e-3:
            problem = f"bar {beat.bar} beat {beat.beat} comes less than 1 ms after the beat above it"
            yield ("beats", index, "time_s"), "error", problem, "sort the beats by time, and keep each once"
        if (beat.bar, beat.beat) <= (before.bar, before.beat):
            problem = f"bar {beat.bar} beat {beat.beat} follows bar {before.bar} beat {before.beat}"
            yield ("beats", index, "bar"), "error", problem, "number bars and beats upwards"
