"""Bars and beats of an act's media, and how long beats are there. Plain values: a conductor holds them.

A beat is what the meter counts: an eighth in 7/8, a quarter in 4/4. Bars and beats count from 1.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from cuefocus.anchors.anchor import Anchor, AnchorMissing
from cuefocus.timebase.units import NS_PER_S


class BeatMap(Protocol):
    """Bars and beats ↔ seconds of the act's media."""

    def find(self, bar: int, beat: float = 1.0) -> Anchor:
        """Where a beat stands; 2.5 is half-way from beat 2 to beat 3. Raises: AnchorMissing."""

    def count_at(self, time_s: float) -> float:
        """Beats from the map's first one to a moment, in fractions; total."""

    def time_at(self, count: float) -> float:
        """The moment `count` beats after the map's first one; total."""

    def bar_at(self, time_s: float) -> int:
        """The bar that a moment is in; total."""

    def media_ns(self, quarters: Fraction) -> int:
        """The moment so many quarters after the song's start, ns. Raises: AnchorMissing if that start is not known."""

    def place_at(self, quarters: Fraction) -> tuple[int, float]:
        """Bar and beat so many quarters after the song's start. Raises as `media_ns`."""

    def quarters_at(self, bar: int, beat: float = 1.0) -> Fraction:
        """Quarters from the song's start to a beat. Raises: AnchorMissing for one that is not there."""


def beats_before_s(beats: BeatMap, time_s: float, count: float) -> float:
    """Seconds that the `count` beats before a moment last (a pull that lands there)."""
    return time_s - beats.time_at(beats.count_at(time_s) - count)


def beats_after_s(beats: BeatMap, time_s: float, count: float) -> float:
    """Seconds that the `count` beats after a moment last (a pull that leaves there)."""
    return beats.time_at(beats.count_at(time_s) + count) - time_s


@dataclass(frozen=True, slots=True)
class CountedBeat:
    """One beat.

    Args:
        time_s: on the act's media, seconds.
        confidence: 0 to 1.
        source: what found it.
    """

    bar: int
    beat: int
    time_s: float
    confidence: float = 1.0
    source: str = ""


class BeatGrid:
    """Beats one by one, as a tracker or a person found them; two at least."""

    def __init__(self, beats: Sequence[CountedBeat]) -> None:
        self._beats = tuple(beats)
        self._times = [beat.time_s for beat in self._beats]
        self._index = {(beat.bar, beat.beat): index for index, beat in enumerate(self._beats)}
        self._in_bar: dict[int, list[int]] = {}
        for beat in self._beats:
            self._in_bar.setdefault(beat.bar, []).append(beat.beat)

    def find(self, bar: int, beat: float = 1.0) -> Anchor:
        """Where a beat stands. Raises: AnchorMissing saying which bars and beats there are."""
        if bar not in self._in_bar:
            bars = f"it runs from bar {self._beats[0].bar} to {self._beats[-1].bar}"
            raise AnchorMissing(f"the beat file has no bar {bar}: {bars}", hint="name one of those, or track more")
        whole = int(beat)
        if (bar, whole) not in self._index:
            there = self._in_bar[bar]
            hint = f"its last beat is {there[-1]}" if whole > there[-1] else f"it has {', '.join(map(str, there))}"
            raise AnchorMissing(f"bar {bar} has no beat {beat:g}", hint=hint)
        index = self._index[bar, whole]
        found = self._beats[index]
        time_s = self.time_at(index + (beat - whole))
        return Anchor(time_s, found.source, found.confidence, f"bar {bar} beat {beat:g}")

    def count_at(self, time_s: float) -> float:
        """Beats from the first one to a moment; past the ends the outermost beats go on."""
        index = min(len(self._times) - 2, max(0, bisect_right(self._times, time_s) - 1))
        return index + (time_s - self._times[index]) / (self._times[index + 1] - self._times[index])

    def time_at(self, count: float) -> float:
        """The moment `count` beats after the first one; past the ends the outermost beats go on."""
        index = min(len(self._times) - 2, max(0, int(count // 1)))
        return self._times[index] + (count - index) * (self._times[index + 1] - self._times[index])

    def bar_at(self, time_s: float) -> int:
        """The bar that a moment is in; what comes before the first beat or after the last is in its bar."""
        return self._beats[max(0, bisect_right(self._times, time_s) - 1)].bar

    def media_ns(self, quarters: Fraction) -> int:
        """The moment so many quarters after bar 1 beat 1, ns; a beat is taken to be a quarter."""
        return round(self.time_at(self._start + float(quarters)) * NS_PER_S)

    def place_at(self, quarters: Fraction) -> tuple[int, float]:
        """Bar and beat so many quarters after bar 1 beat 1; past the ends bars are as long as the longest."""
        count = self._start + float(quarters)
        index = min(len(self._beats) - 1, max(0, int(count // 1)))
        found = self._beats[index]
        into_bar = found.beat - 1 + count - index
        if 0.0 <= count < len(self._beats):
            return found.bar, into_bar + 1.0
        bars, beats = divmod(into_bar, max(beat.beat for beat in self._beats))
        return found.bar + int(bars), beats + 1.0

    def quarters_at(self, bar: int, beat: float = 1.0) -> Fraction:
        """Quarters from bar 1 beat 1 to a beat. Raises: AnchorMissing as `find`."""
        self.find(bar, beat)
        whole = int(beat)
        return self._index[bar, whole] - self._start + Fraction(beat) - whole

    @property
    def _start(self) -> int:
        """Which beat a sequencer's song begins with."""
        if (1, 1) not in self._index:
            hint = "number its bars so that the song begins with bar 1, or use a MIDI file"
            raise AnchorMissing("the beat file has no bar 1 beat 1, from where a sequencer counts", hint=hint)
        return self._index[1, 1]
