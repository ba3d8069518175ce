"""What `cuefocus ports` lists."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from cuefocus.app.ports import PortRow, can_interfaces, list_all_ports, serial_ports


def test_serial_ports_come_by_their_lasting_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "ttyACM0").touch()
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-FTDI_42-if00").symlink_to(tmp_path / "ttyUSB0")
    (by_id / "usb-Late_1-if00").symlink_to(tmp_path / "ttyACM0")
    found = [
        SimpleNamespace(device="/dev/ttyS0", manufacturer=None, product=None, serial_number=None),
        SimpleNamespace(device=str(tmp_path / "ttyUSB0"), manufacturer="FTDI", product="UART", serial_number="42"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: found)
    rows = {row.device: row for row in serial_ports(by_id)}
    stable = rows[str(tmp_path / "ttyUSB0")]
    assert stable == PortRow("serial", f"{by_id}/usb-FTDI_42-if00", stable.device, "FTDI UART 42", "rig", stable=True)
    assert not rows["/dev/ttyS0"].stable
    assert rows[str(tmp_path / "ttyACM0")].address == f"{by_id}/usb-Late_1-if00"


def test_can_interfaces_are_told_by_their_kind(tmp_path: Path) -> None:
    for name, kind, state in (("can0", "280", "up"), ("eth0", "1", "up"), ("vcan1", "280", "unknown")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n", encoding="ascii")
        (tmp_path / name / "operstate").write_text(f"{state}\n", encoding="ascii")
    assert [(row.address, row.description) for row in can_interfaces(tmp_path)] == [
        ("can:can0", "CAN interface, up"),
        ("can:vcan1", "CAN interface, unknown"),
    ]


def test_a_machine_with_nothing_says_what_it_could_not_look_at(tmp_path: Path) -> None:
    rows = list_all_ports(tmp_path / "none", tmp_path / "none")
    assert all(set(row.as_dict()) == {"kind", "address", "device", "description", "stable", "use"} for row in rows)
    assert {row.kind for row in rows} <= {
        "serial",
        "jack",
        "sound",
        "midi",
        "clock",
        "artnet",
        "reaper",
        "ableton",
        "link",
        "note",
    }
