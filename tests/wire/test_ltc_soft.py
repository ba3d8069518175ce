"""Timecode that edges alone cannot read: noise, hum, differentiated signals."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ltc_single import drawn_timecode, scored, words_alone
from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.front_end import FrontEnd
from cuefocus.wire.ltc.kernels import PlainKernels
from cuefocus.wire.ltc.likeliest import FREE, likeliest_bits
from cuefocus.wire.ltc.soft_reader import SoftReader
from cuefocus.wire.ltc.start_fit import fit_starts
from cuefocus.wire.ltc.word import SYNC_BITS, data_word, word_bits
from tests.wire.ltc_fixtures import Samples, decoded, every_kernels, square_ltc

_RATE = 48_000
_STARTS = Timecode(9, 59, 57, 0)


def _clean(rate: str, seconds: float, speed: float = 1.0, offset_frames: float = 0.0) -> Samples:
    sound = LtcSound(RATES[rate], _STARTS, _RATE)
    return ltc_samples(sound, int(seconds * _RATE), speed=speed, offset_frames=offset_frames)


def _noisy(sound: Samples, snr_db: float, seed: int = 0) -> Samples:
    rms = float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
    noise = np.random.default_rng(seed).standard_normal(len(sound))
    return (sound + rms * 10 ** (-snr_db / 20) * noise).astype(np.float32)


def _labels(rate: str, count: int, first: int = 0) -> list[Timecode]:
    start = _STARTS.frame_number(RATES[rate]) + first
    return [timecode_at_frame(start + each, RATES[rate]) for each in range(count)]


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97df", "30"])
@pytest.mark.parametrize(("snr_db", "spread_samples"), [(9, 0.1), (3, 0.25), (-2, 0.7)])
def test_every_whole_frame_is_read_in_noise(rate: str, snr_db: float, spread_samples: float) -> None:
    count, length = 100, _RATE / float(RATES[rate].fps)
    frames = decoded(_noisy(_clean(rate, count * length / _RATE), snr_db), _RATE)
    labels = [frame.label for frame in frames]
    assert labels in (_labels(rate, count), _labels(rate, count - 1), _labels(rate, count - 1, 1))
    first = labels[0].frame_number(RATES[rate]) - _STARTS.frame_number(RATES[rate])
    errors = [frame.start_sample - (first + at) * length for at, frame in enumerate(frames)]
    assert np.std(errors[1:-1]) < spread_samples


@pytest.mark.parametrize("snr_db", [9, 0])
def test_reverse_play_is_read_in_noise(snr_db: float) -> None:
    sound = _noisy(_clean("25", 4.0, speed=-1.0, offset_frames=100.0), snr_db)
    labels = [frame.label for frame in decoded(sound, _RATE)]
    assert all(frame.direction == -1 for frame in decoded(sound, _RATE))
    expected = _labels("25", 100)[::-1]
    assert labels == expected[-len(labels) :]
    assert len(labels) >= 97


@pytest.mark.parametrize("hertz", [50, 60])
def test_hum_twice_as_loud_is_no_hindrance(hertz: int) -> None:
    sound = _clean("25", 3.0) * np.float32(0.1)
    at = np.arange(len(sound)) / _RATE
    hum = sum(0.2 / k**1.5 * np.sin(2 * np.pi * hertz * k * at + k) for k in (1, 2, 3, 5))
    labels = [frame.label for frame in decoded((sound + hum).astype(np.float32), _RATE)]
    assert labels in (_labels("25", 75), _labels("25", 74), _labels("25", 74, 1))


@pytest.mark.parametrize("snr_db", [40, 10])
def test_a_signal_differentiated_to_spikes_is_read(snr_db: float) -> None:
    spikes = np.diff(_clean("24", 3.0), prepend=np.float32(0.0))
    labels = [frame.label for frame in decoded(_noisy(spikes, snr_db), _RATE)]
    assert set(labels) <= set(_labels("24", 72))
    assert len(labels) >= 70


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 2 * _RATE), max_size=40), snr_db=st.sampled_from([17.0, 12.0, 6.0, 0.0]))
def test_no_cut_of_a_noisy_sound_leaves_a_trace(cuts: list[int], snr_db: float) -> None:
    sound = _noisy(_clean("25", 2.0), snr_db)
    assert decoded(sound, _RATE, cuts) == decoded(sound, _RATE)


@pytest.mark.parametrize("seed", range(3))
def test_a_jump_in_noise_is_read_as_a_jump(seed: int) -> None:
    before, after = _clean("25", 2.0), ltc_samples(LtcSound(RATES["25"], Timecode(20, 0, 0, 0), _RATE), 2 * _RATE)
    frames = decoded(_noisy(np.concatenate([before, after]), 6.0, seed), _RATE)
    ahead = [frame.label for frame in frames if frame.last_sample <= 2 * _RATE + 2]
    beyond = [frame.label for frame in frames if frame.first_sample >= 2 * _RATE - 2]
    assert len(ahead) + len(beyond) == len(frames)
    assert set(ahead) <= set(_labels("25", 50))
    assert len(ahead) >= 48
    assert beyond[-1] == Timecode(20, 0, 1, 24)
    assert {label.hours for label in beyond} == {20}
    assert len(beyond) >= 45


@pytest.mark.parametrize(("sample_rate", "rate"), [(48_000, "25"), (48_000, "29.97df"), (44_100, "24")])
def test_a_word_is_read_alone_through_noise_louder_than_itself_but_not_believed(sample_rate: int, rate: str) -> None:
    """Labels drawn by lot: no neighbour helps."""
    drawn = drawn_timecode(600, sample_rate, rate, -1.0, seed=3)
    right, _ = scored(words_alone(drawn, every_kernels()[-1]), drawn)
    assert right >= 0.99 * drawn.asked_for
    decoder = LtcDecoder(sample_rate, keep_late=True, kernels=every_kernels()[-1])
    assert decoder.feed(drawn.sound) + decoder.flush() == []


@pytest.mark.parametrize("seed", range(3))
def test_bare_noise_and_hum_hold_no_frames(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = np.arange(10 * _RATE) / _RATE
    hum = np.sin(2 * np.pi * 50 * at) + 0.3 * np.sin(2 * np.pi * 2000 * at)
    for sound in (0.1 * rng.standard_normal(len(at)), hum + 0.2 * rng.standard_normal(len(at))):
        assert decoded(sound.astype(np.float32), _RATE) == []


def test_frame_starts_are_known_to_a_quarter_of_a_microsecond_at_20_db() -> None:
    rate, length = "25", 1920.0
    for seed in range(2):
        frames = decoded(_noisy(_clean(rate, 8.0), 20.0, seed), _RATE)
        errors = np.array([frame.start_sample - length * at for at, frame in enumerate(frames)][1:])
        assert len(errors) == 199
        assert np.std(errors) / _RATE < 0.25e-6
        told = np.mean([frame.noise_samples for frame in frames[1:]])
        assert 0.5 < told / np.std(errors) < 2.0


def test_late_frames_come_only_to_those_who_want_them() -> None:
    """A loud thump hides the first words from the edges; the soft reader reads them after the edges read later ones."""
    sound = np.concatenate([np.ones(1130, np.float32), np.zeros(217, np.float32), _clean("25", 0.21)])
    live = [frame.label for frame in decoded(sound, _RATE)]
    keeper = LtcDecoder(_RATE, keep_late=True)
    kept = [frame.label for frame in keeper.feed(sound) + keeper.flush()]
    assert live == sorted(live, key=lambda label: label.frames)
    assert set(live) < set(kept) == set(_labels("25", 5))


@given(
    bits=st.lists(st.integers(0, 1), min_size=8, max_size=80),
    level=st.sampled_from([-1.0, 1.0]),
    free=st.randoms(use_true_random=False),
)
def test_the_likeliest_bits_of_a_clean_signal_are_its_bits(bits: list[int], level: float, free: object) -> None:
    firsts, seconds = [], []
    for bit in bits:
        level = -level
        firsts.append(level)
        level = -level if bit else level
        seconds.append(level)
    metric, found = likeliest_bits(firsts, seconds, [FREE] * len(bits))
    assert (metric, found) == (2.0 * len(bits), bits)


def test_one_wrong_half_bit_is_put_right() -> None:
    bits = word_bits([data_word(Timecode(12, 34, 56, 7), drop=False, at_25=True)])[0].tolist()
    firsts, seconds, level = [], [], -1.0
    for bit in bits:
        level = -level
        firsts.append(level)
        level = -level if bit else level
        seconds.append(level)
    for wrong in range(1, 79):
        bent = list(seconds)
        bent[wrong] = -0.9 * bent[wrong]
        assert likeliest_bits(firsts, bent, [FREE] * 64 + list(SYNC_BITS))[1] == bits


@settings(max_examples=30, deadline=None)
@given(
    samples=st.integers(1, 4000),
    cuts=st.lists(st.integers(0, 4000), max_size=10),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_front_end_leaves_no_trace_of_cuts_and_takes_away_dc(samples: int, cuts: list[int], seed: int) -> None:
    sound: npt.NDArray[np.float32] = np.random.default_rng(seed).standard_normal(samples).astype(np.float32)
    whole = FrontEnd(_RATE, PlainKernels()).feed(sound, before=np.ones(3))
    pieced = FrontEnd(_RATE, PlainKernels())
    parts = [np.ones(3)] + [
        pieced.feed(part, before=np.zeros(0)) for part in np.split(sound, sorted(cut for cut in cuts if cut < samples))
    ]
    assert np.array_equal(np.concatenate(parts), whole)
    steady = FrontEnd(_RATE, PlainKernels())
    sums = steady.feed(np.ones(8000, dtype=np.float32), before=np.zeros(0))
    assert np.ptp(sums[1000:]) < 1e-6


def test_a_line_through_bent_tape_is_not_believed() -> None:
    """Under strong wow the widest fit would be cleanest and wrong; a narrower one is taken, and says its own noise."""
    half_bits = np.arange(-160, 161, dtype=np.float64)[None]
    swing = 30.0 * np.sin(half_bits / 60.0 + 0.4)
    noise = 0.1 * np.random.default_rng(1).standard_normal(half_bits.shape)
    usable = np.ones(half_bits.shape, dtype=bool)
    bent = fit_starts(half_bits, swing + noise, usable)
    straight = fit_starts(half_bits, noise, usable)
    assert abs(bent.shift[0] - 30.0 * np.sin(0.4)) < 4 * bent.noise[0] < 0.3
    assert abs(straight.shift[0]) < 4 * straight.noise[0] < 0.03


def test_words_believed_too_late_to_be_placed_are_left_out_and_the_others_stand_where_they_were() -> None:
    """Few words are readable at first: when they are believed, the bits of the earliest are forgotten (1.5 s)."""
    rate, length, bits_kept = RATES["29.97df"], 1600, 3000
    start = _STARTS.frame_number(rate)
    readable = [0, 11, 22, 33, 44, *range(55, 75)]
    words = [data_word(timecode_at_frame(start + at, rate), drop=True, at_25=False) for at in range(75)]
    no_frame = 0x0F0F_0F0F_0F0F_0F0F  # digits past 9
    damaged = [word if at in readable else word | no_frame for at, word in enumerate(words)]
    sound = square_ltc(word_bits(damaged).reshape(-1), length / 80)
    reader = SoftReader(_RATE, PlainKernels())
    needed = [each for first in range(0, len(sound), 480) for each in reader.feed(sound[first : first + 480])]
    needed += reader.flush()
    believed_at, frames = [need for need, _ in needed], [frame for _, frame in needed]
    read = [round(frame.start_sample / length) for frame in frames]
    remembered = (believed_at[0] / length * 80 - bits_kept) / 80
    assert 11 < remembered < 22
    assert read in (readable[2:], readable[2:-1])
    assert [frame.label for frame in frames] == [timecode_at_frame(start + at, rate) for at in read]
    assert [frame.start_sample for frame in frames] == pytest.approx([at * length for at in read], abs=2.0)
