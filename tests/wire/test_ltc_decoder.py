"""The LTC decoder: four properties every decoder has, and what LTC asks on top."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cuefocus.timebase.frames import RATES, FrameRate, Timecode, timecode_at_frame
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples, render_ltc, word_label
from cuefocus.wire.ltc.word import WordFlags, data_word, word_bits
from tests.wire.ltc_fixtures import decoded, rates_and_starts, sample_rates, square_ltc

SPEEDS = st.sampled_from([0.25, 0.5, 0.96, 1.0, 1.04, 2.0, 3.7])
_25 = RATES["25"]
_ONE = Timecode(1, 0, 0, 0)


# --- any split of the input gives the same events


@settings(max_examples=150, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 30_000), max_size=30),
    speed=st.sampled_from([-4.0, -1.0, -0.3, 0.3, 1.0, 4.0]),
    noise=st.sampled_from([0.0, 0.02, 0.2]),
    seed=st.integers(0, 1000),
)
def test_any_split_of_the_sound_gives_the_same_frames(cuts: list[int], speed: float, noise: float, seed: int) -> None:
    sound = ltc_samples(LtcSound(_25, _ONE), 30_000, speed=speed, offset_frames=3.3)
    sound[9_000:11_000] = 0.0
    sound += (noise * np.random.default_rng(seed).standard_normal(len(sound))).astype(np.float32)
    assert decoded(sound, 48_000, cuts) == decoded(sound, 48_000)


@pytest.mark.parametrize("block", [1, 7, 64, 256, 1000])
def test_blocks_of_every_size_give_the_same_frames(block: int) -> None:
    sound = ltc_samples(LtcSound(_25, _ONE), 12_000)
    frames = decoded(sound, 48_000, range(block, len(sound), block))
    assert frames == decoded(sound, 48_000)
    assert len(frames) == 6


# --- noise never raises, and is never taken for a frame


@settings(max_examples=150, deadline=None)
@given(
    blocks=st.lists(
        hnp.arrays(np.float32, st.integers(0, 300), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)),
        max_size=8,
    )
)
def test_no_input_raises_or_reads_as_a_frame(blocks: list[np.ndarray]) -> None:
    decoder = LtcDecoder(48_000)
    assert [frame for block in blocks for frame in decoder.feed(block)] + decoder.flush() == []


@pytest.mark.parametrize("seed", range(4))
def test_noise_tones_and_gated_hum_hold_no_frames(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = np.arange(48_000 * 5)
    white = rng.standard_normal(len(n))
    kinds = [
        0.1 * white,
        np.sign(np.sin(2 * np.pi * rng.uniform(300, 4000) * n / 48_000)),
        np.sin(2 * np.pi * 50 * n / 48_000) * (np.sin(2 * np.pi * 2.7 * n / 48_000) > 0) + 0.003 * white,
        np.repeat(rng.choice([-0.5, 0.5], len(n) // 12), 12),  # random edges on LTC's own half-bit grid
        np.cumsum(white) / 300,
    ]
    for kind in kinds:
        assert decoded(kind.astype(np.float32), 48_000) == []


# --- encode, then decode, is the identity


@settings(max_examples=300, deadline=None)
@given(
    rate_start=rates_and_starts(),
    sample_rate=sample_rates,
    speed=SPEEDS,
    user_bits=st.integers(0, 2**32 - 1),
    group_flags=st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)),
    colour_frame=st.booleans(),
    level=st.sampled_from([1.0, 0.5, 0.016, 0.0001]),
    inverted=st.booleans(),
)
def test_what_was_encoded_is_decoded(
    rate_start: tuple[FrameRate, Timecode],
    sample_rate: int,
    speed: float,
    user_bits: int,
    group_flags: tuple[int, int, int],
    colour_frame: bool,
    level: float,
    inverted: bool,
) -> None:
    rate, start = rate_start
    flags = WordFlags(user_bits, group_flags, colour_frame)
    sound = LtcSound(rate, start, sample_rate, level=level, flags=flags, inverted=inverted)
    samples_per_word = rate.pair / (sound.frames_per_sample * speed)
    frames = decoded(ltc_samples(sound, int(4.5 * samples_per_word), speed=speed), sample_rate)
    first = start.frame_number(rate)
    labels = [word_label(first + rate.pair * word, rate) for word in range(4)]
    assert [frame.label for frame in frames] == labels
    assert [frame.word for frame in frames] == [
        data_word(label, drop=rate.drop, at_25=rate.word_nominal == 25, flags=flags) for label in labels
    ]
    for word, frame in enumerate(frames):
        assert (frame.drop, frame.user_bits, frame.direction) == (rate.drop, user_bits, 1)
        assert frame.start_sample == pytest.approx(word * samples_per_word, abs=0.1 if word else 1.5)
    assert frames[1].samples_per_frame == pytest.approx(samples_per_word, rel=5e-4)


@settings(max_examples=150, deadline=None)
@given(rate_start=rates_and_starts(), sample_rate=sample_rates, speed=SPEEDS)
def test_reverse_play_reads_the_same_words_backwards(
    rate_start: tuple[FrameRate, Timecode], sample_rate: int, speed: float
) -> None:
    rate, start = rate_start
    sound = LtcSound(rate, start, sample_rate)
    samples_per_word = rate.pair / (sound.frames_per_sample * speed)
    offset_words = 4.25
    samples = ltc_samples(sound, int(4.5 * samples_per_word), speed=-speed, offset_frames=offset_words * rate.pair)
    frames = decoded(samples, sample_rate)
    first = start.frame_number(rate)
    assert [frame.label for frame in frames] == [word_label(first + rate.pair * word, rate) for word in (3, 2, 1, 0)]
    for frame, word in zip(frames, (3, 2, 1, 0), strict=True):
        assert frame.direction == -1
        assert frame.start_sample == pytest.approx((offset_words - word) * samples_per_word, abs=0.1)
        assert frame.end_sample < frame.start_sample


# --- a clean word after noise is read


@settings(max_examples=100, deadline=None)
@given(
    noise=hnp.arrays(np.float32, st.integers(0, 8000), elements=st.floats(-1, 1, width=32)),
    before=st.sampled_from([0.0, 0.001, 0.5, 1.0, 30.0]),
    gap=st.integers(0, 3000),
)
def test_clean_words_are_read_whatever_came_before(noise: np.ndarray, before: float, gap: int) -> None:
    clean = ltc_samples(LtcSound(_25, _ONE), 5 * 1920 + 400)
    sound = np.concatenate([noise * np.float32(before), np.zeros(gap, np.float32), clean])
    labels = [frame.label for frame in decoded(sound, 48_000)]
    # words 0 and 1 may still lie within the memory of a louder past; from then on every word is read
    assert labels[-3:] == [Timecode(1, 0, 0, word) for word in (2, 3, 4)]


# --- streaming


def test_a_first_frame_comes_with_its_second_and_later_ones_at_once() -> None:
    sound = ltc_samples(LtcSound(_25, _ONE), 4 * 1920 + 200)
    decoder = LtcDecoder(48_000)
    came = [
        (end, frame.label.frames) for end in range(64, len(sound), 64) for frame in decoder.feed(sound[end - 64 : end])
    ]
    ends = {frame: end for end, frame in came}
    assert [frame for _, frame in came] == [0, 1, 2, 3]
    assert ends[0] == ends[1]
    for frame in (1, 2, 3):  # its last edge, and two grid cells of 64
        assert 0 <= ends[frame] - 1920 * (frame + 1) <= 128


def test_a_lone_frame_is_not_believed_and_is_counted() -> None:
    sound = np.zeros(48_000, np.float32)
    sound[10_000:12_100] = ltc_samples(LtcSound(_25, _ONE), 2100)
    decoder = LtcDecoder(48_000)
    assert decoder.feed(sound) + decoder.flush() == []
    assert decoder.tally.unconfirmed == 1


def test_a_frame_alone_between_dropouts_is_believed_by_the_running_count() -> None:
    sound = ltc_samples(LtcSound(_25, _ONE), 10 * 1920)
    for word in (3, 5):
        sound[word * 1920 + 700 : word * 1920 + 760] = 0.0
    assert [frame.label.frames for frame in decoded(sound, 48_000)] == [0, 1, 2, 4, 6, 7, 8, 9]


# --- words on the wire that are not what they should be


def _words(labels: list[Timecode], *, drop: bool = False, polarity: bool = True) -> np.ndarray:
    words = [data_word(label, drop=drop, at_25=True) for label in labels]
    return word_bits(words if polarity else [word & ~(1 << 59) for word in words])


def test_a_source_without_polarity_correction_is_read() -> None:
    labels = [timecode_at_frame(count, _25) for count in range(90_000, 90_012)]
    sound = square_ltc(_words(labels, polarity=False).reshape(-1), 24.0)
    assert [frame.label for frame in decoded(sound, 48_000)] == labels


@pytest.mark.parametrize(
    "field",
    [
        (0, 0xF), (16, 0xF), (32, 0xF), (48, 0xF),  # digits above 9
        (24, 0x7), (40, 0x7), (56, 0x3),  # 70 seconds, 70 minutes, 30 hours
    ],
)  # fmt: skip
def test_digits_that_name_no_frame_are_refused(field: tuple[int, int]) -> None:
    first, mask = field
    labels = [Timecode(1, 2, 3, frames) for frames in range(10)]
    words = [data_word(label, drop=False, at_25=True) | mask << first for label in labels]
    assert decoded(square_ltc(word_bits(words).reshape(-1), 24.0), 48_000) == []


def test_labels_that_drop_frame_skips_are_refused() -> None:
    labels = [Timecode(1, 1, 0, 0), Timecode(1, 1, 0, 1)] * 4
    assert decoded(square_ltc(_words(labels, drop=True).reshape(-1), 20.0), 48_000) == []


def test_labels_that_do_not_count_are_refused() -> None:
    labels = [Timecode(1, 0, 0, frames) for frames in (0, 5, 2, 9, 4, 1, 7)]
    assert decoded(square_ltc(_words(labels).reshape(-1), 24.0), 48_000) == []


# --- the signal is not what it should be


def test_dc_does_not_matter() -> None:
    sound = ltc_samples(LtcSound(_25, _ONE, level=0.1), 48_000) + np.float32(0.6)
    frames = decoded(sound, 48_000)
    assert len(frames) == 25
    assert frames[3].start_sample == pytest.approx(3 * 1920, abs=0.02)


def test_a_deck_that_starts_turns_round_and_stops_is_read_throughout() -> None:
    n = np.arange(48_000 * 4)
    speed = np.interp(n / 48_000, [0, 0.2, 0.7, 1.5, 2.3, 3.3, 3.8, 4], [0, 0, 1, 1, -2, -2, 0, 0])
    position = 50.3 + np.cumsum(speed) * 25 / 48_000
    frames = decoded(render_ltc(LtcSound(_25, _ONE), position), 48_000)
    heard = [(frame.label.seconds * 25 + frame.label.frames, frame.direction) for frame in frames]
    forward = [count for count, direction in heard if direction > 0]
    reverse = [count for count, direction in heard if direction < 0]
    assert forward == list(range(51, int(position.max())))
    assert reverse == list(range(int(position.max()) - 1, int(np.ceil(position[-1])) - 1, -1))
    for frame, (count, _) in zip(frames, heard, strict=True):  # the curve passes the word's start there
        assert np.interp(frame.start_sample, n, position) == pytest.approx(count, abs=2e-4)


def test_jumps_cost_only_the_frames_they_cut() -> None:
    position = np.arange(48_000 * 3) * 25 / 48_000
    position[48_500:] += 1000.37
    position[96_000:] -= 2500.5
    frames = decoded(render_ltc(LtcSound(_25, _ONE), position), 48_000)
    counts = [frame.label.frame_number(_25) - 90_000 for frame in frames]
    whole: list[int] = []
    for piece in np.split(position, [48_500, 96_000]):
        whole += range(int(np.ceil(piece[0])), int(np.floor(piece[-1])))
    assert set(whole) <= set(counts)
    assert len(counts) <= len(whole) + 2  # a word whose last edge is the splice itself may be read too
