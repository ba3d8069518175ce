"""How far a measured speed may be off, beyond what its filter believes: stamps wander, and neighbours wander alike.

A filter takes the errors of stamps for independent. Where they are not, their mean falls off more slowly with their
number: the variance of means of blocks, times the block's length, says by how much (batch means; Flegal & Jones, Annals
of Statistics 38(2), 2010, 1034-1070). Where the filter follows the wander, its innovations look clean, and its speed
goes to and fro instead: that is counted beside.
"""

from math import exp

#: Blocks of 1, 2, 4 … readings; the longest is five seconds of words at 25 a second.
_SCALES = 8
#: Blocks of a length that say something of it, and how many are remembered.
_FEW_BLOCKS, _MOST_BLOCKS = 4, 32
#: An innovation counts for no more than this many standard deviations: a step of the source is no wander.
_MOST_SIGMAS = 5.0
#: How long the speed's going to and fro is remembered.
_KEEP_S = 60.0


class SpeedDoubt:
    """Gathers what readings say of it while a filter takes them."""

    __slots__ = ("_blocks", "_left", "_mean", "_seconds", "_squares", "_sums", "_swing", "_weight")

    def __init__(self) -> None:
        self._sums, self._left = [0.0] * _SCALES, [1 << scale for scale in range(_SCALES)]
        self._squares, self._blocks = [0.0] * _SCALES, [0] * _SCALES
        self._mean = self._weight = self._swing = self._seconds = 0.0

    def take(self, sigmas: float, span_s: float, speed: float, variance: float) -> None:
        """Note a reading.

        Args:
            sigmas: its innovation in standard deviations of what was expected.
            span_s: host time since the reading before.
            speed: as the filter believes it after the reading.
            variance: of that speed, likewise.
        """
        self._note_innovation(min(_MOST_SIGMAS, max(-_MOST_SIGMAS, sigmas)))
        if span_s <= 0.0:
            return
        kept, weight = exp(-span_s / _KEEP_S), span_s / variance
        self._weight = self._weight * kept + weight
        self._mean += (speed - self._mean) * weight / self._weight
        self._seconds = self._seconds * kept + span_s
        self._swing += ((speed - self._mean) ** 2 / variance - self._swing) * span_s / self._seconds

    @property
    def inflation(self) -> float:
        """By how much the variance of the speed is larger than the filter believes; at least 1."""
        known = [square for square, blocks in zip(self._squares, self._blocks, strict=True) if blocks >= _FEW_BLOCKS]
        alike = max(known, default=1.0)
        if len(known) > 1 and known[-1] == alike:  # blocks as long as can be told of are too short: it still grows
            alike *= min(2.0, alike / max(known[-2], 1.0))
        return max(1.0, alike) + self._swing

    def _note_innovation(self, sigmas: float) -> None:
        for scale in range(_SCALES):
            self._sums[scale] += sigmas
            self._left[scale] -= 1
            if self._left[scale]:
                continue
            length = 1 << scale
            self._blocks[scale] += 1
            square, share = self._sums[scale] ** 2 / length, 1.0 / min(self._blocks[scale], _MOST_BLOCKS)
            self._squares[scale] += (square - self._squares[scale]) * share
            self._sums[scale], self._left[scale] = 0.0, length
