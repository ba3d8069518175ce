"""LTC as sound: biphase mark, the standard's rise time, edges placed between samples.

Any curve of the media's position may be rendered, so varispeed, reverse, stops and jumps come out as a deck would play
them. Source: SMPTE ST 12-1 §9 (rise time 40 ± 10 µs, polarity correction), ST 12-3 (a word for two frames over 30 fps)
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import FrameRate, Timecode, timecode_at_frame
from cuefocus.wire.ltc.word import BITS_PER_WORD, PLAIN, WordFlags, data_word, word_bits

Samples = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]

RISE_S = 40e-6
_HALF_BITS_PER_WORD = 2 * BITS_PER_WORD
# A raised-cosine edge of length 1 takes 0.5903 from 10 % to 90 %: (acos(-0.8) - acos(0.8)) / pi
_RISE_PART = 0.59033
_SHORTEST_EDGE_SAMPLES = 1.6  # a steeper edge has no place between samples
_FASTEST_HALF_BITS = 1.9  # per sample; two and more cannot be told apart from none


@dataclass(frozen=True, slots=True)
class LtcSound:
    """How LTC is to sound.

    Args:
        rate: how labels count; above 30 fps a word stands for two frames and carries half the count.
        start: the label at media position 0.
        sample_rate: samples per second.
        level: peak, full scale is 1.
        flags: user bits and flags, the same in every word.
        rise_s: 10 % to 90 % of an edge at normal speed, s; shorter at higher speeds.
        inverted: the other polarity.
    """

    rate: FrameRate
    start: Timecode
    sample_rate: int = 48_000
    level: float = 0.5
    flags: WordFlags = PLAIN
    rise_s: float = RISE_S
    inverted: bool = False

    @property
    def frames_per_sample(self) -> float:
        """Media frames that pass in a sample at speed 1."""
        return float(self.rate.fps / self.sample_rate)


def render_ltc(sound: LtcSound, position_frames: npt.NDArray[np.floating]) -> Samples:
    """LTC for any curve of media position: varispeed, reverse, stops, jumps.

    A word's leading edge crosses mid-level exactly where the curve, straight between samples, passes the word's start.

    Args:
        sound: labels and signal.
        position_frames: media position at each sample, in frames of `sound.rate` after `sound.start`. Where it moves
            further in one sample than LTC can show (about 20 times normal speed at 48 kHz) it is taken for a splice.

    Returns: float32 samples, as many as positions.
    """
    position: Places = np.asarray(position_frames, dtype=np.float64)
    if len(position) == 0:
        return np.zeros(0, dtype=np.float32)
    splice_frames = _FASTEST_HALF_BITS * sound.rate.pair / _HALF_BITS_PER_WORD
    cuts = np.flatnonzero(np.abs(np.diff(position)) > splice_frames) + 1
    margin = _margin_samples(sound)
    return np.concatenate([_render(sound, _extended(piece, margin), margin) for piece in np.split(position, cuts)])


def ltc_blocks(
    sound: LtcSound,
    samples: int,
    *,
    speed: float = 1.0,
    offset_frames: float = 0.0,
    block_samples: int = 1 << 16,
) -> Iterator[Samples]:
    """LTC at constant speed, block by block; the cut leaves no trace in the sound.

    Args:
        sound: labels and signal.
        samples: length of all blocks together.
        speed: media frames per frame; negative is reverse.
        offset_frames: media position at sample 0, frames after `sound.start`.
        block_samples: length of a block; the last may be shorter.
    """
    step = speed * sound.frames_per_sample
    margin = _margin_samples(sound)
    for first in range(0, samples, block_samples):
        last = min(first + block_samples, samples)
        positions: Places = offset_frames + step * np.arange(first - margin, last + margin, dtype=np.float64)
        yield _render(sound, positions, margin)


def ltc_samples(sound: LtcSound, samples: int, *, speed: float = 1.0, offset_frames: float = 0.0) -> Samples:
    """LTC at constant speed, whole. Arguments as for `ltc_blocks`."""
    blocks = list(ltc_blocks(sound, samples, speed=speed, offset_frames=offset_frames))
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def word_label(frame_number: int, rate: FrameRate) -> Timecode:
    """The label an LTC word carries for the frame: itself up to 30 fps, half the frame count above."""
    label = timecode_at_frame(frame_number - frame_number % rate.pair, rate)
    return Timecode(label.hours, label.minutes, label.seconds, label.frames // rate.pair)


def _edge_samples(sound: LtcSound) -> float:
    """Whole length of an edge at normal speed and below, samples."""
    return max(sound.rise_s * sound.sample_rate / _RISE_PART, _SHORTEST_EDGE_SAMPLES)


def _margin_samples(sound: LtcSound) -> int:
    """How far outside a block an edge may lie and still show in it."""
    return math.ceil(_edge_samples(sound) / 2) + 2


def _extended(position: Places, margin: int) -> Places:
    """The curve carried on straight by `margin` samples at both ends."""
    ramp = np.arange(1, margin + 1)
    first = position[1] - position[0] if len(position) > 1 else 0.0
    last = position[-1] - position[-2] if len(position) > 1 else 0.0
    return np.concatenate([position[0] - first * ramp[::-1], position, position[-1] + last * ramp])


def _render(sound: LtcSound, position: Places, margin: int) -> Samples:
    """Samples for positions that reach `margin` beyond them at both ends."""
    rate = sound.rate
    first_frame = sound.start.frame_number(rate)
    word_position = (first_frame + position) / rate.pair
    first_word = math.floor(float(word_position.min())) - 1
    words = math.floor(float(word_position.max())) + 2 - first_word
    half_bits = (first_frame / rate.pair - first_word + position / rate.pair) * _HALF_BITS_PER_WORD
    flips, levels = _modulated(sound, first_word, words)
    cells = np.floor(half_bits).astype(np.int64)
    places, steps, swings, speeds = _edges(half_bits, cells, flips, levels)
    normal = _HALF_BITS_PER_WORD / rate.pair * sound.frames_per_sample
    lengths = np.maximum(_edge_samples(sound) / np.maximum(speeds / normal, 1.0), _SHORTEST_EDGE_SAMPLES)
    out = levels[cells] + _roundings(places, steps, swings, lengths, margin, len(position))
    level = -sound.level if sound.inverted else sound.level
    return (level * out[margin : len(out) - margin]).astype(np.float32)


def _modulated(sound: LtcSound, first_word: int, words: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int8]]:
    """Biphase mark: whether the level flips at the start of each half bit, and the level (±1) during it."""
    rate = sound.rate
    data = [
        data_word(word_label(word * rate.pair, rate), drop=rate.drop, at_25=rate.word_nominal == 25, flags=sound.flags)
        for word in range(first_word, first_word + words)
    ]
    flips = np.ones(words * _HALF_BITS_PER_WORD, dtype=np.int8)
    flips[1::2] = word_bits(data).reshape(-1)
    levels = (1 - 2 * (np.cumsum(flips, dtype=np.int64) & 1)).astype(np.int8)
    return flips.astype(np.bool_), levels


def _edges(
    half_bits: Places, cells: npt.NDArray[np.int64], flips: npt.NDArray[np.bool_], levels: npt.NDArray[np.int8]
) -> tuple[Places, Places, Places, Places]:
    """Level changes: where (samples), first sample that shows it, by how much (±2), media speed (half bits/sample)."""
    moved = np.diff(cells)
    before = np.flatnonzero(moved)
    found: list[Places] = []
    while len(before):
        upwards = moved[before] > 0
        passed = len(found)  # boundaries already dealt with in the same step
        boundary = np.where(upwards, cells[before] + 1 + passed, cells[before] - passed)
        step = half_bits[before + 1] - half_bits[before]
        places = before + (boundary - half_bits[before]) / step
        swings = np.where(upwards, 1.0, -1.0) * (levels[boundary].astype(np.float64) - levels[boundary - 1])
        flip = flips[boundary]
        found.append(np.stack([places[flip], before[flip] + 1.0, swings[flip], np.abs(step[flip])]))
        before = before[np.abs(moved[before]) > passed + 1]
    if not found:
        return np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0)
    places, steps, swings, speeds = np.concatenate(found, axis=1)
    return places, steps, swings, speeds


def _roundings(places: Places, steps: Places, swings: Places, lengths: Places, margin: int, samples: int) -> Places:
    """What to add to hard steps at samples `steps` to make them raised-cosine edges of `lengths` round `places`."""
    reach = np.arange(-margin, margin + 1)
    at: npt.NDArray[np.int64] = np.floor(places).astype(np.int64)[:, None] + reach
    phase = np.clip((at - places[:, None]) / lengths[:, None], -0.5, 0.5)
    parts = 0.5 * (1.0 + np.sin(np.pi * phase)) - (at >= steps[:, None])
    inside = (at >= 0) & (at < samples)
    added: Places = np.bincount(at[inside], (swings[:, None] * parts)[inside], minlength=samples).astype(np.float64)
    return added
