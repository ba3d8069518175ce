"""Which of several channels holds the timecode, and what it costs to know."""

import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest

from cuefocus.app.ltc import decode_ltc
from cuefocus.app.ltc_channel import likely_channel, timecode_channel
from cuefocus.errors import SoundFileError
from cuefocus.shells.sound_file import SoundFile
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.frame import LtcFrame

RATE = 48_000
Sound = npt.NDArray[np.float64]


def timecode(seconds: float, level: float = 0.5, *, speed: float = 1.0) -> Sound:
    sound = LtcSound(RATES["25"], Timecode(1, 0, 0, 0), RATE, level=level)
    return ltc_samples(sound, round(seconds * RATE), speed=speed).astype(np.float64)


def noise(seconds: float, rms: float, seed: int = 0) -> Sound:
    return rms * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def music(seconds: float) -> Sound:
    at = np.arange(round(seconds * RATE)) / RATE
    return 0.2 * np.sin(2 * np.pi * 330 * at) * np.sin(2 * np.pi * 2.1 * at) + noise(seconds, 0.02, 9)


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE))


def only(sound: Sound, from_s: float, until_s: float) -> Sound:
    kept = np.zeros_like(sound)
    kept[round(from_s * RATE) : round(until_s * RATE)] = sound[round(from_s * RATE) : round(until_s * RATE)]
    return kept


def written(path: Path, *channels: Sound) -> SoundFile:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(np.clip(np.column_stack(channels), -1, 1) * 32767).astype("<i2").tobytes())
    return SoundFile.open(path)


@contextmanager
def counted() -> Iterator[Callable[[], float]]:
    """How many seconds of one channel have been decoded."""
    fed = 0
    feed = LtcDecoder.feed

    def count(decoder: LtcDecoder, block: npt.NDArray[np.float32]) -> list[LtcFrame]:
        nonlocal fed
        fed += len(block)
        return feed(decoder, block)

    with mock.patch.object(LtcDecoder, "feed", count):
        yield lambda: fed / RATE


CASES = {
    "timecode among music": ((music(12), timecode(12), silence(12)), 1),
    "timecode that starts late": ((music(22), silence(22), only(timecode(22), 11.3, 22)), 2),
    "one starts late, the other is there from the start": ((only(timecode(22), 11, 22), timecode(22)), 1),
    "one ends early, the other has the greater part": ((only(timecode(30), 0, 4), only(timecode(30), 9, 30)), 1),
    "one ends early but has the greater part": ((only(timecode(30), 0, 19), only(timecode(30), 21, 30)), 0),
    "clean crosstalk of the same timecode": ((0.01 * timecode(6), timecode(6)), 1),
    "noisy crosstalk": ((0.02 * timecode(6) + noise(6, 5e-4), timecode(6), music(6)), 1),
    "crosstalk that was turned up": ((0.8 * timecode(6) + noise(6, 0.06), timecode(6, 0.1)), 1),
    "timecode in noise alone": ((noise(8, 0.1, 1), timecode(8) + noise(8, 0.4, 2)), 1),
    "alike": ((timecode(3), timecode(3)), 0),
    "too short to be met in passing": ((silence(11), only(timecode(11), 2, 4.5)), 1),
    "too slow to be met in passing": ((silence(11), timecode(11, speed=0.05)), 1),
}


@pytest.mark.parametrize(("channels", "right"), CASES.values(), ids=CASES)
def test_the_right_channel_is_decoded(tmp_path: Path, channels: tuple[Sound, ...], right: int) -> None:
    sound = written(tmp_path / "x.wav", *channels)
    decoded = decode_ltc(sound.path)
    assert decoded.channel == right
    assert len(decoded.frames) == len(decode_ltc(sound.path, right).frames)


@pytest.mark.parametrize(
    ("channels", "right"),
    [CASES[name] for name in CASES if "ends early" not in name],
    ids=[name for name in CASES if "ends early" not in name],
)
def test_what_plays_is_the_right_channel(tmp_path: Path, channels: tuple[Sound, ...], right: int) -> None:
    assert timecode_channel(written(tmp_path / "x.wav", *channels)) == right


def test_crosstalk_from_the_start_gives_way_to_the_line_itself_that_is_patched_in_later(tmp_path: Path) -> None:
    sound = written(tmp_path / "x.wav", 0.3 * timecode(20) + noise(20, 0.09), only(timecode(20), 9.5, 20))
    assert timecode_channel(sound) == 1


def test_of_eight_channels_one_is_decoded_and_the_others_are_dropped(tmp_path: Path) -> None:
    sound = written(tmp_path / "x.wav", *[music(20)] * 5, timecode(20), *[silence(20)] * 2)
    with counted() as decoded_s:
        assert decode_ltc(sound.path).channel == 5
        assert decoded_s() < 20 + 8 * 1.5
    with counted() as decoded_s:
        assert timecode_channel(sound) == 5
        assert decoded_s() < 8 * 1.5


def test_where_the_chosen_channel_is_lost_the_others_are_looked_at_and_only_there(tmp_path: Path) -> None:
    sound = written(tmp_path / "x.wav", only(timecode(30), 0, 20), music(30), music(30))
    with counted() as decoded_s:
        assert len(decode_ltc(sound.path).frames) == 20 * 25
        assert decoded_s() < 30 + 3 * 1.5 + 2 * 2.5  # two seconds of the ten lost


def test_without_timecode_the_file_is_refused_by_name(tmp_path: Path) -> None:
    sound = written(tmp_path / "x.wav", music(3), silence(3))
    assert likely_channel(sound) is None
    with pytest.raises(SoundFileError, match="no LTC in any channel"):
        timecode_channel(sound)
    with pytest.raises(SoundFileError, match="no LTC in any channel"):
        decode_ltc(sound.path)
