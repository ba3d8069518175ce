"""Words read by their edges, waiting until all readers have come as far."""

import math
from bisect import bisect_right
from collections import deque

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.continuity import ADJOINING
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.words import Words

Flags = npt.NDArray[np.bool_]


class WordQueue:
    """Words in, one by one out, or many at once where each but repeats what the one before it said.

    Args:
        known_after: samples from a word's end until it is due.
        steady_bits: jitter of a steady word.
        longest_wait: samples without a steady word after which there is doubt.
    """

    def __init__(self, known_after: float, *, steady_bits: float, longest_wait: float) -> None:
        self._known_after, self._steady_bits, self._longest_wait = known_after, steady_bits, longest_wait
        self._frames: list[LtcFrame] = []
        self._dues: list[float] = []
        self._follow: list[bool] = []  # on from the word before
        self._breaks: list[int] = []  # words that are not calm
        self._steady_dues: deque[float] = deque()
        self._next = 0
        self._last = Words.none()
        self.next_due = math.inf

    def __len__(self) -> int:
        return len(self._frames) - self._next

    def put(self, words: Words) -> None:
        """Words that come after all others."""
        if len(words) == 0:
            return
        del self._frames[: self._next], self._dues[: self._next], self._follow[: self._next]
        first = len(self._frames)
        self._breaks = [each - self._next for each in self._breaks if each >= self._next]
        self._next = 0
        joined = self._last.and_then(words)
        follow = joined.follow_on(ADJOINING)
        calm = self._calm(joined, follow)[len(joined) - len(words) :]
        self._follow += follow[len(joined) - len(words) :].tolist()
        self._breaks += (np.flatnonzero(~calm) + first).tolist()
        self._frames += words.frames()
        dues = words.last_samples + self._known_after
        self._dues += dues.tolist()
        self._last = words.since(len(words) - 1)
        self._steady_dues.extend(dues[words.jitters < self._steady_bits].tolist())
        self.next_due = self._dues[0]

    @property
    def next_steady_due(self) -> float:
        """When the next steady word is due; infinite if there is none yet."""
        while self._steady_dues and self._steady_dues[0] < self.next_due:
            self._steady_dues.popleft()
        return self._steady_dues[0] if self._steady_dues else math.inf

    def pop(self) -> tuple[LtcFrame, bool]:
        """The next word, and whether it is plain that it counts on from the one before."""
        at = self._next
        self._next = at + 1
        self.next_due = self._dues[at + 1] if at + 1 < len(self._dues) else math.inf
        return self._frames[at], self._follow[at]

    def calm_run(self, by_sample: float, fewest: int) -> tuple[list[float], list[LtcFrame]]:
        """The next words as long as they are calm and due: when, and which. None at all if they are fewer."""
        if self.next_due > by_sample:
            return [], []
        at = bisect_right(self._breaks, self._next - 1)
        end = self._breaks[at] if at < len(self._breaks) else len(self._frames)
        end = bisect_right(self._dues, by_sample, self._next, end)
        return self._take(end - self._next) if end - self._next >= fewest else ([], [])

    def _take(self, count: int) -> tuple[list[float], list[LtcFrame]]:
        start, self._next = self._next, self._next + count
        self.next_due = self._dues[self._next] if self._next < len(self._dues) else math.inf
        return self._dues[start : self._next], self._frames[start : self._next]

    def _calm(self, words: Words, follow: Flags) -> Flags:
        """Steady words that follow on from a steady one before any doubt can arise."""
        calm = follow.copy()
        steady = words.jitters < self._steady_bits
        ends = words.last_samples
        calm[1:] &= steady[1:] & steady[:-1]
        calm[1:] &= ends[1:] + self._known_after - ends[:-1] <= self._longest_wait
        calm &= np.abs(words.places[:, 1] - words.places[:, 0]) > self._known_after
        return calm
