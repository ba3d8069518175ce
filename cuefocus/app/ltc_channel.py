"""On which channel of a sound file the timecode is: all are looked at for a second here and there, one is decoded.

Reading all of every channel would cost as many times the work as there are channels, and most for music, in which the
decoder searches longest. So all channels are looked at in the same short windows from the start on, and the one that
reads best there is taken; the others are looked at again only where it reads nothing, or poorly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cuefocus.errors import SoundFileError
from cuefocus.shells.sound_file import SoundFile
from cuefocus.wire.ltc.compiled import kernels_for
from cuefocus.wire.ltc.decoder import STEADY_BITS, LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.meter import AS_GOOD, frame_worth

_WINDOW_S: Final = 1.0
_EVERY_S: Final = 5.0
_BLOCK_SAMPLES: Final = 1 << 17
_CLEAN: Final = 0.9  # of the frames steady: nothing better comes
_BELIEVED: Final = 5  # frames in a window
_MORE_WINDOWS: Final = 4  # for a better channel, where the best so far is not clean

Window = tuple[int, int]  # first sample, number of samples


@dataclass(frozen=True, slots=True)
class _Look:
    """What a channel held in one window, or in several.

    Args:
        quality: see `lock_quality`.
        frames: read.
        steady: of them, those read by their edges, with little jitter.
        power: sum of the squares of the samples, without their mean.
    """

    quality: float = 0.0
    frames: int = 0
    steady: int = 0
    power: float = 0.0

    def __add__(self, other: "_Look") -> "_Look":
        return _Look(
            self.quality + other.quality,
            self.frames + other.frames,
            self.steady + other.steady,
            self.power + other.power,
        )

    @property
    def clean(self) -> bool:
        return self.frames >= _BELIEVED and self.steady >= _CLEAN * self.frames


def lock_quality(frames: Sequence[LtcFrame]) -> float:
    """Frames read, less the part their jitter makes doubtful: crosstalk reads fewer, or reads them unsteadily."""
    return sum(map(frame_worth, frames))


def timecode_channel(sound: SoundFile) -> int:
    """The channel, counted from 0, whose timecode reads best where timecode is first heard.

    Raises: SoundFileError if there is none on any.
    """
    found = likely_channel(sound)
    if found is not None:
        return found
    whole, kernels = (0, sound.samples), kernels_for(sound.duration_s * sound.channels)
    looks = [_look(sound, channel, whole, kernels) for channel in range(sound.channels)]
    if not any(look.frames for look in looks):
        where = "any channel" if sound.channels > 1 else "it"
        raise SoundFileError(f"there is no LTC in {where}", where=str(sound.path), hint="is this the timecode track?")
    return _best(looks)


def likely_channel(sound: SoundFile, kernels: Kernels | None = None) -> int | None:
    """As `timecode_channel`, by looking here and there alone; None if no timecode was met like this.

    Args:
        sound: the file.
        kernels: the decoders' inner loops; None takes the plain ones.
    """
    sums = [_Look()] * sound.channels
    more = _MORE_WINDOWS
    for window in _windows(0, sound.samples, sound.sample_rate):
        looks = [_look(sound, channel, window, kernels) for channel in range(sound.channels)]
        sums = [before + look for before, look in zip(sums, looks, strict=True)]
        if any(look.clean for look in looks):
            return _best(looks)
        if max(total.frames for total in sums) >= _BELIEVED:
            more -= 1
        if more < 0:
            break
    return _best(sums) if max(total.frames for total in sums) >= _BELIEVED else None


def rivals(sound: SoundFile, channel: int, frames: Sequence[LtcFrame], kernels: Kernels | None = None) -> list[int]:
    """Channels that may hold more, or better, timecode than the one that was decoded: that read where it did not.

    Args:
        sound: the file.
        channel: the one that was decoded.
        frames: all its frames, in order of their first samples.
        kernels: as of `likely_channel`.
    """
    gains = dict.fromkeys((other for other in range(sound.channels) if other != channel), 0.0)
    for window in _doubtful(sound, frames):
        first, samples = window
        own = lock_quality(
            [each for each in frames if first <= each.first_sample and each.last_sample < first + samples]
        )
        for other in gains:
            gains[other] += _look(sound, other, window, kernels).quality - own
    return [other for other, gain in gains.items() if gain > 0.0]


def _best(looks: Sequence[_Look]) -> int:
    """The channel with the best quality; of those that are alike in this the loudest, of these the first."""
    enough = (1.0 - AS_GOOD) * max(look.quality for look in looks)
    return max(
        range(len(looks)), key=lambda channel: (looks[channel].quality >= enough, looks[channel].power, -channel)
    )


def _doubtful(sound: SoundFile, frames: Sequence[LtcFrame]) -> Iterator[Window]:
    """Windows in which another channel may read better: where nothing was read for long, or it was read poorly."""
    rate, read_to = sound.sample_rate, 0.0
    poor: list[LtcFrame] = []
    for frame in frames:
        if frame.first_sample - read_to > _WINDOW_S * rate + frame.samples_per_frame:
            yield from _windows(round(read_to), round(frame.first_sample), rate)
        read_to = max(read_to, frame.last_sample)
        poor.append(frame)
        if frame.last_sample - poor[0].first_sample > _EVERY_S * rate:
            if _steady(poor) < _CLEAN * len(poor):
                yield from _windows(round(poor[0].first_sample), round(frame.last_sample), rate)
            poor = []
    if sound.samples - read_to > _WINDOW_S * rate:
        yield from _windows(round(read_to), sound.samples, rate)


def _windows(start: int, end: int, sample_rate: int) -> Iterator[Window]:
    """Windows from `start` on, the last of them up to `end` at most."""
    length = round(_WINDOW_S * sample_rate)
    for first in range(start, end, round(_EVERY_S * sample_rate)):
        yield first, min(length, end - first)


def _look(sound: SoundFile, channel: int, window: Window, kernels: Kernels | None) -> _Look:
    """Decode one channel in a window."""
    first, left = window
    decoder, frames = LtcDecoder(sound.sample_rate, keep_late=True, kernels=kernels), list[LtcFrame]()
    count, total, squares = 0, 0.0, 0.0
    for block in sound.blocks(channel, min(left, _BLOCK_SAMPLES), first_sample=first):
        heard = block[:left]
        left -= len(heard)
        frames += decoder.feed(heard)
        count, total = count + len(heard), total + float(heard.sum(dtype=np.float64))
        squares += float(np.square(heard, dtype=np.float64).sum())
        if left == 0:
            break
    frames += decoder.flush()
    return _Look(lock_quality(frames), len(frames), _steady(frames), squares - total * total / max(1, count))


def _steady(frames: Sequence[LtcFrame]) -> int:
    return sum(frame.front_end == "edges" and frame.jitter < STEADY_BITS for frame in frames)
