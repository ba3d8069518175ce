"""Whether the ports of real motors are there, by looking only: nothing is opened, held or moved."""

import os
from collections.abc import Iterator
from pathlib import Path

from cuefocus.app.ports import NET
from cuefocus.files.complaint import Complaint, Severity
from cuefocus.rig.loader import LoadedRig
from cuefocus.rig.values import Port

HINT = "see cuefocus ports"


def trouble_of(port: Port, net: Path = NET) -> str:
    """Why a port cannot be used, a sentence without a full stop; empty where nothing is seen to be wrong.

    Args:
        port: a simulated one and one behind UDP have nothing to look at.
        net: where the system lists its network interfaces.
    """
    if port.kind in ("serial", "slcan"):
        if not os.path.exists(port.name):
            return f"{port.name} is not there"
        if not os.access(port.name, os.R_OK | os.W_OK):
            return f"{port.name} may not be opened"
    if port.kind == "can" and net.is_dir() and not (net / port.name).exists():
        return f"there is no CAN interface {port.name}"
    return ""


def port_complaints(rig: LoadedRig, *, severity: Severity = "error", net: Path = NET) -> Iterator[Complaint]:
    """A complaint about every real motor whose port cannot be used, at its place in the rig file."""
    for name, motor in rig.rig.value.motors.items():
        problem = trouble_of(motor.port, net)
        if problem:
            yield rig.rig.located.complaint(("motors", name, "port"), problem, HINT, severity=severity)


def motor_complaint(rig: LoadedRig, axis: str, problem: str) -> Complaint:
    """A complaint about the motor of an axis (`A.focus`), at its place in the rig file."""
    camera, _, name = axis.partition(".")
    axes = {str(each): on_motor for each, on_motor in rig.rig.value.cameras[camera].axes.items()}
    hint = "mend that, or start without --arm to go on with the others"
    return rig.rig.located.complaint(("motors", axes[name].motor, "port"), f"{axis}: {problem}", hint, severity="error")
