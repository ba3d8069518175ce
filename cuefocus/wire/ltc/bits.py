"""From edges to data words: find the sync pattern by its shape alone, then walk the data bits away from it.

Biphase mark: an edge at every bit boundary, another in the middle of a 1. The sync pattern fixes the bit length and its
drift wherever it stands, at any speed and in either direction, so no clock has to survive a dropout, a jump or a stop.
From there the walk goes bit by bit with a clock of its own: back through the word in forward play, where the pattern
ends it, onwards in reverse play, where the pattern comes first.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.word import DATA_BITS, SYNC_BITS

Places = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

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


@dataclass(frozen=True, slots=True)
class Walked:
    """One word's data bits.

    Args:
        word: bits 0 to 63.
        edges: intervals walked over.
        jitter: RMS deviation of the bits from the walking clock, in bits.
    """

    word: int
    edges: int
    jitter: float


class Broken(Enum):
    """Why a walk has no word: it met something that is no bit, or the edges ran out."""

    TORN = "no bit"
    SHORT = "ran out of edges"


class _Shape:
    """The sync pattern as intervals in one direction of play, with what its search needs worked out once."""

    def __init__(self, intervals: Indices) -> None:
        self.intervals = intervals
        self.marks = np.concatenate([[0], np.cumsum(intervals)])
        twos = np.flatnonzero(intervals == 2)
        self.ones_from = int(twos[1] if twos[0] == 0 else twos[0]) + 1  # the run of twelve ones
        self.ones_to = self.ones_from + 24
        each = np.arange(len(intervals))
        self.low = np.maximum(each - _NEIGHBOURS, 0)
        self.high = np.minimum(each + _NEIGHBOURS + 1, len(intervals))
        self.around = self.marks[self.high] - self.marks[self.low]

    def matches(self, edges: Places) -> Indices:
        """Where consecutive intervals of `edges` have this shape: indices of its first edge."""
        count = len(edges) - len(self.intervals)
        if count <= 0:
            return np.zeros(0, dtype=np.int64)
        start, end = self.ones_from, self.ones_to

        def span(first: int, last: int) -> Places:
            return edges[last : last + count] - edges[first : first + count]

        # The ones are the backbone; their halves and their neighbours sort out nearly everything.
        unit = span(start, end) / 24
        likely = np.abs(span(start, start + 12) - 12 * unit) < 3.5 * unit
        for first, last in ((0, start), (end, len(self.intervals))):
            units = unit * float(self.marks[last] - self.marks[first])
            likely &= np.abs(span(first, last) - _TAIL_MIDDLE * units) < _TAIL_REACH * units
        candidates = np.flatnonzero(likely)
        return candidates[self._fits(edges, candidates)] if len(candidates) else candidates

    def _fits(self, edges: Places, candidates: Indices) -> npt.NDArray[np.bool_]:
        """Whether each interval is what its neighbours lead to expect."""
        places = edges[candidates[:, None] + np.arange(len(self.marks))]
        local_unit = (places[:, self.high] - places[:, self.low]) / self.around
        shape = np.diff(places, axis=1) / (local_unit * self.intervals)
        fits: npt.NDArray[np.bool_] = ((shape > _TOLERANCE_LOW) & (shape < _TOLERANCE_HIGH)).all(axis=1)
        ones = np.diff(places[:, self.ones_from : self.ones_to + 1 : 2], axis=1)
        steps = np.abs(np.diff(ones, axis=1)) < _WORST_STEP * np.minimum(ones[:, 1:], ones[:, :-1])
        fits &= steps.all(axis=1)
        return fits


_AS_HEARD_FORWARD = _Shape(np.array(SYNC_INTERVALS, dtype=np.int64))
_AS_HEARD_REVERSE = _Shape(np.array(SYNC_INTERVALS[::-1], dtype=np.int64))


def find_syncs(edges: Places) -> tuple[Indices, Indices]:
    """Indices of the first edge of each sync pattern: as heard in forward play, and in reverse play."""
    return _AS_HEARD_FORWARD.matches(edges), _AS_HEARD_REVERSE.matches(edges)


def walk(edges: list[float]) -> Walked | Broken:
    """Read the 64 data bits that lie beyond the sync pattern, last bit first.

    Args:
        edges: ascending distances from the pattern's far end: the pattern's own edges in the order 1 0 1…1 0 0,
            so that index `SYNC_EDGES - 1` is the boundary between bits 64 and 63, then the data edges.
    """
    here = SYNC_EDGES - 1
    length = (edges[here] - edges[here - 8]) / 5  # the last two 0s and three 1s
    before = (edges[here - 8] - edges[here - 20]) / 6  # the six 1s before them
    drift = (length - before) / 5.5
    length += 2.5 * drift
    last = len(edges) - 1
    place = edges[here]
    word, squares = 0, 0.0
    for bit in range(DATA_BITS - 1, -1, -1):
        if here == last:
            return Broken.SHORT
        length += drift
        single = edges[here + 1] - place
        error = single - length
        step = 1
        if error < -0.1 * length:
            if here + 2 > last:
                return Broken.SHORT
            double = edges[here + 2] - place
            if abs(double - length) < -error:
                if min(single, double - single) < _WORST_HALF * length:
                    return Broken.TORN
                error, step = double - length, 2
                word |= 1 << bit
        if abs(error) > _WORST_BIT * length:
            return Broken.TORN
        squares += (error / length) ** 2
        length += _LENGTH_GAIN * error
        drift += _DRIFT_GAIN * error
        here += step
        place = edges[here]
    return Walked(word, here - (SYNC_EDGES - 1), math.sqrt(squares / DATA_BITS))
