"""Reads timecode through noise, hum and bad equalisation: front end → bit clock → word places → timelines.

For play speeds of 0.8 to 1.25 in both directions; anything else, and dropouts and cuts, are the edge reader's.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.bit_clock import BitClock, BitRun
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.front_end import FrontEnd
from cuefocus.wire.ltc.timelines import SoftWord, Timelines
from cuefocus.wire.ltc.word import SYNC_BITS

_WORD_BITS = 80
_SYNC_LENGTH = 16
_MEMORY = 0.85  # per word: how long the place of the sync word is remembered
_NOISE = 0.4  # what chance gives
_SEEN = 0.5
_KEPT_BITS = 3000
_FIT_BITS = 40  # to each side of a frame's start


def _shape(bits: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Signs of the half bits of a bit pattern, first half positive."""
    halves, level = [], -1.0
    for bit in bits:
        level = -level
        halves.append(level)
        level = -level if bit else level
        halves.append(level)
    return np.array(halves)


_SYNC_SHAPE = _shape(SYNC_BITS)
_SYNC_SHAPE_REVERSED = _SYNC_SHAPE[::-1].copy()


class SoftReader:
    """Streaming reader of noisy timecode: sample blocks in, believed frames out.

    Args:
        sample_rate: samples per second.
        first_sample: where in the stream the first sample fed to it stands.
    """

    def __init__(self, sample_rate: int, *, first_sample: int = 0) -> None:
        self._front = FrontEnd(sample_rate)
        self._clock = BitClock(sample_rate, first_sample - self._front.delay_samples)
        self._rate = sample_rate
        self._words = _WordFinder()

    @property
    def horizon(self) -> float:
        """Samples before this have been read as far as they ever will."""
        return self._clock.horizon - _WORD_BITS * self._rate / 2000

    def feed(self, block: npt.NDArray[np.float32]) -> list[LtcFrame]:
        """Frames that this block makes sure of, those of each moment of certainty in order of time."""
        frames: list[LtcFrame] = []
        for run in self._clock.feed(self._front.feed(block)):
            if run.fresh:
                self._words = _WordFinder()
            frames += self._words.feed(run)
        return frames

    def flush(self) -> list[LtcFrame]:
        """Frames still to come when the sound is over."""
        return self.feed(np.zeros(self._front.delay_samples + self._rate // 100, dtype=np.float32))


class _WordFinder:
    """Finds the words in one lock's bits."""

    def __init__(self) -> None:
        self._base = 0  # bit count of the first bit kept
        self._measured: list[float] = []
        self._halves: list[float] = []
        self._scores = {1: [0.0] * _WORD_BITS, -1: [0.0] * _WORD_BITS}
        self._timelines = {1: Timelines(1), -1: Timelines(-1)}
        self._due: deque[tuple[int, SoftWord]] = deque()

    def feed(self, run: BitRun) -> list[LtcFrame]:
        """Frames that become certain with these bits."""
        before = self._base + len(self._measured)
        self._measured += run.measured
        for first, second in zip(run.first_halves, run.second_halves, strict=True):
            self._halves += (first, second)
        end = self._base + len(self._measured)
        start = max(before, _WORD_BITS - 1)  # the first bit that can be the last of a word
        if start < end:
            self._scan(start, end)
        frames = [frame for frame in map(self._frame, self._pop_due(end)) if frame is not None]
        self._forget(end)
        return frames

    def _scan(self, start: int, end: int) -> None:
        """Look at the words that end with the bits `start` … `end` - 1."""
        at = 2 * (start - (_WORD_BITS - 1) - self._base)
        stretch = np.array(self._halves[at:])
        forward, reverse = _likeness(stretch, _SYNC_SHAPE), _likeness(stretch, _SYNC_SHAPE_REVERSED)
        tail = _WORD_BITS - _SYNC_LENGTH  # from a word's first bit to the sync word that ends it
        for direction, likeness in ((1, forward[tail:]), (-1, reverse)):
            scores = self._scores[direction]
            for bit, value in zip(range(start, end), likeness[: end - start].tolist(), strict=True):
                phase = bit % _WORD_BITS
                scores[phase] = _MEMORY * scores[phase] + max(0.0, value - _NOISE)
                if value > _SEEN and scores[phase] == max(scores) >= max(self._scores[-direction]):
                    self._offer(direction, bit)

    def _offer(self, direction: int, last: int) -> None:
        """The word whose 80 bits end with bit `last`, in order of time."""
        at = 2 * (last - _WORD_BITS + 1 - self._base)
        halves = self._halves[at : at + 2 * _WORD_BITS]
        if direction < 0:
            halves.reverse()
        for word in self._timelines[direction].offer(last, halves[0::2], halves[1::2]):
            self._due.append((direction, word))

    def _pop_due(self, end: int) -> list[tuple[int, SoftWord]]:
        due = []
        while self._due:
            direction, word = self._due[0]
            if direction < 0 and word.index + 1 + _FIT_BITS >= end:
                break
            due.append(self._due.popleft())
        return due

    def _frame(self, due: tuple[int, SoftWord]) -> LtcFrame | None:
        direction, word = due
        first = word.index - _WORD_BITS + 1
        edges = [self._place(first), self._place(word.index + 1)]
        if edges[0] is None or edges[1] is None:
            return None
        start, end = (edges[0], edges[1]) if direction > 0 else (edges[1], edges[0])
        return LtcFrame(word.label, word.word, start - 0.5, end - 0.5, direction, 0.1 * (1.0 - word.agreement), "matched")

    def _place(self, bit: int) -> float | None:
        """Where a bit begins: the top of a parabola's fit to the transitions around it."""
        low = max(0, bit - self._base - _FIT_BITS)
        high = min(len(self._measured), bit - self._base + _FIT_BITS + 1)
        if high - low < 8:
            return None
        steps = np.arange(low, high) - (bit - self._base)
        near = np.array(self._measured[low:high])
        anchor = near[0]
        return float(np.polyfit(steps, near - anchor, 2)[2] + anchor)

    def _forget(self, end: int) -> None:
        spare = len(self._measured) - _KEPT_BITS
        if spare > 0:
            del self._measured[:spare]
            del self._halves[: 2 * spare]
            self._base += spare


def _likeness(halves: npt.NDArray[np.float64], shape: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much 16 bits look like a sync word, 0 … 1, beginning with each bit."""
    met = np.abs(np.correlate(halves, shape, "valid")[::2])
    size = np.convolve(np.abs(halves), np.ones(len(shape)), "valid")[::2]
    likeness: npt.NDArray[np.float64] = np.divide(met, size, out=np.zeros_like(met), where=size > 0.0)
    return likeness
