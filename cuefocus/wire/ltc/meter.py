"""Level and lock of a channel, as a person wants to see them: over the last second, a few times a second."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import log10
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.frame import LtcFrame

SILENT_DBFS: Final = -120.0
"""What is shown for silence: there is no lower level."""
_FULL_SCALE: Final = 0.9999
_WINDOW_S: Final = 1.0
_DOUBT: Final = 10.0
"""Jitter of a tenth of a bit halves what a frame is worth."""
AS_GOOD: Final = 0.02
"""Channels whose frames are worth so nearly the same are alike: told apart by level, since crosstalk is the weaker."""


@dataclass(frozen=True, slots=True)
class SoundLevel:
    """What a meter shows.

    Args:
        level_dbfs: RMS since the last look. peak_dbfs: the highest sample since then.
        clipped: samples at full scale since then.
        lock: 0 no timecode to 1 every frame read and steady, over the last second.
        front_end: what read the last frame; empty while there is none.
    """

    level_dbfs: float
    peak_dbfs: float
    clipped: int
    lock: float
    front_end: str

    def as_dict(self) -> dict[str, float | int | str]:
        """For a `state` event."""
        return {
            "level_dbfs": round(self.level_dbfs, 1),
            "peak_dbfs": round(self.peak_dbfs, 1),
            "clipped": self.clipped,
            "lock": round(self.lock, 3),
            "front_end": self.front_end,
        }


def frame_worth(frame: LtcFrame) -> float:
    """How sure a frame is: 1 for a steady one, less for one with jitter."""
    return 1.0 / (1.0 + _DOUBT * frame.jitter)


def dbfs(amplitude: float) -> float:
    """Level of an amplitude, full scale 1."""
    return max(SILENT_DBFS, 20.0 * log10(amplitude)) if amplitude > 0.0 else SILENT_DBFS


class SoundMeter:
    """Gathers what has been heard.

    Args:
        sample_rate: samples per second.
    """

    def __init__(self, sample_rate: int) -> None:
        self._window = sample_rate * _WINDOW_S
        self._frames: deque[tuple[float, float]] = deque()  # where it was read, share of the sound it accounts for
        self._front_end = ""
        self._heard = 0
        self._new = self._clipped = 0
        self._square = self._peak = 0.0

    def hear(self, block: npt.NDArray[np.float32], frames: Iterable[LtcFrame] = ()) -> None:
        """Sound of the channel, and the frames that were read by it."""
        self._heard += len(block)
        if len(block):
            sizes = np.abs(block)
            self._peak = max(self._peak, float(sizes.max()))
            self._square += float(np.dot(block, block))
            self._clipped += int(np.count_nonzero(sizes >= _FULL_SCALE))
            self._new += len(block)
        for frame in frames:
            self._frames.append((self._heard, frame_worth(frame) * frame.samples_per_frame))
            self._front_end = frame.front_end

    def look(self) -> SoundLevel:
        """What it shows now; levels begin anew."""
        while self._frames and self._frames[0][0] <= self._heard - self._window:
            self._frames.popleft()
        worth = sum(share for _, share in self._frames) / min(self._window, max(self._heard, 1))
        rms = (self._square / self._new) ** 0.5 if self._new else 0.0
        level = SoundLevel(
            dbfs(rms), dbfs(self._peak), self._clipped, min(1.0, worth), self._front_end if self._frames else ""
        )
        self._new = self._clipped = 0
        self._square = self._peak = 0.0
        return level
