"""A whole daemon tells others: programs of other makers hear it in time, and those that are away cost no landing."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer

from cuefocus.shells.host_clock import now_ns
from cuefocus.timebase.units import NS_PER_S
from tests.app.running import LENS, RIG, SHOW, Daemon, assert_all_land, came, daemon

pytestmark = pytest.mark.serial
#: How late a program in another process may be said to have heard it, however busy the machine.
_LATE_MS = 400


class Heard:
    """What came, and when."""

    def __init__(self) -> None:
        self.came: list[tuple[int, str]] = []

    def note(self, what: str) -> None:
        self.came.append((now_ns(), what))

    def at_show_s(self, what: str, origin_ns: int) -> list[float]:
        """Show seconds after 01:00:00:00 at which it came; the sound begins two seconds before."""
        return [(at_ns - origin_ns) / NS_PER_S - 2.0 for at_ns, one in self.came if one == what]


@contextmanager
def osc_program(heard: Heard) -> Iterator[int]:
    """python-osc's server; the port."""
    dispatcher = Dispatcher()
    dispatcher.set_default_handler(lambda address, *arguments: heard.note(" ".join((address, *map(str, arguments)))))
    with ThreadingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def web_machine(heard: Heard, hang: threading.Event) -> Iterator[int]:
    """Python's HTTP server, which does not answer /hang until it is told to; the port."""

    class Machine(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.note(f"POST {self.path}")
            if self.path == "/hang":
                hang.wait(30.0)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Machine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            hang.set()
            server.shutdown()


@contextmanager
def lights() -> Iterator[tuple[socket.socket, int]]:
    """A socket that Art-Net timecode is sent to; the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        heard.settimeout(0.0)
        yield heard, heard.getsockname()[1]


def files(folder: Path, receivers: str, tells: dict[str, str], sends: str = "") -> dict[str, object]:
    """The small show with words on its cues."""
    show = SHOW
    for cue, tell in tells.items():
        show = show.replace(f"cue: {cue},", f"cue: {cue}, tell: {tell},")
    (folder / "told.yaml").write_text(show + sends)
    (folder / "told-rig.yaml").write_text(RIG.format(lens=LENS) + "network:\n  receivers:\n" + receivers)
    return {"show": str(folder / "told.yaml"), "rig": str(folder / "told-rig.yaml")}


def opened_ns(running: Daemon) -> int:
    """Host time of the sound's first sample."""
    return int(next(event["host_ns"] for event in running.events if came(event, "opened")))


def in_time(heard: Heard, what: str, origin_ns: int, show_s: float) -> None:
    """It came once, at its moment."""
    (at_s,) = heard.at_show_s(what, origin_ns)
    assert -0.060 < at_s - show_s < _LATE_MS / 1000, f"{what} at {at_s:.3f}, not {show_s:.3f} s"


def test_racks_tell_a_desk_a_machine_and_the_lights(tmp_path: Path) -> None:
    heard, hang = Heard(), threading.Event()
    with osc_program(heard) as osc, web_machine(heard, hang) as web, lights() as (frames, art):
        receivers = (
            f'    - {{id: eos, osc: "127.0.0.1:{osc}", latency_ms: 5}}\n'
            f'    - {{id: web, http: "http://127.0.0.1:{web}"}}\n'
            f'    - {{id: lights, artnet: "127.0.0.1:{art}", timecode: true}}\n'
        )
        tells = {
            "B1": "[{when: departure, to: eos, osc: /left}, {to: eos, osc: /eos/cue/1/5/fire, args: [1]}]",
            "C2": "{to: web, http: POST /api/location/1/2/3/press}",
        }
        sends = 'sends: [{at: "01:00:03:00", to: eos, osc: /three}]\n'
        with daemon(tmp_path, **files(tmp_path, receivers, tells, sends)) as running:
            assert_all_land(running)
            origin_ns = opened_ns(running)
            in_time(heard, "/left", origin_ns, 1.2)
            in_time(heard, "/eos/cue/1/5/fire 1", origin_ns, 2.0 - 0.005)
            in_time(heard, "/three", origin_ns, 3.0 - 0.005)
            in_time(heard, "POST /api/location/1/2/3/press", origin_ns, 4.48)
            sent = [
                (event["to"], event["cue"], event["failed"]) for event in running.events if event["event"] == "sent"
            ]
            assert sorted(sent) == [("eos", "", ""), ("eos", "B1", ""), ("eos", "B1", ""), ("web", "C2", "")]
        labels = list[bytes]()
        while True:
            try:
                labels.append(frames.recv(100))
            except BlockingIOError:
                break
        counts = [((label[17] * 60 + label[16]) * 60 + label[15]) * 25 + label[14] for label in labels]
        assert {label[18] for label in labels} == {1}, "25 frames"
        assert len(counts) > 200
        assert counts == sorted(set(counts)), "each frame once, in order"


def test_receivers_that_are_away_cost_no_landing_and_are_alarmed_once(tmp_path: Path) -> None:
    heard, hang = Heard(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()[1]
    with web_machine(heard, hang) as web:
        receivers = (
            f'    - {{id: none, osc: "127.0.0.1:{nobody}"}}\n'
            f'    - {{id: refused, osc: "127.0.0.1:{nobody}", tcp: slip}}\n'
            '    - {id: unreachable, osc: "[fe80::1]:9"}\n'
            f'    - {{id: hangs, http: "http://127.0.0.1:{web}"}}\n'
            "    - {id: away, midi: 'raw:" + str(tmp_path / "no-port") + "'}\n"
        )
        each = (
            "[{to: none, osc: /x}, {to: refused, osc: /x}, {to: unreachable, osc: /x},"
            " {to: hangs, http: POST /hang}, {to: away, note: 60}]"
        )
        tells = dict.fromkeys(("B1", "C1", "B2", "C2", "B3", "C3"), each)
        with daemon(tmp_path, **files(tmp_path, receivers, tells)) as running:
            assert_all_land(running)
            alarms = [str(event["text"]) for event in running.events if event["event"] == "alarm"]
            for name in ("none", "refused", "unreachable", "away"):
                assert sum(text.startswith(f"{name} is not told: ") for text in alarms) == 1, (name, alarms)
            assert any(text.startswith("hangs is not told: no answer") for text in alarms), alarms
            assert heard.came[0][1] == "POST /hang"


def test_a_conductors_successor_repeats_nothing_and_floods_nobody(tmp_path: Path) -> None:
    heard = Heard()
    with osc_program(heard) as osc:
        moments = [f"01:00:{second:02}:{frame:02}" for second in range(1, 7) for frame in range(0, 25, 2)]
        sends = "sends:\n" + "".join(f'  - {{at: "{at}", to: eos, osc: /{at.replace(":", "-")}}}\n' for at in moments)
        receivers = f'    - {{id: eos, osc: "127.0.0.1:{osc}", latency_ms: 5}}\n'
        with daemon(tmp_path, **files(tmp_path, receivers, {}, sends)) as running:
            running.until(lambda event: event["event"] == "sent" and event["moment"] >= "01:00:02:20")
            os.kill(running.pid("conductor"), signal.SIGKILL)
            assert running.end() == 0, running.told()
            told = [str(event["text"]) for event in running.events if event["event"] == "alarm"]
        came_in = [what for _, what in heard.came]
        assert len(came_in) == len(set(came_in)), "each once"
        assert came_in == sorted(came_in)
        assert came_in[0] == "/01-00-01-00"
        assert came_in[-1] == "/01-00-06-24"
        missing = [at for at in moments if f"/{at.replace(':', '-')}" not in came_in]
        named = [text for text in told if "not told" in text or "it is not told again" in text]
        assert bool(missing) <= bool(named), (missing, told)


@pytest.mark.skipif(shutil.which("oscdump") is None, reason="liblo's tools are not installed")
def test_liblo_reads_what_is_sent(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE, text=True) as other:
        try:
            tells = {"B1": '{to: dump, osc: /from/cuefocus, args: [7, 2.5, "two words", true]}'}
            receivers = f'    - {{id: dump, osc: "127.0.0.1:{port}"}}\n'
            with daemon(tmp_path, **files(tmp_path, receivers, tells)) as running:
                running.until(lambda event: event["event"] == "sent")
            assert other.stdout is not None
            said = other.stdout.readline()
        finally:
            other.terminate()
    assert '/from/cuefocus ifsT 7 2.500000 "two words"' in said
