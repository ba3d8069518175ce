"""The degraded corpus and real recordings, where they lie beside the checkout."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cuefocus.app.ltc import decode_ltc
from tests.app.verb import cuefocus
from tests.wire.ltc_fixtures import decoded

_SHARED = Path(__file__).resolve().parents[3] / "shared"
_TOOL = _SHARED / "tools" / "ltc_corpus.py"
_RECORDINGS = _SHARED / "data" / "ltc"

pytestmark = pytest.mark.skipif(
    not _TOOL.exists(), reason="no ../shared beside the checkout: corpus and recordings absent"
)

_SEED, _SECONDS = 7, 5.0
_READ_WHOLE = [
    "clean_23.976_44100", "clean_24_48000", "clean_25_48000", "clean_29.97df_48000", "clean_29.97ndf_96000",
    "clean_30_44100", "level_-36", "level_-36_snr20", "level_-60", "speed_0.25", "speed_0.5", "speed_0.96", "speed_2",
    "speed_4", "speed_6", "speed_8", "speed_0.03", "rev_-0.1", "rev_-1", "rev_-5", "rev_-1_29.97df", "ramp_startup",
    "ramp_startup_snr25", "ramp_stop", "ramp_stop_snr25", "ramp_shuttle", "wow_6Hz_0.03", "wow_100Hz_0.05",
    "wow_mix_snr20", "dc_1.0", "clip_20dB", "u8", "inverted", "userbits_ones", "userbits_random", "midnight_df",
    "df_minute", "late_start", "drop_20ms", "jump_gap200ms", "noise_25_48000_12dB", "noise_29.97df_48000_12dB",
    "noise_25_48000_8dB", "noise_25_48000_4dB", "noise_29.97df_48000_6dB", "noise_23.976_44100_0dB",
    "noise_25_48000_-2dB", "hum_50_0dB", "hum_60_12dB", "drop_200ms_noise",
]  # fmt: skip
_NO_LTC = ["none_silence", "none_noise", "none_music", "none_voice", "none_tone1k", "none_square1k", "none_square2k"]
_NOISIEST = ["drop_dip20dB", "noise_25_48000_-4dB", "noise_29.97df_48000_-4dB", "noise_23.976_44100_-4dB"]


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ltc_corpus", _TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    cached, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the folder is not ours to write to
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = cached
    return module


def _scored(corpus: ModuleType, name: str) -> dict[str, float]:
    spec = next(spec for case, _, spec in corpus.cases() if case == name)
    sound, truth, sample_rate, _, form = corpus.build(name, spec, _SEED, _SECONDS)
    if form == "u8":
        sound = np.round(sound * 127) / 127
    elif form == "s16":
        sound = np.clip(np.round(sound * 32767), -32768, 32767) / 32768
    frames = decoded(sound.astype(np.float32), sample_rate)
    num, den, nom, df = corpus.RATES[spec.get("rate", "25")]
    found = [
        [f.label.hours, f.label.minutes, f.label.seconds, f.label.frames, f.start_sample, f.direction < 0]
        for f in frames
    ]
    scored: dict[str, float] = corpus.score({"num": num, "den": den, "nom": nom, "df": df, "frames": truth}, found)
    return scored


@pytest.mark.parametrize("name", _READ_WHOLE)
def test_every_intact_frame_is_read_and_none_is_false(corpus: ModuleType, name: str) -> None:
    scored = _scored(corpus, name)
    assert scored["need"] > 0
    assert (scored["right"], scored["false"], scored["rev_wrong"]) == (scored["need"], 0, 0)


@pytest.mark.parametrize("name", _NO_LTC)
def test_sound_without_ltc_has_no_frames(corpus: ModuleType, name: str) -> None:
    assert _scored(corpus, name)["false"] == 0


@pytest.mark.parametrize("name", _NOISIEST)
def test_nearly_all_is_read_where_noise_is_louder_than_the_signal(corpus: ModuleType, name: str) -> None:
    scored = _scored(corpus, name)
    assert scored["right"] >= 0.95 * scored["need"]
    assert scored["false"] == 0


@pytest.mark.parametrize(("name", "std_samples"), [("clean_25_48000", 0.03), ("level_-20_snr20", 0.012)])
def test_frame_starts_lie_where_the_truth_has_them(corpus: ModuleType, name: str, std_samples: float) -> None:
    scored = _scored(corpus, name)
    assert abs(scored["pos_mean"]) < 0.05
    assert scored["pos_std"] < std_samples


def test_a_field_recording_counts_evenly_at_24() -> None:
    read = decode_ltc(_RECORDINGS / "recorder-clean.wav")
    counts = [frame.label.frame_number(read.inferred.rate) for frame in read.frames]
    starts = [frame.start_sample for frame in read.frames]
    assert read.inferred.rate.name == "24"
    assert counts == list(range(counts[0], counts[0] + 316))
    assert np.ptp(np.array(starts) - np.polyval(np.polyfit(counts, starts, 1), counts)) < 2.0


@pytest.mark.parametrize("name", ["recorder-mic-level.wav", "recorder-phantom-noisy.wav"])
def test_differentiated_recordings_are_read_whole(name: str) -> None:
    """Thin spikes where edges were."""
    read = decode_ltc(_RECORDINGS / name)
    counts = np.array([frame.label.frame_number(read.inferred.rate) for frame in read.frames])
    starts = np.array([frame.start_sample for frame in read.frames])
    assert read.inferred.rate.name == "24"
    assert len(counts) >= 264
    assert (np.diff(counts) == 1).all()
    assert np.abs(starts - starts[0] - (counts - counts[0]) * 2000.0).max() < 20.0


def test_a_drooping_clipped_recording_of_8_bits_is_read() -> None:
    raw = np.fromfile(_RECORDINGS / "drooping-u8-22050.raw", dtype=np.uint8)
    frames = decoded(((raw.astype(np.float32) - 128.0) / 128.0), 22_050)
    expected = (_RECORDINGS / "drooping-u8-22050.expected.txt").read_text().splitlines()
    labels = [line.split()[2] for line in expected if line]
    assert [str(frame.label) for frame in frames] == labels
    told = cuefocus(
        "ltc", "decode", _RECORDINGS / "drooping-u8-22050.raw", "--raw", "u8", "--sample-rate", 22_050, "--json"
    )
    assert [json.loads(line)["timecode"] for line in told.out.splitlines()] == labels
