"""Simulated motors as a process: real ptys and sockets, faults on command, true positions in a file."""

import csv
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic_ns
from typing import IO

import pytest

from cuefocus.errors import LinkError
from cuefocus.motor.codec import PositionReport
from cuefocus.motor.driver import LensMotor, make_codec
from cuefocus.shells.can_link import SlcanLink
from cuefocus.shells.serial_link import SerialLink
from cuefocus.shells.udp_link import UdpLink

PATIENCE_S = 20.0


class Simulators:
    """A running `sim motor` process."""

    def __init__(self, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cuefocus.app.sim_motor", *words, "--until-eof"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.ready: list[str] = self.line()["ready"]  # type: ignore[assignment]

    def line(self) -> dict[str, object]:
        out: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        assert select.select([out], [], [], PATIENCE_S)[0]
        said: dict[str, object] = json.loads(out.readline())
        return said

    def tell(self, command: str) -> dict[str, object]:
        self._process.stdin.write(command.encode() + b"\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]
        return self.line()

    def kick(self, number: signal.Signals) -> dict[str, object]:
        self._process.send_signal(number)
        return self.line()

    def end(self, number: signal.Signals | None = None) -> int:
        if number is not None:
            self._process.send_signal(number)
        _, errors = self._process.communicate(timeout=PATIENCE_S)
        assert errors == b""
        return self._process.returncode


@pytest.fixture
def simulators() -> Iterator[Callable[..., Simulators]]:
    started: list[Simulators] = []

    def start(*words: str) -> Simulators:
        started.append(Simulators(*words))
        return started[-1]

    yield start
    for one in started:
        one.end()


def answered(motor: LensMotor) -> PositionReport:
    """The next report, asked for until it comes."""
    until_ns = monotonic_ns() + round(PATIENCE_S * 1e9)
    while monotonic_ns() < until_ns:
        motor.maybe_query(monotonic_ns())
        select.select([motor.link.fileno()], [], [], 0.05)
        reports = motor.poll()
        if reports:
            return reports[-1]
    raise AssertionError("the motor does not answer")


def arrives(motor: LensMotor, counts: int) -> bool:
    until_ns = monotonic_ns() + round(PATIENCE_S * 1e9)
    while monotonic_ns() < until_ns:
        motor.go_to(counts)
        if answered(motor).counts == counts:
            return True
    return False


def test_three_families_run_in_one_process(simulators: Callable[..., Simulators], tmp_path: Path) -> None:
    log = tmp_path / "true.csv"
    spec = [
        {"driver": "tilta", "link": str(tmp_path / "A"), "name": "A", "dead_ms": 5, "log": str(log)},
        {"driver": "dji", "link": str(tmp_path / "B"), "name": "B", "speed": 5.0, "accel": 100.0, "log": str(log)},
        {"driver": "bridge", "link": "udp:0", "name": "C", "backlash": 0.01, "log": str(log)},
    ]
    (tmp_path / "motors.json").write_text(json.dumps(spec), encoding="utf-8")
    running = simulators("--spec", str(tmp_path / "motors.json"))
    assert running.ready[:2] == [str(tmp_path / "A"), str(tmp_path / "B")]
    tilta = LensMotor(SerialLink(running.ready[0]), make_codec("tilta"), counts_near=0, counts_far=9999)
    dji = LensMotor(SlcanLink(running.ready[1]), make_codec("dji"), counts_near=0, counts_far=4095, query_period_ns=1)
    udp = UdpLink("127.0.0.1", int(running.ready[2].removeprefix("udp:")))
    bridge = LensMotor(udp, make_codec("bridge"), counts_near=0, counts_far=65_535, query_period_ns=1)
    begun_ns = monotonic_ns()
    assert tilta.go_to(5000)
    assert arrives(dji, 3000)
    assert arrives(bridge, 40_000)
    ended_ns = monotonic_ns()
    for motor in (tilta, dji, bridge):
        motor.link.close()
    assert running.end(signal.SIGTERM) == 0
    rows = list(csv.DictReader(log.read_text(encoding="utf-8").splitlines()))
    last = {row["motor"]: row for row in rows}
    assert float(last["A"]["motor_ring"]) == pytest.approx(5000 / 9999, abs=1e-6)
    assert float(last["B"]["motor_ring"]) == pytest.approx(3000 / 4095, abs=1e-3)
    assert float(last["C"]["lens_ring"]) == pytest.approx(40_000 / 65_535 - 0.005, abs=1e-4)
    moved = [int(row["time_ns"]) for row in rows if float(row["motor_ring"]) > 0]
    assert begun_ns < min(moved) < ended_ns  # the host's own clock
    assert not (tmp_path / "A").is_symlink()


def test_a_pulled_plug_hangs_up_and_the_name_comes_back(simulators: Callable[..., Simulators], tmp_path: Path) -> None:
    path = str(tmp_path / "motor")
    running = simulators("--driver", "dji", "--link", path, "--name", "B", "--dead-ms", "0", "--lag-ms", "0")
    link = SlcanLink(path)
    motor = LensMotor(link, make_codec("dji"), counts_near=0, counts_far=4095, query_period_ns=1)
    assert arrives(motor, 100)
    assert running.tell("unplug B") == {"done": "unplug", "link": path}
    with pytest.raises(LinkError, match="gone"):
        link.read()
    with pytest.raises(LinkError, match="not open"):
        motor.go_to(200)
    with pytest.raises(LinkError, match="No such file"):
        link.reopen()
    assert running.tell("plug") == {"done": "plug", "link": path}
    link.reopen()
    assert answered(motor).counts == 100  # it stayed where it was
    assert arrives(motor, 300)
    assert running.kick(signal.SIGUSR1)["done"] == "unplug"
    assert running.kick(signal.SIGUSR1)["done"] == "plug"
    link.close()


def test_a_stalled_line_is_silent_until_it_resumes(simulators: Callable[..., Simulators]) -> None:
    running = simulators("--driver", "bridge", "--link", "udp:0", "--dead-ms", "0", "--lag-ms", "0")
    link = UdpLink("127.0.0.1", int(running.ready[0].removeprefix("udp:")))
    motor = LensMotor(link, make_codec("bridge"), counts_near=0, counts_far=65_535, query_period_ns=1)
    assert arrives(motor, 1000)
    assert running.tell("stall")["done"] == "stall"
    while motor.poll():
        pass
    assert motor.maybe_query(monotonic_ns())
    assert not select.select([link.fileno()], [], [], 0.2)[0]
    assert running.kick(signal.SIGUSR2)["done"] == "resume"
    assert answered(motor).counts == 1000
    assert running.tell("jam")["done"] == "jam"
    motor.go_to(60_000)
    assert answered(motor).counts == 1000
    assert running.tell("free")["done"] == "free"
    assert arrives(motor, 60_000)
    assert running.tell("unplug")["done"] == "unplug"
    motor.go_to(1)
    assert select.select([link.fileno()], [], [], PATIENCE_S)[0]  # the kernel's `port unreachable`
    with pytest.raises(LinkError, match="nothing listens"):
        motor.poll()
    assert "no fault" in str(running.tell("explode")["error"])
    link.close()


def test_each_asker_gets_its_own_answer(simulators: Callable[..., Simulators]) -> None:
    running = simulators("--driver", "bridge", "--link", "udp:0", "--start", "0.5")
    peer = ("127.0.0.1", int(running.ready[0].removeprefix("udp:")))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for asker, number in ((one, 5), (other, 6)):
            asker.settimeout(PATIENCE_S)
            asker.sendto(b'{"f_get":true,"seq":%d}' % number, peer)
        assert json.loads(one.recv(500)) == {"f_pos": 50.0008, "f_calibrated": True, "seq": 5}
        assert json.loads(other.recv(500))["seq"] == 6


def run(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "cuefocus.app.sim_motor", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("[{]", "is no JSON"),
        ("{}", "must be a list"),
        ('[{"driver": "tilta"}]', "motor 1: a motor needs driver and link"),
        ('[{"driver": "tilta", "link": "x", "speeed": 1}]', "unknown key 'speeed'"),
        ('[{"driver": "tilta", "link": "x", "speed": "fast"}]', "speed is 'fast', which is not a number"),
        ('[{"driver": "tilta", "link": "x", "echo": 1}]', "not true or false"),
        ('[{"driver": "tilta", "link": "x", "baud": 1.5}]', "not a whole number or null"),
        ('[{"driver": "tilta", "link": "x", "speed": NaN}]', "cannot have this: speed (above 0)"),
        ('[{"driver": "tilta", "link": "x", "lag_ms": -1}]', "cannot have this: lag_ms (0 or more)"),
        ('[{"driver": "arri", "link": "x"}]', "no simulated motor 'arri'"),
        ('[{"driver": "tilta", "link": "x"}, {"driver": "tilta", "link": "x"}]', "an address each"),
        ('[{"driver": "tilta", "link": "x", "log": "/nowhere/at/all.csv"}]', "cannot write the log"),
    ],
)
def test_bad_descriptions_get_a_sentence(spec: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(spec, encoding="utf-8")
    status, errors = run("--spec", str(path))
    assert (status, errors.count("\n")) == (1, 1)
    assert words in errors


def test_bad_words_get_a_sentence(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine", encoding="utf-8")
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000, encoding="utf-8")
    for words, status, sentence in (
        (["--driver", "tilta", "--link", str(taken)], 3, "something else is there"),
        (["--driver", "bridge", "--link", "udp:99999"], 1, "no UDP port"),
        (["--link", "x"], 2, "--link needs --driver"),
        ([], 2, "no motor asked for"),
        (["--spec", str(tmp_path / "none.json")], 1, "cannot be read"),
        (["--spec", str(deep)], 1, "is no JSON"),
        (["--driver", "arri"], 2, "invalid choice"),
    ):
        got, errors = run(*words)
        assert got == status, words
        assert sentence in errors
        assert "Traceback" not in errors
    assert taken.read_text(encoding="utf-8") == "mine"


def test_it_starts_without_anything_heavy() -> None:
    code = (
        "import sys, cuefocus.app.sim_motor; "
        "print({'numpy', 'pydantic', 'asyncio', 'can', 'serial', 'ruamel', 'typer'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "set()"


def test_a_link_left_over_is_replaced(simulators: Callable[..., Simulators], tmp_path: Path) -> None:
    path = tmp_path / "motor"
    path.symlink_to("/dev/pts/gone")
    simulators("--driver", "tilta", "--link", str(path))
    assert os.readlink(path).startswith("/dev/pts/")
    SerialLink(str(path)).close()
