"""`doctor --listen`: a timecode signal judged in plain words, here from files."""

import wave
from pathlib import Path

import numpy as np
import pytest

from cuefocus.app.listen import listen
from cuefocus.app.ltc import generate_ltc
from cuefocus.errors import DeviceError, InputError, SoundFileError
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc
from tests.app.running import LENS, RIG, SHOW
from tests.app.verb import cuefocus

SAMPLE_RATE = 48_000


@pytest.fixture
def third(tmp_path: Path) -> Path:
    """Silence, a tone, and timecode that begins after four seconds, with what the show and the rig say beside it."""
    ltc = render_ltc(LtcSound(RATES["25"], Timecode(1, 0, 0, 0)), np.arange(4 * SAMPLE_RATE) * (25 / SAMPLE_RATE))
    late = np.concatenate([np.zeros(4 * SAMPLE_RATE, dtype=np.float32), ltc])
    tone = 0.1 * np.sin(np.arange(len(late)) / 8)
    table = np.stack([np.zeros(len(late)), np.where(np.arange(len(late)) < 4 * SAMPLE_RATE, 0.0, tone), late], axis=1)
    path = tmp_path / "three.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(3)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((table * 32767).astype("<i2").tobytes())
    (tmp_path / "rig.yaml").write_text(RIG.format(lens=LENS))
    (tmp_path / "show.yaml").write_text(SHOW)
    (tmp_path / "film.yaml").write_text(SHOW.replace('rate: "25"', 'rate: "24"'))
    return path


def test_the_channel_is_found_wherever_its_timecode_begins(third: Path) -> None:
    signal, source = listen(f"file:{third}", show=third.parent / "show.yaml")
    assert "LTC on channel 3 at 25 frames a second" in signal.problem
    assert "3 channels, 4.0 s heard" in source.problem


def test_another_channel_or_rate_than_meant_is_an_error(third: Path) -> None:
    wrong = listen(f"file:{third}#1", show=third.parent / "film.yaml")
    problems = {finding.problem for finding in wrong if finding.severity == "error"}
    assert "LTC is on channel 3, 1 is configured, where there is silence" in problems
    assert "wrong rate: labels say 25, the show says 24" in problems


def test_the_verb_prints_and_its_status_says_whether_it_is_bad(third: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.wav"
    generate_ltc(good, rate="25", start="01:00:00:00", seconds=3.0)
    done = cuefocus("doctor", "--listen", f"file:{good}", "--json")
    assert done.status == 0
    assert {row["severity"] for row in done.json} == {"note"}
    assert cuefocus("doctor", "--listen", f"file:{third}#1").status == 1


def test_what_cannot_be_listened_to_is_said() -> None:
    with pytest.raises(SoundFileError, match="no such file"):
        listen("file:nowhere.wav")
    with pytest.raises(InputError, match="channels count from 1"):
        listen("audio:X#0")
    for nothing in ("", "foo:bar"):
        with pytest.raises(InputError, match=r"write file:X.wav, jack:PORT"):
            listen(nothing)
    assert cuefocus("doctor", "--listen", "").status == 1
    with pytest.raises((DeviceError, InputError)):
        listen("audio:no such card anywhere", seconds=1.0)
