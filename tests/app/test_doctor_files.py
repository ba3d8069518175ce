"""`doctor` with a rig and a show."""

from pathlib import Path
from unittest import mock

import pytest

from cuefocus.app.doctor import Finding, examine_files
from tests.app.running import LENS, RIG, SHOW
from tests.app.verb import cuefocus


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    (tmp_path / "tty").touch()
    text = RIG.format(lens=LENS).replace("port: sim", f"port: slcan:{tmp_path / 'tty'}", 1)
    (tmp_path / "rig.yaml").write_text(text)
    return tmp_path / "rig.yaml"


def test_a_real_motors_port_is_looked_at(rig: Path) -> None:
    port = rig.parent / "tty"
    assert examine_files(rig)[1] == [Finding("note", "motor dji-B", f"slcan:{port} may be opened")]
    port.unlink()
    assert examine_files(rig)[1] == [Finding("error", "motor dji-B", f"{port} is not there", "see cuefocus ports")]


def test_what_cannot_land_is_among_the_findings(rig: Path) -> None:
    show = rig.parent / "show.yaml"
    show.write_text(SHOW.replace('"01:00:04:00"}, to: band', '"01:00:02:02"}, to: band'))
    with mock.patch("cuefocus.app.doctor.examine", return_value=[]):
        told = cuefocus("doctor", "--rig", rig, "--show", show, "--json")
    assert told.status == 1, told.text
    assert any("cues.B2" in finding["what"] and finding["problem"] for finding in told.json)
    assert all(set(finding) == {"severity", "what", "problem", "hint"} for finding in told.json)


def test_a_rig_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    of_files, of_motors = examine_files(tmp_path / "none.yaml")
    assert [finding.severity for finding in of_files] == ["error"]
    assert of_motors == []


def test_a_show_alone_is_wrong_usage() -> None:
    told = cuefocus("doctor", "--show", "x.yaml")
    assert (told.status, told.out) == (2, "")
    assert "--show needs --rig" in told.err
