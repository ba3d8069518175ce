"""Which frame rate a run of LTC frames was made at, and how fast it was played.

Rate and speed are two readings: the rate is how labels count (drop flag, highest frame number), the speed how fast they
pass. The label cannot tell 23.976 from 24 nor 29.97 from 30; the measured period can, because they differ by 1000 ppm
and sound card crystals by less than 100.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import RATES, FrameRate
from cuefocus.timebase.twin_rates import CRYSTAL, TWINS
from cuefocus.wire.ltc.continuity import adjoins
from cuefocus.wire.ltc.frame import LtcFrame

# Speeds a deck or a player is set to; a rate that makes one of them exact is believed before one that does not.
_USUAL_SPEEDS = (1.0, 0.5, 2.0, 0.25, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class InferredRate:
    """What a run of frames says about its rate.

    Args:
        rate: how labels count. Words of 48 to 60 fps look like those of half the rate.
        certain: False where the evidence fits several rates: no roll-over heard, or an odd speed.
        speed: median of the frames' speeds, relative to `rate`; 1 is normal.
    """

    rate: FrameRate
    certain: bool
    speed: float


def speed_of(frame: LtcFrame, rate: FrameRate, sample_rate: int) -> float:
    """How fast one word passed, relative to `rate`; above 0 in both directions."""
    return float(sample_rate * rate.pair / rate.fps) / frame.samples_per_frame


def infer_rate(frames: Sequence[LtcFrame], sample_rate: int) -> InferredRate:
    """The rate of frames that belong together.

    Args:
        frames: at least one, in order of time.
        sample_rate: of the sound they were read from, samples per second.
    """
    lengths = np.array([frame.samples_per_frame for frame in frames])
    if sum(frame.drop for frame in frames) * 2 > len(frames):
        return _placed(RATES["29.97df"], lengths, sample_rate, certain=True)
    counted = _counted(frames)
    candidates = [rate for nominal in counted for rate in TWINS[nominal]]
    # Normal play shows in the median, wow averages out of the mean.
    periods = (float(np.median(lengths)), float(np.mean(lengths)))

    def oddness(rate: FrameRate) -> float:
        speeds = [sample_rate / period / float(rate.fps) for period in periods]
        return min(abs(speed / usual - 1.0) for speed in speeds for usual in _USUAL_SPEEDS)

    best = min(candidates, key=oddness)
    if oddness(best) > CRYSTAL:  # varispeed: the count alone decides, whole rates first
        return _placed(candidates[0], lengths, sample_rate, certain=len(candidates) == 1)
    return _placed(best, lengths, sample_rate, certain=True)


def _placed(rate: FrameRate, lengths: npt.NDArray[np.float64], sample_rate: int, *, certain: bool) -> InferredRate:
    return InferredRate(rate, certain, sample_rate / float(np.median(lengths)) / float(rate.fps))


def _counted(frames: Sequence[LtcFrame]) -> list[int]:
    """Labels per second that fit: the one shown by the last number of a second, where the end of one was heard."""
    ends: Counter[int] = Counter()
    for first, second in pairwise(frames):
        if first.label.seconds != second.label.seconds and adjoins(first, second):
            ends[max(first.label.frames, second.label.frames) + 1] += 1
    heard = [nominal for nominal, _ in ends.most_common(1) if nominal in TWINS]
    least = max(frame.label.frames for frame in frames) + 1
    return heard or [nominal for nominal in TWINS if nominal >= least]
