"""Reads timecode through noise, hum and bad equalisation: front end → bit clock → word places → timelines.

For play speeds of 0.8 to 1.25 in both directions; anything else, and dropouts and cuts, are the edge reader's.
"""

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.bit_clock import BitClock, BitRun
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.front_end import FrontEnd
from cuefocus.wire.ltc.start_fit import REACH_HALF_BITS, fit_starts
from cuefocus.wire.ltc.timelines import SoftWord, Timelines
from cuefocus.wire.ltc.word import BITS_PER_WORD, SYNC_BITS

_SYNC_LENGTH = 16
_MEMORY = 0.85  # per word: how long the place of the sync word is remembered
_NOISE = 0.4  # what chance gives
_SEEN = 0.5
_KEPT_BITS = 3000  # 1.5 s: a word believed later than that is past caring for
_FIT_BITS = REACH_HALF_BITS // 2  # to each side of a frame's start
_WORST_JITTER_BITS = 0.1
_SAMPLE_CENTRE = -0.5  # running sums stand between samples


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
        """Words that end before this sample have been looked at; all, while there is no bit clock to look along."""
        return self._clock.horizon

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
        self._scores = {1: [0.0] * BITS_PER_WORD, -1: [0.0] * BITS_PER_WORD}
        self._timelines = {1: Timelines(1), -1: Timelines(-1)}

    def feed(self, run: BitRun) -> list[LtcFrame]:
        """Frames that become certain with these bits."""
        before = self._base + len(self._measured)
        self._measured += run.measured
        for first, second in zip(run.first_halves, run.second_halves, strict=True):
            self._halves += (first, second)
        end = self._base + len(self._measured)
        start = max(before, BITS_PER_WORD - 1)  # the first bit that can be the last of a word
        frames = self._scan(start, end) if start < end else []
        self._forget()
        return frames

    def _scan(self, start: int, end: int) -> list[LtcFrame]:
        """Frames believed now that the words ending with the bits `start` … `end` - 1 are there."""
        frames: list[LtcFrame] = []
        at = 2 * (start - (BITS_PER_WORD - 1) - self._base)
        stretch = np.array(self._halves[at:])
        forward, reverse = _likeness(stretch, _SYNC_SHAPE), _likeness(stretch, _SYNC_SHAPE_REVERSED)
        tail = BITS_PER_WORD - _SYNC_LENGTH  # from a word's first bit to the sync word that ends it
        for direction, likeness in ((1, forward[tail:]), (-1, reverse)):
            scores = self._scores[direction]
            for bit, value in zip(range(start, end), likeness[: end - start].tolist(), strict=True):
                phase = bit % BITS_PER_WORD
                scores[phase] = _MEMORY * scores[phase] + max(0.0, value - _NOISE)
                if value > _SEEN and scores[phase] == max(scores) >= max(self._scores[-direction]):
                    kept = (
                        word for word in self._offer(direction, bit) if word.index - BITS_PER_WORD + 1 >= self._base
                    )
                    frames += [self._frame(direction, word) for word in kept]
        return frames

    def _offer(self, direction: int, last: int) -> list[SoftWord]:
        """Words believed now that the one is there whose 80 bits end with bit `last`."""
        at = 2 * (last - BITS_PER_WORD + 1 - self._base)
        halves = self._halves[at : at + 2 * BITS_PER_WORD]
        if direction < 0:
            halves.reverse()
        return self._timelines[direction].offer(last, halves[0::2], halves[1::2])

    def _frame(self, direction: int, word: SoftWord) -> LtcFrame:
        first, last = word.index - BITS_PER_WORD + 1, word.index + 1
        (earlier, earlier_noise), (later, later_noise) = self._place(first), self._place(last)
        jitter = _WORST_JITTER_BITS * max(0.0, 1.0 - word.agreement)
        if direction > 0:
            return LtcFrame(word.label, word.word, earlier, later, 1, jitter, "matched", earlier_noise)
        return LtcFrame(word.label, word.word, later, earlier, -1, jitter, "matched", later_noise)

    def _place(self, bit: int) -> tuple[float, float]:
        """Where a bit begins and how sure that is, samples, by the transitions around it."""
        low = max(0, bit - self._base - _FIT_BITS)
        high = min(len(self._measured), bit - self._base + _FIT_BITS + 1)
        places: npt.NDArray[np.float64] = np.array(self._measured[low:high])
        steps = np.arange(low, high, dtype=np.float64) - (bit - self._base)
        unit = float(places[-1] - places[0]) / (len(places) - 1)
        middle = places[0] - steps[0] * unit
        fit = fit_starts(
            2.0 * steps[None], (places - middle - steps * unit)[None], np.ones((1, len(places)), dtype=bool)
        )
        return float(middle + fit.shift[0]) + _SAMPLE_CENTRE, float(fit.noise[0])

    def _forget(self) -> None:
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
