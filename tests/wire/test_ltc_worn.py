"""An echo, a room or other timecode errs at the same bits of every word: it must not deceive."""

from collections.abc import Callable

import numpy as np
import pytest

from cuefocus.sim import worn_sound as worn
from cuefocus.sim.worn_sound import PlayedTimecode, Sound, Touched, score, timecode
from cuefocus.timebase.frames import Timecode
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from tests.wire.ltc_fixtures import every_kernels

Chance = np.random.Generator
FORMS = ((48_000, "25"), (48_000, "29.97df"), (44_100, "24"))


def other_ltc(truth: PlayedTimecode, chance: Chance) -> Sound:
    del chance
    first, late = Timecode(4, 5, 6, 7), round(0.0137 * truth.sample_rate)
    other = timecode(21.0, sample_rate=truth.sample_rate, rate="25", first=first).sound
    return worn.with_beside(truth.sound, other[late : late + len(truth.sound)], -3.0)


def speech_as_loud(truth: PlayedTimecode, chance: Chance) -> Sound:
    return worn.with_beside(truth.sound, worn.speech(len(truth.sound), truth.sample_rate, chance), 0.0)


def music_louder(truth: PlayedTimecode, chance: Chance) -> Sound:
    return worn.with_beside(truth.sound, worn.music(len(truth.sound), truth.sample_rate, chance), 5.0)


def room_as_loud(truth: PlayedTimecode, chance: Chance) -> Sound:
    return worn.in_a_room(truth.sound, truth.sample_rate, 0.4, 0.0, chance)


def room(truth: PlayedTimecode, chance: Chance) -> Sound:
    return worn.in_a_room(truth.sound, truth.sample_rate, 0.4, -6.0, chance)


def echo(truth: PlayedTimecode, chance: Chance) -> Sound:
    del chance
    return worn.echoing(truth.sound, truth.sample_rate, 0.02, -2.0)


def swinging(truth: PlayedTimecode, chance: Chance) -> Sound:
    return worn.with_noise(worn.fluttering(truth.sound, truth.sample_rate, 12.0, 50.0), 20.0, chance)


def read(sound: Sound, sample_rate: int) -> list[LtcFrame]:
    decoder = LtcDecoder(sample_rate, keep_late=True, kernels=every_kernels()[-1])
    return decoder.feed(sound.astype(np.float32)) + decoder.flush()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("wear", "least"),
    [
        (other_ltc, 0.4),
        (speech_as_loud, 0.97),
        (music_louder, 0.6),
        (room, 0.99),
        (swinging, 0.99),
        (room_as_loud, 0.0),
        (echo, 0.0),
    ],
)
def test_what_is_the_same_in_every_word_deceives_nobody(
    wear: Callable[[PlayedTimecode, Chance], Sound], least: float, form: tuple[int, str]
) -> None:
    worn_alike(wear, least, form)


@pytest.mark.parametrize("form", [form for form in FORMS if form[1] != "25"])
def test_beside_timecode_of_another_rate_nearly_all_is_read(form: tuple[int, str]) -> None:
    """The other's changes of level drift along the own; of the same rate they stay where they are, and bend more."""
    worn_alike(other_ltc, 0.94, form)


def worn_alike(wear: Callable[[PlayedTimecode, Chance], Sound], least: float, form: tuple[int, str]) -> None:
    """Two sounds so worn have no false frame, and at least that part of theirs is read."""
    sample_rate, rate = form
    for seed in range(2):
        chance = np.random.default_rng([seed, FORMS.index(form)])
        hour, minute, second = (int(chance.integers(low, high)) for low, high in ((0, 23), (0, 60), (2, 60)))
        truth = timecode(20.0, sample_rate=sample_rate, rate=rate, first=Timecode(hour, minute, second, 0))
        sound = wear(truth, chance)
        scored = score(read(sound, sample_rate), truth, len(sound), [(len(sound) - 1, len(sound))])
        assert scored.false == 0, scored.wrong
        assert scored.right >= least * scored.needed


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("snr_db", [20.0, 8.0, 2.0])
def test_holes_steps_and_turned_polarity_cost_only_what_they_touch(form: tuple[int, str], snr_db: float) -> None:
    sample_rate, rate = form
    chance = np.random.default_rng(FORMS.index(form))
    truth = timecode(15.0, sample_rate=sample_rate, rate=rate)
    sound, touched = truth.sound, Touched()
    for wear in (worn.with_dropouts, worn.with_steps, worn.with_flips):
        sound, more = wear(sound, sample_rate, chance)
        touched += more
    noisy = worn.with_noise(sound, snr_db + 10.0, chance)
    scored = score(read(noisy, sample_rate), truth, len(noisy), [*touched, (len(noisy) - 1, len(noisy))])
    assert scored.false == 0, scored.wrong
    assert scored.right >= 0.9 * scored.needed
