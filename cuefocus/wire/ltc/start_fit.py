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
FIT_BITS = REACH_HALF_BITS // 2
FITS = ((1, 160), (2, 160), (2, 80), (2, 40), (2, 16))
"""(order of the polynomial, half bits to each side), the least noisy first."""
ROUGH_HALF_BITS = 80  # to each side: where the noise of single transitions is judged
LEFT_OVER = 1.25  # of that noise: a fit that leaves more does not follow the tape
FEWEST = 12  # transitions in a fit
TINY = 1e-12  # keeps a window of one transition from dividing by zero; it has too few anyhow
CROSSING_NOISE = 0.02  # samples: what interpolating a clean transition leaves (48 kHz, 40 µs rise)
UNKNOWN_NOISE = 1.0  # samples


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
    floor = _roughness(places, usable & (np.abs(half_bits) <= ROUGH_HALF_BITS))
    shift = np.zeros(len(half_bits))
    noise = np.where(np.isfinite(floor), np.maximum(floor, CROSSING_NOISE), UNKNOWN_NOISE)
    left_rows = np.isfinite(floor).nonzero()[0]
    for order, reach in FITS:
        if len(left_rows) == 0:
            break
        x, y = half_bits[left_rows], places[left_rows]
        here = usable[left_rows] & (np.abs(x) <= reach)
        value, spread, left = _fit(x / REACH_HALF_BITS, y, here.astype(np.float64), order)
        follows = left <= LEFT_OVER * floor[left_rows] + CROSSING_NOISE
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
    squares = _sum(np.where(there, rough * rough, 0.0))
    return np.where(count >= FEWEST, np.sqrt(squares / (20.0 * np.maximum(count, 1))), np.inf)


def _fit(x: Rows, y: Rows, weight: Rows, order: int) -> tuple[Rows, Rows, Rows]:
    """Least squares at x = 0: its value, its standard deviation in units of one transition's, what the fit leaves."""
    count = weight.sum(axis=1)
    some = np.maximum(count, 1.0)
    mean = _sum(weight * x) / some
    line = x - mean[:, None]
    squares = np.maximum(_sum(weight * line * line), TINY)
    level = _sum(weight * y) / some
    slope = _sum(weight * line * y) / squares
    rest = y - level[:, None] - slope[:, None] * line
    value = level - slope * mean
    spread = 1.0 / some + mean * mean / squares
    if order == 2:  # what is left of x² once its level and slope are taken away, and how much of it is in y
        bow = line * line
        bow_level = _sum(weight * bow) / some
        bow_slope = _sum(weight * line * bow) / squares
        bow = bow - bow_level[:, None] - bow_slope[:, None] * line
        bows = np.maximum(_sum(weight * bow * bow), TINY)
        bend = _sum(weight * bow * rest) / bows
        at_zero = mean * mean - bow_level + bow_slope * mean
        value = value + bend * at_zero
        spread = spread + at_zero * at_zero / bows
        rest = rest - bend[:, None] * bow
    left = np.sqrt(_sum(weight * rest * rest) / np.maximum(count - (order + 1), 1.0))
    return value, np.sqrt(spread), np.where(count >= FEWEST, left, np.inf)


def _sum(rows: Rows) -> Rows:
    """Each row's sum, taken from its first entry to its last, as a loop takes it: so the loops give the same bits."""
    total: Rows = np.add.accumulate(rows, axis=1)[:, -1]
    return total
