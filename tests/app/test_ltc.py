"""The `ltc` verbs without the command line."""

import struct
from pathlib import Path

import numpy as np
import pytest

from cuefocus.app.ltc import decode_ltc, generate_ltc
from cuefocus.errors import InputError, SoundFileError, TimecodeError
from cuefocus.shells.sound_file import write_sound_file
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples


@pytest.mark.parametrize("rate", RATES)
def test_what_is_generated_is_decoded_from_the_first_frame_to_the_last(tmp_path: Path, rate: str) -> None:
    path = tmp_path / "x.wav"
    start = "00:00:59:00"
    words = generate_ltc(path, rate=rate, start=start, seconds=3.0)
    rows = [row.as_json() for row in decode_ltc(path).rows()]
    heard = {"47.952": "23.976", "48": "24", "50": "25", "59.94": "29.97ndf", "59.94df": "29.97df", "60": "30"}
    assert len(rows) == words == int(3 * RATES[rate].fps / RATES[rate].pair)
    assert {row["rate"] for row in rows} == {heard.get(rate, rate)}
    assert list(rows[0]) == ["timecode", "rate", "start_sample", "direction", "speed"]
    assert rows[0]["timecode"] == ("00:00:59;00" if RATES[rate].drop else start)
    assert abs(float(rows[0]["start_sample"])) < 0.02  # fitted to the whole frame, 0.4 µs
    assert all(row["direction"] == 1 and row["speed"] == pytest.approx(1.0, abs=1e-3) for row in rows)


@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 96_000, 192_000, 384_000])
@pytest.mark.parametrize("rate", ["24", "25", "30"])
def test_the_last_frame_is_read_though_the_file_ends_in_the_midst_of_its_last_edge(
    tmp_path: Path, rate: str, sample_rate: int
) -> None:
    path = tmp_path / "x.wav"
    words = generate_ltc(path, rate=rate, start="01:00:00:00", seconds=2.0, sample_rate=sample_rate)
    frames = decode_ltc(path).frames
    assert len(frames) == words
    assert frames[-1].last_sample == pytest.approx(2 * sample_rate, abs=1.0)


def test_reverse_is_generated_and_said(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    generate_ltc(path, rate="25", start="01:00:00:00", seconds=2, speed=-0.5, sample_rate=44_100)
    rows = [row.as_json() for row in decode_ltc(path).rows()]
    assert (rows[0]["timecode"], rows[0]["direction"]) == ("00:59:59:24", -1)
    assert rows[5]["speed"] == pytest.approx(0.5, abs=1e-4)


def test_the_channel_that_reads_best_is_taken_whatever_its_level(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    rng = np.random.default_rng(3)
    ltc = ltc_samples(LtcSound(RATES["25"], Timecode(1, 0, 0, 0), level=0.05), 96_000)
    crosstalk = 0.01 * ltc + 0.00008 * rng.standard_normal(len(ltc))
    music = 0.4 * np.sin(np.arange(len(ltc)) * 0.05)
    channels = np.stack([music, crosstalk * 60, ltc], axis=1)
    data = np.round(channels * 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 3, 48_000, 48_000 * 6, 6, 16)
    path.write_bytes(
        struct.pack("<4sI4s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16)
        + form
        + struct.pack("<4sI", b"data", len(data))
        + data
    )
    assert decode_ltc(path).channel == 2
    assert decode_ltc(path, 1).channel == 1
    with pytest.raises(SoundFileError, match="no LTC in channel 1"):
        decode_ltc(path, 0)
    with pytest.raises(SoundFileError, match="no channel 4; it has 3"):
        decode_ltc(path, 3)


def test_a_file_without_ltc_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write_sound_file(path, 48_000, [np.sin(np.arange(48_000) * 0.1)])
    with pytest.raises(SoundFileError, match="no LTC") as raised:
        decode_ltc(path)
    assert raised.value.hint


def test_options_that_make_no_sense_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    good = {"rate": "25", "start": "01:00:00:00", "seconds": 1.0}
    for bad, kind in (
        ({"rate": "26"}, TimecodeError),
        ({"start": "01:00:00:25"}, TimecodeError),
        ({"seconds": 0.0}, InputError),
        ({"seconds": float("nan")}, InputError),
        ({"sample_rate": 10}, InputError),
        ({"speed": 0.0}, InputError),
        ({"speed": 40.0}, InputError),
        ({"level_dbfs": 3.0}, InputError),
        ({"user_bits": -1}, InputError),
        ({"jumps": ["1=02:00:00:00"]}, InputError),
        ({"gaps": ["5=0.2"]}, InputError),
    ):
        with pytest.raises(kind):
            generate_ltc(path, **{**good, **bad})  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize("name", ["x.flac", "x.aiff", "x.mp3"])
def test_a_name_that_promises_another_format_than_wav_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="only WAV is written"):
        generate_ltc(tmp_path / name, rate="25", start="01:00:00:00", seconds=1.0)
    assert not (tmp_path / name).exists()
