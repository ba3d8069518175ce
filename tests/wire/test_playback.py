"""What generators play: where it is when, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import InputError, TimecodeError
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.played import played_ltc
from cuefocus.wire.pace import Wow
from cuefocus.wire.playback import Gap, Jump, Playback, Stretch

RATE = RATES["25"]
START = Timecode(1, 0, 0, 0)
DAY = Timecode(0, 0, 0, 0)


def frames(playback: Playback, *at_s: float) -> list[float]:
    return [round(float(place), 6) for place in playback.frames_at(np.array(at_s))]


def test_speed_ramps_through_zero_and_stays_at_the_last() -> None:
    playback = Playback(RATE, START, 1.0, ramps=((2.0, 1.0), (4.0, -1.0)))
    assert frames(playback, 0.0, 2.0, 3.0, 4.0, 5.0) == [0.0, 50.0, 62.5, 50.0, 25.0]
    assert playback.length_frames(5.0) == pytest.approx(50 + 12.5 + 12.5 + 25, abs=1e-3)
    assert (playback.pace.even, playback.pace.fastest) == (False, 1.0)


def test_a_jump_is_at_its_label_at_its_moment_whatever_was_before() -> None:
    playback = Playback(RATE, START, 2.0, jumps=(Jump(3.0, DAY), Jump(1.0, Timecode(2, 0, 0, 0))))
    hour = 25 * 3600
    assert frames(playback, 0.5, 1.0, 2.0, 3.0, 3.5) == [25.0, hour, hour + 50.0, -hour, -hour + 25.0]
    assert [playback.label_at(at_s) for at_s in (0.5, 1.0, 3.5)] == [
        Timecode(1, 0, 1, 0), Timecode(2, 0, 0, 0), Timecode(0, 0, 1, 0)
    ]  # fmt: skip


def test_wow_swings_about_the_speed_and_begins_in_step() -> None:
    playback = Playback(RATE, START, 1.0, wow=Wow(0.03, 2.0))
    at_s = np.arange(0.0, 2.0, 1e-4)
    speeds = np.diff(playback.frames_at(at_s)) / 1e-4 / 25.0
    assert speeds.max() == pytest.approx(1.03, abs=1e-4)
    assert speeds.min() == pytest.approx(0.97, abs=1e-4)
    assert frames(playback, 0.0, 0.5, 1.0) == [0.0, 12.5, 25.0]
    assert playback.pace.fastest == pytest.approx(1.03)


def test_gaps_are_silent_and_playback_goes_on() -> None:
    playback = Playback(RATE, START, jumps=(Jump(6.0, DAY),), gaps=(Gap(2.0, 1.0), Gap(5.5, 1.0)))
    assert playback.heard_at(np.array([1.99, 2.0, 2.99, 3.0])).tolist() == [True, False, False, True]
    hour = 25 * 3600
    assert playback.stretches(8.0) == [
        Stretch(0.0, 2.0, hour), Stretch(3.0, 5.5, hour + 75), Stretch(6.5, 8.0, 12.5)
    ]  # fmt: skip


def test_what_cannot_be_played_is_refused_with_the_cure() -> None:
    for bad in (
        {"speed": math.nan},
        {"ramps": ((2.0, 1.0), (2.0, 3.0))},
        {"ramps": ((0.0, 1.0),)},
        {"jumps": (Jump(0.0, DAY),)},
        {"jumps": (Jump(1.0, DAY), Jump(1.0, START))},
        {"gaps": (Gap(1.0, 0.0),)},
        {"gaps": (Gap(-1.0, 2.0),)},
        {"wow": Wow(1.0, 2.0)},
        {"wow": Wow(0.1, 0.0)},
    ):
        with pytest.raises(InputError) as refused:
            Playback(RATE, START, **bad)
        assert refused.value.hint
    for label in (Timecode(0, 0, 0, 25), Timecode(24, 0, 0, 0)):
        with pytest.raises(TimecodeError):
            Playback(RATE, label)
        with pytest.raises(TimecodeError):
            Playback(RATE, START, jumps=(Jump(1.0, label),))


@given(block=st.integers(10, 3000), jump_s=st.floats(0.01, 0.3), gap_s=st.floats(0.0, 0.3))
def test_where_a_block_ends_leaves_no_trace_in_the_sound(block: int, jump_s: float, gap_s: float) -> None:
    playback = Playback(
        RATE, START, 1.5, ramps=((0.2, -1.0),), jumps=(Jump(jump_s, DAY),), gaps=(Gap(gap_s, 0.02),), wow=Wow(0.1, 9.0)
    )
    sound = LtcSound(RATE, START, 16_000)
    whole = next(played_ltc(sound, playback, 5000, block_samples=5000))
    parts = list(played_ltc(sound, playback, 5000, block_samples=block))
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


@pytest.mark.parametrize("speed", [1.0, -0.5, 3.0])
def test_an_even_playback_sounds_as_the_encoder_says(speed: float) -> None:
    sound = LtcSound(RATES["29.97df"], START, 48_000)
    played = list(played_ltc(sound, Playback(RATES["29.97df"], START, speed), 100_000))
    np.testing.assert_allclose(np.concatenate(played), ltc_samples(sound, 100_000, speed=speed), atol=1e-5)
