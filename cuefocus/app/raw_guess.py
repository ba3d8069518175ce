"""What the samples of a file without a header are, by their bytes and by the timecode in them.

The coding is the one in which a sample is most like the one before it: in a narrower one than they have, high and low
bytes take turns, in a wider one every second sample is hidden. The sample rate follows from the length of a frame: only
one that is usual gives a usual frame rate at play speed. One channel is assumed.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.app.ltc_channel import lock_quality
from cuefocus.errors import SoundFileError
from cuefocus.shells.raw_sound import RawForm, raw_sound
from cuefocus.wire.ltc.compiled import kernels_for
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.rate import infer_rate

# A file that begins so is in a format, however damaged.
_HEADERS: Final = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd", b"ID3")
# What recorders leave; others must be said: timecode with a sign and without one is alike in 8 bits.
_TOLD_APART: Final = ("u8", "s16le", "s24le", "s32le", "f32le", "f64le")
# A stretch at the beginning, and one in the middle: timecode may begin late.
_STRETCH: Final = 1 << 19
_LEAST_QUALITY: Final = 10.0
# Of the frames that fit into a stretch: read in no other form so well that another need be tried.
_WHOLE: Final = 0.9
_USUAL: Final = (48000, 44100, 22050, 32000, 16000, 24000, 11025, 12000, 8000, 88200, 96000, 176400, 192000)
# Speeds of tapes and players that are meant to be 1; usual sample rates are at least 8 % apart, frame rates 4 %.
_PLAY: Final = 0.01
# Mean step from sample to sample, in their standard deviations: noise alone has 1.13, turns of high and low bytes more.
_SMOOTH: Final = 0.9
# Bytes of another coding taken for floats are of any size: hardly one of sound is louder, or so faint and not 0.
_LOUDEST: Final = 16.0
_FAINTEST: Final = 1e-12
_FAINT_SHARE: Final = 0.01


def guessed_form(path: Path) -> RawForm | None:
    """The form in which a file of samples alone holds timecode; None where it holds none, or nobody can tell."""
    try:
        if not path.is_file():  # a pipe would block
            return None
        with path.open("rb") as file:
            if file.read(4).startswith(_HEADERS):
                return None
        steps = {one: min(map(_steps, _stretches(path, RawForm(one, 48000))), default=np.inf) for one in _TOLD_APART}
        if np.isfinite(
            steps["f32le"]
        ):  # the bits of a float grow with its size: taken for an integer it is smooth, too
            del steps["s32le"]
        coding = min(steps, key=lambda one: steps[one])
        return _at_its_rate(path, coding) if steps[coding] < _SMOOTH else None
    except (OSError, SoundFileError):
        return None


def _at_its_rate(path: Path, coding: str) -> RawForm | None:
    kernels = kernels_for(len(_USUAL) * _STRETCH / 48000)
    best = list[LtcFrame]()
    for as_if in _USUAL:
        for stretch in _stretches(path, RawForm(coding, as_if)):
            decoder = LtcDecoder(as_if, keep_late=True, kernels=kernels)
            best = max(best, [*decoder.feed(stretch), *decoder.flush()], key=lock_quality)
            if sum(frame.samples_per_frame for frame in best) > _WHOLE * len(stretch):
                return _form(coding, best)
    return _form(coding, best)


def _form(coding: str, frames: list[LtcFrame]) -> RawForm | None:
    """The form of what was read, at whatever sample rate it was taken to have."""
    if lock_quality(frames) < _LEAST_QUALITY:
        return None
    rates = [rate for rate in _USUAL if abs(infer_rate(frames, rate).speed - 1.0) < _PLAY]
    return RawForm(coding, rates[0]) if len(rates) == 1 else None


def _stretches(path: Path, form: RawForm) -> Iterator[npt.NDArray[np.float32]]:
    with suppress(SoundFileError):  # too short for one such sample
        sound = raw_sound(path, form)
        for first in sorted({0, max(0, sound.samples // 2 - _STRETCH // 2)}):
            yield next(sound.blocks(0, _STRETCH, first))


def _steps(samples: npt.NDArray[np.float32]) -> float:
    """Mean step from sample to sample, in standard deviations; without end for what cannot be the samples of sound."""
    sizes = np.abs(samples)
    if not np.isfinite(sizes).all() or sizes.max() > _LOUDEST:
        return np.inf
    if np.mean((sizes > 0.0) & (sizes < _FAINTEST)) > _FAINT_SHARE:
        return np.inf
    spread = float(np.std(samples, dtype=np.float64))
    return float(np.mean(np.abs(np.diff(samples)), dtype=np.float64)) / spread if spread > 0.0 else np.inf
