"""A source that stands and sends its last word again and again, and words that are only heard twice."""

import numpy as np
import pytest

from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.wire.ltc.word import data_word, word_bits
from tests.wire.ltc_fixtures import Samples, decoded, square_ltc

_25 = RATES["25"]
_FIRST = Timecode(1, 0, 4, 0).frame_number(_25)


def words_of(counts: list[int]) -> list[int]:
    return [data_word(timecode_at_frame(_FIRST + count, _25), drop=False, at_25=True) for count in counts]


def sound_of(counts: list[int], *, reverse: bool = False, noise: float = 0.0, speed: float = 1.0) -> Samples:
    """The words with those numbers, and half of another before and after; in reverse what was last comes first."""
    bits = word_bits(words_of([counts[0] - 1, *counts, counts[-1] + 1])).ravel()
    sound = square_ltc(bits[40:-40], 24.0 / speed)
    sound = sound[::-1].copy() if reverse else sound
    return sound + (noise * np.random.default_rng(1).standard_normal(len(sound))).astype(np.float32)


def counts_heard(sound: Samples) -> list[int]:
    return [frame.label.frame_number(_25) - _FIRST for frame in decoded(sound, 48_000)]


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("speed", [0.25, 1.0, 2.0])
@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("held", [3, 4, 25])
def test_every_word_of_a_source_that_stands_is_read(held: int, noise: float, speed: float, reverse: bool) -> None:
    counts = [*range(10), *[9] * (held - 1), *range(10, 20)]
    heard = counts_heard(sound_of(counts, reverse=reverse, noise=noise, speed=speed))
    assert heard == (counts[::-1] if reverse else counts)


@pytest.mark.parametrize(("snr_db", "least"), [(12, 29), (10, 27), (8, 22)])
def test_in_noise_a_source_that_stands_is_still_read_as_one_that_stands(snr_db: int, least: int) -> None:
    heard = counts_heard(sound_of([*range(40), *[39] * 29, *range(40, 80)], noise=0.5 * 10 ** (-snr_db / 20)))
    assert heard.count(39) - 1 >= least
    assert list(dict.fromkeys(heard)) == list(range(80))
    assert heard.count(40) == 1, "the pause is not counted into"


@pytest.mark.parametrize("snr_db", [4, 0, -3])
def test_where_only_the_bits_are_heard_a_pause_is_a_dropout_and_is_not_counted_into(snr_db: int) -> None:
    for first in (35, 50, 75):
        counts = [*range(first, first + 30), *[first + 29] * 19, *range(first + 30, first + 60)]
        sound = sound_of(counts, noise=0.5 * 10 ** (-snr_db / 20))
        frames = decoded(sound, 48_000)
        heard = [(round(f.start_sample / 1920 - 0.5), f.label.frame_number(_25) - _FIRST) for f in frames]
        assert [each for each in heard if 0 <= each[0] < len(counts) and counts[each[0]] != each[1]] == []
        assert len({at for at, _ in heard} - set(range(30, 49))) >= 54


def test_words_that_lie_bits_apart_do_not_vouch_for_each_other() -> None:
    """A time stretcher repeats bits; what is read beyond them is shifted, and may seem to count on."""
    words = words_of([*range(10), 500, 501, *range(12, 22)])
    bits = [word_bits([word]).ravel() for word in words]
    bits[10] = np.concatenate([bits[9][-3:], bits[10]])
    bits[11] = np.concatenate([bits[10][-2:], bits[11]])
    heard = counts_heard(square_ltc(np.concatenate(bits), 24.0))
    assert heard == [*range(10), *range(12, 22)]


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_a_word_that_is_heard_twice_by_a_splice_is_read_once(reverse: bool) -> None:
    counts = list(range(20))
    heard = counts_heard(sound_of([*counts[:10], 9, *counts[10:]], reverse=reverse))
    assert heard == (counts[::-1] if reverse else counts)


def test_each_word_twice_is_no_standstill() -> None:
    assert counts_heard(sound_of([count // 2 for count in range(40)])) == list(range(20))


def test_two_words_with_a_gap_between_them_are_no_standstill() -> None:
    sound = sound_of([*range(10), 9, 9, *range(10, 20)])
    sound[10 * 1920 + 700 : 10 * 1920 + 1700] = 0.0
    heard = counts_heard(sound)
    assert heard.count(9) <= 2
    assert [count for at, count in enumerate(heard) if count not in heard[:at]] == list(range(20))


def test_a_source_that_stood_from_the_start_is_read() -> None:
    assert counts_heard(sound_of([5] * 6)) == [5] * 6


def test_words_alike_but_for_their_user_bits_are_no_standstill() -> None:
    one = words_of([5])[0]
    words = [one | group << 4 for group in range(6)]
    assert decoded(square_ltc(word_bits(words).ravel(), 24.0), 48_000) == []
