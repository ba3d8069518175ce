"""Sound files: every sample format is read, and what cannot be read is refused in one sentence."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuefocus.errors import DeviceError, SoundFileError
from cuefocus.shells.sound_file import SoundFile, write_sound_file
from cuefocus.shells.wav_writer import SampleCoding, wav_header

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def _format(coding: int, channels: int, bits: int, sample_rate: int = 48_000) -> bytes:
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", coding, channels, sample_rate, sample_rate * frame, frame, bits)


def _wav(form: bytes, data: bytes, *extra: bytes) -> bytes:
    body = b"WAVE" + _chunk(b"fmt ", form) + b"".join(extra) + _chunk(b"data", data)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _whole(path: Path, channel: int, block: int = 7) -> np.ndarray:
    return np.concatenate(list(SoundFile.open(path).blocks(channel, block)))


_LEVELS = np.array([0.0, 0.5, -0.5, 0.25, -1.0, 0.125, 0.75, -0.75, 0.0, 0.5])


@pytest.mark.parametrize(
    ("coding", "bits", "data"),
    [
        (_PCM, 8, (_LEVELS * 128 + 128).astype("u1").tobytes()),
        (_PCM, 16, (_LEVELS * 2**15).astype("<i2").tobytes()),
        (_PCM, 24, b"".join(int(v * 2**23).to_bytes(3, "little", signed=True) for v in _LEVELS)),
        (_PCM, 32, (_LEVELS * 2**31).astype("<i4").tobytes()),
        (_FLOAT, 32, _LEVELS.astype("<f4").tobytes()),
        (_FLOAT, 64, _LEVELS.astype("<f8").tobytes()),
    ],
)
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("extensible", [False, True])
def test_every_sample_format_is_read(
    tmp_path: Path, coding: int, bits: int, data: bytes, channels: int, extensible: bool
) -> None:
    form = _format(coding, channels, bits)
    if extensible:
        form = _format(_EXTENSIBLE, channels, bits) + struct.pack("<HHIH", 22, bits, 0, coding) + b"\0" * 14
    path = tmp_path / "x.wav"
    path.write_bytes(_wav(form, data, _chunk(b"bext", b"odd"), _chunk(b"LIST", b"")))
    sound = SoundFile.open(path)
    assert (sound.sample_rate, sound.channels, sound.samples) == (48_000, channels, 10 // channels)
    for channel in range(channels):
        np.testing.assert_array_equal(_whole(path, channel), _LEVELS[channel::channels])


def test_rf64_and_unfinished_lengths_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    for long_size, warns in ((len(_DATA), False), (0, True), (2**64 - 1, True)):
        sizes = _chunk(b"ds64", struct.pack("<QQQI", 0, long_size, 10, 0))
        after = b"" if warns else _chunk(b"LIST", b"after")
        path.write_bytes(b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + sizes + _unfinished(0xFFFFFFFF) + after)
        np.testing.assert_array_equal(_whole(path, 0), _LEVELS)
        assert bool(SoundFile.open(path).warning) == warns


_DATA = (_LEVELS * 2**15).astype("<i2").tobytes()


def _unfinished(length: int, data: bytes = _DATA) -> bytes:
    return _chunk(b"fmt ", _format(_PCM, 1, 16)) + b"data" + struct.pack("<I", length) + data


@pytest.mark.parametrize("riff", [0, 36, 0xFFFFFFFF])
@pytest.mark.parametrize(
    ("length", "says"),
    [
        (0, "does not say how long it is"),
        (0xFFFFFFFF, "does not say how long it is"),
        (0x7FFFFFFE, "is cut off: 0.00 s of sound of the 22369.62 s it promises"),
    ],
)
@pytest.mark.parametrize("torn", [b"", b"\x7f"])
def test_what_a_crashed_or_streaming_recorder_left_is_read_and_said(
    tmp_path: Path, riff: int, length: int, says: str, torn: bytes
) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", riff) + b"WAVE" + _unfinished(length) + torn)
    np.testing.assert_array_equal(_whole(path, 0), _LEVELS)
    assert SoundFile.open(path).warning.startswith(says)


def test_silence_is_sound_and_chunks_are_not(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + _unfinished(0, bytes(4800)))
    assert SoundFile.open(path).samples == 2400
    for after in (
        _chunk(b"LIST", b"about"),
        _chunk(b"LIST", b"about")[:-1],
        _chunk(b"LIST", b"") + _chunk(b"id3 ", b"1"),
    ):
        path.write_bytes(b"RIFF\0\0\0\0WAVE" + _unfinished(0, after))
        with pytest.raises(SoundFileError, match="has no sound in it;"):
            SoundFile.open(path)


def test_a_whole_file_has_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(_wav(_format(_PCM, 1, 16), _DATA))
    assert SoundFile.open(path).warning == ""
    path.write_bytes(path.read_bytes()[:-4])
    assert SoundFile.open(path).samples == len(_LEVELS) - 2
    assert SoundFile.open(path).warning == "is cut off: 0.00 s of sound of the 0.00 s it promises; they are read"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    sound = np.random.default_rng(1).uniform(-1.2, 1.2, 5000)
    assert write_sound_file(path, 44_100, np.split(sound, [1, 1000, 1000])) == 5000
    assert SoundFile.open(path).duration_s == pytest.approx(5000 / 44_100)
    np.testing.assert_allclose(_whole(path, 0, 999), np.clip(sound, -1, 1), atol=1e-4)


@pytest.mark.parametrize("coding", SampleCoding)
def test_every_coding_that_is_written_is_read_back(tmp_path: Path, coding: SampleCoding) -> None:
    path = tmp_path / "x.wav"
    sound = np.random.default_rng(1).uniform(-1.0, 1.0, 4999)
    assert write_sound_file(path, 44_100, np.split(sound, [1, 1000]), coding=coding, samples=4999) == 4999
    assert path.stat().st_size % 2 == 0
    step = 2.0**-24 if coding is SampleCoding.FLOAT else 2.0 / 2.0 ** (8 * coding.width)
    np.testing.assert_allclose(_whole(path, 0, 999), sound, atol=1.6 * max(step, 2.0**-24))
    assert SoundFile.open(path).warning == ""


def test_what_is_longer_than_4_gib_is_announced_as_rf64(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    header = wav_header(48_000, 3_000_000_000, SampleCoding.PCM16)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 6_000_000_000)
    sound = SoundFile.open(path)
    assert (sound.samples, sound.warning) == (3_000_000_000, "")


_GOOD = _wav(_format(_PCM, 1, 16), b"\1\2" * 48_000)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"RIFF", "is not a sound file"),
        (b"ID3\3" + b"\0" * 100, "is not a sound file"),
        (_GOOD[:24], "damaged header"),
        (_GOOD[:40], "cut off or never finished"),
        (_GOOD[:45], "no sound in it: the file was cut off"),
        (_wav(_format(_PCM, 1, 16), b""), "no sound"),
        (_wav(_format(_PCM, 1, 40), b"\0" * 30), "40 bits"),
        (_wav(_format(0x55, 2, 0), b"\0" * 30), "MP3"),
        (_wav(_format(0x1234, 2, 16), b"\0" * 30), "0x1234"),
        (_wav(_format(_PCM, 0, 16), b"\0" * 30), "0 channels"),
        (_wav(_format(_PCM, 1, 16, 0), b"\0" * 30), "0 Hz"),
        (b"RIFF\0\0\0\0WAVE" + _chunk(b"data", b"\0\0"), "before it says in what format"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(SoundFileError, match=says) as raised:
        SoundFile.open(path)
    assert raised.value.where == str(path)
    assert raised.value.hint


def test_places_that_are_no_files_are_refused(tmp_path: Path) -> None:
    for path, says in ((tmp_path, "directory"), (tmp_path / "no.wav", "no such file"), (Path("/dev/null"), "device")):
        with pytest.raises(SoundFileError, match=says):
            SoundFile.open(path)
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    with pytest.raises(SoundFileError, match="a link to itself"):
        SoundFile.open(tmp_path / "loop.wav")
    with pytest.raises(SoundFileError, match="no sound file is named"):
        SoundFile.open("")
    with pytest.raises(SoundFileError, match="no file name"):
        SoundFile.open(tmp_path / "x\0y.wav")
    with pytest.raises(DeviceError, match="cannot be written"):
        write_sound_file(tmp_path / "no" / "x.wav", 48_000, [])


def test_floats_beyond_all_sound_are_read_without_a_word_of_numpys(tmp_path: Path) -> None:
    sound = np.full(64, 1e300)
    soundfile.write(tmp_path / "x.wav", sound, 48_000, subtype="DOUBLE")
    assert np.isinf(np.concatenate(list(SoundFile.open(tmp_path / "x.wav").blocks(0)))).all()


def test_a_channel_the_file_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(_GOOD)
    with pytest.raises(SoundFileError, match="no channel 2; it has 1 channel; channels count from 1"):
        SoundFile.open(path).blocks(1)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(_GOOD)
    blocks = SoundFile.open(path).blocks(0, 1000)
    next(blocks)
    path.write_bytes(_GOOD[:3000])
    with pytest.raises(SoundFileError, match="became shorter"):
        list(blocks)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 60), junk=st.binary(max_size=40), end=st.integers(0, 200))
def test_damaged_headers_are_read_or_refused_never_worse(tmp_path: Path, at: int, junk: bytes, end: int) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(_GOOD[:at] + junk + _GOOD[at + len(junk) : at + len(junk) + end])
    try:
        sound = SoundFile.open(path)
        assert sum(len(block) for block in sound.blocks(0)) == sound.samples
    except SoundFileError as refused:
        assert refused.hint  # noqa: PT017 - either outcome is right, a refusal must help
