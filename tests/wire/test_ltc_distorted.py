"""Sound bent alike in every word: what cannot be told for certain is not read, and never read wrongly."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest

from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.frame import LtcFrame
from tests.wire.ltc_fixtures import Samples, decoded, every_kernels

_RATE = 48_000
_BLOCK = 256

Sound = npt.NDArray[np.float64]
Bend = Callable[[Sound], Sound]


def _timecode(rate: str, first: Timecode, seconds: float) -> Sound:
    """Its level is 1."""
    sound = ltc_samples(LtcSound(RATES[rate], first, _RATE), round(seconds * _RATE)).astype(np.float64)
    return sound / _level(sound)


def _level(sound: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(sound))))


def _low_passed(sound: Sound, *, hertz: float, poles: int) -> Sound:
    response = (1.0 + 1j * np.fft.rfftfreq(len(sound), 1 / _RATE) / hertz) ** -poles
    bent: Sound = np.fft.irfft(np.fft.rfft(sound) * response, len(sound))
    return bent


def _hummed(sound: Sound, *, hertz: float, level_db: float, clip: float = np.inf) -> Sound:
    """With mains hum and its odd harmonics; then cut off at `clip`."""
    at = 2 * np.pi * hertz / _RATE * np.arange(len(sound))
    hum = sum((np.sin(k * at + k) / k for k in range(1, 20, 2)), np.zeros(len(sound)))
    return np.clip(sound + hum * (10 ** (level_db / 20) / _level(hum)), -clip, clip)


def _echoed(sound: Sound, *, samples: int, level_db: float) -> Sound:
    bent = sound.copy()
    bent[samples:] += sound[:-samples] * 10 ** (level_db / 20)
    return bent


def _toned(sound: Sound, *, hertz: float, level_db: float, late: int = 0) -> Sound:
    """With a square wave that began so many samples before."""
    square: Sound = np.sign(np.sin(2 * np.pi * hertz / _RATE * (np.arange(len(sound)) + late)))
    return sound + square * float(10 ** (level_db / 20))


def _beside(sound: Sound, *, rate: str, first: Timecode, level_db: float) -> Sound:
    return sound + _timecode(rate, first, len(sound) / _RATE) * float(10 ** (level_db / 20))


def _in_noise(sound: Sound, *, low_hz: float, high_hz: float, snr_db: float, seed: int = 0) -> Sound:
    hertz = np.fft.rfftfreq(len(sound), 1 / _RATE)
    noise = np.fft.rfft(np.random.default_rng(seed).standard_normal(len(sound)))
    noise[(hertz < low_hz) | (hertz > high_hz)] = 0.0
    heard = np.fft.irfft(noise, len(sound))
    noisy: Sound = sound + heard * (10 ** (-snr_db / 20) / _level(heard))
    return noisy


def _with_holes(sound: Sound, *, each_s: float, length_s: float) -> Sound:
    bent = sound.copy()
    for at in np.arange(0.2, len(sound) / _RATE, each_s):
        bent[int(at * _RATE) : int((at + length_s) * _RATE)] *= 0.001
    return bent


def _wrong(frames: list[LtcFrame], rate: str, first: Timecode) -> list[str]:
    """Those that name another frame than the one on air, within a quarter of it."""
    length, start = _RATE / float(RATES[rate].fps), first.frame_number(RATES[rate])
    wrong = []
    for frame in frames:
        place = round(frame.start_sample / length)
        here = abs(frame.start_sample - place * length) < 0.25 * length and frame.direction > 0
        due = timecode_at_frame(start + place, RATES[rate])
        if not here or frame.label != due or frame.drop != RATES[rate].drop:
            wrong.append(f"{frame.label} in place of {due}")
    return wrong


_EARLY, _TEN, _LATE = Timecode(1, 2, 3, 4), Timecode(10, 0, 0, 0), Timecode(21, 34, 56, 7)


@pytest.mark.parametrize(
    ("rate", "first", "bend"),
    [
        ("25", _EARLY, partial(_low_passed, hertz=900, poles=4)),
        ("25", _EARLY, partial(_low_passed, hertz=1000, poles=4)),
        ("24", _LATE, partial(_low_passed, hertz=1200, poles=4)),
        ("29.97df", _LATE, partial(_low_passed, hertz=1200, poles=4)),
        ("29.97df", _EARLY, partial(_low_passed, hertz=700, poles=2)),
        ("25", _EARLY, partial(_hummed, hertz=50, level_db=6, clip=1.2)),
        ("24", _EARLY, partial(_hummed, hertz=50, level_db=6, clip=1.2)),
        ("25", _TEN, partial(_hummed, hertz=50, level_db=18)),
        ("29.97df", _TEN, partial(_hummed, hertz=60, level_db=15)),
        ("29.97df", _LATE, partial(_hummed, hertz=60, level_db=18)),
        ("25", _TEN, partial(_hummed, hertz=60, level_db=6, clip=1.2)),
        ("25", _EARLY, partial(_echoed, samples=3213, level_db=-1)),
        ("25", _TEN, partial(_echoed, samples=3213, level_db=-1)),
        ("25", _TEN, partial(_toned, hertz=1000.3, level_db=3)),
        # a timeline that is a frame late comes right where a second begins, if that is counted to 24
        ("25", Timecode(10, 0, 3, 0), partial(_toned, hertz=1000.3, level_db=-2.62, late=27)),
        ("25", _TEN, partial(_beside, rate="25", first=Timecode(10, 0, 1, 0), level_db=0)),
        ("25", _TEN, partial(_in_noise, low_hz=500, high_hz=3000, snr_db=0)),
        ("29.97df", _LATE, partial(_in_noise, low_hz=1800, high_hz=2600, snr_db=0)),
        *(("25", _TEN, partial(_in_noise, low_hz=0, high_hz=24_000, snr_db=-7, seed=seed)) for seed in range(3)),
        ("25", _EARLY, partial(_with_holes, each_s=0.09, length_s=0.02)),
    ],
)
def test_no_frame_is_read_wrongly_however_the_sound_is_bent(rate: str, first: Timecode, bend: Bend) -> None:
    sound = bend(_timecode(rate, first, 6.0)).astype(np.float32)
    assert _wrong(decoded(sound, _RATE), rate, first) == []
    kept = LtcDecoder(_RATE, keep_late=True, kernels=every_kernels()[-1])
    assert _wrong(kept.feed(sound) + kept.flush(), rate, first) == []
    live = LtcDecoder(_RATE, kernels=every_kernels()[-1])
    blocks: list[Samples] = np.split(sound, range(_BLOCK, len(sound), _BLOCK))
    assert _wrong([frame for block in blocks for frame in live.feed(block)], rate, first) == []


@pytest.mark.parametrize(
    "bend",
    [
        partial(_low_passed, hertz=2000, poles=4),
        partial(_hummed, hertz=60, level_db=12),
        partial(_echoed, samples=3213, level_db=-6),
        partial(_beside, rate="25", first=Timecode(10, 0, 1, 0), level_db=-6),
        partial(_in_noise, low_hz=500, high_hz=3000, snr_db=6),
        partial(_in_noise, low_hz=0, high_hz=24_000, snr_db=-4),
    ],
)
def test_what_can_be_told_is_read(bend: Bend) -> None:
    """So that silence is no way to be right."""
    sound = bend(_timecode("25", _EARLY, 4.0)).astype(np.float32)
    decoder = LtcDecoder(_RATE, keep_late=True, kernels=every_kernels()[-1])
    frames = decoder.feed(sound) + decoder.flush()
    assert _wrong(frames, "25", _EARLY) == []
    assert len(frames) >= 96
