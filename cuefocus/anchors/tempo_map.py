"""Tempo and meter as exact time of any bar and beat, also past the last change.

The sums are rational, so a beat after a thousand tempo changes is not a nanosecond off.
"""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from cuefocus.anchors.anchor import Anchor, AnchorMissing
from cuefocus.timebase.units import NS_PER_S

DEFAULT_TEMPO_US = 500_000
"""Microseconds per quarter where a file names no tempo: 120 per minute (Standard MIDI Files 1.0)."""
_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `tick` on, a quarter lasts `tempo_us`; `start_s` is the time of the tick."""

    tick: int
    tempo_us: int
    start_s: Fraction


@dataclass(frozen=True, slots=True)
class MeterChange:
    """From `tick` on, bars of `numerator` beats.

    Args:
        beat_ticks: ticks of one beat (of the denominator's note).
        bar: number of the bar that starts here.
        count: beats from tick 0, in fractions where a bar was cut short.
    """

    tick: int
    numerator: int
    beat_ticks: Fraction
    bar: int
    count: Fraction


class TempoMap:
    """Tempo and meter changes; the last ones go on for ever, and the first ones reach back before the start.

    Args:
        tempos: (tick, microseconds per quarter), by tick.
        meters: (tick, numerator, denominator), by tick.
        ticks_per_quarter: the file's division.
        first_bar: number of the first bar; 0 for a pick-up.
    """

    def __init__(
        self,
        tempos: list[tuple[int, int]],
        meters: list[tuple[int, int, int]],
        ticks_per_quarter: int,
        *,
        first_bar: int = 1,
    ) -> None:
        self._ticks_per_quarter, self._first_bar = ticks_per_quarter, first_bar
        self._tempos = self._tempo_changes(tempos)
        self._tempo_ticks = [change.tick for change in self._tempos]
        self._tempo_times = [change.start_s for change in self._tempos]
        self._meters = self._meter_changes(meters)
        self._meter_bars = [change.bar for change in self._meters]
        self._meter_counts = [change.count for change in self._meters]
        self._meter_ticks = [change.tick for change in self._meters]

    def find(self, bar: int, beat: float = 1.0) -> Anchor:
        """Where a beat stands. Raises: AnchorMissing for a bar before the first, or a beat its bar does not have."""
        return Anchor(float(self._seconds(self._tick_of(bar, beat))), "midi", 1.0, f"bar {bar} beat {beat:g}")

    def _tick_of(self, bar: int, beat: float) -> Fraction:
        if bar < self._first_bar:
            problem = f"the tempo map has no bar {bar}: it starts with bar {self._first_bar}"
            raise AnchorMissing(problem, hint="a pick-up bar is first_bar: 0")
        index = bisect_right(self._meter_bars, bar) - 1
        meter = self._meters[index]
        tick = meter.tick + ((bar - meter.bar) * meter.numerator + Fraction(beat) - 1) * meter.beat_ticks
        last_bar_here = index + 1 < len(self._meters) and bar == self._meters[index + 1].bar - 1
        cut_short = last_bar_here and tick >= self._meters[index + 1].tick
        if beat >= meter.numerator + 1 or cut_short:
            beats = meter.numerator
            if last_bar_here:
                bar_tick = meter.tick + (bar - meter.bar) * meter.numerator * meter.beat_ticks
                beats = -((bar_tick - self._meters[index + 1].tick) // meter.beat_ticks)
            raise AnchorMissing(f"bar {bar} has no beat {beat:g}", hint=f"its last beat is {beats}")
        return tick

    def count_at(self, time_s: float) -> float:
        """Beats from the start to a moment."""
        tick = self._tick_at(time_s)
        meter = self._meters[max(0, bisect_right(self._meter_ticks, tick) - 1)]
        return float(meter.count + (tick - meter.tick) / meter.beat_ticks)

    def bar_at(self, time_s: float) -> int:
        """The bar that a moment is in."""
        tick = self._tick_at(time_s)
        meter = self._meters[max(0, bisect_right(self._meter_ticks, tick) - 1)]
        return meter.bar + int((tick - meter.tick) // (meter.beat_ticks * meter.numerator))

    def _tick_at(self, time_s: float) -> Fraction:
        moment = Fraction(time_s)
        change = self._tempos[max(0, bisect_right(self._tempo_times, moment) - 1)]
        return change.tick + (moment - change.start_s) * self._ticks_per_quarter * _US_PER_S / change.tempo_us

    def time_at(self, count: float) -> float:
        """The moment `count` beats after the start."""
        beats = Fraction(count)
        meter = self._meters[max(0, bisect_right(self._meter_counts, beats) - 1)]
        return float(self._seconds(meter.tick + (beats - meter.count) * meter.beat_ticks))

    def media_ns(self, quarters: Fraction) -> int:
        """The moment so many quarters after the song's start, tick 0, ns; total."""
        return round(self._seconds(quarters * self._ticks_per_quarter) * NS_PER_S)

    def place_at(self, quarters: Fraction) -> tuple[int, float]:
        """Bar and beat so many quarters after tick 0."""
        tick = quarters * self._ticks_per_quarter
        meter = self._meters[max(0, bisect_right(self._meter_ticks, tick) - 1)]
        bars, beats = divmod((tick - meter.tick) / meter.beat_ticks, meter.numerator)
        return meter.bar + int(bars), float(beats) + 1.0

    def quarters_at(self, bar: int, beat: float = 1.0) -> Fraction:
        """Quarters from tick 0 to a beat, exact. Raises: AnchorMissing as `find`."""
        return self._tick_of(bar, beat) / self._ticks_per_quarter

    def _seconds(self, tick: Fraction) -> Fraction:
        change = self._tempos[max(0, bisect_right(self._tempo_ticks, tick) - 1)]
        return change.start_s + (tick - change.tick) * change.tempo_us / (self._ticks_per_quarter * _US_PER_S)

    def _tempo_changes(self, tempos: list[tuple[int, int]]) -> list[TempoChange]:
        at_tick = {0: DEFAULT_TEMPO_US} | dict(tempos)
        changes = list[TempoChange]()
        for tick, tempo_us in sorted(at_tick.items()):
            start_s = Fraction(0)
            if changes:
                before = changes[-1]
                passed = Fraction((tick - before.tick) * before.tempo_us, self._ticks_per_quarter * _US_PER_S)
                start_s = before.start_s + passed
            changes.append(TempoChange(tick, tempo_us, start_s))
        return changes

    def _meter_changes(self, meters: list[tuple[int, int, int]]) -> list[MeterChange]:
        at_tick = {0: (4, 4)} | {tick: (numerator, denominator) for tick, numerator, denominator in meters}
        changes = list[MeterChange]()
        for tick, (numerator, denominator) in sorted(at_tick.items()):
            bar, count = self._first_bar, Fraction(0)
            if changes:
                before = changes[-1]
                beats = (tick - before.tick) / before.beat_ticks
                bar = before.bar - int(-beats // before.numerator)  # a bar cut short is a bar
                count = before.count + beats
            changes.append(MeterChange(tick, numerator, Fraction(4 * self._ticks_per_quarter, denominator), bar, count))
        return changes
