"""What stands in the way on this machine: privileges, clock, devices, disk, and its timing floor.

With a rig also the ports of its motors, with a show what cannot land.
"""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cuefocus.app.check import check
from cuefocus.app.coming import calendar_rows
from cuefocus.app.doctor_desks import desk_findings
from cuefocus.app.doctor_receivers import receiver_findings
from cuefocus.app.ports import list_all_ports
from cuefocus.app.probe import HINT, trouble_of
from cuefocus.files.complaint import Complaint, FileRefused, Severity
from cuefocus.rig.loader import LoadedRig, load_rig
from cuefocus.shells.realtime import DEFAULT_PRIORITY
from cuefocus.shells.wake_probe import WakeFigures
from cuefocus.wire.ltc.compiled import ready_loops
from cuefocus.wire.ltc.loop_cache import can_compile

JOURNAL_FOLDER: Final = Path("takes")
OLDEST_PYTHON: Final = (3, 11)
_CLOCK_SOURCE: Final = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_GOVERNOR: Final = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_SLOW_CLOCKS: Final = ("hpet", "acpi_pm", "jiffies", "refined-jiffies")
_GOOD_P99_US: Final = 100.0
_BAD_P99_US: Final = 1000.0
_PROBE_PATIENCE_S: Final = 30.0
_LITTLE_DISK: Final = 1 << 30
_NO_DISK: Final = 50 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Args:
        severity: an `error` keeps CueFocus from running, a `warning` may cost a landing, a `note` is for the record.
        what: what was looked at. problem: what was found. hint: what to do; empty where nothing is to be done.
    """

    severity: Severity
    what: str
    problem: str
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """The keys of `doctor --json`."""
        return asdict(self)


def examine(journal_folder: Path = JOURNAL_FOLDER, *, seconds: float = 1.0, timing: bool = True) -> list[Finding]:
    """All findings, the worst first.

    Args:
        journal_folder: where takes would be kept.
        seconds: how long each timing measurement takes.
        timing: whether to measure: it takes a core's time in the real-time class.
    """
    findings = [
        *_python(),
        *_cores(),
        *_clock_source(),
        *_locked_memory(),
        *(_wake_up(seconds) if timing else ()),
        *_disk(journal_folder),
        *_ltc_loops(),
        *_ports(),
    ]
    return worst_first(findings)


def examine_files(rig_path: Path, show_path: Path | None = None) -> tuple[list[Finding], list[Finding]]:
    """What the files say is wrong, and how the ports of the rig's real motors, its desks and those it tells are.

    Args:
        rig_path: rig file; no motor of it is moved or held.
        show_path: show file: with it also which cues cannot land, and why.
    """
    complaints: Iterable[Complaint]
    rig: LoadedRig | None = None
    if show_path is not None:
        checked = check(show_path, rig_path)
        complaints, rig = checked.complaints, checked.rig
    else:
        try:
            rig = load_rig(rig_path)
            complaints = rig.complaints
        except FileRefused as refused:
            complaints = refused.complaints
    told = [_told(complaint) for complaint in complaints]
    if rig is None:
        return told, []
    told += [Finding("note", "calendar", f"{row.entry} next on {row.at_home}") for row in calendar_rows(rig.rig.value)]
    tried = (*desk_findings(rig.rig.value), *receiver_findings(rig.rig.value))
    return told, [*_motors(rig), *(Finding(*found) for found in tried)]


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes."""
    weight = {"error": 0, "warning": 1, "note": 2}
    return sorted(findings, key=lambda finding: weight[finding.severity])


def _told(complaint: Complaint) -> Finding:
    place = f"{complaint.file}:{complaint.line}:{complaint.column}" if complaint.line else complaint.file
    what = f"{place}: {complaint.where}" if complaint.where else place
    return Finding(complaint.severity, what, complaint.problem, complaint.hint)


def _motors(rig: LoadedRig) -> Iterator[Finding]:
    for name, motor in rig.rig.value.motors.items():
        what, port = f"motor {name}", motor.port
        trouble = trouble_of(port)
        if trouble:
            yield Finding("error", what, trouble, HINT)
        elif port.kind == "udp":
            yield Finding("note", what, f"{port}: whether it answers is known only once it is spoken to")
        elif port.kind != "sim":
            yield Finding("note", what, f"{port} is there" if port.kind == "can" else f"{port} may be opened")


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("error", "python", f"version {version}", "use 3.11 or later")
    else:
        yield Finding("note", "python", f"version {version}")


def _cores() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        hint = "give it a second core: motion and the sound would share this one"
        yield Finding("warning", "cores", "one core only", hint)
    else:
        yield Finding("note", "cores", f"{cores} cores")
    try:
        governor = _GOVERNOR.read_text().strip()
    except OSError:
        return
    if governor != "performance":
        yield Finding("note", "cores", f"clocked by the governor {governor}", "cpupower frequency-set -g performance")


def _clock_source() -> Iterator[Finding]:
    try:
        source = _CLOCK_SOURCE.read_text().strip()
    except OSError:
        return
    if source in _SLOW_CLOCKS:
        yield Finding("warning", "clock", f"the kernel reads {source}, which takes microseconds", "boot with tsc")
    else:
        yield Finding("note", "clock", f"the kernel reads {source}")


def _locked_memory() -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if os.geteuid() != 0 and soft != resource.RLIM_INFINITY:
        yield Finding(
            "warning",
            "locked memory",
            f"limited to {soft >> 10} KiB: under memory pressure motion may be paged out",
            "systemd LimitMEMLOCK=infinity, or memlock in limits.conf",
        )


def _wake_up(seconds: float) -> Iterator[Finding]:
    """The timing floor: deadlines 1 ms apart, met the way motion meets them, in both classes."""
    for priority, name in ((DEFAULT_PRIORITY, "real-time class"), (0, "ordinary class")):
        figures = _probe(seconds, priority)
        if figures is None:
            yield Finding("warning", f"timing, {name}", "could not be measured", "run it again on a calmer machine")
            continue
        if priority and not figures.fifo:
            yield Finding(
                "warning",
                "real-time class",
                "not permitted: when the machine is busy set-points go out milliseconds late",
                "systemd LimitRTPRIO=80, or rtprio in limits.conf; in a container --cap-add SYS_NICE",
            )
            continue
        told = f"late by p50 {figures.p50_us:.1f}, p99 {figures.p99_us:.1f}, p99.9 {figures.p999_us:.1f} µs"
        told += f" over {figures.deadlines} deadlines"
        if priority and figures.p99_us > _BAD_P99_US:
            hint = "look for firmware interrupts, power saving or a crowded host"
            yield Finding("warning", f"timing, {name}", told, hint)
        elif priority and figures.p99_us > _GOOD_P99_US:
            yield Finding("note", f"timing, {name}", told, "keep the cores out of deep sleep (/dev/cpu_dma_latency)")
        else:
            yield Finding("note", f"timing, {name}", told)


def _probe(seconds: float, priority: int) -> WakeFigures | None:
    command = [
        sys.executable,
        "-m",
        "cuefocus.shells.wake_probe",
        "--seconds",
        str(seconds),
        "--priority",
        str(priority),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            command, capture_output=True, timeout=_PROBE_PATIENCE_S + seconds, check=True
        )
        return WakeFigures(**json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        return None


def _disk(folder: Path) -> Iterator[Finding]:
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        hint = "give --journal a folder of yours; without one a take leaves no record"
        yield Finding("warning", "disk", f"{there} cannot be written", hint)
        return
    free = shutil.disk_usage(there).free
    if free < _NO_DISK:
        yield Finding("error", "disk", f"{free >> 20} MiB free at {there}", "make room: a take could not be kept")
    elif free < _LITTLE_DISK:
        yield Finding("warning", "disk", f"{free >> 20} MiB free at {there}", "make room before the show")
    else:
        yield Finding("note", "disk", f"{free >> 30} GiB free at {there}")


def _ltc_loops() -> Iterator[Finding]:
    if ready_loops():
        yield Finding("note", "LTC decoder", "compiled: what it costs is little, in noise too")
        return
    hint = "cuefocus ltc compile" if can_compile() else "pip install 'cuefocus[fast]', then cuefocus ltc compile"
    yield Finding("note", "LTC decoder", "not compiled: it reads the same at four times the cost", hint)


def _ports() -> Iterator[Finding]:
    rows = list_all_ports()
    for row in rows:
        if row.kind == "serial" and not os.access(row.device, os.R_OK | os.W_OK):
            hint = "join the group that owns it (often dialout)"
            yield Finding("warning", "ports", f"{row.address} may not be used", hint)
    if not any(row.kind in ("serial", "can") for row in rows):
        yield Finding("note", "ports", "no serial or CAN port is here", "simulated motors need none")
