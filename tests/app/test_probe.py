"""Ports of real motors are looked at before anything starts."""

import io
from pathlib import Path
from unittest import mock

import pytest

from cuefocus.app.ltc import generate_ltc
from cuefocus.app.probe import port_complaints, trouble_of
from cuefocus.app.run import RunOptions, run
from cuefocus.errors import DeviceError
from cuefocus.rig.loader import load_rig
from cuefocus.rig.values import Port
from tests.app.running import LENS, RIG, SHOW

GONE = "/dev/serial/by-id/gone"


def rig_with(folder: Path, port: str) -> Path:
    rig = folder / "rig.yaml"
    rig.write_text(RIG.format(lens=LENS).replace("port: sim", f"port: {port}", 1))
    return rig


def test_a_port_is_there_or_not(tmp_path: Path) -> None:
    there = tmp_path / "tty"
    there.touch()
    (tmp_path / "can0").mkdir()
    fine = (f"serial:{there}", f"slcan:{there}", "can:can0", "sim", "udp:10.0.0.7:9100")
    assert [trouble_of(Port.parse(port), tmp_path) for port in fine] == [""] * len(fine)
    assert trouble_of(Port.parse(GONE)) == f"{GONE} is not there"
    assert trouble_of(Port.parse("can:can1"), tmp_path) == "there is no CAN interface can1"
    with mock.patch("os.access", return_value=False):
        assert "may not be opened" in trouble_of(Port.parse(f"slcan:{there}"))


def test_the_complaint_stands_at_the_port(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, f"slcan:{GONE}")
    [complaint] = port_complaints(load_rig(rig))
    line = rig.read_text().splitlines().index(f"    port: slcan:{GONE}") + 1
    assert str(complaint) == f"{rig}:{line}:11: motors.dji-B.port: {GONE} is not there; see cuefocus ports"


@pytest.mark.parametrize("arm", [True, False])
def test_only_an_armed_run_is_refused_for_an_absent_port(tmp_path: Path, arm: bool) -> None:
    (tmp_path / "show.yaml").write_text(SHOW)
    generate_ltc(tmp_path / "ltc.wav", rate="25", start="00:59:58:00", seconds=2)
    options = RunOptions(
        rig=rig_with(tmp_path, f"slcan:{GONE}"),
        show=tmp_path / "show.yaml",
        sources=(f"file:{tmp_path / 'ltc.wav'}",),
        journal=tmp_path / "takes",
        arm=arm,
        attended=True,
    )
    err = io.StringIO()
    with mock.patch("cuefocus.app.run.claim", side_effect=DeviceError("gone on")) as claim:
        if arm:
            assert run(options, out=io.StringIO(), err=err) == 1
        else:
            with pytest.raises(DeviceError, match="gone on"):
                run(options, out=io.StringIO(), err=err)
    assert claim.called is not arm
    assert f"motors.dji-B.port: {'' if arm else 'warning: '}{GONE} is not there" in err.getvalue()
    assert (tmp_path / "takes").exists() is not arm
