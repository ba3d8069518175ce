"""The fits of frame starts, written out for a compiler (`kernels`); `start_fit` has them in numpy.

Both give the same numbers, bit for bit: the same sums in the same order.
"""

import math

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.start_fit import (
    CROSSING_NOISE,
    FEWEST,
    FIT_BITS,
    FITS,
    LEFT_OVER,
    REACH_HALF_BITS,
    ROUGH_HALF_BITS,
    TINY,
    UNKNOWN_NOISE,
)

Row = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def fit_start(x: Row, places: Row, count: int) -> tuple[float, float]:
    """What to add to one frame's raw start, and the noise of the result, samples.

    Args:
        x: place of each usable transition on the grid, from the frame's start, in `REACH_HALF_BITS`, ascending.
        places: where it was seen, samples from the raw start and its place on the grid.
        count: how many there are.
    """
    first, last = within(x, 0, count, ROUGH_HALF_BITS / REACH_HALF_BITS)
    floor = roughness(places, first, last)
    if not floor < math.inf:
        return 0.0, UNKNOWN_NOISE
    first, last = 0, count
    for order, reach in FITS:
        first, last = within(x, first, last, reach / REACH_HALF_BITS)
        value, spread, left = fit(x, places, first, last, order)
        if left <= LEFT_OVER * floor + CROSSING_NOISE:
            return value, max(left, floor) * spread
    return 0.0, max(floor, CROSSING_NOISE)


def within(x: Row, first: int, last: int, reach: float) -> tuple[int, int]:
    """The part of `first` … `last` - 1 that is no further than `reach` from the start."""
    while first < last and x[first] < -reach:
        first += 1
    while first < last and x[last - 1] > reach:
        last -= 1
    return first, last


def roughness(places: Row, first: int, last: int) -> float:
    """Noise of single transitions, samples, by their third differences."""
    count = last - first - 3
    if count < FEWEST:
        return math.inf
    squares = 0.0
    for at in range(first, last - 3):
        early, middle, late = (
            places[at + 1] - places[at],
            places[at + 2] - places[at + 1],
            places[at + 3] - places[at + 2],
        )
        rough = (late - middle) - (middle - early)
        squares += rough * rough
    return math.sqrt(squares / (20.0 * count))


def fit(x: Row, places: Row, first: int, last: int, order: int) -> tuple[float, float, float]:
    """Least squares at x = 0: its value, its standard deviation in units of one transition's, what the fit leaves."""
    count = float(last - first)
    if count < FEWEST:
        return 0.0, 0.0, math.inf
    mean = level = 0.0
    for at in range(first, last):
        mean += x[at]
        level += places[at]
    mean, level = mean / count, level / count
    squares = slope = 0.0
    for at in range(first, last):
        line = x[at] - mean
        squares += line * line
        slope += line * places[at]
    squares = max(squares, TINY)
    slope = slope / squares
    value = level - slope * mean
    spread = 1.0 / count + mean * mean / squares
    bend = bow_level = bow_slope = 0.0
    if order == 2:  # what is left of x² once its level and slope are taken away, and how much of it is in y
        for at in range(first, last):
            line = x[at] - mean
            bow = line * line
            bow_level += bow
            bow_slope += line * bow
        bow_level, bow_slope = bow_level / count, bow_slope / squares
        bows = 0.0
        for at in range(first, last):
            line = x[at] - mean
            bow = line * line - bow_level - bow_slope * line
            bows += bow * bow
            bend += bow * (places[at] - level - slope * line)
        bows = max(bows, TINY)
        bend = bend / bows
        at_zero = mean * mean - bow_level + bow_slope * mean
        value = value + bend * at_zero
        spread = spread + at_zero * at_zero / bows
    left = 0.0
    for at in range(first, last):
        line = x[at] - mean
        rest = places[at] - level - slope * line
        if order == 2:
            rest = rest - bend * (line * line - bow_level - bow_slope * line)
        left += rest * rest
    return value, math.sqrt(spread), math.sqrt(left / max(count - (order + 1), 1.0))


def word_starts(
    edges: Row, numbers: Numbers, fine_samples: float, half_bits_per_word: int, out: Row, room: Row
) -> None:
    """Where words begin by the transitions before them and within them.

    Args:
        edges: places, ascending.
        numbers: the words, as `bits.read_words` fills them.
        fine_samples: half bits shorter than that are not fitted.
        half_bits_per_word: of every word.
        out: filled, a row a word: start, end, noise of the start, samples.
        room: two rows of 2 * `REACH_HALF_BITS` + 1.
    """
    x, places = room[0], room[1]
    for word in range(len(numbers)):
        start, end = numbers[word, 4], numbers[word, 5]
        origin = edges[start]
        unit = abs(edges[end] - origin) / half_bits_per_word
        shift, noise = 0.0, UNKNOWN_NOISE
        if unit >= fine_samples:
            shortest, middling, longest = 0.5 * unit, 1.5 * unit, 2.5 * unit
            first = last = REACH_HALF_BITS
            x[first] = places[first] = 0.0
            half_bits = 0
            for at in range(start, max(0, start - REACH_HALF_BITS), -1):
                step = edges[at] - edges[at - 1]
                if not shortest < step <= longest:
                    break
                half_bits -= 1 if step < middling else 2
                first -= 1
                x[first] = half_bits / REACH_HALF_BITS
                places[first] = (edges[at - 1] - origin) - half_bits * unit
            half_bits = 0
            latest = max(edges[end], origin) + 1e-6
            for at in range(start, min(len(edges) - 1, start + REACH_HALF_BITS)):
                step = edges[at + 1] - edges[at]
                if not shortest < step <= longest or edges[at + 1] > latest:
                    break
                half_bits += 1 if step < middling else 2
                last += 1
                x[last] = half_bits / REACH_HALF_BITS
                places[last] = (edges[at + 1] - origin) - half_bits * unit
            shift, noise = fit_start(x[first : last + 1], places[first : last + 1], last + 1 - first)
        out[word, 0], out[word, 1], out[word, 2] = origin + shift, edges[end], noise


def bit_starts(measured: Row, bits: Numbers, last: Numbers, starts: Row, noises: Row, room: Row) -> None:
    """Where bits begin and how sure that is, samples, by the places at which bits around them seemed to begin.

    Args:
        measured: of bits in a row.
        bits: index of each bit among them; it may lie beyond.
        last: index of the last bit that may be looked at for it.
        starts: filled.
        noises: likewise.
        room: two rows of 2 * `FIT_BITS` + 1.
    """
    x, places = room[0], room[1]
    for each in range(len(bits)):
        bit = bits[each]
        low, high = max(0, bit - FIT_BITS), min(last[each], bit + FIT_BITS) + 1
        count, at = high - low, bit - low
        unit = (measured[high - 1] - measured[low]) / (count - 1)
        middle = measured[low] + at * unit
        for near in range(count):
            steps = near - at
            x[near] = (2.0 * steps) / REACH_HALF_BITS
            places[near] = (measured[low + near] - middle) - steps * unit
        shift, noise = fit_start(x, places, count)
        starts[each], noises[each] = middle + shift, noise
