"""How late this machine wakes a process that waits as motion does; run in a process of its own, so nothing else counts.

`python -m cuefocus.shells.wake_probe --seconds 1 --priority 75` prints one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from cuefocus.shells.host_clock import DEFAULT_SPIN_NS, HostClock, now_ns
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.timebase.units import NS_PER_S, NS_PER_US

PERIOD_NS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class WakeFigures:
    """Lateness in µs of deadlines 1 ms apart, and under what privileges they were met."""

    fifo: bool
    locked: bool
    deadlines: int
    p50_us: float
    p99_us: float
    p999_us: float
    most_us: float


def measure(length_ns: int, *, priority: int, spin_ns: int = DEFAULT_SPIN_NS) -> WakeFigures:
    """Meet a deadline each millisecond for so long.

    Args:
        length_ns: how long.
        priority: of the real-time class; 0 for the ordinary one.
        spin_ns: as in motion.
    """
    granted = enter_realtime(priority, lock=priority > 0)
    quiet_garbage()
    clock, late_ns = HostClock(spin_ns), list[int]()
    due_ns = now_ns() + PERIOD_NS
    end_ns = due_ns + length_ns
    while due_ns < end_ns:
        woke_ns = clock.wait_until(due_ns)
        late_ns.append(woke_ns - due_ns)
        due_ns += PERIOD_NS * max(1, -(-(woke_ns - due_ns) // PERIOD_NS))
    late_ns.sort()
    last = len(late_ns) - 1

    def at(share: float) -> float:
        return late_ns[min(last, int(len(late_ns) * share))] / NS_PER_US

    return WakeFigures(granted.fifo, granted.locked, len(late_ns), at(0.5), at(0.99), at(0.999), at(1.0))


def main(argv: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="wake_probe")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--priority", type=int, default=0)
    given = parser.parse_args(argv)
    sys.stdout.write(json.dumps(asdict(measure(round(given.seconds * NS_PER_S), priority=given.priority))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
