"""What becomes of timecode on the way: sound that goes through worn tape, poor lines, rooms and converters.

Each function takes sound and gives sound, with the moments at which it was touched so that no decoder need read a
frame there. Everything is drawn from the generator that is handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.frame import LtcFrame

Sound = npt.NDArray[np.float64]
Touched = list[tuple[float, float]]
"""Stretches, samples from the first."""

_MU = 255.0  # ITU-T G.711


@dataclass(frozen=True, slots=True)
class PlayedTimecode:
    """Timecode at a constant speed, and where each of its frames lies.

    Args:
        sound: as it was made.
        sample_rate: samples per second.
        first: label of the first frame, which begins at sample 0.
        rate: name of the rate.
        speed: of play.
    """

    sound: Sound
    sample_rate: int
    first: Timecode
    rate: str
    speed: float = 1.0

    @property
    def samples_per_frame(self) -> float:
        """Length of a frame as played."""
        return self.sample_rate / float(RATES[self.rate].fps) / self.speed


def timecode(
    seconds: float, *, sample_rate: int = 48_000, rate: str = "25", first: Timecode | None = None, speed: float = 1.0
) -> PlayedTimecode:
    """Clean timecode, peak 0.5."""
    label = Timecode(10, 20, 30, 0) if first is None else first
    sound = ltc_samples(LtcSound(RATES[rate], label, sample_rate), round(seconds * sample_rate), speed=speed)
    return PlayedTimecode(sound.astype(np.float64), sample_rate, label, rate, speed)


@dataclass(slots=True)
class Score:
    """What a decoder made of worn timecode.

    Args:
        needed: frames that nothing touched.
        right: of them, read.
        false: read where no such frame is, or twice.
        wrong: the labels of those.
    """

    needed: int = 0
    right: int = 0
    false: int = 0
    wrong: list[str] = field(default_factory=list)


def score(
    frames: Sequence[LtcFrame], truth: PlayedTimecode, samples: int, touched: Touched, *, delay_samples: float = 0.0
) -> Score:
    """Frames against the truth: the label must be the one on air, its start within half a frame.

    Args:
        frames: as decoded.
        truth: the timecode.
        samples: length of the worn sound, at the truth's sample rate.
        touched: frames that lie in these stretches need not be read.
        delay_samples: of the worn sound.
    """
    length, rate = truth.samples_per_frame, RATES[truth.rate]
    start = truth.first.frame_number(rate)
    count = int((samples - delay_samples) / length)
    due = {timecode_at_frame(start + each, rate): each for each in range(count + 1)}
    needed = set(range(count))
    for begin, end in touched:
        first, last = (begin - delay_samples) / length, (end - delay_samples) / length
        needed -= set(range(max(0, int(np.floor(first - 0.01))), min(count, int(np.ceil(last + 0.01)))))
    result, used = Score(needed=len(needed)), set[int]()
    for frame in frames:
        place = due.get(frame.label)
        here = place is not None and abs(frame.start_sample - delay_samples - place * length) < 0.5 * length
        if place is None or not here or place in used or frame.direction < 0:
            result.false += 1
            result.wrong.append(f"{frame.label} at {frame.start_sample:.0f} ({frame.front_end})")
            continue
        used.add(place)
        result.right += place in needed
    return result


# --- lines


def with_noise(sound: Sound, snr_db: float, chance: np.random.Generator) -> Sound:
    """White noise, so far below the sound's own level."""
    return sound + level_of(sound) * 10 ** (-snr_db / 20) * chance.standard_normal(len(sound))


def with_beside(sound: Sound, other: Sound, level_db: float) -> Sound:
    """Another sound beside it, at that level relative to the sound's own."""
    beside = np.resize(other, len(sound))
    return sound + beside * (level_of(sound) / level_of(beside) * 10 ** (level_db / 20))


def with_hum(sound: Sound, sample_rate: int, level_db: float, hertz: float = 50.0) -> Sound:
    """Mains hum with its harmonics."""
    at = 2 * np.pi * hertz / sample_rate * np.arange(len(sound))
    hum = sum((np.sin(k * at + k) / k**1.5 for k in (1, 2, 3, 5)), np.zeros(len(sound)))
    return with_beside(sound, hum, level_db)


def clipped(sound: Sound, gain_db: float) -> Sound:
    """Turned up and cut off at ± the sound's peak."""
    peak = float(np.abs(sound).max())
    return np.clip(sound * 10 ** (gain_db / 20), -peak, peak)


def with_steps(sound: Sound, sample_rate: int, chance: np.random.Generator) -> tuple[Sound, Touched]:
    """Offsets that jump twice a second, by up to twice the peak."""
    steps, touched = np.zeros(len(sound)), Touched()
    for at in _moments(len(sound), sample_rate, 2.0, chance):
        steps[at:] = chance.uniform(-2.0, 2.0) * float(np.abs(sound).max())
        touched.append((at, at + 0.03 * sample_rate))
    return sound + steps, touched


def with_dropouts(
    sound: Sound, sample_rate: int, chance: np.random.Generator, *, per_s: float = 2.0, gain: float = 0.0
) -> tuple[Sound, Touched]:
    """Holes of 1 to 50 ms."""
    worn, touched = sound.copy(), Touched()
    for at in _moments(len(sound), sample_rate, per_s, chance):
        end = at + int(10 ** chance.uniform(-3.0, -1.3) * sample_rate)
        worn[at:end] *= gain
        touched.append((at, end))
    return worn, touched


def with_flips(sound: Sound, sample_rate: int, chance: np.random.Generator) -> tuple[Sound, Touched]:
    """Polarity that turns over, once a second."""
    worn, touched = sound.copy(), Touched()
    for at in _moments(len(sound), sample_rate, 1.0, chance):
        worn[at:] *= -1.0
        touched.append((at, at))
    return worn, touched


def mu_law(sound: Sound) -> Sound:
    """Eight bits of µ-law and back."""
    inner = np.sign(sound) * np.log1p(_MU * np.abs(sound)) / np.log1p(_MU)
    coded = np.round(inner * 127.0) / 127.0
    decoded: Sound = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return decoded


# --- tape, rooms, converters


def low_passed(sound: Sound, sample_rate: int, hertz: float, order: int = 4) -> Sound:
    """Without what lies above, as with a head that stands askew."""
    spectrum = np.fft.rfft(sound)
    spectrum /= np.sqrt(1.0 + (np.fft.rfftfreq(len(sound), 1 / sample_rate) / hertz) ** (2 * order))
    return np.asarray(np.fft.irfft(spectrum, len(sound)), dtype=np.float64)


def fluttering(sound: Sound, sample_rate: int, depth_db: float, hertz: float) -> Sound:
    """A level that swings up and down."""
    at = 2 * np.pi * hertz / sample_rate * np.arange(len(sound))
    swung: Sound = sound * 10 ** (depth_db / 20 * np.sin(at))
    return swung


def echoing(sound: Sound, sample_rate: int, delay_s: float, level_db: float) -> Sound:
    """One echo."""
    late = round(delay_s * sample_rate)
    worn = sound.copy()
    worn[late:] += sound[:-late] * 10 ** (level_db / 20)
    return worn


def in_a_room(sound: Sound, sample_rate: int, decay_s: float, level_db: float, chance: np.random.Generator) -> Sound:
    """Reverberation: noise that dies away by 60 dB in `decay_s`, its power relative to the direct sound's."""
    length = round(decay_s * sample_rate)
    tail = chance.standard_normal(length) * 10 ** (-3.0 * np.arange(length) / length)
    tail *= 10 ** (level_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] += 1.0
    size = 1 << (len(sound) + length).bit_length()
    heard: Sound = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)
    return heard[: len(sound)]


def resampled(sound: Sound, sample_rate: int, through: int) -> Sound:
    """By straight lines to another sample rate and back: the poorest converter there is."""
    at = np.arange(len(sound)) / sample_rate
    between = np.arange(0.0, at[-1], 1.0 / through)
    back: Sound = np.interp(at, between, np.interp(between, at, sound))
    return back


# --- what is on the other channel


def music(samples: int, sample_rate: int, chance: np.random.Generator) -> Sound:
    """A bass line, chords, drums."""
    sound, beat = np.zeros(samples), round(0.5 * sample_rate)
    scale = (0, 3, 5, 7, 10)
    for number, begin in enumerate(range(0, samples, beat)):
        at = np.arange(min(2 * beat, samples - begin)) / sample_rate
        note = np.exp(-2.0 * at) * (2.0 * (55.0 * 2 ** (chance.choice(scale) / 12) * at % 1.0) - 1.0)
        for voice in range(3):
            hertz = 220.0 * 2 ** (chance.choice(scale) / 12 + voice)
            note += 0.4 * np.exp(-1.5 * at) * np.sin(2 * np.pi * hertz * at + 2.0 * np.sin(2 * np.pi * hertz * at))
        note += 1.5 * np.exp(-12.0 * at) * np.sin(2 * np.pi * (50.0 * at - 0.24 * np.exp(-25.0 * at)))
        if number % 2:
            note += chance.standard_normal(len(at)) * np.exp(-30.0 * at)
        sound[begin : begin + len(at)] += note
    return sound


def speech(samples: int, sample_rate: int, chance: np.random.Generator) -> Sound:
    """A voice: a buzz through three resonances that come and go in syllables."""
    at = np.arange(samples) / sample_rate
    pitch = 120.0 + 25.0 * np.sin(4.4 * at) + 8.0 * np.sin(14.4 * at)
    buzz = 2.0 * (np.cumsum(pitch) / sample_rate % 1.0) - 1.0 + 0.05 * chance.standard_normal(samples)
    hertz, spectrum = np.fft.rfftfreq(samples, 1 / sample_rate), np.fft.rfft(buzz)
    throat = sum((1 / (1 + 1j * (hertz - f) / w) for f, w in ((650, 120), (1300, 150), (2500, 250))), 0j * hertz)
    syllables = np.clip(np.sin(19.5 * at) + 0.6 * np.sin(2.6 * at), 0.0, None)
    voice: Sound = np.fft.irfft(spectrum * throat, samples) * syllables
    return voice


def level_of(sound: Sound) -> float:
    """RMS."""
    return float(np.sqrt(np.mean(np.square(sound)))) or 1.0


def _moments(samples: int, sample_rate: int, per_s: float, chance: np.random.Generator) -> list[int]:
    """Places, so many a second on the average, none in the first half second."""
    first = round(0.5 * sample_rate)
    count = max(1, round(per_s * (samples - first) / sample_rate))
    return sorted(chance.integers(first, samples, count).tolist())
