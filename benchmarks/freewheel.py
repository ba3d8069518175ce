"""Where the playhead is while nothing is heard: ours beside a second-order loop, same readings, same run.

    python benchmarks/freewheel.py [--seeds 30] [--heard 60] [--only REGEX] [--ppm 0 1 20 100]

A source plays for --heard seconds, then its signal is lost and it plays on. Printed is how far the playhead is from it
1, 3, 10 and 30 s later, median and worst of the seeds, µs of media, about its mean error in the last 5 s that were
heard: each filter's constant delay is calibrated away.

- ours: `chase/follower.py`, fed as it is live: LTC through the clock of a sound card, MTC through the earliest arrivals
- loop: a second-order delay-locked loop by the equations of F. Adriaensen, "Using a DLL to filter time", Linux Audio
  Conference 2005, at 1 Hz per LTC frame and 0.5 Hz per quarter frame, which are the bandwidths of Ardour's transport
  masters (libs/ardour/ltc_slave.cc, mtc_slave.cc)

LTC at 20 dB: frame starts scatter by 0.24 µs (`timecode.py`); a card's blocks of 256 samples are stamped late by 20 µs
in the mean, one in 200 by a millisecond more. The source's crystal is `ppm` fast and the card's as much slow against
the host's. MTC comes over the channels of `cuefocus/sim/late_channel.py`.
"""

import argparse
import math
import os
import platform
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from statistics import fmean, median

from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.follower import Follower
from cuefocus.chase.inputs import MtcInput
from cuefocus.chase.sample_clock import SampleClock
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading
from cuefocus.wire.mtc.encoder import MtcRun

RATE = RATES["25"]
START = Timecode(1, 0, 0, 0)
PPMS = (0, 1, 20, 100)
AFTER_S = (1, 3, 10, 30)
_START_NS = START.show_ns(RATE)
_HOST0_NS = 10**15
_TICK_NS = 20 * NS_PER_MS
_CALIBRATED_S = 5
_SAMPLE_RATE, _BLOCK = 48_000, 256
_LTC_NOISE_NS, _LTC_LATENCY_NS = 240.0, 8 * NS_PER_MS
_STAMP_LATE_NS, _SPIKE_NS, _SPIKES = 20e3, 1e6, 0.005


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that comes in.

    Args:
        known_ns: when it is known, host ns.
        readings: for ours.
        pulse_ns: for the loop: the stamp of the next frame or quarter frame.
    """

    known_ns: int
    readings: tuple[Reading, ...]
    pulse_ns: int


class Loop:
    """A second-order loop over pulses that are `nominal_ns` of media apart."""

    def __init__(self, bandwidth_hz: float, nominal_ns: float) -> None:
        omega = 2.0 * math.pi * bandwidth_hz * nominal_ns / NS_PER_S
        self._b, self._c = math.sqrt(2.0) * omega, omega * omega
        self._nominal_ns = self._period_ns = nominal_ns
        self._pulses = -1
        self._at_ns = self._next_ns = 0.0

    def take(self, stamp_ns: int) -> None:
        """Take a pulse's stamp, host ns."""
        self._pulses += 1
        if self._pulses == 0:
            self._at_ns = float(stamp_ns - _HOST0_NS)
        else:
            error_ns = (stamp_ns - _HOST0_NS) - self._next_ns
            self._at_ns = self._next_ns + self._b * error_ns
            self._period_ns += self._c * error_ns
        self._next_ns = self._at_ns + self._period_ns

    def show_at(self, host_ns: int) -> float:
        """Media ns since the first pulse."""
        return (self._pulses + ((host_ns - _HOST0_NS) - self._at_ns) / self._period_ns) * self._nominal_ns


def ltc(speed: float, ppm: float, heard_s: float, chance: random.Random) -> Iterator[Arrival]:
    """LTC at 20 dB through a sound card."""
    clock = SampleClock(_SAMPLE_RATE)
    card_rate = _SAMPLE_RATE * (1.0 - ppm * 1e-6)
    first = START.frame_number(RATE)
    blocks = frame = 0
    frame_s = float(1 / RATE.fps) / speed
    while (frame + 1) * frame_s < heard_s:
        # Its last sample is in a block that must have come.
        while blocks * _BLOCK / card_rate < (frame + 1) * frame_s:
            blocks += 1
            late_ns = chance.expovariate(1.0 / _STAMP_LATE_NS) + (_SPIKE_NS if chance.random() < _SPIKES else 0.0)
            clock.feed(blocks * _BLOCK, _HOST0_NS + round(blocks * _BLOCK / card_rate * NS_PER_S + late_ns))
        sample = frame * frame_s * card_rate + chance.gauss(0.0, _LTC_NOISE_NS) * card_rate / NS_PER_S
        stamp_ns = clock.host_at(sample)
        noise_ns = max(200.0, math.hypot(clock.uncertainty_ns(sample), _LTC_NOISE_NS))
        label = timecode_at_frame(first + frame, RATE)
        reading = Reading("ltc", label, RATE.drop, stamp_ns, frame_s * NS_PER_S, 1, noise_ns)
        yield Arrival(_HOST0_NS + round((frame + 1) * frame_s * NS_PER_S) + _LTC_LATENCY_NS, (reading,), stamp_ns)
        frame += 1


def mtc(channel: str) -> Callable[[float, float, float, random.Random], Iterator[Arrival]]:
    """MTC over a channel of that name."""

    def arrivals(speed: float, _: float, heard_s: float, chance: random.Random) -> Iterator[Arrival]:
        listener, late = MtcInput("mtc"), LateChannel(DELAYS[channel], chance.randrange(1 << 30))
        exact = Fraction(speed).limit_denominator(10**9)
        for piece in MtcRun(RATE, START, _HOST0_NS, exact).pieces():
            if piece.due_ns > _HOST0_NS + heard_s * NS_PER_S:
                return
            stamp_ns = late.stamp(piece.due_ns)
            heard = listener.feed(piece.message, stamp_ns)
            yield Arrival(stamp_ns, tuple(found for found in heard if isinstance(found, Reading)), stamp_ns)

    return arrivals


SOURCES: dict[str, tuple[Callable[[float, float, float, random.Random], Iterator[Arrival]], float, float]] = {
    "LTC 20 dB": (ltc, 1.0, RATE.frame_ns),
    **{f"MTC {name}": (mtc(name), 0.5, RATE.frame_ns / 4) for name in ("DIN", "USB + OS", "network")},
}
"""Arrivals, the loop's bandwidth (Hz), and how far apart its pulses are (ns)."""


def errors_ns(name: str, ppm: float, heard_s: float, seed: int) -> tuple[list[float], list[float]]:
    """Error of both playheads at each of `AFTER_S`, about their mean before."""
    source, bandwidth_hz, nominal_ns = SOURCES[name]
    chance = random.Random(f"{name} {ppm} {seed}")
    heard_s += chance.uniform(0.0, 1.0)
    speed = 1.0 + ppm * 1e-6
    # The act runs on whatever comes: what is measured is the clock, not the policy.
    follower = Follower(ChaseConfig(RATE, _START_NS, _START_NS + 600 * NS_PER_S, on_loss="run"))
    loop = Loop(bandwidth_hz, nominal_ns)
    ours: dict[int, float] = {}
    theirs: dict[int, float] = {}
    lost_ns = _HOST0_NS + round(heard_s * NS_PER_S)
    coming = source(speed, ppm, heard_s, chance)
    arrival = next(coming, None)
    ticks = round((heard_s + AFTER_S[-1] + 1) * NS_PER_S / _TICK_NS)
    for tick in range(1, ticks):
        now_ns = _HOST0_NS + tick * _TICK_NS
        while arrival is not None and arrival.known_ns <= now_ns:
            loop.take(arrival.pulse_ns)
            for reading in arrival.readings:
                follower.feed(reading)
            arrival = next(coming, None)
        clock, _ = follower.step(now_ns)
        played_ns = (now_ns - _HOST0_NS) * speed
        if clock.running:
            ours[now_ns] = clock.show_ns - _START_NS - played_ns
        theirs[now_ns] = loop.show_at(now_ns) - played_ns
    return _about_mean(ours, lost_ns), _about_mean(theirs, lost_ns)


def _about_mean(errors: dict[int, float], lost_ns: int) -> list[float]:
    before = [error for at, error in errors.items() if lost_ns - _CALIBRATED_S * NS_PER_S <= at < lost_ns]
    late = [min(errors, key=lambda at: abs(at - lost_ns - after * NS_PER_S)) for after in AFTER_S]
    return [abs(errors[at] - fmean(before)) for at in late]


def _cells(runs: Sequence[Sequence[float]]) -> str:
    columns = list(zip(*runs, strict=True))
    return " ".join(f"{median(column) / 1e3:8.1f} {max(column) / 1e3:8.1f}" for column in columns)


def main() -> None:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--heard", type=float, default=60.0, help="seconds")
    parser.add_argument("--only", default="", help="sources whose name matches")
    parser.add_argument("--ppm", type=float, nargs="+", default=PPMS, help="how much the crystals differ")
    arguments = parser.parse_args()
    today = datetime.now(UTC).date()
    print(
        f"python {' '.join(sys.argv)}  {today}, {platform.node()}, {os.cpu_count()} CPUs, {platform.python_version()}"
    )
    print(f"µs after {', '.join(map(str, AFTER_S))} s without readings: median and worst of {arguments.seeds}")
    for name in SOURCES:
        if not re.search(arguments.only, name):
            continue
        for ppm in arguments.ppm:
            runs = [errors_ns(name, ppm, arguments.heard, seed) for seed in range(arguments.seeds)]
            for which, filter_name in enumerate(("ours", "loop")):
                print(f"{name:13s} {ppm:4g} ppm {filter_name:5s} {_cells([run[which] for run in runs])}", flush=True)


if __name__ == "__main__":
    main()
