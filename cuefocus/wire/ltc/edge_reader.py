"""Reads clean and unsteady timecode by its transitions, at any speed: 0.03 to 8 times normal, both directions.

Edges → sync patterns and bits → words → continuity. Each stage keeps only what it needs of the past, and
none looks at how the input was cut into blocks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.bits import MOST_EDGES_PER_WORD, SYNC_EDGES
from cuefocus.wire.ltc.edges import EdgeFinder
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.start_fit import REACH_HALF_BITS
from cuefocus.wire.ltc.words import Words

_FIT_EDGES = REACH_HALF_BITS  # at most one transition a half bit, to each side of a start


@dataclass(slots=True)
class EdgeTally:
    """What an edge reader has met so far.

    Args:
        syncs: sync patterns found.
        torn: words with an impossible bit, or too unsteady a clock.
        impossible: words whose digits name no frame.
    """

    syncs: int = 0
    torn: int = 0
    impossible: int = 0


class EdgeReader:
    """Words as they come; that they count on is not asked here.

    Args:
        sample_rate: samples per second.
        kernels: its inner loops.
    """

    def __init__(self, sample_rate: int, kernels: Kernels) -> None:
        self._kernels = kernels
        self._finder = EdgeFinder(sample_rate, kernels)
        self._edges = np.zeros(0)
        self._searched = 0  # index into `_edges` up to which sync patterns have been looked for
        self._ats = np.zeros(0, dtype=np.int64)  # sync patterns not yet walked: index of the earliest edge
        self._directions = np.zeros(0, dtype=np.int64)
        self.tally = EdgeTally()

    def feed(self, block: npt.NDArray[np.float32 | np.int16]) -> Words:
        """Words that this block completes, in order of time.

        Args:
            block: samples of one channel, any length, any level.
        """
        return self._take(self._finder.feed(block), at_end=False)

    def flush(self) -> Words:
        """Words still to come when the sound is over."""
        return self._take(self._finder.flush(), at_end=True)

    def _take(self, edges: npt.NDArray[np.float64], *, at_end: bool) -> Words:
        if len(edges):
            self._edges = np.concatenate([self._edges, edges])
            self._search()
        if len(self._ats) == 0:
            self._forget()
            return Words.none()
        numbers, jitters, done, torn, impossible = self._kernels.words(
            self._edges, self._ats, self._directions, at_end=at_end
        )
        self._ats, self._directions = self._ats[done:], self._directions[done:]
        self.tally.torn += torn
        self.tally.impossible += impossible
        words = Words.none()
        if len(jitters):
            words = Words(numbers, self._kernels.starts(self._edges, numbers), jitters)
        self._forget()
        return words

    def _search(self) -> None:
        """Look for sync patterns among edges not searched yet."""
        if len(self._edges) - self._searched < SYNC_EDGES:
            return
        ats, directions = self._kernels.syncs(self._edges, self._searched)
        if len(ats):
            self._ats = np.concatenate([self._ats, ats])
            self._directions = np.concatenate([self._directions, directions])
            self.tally.syncs += len(ats)
        self._searched = len(self._edges) - SYNC_EDGES + 1

    def _forget(self) -> None:
        """Drop edges that no later word can need."""
        first = min(self._searched, int(self._ats[0])) if len(self._ats) else self._searched
        needed = first - MOST_EDGES_PER_WORD - SYNC_EDGES - _FIT_EDGES
        if needed > 0:
            self._edges = self._edges[needed:]
            self._searched -= needed
            self._ats = self._ats - needed
