"""A file of samples alone is read in the form that its timecode tells."""

import struct
from pathlib import Path

import numpy as np
import pytest

from cuefocus.app.ltc import decode_ltc, generate_ltc
from cuefocus.app.raw_guess import guessed_form
from cuefocus.errors import SoundFileError
from cuefocus.shells.raw_sound import CODINGS as ALL_CODINGS
from cuefocus.shells.raw_sound import RawForm

CODINGS = {"8": "u8", "16": "s16le", "24": "s24le", "32": "s32le", "float": "f32le"}


def bare(tmp_path: Path, *, coding: str, sample_rate: int, rate: str = "25") -> Path:
    """The samples of generated timecode, without their header."""
    wav, raw = tmp_path / "whole.wav", tmp_path / "bare.raw"
    generate_ltc(wav, rate=rate, start="00:59:58:00", seconds=3.0, sample_rate=sample_rate, coding=coding)
    data = wav.read_bytes()
    place = data.index(b"data")
    (length,) = struct.unpack_from("<I", data, place + 4)
    raw.write_bytes(data[place + 8 : place + 8 + length])
    return raw


@pytest.mark.parametrize(
    ("coding", "sample_rate", "rate"),
    [
        ("8", 22050, "25"),
        ("16", 48000, "24"),
        ("24", 44100, "30"),
        ("32", 96000, "29.97df"),
        ("float", 48000, "23.976"),
    ],
)
def test_the_form_is_told_by_the_timecode(tmp_path: Path, coding: str, sample_rate: int, rate: str) -> None:
    raw = bare(tmp_path, coding=coding, sample_rate=sample_rate, rate=rate)
    assert guessed_form(raw) == RawForm(CODINGS[coding], sample_rate)
    told: list[str] = []
    decoded = decode_ltc(raw, warn=told.append)
    assert len(decoded.frames) >= 71
    assert f"--raw {CODINGS[coding]} --sample-rate {sample_rate}" in told[0]


def test_timecode_that_begins_late_is_found_from_the_middle(tmp_path: Path) -> None:
    raw = bare(tmp_path, coding="16", sample_rate=48000)
    spoken = raw.read_bytes()
    raw.write_bytes(bytes(8 << 20) + spoken + bytes(8 << 20))
    assert guessed_form(raw) == RawForm("s16le", 48000)


def test_what_holds_no_timecode_is_no_sound_file(tmp_path: Path) -> None:
    noise = tmp_path / "noise.raw"
    noise.write_bytes(np.random.default_rng(1).bytes(400_000))
    for path in (noise, Path(__file__)):
        assert guessed_form(path) is None
        with pytest.raises(SoundFileError, match=r"is not a sound file|cannot be decoded"):
            decode_ltc(path)


def test_a_rate_that_nothing_is_recorded_at_is_not_made_up(tmp_path: Path) -> None:
    raw = bare(tmp_path, coding="16", sample_rate=37_000)
    assert guessed_form(raw) is None


def test_a_damaged_header_is_no_missing_one(tmp_path: Path) -> None:
    raw = bare(tmp_path, coding="16", sample_rate=48000)
    raw.write_bytes(b"fLaC" + raw.read_bytes())
    assert guessed_form(raw) is None


@pytest.mark.parametrize(("coding", "stored"), [("s16be", "16"), ("s8", "8"), ("s24be", "24"), ("f32be", "float")])
def test_timecode_of_other_machines_is_read_as_it_is_said_to_be(tmp_path: Path, coding: str, stored: str) -> None:
    raw = bare(tmp_path, coding=stored, sample_rate=48000)
    frames = decode_ltc(raw, raw=RawForm(CODINGS[stored], 48000)).frames
    assert len(frames) >= 71
    data = np.frombuffer(raw.read_bytes(), dtype=np.uint8)
    width = ALL_CODINGS[coding].bits // 8
    raw.write_bytes((data - np.uint8(128) if width == 1 else data.reshape(-1, width)[:, ::-1]).tobytes())
    assert decode_ltc(raw, raw=RawForm(coding, 48000)).frames == frames
