"""Sound that is not in a WAV file: what libsndfile reads, and films; read as the same sound in WAV is, or refused."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from cuefocus.app.ltc import decode_ltc
from cuefocus.errors import SoundFileError
from cuefocus.shells.sound_file import SoundFile, write_sound_file
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

Samples = npt.NDArray[np.float32]


def timecode(seconds: float = 1.0, sample_rate: int = 48_000) -> Samples:
    return ltc_samples(LtcSound(RATES["25"], Timecode(1, 0, 0, 0), sample_rate), round(seconds * sample_rate))


def whole(path: Path, channel: int = 0, first: int = 0) -> Samples:
    return np.concatenate(list(SoundFile.open(path).blocks(channel, 777, first_sample=first)))


def ffmpeg(*words: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


@pytest.mark.parametrize(
    ("name", "subtype", "error"),
    [
        ("x.flac", "PCM_16", 2**-15),
        ("x.flac", "PCM_24", 2**-23),
        ("x.flac", "PCM_S8", 2**-7),
        ("x.aiff", "PCM_16", 2**-15),
        ("x.aiff", "PCM_24", 2**-23),
        ("x.aiff", "FLOAT", 0.0),
        ("x.caf", "PCM_24", 2**-23),
        ("x.caf", "DOUBLE", 0.0),
        ("x.w64", "PCM_32", 2**-24),
        ("x.w64", "FLOAT", 0.0),
        ("x.au", "PCM_16", 2**-15),
        ("x.wav", "ULAW", 0.05),
        ("x.wav", "ALAW", 0.05),
        ("x.wav", "IMA_ADPCM", 1.0),
        ("x.rf64", "PCM_24", 2**-23),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_format_gives_its_samples(tmp_path: Path, name: str, subtype: str, error: float, channels: int) -> None:
    if subtype == "IMA_ADPCM" and channels == 3:
        pytest.skip("there is no such thing")
    path = tmp_path / name
    sound = np.stack([timecode() * 0.5**channel for channel in range(channels)], axis=1)
    soundfile.write(path, sound, 48_000, subtype=subtype)
    opened = SoundFile.open(path)
    assert (opened.sample_rate, opened.channels, opened.warning) == (48_000, channels, "")
    padded = 2048 if subtype == "IMA_ADPCM" else 0  # whole blocks of it are stored
    assert len(sound) <= opened.samples <= len(sound) + padded
    for channel in range(channels):
        np.testing.assert_allclose(whole(path, channel)[: len(sound)], sound[:, channel], atol=error)
    np.testing.assert_array_equal(whole(path, channels - 1, 12_345), whole(path, channels - 1)[12_345:])


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 32_000, 44_100, 88_200, 96_000, 192_000])
@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.aiff"])
def test_timecode_is_read_at_every_sample_rate(tmp_path: Path, sample_rate: int, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, timecode(2.0, sample_rate), sample_rate)
    rows = [row.as_json() for row in decode_ltc(path).rows()]
    assert len(rows) in (49, 50)  # the last one ends with the file
    assert [row["timecode"] for row in rows[::25]] == ["01:00:00:00", "01:00:01:00"]
    assert float(rows[25]["start_sample"]) == pytest.approx(sample_rate, abs=0.05)


@pytest.mark.parametrize("name", ["x.mp3", "x.ogg"])
def test_timecode_survives_lossy_formats(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / name, timecode(4.0), 48_000)
    assert len(decode_ltc(tmp_path / name).frames) >= 98


def test_the_content_says_what_a_file_is_and_not_its_name(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.flac", timecode(), 48_000)
    for name in ("x.wav", "x.raw", "x.vox", "x.sd2", "x", "-x.flac"):
        (tmp_path / name).write_bytes((tmp_path / "x.flac").read_bytes())
        assert SoundFile.open(tmp_path / name).samples == 48_000


@pytest.mark.parametrize("name", ["x.flac", "x.aiff", "x.w64", "x.au", "x.ogg"])
def test_of_a_file_that_is_cut_off_all_that_is_there_is_read_and_it_is_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(1).uniform(-1e-3, 1e-3, 480_000)
    soundfile.write(path, timecode(10.0) + noise, 48_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    opened = SoundFile.open(path)
    assert 4.5 < opened.duration_s < 5.5
    assert len(whole(path)) == opened.samples
    assert name == "x.ogg" or opened.warning.startswith("is cut off")  # an Ogg file promises nothing
    assert len(decode_ltc(path).frames) == pytest.approx(25 * opened.duration_s, abs=2)


@needs_ffmpeg
def test_flac_that_was_streamed_does_not_know_its_length_and_is_read(tmp_path: Path) -> None:
    write_sound_file(tmp_path / "x.wav", 48_000, [timecode(3.0)])
    with (tmp_path / "x.flac").open("wb") as file:
        subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "x.wav", "-f", "flac", "-"], stdout=file, check=True)
    opened = SoundFile.open(tmp_path / "x.flac")
    assert opened.samples == 144_000
    assert opened.warning == "does not say how long it is; all 3.00 s of it are read"
    np.testing.assert_array_equal(whole(tmp_path / "x.flac", 0, 99_999), whole(tmp_path / "x.wav", 0, 99_999))


@pytest.mark.parametrize(("sample_rate", "told"), [(1, 1), (999, 999), (0, 1)])
def test_a_header_with_an_impossible_sample_rate_is_damaged(tmp_path: Path, sample_rate: int, told: int) -> None:
    path = tmp_path / "x.aiff"
    soundfile.write(path, timecode(), max(sample_rate, 1), subtype="PCM_16")
    if sample_rate == 0:  # libsndfile reads it as 1 Hz
        raw = bytearray(path.read_bytes())
        at = raw.index(b"COMM") + 16
        raw[at : at + 10] = bytes(10)
        path.write_bytes(raw)
    with pytest.raises(SoundFileError, match=rf"damaged header \(1 channels at {told} Hz\)"):
        SoundFile.open(path)


@pytest.mark.parametrize("name", ["x.flac", "x.aiff", "x.caf", "x.w64", "x.au", "x.ogg", "x.mp3"])
def test_damage_anywhere_is_a_sentence_or_a_sound_never_a_traceback(tmp_path: Path, name: str) -> None:
    path, chance = tmp_path / name, np.random.default_rng(4)
    soundfile.write(path, timecode(), 48_000)
    good = path.read_bytes()
    for _ in range(20):
        damaged = np.frombuffer(good, dtype=np.uint8).copy()
        at = int(chance.integers(0, 200))
        damaged[at : at + 8] = chance.integers(0, 256, len(damaged[at : at + 8]))
        path.write_bytes(damaged[: int(chance.integers(0, len(good)))].tobytes())
        try:
            opened = SoundFile.open(path)
            for block in itertools.islice(opened.blocks(0), 40):
                assert block.dtype == np.float32
        except SoundFileError as refused:
            assert refused.hint  # noqa: PT017 - either outcome is right, a refusal must help


# --- films ---


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.mov", ("-c:a", "pcm_s24le")),
        ("x.mp4", ("-c:a", "aac", "-b:a", "192k")),
        ("x.mkv", ("-c:a", "pcm_s16le")),
        ("x.mxf", ("-c:a", "pcm_s16le")),
        ("x.avi", ("-c:a", "pcm_s16le")),
        ("x.m4a", ("-c:a", "alac", "-vn")),
    ],
)
def test_the_sound_of_films_is_read(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    write_sound_file(tmp_path / "x.wav", 48_000, [timecode(4.0)])
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=4")
    ffmpeg("-i", tmp_path / "x.wav", *picture, "-map", "1:v", "-map", "0:a", *options, tmp_path / name)
    decoded = decode_ltc(tmp_path / name)
    assert decoded.sound.sample_rate == 48_000
    assert len(decoded.frames) >= 98
    if "aac" not in options:
        np.testing.assert_array_equal(whole(tmp_path / name), whole(tmp_path / "x.wav"))


@needs_ffmpeg
def test_channels_count_through_the_tracks_of_a_film(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(np.arange(96_000) * 0.05)
    soundfile.write(tmp_path / "music.wav", np.stack([tone, 0.5 * tone], axis=1), 48_000)
    write_sound_file(tmp_path / "ltc.wav", 48_000, [timecode(1.0)])
    inputs = ("-i", tmp_path / "music.wav", "-i", tmp_path / "ltc.wav", "-map", "0:a", "-map", "1:a")
    film = tmp_path / "x.mov"
    ffmpeg(*inputs, "-c:a", "pcm_s16le", film)
    opened = SoundFile.open(film)
    assert (opened.channels, opened.samples) == (3, 96_000)
    assert decode_ltc(film).channel == 2
    assert len(whole(film, 2)) == 96_000  # the shorter track ends in silence
    assert not whole(film, 2, 48_000).any()
    np.testing.assert_array_equal(whole(film, 2, 47_000)[:1000], whole(tmp_path / "ltc.wav")[47_000:])
    with pytest.raises(SoundFileError, match="no channel 4; it has 3"):
        decode_ltc(film, 3)


@needs_ffmpeg
def test_another_process_finds_a_films_sound_while_it_is_open(tmp_path: Path) -> None:
    write_sound_file(tmp_path / "ltc.wav", 48_000, [timecode(1.0)])
    ffmpeg("-i", tmp_path / "ltc.wav", "-c:a", "pcm_s16le", tmp_path / "x.mov")
    opened = SoundFile.open(tmp_path / "x.mov")
    path, channel = opened.place(0)
    child = "import sys; from cuefocus.shells.sound_file import SoundFile as S; print(S.open(sys.argv[1]).samples)"
    done = subprocess.run([sys.executable, "-c", child, path], capture_output=True, text=True, check=True)
    assert (int(done.stdout), channel) == (48_000, 0)
    del opened
    assert not path.exists()


@needs_ffmpeg
def test_a_film_without_sound_or_without_its_end_is_refused(tmp_path: Path) -> None:
    film = tmp_path / "x.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:duration=1", film)
    with pytest.raises(SoundFileError, match="no sound in it, only pictures"):
        SoundFile.open(film)
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    with pytest.raises(SoundFileError, match="is not a sound file or a film"):
        SoundFile.open(film)


@needs_ffmpeg
def test_of_a_film_that_is_cut_off_what_is_there_is_read_and_it_is_said(tmp_path: Path) -> None:
    write_sound_file(tmp_path / "ltc.wav", 48_000, [timecode(4.0)])
    film = tmp_path / "x.mkv"
    ffmpeg("-i", tmp_path / "ltc.wav", "-c:a", "pcm_s16le", film)
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    opened = SoundFile.open(film)
    assert 1.5 < opened.duration_s < 2.5
    assert opened.warning.startswith("is damaged")
    assert len(decode_ltc(film).frames) >= 37


@needs_ffmpeg
def test_tracks_of_another_sample_rate_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    inputs: list[object] = []
    for rate in (48_000, 44_100):
        write_sound_file(tmp_path / f"{rate}.wav", rate, [timecode(1.0, rate)])
        inputs += ["-i", tmp_path / f"{rate}.wav"]
    ffmpeg(*inputs, "-map", "0:a", "-map", "1:a", "-c:a", "pcm_s16le", tmp_path / "x.mov")
    opened = SoundFile.open(tmp_path / "x.mov")
    assert (opened.channels, opened.sample_rate) == (1, 48_000)
    assert opened.warning == "tracks at 44100 Hz are left out, the first one has 48000 Hz"


@needs_ffmpeg
def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    write_sound_file(tmp_path / "ltc.wav", 48_000, [timecode(1.0)])
    (tmp_path / "x.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    (tmp_path / "x.ffconcat").write_text("ffconcat version 1.0\nfile ltc.wav\n")
    for name in ("x.m3u8", "x.ffconcat"):
        with pytest.raises(SoundFileError) as refused:
            SoundFile.open(tmp_path / name)
        assert refused.value.hint


def test_without_ffmpeg_a_film_is_refused_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    (tmp_path / "x.mov").write_bytes(b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(100))
    with pytest.raises(SoundFileError, match="films need ffmpeg, which is not installed") as refused:
        SoundFile.open(tmp_path / "x.mov")
    assert "apt install ffmpeg" in refused.value.hint


def test_without_libsndfile_wav_is_read_and_the_rest_refused_with_the_cure(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.flac", timecode(), 48_000)
    write_sound_file(tmp_path / "x.wav", 48_000, [timecode()])
    child = (
        "import sys; sys.modules['soundfile'] = None; sys.argv[0] = 'cuefocus'; "
        "from cuefocus.cli.root import main; main()"
    )
    for name, status in (("x.wav", 0), ("x.flac", 3)):
        words = [sys.executable, "-c", child, "ltc", "decode", str(tmp_path / name)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == status
    assert "pip install --force-reinstall soundfile" in done.stderr
