"""OSC in to the first set-point out at a motor's line, beside other programs that hear OSC, in one run.

    python benchmarks/osc.py [--shots 2000] [--hz 1000] [--only ours,echo] [--flood]

A C program sends messages 5 to 10 ms apart, made by python-osc's builder. A peer answers each by UDP (`oscdump`: a line
on a pty); ours pulls one of six motors from rest to its other mark, and what counts is the first set-point that is not
the one it rested at, stamped by a C program at the motor's end of a pty. The cues are fired by triggers of their own,
with both guards 0: each axis is fired at anew every 30 to 60 ms, which a guard would rightly take for a slip. Pulls are
of 20 ms, shape linear, so that the very first set-point shows. Every program has the real-time class of ours.

Time-tagged bundles are sent 20 and 150 ms ahead; an immediate message 10 ms behind a bundle that is 200 ms ahead.
"""

import argparse
import contextlib
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from osc_flood import flood
from osc_hearers import HEARERS, Hearer, Shot, missing_of
from osc_stage import Stage
from timing_rig import headline, heaters, hogs, lifted_workers

MS = 1_000_000
EARLY_NS = 50_000
AHEAD_MS = (20, 150)
MEDIAN_MS, P99_MS, TAG_P99_MS = 0.2, 1.0, 1.0


@dataclass(slots=True)
class Figures:
    """Of one program.

    Args:
        delays_ns: of plain messages, in the order in which they were sent; None: no answer came.
        lost: messages that were never heard.
        in_order: the answers came in the order of the messages.
        tag_errors_ns: answer less time tag, by how far ahead the bundle was sent (ms).
        behind_ns: delays of the messages behind a bundle that waits.
    """

    delays_ns: list[int | None]
    lost: int
    in_order: bool
    tag_errors_ns: dict[int, list[int | None]] = field(default_factory=dict)
    behind_ns: list[int | None] = field(default_factory=list)

    @property
    def unseen(self) -> int:
        """Messages that were heard while the axis still moved, so that nothing is to be seen of how soon."""
        return self.delays_ns.count(None) - self.lost


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, default=2000)
    parser.add_argument("--bundles", type=int, default=100, help="time-tagged ones, for each distance")
    parser.add_argument("--hz", type=int, default=1000, help="set-points a second of each motor")
    parser.add_argument("--hogs", type=int, default=0, help="CPU-bound, garbage-collecting Python processes beside it")
    parser.add_argument("--flood", action="store_true", help="a song with and without a flood, instead of all that")
    parser.add_argument("--packets", type=int, default=40_000, help="in each of the three bursts of the flood")
    parser.add_argument("--only", default="", help=f"some of {', '.join(HEARERS)}")
    parser.add_argument("--keep", type=Path, help="folder for rig, show, logs and journals")
    given = parser.parse_args()
    wanted = given.only.split(",") if given.only else list(HEARERS)
    print(headline(f"python benchmarks/osc.py {' '.join(sys.argv[1:])}"))
    found: dict[str, Figures] = {}
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        stack.enter_context(heaters())
        stack.enter_context(hogs(given.hogs))
        stack.enter_context(lifted_workers())
        if given.flood:
            return flood(folder, given.hz, given.packets)
        stage = Stage(folder, given.hz)
        for name in wanted:
            if missing := missing_of(name):
                print(f"{name:20} not measured: {missing}")
                continue
            with HEARERS[name](stage) as hearer:
                found[name] = measured(hearer, given.shots, given.bundles)
            print(f"{name:20} heard", file=sys.stderr, flush=True)
    tell(found)
    return judge(found)


def measured(hearer: Hearer, shots: int, bundles: int) -> Figures:
    """All that is asked of one program."""
    chance = random.Random(4)
    at_ns, plain = 0, list[Shot]()
    for _ in range(shots):
        at_ns += chance.randrange(5 * MS, 10 * MS)
        plain.append(Shot(at_ns))
    _, heard = hearer.hears(plain)
    ends = [end for _, end in heard if end is not None]
    delays = [None if end is None else end - sent for sent, end in heard]
    figures = Figures(delays, hearer.lost, ends == sorted(ends))
    if not bundles:
        return figures
    for ahead_ms in AHEAD_MS:
        spaced = max(60, ahead_ms + 20)
        tagged = [Shot(number * spaced * MS + 40 * MS, ahead_ms * MS) for number in range(bundles)]
        start_ns, answers = hearer.hears(tagged, tail_ms=ahead_ms + 400)
        figures.tag_errors_ns[ahead_ms] = [
            None if end is None else end - start_ns - shot.at_ns - ahead_ms * MS
            for shot, (_, end) in zip(tagged, answers, strict=True)
        ]
    pairs = [
        Shot(number * 300 * MS + late_ns, ahead_ns)
        for number in range(max(1, bundles // 2))
        for late_ns, ahead_ns in ((0, 200 * MS), (10 * MS, None))
    ]
    _, answers = hearer.hears(pairs, tail_ms=600)
    figures.behind_ns = [None if end is None else end - sent for sent, end in answers[1::2]]
    return figures


def share(values: Sequence[int | None], percent: float) -> float:
    """A percentile of those that are there, in ms."""
    there = sorted(value for value in values if value is not None)
    return there[min(len(there) - 1, int(len(there) * percent / 100))] / MS if there else float("nan")


def tell(found: dict[str, Figures]) -> None:
    """The tables."""
    floor = found.get("echo")
    print("\nmessages, ms; over: less the echo's own figure")
    print(
        f"{'':20}{'n':>6}{'lost':>6}{'unseen':>8}{'order':>7}"
        f"{'p50':>9}{'p99':>9}{'max':>9}{'p50 over':>10}{'p99 over':>10}"
    )
    for name, figures in found.items():
        p50, p99, most = (share(figures.delays_ns, percent) for percent in (50, 99, 100))
        order = "kept" if figures.in_order else "mixed"
        over = (0.0, 0.0) if floor is None else over_floor(figures, floor)
        print(
            f"{name:20}{len(figures.delays_ns):6}{figures.lost:6}{figures.unseen:8}{order:>7}{p50:9.3f}{p99:9.3f}{most:9.3f}"
            f"{over[0]:10.3f}{over[1]:10.3f}"
        )
    if not any(figures.tag_errors_ns for figures in found.values()):
        return
    print(
        "\ntime-tagged bundles, ms after the tag; early: by more than 0.05 ms; behind: a message behind one that waits"
    )
    head = "".join(f"{f'+{ahead} p1':>11}{'p50':>9}{'p99':>9}{'early':>7}{'lost':>6}" for ahead in AHEAD_MS)
    print(f"{'':20}{head}{'behind p50':>12}{'max':>9}")
    for name, figures in found.items():
        cells = ""
        for errors in figures.tag_errors_ns.values():
            p1, p50, p99 = (share(errors, percent) for percent in (1, 50, 99))
            cells += f"{p1:11.3f}{p50:9.3f}{p99:9.3f}{early(errors):7}{errors.count(None):6}"
        if cells:
            print(f"{name:20}{cells}{share(figures.behind_ns, 50):12.3f}{share(figures.behind_ns, 100):9.3f}")


def early(errors_ns: Sequence[int | None]) -> int:
    """How many came before their time."""
    return sum(1 for error in errors_ns if error is not None and error < -EARLY_NS)


def over_floor(figures: Figures, floor: Figures) -> tuple[float, float]:
    """Median and p99 over the echo's, ms."""
    p50, p99 = (share(figures.delays_ns, percent) - share(floor.delays_ns, percent) for percent in (50, 99))
    return p50, p99


def judge(found: dict[str, Figures]) -> int:
    """Ours against the figures to reach; the exit status."""
    if "ours" not in found or "echo" not in found:
        return 0
    ours = found["ours"]
    p50, p99 = over_floor(ours, found["echo"])
    gates = [
        ("median over the echo, ms", p50, MEDIAN_MS),
        ("p99 over the echo, ms", p99, P99_MS),
        ("lost", float(ours.lost), 0.0),
    ]
    for ahead_ms, errors in ours.tag_errors_ns.items():
        gates.append((f"p99 after the tag, {ahead_ms} ms ahead", share(errors, 99), TAG_P99_MS))
        gates.append((f"early, {ahead_ms} ms ahead", float(early(errors)), 0.0))
    print()
    for name, value, gate in gates:
        print(f"{name:36}{value:9.3f} ≤ {gate:g}  {'reached' if value <= gate else 'MISSED'}")
    return 0 if all(value <= gate for _, value, gate in gates) else 3


if __name__ == "__main__":
    sys.exit(main())
