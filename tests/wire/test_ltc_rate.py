"""Rate from labels and period, speed apart from it."""

import numpy as np
import pytest

from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples, render_ltc
from cuefocus.wire.ltc.rate import infer_rate, speed_of
from tests.wire.ltc_fixtures import decoded

_WORD_RATES = ["23.976", "24", "25", "29.97df", "29.97ndf", "30"]


@pytest.mark.parametrize("crystal_ppm", [-100, 0, 100])
@pytest.mark.parametrize("name", _WORD_RATES)
def test_two_seconds_tell_the_rate_even_through_crystal_errors(name: str, crystal_ppm: int) -> None:
    speed = 1 + crystal_ppm * 1e-6
    frames = decoded(ltc_samples(LtcSound(RATES[name], Timecode(1, 0, 0, 5)), 96_000, speed=speed), 48_000)
    inferred = infer_rate(frames, 48_000)
    assert (inferred.rate.name, inferred.certain) == (name, True)
    assert inferred.speed == pytest.approx(speed, abs=2e-5)


@pytest.mark.parametrize("name", _WORD_RATES)
def test_three_frames_are_enough_at_normal_speed(name: str) -> None:
    frames = decoded(ltc_samples(LtcSound(RATES[name], Timecode(1, 0, 0, 5)), 7_000), 48_000)
    assert len(frames) == 3 or name in ("29.97df", "29.97ndf", "30")
    assert infer_rate(frames[:3], 48_000).rate.name == name


@pytest.mark.parametrize("speed", [0.5, 2.0, -1.0, -2.0])
@pytest.mark.parametrize("name", _WORD_RATES)
def test_usual_speeds_do_not_hide_the_rate(name: str, speed: float) -> None:
    sound = LtcSound(RATES[name], Timecode(1, 0, 0, 0))
    frames = decoded(ltc_samples(sound, 150_000, speed=speed, offset_frames=200.5), 48_000)
    inferred = infer_rate(frames, 48_000)
    assert inferred.rate.name == name
    assert inferred.speed == pytest.approx(abs(speed), rel=1e-4)
    assert speed_of(frames[4], inferred.rate, 48_000) == pytest.approx(abs(speed), rel=1e-4)


def test_varispeed_is_counted_by_its_labels_and_said_to_be_uncertain() -> None:
    frames = decoded(ltc_samples(LtcSound(RATES["29.97ndf"], Timecode(1, 0, 0, 0)), 96_000, speed=1.07), 48_000)
    inferred = infer_rate(frames, 48_000)
    assert (inferred.rate.name, inferred.certain) == ("30", False)
    assert inferred.rate.nominal == 30


def test_wow_averages_out() -> None:
    n = np.arange(48_000 * 4)
    speed = 1 + 0.02 * np.sin(2 * np.pi * 4 * n / 48_000)
    sound = LtcSound(RATES["23.976"], Timecode(1, 0, 0, 0))
    frames = decoded(render_ltc(sound, np.cumsum(speed) * sound.frames_per_sample), 48_000)
    assert infer_rate(frames, 48_000).rate.name == "23.976"


def test_a_pair_rate_shows_as_half_of_itself() -> None:
    frames = decoded(ltc_samples(LtcSound(RATES["50"], Timecode(1, 0, 0, 0)), 96_000), 48_000)
    inferred = infer_rate(frames, 48_000)
    assert inferred.rate.name == "25"
    assert inferred.speed == pytest.approx(1.0, abs=1e-6)
    assert speed_of(frames[2], RATES["50"], 48_000) == pytest.approx(1.0, abs=1e-5)
