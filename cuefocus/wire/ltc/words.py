"""Words read by their edges, as columns: what is done to thousands of them is done at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import Timecode
from cuefocus.wire.ltc.frame import LtcFrame

Column = npt.NDArray[np.float64]

_ENDS_A_SECOND = np.zeros(256, dtype=bool)  # by the number of a frame
_ENDS_A_SECOND[[23, 24, 29]] = True


@dataclass(frozen=True, slots=True)
class Words:
    """Words in order of time.

    Args:
        numbers: a row a word: bits 0 to 31, bits 32 to 63, packed label, direction, and two that are the reader's own.
        places: a row a word: start, end, noise of the start, samples.
        jitters: RMS deviation of the bits from the walking clock, in bits.
    """

    numbers: npt.NDArray[np.int64]
    places: npt.NDArray[np.float64]
    jitters: Column

    @classmethod
    def none(cls) -> "Words":
        """No words."""
        return cls(np.zeros((0, 6), dtype=np.int64), np.zeros((0, 3)), np.zeros(0))

    def __len__(self) -> int:
        return len(self.jitters)

    def since(self, index: int) -> "Words":
        """Those from `index` on."""
        return Words(self.numbers[index:], self.places[index:], self.jitters[index:])

    def and_then(self, later: "Words") -> "Words":
        """These and later ones."""
        if len(self) == 0:
            return later
        return Words(
            np.concatenate([self.numbers, later.numbers]),
            np.concatenate([self.places, later.places]),
            np.concatenate([self.jitters, later.jitters]),
        )

    @property
    def last_samples(self) -> Column:
        """The later ends, samples."""
        return np.maximum(self.places[:, 0], self.places[:, 1])

    def frames(self) -> list[LtcFrame]:
        """The same words, one by one."""
        low, high, packed, direction = self.numbers[:, :4].T
        start, end, noise = self.places.T.tolist()
        columns = (
            labels(packed),
            joined(low, high),
            start,
            end,
            direction.tolist(),
            self.jitters.tolist(),
            repeat("edges"),
            noise,
        )
        return list(map(LtcFrame, *columns))

    def follow_on(self, adjoining: float) -> npt.NDArray[np.bool_]:
        """Which words surely count on from the word before them, in forward play; the first never does.

        Narrower than `continuity.adjoins`: where the minute changes, or the speed by more than a tenth, it says no.

        Args:
            adjoining: frames: how far the end of one may lie from the start of the next.
        """
        follows = np.zeros(len(self), dtype=bool)
        if len(self) < 2:
            return follows
        packed, forward = self.numbers[:, 2], self.numbers[:, 3] > 0
        drop = self.numbers[:, 0] >> 10 & 1
        length = self.places[:, 1] - self.places[:, 0]
        one, two = slice(None, -1), slice(1, None)
        same_second = packed[two] - packed[one] == 1
        ends = _ENDS_A_SECOND[packed[one] & 0xFF] & ((drop[one] == 0) | (packed[one] & 0xFF == 29))
        next_second = ends & (packed[two] & 0xFF == 0) & ((packed[two] >> 8) - (packed[one] >> 8) == 1)
        counts = (same_second | next_second) & (drop[one] == drop[two])
        shorter, longer = np.minimum(length[one], length[two]), np.maximum(length[one], length[two])
        near = np.abs(self.places[two, 0] - self.places[one, 1]) < adjoining * shorter
        follows[1:] = counts & near & (longer < 1.1 * shorter) & forward[one] & forward[two]
        return follows


def labels(packed: npt.NDArray[np.int64]) -> Iterator[Timecode]:
    """The labels behind packed ones."""
    digits = (packed >> 24, packed >> 16 & 0xFF, packed >> 8 & 0xFF, packed & 0xFF)
    return map(Timecode, *(column.tolist() for column in digits))


def joined(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> list[int]:
    """Whole data words of their bits 0 to 31 and 32 to 63."""
    words: list[int] = (low.astype(np.uint64) | high.astype(np.uint64) << np.uint64(32)).tolist()
    return words
