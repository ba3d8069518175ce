"""The LTC encoder: the standard's word, its edges, and curves of position."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuefocus.timebase.frames import RATES, FrameRate, Timecode, parse_timecode, timecode_at_frame
from cuefocus.wire.ltc.encoder import LtcSound, ltc_blocks, ltc_samples, render_ltc, word_label
from cuefocus.wire.ltc.word import WordFlags, data_word, group_flags, label_of, user_bits, word_bits
from tests.wire.ltc_fixtures import rates_and_starts

_25 = RATES["25"]
_ONE = Timecode(1, 0, 0, 0)


def test_a_word_written_out_by_hand() -> None:
    """01:23:45;26, drop-frame, 30 fps, user bits 0x87654321: each nibble from the tables of SMPTE ST 12-1."""
    word = data_word(Timecode(1, 23, 45, 26), drop=True, at_25=False, flags=WordFlags(0x87654321))
    written = (
        "0110 1000 01 1 0 0100 "  # frames 6, user 1, tens 2, drop, no colour, user 2
        "1010 1100 001 0 0010 "  # seconds 5, user 3, tens 4, polarity, user 4
        "1100 1010 010 0 0110 "  # minutes 3, user 5, tens 2, BGF0, user 6
        "1000 1110 00 0 0 0001 "  # hours 1, user 7, tens 0, BGF1, BGF2, user 8
        "0011 1111 1111 1101"
    )
    by_hand = [int(bit) for bit in written if bit in "01"]
    by_hand[27] = (80 - sum(by_hand)) % 2
    assert word_bits([word])[0].tolist() == by_hand


@given(rate_start=rates_and_starts(), bits=st.integers(0, 2**32 - 1), groups=st.tuples(*[st.integers(0, 1)] * 3))
def test_every_word_keeps_polarity_and_gives_its_fields_back(
    rate_start: tuple[FrameRate, Timecode], bits: int, groups: tuple[int, int, int]
) -> None:
    rate, start = rate_start
    label = word_label(start.frame_number(rate), rate)
    at_25 = rate.word_nominal == 25
    word = data_word(label, drop=rate.drop, at_25=at_25, flags=WordFlags(bits, groups))
    assert np.count_nonzero(word_bits([word]) == 0) % 2 == 0
    assert label_of(word) == label
    assert user_bits(word) == bits
    assert group_flags(word, at_25=at_25) == groups


def test_frame_pairs_carry_half_the_count() -> None:
    assert word_label(0, RATES["50"]) == word_label(1, RATES["50"]) == Timecode(0, 0, 0, 0)
    assert word_label(49, RATES["50"]) == Timecode(0, 0, 0, 24)
    label = parse_timecode("00:01:00;04", RATES["59.94df"])
    assert word_label(label.frame_number(RATES["59.94df"]), RATES["59.94df"]) == Timecode(0, 1, 0, 2)


@pytest.mark.parametrize("sample_rate", [48_000, 96_000, 192_000])
def test_edges_rise_in_forty_microseconds_and_cross_where_they_should(sample_rate: int) -> None:
    sound = LtcSound(_25, _ONE, sample_rate, level=1.0)
    offset_frames = 0.3 * sound.frames_per_sample  # the word begins 0.3 samples before a whole one
    fine = ltc_samples(sound, sample_rate // 25, offset_frames=-0.5 + offset_frames)
    at = sample_rate / 50 - 0.3
    reach = 5 * sample_rate // 48_000  # no other edge comes nearer than 12 at 48 kHz
    near = np.arange(int(at) - reach, int(at) + reach + 1)
    curve = fine[near] * np.sign(fine[near[-1]])
    low, middle, high = np.interp([-0.8, 0.0, 0.8], curve, near)
    assert middle == pytest.approx(at, abs=0.04)
    if sample_rate == 192_000:
        assert (high - low) / sample_rate == pytest.approx(40e-6, rel=0.02)


@settings(deadline=None, max_examples=30)
@given(block=st.integers(1, 5000), speed=st.sampled_from([1.0, -1.0, 0.37, 6.0]))
def test_blocks_of_any_size_make_the_same_sound(block: int, speed: float) -> None:
    sound = LtcSound(RATES["29.97df"], Timecode(0, 0, 59, 28))
    whole = ltc_samples(sound, 5000, speed=speed, offset_frames=2.2)
    blocks = ltc_blocks(sound, 5000, speed=speed, offset_frames=2.2, block_samples=block)
    np.testing.assert_allclose(np.concatenate(list(blocks)), whole, atol=1e-5)


def test_a_straight_curve_is_constant_speed() -> None:
    sound = LtcSound(_25, _ONE)
    position = 7.25 + np.arange(6000) * 1.04 * sound.frames_per_sample
    np.testing.assert_allclose(
        render_ltc(sound, position), ltc_samples(sound, 6000, speed=1.04, offset_frames=7.25), atol=1e-5
    )


def test_a_stopped_deck_is_silent_but_for_its_level() -> None:
    still = render_ltc(LtcSound(_25, _ONE, level=0.5), np.full(1000, 3.004))
    assert np.ptp(still) == 0.0
    assert len(render_ltc(LtcSound(_25, _ONE), np.zeros(0))) == 0
    assert len(ltc_samples(LtcSound(_25, _ONE), 0)) == 0


def test_labels_before_the_start_and_over_midnight_exist() -> None:
    sound = LtcSound(_25, Timecode(0, 0, 0, 1))
    assert np.abs(ltc_samples(sound, 4000, offset_frames=-2.0)).max() == pytest.approx(0.5, abs=1e-6)
    assert timecode_at_frame(-1, _25) == Timecode(23, 59, 59, 24)


def test_level_and_polarity() -> None:
    plain = ltc_samples(LtcSound(_25, _ONE, level=0.25), 5000)
    turned = ltc_samples(LtcSound(_25, _ONE, level=0.25, inverted=True), 5000)
    np.testing.assert_array_equal(plain, -turned)
    assert np.abs(plain).max() == pytest.approx(0.25)
