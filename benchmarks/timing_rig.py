"""What the timing benchmarks share: C helpers, heaters, the calibrator, percentiles and tables."""

import contextlib
import datetime
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "benchmarks"
PERCENTS = (50.0, 99.0, 99.9, 100.0)
PRIORITY = 75
SLACK = 1.5
"""A gate is the larger of its figure and this many times the calibrator's same percentile."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """p50, p99, p99.9 and maximum, in µs."""

    p50: float
    p99: float
    p999: float
    most: float

    def __str__(self) -> str:
        return f"{self.p50:8.1f} {self.p99:8.1f} {self.p999:8.1f} {self.most:9.1f}"


def percentiles_of(values_us: Sequence[float]) -> Percentiles:
    """Of a list of values."""
    ordered = sorted(values_us)
    last = len(ordered) - 1
    p50, p99, p999, most = (ordered[min(last, int(len(ordered) * percent / 100))] for percent in PERCENTS)
    return Percentiles(p50, p99, p999, most)


def median(runs: Sequence[Percentiles]) -> Percentiles:
    """Each figure's median over the runs."""
    middle = len(runs) // 2
    columns = zip(*((run.p50, run.p99, run.p999, run.most) for run in runs), strict=True)
    return Percentiles(*(sorted(column)[middle] for column in columns))


def compiled(name: str, *libraries: str) -> Path:
    """A helper's program, compiled from its C source when that is newer.

    Args:
        name: of the source beside this file, and of the program.
        libraries: what it is linked with, as `-lltc`.
    """
    source, program = HERE / f"{name}.c", BUILD / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, source, *libraries], check=True)
    return program


@contextlib.contextmanager
def running(command: Sequence[str | Path], *, wait_for: str = "") -> Iterator[subprocess.Popen[str]]:
    """A process for as long as the block; ended by SIGTERM."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            if wait_for and process.stdout is not None:
                line = process.stdout.readline()
                if not line.startswith(wait_for):
                    raise SystemExit(f"{command[0]} said {line!r} instead of {wait_for!r}")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def heaters() -> Iterator[None]:
    """An idle-class spinner on each core, so that no virtual core is halted."""
    with running([compiled("calibrator"), "heat"]):
        yield


STALL_US = 1000
"""What a core ran nobody for counts as a stall from here on."""


@contextlib.contextmanager
def stalls() -> Iterator[list[tuple[int, int]]]:
    """When the machine itself stood still within the block, filled in at its end: from, to (host's clock, ns)."""
    found: list[tuple[int, int]] = []
    with running([compiled("calibrator"), "stalls", str(STALL_US), str(PRIORITY + 10)]) as process:
        yield found
        process.terminate()
        lines = process.communicate()[0].split("\n")
    found += sorted((int(line[:19]), int(line[20:])) for line in lines if line)


HOG = """
import gc
junk = [[i] for i in range(200_000)]
while True:
    total = sum(len(str(i)) for i in range(100_000))
    gc.collect()
"""


@contextlib.contextmanager
def hogs(count: int) -> Iterator[None]:
    """Ordinary processes that take all the time they can get."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(running([sys.executable, "-c", HOG]))
        yield


@contextlib.contextmanager
def lifted_workers(priority: int = PRIORITY - 5) -> Iterator[None]:
    """The kernel workers that move bytes from one end of a pty to the other, in the real-time class meanwhile."""
    ending, lifted = threading.Event(), set[int]()

    def lift() -> None:
        while not ending.wait(0.5):
            for entry in Path("/proc").glob("[0-9]*/comm"):
                with contextlib.suppress(OSError):
                    pid = int(entry.parent.name)
                    if pid not in lifted and entry.read_text().startswith("kworker/u"):
                        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(priority))
                        lifted.add(pid)

    thread = threading.Thread(target=lift)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        for pid in lifted:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


def calibrate(seconds: int, period_us: int = 1000) -> tuple[str, dict[int, int]]:
    """Lateness of a C program's absolute sleeps at our priority: its name, and a histogram µs → count."""
    cyclictest = shutil.which("cyclictest")
    if cyclictest:
        loops = str(seconds * 1_000_000 // period_us)
        command = [cyclictest, "-q", "-m", "-p", str(PRIORITY), "-i", str(period_us), "-l", loops, "-h", "20000"]
        name = "cyclictest"
    else:
        command = [str(compiled("calibrator")), "wake", str(period_us), str(seconds), str(PRIORITY)]
        name = "calibrator.c (cyclictest is not installed: apt install rt-tests)"
    return name, _histogram(command)


def calibrate_busy(seconds: int, work_us: int, period_us: int = 1000) -> dict[int, int]:
    """As `calibrate`, of a C program that keeps its core busy for as much of each period as we do."""
    arguments = (period_us, seconds, PRIORITY, work_us)
    return _histogram([str(compiled("calibrator")), "wake", *map(str, arguments)])


def _histogram(command: Sequence[str]) -> dict[int, int]:
    histogram: dict[int, int] = {}
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        fields = line.split()
        if len(fields) == 2 and all(field.isdecimal() for field in fields) and int(fields[1]):
            histogram[int(fields[0])] = int(fields[1])
    return histogram


def percentiles_of_histogram(*histograms: dict[int, int]) -> Percentiles:
    """Of several histograms together."""
    merged: dict[int, int] = {}
    for histogram in histograms:
        for value, count in histogram.items():
            merged[value] = merged.get(value, 0) + count
    total, found = sum(merged.values()), []
    for percent in PERCENTS:
        left = total * percent / 100
        for value in sorted(merged):
            left -= merged[value]
            if left <= 0:
                found.append(float(value))
                break
    return Percentiles(*found)


def lost_percent(period_us: int, *histograms: dict[int, int]) -> float:
    """Cycles the calibrator itself lost: a wake-up later than a period skips as many as went by."""
    met = sum(sum(histogram.values()) for histogram in histograms)
    lost = sum(late_us // period_us * count for histogram in histograms for late_us, count in histogram.items())
    return 100 * lost / (met + lost)


def stolen_ms() -> int:
    """CPU time the host has taken from this machine since boot, all cores together."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8]) * 1000 // os.sysconf("SC_CLK_TCK")


def headline(command: str) -> str:
    """The machine, the day and the command."""
    model = "unknown processor"
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    fifo = "permitted" if fifo_permitted() else "NOT permitted"
    versions = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{command}\n{today}, {os.cpu_count()} × {model}, {versions}, real-time class {fifo}"


def today_here() -> str:
    """The day and the machine, for figures that do not hang on its timing."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f"{today}, {platform.node()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"


def fifo_permitted() -> bool:
    """Whether we may use the real-time class."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def verdict(name: str, value_us: float, figure_us: float, calibrator_us: float) -> tuple[str, bool]:
    """A line on whether a figure is reached, and whether it is."""
    gate_us = max(figure_us, SLACK * calibrator_us)
    reached = value_us <= gate_us
    word = "reached" if reached else "MISSED"
    return f"{name:32} {value_us:8.1f} µs ≤ {gate_us:8.1f} µs (figure {figure_us:g})  {word}", reached
