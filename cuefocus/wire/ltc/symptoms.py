"""What one channel of sound shows: its level, hum, shape, whether it holds LTC, and what it sounds like if not."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.meter import dbfs, frame_worth
from cuefocus.wire.ltc.word import BITS_PER_WORD

Character = Literal["silence", "tone", "noise", "speech or music", "something steady"]

_SILENT: Final = 1e-4  # -80 dBFS
_FULL_SCALE: Final = 0.999
_MAINS_HZ: Final = (50.0, 60.0)
_MAINS_HARMONICS: Final = 6
_LINE_HZ: Final = 1.0
_ENVELOPE_S: Final = 0.05
_LIVELY_DB: Final = 3.0  # spread of the envelope: noise of this band shows 0.2, LTC 0.1, music 4 and more
_FLAT: Final = 0.3  # spectral flatness: white noise shows 0.56, music 0.01
_ONE_LINE: Final = 0.7
_FFT: Final = 1 << 14
# Where timecode at play speed has its bits, and where what makes them square: 23.976 to 30 frames a second.
_BITS_HZ: Final = (700.0, 2600.0)
_CORNERS_HZ: Final = (2600.0, 8000.0)
_PLACES: Final = 20  # in half a bit: about as many as there are samples

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Symptoms:
    """One channel.

    Args:
        level_dbfs, peak_dbfs: RMS and highest sample, DC included.
        clipped: share of the samples at full scale.
        hum_hz, hum: mains frequency of the stronger hum, and its share of the power with five harmonics.
        fullness: how much of the square wave is left between its edges: 0.95 of clean or noisy LTC, 0.8 behind a
            low cut at 300 Hz, 0.2 where only spikes are left; 0 without frames.
        treble: power from 2.6 to 8 kHz over that from 0.7 to 2.6 kHz: 0.12 of clean LTC, 0.001 behind a path that
            ends at 1 kHz.
        bits_share: share of the power from 0.7 to 2.6 kHz, where LTC has its bits: 0.8 of clean LTC.
        frames: LTC frames, in order of time.
        quality: 0 to 1: how much of the time is covered by frames, and how steady they are.
        syncs: sync patterns met, believed or not.
        character: what it sounds like apart from LTC.
    """

    level_dbfs: float
    peak_dbfs: float
    clipped: float
    hum_hz: float
    hum: float
    fullness: float
    treble: float
    bits_share: float
    frames: tuple[LtcFrame, ...]
    quality: float
    syncs: int
    character: Character

    @property
    def matched_share(self) -> float:
        """Share of the frames that only matched filters could read."""
        matched = sum(frame.front_end == "matched" for frame in self.frames)
        return matched / len(self.frames) if self.frames else 0.0


def symptoms_of(samples: Samples, sample_rate: int) -> Symptoms:
    """Look at one channel.

    Args:
        samples: some seconds of it, full scale ±1.
        sample_rate: samples per second.
    """
    sound = np.where(np.isfinite(samples), samples, np.float32(0.0)).astype(np.float32)
    if not len(sound):
        sound = np.zeros(1, dtype=np.float32)
    sizes = np.abs(sound)
    peak = float(sizes.max())
    decoder = LtcDecoder(sample_rate, keep_late=True)
    frames = sorted([*decoder.feed(sound), *decoder.flush()], key=lambda frame: frame.first_sample)
    spectrum, bins_hz = _spectrum(sound, sample_rate)
    hums = {mains_hz: _hum(spectrum, bins_hz, mains_hz) for mains_hz in _MAINS_HZ}
    hum_hz = max(hums, key=lambda mains_hz: hums[mains_hz])
    bits, corners = (_power_within(spectrum, bins_hz, *band) for band in (_BITS_HZ, _CORNERS_HZ))
    worth = sum(frame_worth(frame) * frame.samples_per_frame for frame in frames)
    return Symptoms(
        level_dbfs=dbfs(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))),
        peak_dbfs=dbfs(peak),
        clipped=float(np.mean(sizes >= _FULL_SCALE)),
        hum_hz=hum_hz,
        hum=hums[hum_hz],
        fullness=_fullness(sound, frames),
        treble=corners / bits if bits > 0.0 else 0.0,
        bits_share=bits / float(spectrum.sum()) if bits > 0.0 else 0.0,
        frames=tuple(frames),
        quality=min(1.0, worth / len(sound)),
        syncs=decoder.tally.syncs,
        character=_character(sound, sample_rate, peak, spectrum),
    )


def _spectrum(sound: Samples, sample_rate: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Power by frequency, of the whole stretch: a line of hum is as narrow as that is long."""
    weighed = (sound - np.mean(sound)) * np.hanning(len(sound))
    power: npt.NDArray[np.float64] = np.square(np.abs(np.fft.rfft(weighed)))
    return power, np.arange(len(power), dtype=np.float64) * (sample_rate / len(sound))


def _hum(power: npt.NDArray[np.float64], bins_hz: npt.NDArray[np.float64], mains_hz: float) -> float:
    total = float(power.sum())
    near = np.zeros(len(bins_hz), dtype=bool)
    for harmonic in range(1, _MAINS_HARMONICS + 1):
        near |= np.abs(bins_hz - harmonic * mains_hz) <= _LINE_HZ
    return float(power[near].sum()) / total if total > 0.0 else 0.0


def _power_within(
    power: npt.NDArray[np.float64], bins_hz: npt.NDArray[np.float64], low_hz: float, high_hz: float
) -> float:
    return float(power[(bins_hz >= low_hz) & (bins_hz < high_hz)].sum())


def _fullness(sound: Samples, frames: list[LtcFrame]) -> float:
    """Mean over highest point of what follows the edge at the start of a bit, laid over one another for all bits."""
    if not frames:
        return 0.0
    sizes = np.abs(sound - np.mean(sound))
    profile = np.zeros(_PLACES)
    for frame in frames:
        bit = (frame.end_sample - frame.start_sample) / BITS_PER_WORD
        starts = frame.start_sample + bit * np.arange(BITS_PER_WORD)
        places = starts[:, None] + 0.5 * bit * ((np.arange(_PLACES) + 0.5) / _PLACES)[None, :]
        profile += sizes[np.clip(np.round(places).astype(np.int64), 0, len(sizes) - 1)].mean(axis=0)
    return float(profile.mean() / profile.max()) if profile.max() > 0.0 else 0.0


def _character(sound: Samples, sample_rate: int, peak: float, power: npt.NDArray[np.float64]) -> Character:
    if peak < _SILENT:
        return "silence"
    step = max(1, round(sample_rate * _ENVELOPE_S))
    pieces = sound[: len(sound) // step * step].astype(np.float64).reshape(-1, step)
    if len(pieces) > 1:
        envelope_db = 10.0 * np.log10(np.mean(np.square(pieces), axis=1) + _SILENT**2)
        if float(np.std(envelope_db)) > _LIVELY_DB:
            return "speech or music"
    top = int(np.argmax(power))
    if float(power[max(0, top - 3) : top + 4].sum()) > _ONE_LINE * float(power.sum()):
        return "tone"
    length = min(_FFT, len(sound))
    rows = sound[: len(sound) // length * length].astype(np.float64).reshape(-1, length)
    mean = np.mean(np.square(np.abs(np.fft.rfft(rows * np.hanning(length), axis=1))), axis=0)[2:] + 1e-20
    if len(mean) and float(np.exp(np.mean(np.log(mean))) / np.mean(mean)) > _FLAT:
        return "noise"
    return "something steady"
