"""Finds the bit clock in a stretch of sound: the spectral line of its transitions.

The squared difference of neighbouring quarter-millisecond means peaks at every transition. Transitions stand on a
grid of half bits, so these peaks have a line at twice the bit rate, whatever the data. Where in the grid the bits begin
is tried out: at their boundaries the level always changes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]

_SLOWEST_FPS, _FASTEST_FPS = 19.0, 38.0  # 24 to 30 fps at 0.8 to 1.25 of play speed
_MIDDLE_FPS = 26.0
_HALF_BITS_PER_FRAME = 160
_ENOUGH_HZ = 16_000.0  # the line lies below 6.1 kHz
_PHASES = 16  # of a bit
_LINE_OVER_NOISE = 6.0  # of the median bin; white noise reaches 3.5


@dataclass(frozen=True, slots=True)
class Carrier:
    """A bit clock.

    Args:
        boundary: where a bit begins, in entries of the stretch looked at.
        bit_samples: length of a bit, samples.
    """

    boundary: float
    bit_samples: float


class CarrierFinder:
    """Finds the bit clock of timecode near play speed.

    Args:
        sample_rate: samples per second.
        window: entries of each stretch looked at: some tenths of a second.
    """

    def __init__(self, sample_rate: int, window: int) -> None:
        self._reach = max(2, round(0.75 * sample_rate / (_HALF_BITS_PER_FRAME * _MIDDLE_FPS)))
        self._step = max(1, int(sample_rate / _ENOUGH_HZ))
        count = max(0, window - 2 * self._reach) // self._step
        self._bins = 1 << (2 * count - 1).bit_length()
        self._taper = np.hanning(count)
        self._line_hz = sample_rate / self._step
        low, high = (
            int(fps * _HALF_BITS_PER_FRAME * self._bins / self._line_hz) for fps in (_SLOWEST_FPS, _FASTEST_FPS)
        )
        self._low, self._high = low, min(high, self._bins // 2)
        self._able = window >= 8 * self._reach and self._high - self._low >= 3

    def find(self, sums: Column) -> Carrier | None:
        """The bit clock in running sums of sound (`FrontEnd`), a window of them, or None."""
        if not self._able:
            return None
        low = self._low
        line = np.abs(np.fft.rfft(self._peaks(sums), self._bins)[low - 1 : self._high + 1])
        band = line[1:-1]
        at = 1 + int(np.argmax(band))
        if line[at] <= _LINE_OVER_NOISE * float(np.partition(band, len(band) // 2)[len(band) // 2]):
            return None
        place = low - 1 + at + _vertex(line[at - 1], line[at], line[at + 1])
        half_bit = self._bins / place * self._step
        phases = np.arange(_PHASES) * (2.0 * half_bit / _PHASES)
        first = max(phases.tolist(), key=lambda phase: _changes(sums, phase, half_bit))
        return Carrier(first, 2.0 * half_bit)

    def _peaks(self, sums: Column) -> Column:
        """How steeply the sound rises or falls, `_step` samples together, its ends faded out."""
        reach, step = self._reach, self._step
        slopes = sums[2 * reach :] - 2.0 * sums[reach:-reach] + sums[: -2 * reach]
        slopes *= slopes
        end = len(self._taper) * step
        peaks = slopes[0:end:step].copy()
        for each in range(1, step):
            peaks += slopes[each:end:step]
        peaks -= peaks.mean()
        peaks *= self._taper
        return peaks


def _changes(sums: Column, first: float, half_bit: float) -> float:
    """How surely the level changes at every second grid point from `first` on: 1 at bit boundaries."""
    at = np.arange(first, len(sums) - 1, half_bit)
    halves = np.diff(np.interp(at, np.arange(len(sums)), sums))
    before, after = halves[1:-1:2], halves[2::2]
    size = np.abs(before) + np.abs(after)
    return float(np.abs(after - before).sum() / size.sum()) if size.sum() > 0.0 else 0.0


def _vertex(before: float, peak: float, after: float) -> float:
    """Where between bins -1 and 1 the parabola through three logarithms has its top."""
    if min(before, peak, after) <= 0.0:
        return 0.0
    left, middle, right = (float(np.log(each)) for each in (before, peak, after))
    bend = left - 2.0 * middle + right
    return 0.5 * (left - right) / bend if bend < 0.0 else 0.0
