"""From edges to data words: find the sync pattern by its shape alone, then walk the data bits away from it.

Biphase mark: an edge at every bit boundary, another in the middle of a 1. The sync pattern fixes the bit length and its
drift wherever it stands, at any speed and in either direction, so no clock has to survive a dropout, a jump or a stop.
From there the walk goes bit by bit with a clock of its own: back through the word in forward play, where the pattern
ends it, onwards in reverse play, where the pattern comes first.

`likely_syncs` looks at all edges at once; the others are plain loops that a compiler may take over (`kernels`).
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.word import DATA_BITS, SYNC_BITS, packed_label

Places = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
AnyPlaces = Sequence[float] | Places

# The sync pattern in half bits from edge to edge: 0 is one interval of 2, 1 is two of 1.
SYNC_INTERVALS: tuple[int, ...] = tuple(part for bit in SYNC_BITS for part in ((1, 1) if bit else (2,)))
SYNC_EDGES = len(SYNC_INTERVALS) + 1
MOST_EDGES_PER_WORD = 2 * DATA_BITS  # walked away from the pattern

_TOLERANCE_LOW, _TOLERANCE_HIGH = 0.62, 1.45  # a 1 read as 0 would show about 1.9, a 0 read as 1 about 0.5
_WORST_STEP = 0.42  # between the lengths of two 1s in a row; where 1s give way to 0s it is 0.5 or 1
# What lies before and after the ones may be longer near a standstill, where the deck brakes within the pattern.
_TAIL_MIDDLE, _TAIL_REACH = 1.37, 0.73
_NEIGHBOURS = 4  # intervals to each side that say how long a half bit is here

# The walking clock: second order, damped; wide enough for a deck that spins up within one word.
_LENGTH_GAIN = 0.35
_DRIFT_GAIN = 0.08
_WORST_BIT = 0.4  # furthest a bit may be from its expected length, as a part of it
_WORST_HALF = 0.22  # shortest half of a 1, in bits
_WORST_JITTER_BITS = 0.16  # rms; noise that happens to look like a word lies above

WHOLE, TORN, SHORT = 0, 1, 2
"""How a walk ends: with a word; at something that is no bit; where the edges run out."""

_ONES_FROM = SYNC_INTERVALS.index(1)  # the run of twelve ones, in edges from the pattern's first in forward play
_ONES_TO = _ONES_FROM + 24
_PART = 1.0 / 24.0
_LAST = len(SYNC_INTERVALS)
_HEAD_UNITS = float(sum(SYNC_INTERVALS[:_ONES_FROM]))
_TAIL_UNITS = float(sum(SYNC_INTERVALS[_ONES_TO:]))
# For each interval, its neighbours from edge to edge and how many half bits those last.
_LOW = tuple(max(at - _NEIGHBOURS, 0) for at in range(_LAST))
_HIGH = tuple(min(at + _NEIGHBOURS + 1, _LAST) for at in range(_LAST))
_AROUND = tuple(float(sum(SYNC_INTERVALS[low:high])) for low, high in zip(_LOW, _HIGH, strict=True))
_UNITS = tuple(float(units) for units in SYNC_INTERVALS)


def likely_syncs(edges: Places, direction: int) -> Indices:
    """Where a sync pattern may stand as heard in that direction of play: indices of its earliest edge.

    The ones are the backbone; their halves and their neighbours sort out nearly everything.
    """
    count = len(edges) - _LAST
    if count <= 0:
        return np.zeros(0, dtype=np.int64)

    def span(first: int, last: int) -> Places:  # edges of the pattern, in the order of forward play
        if direction < 0:
            first, last = _LAST - last, _LAST - first
        return edges[last : last + count] - edges[first : first + count]

    unit = span(_ONES_FROM, _ONES_TO) * _PART
    likely = np.abs(span(_ONES_FROM, _ONES_FROM + 12) - 12.0 * unit) < 3.5 * unit
    for first, last, units in ((0, _ONES_FROM, _HEAD_UNITS), (_ONES_TO, _LAST, _TAIL_UNITS)):
        expected = unit * units
        likely &= np.abs(span(first, last) - _TAIL_MIDDLE * expected) < _TAIL_REACH * expected
    return np.flatnonzero(likely)


def is_likely_sync(edges: AnyPlaces, origin: int, step: int) -> bool:
    """What `likely_syncs` asks, of one place; arguments as for `has_sync_shape`."""
    start, end = edges[origin + step * _ONES_FROM], edges[origin + step * _ONES_TO]
    unit = step * (end - start) * _PART
    expected = unit * _HEAD_UNITS  # asked first: what sorts out most
    if not abs(step * (start - edges[origin]) - _TAIL_MIDDLE * expected) < _TAIL_REACH * expected:
        return False
    expected = unit * _TAIL_UNITS
    if not abs(step * (edges[origin + step * _LAST] - end) - _TAIL_MIDDLE * expected) < _TAIL_REACH * expected:
        return False
    half = step * (edges[origin + step * (_ONES_FROM + 12)] - start)
    return bool(abs(half - 12.0 * unit) < 3.5 * unit)


def has_sync_shape(edges: AnyPlaces, origin: int, step: int) -> bool:
    """Whether each interval of the pattern is what its neighbours lead to expect.

    Args:
        edges: places, ascending.
        origin: the edge that bit 64 begins with.
        step: from there to the pattern's other edges: 1 in forward play, -1 in reverse.
    """
    before = 0.0
    for at in range(_LAST):
        here = origin + step * at
        length = step * (edges[here + step] - edges[here])
        span = step * (edges[origin + step * _HIGH[at]] - edges[origin + step * _LOW[at]])
        expected = span / _AROUND[at] * _UNITS[at]
        if not _TOLERANCE_LOW * expected < length < _TOLERANCE_HIGH * expected:
            return False
        if _ONES_FROM <= at < _ONES_TO and (at - _ONES_FROM) % 2 == 0:
            one = step * (edges[here + 2 * step] - edges[here])
            if at > _ONES_FROM and not abs(one - before) < _WORST_STEP * min(one, before):
                return False
            before = one
    return True


def find_syncs(edges: AnyPlaces, first: int, last: int, ats: Indices, directions: Indices) -> int:
    """Every sync pattern whose earliest edge has an index from `first` to before `last`; fills the two, counts them."""
    found = 0
    for at in range(first, last):
        for step in (1, -1):
            origin = at if step > 0 else at + _LAST
            if is_likely_sync(edges, origin, step) and has_sync_shape(edges, origin, step):
                ats[found], directions[found] = at, step
                found += 1
    return found


def walk(edges: AnyPlaces, origin: int, step: int, count: int) -> tuple[int, int, int, int, float]:
    """Read the 64 data bits that lie beyond the sync pattern, last bit first.

    Args:
        edges: places, ascending.
        origin: the edge between bits 64 and 63.
        step: from there to the word's earlier bits: -1 in forward play, 1 in reverse.
        count: edges there are to walk over.

    Returns: how it ended (`WHOLE`, `TORN` or `SHORT`); bits 0 to 31; bits 32 to 63; edges walked over; RMS deviation
        of the bits from the walking clock, in bits.
    """
    length = step * (edges[origin] - edges[origin - 8 * step]) / 5.0  # the last two 0s and three 1s
    before = step * (edges[origin - 8 * step] - edges[origin - 20 * step]) / 6.0  # the six 1s before them
    drift = (length - before) / 5.5
    length += 2.5 * drift
    here = 0
    place = edges[origin]
    low, high, squares = 0, 0, 0.0
    for bit in range(DATA_BITS - 1, -1, -1):
        if here == count:
            return SHORT, 0, 0, 0, 0.0
        length += drift
        single = step * (edges[origin + (here + 1) * step] - place)
        error = single - length
        edges_on = 1
        if error < -0.1 * length:
            if here + 2 > count:
                return SHORT, 0, 0, 0, 0.0
            double = step * (edges[origin + (here + 2) * step] - place)
            if abs(double - length) < -error:
                if min(single, double - single) < _WORST_HALF * length:
                    return TORN, 0, 0, 0, 0.0
                error, edges_on = double - length, 2
                if bit < 32:
                    low |= 1 << bit
                else:
                    high |= 1 << (bit - 32)
        if abs(error) >= _WORST_BIT * length:
            return TORN, 0, 0, 0, 0.0
        deviation = error / length
        squares += deviation * deviation
        length += _LENGTH_GAIN * error
        drift += _DRIFT_GAIN * error
        here += edges_on
        place = edges[origin + here * step]
    return WHOLE, low, high, here, math.sqrt(squares / DATA_BITS)


def read_words(
    edges: AnyPlaces, ats: Indices, directions: Indices, at_end: bool, numbers: Indices, jitters: Places
) -> tuple[int, int, int, int]:
    """The words that belong to sync patterns.

    Args:
        edges: places, ascending.
        ats: index of each pattern's earliest edge, ascending.
        directions: 1 where it is heard in forward play, -1 in reverse.
        at_end: no more edges will come.
        numbers: filled, a row a word: bits 0 to 31, bits 32 to 63, packed label, direction, index of the edge the
            word begins with, index of the edge it ends with.
        jitters: filled: RMS deviation of the bits, in bits.

    Returns: patterns done with; words; torn words; words whose digits name no frame.
    """
    words = torn = impossible = 0
    for each in range(len(ats)):
        at, direction = ats[each], directions[each]
        if direction > 0:
            boundary, count = at, min(at, MOST_EDGES_PER_WORD)
        else:
            boundary = at + SYNC_EDGES - 1
            count = min(len(edges) - 1 - boundary, MOST_EDGES_PER_WORD)
        ended, low, high, walked, jitter = walk(edges, boundary, -direction, count)
        if ended == SHORT and direction < 0 and not at_end:
            return each, words, torn, impossible  # the rest of the word is still to come
        if ended != WHOLE or jitter > _WORST_JITTER_BITS:
            torn += 1
            continue
        label = packed_label(low, high)
        if label < 0:
            impossible += 1
            continue
        row = numbers[words]
        row[0], row[1], row[2], row[3] = low, high, label, direction
        row[4] = boundary - direction * walked
        row[5] = boundary + direction * (SYNC_EDGES - 1)
        jitters[words] = jitter
        words += 1
    return len(ats), words, torn, impossible
