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
    frames = len(half_bits)
    shifts, spreads, lefts = [], [], []
    for order, reach in _FITS:
        weight = (usable & (np.abs(half_bits) <= reach)).astype(np.float64)
        shift, spread, left = _fit(half_bits / REACH_HALF_BITS, places, weight, order)
        shifts.append(shift)
        spreads.append(spread)
        lefts.append(left)
    left = np.array(lefts)
    floor = _roughness(places, usable & (np.abs(half_bits) <= _ROUGH_HALF_BITS))
    follows = left <= _LEFT_OVER * floor + _CROSSING_NOISE
    noise = np.where(follows & np.isfinite(left), np.maximum(left, floor) * np.array(spreads), np.inf)
    best = noise.argmin(axis=0)
    rows = np.arange(frames)
    found = np.isfinite(noise[best, rows])
    shift = np.where(found, np.array(shifts)[best, rows], 0.0)
    alone = np.where(np.isfinite(floor), np.maximum(floor, _CROSSING_NOISE), 1.0)
    return StartFit(shift, np.where(found, noise[best, rows], alone))


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
    fit = count >= _FEWEST
    powers = x[:, :, None] ** np.arange(order + 1)
    weighted = powers * weight[:, :, None]
    normal = np.einsum("fki,fkj->fij", weighted, powers)
    normal[~fit] = np.eye(order + 1)
    right = np.einsum("fki,fk->fi", weighted, y)
    # nearly one-sided windows are well-conditioned enough in float64; a singular one cannot have _FEWEST places
    inverse = np.linalg.inv(normal)
    answer = np.einsum("fij,fj->fi", inverse, right)
    rest = y - np.einsum("fki,fi->fk", powers, answer)
    free = np.maximum(count - (order + 1), 1.0)
    left = np.sqrt(np.einsum("fk,fk->f", weight, rest * rest) / free)
    left = np.where(fit, left, np.inf)
    return answer[:, 0], np.sqrt(np.maximum(inverse[:, 0, 0], 0.0)), left
