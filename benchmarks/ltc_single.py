"""Timecode whose labels are drawn by lot: how many words are read when no neighbour helps; is any handed over?

The bit clock and the place of the sync pattern run on, as on any tape, but nothing says which label comes next. So no
timeline is ever borne out, and whatever the decoder hands over is false.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.sim.worn_sound import level_of
from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.wire.ltc.bit_clock import BitClock
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc
from cuefocus.wire.ltc.front_end import FrontEnd
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.likeliest import likeliest_word
from cuefocus.wire.ltc.word import BITS_PER_WORD, label_of

_FORMS = ((48_000, "25"), (48_000, "29.97df"), (44_100, "24"), (96_000, "25"))
_LEVELS_DB = (4.0, 2.0, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0)
_NEAR = 0.25  # frames
_LEAD_IN = 10  # frames not asked for: the clock settles

Samples = npt.NDArray[np.float32]
Word = tuple[float, Timecode | None]
"""The sample it begins at, and its label, None if it names no frame."""


@dataclass(frozen=True, slots=True)
class DrawnTimecode:
    """Timecode of drawn labels.

    Args:
        sound: samples.
        sample_rate: samples per second.
        samples_per_frame: of the sound.
        labels: of its frames; the first begins at sample 0.
    """

    sound: Samples
    sample_rate: int
    samples_per_frame: float
    labels: list[Timecode]

    @property
    def asked_for(self) -> int:
        """Frames that count."""
        return len(self.labels) - _LEAD_IN


def print_singles(kernels: Kernels, words: int) -> None:
    """A line a form and level: percent of words read right, and as another frame; frames handed over, all false.

    Args:
        kernels: inner loops.
        words: how many of each.
    """
    print(f"{'form':>14s} {'SNR, dB':>8s} {'words':>6s} {'right %':>8s} {'other %':>8s} {'handed over':>12s}")
    for sample_rate, rate in _FORMS:
        for snr_db in _LEVELS_DB:
            drawn = drawn_timecode(words + _LEAD_IN, sample_rate, rate, snr_db, seed=1)
            right, other = scored(words_alone(drawn, kernels), drawn)
            decoder = LtcDecoder(sample_rate, keep_late=True, kernels=kernels)
            given = len(decoder.feed(drawn.sound)) + len(decoder.flush())
            form, share = f"{rate}, {sample_rate}", 100.0 / drawn.asked_for
            print(f"{form:>14s} {snr_db:8.0f} {words:6d} {share * right:8.2f} {share * other:8.2f} {given:12d}")


def drawn_timecode(words: int, sample_rate: int, rate: str, snr_db: float, *, seed: int) -> DrawnTimecode:
    """So many words, each with a label drawn from the whole day, and white noise.

    Args:
        words: how many.
        sample_rate: samples per second.
        rate: its name.
        snr_db: level over that of the noise, full band.
        seed: of labels and noise.
    """
    chance, form = np.random.default_rng(seed), RATES[rate]
    length = float(sample_rate / form.fps)
    counts = chance.integers(0, form.frames_per_day, words)
    at = np.arange(round(words * length)) / length
    frame = np.minimum(at.astype(np.int64), words - 1)
    sound = render_ltc(LtcSound(form, Timecode(0, 0, 0, 0), sample_rate), counts[frame] + (at - frame))
    noise = level_of(sound.astype(np.float64)) * 10 ** (-snr_db / 20) * chance.standard_normal(len(sound))
    labels = [timecode_at_frame(count, form) for count in counts.tolist()]
    return DrawnTimecode((sound + noise).astype(np.float32), sample_rate, length, labels)


def words_alone(drawn: DrawnTimecode, kernels: Kernels) -> list[Word]:
    """The soft reader's words before belief: front end, bit clock, places of words, likeliest bits of each."""
    front, clock = FrontEnd(drawn.sample_rate, kernels), BitClock(drawn.sample_rate, kernels)
    ending = np.zeros(front.delay_samples + drawn.sample_rate // 100, dtype=np.float32)
    found: list[Word] = []
    for run in clock.feed(front.feed(np.concatenate([drawn.sound, ending]), clock.kept)):
        scores = np.zeros((2, BITS_PER_WORD))
        ends, directions = kernels.word_ends(run.halves, BITS_PER_WORD - 1, scores)
        for end in ends[directions > 0].tolist():
            first = end - BITS_PER_WORD + 1
            own = run.halves[2 * first : 2 * (end + 1)]
            _, _, low, high = likeliest_word(own[0::2].tolist(), own[1::2].tolist(), 0.0, -1, 0, [0] * BITS_PER_WORD)
            found.append((float(run.measured[first]) - front.delay_samples, label_of(low | high << 32)))
    return found


def scored(found: list[Word], drawn: DrawnTimecode) -> tuple[int, int]:
    """Words of which the label is right, and those that name another frame or stand where none begins."""
    right: set[int] = set()
    other = 0
    for start, label in found:
        frame = round(start / drawn.samples_per_frame)
        if label is None or frame < _LEAD_IN:
            continue
        near = abs(start - frame * drawn.samples_per_frame) < _NEAR * drawn.samples_per_frame
        if near and frame < len(drawn.labels) and drawn.labels[frame] == label:
            right.add(frame)
        else:
            other += 1
    return len(right), other
