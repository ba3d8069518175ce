"""What `run` refuses before anything starts: a sentence with cause and cure, nothing moved, nothing left behind."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cuefocus.app.ltc import generate_ltc
from cuefocus.app.run import RunOptions, run
from cuefocus.errors import InputError, SoundFileError
from cuefocus.shells.sound_file import write_sound_file
from tests.app.running import LENS, RIG, SHOW


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    (tmp_path / "rig.yaml").write_text(RIG.format(lens=LENS))
    (tmp_path / "show.yaml").write_text(SHOW)
    silence = np.zeros(48_000, dtype=np.float32)
    write_sound_file(tmp_path / "silence.wav", 48_000, [silence])
    return RunOptions(
        rig=tmp_path / "rig.yaml",
        show=tmp_path / "show.yaml",
        sources=(f"file:{tmp_path / 'silence.wav'}",),
        journal=tmp_path / "takes",
    )


def _run(options: RunOptions, tmp_path: Path) -> tuple[int, str]:
    err = io.StringIO()
    status = run(options, out=io.StringIO(), err=err, environ={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert not (tmp_path / "cuefocus").exists()
    return status, err.getvalue()


def test_a_file_with_errors_is_refused_with_all_of_them(options: RunOptions, tmp_path: Path) -> None:
    options.show.write_text(SHOW.replace("to: ben", "to: bne").replace("to: band", "to: bnad"))
    status, told = _run(options, tmp_path)
    assert status == 1
    assert told.count("show.yaml:") >= 3
    assert "bne" in told
    assert "bnad" in told


def test_arming_real_motors_needs_somebody_beside_them(options: RunOptions, tmp_path: Path) -> None:
    options.rig.write_text(RIG.format(lens=LENS).replace("port: sim", "port: can:can0", 1))
    with pytest.raises(InputError, match="nobody watching") as refused:
        _run(replace(options, arm=True), tmp_path)
    assert "--attended" in refused.value.hint
    with pytest.raises(SoundFileError):
        _run(options, tmp_path)


def test_a_sound_without_timecode_is_refused(options: RunOptions, tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="no LTC"):
        _run(options, tmp_path)


def test_takes_that_cannot_be_kept_are_refused(options: RunOptions, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    generate_ltc(tmp_path / "ltc.wav", rate="25", start="00:59:58:00", seconds=2)
    with pytest.raises(InputError, match="takes cannot be kept"):
        _run(replace(options, sources=(f"file:{tmp_path / 'ltc.wav'}",), journal=tmp_path / "file" / "takes"), tmp_path)
