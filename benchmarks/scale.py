"""Large shows: `check` of 10,000 cues, and what a tick costs with the number of cues and of axes.

    python benchmarks/scale.py [--cues 10000] [--runs 7]

`check` is the whole command in a process of its own, files warm. A tick is one `Session.step` (10 ms of a running
show, a reading of timecode every 40 ms) and one set-point of one axis, `AxisPlayer.prepare`; all of it lies within the
show, racks under way and to come. Shows are measured in turn, round after round, so that a busy moment of the machine
spoils all alike; a figure is the median of the rounds' medians.

Last, what a conductor's turn costs while an assistant sets a camera again and again (`tell setup`): a step and the plan
put into shared memory, in processor time, a minute of a show on one axis whose motor has backlash, from before its
first timecode on. What motion needs to take such a track in is told in pieces of it.
"""

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter_ns, thread_time_ns

from timing_rig import headline

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.engine.job import Seed
from cuefocus.engine.plan import Latch, Plan
from cuefocus.engine.player import AxisPlayer
from cuefocus.engine.ports import Command, Feedback, InboxEvent, SourceEvent
from cuefocus.engine.session import TICK_NS, Session
from cuefocus.motion.room import room_for
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.timebase.frames import rate_named, timecode_at
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading

ROOT = Path(__file__).resolve().parents[1]
LENS = ROOT / "config" / "lenses" / "prime75.yaml"
RATE = rate_named("25")
CHECK_LIMIT_S = 2.0
FLAT_FACTOR = 1.5
EVERY_S = 3.0
START_LABEL_S = 3600
WARM_TICKS, TICKS = 500, 200
AXES = 8
CUES = (10, 100, 1_000, 10_000)
AXES_COUNTS = (1, 4, 16, 64)
MARKS = ("2 m", "3 m", "5 m")
SETUPS = {1_000: "stop=8", 2_200: "stop=5.6", 3_400: "clear", 4_600: "stop=11"}
SETUP_TICKS, SETUP_CUES = 6_000, (1_000, 3_000, 10_000)
TURN_LIMIT_MS = 15.0
PIECES_A_LOOK = 400


def rig_text(axes: int, more: str = "") -> str:
    """Cameras c0, c1, …, each with one motor; `more` keys of each motor."""
    lines = ["schema: cuefocus-rig/1", f'lenses: ["{LENS}"]']
    lines += ["sources: [{id: playback, kind: file}]", "cameras:"]
    for number in range(axes):
        camera = f'lens: "prime75#2071", stop: T4, sensor: super-35, fps: "25", axes: {{focus: {{motor: m{number}}}}}'
        lines.append(f"  c{number}: {{{camera}}}")
    lines.append("motors:")
    for number in range(axes):
        limits = "{speed: 240 %/s, acceleration: 4000 %/s2, jerk: 100000 %/s3}"
        motor = f"driver: bridge, port: sim, setpoints_hz: 100, travel: 0..65535, limits: {limits}"
        lines.append(f"  m{number}: {{{motor}, dead_ms: 10, lag_ms: 10, readback_ms: 2{more}}}")
    return "\n".join(lines) + "\n"


def show_text(cues: int, axes: int) -> str:
    """Racks in turn on every camera, one each three seconds on each."""
    lines = ["schema: cuefocus-show/1", 'rate: "25"', "defaults: {act: song, pull: 700 ms}", "marks:"]
    lines += [f"  c{number}: {{a: {MARKS[0]}, b: {MARKS[1]}, c: {MARKS[2]}}}" for number in range(axes)]
    opening = ", ".join(f"c{number}: a" for number in range(axes))
    lines += ["acts:", f'  - {{act: song, starts: "01:00:00:00", opening: {{{opening}}}}}', "cues:"]
    for number in range(cues):
        turn, camera = divmod(number, axes)
        at = 4.0 + turn * EVERY_S + camera * EVERY_S / axes
        lines.append(
            f'  - {{cue: "{number + 1}", camera: c{camera}, land: {{at: "+{at:.3f} s"}}, to: {"bca"[turn % 3]}}}'
        )
    return "\n".join(lines) + "\n"


def written(folder: Path, cues: int, axes: int) -> tuple[Path, Path]:
    """A show and its rig on disk."""
    show, rig = folder / f"show-{cues}-{axes}.yaml", folder / f"rig-{axes}.yaml"
    show.write_text(show_text(cues, axes), encoding="utf-8")
    rig.write_text(rig_text(axes), encoding="utf-8")
    return show, rig


class Playing:
    """A show that runs, armed and engaged, with timecode from the middle of it on.

    Args:
        folder: takes its files.
    """

    def __init__(self, folder: Path, cues: int, axes: int) -> None:
        self.cues, self.axes = cues, axes
        checked = check(*written(folder, cues, axes))
        errors = [str(complaint) for complaint in checked.complaints if complaint.severity == "error"]
        if errors:
            raise SystemExit(f"the show of this benchmark is at fault: {errors[0]}")
        job = build_job(checked)
        self._session = Session(job, Seed(rings=dict.fromkeys(job.axes, 0.5), auto_arm=True))
        self._players = {
            name: AxisPlayer(axis.spec, grid_origin_ns=0, start_ring=0.5, start_known=True)
            for name, axis in job.axes.items()
        }
        self._now_ns, self._ticks = 10 * NS_PER_S, 0
        middle_ns = round(cues // axes // 2 * EVERY_S * NS_PER_S)
        self._show_less_host_ns = START_LABEL_S * NS_PER_S + middle_ns - self._now_ns
        opened = SourceEvent("playback", self._now_ns, "opened", "")
        self._outcome = self._session.step(self._now_ns, [*self._ready(), opened])
        for _ in range(WARM_TICKS):
            self.step()
            self.prepare()
        if not self._outcome.clock.running or not all(plan.follow for plan in self._outcome.plan.axes.values()):
            raise SystemExit("the show of this benchmark does not run")

    def step(self) -> int:
        """One tick of the session; ns it took."""
        self._now_ns += TICK_NS
        self._ticks += 1
        inbox = self._reading() if self._ticks % 4 == 0 else []
        begun = perf_counter_ns()
        self._outcome = self._session.step(self._now_ns, inbox)
        return perf_counter_ns() - begun

    def prepare(self) -> int:
        """The next set-point of every axis; ns for one of them."""
        plans, clock, now_ns = self._outcome.plan.axes, self._outcome.clock, self._now_ns
        begun = perf_counter_ns()
        for name, player in self._players.items():
            frame = player.prepare(now_ns, clock, plans.get(name), Latch.NONE, conductor_silent=False)
            if frame is not None:
                player.sent(frame)
        return (perf_counter_ns() - begun) // len(self._players)

    def _ready(self) -> list[InboxEvent]:
        """Every motor has said where it stands."""
        return [Feedback(name, self._now_ns, player.spec.counts_at(0.5)) for name, player in self._players.items()]

    def _reading(self) -> list[InboxEvent]:
        label = timecode_at(self._now_ns + self._show_less_host_ns, RATE)
        stamp_ns = label.show_ns(RATE) - self._show_less_host_ns
        return [Reading("playback", label, False, stamp_ns, 40.0 * NS_PER_MS, 1, 500.0)]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a show of some size costs: medians of the rounds, µs; `p99_us` of all steps."""

    cues: int
    axes: int
    step_us: float
    p99_us: float
    prepare_us: float


def costs(folder: Path, sizes: Sequence[tuple[int, int]], rounds: int) -> list[Cost]:
    """Every show's ticks, round after round."""
    shows = [Playing(folder, cues, axes) for cues, axes in sizes]
    steps: list[list[float]] = [[] for _ in shows]
    prepares: list[list[float]] = [[] for _ in shows]
    every: list[list[int]] = [[] for _ in shows]
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for number, show in enumerate(shows):
            pairs = [(show.step(), show.prepare()) for _ in range(TICKS)]
            steps[number].append(median(step for step, _ in pairs) / 1000)
            prepares[number].append(median(prepare for _, prepare in pairs) / 1000)
            every[number] += [step for step, _ in pairs]
    gc.enable()
    return [
        Cost(show.cues, show.axes, median(step), sorted(all_)[len(all_) * 99 // 100] / 1000, median(prepare))
        for show, step, all_, prepare in zip(shows, steps, every, prepares, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Turns:
    """A conductor's turns in a minute with settings: processor time, ms.

    Args:
        p50, p99, p999, worst: of those from the first setting on.
        first: the longest before it, in which the take begins and all axes are placed.
        looks: the most of motion's looks, of 400 pieces, that it took until a track was taken in.
    """

    cues: int
    segments: int
    p50: float
    p99: float
    p999: float
    worst: float
    first: float
    looks: int


def setups(folder: Path, cues: int) -> Turns:
    """A minute of a show, from its first timecode on, with four settings."""
    show, rig = written(folder, cues, 1)
    rig.write_text(rig_text(1, ", backlash_counts: 40"), encoding="utf-8")
    checked = check(show, rig)
    if checked.compiled is None:
        raise SystemExit("the show of this benchmark is at fault")
    job = build_job(checked)
    (axis,) = job.axes
    session = Session(job, Seed(rings={axis: 0.5}, auto_arm=True))
    memory = SharedMemory.create((axis,), room_for(checked.compiled))
    publisher, reader = Publisher(memory, memory.status_reader()), memory.plan_reader(0)
    now_ns, looks, most = 10 * NS_PER_S, 0, 0
    less_ns = START_LABEL_S * NS_PER_S - now_ns
    inbox: list[InboxEvent] = [Feedback(axis, now_ns, job.axes[axis].spec.counts_at(0.5))]
    inbox.append(SourceEvent("playback", now_ns, "opened", ""))
    turns: list[float] = []
    gc.collect()
    gc.disable()
    for tick in range(SETUP_TICKS):
        begun = thread_time_ns()
        outcome = session.step(now_ns, inbox)
        publisher.publish(now_ns, outcome.clock, outcome.plan if outcome.plan_changed else Plan(0))
        turns.append((thread_time_ns() - begun) / NS_PER_MS)
        reader.refresh(PIECES_A_LOOK)
        looks = looks + 1 if reader.stale else 0
        most = max(most, looks) if tick > min(SETUPS) else 0
        now_ns += TICK_NS
        label = timecode_at(now_ns + less_ns, RATE)
        inbox = [Reading("playback", label, False, label.show_ns(RATE) - less_ns, 40.0 * NS_PER_MS, 1, 500.0)]
        inbox = inbox if tick % 4 == 0 else []
        if tick in SETUPS:
            inbox.append(Command("setup", now_ns, "c0", SETUPS[tick]))
    gc.enable()
    if not (outcome.clock.running and session.settings.live):
        raise SystemExit("the show of this benchmark does not run")
    after = sorted(turns[min(SETUPS) :])
    p50, p99, p999 = (after[round(share * (len(after) - 1))] for share in (0.5, 0.99, 0.999))
    segments = len(outcome.plan.axes[axis].track.segments)
    return Turns(cues, segments, p50, p99, p999, after[-1], max(turns[: min(SETUPS)]), most)


def check_s(folder: Path, cues: int, runs: int) -> list[tuple[float, float]]:
    """Wall and user + system seconds of the whole command, the first (cold) run left out."""
    show, rig = written(folder, cues, AXES)
    argv = [sys.executable, "-m", "cuefocus", "check", str(show), "--rig", str(rig), "--json"]
    taken: list[tuple[float, float]] = []
    for _ in range(runs + 1):
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter_ns()
        done = subprocess.run(argv, capture_output=True, check=False)
        wall_s = (perf_counter_ns() - begun) / NS_PER_S
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"check found fault with the show of this benchmark: {done.stdout[:300]!r}")
        taken.append((wall_s, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime))
    return taken[1:]


def judged(fine: bool) -> str:
    """A gate's word."""
    return "ok" if fine else "MISSED"


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cues", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    print(headline(f"python benchmarks/scale.py {' '.join(sys.argv[1:])}".rstrip()))
    with tempfile.TemporaryDirectory(prefix="cuefocus-scale-") as name:
        folder = Path(name)
        runs = check_s(folder, given.cues, given.runs)
        by_cues = costs(folder, [(cues, 1) for cues in CUES if cues <= given.cues], given.rounds)
        by_axes = costs(folder, [(10 * axes, axes) for axes in AXES_COUNTS], given.rounds)
        set_up = [setups(folder, cues) for cues in SETUP_CUES if cues <= given.cues]
    wall_s, busy_s = median(wall for wall, _ in runs), median(busy for _, busy in runs)
    slowest_s, check_fine = max(wall for wall, _ in runs), wall_s <= CHECK_LIMIT_S
    print(f"\ncheck, {given.cues} cues on {AXES} axes, whole command, {given.runs} runs")
    print(f"  wall median {wall_s:.2f} s, slowest {slowest_s:.2f} s; user + system median {busy_s:.2f} s", end="")
    print(f"; at most {CHECK_LIMIT_S:.0f} s: {judged(check_fine)}")
    if wall_s > 1.3 * busy_s:
        print(f"  (the machine was busy with other work: × {wall_s / busy_s:.1f} of the command's own time)")
    print(f"\n{'cues':>7} {'axes':>5} {'step µs':>9} {'p99':>9} {'prepare µs an axis':>20}")
    for cost in (*by_cues, *by_axes):
        print(f"{cost.cues:7} {cost.axes:5} {cost.step_us:9.1f} {cost.p99_us:9.1f} {cost.prepare_us:20.2f}")
    growth = by_cues[-1].step_us / by_cues[0].step_us
    growth_prepare = by_cues[-1].prepare_us / by_cues[0].prepare_us
    flat = max(growth, growth_prepare) <= FLAT_FACTOR
    first, last = by_axes[0], by_axes[-1]
    bend = last.step_us / last.axes / (by_axes[-2].step_us / by_axes[-2].axes)
    linear = bend <= FLAT_FACTOR and last.prepare_us / first.prepare_us <= FLAT_FACTOR
    print(
        f"\n{by_cues[0].cues} to {by_cues[-1].cues} cues: step × {growth:.2f}, prepare × {growth_prepare:.2f}", end=""
    )
    print(f"; flat is at most × {FLAT_FACTOR}: {judged(flat)}")
    print(f"{by_axes[-2].axes} to {last.axes} axes: step an axis × {bend:.2f}", end="")
    print(f", prepare an axis from {first.axes} × {last.prepare_us / first.prepare_us:.2f}", end="")
    print(f"; linear is at most × {FLAT_FACTOR}: {judged(linear)}")
    print(f"\nfour settings in a minute, ms of processor time a turn\n{'cues':>7} {'segments':>9}", end="")
    print(f"{'p50':>8} {'p99':>8} {'p99.9':>8} {'worst':>8} {'first':>8} {'motion looks':>14}")
    for one in set_up:
        print(f"{one.cues:7} {one.segments:9}{one.p50:8.2f} {one.p99:8.2f} {one.p999:8.2f} {one.worst:8.2f}", end="")
        print(f" {one.first:8.2f} {one.looks:14}")
    quick = all(one.worst <= TURN_LIMIT_MS for one in set_up)
    print(f"the worst is at most {TURN_LIMIT_MS:.0f} ms: {judged(quick)}")
    return 0 if check_fine and flat and linear and quick else 1


if __name__ == "__main__":
    sys.exit(main())
