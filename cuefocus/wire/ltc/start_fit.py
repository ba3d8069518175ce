"""Where a frame begins, from all transitions around it and not from one alone.

A hundred noisy transitions know their common grid ten times better than each knows its own place. But tape is not a
ruler: under wow a straight line through two frames misses by samples. So several fits are made, and of those that leave
no more than the noise, the one that averages most of it away is taken.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]

REACH_HALF_BITS = 160  # one frame to each side
# (order of the polynomial, half bits to each side), the least noisy first
_FITS = ((1, 160), (2, 160), (2, 80), (2, 40), (2, 16))
_ROUGH_HALF_BITS = 80  # to each side: where the noise of single transitions is judged
_LEFT_OVER = 1.25  # of that noise: a fit that leaves more does not follow the tape
_FEWEST = 12  # transitions in a fit
_TINY = 1e-12  # keeps a window of one transition from dividing by zero; it has too few anyhow
_CROSSING_NOISE = 0.02  # samples: what interpolating a clean transition leaves (48 kHz, 40 µs rise)


@dataclass(frozen=True, slots=True)
class StartFit:
    """What a fit says of frames, one entry each.

    Args:
        shift: what to add to the raw start, samples.
        noise: expected standard deviation of the result, samples.
    """

    shift: Rows
    noise: Rows


def fit_starts(half_bits: Rows, places: Rows, usable: npt.NDArray[np.bool_]) -> StartFit:
    """Fit the grid of transitions around frame starts.

    Args:
        half_bits: each transition's count from the frame's start, shape (frames, transitions).
        places: where it was seen, samples from the raw start.
        usable: which entries count.
    """
    floor = _roughness(places, usable & (np.abs(half_bits) <= _ROUGH_HALF_BITS))
    shift = np.zeros(len(half_bits))
    noise = np.where(np.isfinite(floor), np.maximum(floor, _CROSSING_NOISE), 1.0)
    left_rows = np.isfinite(floor).nonzero()[0]
    for order, reach in _FITS:
        if len(left_rows) == 0:
            break
        x, y = half_bits[left_rows], places[left_rows]
        here = usable[left_rows] & (np.abs(x) <= reach)
        value, spread, left = _fit(x / REACH_HALF_BITS, y, here.astype(np.float64), order)
        follows = left <= _LEFT_OVER * floor[left_rows] + _CROSSING_NOISE
        good = left_rows[follows]
        shift[good] = value[follows]
        noise[good] = (np.maximum(left, floor[left_rows]) * spread)[follows]
        left_rows = left_rows[~follows]
    return StartFit(shift, noise)


def _roughness(places: Rows, usable: npt.NDArray[np.bool_]) -> Rows:
    """Noise of single transitions, samples: their third differences, which no tape's swing reaches.

    Third differences of white noise have sqrt(20) times its standard deviation.
    """
    rough = np.diff(places, n=3, axis=1)
    there = usable[:, 3:] & usable[:, 2:-1] & usable[:, 1:-2] & usable[:, :-3]
    count = there.sum(axis=1)
    squares = np.where(there, rough * rough, 0.0).sum(axis=1)
    return np.where(count >= _FEWEST, np.sqrt(squares / (20.0 * np.maximum(count, 1))), np.inf)


def _fit(x: Rows, y: Rows, weight: Rows, order: int) -> tuple[Rows, Rows, Rows]:
    """Least squares at x = 0: its value, its standard deviation in units of one transition's, what the fit leaves."""
    count = weight.sum(axis=1)
    mean = (weight * x).sum(axis=1) / np.maximum(count, 1.0)
    line = x - mean[:, None]
    squares = np.maximum((weight * line * line).sum(axis=1), _TINY)
    level = (weight * y).sum(axis=1) / np.maximum(count, 1.0)
    slope = (weight * line * y).sum(axis=1) / squares
    rest = y - level[:, None] - slope[:, None] * line
    value = level - slope * mean
    spread = 1.0 / np.maximum(count, 1.0) + mean * mean / squares
    if order == 2:  # what is left of x² once its level and slope are taken away, and how much of it is in y
        bow = line * line
        bow_level = (weight * bow).sum(axis=1) / np.maximum(count, 1.0)
        bow_slope = (weight * line * bow).sum(axis=1) / squares
        bow = bow - bow_level[:, None] - bow_slope[:, None] * line
        bows = np.maximum((weight * bow * bow).sum(axis=1), _TINY)
        bend = (weight * bow * rest).sum(axis=1) / bows
        at_zero = mean * mean - bow_level + bow_slope * mean
        value = value + bend * at_zero
        spread = spread + at_zero * at_zero / bows
        rest = rest - bend[:, None] * bow
    left = np.sqrt((weight * rest * rest).sum(axis=1) / np.maximum(count - (order + 1), 1.0))
    return value, np.sqrt(spread), np.where(count >= _FEWEST, left, np.inf)
