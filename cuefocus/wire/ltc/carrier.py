"""Finds the bit clock in a stretch of sound: the spectral line of its transitions.

The squared difference of neighbouring quarter-millisecond means peaks at every transition. Transitions stand on a
grid of half bits, so these peaks have a line at twice the bit rate, whatever the data. Where in the grid the bits begin
is tried out: at their boundaries the level always changes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


def find_carrier(sums: npt.NDArray[np.float64], sample_rate: int) -> Carrier | None:
    """The bit clock of timecode near play speed in running sums of sound, or None.

    Args:
        sums: running sums of the samples (`FrontEnd`), some tenths of a second.
        sample_rate: samples per second.
    """
    reach = max(2, round(0.75 * sample_rate / (_HALF_BITS_PER_FRAME * _MIDDLE_FPS)))
    if len(sums) < 8 * reach:
        return None
    slopes = sums[2 * reach :] - 2.0 * sums[reach:-reach] + sums[: -2 * reach]
    step = max(1, int(sample_rate / _ENOUGH_HZ))
    peaks = (slopes * slopes)[: len(slopes) // step * step].reshape(-1, step).sum(axis=1)
    peaks = (peaks - peaks.mean()) * np.hanning(len(peaks))
    bins = 1 << (2 * len(peaks) - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(peaks, bins))
    hertz = sample_rate / step / bins
    low, high = (int(fps * _HALF_BITS_PER_FRAME / hertz) for fps in (_SLOWEST_FPS, _FASTEST_FPS))
    high = min(high, len(spectrum) - 1)
    if high - low < 3:
        return None
    at = low + int(np.argmax(spectrum[low:high]))
    if spectrum[at] <= _LINE_OVER_NOISE * float(np.median(spectrum[low:high])):
        return None
    half_bit = float(sample_rate / ((at + _vertex(spectrum[at - 1], spectrum[at], spectrum[at + 1])) * hertz))
    phases = np.arange(_PHASES) * (2.0 * half_bit / _PHASES)
    first = max(phases.tolist(), key=lambda phase: _changes(sums, phase, half_bit))
    return Carrier(first, 2.0 * half_bit)


def _changes(sums: npt.NDArray[np.float64], first: float, half_bit: float) -> float:
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
