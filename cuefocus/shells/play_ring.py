"""The ring that sound is played from: written ahead by whoever makes it, copied by a sound library's callback.

Places count samples from the first one played. They are the device's own: where it skipped some, so do we, and what
follows is on time. One writer, one reader, no lock; the reader only copies and counts.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RING_SAMPLES: Final = 1 << 17
"""2.7 s at 48 kHz, 0.7 s at 192 kHz."""
_SAMPLE_BYTES: Final = 4


class PlayRing:
    """One channel of sound to be played.

    Attributes:
        written: the place up to which there is sound.
        read: the place up to which the device has taken it; below 0 before it begins.
        missing: samples that were not there when the device wanted them; it got silence.
        gaps: how often that was.
    """

    def __init__(self) -> None:
        kept = bytearray(RING_SAMPLES * _SAMPLE_BYTES)
        self._view = memoryview(kept).cast("f")
        self._silence = memoryview(bytes(RING_SAMPLES * _SAMPLE_BYTES)).cast("f")
        self._samples: Samples = np.frombuffer(kept, dtype=np.float32)
        self.written = 0
        self.read = 0
        self.missing = 0
        self.gaps = 0
        self._end: int | None = None

    @property
    def room(self) -> int:
        """How many samples may be written now: what was played last is kept for a block that is asked for twice."""
        return max(0, self.read + RING_SAMPLES // 2 - self.written)

    def write(self, block: Samples) -> None:
        """Add sound after what is written; at most `room` samples."""
        self._put(self.written, block)
        self.written += len(block)

    def skip_to(self, place: int) -> None:
        """Go on writing there: what lies before it was not there in time."""
        self.written = max(self.written, place)

    def end_with(self, place: int, tail: Samples) -> None:
        """Let what is written end at `place` with `tail`, and be silence from there on."""
        self._put(place, tail)
        self._end = self.written = place + len(tail)

    @property
    def ended(self) -> bool:
        """Whether `end_with` has set an end."""
        return self._end is not None

    @property
    def over(self) -> bool:
        """Whether all of it has been taken, to the end that `end_with` set."""
        return self._end is not None and self.read >= self._end

    def _put(self, place: int, block: Samples) -> None:
        at = place % RING_SAMPLES
        first = min(len(block), RING_SAMPLES - at)
        self._samples[at : at + first] = block[:first]
        self._samples[: len(block) - first] = block[first:]

    # --- in the callback ---

    def take(self, place: int, target: "memoryview[float]") -> None:
        """Fill `target` (float32, with any stride) with what is to be heard from `place` on.

        Args:
            place: of its first sample; below 0 before the sound begins.
            target: at most half the ring long.
        """
        wanted = len(target)
        early = min(max(0, -place), wanted)  # silence before the beginning, then sound, then silence where it lacks
        kept = place + early >= self.written - RING_SAMPLES
        there = max(0, min(place + wanted, self.written) - place - early) if kept else 0
        if early:
            target[:early] = self._silence[:early]
        if there:
            at = (place + early) % RING_SAMPLES
            first = min(there, RING_SAMPLES - at)
            target[early : early + first] = self._view[at : at + first]
            if first < there:
                target[early + first : early + there] = self._view[: there - first]
        lacking = wanted - early - there
        if lacking:
            target[early + there :] = self._silence[:lacking]
            lost = lacking if self._end is None else max(0, min(place + wanted, self._end) - self.written)
            if lost:
                self.missing += lost
                self.gaps += 1
        self.read = place + wanted
