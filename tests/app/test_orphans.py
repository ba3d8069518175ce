"""`run`, conductor and desk are dead, a rack is in flight: stops still reach motion by the daemon's name."""

import os
import signal
from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.app.runtime_dir import claim, find, runtime_base
from cuefocus.app.tell import tell
from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.orders import Order
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.running import LENS, Daemon, daemon
from tests.shells.motion_rig import Line

pytestmark = [pytest.mark.serial, pytest.mark.timeout(90)]

RIG = """\
schema: cuefocus-rig/1
title: one motor on a line that outlives the daemon
lenses: [{lens}]
sources: [{{id: playback, kind: file}}]
cameras:
  B: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: tilta-B}}}}}}
motors:
  tilta-B:
    driver: tilta
    port: serial:{port}
    address: 1
    setpoints_hz: 50
    travel: 0..9999
    limits: {{speed: 200 %/s, acceleration: 3000 %/s2, jerk: 80000 %/s3}}
"""
#: In flight from second 1 to second 7.
SHOW = """\
schema: cuefocus-show/1
title: One long rack
rate: "25"
marks: {B: {ana: 1.80 m, band: 5 m}}
acts:
  - {act: song, starts: "01:00:00:00", preroll: 1 s, opening: {B: ana}}
cues:
  - {cue: B1, act: song, camera: B, land: {at: "01:00:07:00"}, to: band, pull: 6 s}
"""
NAME = "stage"


def _until_gone(pid: int, line: Line) -> None:
    deadline_ns = now_ns() + 15 * NS_PER_S
    while now_ns() < deadline_ns:
        line.take()
        try:
            if ") Z" in Path(f"/proc/{pid}/stat").read_text():
                return
        except OSError:
            return
        HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)
    raise AssertionError("motion is still there")


def _orphaned(running: Daemon, line: Line) -> int:
    """Kill `run`, conductor and desk in mid-rack; motion's process id."""
    event = running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
    running.at_show_s(3.0, int(event["host_ns"]))
    motion = running.pid("motion")
    for pid in (running.process.pid, running.pid("conductor"), running.pid("desk")):
        os.kill(pid, signal.SIGKILL)
    running.process.wait()
    line.take()
    return motion


def _rig(folder: Path, line: Line) -> dict[str, object]:
    (folder / "line.yaml").write_text(RIG.format(lens=LENS, port=line.link))
    (folder / "long.yaml").write_text(SHOW)
    return {"rig": str(folder / "line.yaml"), "show": str(folder / "long.yaml"), "attended": True, "name": NAME}


@pytest.mark.parametrize("verb", ["panic", "hold", "release", "hand"])
def test_a_stop_reaches_motion_by_name_with_everybody_else_dead(tmp_path: Path, verb: str) -> None:
    line = Line(tmp_path / "tilta")
    line.plug()
    with daemon(tmp_path, **_rig(tmp_path, line)) as running:
        motion = _orphaned(running, line)
        base = runtime_base(running.environ)
        with pytest.raises(InputError, match="is running"):
            claim(base, NAME)
        assert find(base).name == NAME
        asked = line.heard[-1]
        answer = tell(find(base, NAME), Order(verb, "B.focus"), timeout_ns=200 * NS_PER_MS)
        assert answer.ok, answer.text
        assert answer.data["motion"] is True
        assert f"{verb.upper()}: B.focus" in answer.text
        _until_gone(motion, line)
        with pytest.raises(DeviceError, match="no CueFocus daemon"):
            find(base, NAME)
    os.close(line.master)
    way = abs(line.heard[-1] - line.heard[0])
    assert abs(line.heard[-1] - asked) < 400, "it stops there and then"
    assert way < 2500, "the rack's end is farther"


def test_left_to_itself_motion_lands_what_is_in_flight_and_leaves(tmp_path: Path) -> None:
    line = Line(tmp_path / "tilta")
    line.plug()
    with daemon(tmp_path, **_rig(tmp_path, line)) as running:
        motion = _orphaned(running, line)
        asked = line.heard[-1]
        _until_gone(motion, line)
    os.close(line.master)
    steps = [b - a for a, b in pairwise(line.heard)]
    assert abs(line.heard[-1] - asked) > 800, "the rack went on to its end"
    assert abs(steps[-1]) <= 2, "and came to rest there"
