"""`ltc generate`: what is asked for is in the file, as the decoder hears it."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuefocus.app.ltc import decode_ltc, generate_ltc
from cuefocus.errors import InputError, TimecodeError
from cuefocus.shells.sound_file import SoundFile
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.date_bits import flags_with_date
from cuefocus.wire.ltc.word import data_word, group_flags, user_bits
from tests.app.verb import cuefocus, refused

BASE: dict[str, Any] = {"rate": "25", "start": "01:00:00:00", "seconds": 6.0}


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    generate_ltc(path, **{**BASE, **options})
    return [row.as_json() for row in decode_ltc(path).rows()]


@pytest.mark.parametrize("coding", ["8", "16", "24", "32", "float"])
@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 96_000])
def test_every_coding_and_sample_rate_is_read_back(tmp_path: Path, coding: str, sample_rate: int) -> None:
    heard = rows(tmp_path / "x.wav", coding=coding, sample_rate=sample_rate, seconds=2.0)
    assert [row["timecode"] for row in heard[:49:24]] == ["01:00:00:00", "01:00:00:24", "01:00:01:23"]


def test_jumps_and_gaps_are_heard_where_they_were_asked_for(tmp_path: Path) -> None:
    heard = rows(tmp_path / "x.wav", jumps=["2.01=10:00:00:00", "4=01:00:00:00"], gaps=["5=0.5"])
    by_label = {row["timecode"]: float(row["start_sample"]) for row in heard}
    assert by_label["10:00:00:01"] == pytest.approx(2.05 * 48_000, abs=0.05)
    assert by_label["10:00:01:00"] == pytest.approx(3.01 * 48_000, abs=0.05)
    again = [row for row in heard if row["timecode"] == "01:00:00:10"]
    assert [float(row["start_sample"]) for row in again] == pytest.approx([0.4 * 48_000, 4.4 * 48_000], abs=0.05)
    assert not [row for row in heard if 5.0 * 48_000 < float(row["start_sample"]) < 5.5 * 48_000 - 1]
    assert "01:00:01:13" in by_label  # the first whole frame after the gap: playback went on in it
    samples = next(SoundFile.open(tmp_path / "x.wav").blocks(0, 300_000))
    assert not samples[240_000:264_000].any()


def test_ramps_wind_through_zero(tmp_path: Path) -> None:
    heard = rows(tmp_path / "x.wav", ramps=["2=1", "4=-1"])
    assert {row["direction"] for row in heard} == {1, -1}
    assert max(row["timecode"] for row in heard) in ("01:00:02:10", "01:00:02:11")
    assert heard[-1]["timecode"] == "01:00:00:00"


def test_wow_is_heard_as_the_speed_it_has(tmp_path: Path) -> None:
    speeds = [float(row["speed"]) for row in rows(tmp_path / "x.wav", wow="2%@0.5")]
    assert max(speeds) == pytest.approx(1.02, abs=2e-3)
    assert min(speeds) == pytest.approx(0.98, abs=2e-3)


@pytest.mark.parametrize("speed", [0.03, 0.25, 8.0, -1.0, -2.0])
def test_any_speed_is_written_and_read(tmp_path: Path, speed: float) -> None:
    heard = rows(tmp_path / "x.wav", speed=speed, seconds=8.0)
    assert heard[3]["direction"] == (1 if speed > 0 else -1)
    fps = RATES[heard[3]["rate"]].fps  # so slow, or so quick, that labels do not say which
    assert float(heard[3]["speed"] * fps) == pytest.approx(25 * abs(speed), rel=1e-3)


def test_level_is_the_peak(tmp_path: Path) -> None:
    generate_ltc(tmp_path / "x.wav", **BASE, level_dbfs=-20.0, coding="float")
    peak = max(np.abs(block).max() for block in SoundFile.open(tmp_path / "x.wav").blocks(0))
    assert peak == pytest.approx(0.1, rel=1e-3)


def test_the_date_stands_in_the_user_bits_as_the_standard_has_it() -> None:
    flags = flags_with_date(date(2026, 11, 22), colour_frame=True)
    word = data_word(Timecode(1, 2, 3, 4), drop=False, at_25=True, flags=flags)
    assert f"{user_bits(word):08x}" == "00261122"  # zone 00, then year, month, day
    assert group_flags(word, at_25=True) == (0, 0, 1)


def test_wrong_options_are_refused_with_the_cure_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    for bad, kind in (
        ({"jumps": ["2"]}, InputError),
        ({"jumps": ["two=01:00:00:00"]}, InputError),
        ({"jumps": ["2=01:00:00:25"]}, TimecodeError),
        ({"jumps": ["nan=01:00:00:00"]}, InputError),
        ({"gaps": ["1=-1"]}, InputError),
        ({"ramps": ["1=50"]}, InputError),
        ({"ramps": ["1=fast"]}, InputError),
        ({"speed": 0.0}, InputError),
        ({"wow": "strong"}, InputError),
        ({"wow": "1.2.3%@4"}, InputError),
        ({"coding": "12"}, InputError),
        ({"user_bits": 5, "day": date(2026, 1, 1)}, InputError),
    ):
        with pytest.raises(kind) as raised:
            generate_ltc(path, **{**BASE, **bad})
        assert raised.value.hint
    assert not path.exists()


def test_the_verb_passes_all_of_it_on(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    words = ("ltc", "generate", "--rate", "29.97df", "--start", "00:59:58;00", "--seconds", 4, "-o", path)
    more = ("--jump", "2=01:30:00;00", "--gap", "3=0.1", "--wow", "0.1%@1", "--bits", "24", "--date", "2026-11-22")
    told = cuefocus(*words, *more, "--sample-rate", 44_100, "--level", -12, "--colour-frame")
    assert told.status == 0, told.text
    assert "01:30:00;00" in cuefocus("ltc", "decode", path).out
    refused(cuefocus(*words, "--jump", "2"), "--jump 12.5=01:00:00:00")
    live = ("ltc", "generate", "--rate", "25", "--start", "01:00:00:00", "--to", "jack:nowhere")
    told = cuefocus(*live, "--sample-rate", 44_100)
    assert (told.status, "leave --sample-rate out" in " ".join(told.err.replace("│", " ").split())) == (2, True)
    told = cuefocus(*live, "--bits", "16")
    assert (told.status, "leave --bits out" in " ".join(told.err.replace("│", " ").split())) == (2, True)
    for wrong, cure in ((("--user-bits", "xyz"), "12ab34cd"), (("--date", "22.11."), "2026-11-22")):
        told = cuefocus(*words, *wrong)
        assert told.status == 2
        assert cure in told.err


def test_standard_output_takes_the_sound_and_nothing_else(tmp_path: Path) -> None:
    words = ["ltc", "generate", "--rate", "25", "--start", "01:00:00:00", "--seconds", "2", "-o", "-"]
    with (tmp_path / "x.wav").open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "cuefocus", *words], stdout=file, stderr=subprocess.PIPE, check=True
        )
    assert done.stderr == b""
    sound = SoundFile.open(tmp_path / "x.wav")
    assert (sound.samples, sound.warning) == (96_000, "")
    assert len(decode_ltc(tmp_path / "x.wav").frames) == 50
