"""Reads timecode through noise, hum and bad equalisation: front end → bit clock → word places → timelines.

For play speeds of 0.8 to 1.25 in both directions; anything else, and dropouts and cuts, are the edge reader's.
"""

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import Timecode
from cuefocus.wire.ltc.bit_clock import BitClock, BitRun
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.front_end import FrontEnd
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.start_fit import REACH_HALF_BITS
from cuefocus.wire.ltc.timelines import Timelines
from cuefocus.wire.ltc.word import BITS_PER_WORD, unpacked

Needed = tuple[int, LtcFrame]
"""The samples, from the stream's first, that it takes to be sure of a frame, and the frame."""

_KEPT_BITS = 3000  # 1.5 s: a word believed later than that is past caring for
_FIT_BITS = REACH_HALF_BITS // 2  # to each side of a frame's start
_WORST_JITTER_BITS = 0.1
_SAMPLE_CENTRE = -0.5  # running sums stand between samples


class SoftReader:
    """Streaming reader of noisy timecode: sample blocks in, believed frames out.

    Args:
        sample_rate: samples per second.
        kernels: inner loops.
        first_sample: where in the stream the first sample fed to it stands.
    """

    def __init__(self, sample_rate: int, kernels: Kernels, *, first_sample: int = 0) -> None:
        self._kernels = kernels
        self._front = FrontEnd(sample_rate, kernels)
        self._clock = BitClock(sample_rate, kernels)
        self._rate = sample_rate
        self._first_sample = first_sample
        self._words = self._word_finder()

    @property
    def horizon(self) -> float:
        """Words that end before this sample have been looked at; all, while there is no bit clock to look along."""
        return self._clock.horizon + self._first_sum

    def feed(self, block: npt.NDArray[np.float32]) -> list[Needed]:
        """Frames that this block makes sure of, those of each moment of certainty in order of time."""
        frames: list[Needed] = []
        for run in self._clock.feed(self._front.feed(block)):
            if run.fresh:
                self._words = self._word_finder()
            frames += self._words.feed(run)
        return [(need + self._first_sample, frame) for need, frame in frames]

    def flush(self) -> list[Needed]:
        """Frames still to come when the sound is over."""
        return self.feed(np.zeros(self._front.delay_samples + self._rate // 100, dtype=np.float32))

    @property
    def _first_sum(self) -> int:
        """The sample that the first running sum belongs to."""
        return self._first_sample - self._front.delay_samples

    def _word_finder(self) -> "_WordFinder":
        return _WordFinder(self._first_sum, self._kernels)


class _WordFinder:
    """Finds the words in one lock's bits; frames come with the count of sums it took."""

    def __init__(self, first_sum: int, kernels: Kernels) -> None:
        self._kernels = kernels
        self._first_sum = first_sum
        self._base = 0  # bit count of the first bit kept
        self._measured = np.zeros(0)
        self._halves = np.zeros(0)
        self._scores = np.zeros((2, BITS_PER_WORD))
        self._timelines = {1: Timelines(1), -1: Timelines(-1)}

    def feed(self, run: BitRun) -> list[Needed]:
        """Frames that become certain with these bits."""
        before = self._base + len(self._measured)
        self._measured = np.concatenate([self._measured, run.measured])
        self._halves = np.concatenate([self._halves, run.halves])
        first = max(before, BITS_PER_WORD - 1)  # the first bit that can be the last of a word
        halves = self._halves[2 * (first - (BITS_PER_WORD - 1) - self._base) :]
        frames: list[Needed] = []
        for last, direction in self._kernels.word_ends(halves, first, self._scores):
            frames += [(int(run.needs[last - before]), frame) for frame in self._offer(direction, last)]
        self._forget()
        return frames

    def _offer(self, direction: int, last: int) -> list[LtcFrame]:
        """Frames believed now that the word is there whose 80 bits end with bit `last`."""
        at = 2 * (last - BITS_PER_WORD + 1 - self._base)
        halves = self._halves[at : at + 2 * BITS_PER_WORD][::direction]
        lines = self._timelines[direction]
        count, slot = self._kernels.offer(lines, last, halves[0::2].copy(), halves[1::2].copy())
        agreements = lines.agreements[slot, :count].tolist()
        oldest = last - _KEPT_BITS + BITS_PER_WORD
        return [
            self._frame(direction, last, word, agreement)
            for word, agreement in zip(lines.waiting[slot, :count].tolist(), agreements, strict=True)
            if word[0] >= oldest
        ]

    def _frame(self, direction: int, now: int, word: list[int], agreement: float) -> LtcFrame:
        """The frame of a word (a row of `Timelines.waiting`), by the bits up to `now`."""
        index, label, low, high = word
        earlier, earlier_noise = self._place(index - BITS_PER_WORD + 1, now)
        later, later_noise = self._place(index + 1, now)
        jitter = _WORST_JITTER_BITS * max(0.0, 1.0 - agreement)
        start, end, noise = (earlier, later, earlier_noise) if direction > 0 else (later, earlier, later_noise)
        return LtcFrame(Timecode(*unpacked(label)), low | high << 32, start, end, direction, jitter, "matched", noise)

    def _place(self, bit: int, now: int) -> tuple[float, float]:
        """Where a bit begins and how sure that is, samples, by the transitions around it."""
        low, high = max(0, bit - _FIT_BITS - self._base), min(now, bit + _FIT_BITS) + 1 - self._base
        place, noise = self._kernels.bit_start(self._measured[low:high], bit - self._base - low)
        return place + (self._first_sum + _SAMPLE_CENTRE), noise

    def _forget(self) -> None:
        spare = len(self._measured) - _KEPT_BITS - _FIT_BITS
        if spare > 0:
            self._measured = self._measured[spare:]
            self._halves = self._halves[2 * spare :]
            self._base += spare
