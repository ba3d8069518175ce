"""What motion does about its own mistakes, and about ports that come and go, in one process."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from cuefocus.engine.ports import MotorTrouble
from cuefocus.errors import LinkError
from cuefocus.motor.driver import LensMotor
from cuefocus.motor.tilta import TiltaCodec
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.motion_axis import MotionAxis
from cuefocus.shells.motion_loop import MotionLoop
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.open_link import open_link
from cuefocus.shells.port_prober import PortProber
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.motion_rig import Line, readable, tilta_spec

NAMES = ("A.focus", "B.focus")


class BrokenPlayer:
    holding = True

    def prepare(self, *_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError("speed is 0")

    def fault(self) -> None:
        """As the real one."""


@pytest.fixture
def memory() -> Iterator[SharedMemory]:
    made = SharedMemory.create(NAMES)
    yield made
    for fd in made.handed_down:
        os.close(fd)


def test_a_mistake_about_one_axis_is_its_fault_and_the_loop_goes_on(
    memory: SharedMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = memory.status_writer()
    axes, ports, lines = [], [], []
    for index, name in enumerate(NAMES):
        line = Line(tmp_path / name)
        line.plug()
        lines.append(line)
        codec = TiltaCodec()
        port = MotionPort(name, lambda path=line.link: open_link(f"serial:{path}"), codec)  # type: ignore[misc]
        motor = LensMotor(port.link, codec, counts_near=0, counts_far=9999)
        axes.append(MotionAxis(index, tilta_spec(name), motor, port, memory, status, start_ring=0.5))
        ports.append(port)
    monkeypatch.setattr(axes[0], "player", BrokenPlayer())
    loop = MotionLoop(memory, status, axes, ports)
    loop.halt(20 * NS_PER_MS)
    loop.run()
    faults = [r for r in memory.status_reader().drain() if isinstance(r, MotorTrouble) and r.kind == "fault"]
    assert [fault.axis for fault in faults] == ["A.focus"]
    assert faults[0].reason == "internal error: ZeroDivisionError: speed is 0"
    assert "Traceback" in capsys.readouterr().err
    assert axes[0].faulted
    assert not axes[1].faulted
    for port, line in zip(ports, lines, strict=True):
        port.link.close()
        os.close(line.master)


def test_a_port_that_was_never_there_says_so_and_takes_its_link_when_it_comes(tmp_path: Path) -> None:
    line = Line(tmp_path / "motor")
    codec = TiltaCodec()
    port = MotionPort("serial:motor", lambda: open_link(f"serial:{line.link}"), codec)
    motor = LensMotor(port.link, codec, counts_near=0, counts_far=9999)
    port.motors.append(motor)
    assert "cannot open" in port.gone
    with pytest.raises(LinkError, match="never there"):
        motor.go_to(5)
    assert not port.open()
    line.plug()
    assert port.open()
    assert not port.gone
    assert motor.go_to(5)
    assert readable(line.master, 1000)
    assert line.take() == [5]
    port.link.close()
    os.close(line.master)


@pytest.mark.serial
def test_the_prober_tells_when_a_port_can_be_opened_and_ends_with_its_master(tmp_path: Path) -> None:
    prober, line = PortProber(), Line(tmp_path / "motor")
    address = f"serial:{line.link}"
    prober.ask(address)
    prober.ask(address)
    assert not readable(prober.fileno(), 400)
    line.plug()
    assert readable(prober.fileno(), 10_000)
    assert prober.found() == {address: address}
    assert prober.found() == {}
    begun_ns = now_ns()
    prober.close()
    assert not prober.alive
    assert now_ns() - begun_ns < 5 * NS_PER_S
    os.close(line.master)


@pytest.mark.serial
def test_a_prober_that_dies_rings_for_nothing_and_is_started_anew_when_next_asked(tmp_path: Path) -> None:
    with closing(PortProber()) as prober:
        line = Line(tmp_path / "motor")
        address = f"serial:{line.link}"
        prober.ask(address)
        killed = prober.pid
        ending = os.pidfd_open(killed)
        os.kill(killed, signal.SIGKILL)
        assert readable(ending, 5_000)
        os.close(ending)
        assert not readable(prober.fileno(), 50)
        line.plug()
        prober.ask(address)
        assert prober.pid != killed
        assert readable(prober.fileno(), 10_000)
        assert prober.found() == {address: address}
        os.close(line.master)
