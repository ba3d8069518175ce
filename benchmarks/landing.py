"""Landings from LTC sound in to the last byte at the motor, stamped by a C program outside our processes.

    python benchmarks/landing.py [--seconds 74] [--runs 3] [--hogs 1]

16 motors at 50 Hz on a pty each, dead time and lag 0, racks every second at moments off every grid. A landing is the
last byte of the first frame in the sharp band after which none leaves it for 100 ms. The sound is played by the daemon
itself (`run --source file:`), so there is one constant between sound and host clock: errors are about the run's median.

What a pty is given reaches its far end by a kernel worker of the ordinary class, which a busy machine delays by ms.
Those workers are given the real-time class while a run lasts (`--plain-workers`: they are not). "written" is the same
error by motion's own stamps, without that hop.
"""

import argparse
import contextlib
import json
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from timing_rig import (
    HERE,
    Percentiles,
    calibrate,
    compiled,
    headline,
    heaters,
    hogs,
    lifted_workers,
    median,
    percentiles_of,
    percentiles_of_histogram,
    running,
    stolen_ms,
    verdict,
)

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.app.version import code_version
from cuefocus.engine.ports import Sent
from cuefocus.motion.racks import PlannedRack
from cuefocus.shells.journal_file import JournalFileReader

AXES = 16
COUNTS = 9999
NEAR, FAR = "near", "far"
SETTLED_NS = 100_000_000
LOST_NS = 250_000_000
"""An arrival further than this from its moment is no landing of that rack."""
P50_US, P99_US = 50.0, 250.0
ENOUGH = 1000
_RECORD = struct.Struct("=qHH")
_SETPOINT = re.compile(rb":01(?:06)01..([0-9A-F]{4})..\r\n")
CUEFOCUS = [sys.executable, "-m", "cuefocus"]
LENS = HERE.parent / "config" / "lenses" / "prime75.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: errors about its median, stamped outside and by motion itself; racks that never arrived."""

    error: Percentiles
    written: Percentiles
    landings: int
    missed: int
    verdicts: dict[str, int]
    calibrator: Percentiles


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=74, help="length of the sound")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--hogs", type=int, default=0, help="CPU-bound, garbage-collecting Python processes beside it")
    parser.add_argument("--busy-report", action="store_true", help="`cuefocus report` over and over beside it")
    parser.add_argument("--plain-workers", action="store_true", help="leave the kernel workers of ptys as they are")
    parser.add_argument("--keep", type=Path, help="folder for rig, show, sound, logs and journals")
    given = parser.parse_args()
    print(headline(f"python benchmarks/landing.py {' '.join(sys.argv[1:])}"))
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, given.seconds)
        print(f"{AXES} axes at 50 Hz, {sum(map(len, bench.racks))} racks, {given.hogs} hog(s), heaters on")
        stack.enter_context(heaters())
        stack.enter_context(hogs(given.hogs))
        if not given.plain_workers:
            stack.enter_context(lifted_workers())
        if given.busy_report:
            stack.enter_context(bench.reporting())
        runs = [one_run(bench, number) for number in range(1, given.runs + 1)]
    return judge(runs)


def judge(runs: list[Run]) -> int:
    """Medians against the gates; the exit status."""
    error, calibrator = median([run.error for run in runs]), median([run.calibrator for run in runs])
    lines = [
        verdict("landing p50", error.p50, P50_US, calibrator.p50),
        verdict("landing p99", error.p99, P99_US, calibrator.p99),
    ]
    print("\n".join(line for line, _ in lines))
    missed, fewest = max(run.missed for run in runs), min(run.landings for run in runs)
    reached = missed == 0 and fewest >= ENOUGH
    print(f"{'landings':32} {fewest} ≥ {ENOUGH}, {missed} missed  {'reached' if reached else 'MISSED'}")
    return 0 if reached and all(good for _, good in lines) else 3


def one_run(bench: "Bench", number: int) -> Run:
    """Play the sound once; figures about the run's median."""
    name, before = calibrate(10)
    stolen = -stolen_ms()
    log, verdicts = bench.play(number)
    stolen += stolen_ms()
    _, after = calibrate(10)
    arrivals = [
        arrivals_of(frames, racks, bench.counts_span) for frames, racks in zip(frames_of(log), bench.racks, strict=True)
    ]
    offsets = [
        stamp_ns - rack.land_ns
        for found, racks in zip(arrivals, bench.racks, strict=True)
        for stamp_ns, rack in zip(found, racks, strict=True)
        if stamp_ns is not None
    ]
    if not offsets:
        raise SystemExit(f"no rack arrived; the daemon says {verdicts}")
    middle = sorted(offsets)[len(offsets) // 2]
    errors = [abs(offset - middle) / 1000 for offset in offsets if abs(offset - middle) < LOST_NS]
    racks = sum(map(len, bench.racks))
    run = Run(
        percentiles_of(errors),
        bench.written(),
        len(errors),
        racks - len(errors),
        verdicts,
        percentiles_of_histogram(before, after),
    )
    if number == 1:
        print(f"calibrator: {name}\n{'µs':16}{'p50':>9}{'p99':>9}{'p99.9':>9}{'max':>10}")
    told = f"{run.landings} landings, {run.missed} missed, report says {verdicts}, host took {stolen} ms"
    print(f"run {number} landing   {run.error}   {told}")
    print(f"run {number} written   {run.written}")
    print(f"run {number} calibrator{run.calibrator}", flush=True)
    return run


class Bench:
    """Rig, show and sound in a folder; racks by axis as the planner sees them."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.folder, self.seconds = folder, seconds
        self.cameras = [chr(ord("A") + index) for index in range(AXES)]
        self.links = [folder / f"motor-{camera}" for camera in self.cameras]
        self.rig, self.show, self.sound = folder / "rig.yaml", folder / "show.yaml", folder / "ltc.wav"
        self.rig.write_text(self._rig())
        self.show.write_text(self._show(seconds - 6))
        generate = ["ltc", "generate", "--rate", "25", "--start", "00:59:57:00", "--seconds", str(seconds)]
        subprocess.run([*CUEFOCUS, *generate, "-o", self.sound], check=True)
        checked = check(self.show, self.rig)
        for complaint in checked.complaints:
            if complaint.severity == "error":
                raise SystemExit(str(complaint))
        job = build_job(checked)
        self.racks = [tuple(job.acts["act"].racks[f"{camera}.focus"]) for camera in self.cameras]
        self.counts_span = COUNTS

    def play(self, number: int) -> tuple[Path, dict[str, int]]:
        """One take: the stamper's log, and the report's verdicts counted."""
        log = self.folder / f"stamps-{number}.bin"
        command: list[str | Path] = [
            *CUEFOCUS,
            "run",
            "--rig",
            self.rig,
            "--show",
            self.show,
            "--source",
            f"file:{self.sound}",
        ]
        command += ["--arm", "--attended", "--takes", "1", "--json", "--journal", self.folder / "takes"]
        with running([compiled("stamper"), log, *self.links], wait_for="ready"):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"run ended with {done.returncode}: {done.stderr}\n{done.stdout[-2000:]}")
        verdicts: dict[str, int] = {}
        for line in done.stdout.splitlines():
            event = json.loads(line)
            if event.get("event") == "alarm":
                print(f"run {number} alarm: {event.get('text') or event.get('reason') or event}")
            if event.get("event") == "landing":
                verdicts[event["verdict"]] = verdicts.get(event["verdict"], 0) + 1
        return log, verdicts

    def written(self) -> Percentiles:
        """Errors of the last take's landings by motion's own stamps, about their median."""
        journal = max((self.folder / "takes").glob("*.journal"), key=lambda path: path.stat().st_mtime)
        stamps: dict[str, list[int]] = {}
        with JournalFileReader(journal, version=code_version()) as reader:
            for step in reader.steps():
                for event in step.inbox:
                    if isinstance(event, Sent) and event.landing:
                        stamps.setdefault(event.axis, []).append(event.stamp_ns)
        own_stamps = [stamps.get(f"{camera}.focus", []) for camera in self.cameras]
        lists = list(zip(own_stamps, self.racks, strict=True))
        rough = sorted(found - rack.land_ns for own, racks in lists for found, rack in zip(own, racks, strict=False))
        about_ns = rough[len(rough) // 2]
        offsets = [
            min((found - rack.land_ns for found in own), key=lambda offset: abs(offset - about_ns))
            for own, racks in lists
            for rack in racks
            if own
        ]
        middle = sorted(offsets)[len(offsets) // 2]
        return percentiles_of([abs(offset - middle) / 1000 for offset in offsets if abs(offset - middle) < LOST_NS])

    @contextlib.contextmanager
    def reporting(self) -> Iterator[None]:
        """The report, made over and over."""
        report = [*map(str, CUEFOCUS), "report", "--journal", str(self.folder / "takes")]
        loop = f"import subprocess\nwhile True: subprocess.run({report!r}, capture_output=True)"
        with running([sys.executable, "-c", loop]):
            yield

    def _rig(self) -> str:
        cameras = "\n".join(
            f"  {camera}: {{lens: prime75#2071, stop: T2.8, sensor: super-35, fps: '25',"
            f" axes: {{focus: {{motor: m{camera}}}}}}}"
            for camera in self.cameras
        )
        motors = "\n".join(
            f"  m{camera}: {{driver: tilta, port: 'serial:{link}', setpoints_hz: 50, travel: 0..{COUNTS},"
            " dead_ms: 0, lag_ms: 0,"
            " limits: {speed: 300 %/s, acceleration: 5000 %/s2, jerk: 200000 %/s3}, measured: '2026-11-20'}"
            for camera, link in zip(self.cameras, self.links, strict=True)
        )
        return (
            f"schema: cuefocus-rig/1\ntitle: sixteen motors\nlenses: ['{LENS}']\n"
            "sources:\n  - {id: playback, kind: file, priority: 1}\n"
            f"cameras:\n{cameras}\nmotors:\n{motors}\n"
        )

    def _show(self, seconds: int) -> str:
        marks = "\n".join(f"  {camera}: {{{NEAR}: 0.95 m, {FAR}: 1.50 m}}" for camera in self.cameras)
        opening = ", ".join(f"{camera}: {NEAR}" for camera in self.cameras)
        cues = [
            f"  - {{cue: {camera}{number}, act: act, camera: {camera},"
            f" land: {{at: '+{land_ms / 1000:.3f} s'}}, to: {mark}}}"
            for index, camera in enumerate(self.cameras)
            for number in range(seconds - 2)
            for land_ms in [2000 + 1003 * number + 61 * index]
            for mark in [NEAR if number % 2 else FAR]
            if land_ms < (seconds - 1) * 1000
        ]
        return (
            "schema: cuefocus-show/1\ntitle: a rack a second\nrate: '25'\n"
            "defaults: {pull: 600 ms, shape: minimum-jerk}\n"
            f"marks:\n{marks}\nacts:\n  - {{act: act, starts: '01:00:00:00', opening: {{{opening}}}}}\n"
            "cues:\n" + "\n".join(cues) + "\n"
        )


def frames_of(log: Path) -> list[list[tuple[int, int]]]:
    """Set-points by port: (stamp of the last byte, counts)."""
    data, at = log.read_bytes(), 0
    frames: list[list[tuple[int, int]]] = [[] for _ in range(AXES)]
    rest = [b""] * AXES
    while at < len(data):
        stamp_ns, port, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size + length
        text = rest[port] + data[at - length : at]
        end = 0
        for found in _SETPOINT.finditer(text):
            frames[port].append((stamp_ns, int(found[1], 16)))
            end = found.end()
        rest[port] = text[end:][-64:]
    return frames


def arrivals_of(frames: Sequence[tuple[int, int]], racks: Sequence[PlannedRack], counts_span: int) -> list[int | None]:
    """When each rack's band was entered for good; None for a rack whose band never was."""
    arrivals: list[int | None] = []
    index = 0
    for rack in racks:
        low, high = rack.band.near_ring * counts_span, rack.band.far_ring * counts_span
        inside = [low - 1e-6 <= counts <= high + 1e-6 for _, counts in frames]
        while index < len(frames) and not (inside[index] and _stays(frames, inside, index)):
            index += 1
        arrivals.append(frames[index][0] if index < len(frames) else None)
    return arrivals


def _stays(frames: Sequence[tuple[int, int]], inside: Sequence[bool], index: int) -> bool:
    until_ns = frames[index][0] + SETTLED_NS
    while index < len(frames) and frames[index][0] <= until_ns:
        if not inside[index]:
            return False
        index += 1
    return True


if __name__ == "__main__":
    sys.exit(main())
