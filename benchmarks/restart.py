"""A conductor killed late in a long show: how long until its successor conducts, and what the journal takes on disk.

    python benchmarks/restart.py [--hours 3] [--axes 3] [--racks 0] [--stale 2] [--runs 9] [--full]

A show with a rack every three seconds on every axis (10,800 in three hours on three), or one of `--racks` of which the
first hours are played (`--hours 0.05 --axes 1 --racks 10000`), is played by a session on a virtual clock, as one take,
with motors that are where they should be and inboxes as they come live: positions at 50 Hz, a reading a frame,
set-points while an axis moves. Its journal is written to disk, and a checkpoint put down two seconds before its end,
about as old as an understudy lets one become (`--stale` for another age). Then real conductor processes are started on
it, again and again, and timed from exec to their first sign of life in shared memory; then one without the checkpoint
(`--full`).
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter_ns

from scale import EVERY_S, RATE, START_LABEL_S, written
from timing_rig import headline

from cuefocus.app.check import check
from cuefocus.app.daemon import Places, Wires, conductor_child
from cuefocus.app.job import build_job, journal_files
from cuefocus.app.processes import Child
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.version import code_version
from cuefocus.engine.job import Job, Seed
from cuefocus.engine.journal import JournalHeader, Step, encode_header, encode_step
from cuefocus.engine.ports import Feedback, InboxEvent, Sent, SourceEvent
from cuefocus.engine.snapshot import Snapshots
from cuefocus.motion.room import room_for
from cuefocus.shells.checkpoint import Checkpoints, Mark, code_print
from cuefocus.shells.conductor_config import Score
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.journal_file import TAIL_BYTES
from cuefocus.shells.ledger_file import LedgerWriter
from cuefocus.shells.recall import Recalled, first_part
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.timebase.frames import timecode_at
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading

LIMIT_S = 1.0
FEEDBACK_NS = 20 * NS_PER_MS
FRAME_NS = 40 * NS_PER_MS
BEGIN_NS = 10 * NS_PER_S


class Show:
    """A long take, step by step."""

    def __init__(self, job: Job, part: Recalled) -> None:
        self.job, self.part = job, part
        self._sound_ns = BEGIN_NS + 2 * NS_PER_S
        self._ring = dict.fromkeys(job.axes, 0.5)

    def steps(self, until_ns: int) -> Iterator[Step]:
        """Every step up to a host time, each taken before the next is made."""
        yield self._step(BEGIN_NS, [Feedback(name, BEGIN_NS, self._counts(name)) for name in self.job.axes])
        yield self._step(self._sound_ns, [SourceEvent("playback", self._sound_ns, "opened", "")])
        frame, at_ns = 0, BEGIN_NS
        while at_ns < until_ns:
            at_ns += FEEDBACK_NS
            if at_ns >= self._sound_ns + (frame + 1) * FRAME_NS:
                yield self._step(at_ns - 7_000_000, [self._reading(frame)])
                frame += 1
            for index, name in enumerate(self.job.axes):
                yield self._step(at_ns + index * NS_PER_MS, self._motion(name, at_ns + index * NS_PER_MS))

    def _step(self, at_ns: int, inbox: list[InboxEvent]) -> Step:
        step = Step(at_ns, tuple(inbox))
        self.part.step(step)
        return step

    def _motion(self, name: str, at_ns: int) -> list[InboxEvent]:
        """Where the axis is meant to be, and where it is."""
        inbox: list[InboxEvent] = []
        outcome = self.part.outcome
        plan = outcome.plan.axes.get(name) if outcome is not None else None
        if outcome is not None and plan is not None and plan.follow:
            splice = plan.splice
            if splice is not None and at_ns < splice.until_ns:
                ring = splice.track.at(at_ns)[0]
            elif outcome.clock.running:
                ring = plan.track.at(outcome.clock.show_at(at_ns))[0]
            else:
                ring = self._ring[name]
            if ring != self._ring[name]:
                self._ring[name] = ring
                inbox += [Sent(name, at_ns - part_ns, ring, self._counts(name)) for part_ns in (10_000_000, 0)]
        inbox.append(Feedback(name, at_ns, self._counts(name)))
        return inbox

    def _counts(self, name: str) -> int:
        return self.job.axes[name].spec.counts_at(self._ring[name])

    def _reading(self, frame: int) -> Reading:
        label = timecode_at((START_LABEL_S * NS_PER_S) + frame * FRAME_NS, RATE)
        stamp_ns = self._sound_ns + frame * FRAME_NS + (frame * 7919) % 997
        return Reading("playback", label, False, stamp_ns, float(FRAME_NS), 1, 500.0)


def played(
    path: Path, score: Score, sheets: tuple[int, int], hours: float, stale_s: float, ledger: LedgerWriter
) -> Recalled:
    """Write the journal of so many hours, and a checkpoint so many seconds before its end."""
    snapshots, part = Snapshots(score.job), first_part(score, None)
    until_ns = BEGIN_NS + round(hours * 3600 * NS_PER_S)
    size, tail, kept = 0, b"", False
    with path.open("wb") as file:
        size += file.write(encode_header(score.header))
        for step in Show(score.job, part).steps(until_ns):
            for row in part.outcome.rows if part.outcome is not None else ():
                ledger.append(row)
            line = encode_step(step.now_ns, step.inbox)
            size += file.write(line)
            tail = (tail + line)[-TAIL_BYTES:]
            if not kept and step.now_ns >= until_ns - round(stale_s * NS_PER_S):
                kept, begun_ns = True, perf_counter_ns()
                state = snapshots.freeze(part)
                taken_ms = (perf_counter_ns() - begun_ns) / NS_PER_MS
                print(f"checkpoint: {len(state) / 1e6:.2f} MB, {taken_ms:.0f} ms of the understudy's time")
                mark = Mark(code_print(), path.name, size, tail.decode("ascii"), part.steps)
                Checkpoints(sheets).write(mark, state)
    return part


def back_s(wires: Wires, runtime: RuntimeDir, places: Places) -> float:
    """From exec of a conductor to its first sign of life; it is killed after it."""
    child = Child(conductor_child(wires, None, runtime, places))
    before_ns, clock, begun_ns = wires.memory.conductor_beat.last_ns, HostClock(), now_ns()
    child.start()
    while wires.memory.conductor_beat.last_ns == before_ns:
        if child.look(now_ns(), restart=False) is not None:
            raise SystemExit(f"the conductor ended: {places.log('conductor').read_text()[-500:]}")
        clock.sleep_until(now_ns() + NS_PER_MS)
    taken_s = (wires.memory.conductor_beat.last_ns - begun_ns) / NS_PER_S
    child.stop(0, clock)
    return taken_s


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--axes", type=int, default=3)
    parser.add_argument("--racks", type=int, default=0, help="of the whole show; 0: as many as are played")
    parser.add_argument("--stale", type=float, default=2.0, help="age of the checkpoint, seconds")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--full", action="store_true", help="also replay the whole journal once")
    given = parser.parse_args()
    print(headline(f"python benchmarks/restart.py {' '.join(sys.argv[1:])}".rstrip()))
    with tempfile.TemporaryDirectory(prefix="cuefocus-restart-") as name:
        folder = Path(name)
        cues = max(given.axes, given.racks, round(given.hours * 3600 / EVERY_S) * given.axes)
        show, rig = written(folder, cues, given.axes)
        checked = check(show, rig)
        seed = Seed(auto_arm=True, takes=1)
        header = JournalHeader(
            code_version(), "restart", journal_files(show, rig, checked), {"auto_arm": True, "takes": 1}
        )
        score = Score(build_job(checked), seed, header)
        places, runtime = Places(folder / "takes", "restart"), RuntimeDir(folder)
        places.make()
        wires = Wires(SharedMemory.create(tuple(score.job.axes), room_for(checked.compiled)), score.sealed())
        begun_ns = perf_counter_ns()
        ledger = LedgerWriter(places.ledger, run=header.run)
        part = played(places.journal, score, wires.sheet_fds, given.hours, given.stale, ledger)
        ledger.close()
        size = places.journal.stat().st_size
        rows = part.rows_before + len(part.rows)
        print(f"{cues} cues on {given.axes} axes, {rows} judged, {given.hours:g} h: made in ", end="")
        print(
            f"{(perf_counter_ns() - begun_ns) / NS_PER_S:.0f} s; {part.steps} steps, journal {size / 1e6:.0f} MB, ",
            end="",
        )
        print(f"{size / 1e6 / given.hours:.0f} MB an hour")
        whole = places.journal.read_bytes()
        taken = []
        for _ in range(given.runs):
            places.journal.write_bytes(whole)
            taken.append(back_s(wires, runtime, places))
        print(f"with a checkpoint: median {median(taken):.3f} s, worst {max(taken):.3f} s of {len(taken)}", end="")
        fine = max(taken) <= LIMIT_S
        print(f"; at most {LIMIT_S:.0f} s: {'ok' if fine else 'MISSED'}")
        if given.full:
            places.journal.write_bytes(whole)
            wires.sheet_fds = ()
            print(f"without: {back_s(wires, runtime, places):.1f} s")
        print(places.log("conductor").read_text().strip())
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
