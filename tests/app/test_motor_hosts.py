"""Motors on machines that the rig names: `run` asks for their addresses, and motion is handed what was answered."""

from pathlib import Path

from cuefocus.app.daemon import motion_config, motor_hosts
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.sim_rig import simulated_motors
from cuefocus.rig.loader import load_rig
from cuefocus.shells.motion_config import read_motion_config
from cuefocus.shells.name_lookup import NameLookup
from tests.app.running import LENS

_RIG = f"""\
schema: cuefocus-rig/1
title: three boxes
lenses: [{LENS}]
cameras:
  B: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: near}}}}}}
  C: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: far}}}}}}
  D: {{lens: "prime75#2071", stop: T2.8, sensor: super-35, fps: "25", axes: {{focus: {{motor: plain}}}}}}
motors:
"""
_MOTOR = """\
  {motor}:
    driver: bridge
    port: "udp:{place}"
    setpoints_hz: 100
    travel: 0..4095
    limits: {{speed: 200 %/s, acceleration: 3000 %/s2, jerk: 80000 %/s3}}
"""


def test_motion_is_handed_what_was_answered_and_why_the_others_are_not_known(tmp_path: Path) -> None:
    def ask(host: str, port: int, **how: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host == "far.local":
            raise OSError(2, "Name or service not known")
        return [(0, 0, 0, "", ("10.0.0.7", port))]

    places = {"near": "near.local:9100", "far": "far.local:9100", "plain": "[fd00::5]:9100"}
    (tmp_path / "rig.yaml").write_text(_RIG + "".join(_MOTOR.format(motor=m, place=p) for m, p in places.items()))
    rig, axes = load_rig(tmp_path / "rig.yaml").rig.value, ("B.focus", "C.focus", "D.focus")
    assert motor_hosts(rig) == ("near.local", "far.local", "fd00::5")
    sims = simulated_motors(rig, tmp_path, axes=axes)
    config = motion_config(rig, sims, RuntimeDir(tmp_path), axes, NameLookup(ask=ask, patience_s=20.0))
    assert config.found == {"udp:near.local:9100": "udp:10.0.0.7:9100"}
    why = "nobody knows the host 'far.local' (Name or service not known)"
    assert config.unknown == {"udp:far.local:9100": why}
    config.write(tmp_path / "motion.json")
    assert read_motion_config(tmp_path / "motion.json") == config
