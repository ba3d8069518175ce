"""Reads timecode through noise, hum and bad equalisation: front end → bit clock → word places → timelines.

For play speeds of 0.8 to 1.25 in both directions; anything else, and dropouts and cuts, are the edge reader's.
"""

from itertools import repeat

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.believed_words import KEPT_BITS
from cuefocus.wire.ltc.bit_clock import BitClock, BitRun
from cuefocus.wire.ltc.bits import Indices
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.front_end import FrontEnd
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.start_fit import FIT_BITS
from cuefocus.wire.ltc.timelines import Timelines
from cuefocus.wire.ltc.word import BITS_PER_WORD
from cuefocus.wire.ltc.words import joined, labels

Needed = tuple[int, LtcFrame]
"""The samples, from the stream's first, that it takes to be sure of a frame, and the frame."""

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

    def horizon(self, heard: int) -> float:
        """Words that end before this sample were looked at when so many samples of the stream had been heard.

        All, while there is no bit clock to look along.

        Args:
            heard: no fewer than before the last `feed`.
        """
        return self._clock.horizon(heard - self._first_sample) + self._first_sum

    def feed(self, block: npt.NDArray[np.float32]) -> list[Needed]:
        """Frames that this block makes sure of, those of each moment of certainty in order of time."""
        frames: list[Needed] = []
        for run in self._clock.feed(self._front.feed(block, self._clock.kept)):
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
        self._timelines = Timelines()

    def feed(self, run: BitRun) -> list[Needed]:
        """Frames that become certain with these bits."""
        before = self._base + len(self._measured)
        self._measured = np.concatenate([self._measured, run.measured])
        self._halves = np.concatenate([self._halves, run.halves])
        first = max(before, BITS_PER_WORD - 1)  # the first bit that can be the last of a word
        halves = self._halves[2 * (first - (BITS_PER_WORD - 1) - self._base) :]
        ends, directions = self._kernels.word_ends(halves, first, self._scores)
        frames = self._believed(ends, directions, run.needs, before) if len(ends) else []
        self._forget()
        return frames

    def _believed(self, ends: Indices, directions: Indices, needs: Indices, before: int) -> list[Needed]:
        """Frames of the words believed after each of some more, and the sums each took.

        Args:
            ends: the last bit of each word.
            directions: 1 where it is heard in forward play, -1 in reverse.
            needs: sums that it takes to know each of the newest bits.
            before: count of the first of these.
        """
        numbers, agreed = self._kernels.believed(self._timelines, ends, directions, self._base, self._halves)
        index, label, low, high, way, now = numbers.T
        bits = np.concatenate([index - BITS_PER_WORD + 1, index + 1]) - self._base
        starts, noises = self._kernels.bit_starts(self._measured, bits, np.concatenate([now, now]) - self._base)
        places = starts.reshape(2, -1) + (self._first_sum + _SAMPLE_CENTRE)
        places = np.where(way > 0, places, places[::-1])
        noise = np.where(way > 0, noises[: len(way)], noises[len(way) :])
        jitter = _WORST_JITTER_BITS * np.maximum(0.0, 1.0 - agreed)
        frames = map(
            LtcFrame, labels(label), joined(low, high), places[0].tolist(), places[1].tolist(), way.tolist(),
            jitter.tolist(), repeat("matched"), noise.tolist(),
        )  # fmt: skip
        return list(zip(needs[now - before].tolist(), frames, strict=True))

    def _forget(self) -> None:
        spare = len(self._measured) - KEPT_BITS - FIT_BITS
        if spare > 0:
            self._measured = self._measured[spare:]
            self._halves = self._halves[2 * spare :]
            self._base += spare
