"""A motor is plugged in and says nothing: a run that was asked to arm ends and says where the rig names it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cuefocus.app.ltc import generate_ltc
from tests.app.running import LENS

pytestmark = [pytest.mark.serial, pytest.mark.timeout(90)]

_RIG = """\
schema: cuefocus-rig/1
title: one motor
lenses: [{lens}]
sources: [{{id: playback, kind: file}}]
cameras:
  B: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: dji-B}}}}}}
motors:
  dji-B:
    driver: dji
    port: slcan:{port}
    setpoints_hz: 100
    travel: 0..4095
    limits: {{speed: 200 %/s, acceleration: 3000 %/s2, jerk: 80000 %/s3}}
"""
_SHOW = """\
schema: cuefocus-show/1
title: One rack
rate: "25"
marks: {B: {ana: 1.80 m, band: 5 m}}
acts:
  - {act: song, starts: "01:00:00:00", preroll: 1 s, opening: {B: ana}}
cues:
  - {cue: B1, act: song, camera: B, land: {at: "01:00:07:00"}, to: band, pull: 2 s}
"""


def test_an_armed_run_with_a_mute_motor_ends_with_file_line_and_column(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    runtime = tempfile.TemporaryDirectory()  # short enough for a local socket
    rig, show, sound = tmp_path / "rig.yaml", tmp_path / "show.yaml", tmp_path / "ltc.wav"
    rig.write_text(_RIG.format(lens=LENS, port=os.ttyname(theirs)))
    show.write_text(_SHOW)
    generate_ltc(sound, rate="25", start="00:59:57:00", seconds=12)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "cuefocus",
        "run",
        "--rig",
        rig,
        "--show",
        show,
        "--source",
        f"file:{sound}",
    ]
    command += ["--arm", "--attended", "--json", "--takes", "1", "--journal", tmp_path / "takes"]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "XDG_RUNTIME_DIR": runtime.name},
        )
    finally:
        os.close(ours)
        os.close(theirs)
        runtime.cleanup()
    events = [json.loads(line) for line in done.stdout.splitlines()]
    told = [event["text"] for event in events if event["event"] == "alarm"]
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert any(text.startswith(f"{rig}:10:") and "B.focus" in text and "--arm" in text for text in told), (
        told,
        done.stderr,
    )
    assert not [event for event in events if event["event"] == "landing"]
