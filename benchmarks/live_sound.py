"""Landings from live LTC through a real sound server to the last byte at the motor.

    python benchmarks/live_sound.py [--server jackd|pipewire] [--by jack|audio] [--seconds 40] [--runs 3] [--period 256]

A player in C (`ltcfeed.c`: libltc into a JACK port, no code of ours), a sound server without a sound card (jackd on its
dummy driver, or PipeWire with a null sink as its clock), the daemon as a process that hears the player, 16 motors at
50 Hz on a pty each, stamped by `stamper.c`. The truth is the player's own log: the frame on which the timecode began,
and the server's time of each cycle, through which one straight line is laid. Errors are about the run's median: what is
constant (the line time that is kept free and that a pty does not need, libltc's edge) is calibrated on a rig.

A run in which the server, the player or the daemon lost sound while it played says nothing about us (the server's time
base jumps by whole periods): it is repeated, at most so often as there were runs, and told. Needs, on Debian: jackd2
libjack-jackd2-dev libltc-dev gcc; for PipeWire: pipewire pipewire-jack wireplumber dbus. And `pip install
'cuefocus[jack]'`.
"""

import argparse
import contextlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from landing import AXES, CUEFOCUS, LOST_NS, Bench, arrivals_of, frames_of
from sound_servers import Environ, jackd, pipewire, pipewire_jack
from timing_rig import (
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

FPS, START, START_NS = 25, "00:59:57:00", 3_597_000_000_000
P50_US, P99_US = 100.0, 1000.0
DEVICES = {"jack": "jack:player", "audio": "audio:player, JACK"}
WORKERS = 61
"""Kernel workers write disks, too: they must not outrank the 65 of a JACK client."""
CALM_S, PATIENCE_S = 10.0, 60.0
"""The timecode begins after so long without an xrun (jackd's clock takes that to settle), or when patience ends."""
READY_S, TAKE_S = 80.0, 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run: errors about its median, the player's oracle about its line, what went wrong."""

    error: Percentiles
    oracle: Percentiles
    bias_us: float
    landings: int
    missed: int
    xruns: int
    verdicts: dict[str, int]
    calibrator: Percentiles


@dataclass(frozen=True, slots=True)
class Oracle:
    """When a frame of the player's was due: one straight line through the server's times."""

    start_frame: int
    ns_per_frame: float
    first_frame: int
    first_ns: float
    rate: int
    residuals_us: tuple[float, ...]
    xruns: int

    def host_ns(self, show_ns: int) -> float:
        """Host time at which a show time was due."""
        frame = self.start_frame + (show_ns - START_NS) * self.rate / 1e9
        return self.first_ns + (frame - self.first_frame) * self.ns_per_frame


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", choices=("jackd", "pipewire"), default="jackd")
    parser.add_argument("--by", choices=tuple(DEVICES), default="jack", help="heard through JACK itself, or PortAudio")
    parser.add_argument("--seconds", type=int, default=40, help="length of the timecode")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--period", type=int, default=256, help="frames of a cycle")
    parser.add_argument("--hogs", type=int, default=0, help="CPU-bound, garbage-collecting Python processes beside it")
    parser.add_argument("--keep", type=Path, help="folder for rig, show, logs and journals")
    given = parser.parse_args()
    missing = what_is_missing(given.server)
    if missing:
        print(f"not measured: missing {missing}", file=sys.stderr)
        return 3
    print(headline(f"python benchmarks/live_sound.py {' '.join(sys.argv[1:])}"))
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        bench = LiveBench(folder, given.seconds, DEVICES[given.by])
        racks = sum(map(len, bench.racks))
        print(
            f"{given.server} by {given.by}, {given.period} frames a cycle, {AXES} axes at 50 Hz, {racks} racks,"
            f" {given.hogs} hog(s)"
        )
        stack.enter_context(heaters())
        stack.enter_context(hogs(given.hogs))
        stack.enter_context(lifted_workers(WORKERS))
        serve = jackd if given.server == "jackd" else pipewire
        runs: list[Run] = []
        for number in range(1, 2 * given.runs + 1):
            with serve(folder, given.period) as environ:
                run = one_run(bench, number, environ)
            print(told(number, run), flush=True)
            if run.xruns:
                print(f"run {number} had {run.xruns} xrun(s): the rig's fault, repeated")
            else:
                runs.append(run)
            if len(runs) == given.runs:
                break
    return judge(runs, given.runs)


def told(number: int, run: Run) -> str:
    """The lines of one run."""
    about = f"median {run.bias_us:+.0f}, {run.landings} landings, {run.missed} missed, report says {run.verdicts}"
    return (
        f"{'µs':18}{'p50':>9}{'p99':>9}{'p99.9':>9}{'max':>10}\n"
        f"run {number} landing     {run.error}   {about}\n"
        f"run {number} the oracle  {run.oracle}   about its line\n"
        f"run {number} calibrator  {run.calibrator}"
    )


def judge(runs: list[Run], wanted: int) -> int:
    """Medians against the gates; the exit status."""
    if len(runs) < wanted:
        print(f"only {len(runs)} of {wanted} runs without an xrun: this machine is no fit rig now")
        return 3
    error, calibrator = median([run.error for run in runs]), median([run.calibrator for run in runs])
    lines = [
        verdict("live landing p50", error.p50, P50_US, calibrator.p50),
        verdict("live landing p99", error.p99, P99_US, calibrator.p99),
    ]
    print("\n".join(line for line, _ in lines))
    missed, fewest = max(run.missed for run in runs), min(run.landings for run in runs)
    print(f"{'landings':32} {fewest}, {missed} missed  {'MISSED' if missed else 'reached'}")
    return 0 if not missed and all(good for _, good in lines) else 3


def what_is_missing(server: str) -> str:
    """Programs, headers and libraries that are not here; empty when all are."""
    programs = ["cc", "jackd"] if server == "jackd" else ["cc", "pipewire", "wireplumber", "pw-cli", "dbus-run-session"]
    missing = [name for name in programs if shutil.which(name) is None]
    missing += [header for header in ("jack/jack.h", "ltc.h") if not Path("/usr/include", header).exists()]
    if server == "pipewire" and not pipewire_jack():
        missing.append("pipewire-jack")
    if importlib.util.find_spec("jack") is None:
        missing.append("JACK-Client (pip install 'cuefocus[jack]')")
    return ", ".join(missing)


class LiveBench(Bench):
    """The sixteen motors and the racks of `landing.py`, heard live."""

    def __init__(self, folder: Path, seconds: int, device: str) -> None:
        self.device = device
        super().__init__(folder, seconds)

    def _rig(self) -> str:
        return (
            super()
            ._rig()
            .replace(
                "{id: playback, kind: file, priority: 1}",
                f"{{id: playback, kind: ltc, device: '{self.device}', priority: 1}}",
            )
        )

    def listen(self, number: int, environ: Environ) -> tuple[Path, Path, dict[str, int], int]:
        """One take: the stamper's log, the player's oracle, the report's verdicts counted, sound losses we saw."""
        log, oracle = self.folder / f"stamps-{number}.bin", self.folder / f"oracle-{number}.txt"
        player_words = [str(FPS), START, str(self.seconds), str(oracle)]
        command = [*CUEFOCUS, "run", "--rig", self.rig, "--show", self.show, "--arm", "--attended", "--takes", "1"]
        command += ["--json", "--journal", self.folder / "takes"]
        verdicts: dict[str, int] = {}
        losses = lost_before = 0
        with contextlib.ExitStack() as stack:
            stack.enter_context(running([compiled("stamper"), log, *self.links], wait_for="ready"))
            feeder = [compiled("ltcfeed", "-ljack", "-lltc"), *player_words]
            player = stack.enter_context(
                subprocess.Popen(feeder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
            )
            to_player, from_player = pipe(player.stdin), pipe(player.stdout)
            if from_player.readline().strip() != "ready":
                raise SystemExit("the player did not start")
            daemon = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
            )
            timer = threading.Timer(READY_S + self.seconds + TAKE_S, daemon.kill)
            timer.start()
            begun, readiness = False, Readiness()
            for line in pipe(daemon.stdout):
                event = json.loads(line)
                if not begun and readiness.saw(event):
                    begun = True
                    lost_before = readiness.losses
                    to_player.write("play\n")
                    to_player.flush()
                if event.get("event") == "alarm":
                    print(f"run {number} alarm: {event.get('text') or event}")
                if event.get("event") == "landing":
                    verdicts[event["verdict"]] = verdicts.get(event["verdict"], 0) + 1
                losses = max(losses, event.get("sound", {}).get("xruns", 0))
            timer.cancel()
            to_player.close()
            player.wait(10)
            if daemon.wait():
                raise SystemExit(f"run ended with {daemon.returncode}: {pipe(daemon.stderr).read()}")
        return log, oracle, verdicts, losses - lost_before


def pipe(end: IO[str] | None) -> IO[str]:
    """An end of a pipe that was asked for."""
    if end is None:
        raise AssertionError("no pipe")
    return end


class Readiness:
    """When to play: every axis stands at its opening mark, and the server has been settled for a while."""

    def __init__(self) -> None:
        self._engaged, self.losses, self._since_ns = False, 0, 0
        self._first_ns = time.monotonic_ns()

    def saw(self, event: Mapping[str, Any]) -> bool:
        """Whether it is time, after one more event."""
        now_ns = time.monotonic_ns()
        engaged, losses = len(event.get("engaged", ())) == AXES, event.get("sound", {}).get("xruns", self.losses)
        if (engaged and not self._engaged) or losses != self.losses:
            self._since_ns, self.losses = now_ns, losses
        self._engaged |= engaged
        calm = now_ns - self._since_ns > CALM_S * 1e9 or now_ns - self._first_ns > PATIENCE_S * 1e9
        return self._engaged and calm


def one_run(bench: LiveBench, number: int, environ: Environ) -> Run:
    """Play once; figures about the run's median."""
    _, before = calibrate(5)
    stolen = -stolen_ms()
    log, oracle_file, verdicts, losses = bench.listen(number, environ)
    stolen += stolen_ms()
    _, after = calibrate(5)
    oracle = oracle_of(oracle_file)
    arrivals = [
        arrivals_of(frames, racks, bench.counts_span, [oracle.host_ns(rack.land_ns) for rack in racks])
        for frames, racks in zip(frames_of(log), bench.racks, strict=True)
    ]
    offsets = [
        stamp_ns - oracle.host_ns(rack.land_ns)
        for found, racks in zip(arrivals, bench.racks, strict=True)
        for stamp_ns, rack in zip(found, racks, strict=True)
        if stamp_ns is not None
    ]
    if not offsets:
        raise SystemExit(f"no rack arrived; the daemon says {verdicts}")
    middle = sorted(offsets)[len(offsets) // 2]
    errors = [abs(offset - middle) / 1000 for offset in offsets if abs(offset - middle) < LOST_NS]
    print(f"run {number}: the host took {stolen} ms")
    return Run(
        error=percentiles_of(errors),
        oracle=percentiles_of(oracle.residuals_us),
        bias_us=middle / 1000,
        landings=len(errors),
        missed=sum(map(len, bench.racks)) - len(errors),
        xruns=max(oracle.xruns, losses),
        verdicts=verdicts,
        calibrator=percentiles_of_histogram(before, after),
    )


def oracle_of(path: Path, rate: int = 48_000) -> Oracle:
    """The player's log, and the line through its cycles from the start of the timecode on."""
    start, xruns, cycles = 0, 0, []
    for line in path.read_text().splitlines():
        word, *numbers = line.split()
        if word == "start":
            start = int(numbers[0])
        elif word == "xruns":
            xruns = int(numbers[0])
        else:
            cycles.append((int(numbers[0]), int(numbers[1])))
    table = np.array([cycle for cycle in cycles if cycle[0] >= start], dtype=np.int64)
    skipped = int(np.count_nonzero(np.diff(table[:, 0]) != np.diff(table[:2, 0])))
    frames, stamps_ns = (table - table[0]).astype(float).T
    slope, level = np.polyfit(frames, stamps_ns, 1)
    residuals_us = np.abs(stamps_ns - (slope * frames + level)) / 1000
    return Oracle(
        start,
        float(slope),
        int(table[0, 0]),
        float(table[0, 1] + level),
        rate,
        tuple(residuals_us),
        max(xruns, skipped),
    )


if __name__ == "__main__":
    sys.exit(main())
