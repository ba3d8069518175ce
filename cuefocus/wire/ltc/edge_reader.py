"""Reads clean and unsteady timecode by its transitions, at any speed: 0.03 to 8 times normal, both directions.

Edges → sync patterns and bits → words → continuity. Each stage keeps only what it needs of the past, and
none looks at how the input was cut into blocks.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.bits import MOST_EDGES_PER_WORD, SYNC_EDGES, Broken, find_syncs, walk
from cuefocus.wire.ltc.edges import EdgeFinder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.start_fit import REACH_HALF_BITS, fit_starts
from cuefocus.wire.ltc.word import label_of

_WORST_JITTER_BITS = 0.16  # rms; noise that happens to look like a word lies above
_HALF_BITS_PER_WORD = 160
_FINE_SAMPLES = 7.0  # half bits shorter than that: what interpolation leaves is no noise, and no mean takes it away
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
    """

    def __init__(self, sample_rate: int) -> None:
        self._finder = EdgeFinder(sample_rate)
        self._edges = np.zeros(0)
        self._searched = 0  # index into `_edges` up to which sync patterns have been looked for
        self._syncs: deque[tuple[int, int]] = deque()  # (index of the first edge, direction), not yet walked
        self.tally = EdgeTally()

    def feed(self, block: npt.NDArray[np.float32]) -> list[LtcFrame]:
        """Words that this block completes, in order of time.

        Args:
            block: samples of one channel, any length, any level.
        """
        return self._take(self._finder.feed(block), at_end=False)

    def flush(self) -> list[LtcFrame]:
        """Words still to come when the sound is over."""
        return self._take(self._finder.flush(), at_end=True)

    def _take(self, edges: npt.NDArray[np.float64], *, at_end: bool) -> list[LtcFrame]:
        if len(edges):
            self._edges = np.concatenate([self._edges, edges])
            self._search()
        frames: list[LtcFrame] = []
        starts: list[int] = []
        while self._syncs:
            read = self._read(*self._syncs[0], at_end=at_end)
            if read is Broken.SHORT:
                break
            self._syncs.popleft()
            if not isinstance(read, Broken):
                frames.append(read[0])
                starts.append(read[1])
        frames = self._with_fitted_starts(frames, starts)
        self._forget()
        return frames

    def _search(self) -> None:
        """Look for sync patterns among edges not searched yet."""
        forward, reverse = find_syncs(self._edges[self._searched :])
        found = [(int(at) + self._searched, 1) for at in forward] + [(int(at) + self._searched, -1) for at in reverse]
        self._syncs.extend(sorted(found))
        self.tally.syncs += len(found)
        self._searched = max(self._searched, len(self._edges) - SYNC_EDGES + 1)

    def _read(self, at: int, direction: int, *, at_end: bool) -> tuple[LtcFrame, int] | Broken:
        """The word that belongs to the sync pattern at edge `at`, and the index of the edge it starts with."""
        if direction > 0:
            near = max(0, at - MOST_EDGES_PER_WORD)
            outward = (-self._edges[near : at + SYNC_EDGES][::-1]).tolist()
        else:
            outward = self._edges[at : at + SYNC_EDGES + MOST_EDGES_PER_WORD].tolist()
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
        return LtcFrame(label, walked.word, *places, direction, walked.jitter), start

    def _with_fitted_starts(self, frames: list[LtcFrame], starts: list[int]) -> list[LtcFrame]:
        """The same words, their starts fitted to the transitions before them and within them."""
        if not frames:
            return frames
        start = np.array(starts)
        around = start[:, None] + np.arange(-_FIT_EDGES, _FIT_EDGES + 1)
        there = (around >= 0) & (around < len(self._edges))
        edges = self._edges[np.clip(around, 0, len(self._edges) - 1)]
        unit = np.array([frame.samples_per_frame for frame in frames]) / _HALF_BITS_PER_WORD
        steps = np.diff(edges, axis=1) / unit[:, None]
        counted = np.rint(steps)
        whole = there[:, 1:] & there[:, :-1] & (counted >= 1.0) & (counted <= 2.0)
        after, before = whole[:, _FIT_EDGES:], whole[:, :_FIT_EDGES][:, ::-1]
        own = edges[:, _FIT_EDGES + 1 :] <= np.array([frame.last_sample for frame in frames])[:, None] + 1e-6
        after = np.logical_and.accumulate(after & own, axis=1)
        before = np.logical_and.accumulate(before, axis=1)[:, ::-1]
        middle = np.ones((len(frames), 1), dtype=bool)
        usable = np.concatenate([before, middle, after], axis=1) & (unit >= _FINE_SAMPLES)[:, None]
        counts = np.concatenate([np.zeros((len(frames), 1)), np.cumsum(np.where(whole, counted, 0.0), axis=1)], axis=1)
        half_bits = counts - counts[:, _FIT_EDGES : _FIT_EDGES + 1]
        places = edges - edges[:, _FIT_EDGES : _FIT_EDGES + 1]
        bent = places - half_bits * unit[:, None]
        fit = fit_starts(half_bits, bent, usable)
        return [
            replace(frame, start_sample=frame.start_sample + shift, noise_samples=noise)
            for frame, shift, noise in zip(frames, fit.shift.tolist(), fit.noise.tolist(), strict=True)
        ]

    def _forget(self) -> None:
        """Drop edges that no later word can need."""
        needed = min([self._searched, *(at for at, _ in self._syncs)]) - MOST_EDGES_PER_WORD - SYNC_EDGES - _FIT_EDGES
        if needed > 0:
            self._edges = self._edges[needed:]
            self._searched -= needed
            self._syncs = deque((at - needed, direction) for at, direction in self._syncs)
