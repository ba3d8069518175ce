"""Wake-up lateness of the motion process: 16 axes at 1 kHz, all moving, each on a pty of its own.

    python benchmarks/wake.py [--seconds 60] [--runs 3] [--hogs 1]

Wake-up is how late the loop saw its deadline; "16th frame" is when the last axis' frame was written. Both are motion's
own counts (bins 3 % wide); the calibrator runs before and after each run. Cycles are lost to stalls of the whole
machine, so they are judged beside a C program that keeps its core as busy as motion does.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from timing_rig import (
    SLACK,
    Percentiles,
    calibrate,
    calibrate_busy,
    compiled,
    headline,
    heaters,
    hogs,
    lost_percent,
    median,
    percentiles_of_histogram,
    running,
    stolen_ms,
    verdict,
)

from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.engine.plan import AxisPlan, Plan
from cuefocus.motion.track import LandingInstant, Segment, Track
from cuefocus.motor.axis import AxisSpec
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.motion_config import AxisConfig, MotionConfig
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_motion import Histogram
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

CLOCK_EVERY_NS = 5 * NS_PER_MS
PULL_NS = 900 * NS_PER_MS
EVERY_NS = NS_PER_S
WAKE_P99_US, WAKE_P999_US, LAST_P99_US, LOST_PERCENT = 50.0, 1000.0, 150.0, 0.1


@dataclass(frozen=True, slots=True)
class Run:
    """One run's figures."""

    wake: Percentiles
    last: Percentiles
    lost_percent: float
    busy: float
    calibrator: Percentiles
    calibrator_lost_percent: float


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--axes", type=int, default=16)
    parser.add_argument("--rate", type=int, default=1000, help="set-points a second and axis")
    parser.add_argument("--hogs", type=int, default=1, help="CPU-bound, garbage-collecting Python processes beside it")
    given = parser.parse_args()
    print(headline(f"python benchmarks/wake.py {' '.join(sys.argv[1:])}"))
    runs: list[Run] = []
    with heaters(), hogs(given.hogs):
        for number in range(1, given.runs + 1):
            name, before = calibrate(10)
            stolen = -stolen_ms()
            wake, last, lost, busy = one_run(given.axes, given.rate, given.seconds)
            stolen += stolen_ms()
            _, after = calibrate(10)
            period_us = 1_000_000 // given.rate
            missed = lost_percent(period_us, calibrate_busy(30, round(busy * period_us), period_us))
            runs.append(Run(wake, last, lost, busy, percentiles_of_histogram(before, after), missed))
            if number == 1:
                print(f"{given.axes} axes at {given.rate} Hz, {given.seconds} s, {given.hogs} hog(s), heaters on")
                print(f"calibrator: {name}\n{'µs':24}{'p50':>9}{'p99':>9}{'p99.9':>9}{'max':>10}")
            told = f"lost {lost:.3f} %, core {busy:.0%} busy, host took {stolen} ms"
            print(f"run {number} wake-up             {wake}   {told}")
            print(f"run {number} last frame written  {last}")
            print(
                f"run {number} calibrator          {runs[-1].calibrator}   as busy as we are: lost {missed:.3f} %",
                flush=True,
            )
    return judge(runs, given.axes)


def judge(runs: list[Run], axes: int) -> int:
    """Medians against the gates; the exit status."""
    wake, last = median([run.wake for run in runs]), median([run.last for run in runs])
    calibrator = median([run.calibrator for run in runs])
    lost = sorted(run.lost_percent for run in runs)[len(runs) // 2]
    lines = [
        verdict("wake-up p99", wake.p99, WAKE_P99_US, calibrator.p99),
        verdict("wake-up p99.9", wake.p999, WAKE_P999_US, calibrator.p999),
        verdict(f"{axes}th frame out p99", last.p99, LAST_P99_US, calibrator.p99),
    ]
    print("\n".join(line for line, _ in lines))
    gate = max(LOST_PERCENT, SLACK * sorted(run.calibrator_lost_percent for run in runs)[len(runs) // 2])
    reached = lost <= gate
    word = "reached" if reached else "MISSED"
    print(f"{'lost cycles':32} {lost:8.3f} %  ≤ {gate:8.3f} %  (figure {LOST_PERCENT:g})  {word}")
    return 0 if reached and all(good for _, good in lines) else 3


def one_run(axes: int, rate: int, seconds: int) -> tuple[Percentiles, Percentiles, float, float]:
    """Wake-up, last frame, lost cycles in percent, load."""
    names = [f"{chr(65 + index % 26)}{index // 26 or ''}.focus" for index in range(axes)]
    with tempfile.TemporaryDirectory() as folder:
        links = [Path(folder) / name for name in names]
        specs = [
            AxisSpec(name, name, 2.0, 20.0, 400.0, 0.3, 0, 9999, NS_PER_S // rate, 0, 0, 0, 0, 0.0, 0.0, feedback=False)
            for name in names
        ]
        config = MotionConfig(
            tuple(AxisConfig(spec, "tilta", f"serial:{link}") for spec, link in zip(specs, links, strict=True)),
            socket=f"{folder}/motion.sock",
        )
        config_path = Path(folder) / "motion.json"
        config.write(config_path)
        memory = SharedMemory.create(names)
        with running([compiled("stamper"), "-", *links], wait_for="ready"), motion(memory, config_path):
            return drive(memory, names, rate, seconds)


@contextlib.contextmanager
def motion(memory: SharedMemory, config_path: Path) -> Iterator[None]:
    """The real motion process, for as long as the block."""
    command = [
        sys.executable,
        "-m",
        "cuefocus.shells.motion_main",
        "--fd",
        str(memory.fd),
        "--config",
        str(config_path),
    ]
    with subprocess.Popen(command, pass_fds=memory.handed_down) as process:
        try:
            clock = HostClock()
            while not memory.motion.read().started_ns:
                if process.poll() is not None:
                    raise SystemExit("motion did not start")
                clock.sleep_until(now_ns() + 10 * NS_PER_MS)
            yield
        finally:
            process.terminate()


def drive(
    memory: SharedMemory, names: list[str], rate: int, seconds: int
) -> tuple[Percentiles, Percentiles, float, float]:
    """Play the conductor: clock news at 200 Hz, every axis pulling back and forth all the time."""
    status = memory.status_reader()
    publisher, wait = Publisher(memory, status), HostClock()
    start_ns = now_ns() + 500 * NS_PER_MS
    pulls = seconds + 4
    plans: dict[str, AxisPlan] = {}
    for index, name in enumerate(names):
        begin_ns = index * EVERY_NS // len(names)
        segments = [pull(number % 2 == 0, begin_ns + number * EVERY_NS) for number in range(pulls)]
        landings = [landing(piece) for piece in segments]
        plans[name] = AxisPlan(True, Track(0.2, segments, landings), attach=1, epoch=1)
    lost_before, ticks_before, began_ns, busy = 0, 0, 0, []
    end_ns = start_ns + (seconds + 2) * NS_PER_S
    due_ns = now_ns()
    while due_ns < end_ns:
        due_ns += CLOCK_EVERY_NS
        wait.sleep_until(due_ns)
        at_ns = now_ns()
        status.drain()
        clock = Clock(at_ns, at_ns - start_ns, 1.0, ClockState.LOCKED, 1000, at_ns + NS_PER_S, 1)
        running_now = at_ns > start_ns - 300 * NS_PER_MS
        publisher.publish(at_ns, clock if running_now else NO_CLOCK, Plan(1, plans if running_now else {}))
        if not began_ns and at_ns > start_ns + NS_PER_S:
            began_ns = at_ns
            memory.wake_histogram.begin()
            memory.last_histogram.begin()
            lost_before, ticks_before = lost(memory), frames(memory)
        if began_ns:
            busy.append(memory.motion.read().busy)
    lost_now, ticks = lost(memory) - lost_before, frames(memory) - ticks_before
    if ticks < len(names) * rate * seconds // 2:
        raise SystemExit(f"only {ticks} frames went out")
    return (
        percentiles_us(memory.wake_histogram),
        percentiles_us(memory.last_histogram),
        100 * lost_now / (ticks + lost_now),
        sum(busy) / len(busy),
    )


def pull(out: bool, start_ns: int) -> Segment:
    """One minimum-jerk pull between 0.2 and 0.5."""
    start_ring, travel = (0.2, 0.3) if out else (0.5, -0.3)
    return Segment(start_ns, PULL_NS, (start_ring, 0.0, 0.0, 10 * travel, -15 * travel, 6 * travel))


def landing(piece: Segment) -> LandingInstant:
    """A landing 50 ms before a pull's end."""
    at_ns = piece.end_ns - 50 * NS_PER_MS
    return LandingInstant(at_ns, piece.at(at_ns)[0], piece.end_ring)


def lost(memory: SharedMemory) -> int:
    return sum(words.read().lost + words.read().dropped for words in memory.axis_words)


def frames(memory: SharedMemory) -> int:
    return sum(words.read().frames for words in memory.axis_words)


def percentiles_us(histogram: Histogram) -> Percentiles:
    return Percentiles(*(histogram.percentile_ns(percent) / 1000 for percent in (50, 99, 99.9, 100)))


if __name__ == "__main__":
    sys.exit(main())
