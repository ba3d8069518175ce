"""The streaming LTC decoder: samples in, believed frames out.

Front end → edges → sync patterns and bits → words → continuity. Each stage keeps only what it needs of the past, and
none looks at how the input was cut into blocks.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.bits import MOST_EDGES_PER_WORD, SYNC_EDGES, Broken, find_syncs, walk
from cuefocus.wire.ltc.continuity import ContinuityGate
from cuefocus.wire.ltc.edges import EdgeFinder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.word import label_of

_WORST_JITTER_BITS = 0.16  # rms; noise that happens to look like a word lies above


@dataclass(slots=True)
class Tally:
    """What a decoder has met so far.

    Args:
        syncs: sync patterns found.
        torn: words with an impossible bit, or too unsteady a clock.
        impossible: words whose digits name no frame.
        unconfirmed: frames no neighbour vouched for.
        frames: frames handed over.
    """

    syncs: int = 0
    torn: int = 0
    impossible: int = 0
    unconfirmed: int = 0
    frames: int = 0


class LtcDecoder:
    """Reads LTC at 0.03 to 8 times normal speed, in both directions, from one channel of sound.

    Args:
        sample_rate: samples per second.
    """

    def __init__(self, sample_rate: int) -> None:
        self._finder = EdgeFinder(sample_rate)
        self._gate = ContinuityGate()
        self._edges = np.zeros(0)
        self._searched = 0  # index into `_edges` up to which sync patterns have been looked for
        self._syncs: deque[tuple[int, int]] = deque()  # (index of the first edge, direction), not yet walked
        self.tally = Tally()

    def feed(self, block: npt.NDArray[np.float32]) -> list[LtcFrame]:
        """Frames that this block completes, in order of time.

        Args:
            block: samples of one channel, any length, any level.
        """
        return self._take(self._finder.feed(block), at_end=False)

    def feed_many(self, blocks: npt.NDArray[np.float32], ends: npt.NDArray[np.int64]) -> list[list[LtcFrame]]:
        """Frames that each of many blocks completes: as feeding one after another, in a fraction of the time.

        Args:
            blocks: the blocks joined.
            ends: where each of them ends therein, ascending; the last is the end of all.
        """
        looked = self._finder.looked(ends + self._finder.fed_samples)
        edges, known = self._finder.feed_known(blocks)
        counts = np.searchsorted(known, looked, side="right") + len(self._edges)
        self._edges = np.concatenate([self._edges, edges])
        self._search()
        frames = [self._read_all(count, at_end=False) for count in counts.tolist()]
        self._forget()
        return frames

    def flush(self) -> list[LtcFrame]:
        """Frames still to come when the sound is over."""
        frames = self._take(self._finder.flush(), at_end=True)
        self._gate.flush()
        self.tally.unconfirmed = self._gate.refused
        return frames

    def _take(self, edges: npt.NDArray[np.float64], *, at_end: bool) -> list[LtcFrame]:
        if len(edges):
            self._edges = np.concatenate([self._edges, edges])
            self._search()
        frames = self._read_all(len(self._edges), at_end=at_end)
        self._forget()
        return frames

    def _read_all(self, known: int, *, at_end: bool) -> list[LtcFrame]:
        """Believed frames among the first `known` edges."""
        frames: list[LtcFrame] = []
        while self._syncs and self._syncs[0][0] + SYNC_EDGES <= known:
            frame = self._read(*self._syncs[0], known, at_end=at_end)
            if frame is Broken.SHORT:
                break
            self._syncs.popleft()
            if isinstance(frame, LtcFrame):
                frames += self._gate.feed(frame)
        self.tally.unconfirmed = self._gate.refused
        self.tally.frames += len(frames)
        return frames

    def _search(self) -> None:
        """Look for sync patterns among edges not searched yet."""
        forward, reverse = find_syncs(self._edges[self._searched :])
        found = [(int(at) + self._searched, 1) for at in forward] + [(int(at) + self._searched, -1) for at in reverse]
        self._syncs.extend(sorted(found))
        self.tally.syncs += len(found)
        self._searched = max(self._searched, len(self._edges) - SYNC_EDGES + 1)

    def _read(self, at: int, direction: int, known: int, *, at_end: bool) -> LtcFrame | Broken:
        """The frame that belongs to the sync pattern at edge `at`, by the first `known` edges."""
        if direction > 0:
            near = max(0, at - MOST_EDGES_PER_WORD)
            outward = (-self._edges[near : at + SYNC_EDGES][::-1]).tolist()
        else:
            outward = self._edges[at : min(known, at + SYNC_EDGES + MOST_EDGES_PER_WORD)].tolist()
        walked = walk(outward)
        if walked is Broken.SHORT and direction < 0 and not at_end:
            return Broken.SHORT  # the rest of the word is still to come
        if isinstance(walked, Broken) or walked.jitter > _WORST_JITTER_BITS:
            self.tally.torn += 1
            return Broken.TORN
        label = label_of(walked.word)
        if label is None:
            self.tally.impossible += 1
            return Broken.TORN
        sync_end = SYNC_EDGES - 1
        if direction > 0:
            start, end = at - walked.edges, at + sync_end
        else:
            start, end = at + sync_end + walked.edges, at
        places = float(self._edges[start]), float(self._edges[end])
        return LtcFrame(label, walked.word, *places, direction, walked.jitter)

    def _forget(self) -> None:
        """Drop edges that no later word can need."""
        needed = min([self._searched, *(at for at, _ in self._syncs)]) - MOST_EDGES_PER_WORD
        if needed > 0:
            self._edges = self._edges[needed:]
            self._searched -= needed
            self._syncs = deque((at - needed, direction) for at, direction in self._syncs)
