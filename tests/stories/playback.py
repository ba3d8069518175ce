"""A deck as a story tells it: it plays, stops, winds down, jumps; its sound may be cut off while it plays on."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from cuefocus.engine.ports import InboxEvent, SourceEvent
from cuefocus.shells.file_source import LtcInput
from cuefocus.timebase.frames import parse_timecode, rate_named
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc

SAMPLE_RATE = 48_000
BLOCK_SAMPLES = 1024
Places = npt.NDArray[np.float64]


class Playback:
    """LTC of a deck, piece by piece.

    Args:
        rate: how its labels count.
        starts: the label at media second 0.
        at_s: where it stands at first, media seconds.
    """

    #: How near its clock must be to the truth at a landing.
    known_to_s = 0.001

    def __init__(self, *, rate: str = "25", starts: str = "01:00:00:00", at_s: float = -1.0) -> None:
        self.rate = rate_named(rate)
        self._sound = LtcSound(self.rate, parse_timecode(starts, self.rate), SAMPLE_RATE)
        self._at_s = at_s
        self._pieces: list[tuple[Places, bool]] = []

    def play(self, seconds: float, *, speed: float | Fraction = 1.0, heard: bool = True) -> "Playback":
        """Play on; unheard, the deck runs but its line is cut."""
        count = round(seconds * SAMPLE_RATE)
        self._add(self._at_s + float(speed) * np.arange(count) / SAMPLE_RATE, heard=heard)
        self._at_s += float(speed) * count / SAMPLE_RATE
        return self

    def cut(self, seconds: float) -> "Playback":
        """The line is cut while the deck plays on."""
        return self.play(seconds, heard=False)

    def pause(self, seconds: float) -> "Playback":
        """Stopped dead; nothing on the line."""
        return self.play(seconds, speed=0.0, heard=False)

    def wind(self, seconds: float, *, to: float, begin: float = 1.0) -> "Playback":
        """From one speed to another, evenly."""
        count = round(seconds * SAMPLE_RATE)
        speeds = begin + (to - begin) * np.arange(count) / count
        self._add(self._at_s + np.concatenate([[0.0], np.cumsum(speeds[:-1])]) / SAMPLE_RATE, heard=True)
        self._at_s += float(np.sum(speeds)) / SAMPLE_RATE
        return self

    def locate(self, at_s: float) -> "Playback":
        """Stand elsewhere at once."""
        self._at_s = at_s
        return self

    def _add(self, places: Places, *, heard: bool) -> None:
        self._pieces.append((places, heard))

    @property
    def seconds(self) -> float:
        """How long it all lasts."""
        return sum(len(places) for places, _ in self._pieces) / SAMPLE_RATE

    def places(self) -> Places:
        """Media second at each sample."""
        return np.concatenate([places for places, _ in self._pieces])

    def samples(self) -> npt.NDArray[np.float32]:
        """The sound."""
        parts: list[npt.NDArray[np.float32]] = []
        runs: list[tuple[list[Places], bool]] = []
        for places, heard in self._pieces:
            if runs and runs[-1][1] is heard:
                runs[-1][0].append(places)
            else:
                runs.append(([places], heard))
        for run, heard in runs:
            whole = np.concatenate(run)
            silent = np.zeros(len(whole), dtype=np.float32)
            parts.append(render_ltc(self._sound, whole * float(self.rate.fps)) if heard else silent)
        return np.concatenate(parts)

    def heard(self, source: str, origin_ns: int) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
        """As a sound card would deliver it, through the real decoder."""
        listener, sound = LtcInput(source, SAMPLE_RATE), self.samples()
        yield origin_ns, (SourceEvent(source, origin_ns, "opened", ""),)
        for first in range(0, len(sound), BLOCK_SAMPLES):
            block = sound[first : first + BLOCK_SAMPLES]
            stamp_ns = origin_ns + (first + len(block)) * NS_PER_S // SAMPLE_RATE
            yield stamp_ns, listener.feed(block, stamp_ns)
        end_ns = origin_ns + len(sound) * NS_PER_S // SAMPLE_RATE
        yield end_ns, (*listener.flush(), SourceEvent(source, end_ns, "ended", "the sound is over"))
