"""Which sound plays, and on which channel the timecode is."""

import wave
from pathlib import Path

import numpy as np
import pytest

from cuefocus.app.sound_choice import choose_named_sound, choose_sound
from cuefocus.errors import InputError, SoundFileError
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc

RATE = 48_000


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    """A tone on the left, timecode on the right."""
    position = np.arange(3 * RATE) * (25 / RATE)
    ltc = render_ltc(LtcSound(RATES["25"], Timecode(1, 0, 0, 0)), position)
    tone = 0.5 * np.sin(2 * np.pi * 440 / RATE * np.arange(len(ltc)))
    path = tmp_path / "stereo.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.column_stack([tone, ltc]) * 32767).astype("<i2").tobytes())
    return path


def test_the_channel_with_timecode_is_found(stereo: Path) -> None:
    choice = choose_named_sound(f"file:{stereo}", "playback")
    assert choice.channel == 1
    assert choice.source == "playback"


def test_a_channel_can_be_named_and_must_hold_timecode(stereo: Path) -> None:
    assert choose_named_sound(f"file:{stereo}#2", "playback").channel == 1
    assert choose_sound(stereo, 1, "playback").channel == 1
    with pytest.raises(SoundFileError, match="no LTC in channel 1"):
        choose_named_sound(f"file:{stereo}#1", "playback")


@pytest.mark.parametrize("given", ["stereo.wav", "file:", "ltc:1", "file:x.wav#0"])
def test_what_is_no_sound_file_is_refused(given: str) -> None:
    with pytest.raises(InputError):
        choose_named_sound(given, "playback")
