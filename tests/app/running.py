"""A whole daemon in real processes, for tests: a small show, a rig of simulated motors, and a way to watch it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cuefocus.app.ltc import generate_ltc
from cuefocus.app.runtime_dir import RuntimeDir, find, runtime_base
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

LENS = Path(__file__).parents[2] / "config" / "lenses" / "prime75.yaml"

RIG = """\
schema: cuefocus-rig/1
title: two simulated motors
lenses: [{lens}]
sources: [{{id: playback, kind: file}}]
cameras:
  B: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: dji-B}}}}}}
  C: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: bridge-C}}}}}}
motors:
  dji-B:
    driver: dji
    port: sim
    setpoints_hz: 100
    travel: 0..4095
    limits: {{speed: 200 %/s, acceleration: 3000 %/s2, jerk: 80000 %/s3}}
    dead_ms: 15
    lag_ms: 12
    readback_ms: 4
  bridge-C:
    driver: bridge
    port: sim
    setpoints_hz: 100
    travel: 0..65535
    limits: {{speed: 240 %/s, acceleration: 4000 %/s2, jerk: 100000 %/s3}}
    dead_ms: 10
    lag_ms: 10
    readback_ms: 2
"""

SHOW = """\
schema: cuefocus-show/1
title: Small
rate: "25"
defaults: {act: song, pull: 800 ms, tolerance: 2 frames}
marks:
  B: {ana: 1.80 m, ben: 2.60 m, band: 5 m}
  C: {ana: 1.60 m, ben: 2.40 m}
acts:
  - {act: song, starts: "01:00:00:00", preroll: 1 s, take_end_s: 4, opening: {B: ana, C: ana}}
cues:
  - {cue: B1, camera: B, land: {at: "01:00:02:00"}, to: ben}
  - {cue: C1, camera: C, land: {at: "01:00:02:00"}, to: ben}
  - {cue: B2, camera: B, land: {at: "01:00:04:00"}, to: band}
  - {cue: C2, camera: C, land: {at: "01:00:04:12"}, to: ana}
  - {cue: B3, camera: B, land: {at: "01:00:07:00"}, to: ana}
  - {cue: C3, camera: C, land: {at: "01:00:07:10"}, to: ben}
"""
SOUND_S = 10.0
CUES = ("B1", "C1", "B2", "C2", "B3", "C3")
RACKS_UNDER_WAY_S = 4.1
"""A rack of the small show is under way then, and the next leaves 2.1 s later: time for a successor to be there."""

_MAIN = """
import json, sys
from pathlib import Path
from cuefocus.app.run import RunOptions, run
from cuefocus.errors import CueFocusError, DeviceError
fields = json.loads(sys.argv[1])
fields["sources"] = tuple(fields["sources"])
options = RunOptions(**{**fields, **{key: Path(fields[key]) for key in ("rig", "show", "journal")}})
try:
    sys.exit(run(options))
except CueFocusError as problem:
    sys.stderr.write(f"{problem}\\n")
    sys.exit(3 if isinstance(problem, DeviceError) else 1)
"""


class Daemon:
    """A running daemon and what it has told."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.process, self.folder, self.environ = process, folder, environ
        self.events: list[dict[str, Any]] = []
        self._queue: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(json.loads(line))
        self._queue.put(None)

    @property
    def takes(self) -> Path:
        return self.folder / "takes"

    @property
    def runtime(self) -> RuntimeDir:
        return find(runtime_base(self.environ))

    def until(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 30.0) -> dict[str, Any]:
        """The next event that is wanted."""
        deadline_ns = now_ns() + round(timeout_s * NS_PER_S)
        while True:
            left_s = (deadline_ns - now_ns()) / NS_PER_S
            try:
                event = self._queue.get(timeout=max(0.0, left_s))
            except queue.Empty:
                raise AssertionError(f"nothing like that in {timeout_s} s; {self.told()}") from None
            if event is None:
                raise AssertionError(f"the daemon ended; {self.told()}")
            self.events.append(event)
            if wanted(event):
                return event

    def end(self, timeout_s: float = 40.0) -> int:
        """Wait for its end; the exit status."""
        status = self.process.wait(timeout_s)
        self._reader.join(5.0)
        while (event := self._queue.get_nowait()) is not None:
            self.events.append(event)
        return status

    def close(self) -> None:
        """Give the pipe back."""
        self._reader.join(5.0)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def at_show_s(self, seconds: float, origin_ns: int) -> None:
        """Wait until the sound shows so many seconds after 01:00:00:00."""
        HostClock().sleep_until(origin_ns + round((seconds + 2.0) * NS_PER_S))

    def pid(self, process: str) -> int:
        """The process id of a child."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        module = {"conductor": "conductor_main", "motion": "motion_main", "desk": "desk.main", "sims": "sim_motor"}
        module |= {"understudy": "shells.understudy", "ears": ".ears_main", "midi": "midi_ears_main"}
        for child in children:
            if module[process] in Path(f"/proc/{child}/cmdline").read_text():
                return int(child)
        raise AssertionError(f"no {process} among {children}")

    def another(self, process: str, than: int, timeout_s: float = 10.0) -> int:
        """The process id of a child's successor."""
        until_ns = now_ns() + round(timeout_s * NS_PER_S)
        while now_ns() < until_ns:
            try:
                if (pid := self.pid(process)) != than:
                    return pid
            except (AssertionError, OSError):
                pass
            HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
        raise AssertionError(f"{process} was not started again; {self.told()}")

    def landings(self) -> dict[str, dict[str, Any]]:
        """Landing events by cue; each cue once."""
        rows = [event for event in self.events if event["event"] == "landing"]
        assert len({(row["take"], row["pass"], row["cue"]) for row in rows}) == len(rows), "a cue was judged twice"
        return {row["cue"]: row for row in rows}

    def told(self) -> str:
        """What is worth reading when a test fails."""
        alarms = [event.get("text") for event in self.events if event["event"] == "alarm"]
        rows = [(e["cue"], e["verdict"], e["reason"]) for e in self.events if e["event"] == "landing"]
        logs = {log.name: log.read_text()[-1500:] for log in self.takes.glob("logs/*")}
        return f"alarms {alarms}; landings {rows}; logs {logs}"


def assert_all_land(running: Daemon) -> dict[str, dict[str, Any]]:
    """It ends in order, and every rack of the small show has landed; the rows by cue."""
    assert running.end() == 0, running.told()
    rows = running.landings()
    assert sorted(rows) == sorted(CUES)
    assert {row["verdict"] for row in rows.values()} == {"landed"}, running.told()
    return rows


def came(event: Mapping[str, Any], kind: str) -> bool:
    """Whether an event says that of a source."""
    return bool(event["event"] == "source" and event["kind"] == kind)


@contextmanager
def daemon(
    tmp_path: Path, also_in_rig: str = "", environ_too: Mapping[str, str] | None = None, /, **options: object
) -> Iterator[Daemon]:
    """The small show, running."""
    (tmp_path / "rig.yaml").write_text(RIG.format(lens=LENS) + also_in_rig)
    (tmp_path / "show.yaml").write_text(SHOW)
    sound = tmp_path / "show.wav"
    generate_ltc(sound, rate="25", start="00:59:58:00", seconds=SOUND_S)
    fields = {
        "rig": str(tmp_path / "rig.yaml"),
        "show": str(tmp_path / "show.yaml"),
        "journal": str(tmp_path / "takes"),
        "sources": [f"file:{sound}"],
        "arm": True,
        "takes": 1,
        "as_json": True,
        **options,
    }
    runtime = tempfile.mkdtemp(prefix="cf")
    environ = {**os.environ, "XDG_RUNTIME_DIR": runtime, **(environ_too or {})}
    with (tmp_path / "stderr").open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, json.dumps(fields)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environ,
        )
    running = Daemon(process, tmp_path, environ)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        running.close()
        shutil.rmtree(runtime, ignore_errors=True)
