"""The motors of a rig that are simulated: what runs behind their ports, and where motion finds them."""

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.app.processes import ChildSpec
from cuefocus.rig.models import Rig
from cuefocus.rig.motors import Motor

PORTS_DIR: Final = "ports"
_MOST_DEATHS: Final = 3
_PRIORITY: Final = 70
"""A motor does not wait for a busy computer: between motion (75) and the conductor (60)."""
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SimulatedMotors:
    """What was made of a rig's simulated motors.

    Args:
        specs: a JSON object for each, as the simulator reads them.
        addresses: motor → the address under which motion opens it.
    """

    specs: tuple[Mapping[str, object], ...]
    addresses: Mapping[str, str]

    def child(self, folder: Path, log: Path) -> ChildSpec | None:
        """The process that simulates them, None when there are none.

        Args:
            folder: takes the list of motors.
            log: takes what it says.
        """
        if not self.specs:
            return None
        described = folder / "sims.json"
        described.write_text(json.dumps(self.specs, indent=1), encoding="utf-8")
        argv = (sys.executable, "-m", "cuefocus.app.sim_motor", "--spec", str(described), "--until-eof")
        return ChildSpec("sims", argv, log, most_deaths=_MOST_DEATHS, priority=_PRIORITY, stdin_held=True)

    def ready(self) -> bool:
        """Whether every pty stands (a UDP motor needs no waiting: it answers when it is there)."""
        paths = (str(spec["link"]) for spec in self.specs)
        return all(Path(path).exists() for path in paths if not path.startswith("udp:"))


def simulated_motors(rig: Rig, folder: Path, *, axes: Sequence[str], logs: Path | None = None) -> SimulatedMotors:
    """The motors whose port is `sim`.

    Args:
        rig: all motors.
        axes: those whose motors are wanted.
        folder: the daemon's own, for links.
        logs: folder for their true positions, None for none.
    """
    specs: list[Mapping[str, object]] = []
    addresses: dict[str, str] = {}
    for name in dict.fromkeys(rig.motor_id_of(axis) for axis in axes):
        motor = rig.motors[name]
        if motor.port.kind != "sim":
            continue
        if motor.driver == "bridge":
            port = _free_udp_port()
            link, addresses[name] = f"udp:{port}", f"udp:{_LOOPBACK}:{port}"
        else:
            link = str(folder / PORTS_DIR / name)
            addresses[name] = f"{'slcan' if motor.driver == 'dji' else 'serial'}:{link}"
        specs.append(_spec(name, motor, link, logs))
    return SimulatedMotors(tuple(specs), addresses)


def _spec(name: str, motor: Motor, link: str, logs: Path | None) -> dict[str, object]:
    """One motor as it behaves: as the rig believes, but for what `simulated:` says otherwise."""
    odd, ends = motor.simulated, motor.near_to_far
    backlash_counts = motor.backlash_counts if odd.backlash_counts is None else odd.backlash_counts
    spec: dict[str, object] = {
        "driver": motor.driver,
        "link": link,
        "name": name,
        "counts_near": ends.near,
        "counts_far": ends.far,
        "quantum_counts": odd.quantum_counts,
        "start": odd.start.fraction,
        "dead_ms": motor.dead_ms if odd.dead_ms is None else odd.dead_ms,
        "lag_ms": motor.lag_ms if odd.lag_ms is None else odd.lag_ms,
        "readback_ms": motor.readback_ms if odd.readback_ms is None else odd.readback_ms,
        "speed": (odd.speed or motor.limits.speed).ring_per_s,
        "backlash": backlash_counts / ends.span,
        "command": motor.command,
        "answers": motor.feedback != "none",
        "log": str(logs / f"{name}.csv") if logs is not None else "",
    }
    if odd.acceleration is not None:
        spec["accel"] = odd.acceleration.ring_per_s2
    if motor.address is not None:
        spec["address"] = motor.address
    if motor.baud is not None:
        spec["baud"] = motor.baud
    return spec


def _free_udp_port() -> int:
    """A port nobody holds now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((_LOOPBACK, 0))
        port = probe.getsockname()[1]
    return int(port)
