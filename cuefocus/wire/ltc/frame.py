"""The value an LTC decoder hands over: one frame and where it lay in the sound."""

from typing import NamedTuple

from cuefocus.timebase.frames import Timecode
from cuefocus.wire.ltc.word import drop_flag, user_bits


class LtcFrame(NamedTuple):  # made by the hundred thousand: a tuple takes a third of the time
    """One LTC word as it was heard.

    Args:
        label: as read; frame pairs (48 to 60 fps) carry half the count.
        word: data bits 0 to 63, bit 0 lowest.
        start_sample: where bit 0's leading transition crosses mid-level, in samples from the stream's first sample,
            fractional. In reverse play this is the later end.
        end_sample: where bit 79 ends (the earlier end in reverse play).
        direction: 1 forward, -1 reverse.
        jitter: RMS deviation of the bit lengths from a smooth clock, in bits: the lock quality, 0 is perfect.
            Clean sound at 48 kHz gives about 0.002, random edges 0.2 and more.
        front_end: what read it: "edges" or "matched" filters.
        noise_samples: expected standard deviation of `start_sample`.
    """

    label: Timecode
    word: int
    start_sample: float
    end_sample: float
    direction: int
    jitter: float
    front_end: str = "edges"
    noise_samples: float = 0.0

    @property
    def drop(self) -> bool:
        """The word's drop-frame flag."""
        return drop_flag(self.word)

    @property
    def user_bits(self) -> int:
        """The eight binary groups, group 1 in the lowest four bits."""
        return user_bits(self.word)

    @property
    def samples_per_frame(self) -> float:
        """Length of the word as played, samples."""
        return abs(self.end_sample - self.start_sample)

    @property
    def first_sample(self) -> float:
        """The earlier end, samples."""
        return self.start_sample if self.direction > 0 else self.end_sample

    @property
    def last_sample(self) -> float:
        """The later end, samples."""
        return self.end_sample if self.direction > 0 else self.start_sample
