"""Where playback is, from quarter frames that come late: three filters on the same streams in the same run.

    python benchmarks/mtc_filters.py [--seeds 3] [--only REGEX]

- earliest: ours, the line below the earliest arrivals (`chase/earliest.py`), and `clock`, what the follower makes of it
- loop: a second-order delay-locked loop per quarter frame with Ardour's constants (libs/ardour/mtc_slave.cc,
  `init_mtc_dll`: omega = 2 pi (quarter frame / 2), that is B = 0.5 Hz, b = sqrt(2) omega, c = omega squared), by the
  equations of F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005
- gate: the follower's own Kalman filter with its symmetric gate (`chase/follower.py`), fed with words as they arrive

A last table has the same of MIDI clock at 120 beats a minute: `earliest` is the line of `chase/clock_input.py`.

Channels are those of `cuefocus/sim/late_channel.py`. Errors are of the playhead each 10 ms, ms of media, about their
mean: each filter's constant delay is calibrated away.
"""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, pstdev
from typing import Protocol

from timing_rig import today_here

from cuefocus.anchors.tempo_map import TempoMap
from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.follower import Follower
from cuefocus.chase.inputs import MtcInput
from cuefocus.chase.musical import Song
from cuefocus.chase.speeds import speeds_between
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.encoder import MtcRun
from cuefocus.wire.mtc.word import MtcWord
from cuefocus.wire.pace import Pace
from cuefocus.wire.sent_clock import SongRun, clock_messages

_RATE = RATES["25"]
_START = Timecode(1, 0, 0, 0)
_START_NS = _START.show_ns(_RATE)
_QUARTER_NS = _RATE.frame_ns / 4
_HOST0_NS = 10**15
_TICK_NS = 10 * NS_PER_MS
_SECONDS, _STEP_S = 60, 40.0
_RAW_NOISE_NS = 5e5  # what a word's own stamp is stated to scatter by, for the gate alone
_CLOCK_NS = NS_PER_S / 48
_SONG = Song(
    "song", _RATE, _START_NS, _START_NS, _START_NS + 600 * NS_PER_S, 1.0, TempoMap([(0, 500_000)], [(0, 4, 4)], 480)
)
_BLOCK_NS = 1024 / 48_000 * NS_PER_S

Speed = Callable[[float], float]


class Filter(Protocol):
    """Something that makes a playhead of quarter frames."""

    def take(self, message: bytes, stamp_ns: int) -> None:
        """Take a quarter frame."""

    def show_at(self, host_ns: int) -> float | None:
        """Show time at `host_ns`, now; None while it is not known."""


class Earliest:
    """Ours, without what follows it."""

    def __init__(self) -> None:
        self._input = MtcInput("mtc")
        self._first = 0

    def take(self, message: bytes, stamp_ns: int) -> None:
        """As `Filter`."""
        for found in self._input.feed(message, stamp_ns):
            if isinstance(found, Reading) and not self._first:
                self._first = found.label.show_ns(_RATE)

    def show_at(self, host_ns: int) -> float | None:
        """As `Filter`."""
        passage = self._input.line.arrivals.passage
        return None if passage is None else self._first + passage.show_at(host_ns)


class OurClock:
    """The follower's clock, fed with readings that have the stamps they should have had."""

    def __init__(self) -> None:
        self._input: MtcInput | MidiClockInput = MtcInput("mtc")
        self._follower = Follower(_act())

    def take(self, message: bytes, stamp_ns: int) -> None:
        """As `Filter`."""
        for found in self._input.feed(message, stamp_ns):
            if isinstance(found, Reading):
                self._follower.feed(found)

    def show_at(self, host_ns: int) -> float | None:
        """As `Filter`."""
        clock, _ = self._follower.step(host_ns)
        return clock.show_ns if clock.running else None


class Gate:
    """The follower's clock, fed with words as they arrive."""

    def __init__(self) -> None:
        self._decoder, self._follower = MtcDecoder("mtc"), Follower(_act())

    def take(self, message: bytes, stamp_ns: int) -> None:
        """As `Filter`."""
        for word in self._decoder.feed(message, stamp_ns):
            if isinstance(word, MtcWord):
                reading = Reading("mtc", word.label, word.rate.drop, word.stamps_ns[0], 0.0, word.direction)
                self._follower.feed(replace(reading, noise_ns=_RAW_NOISE_NS))

    def show_at(self, host_ns: int) -> float | None:
        """As `Filter`."""
        clock, _ = self._follower.step(host_ns)
        return clock.show_ns if clock.running else None


class Loop:
    """A second-order loop over the arrivals; they are counted, not read: none is lost here."""

    def __init__(self, bandwidth_hz: float, part_ns: float = _QUARTER_NS) -> None:
        omega = 2.0 * math.pi * bandwidth_hz * part_ns / NS_PER_S
        self._part_ns = part_ns
        self._b, self._c = math.sqrt(2.0) * omega, omega * omega
        self._quarters = -1
        self._at_ns = self._next_ns = 0.0
        self._period_ns = part_ns

    def take(self, message: bytes, stamp_ns: int) -> None:
        """As `Filter`."""
        if message == b"\xfa":
            return  # MIDI clock's Start
        self._quarters += 1
        if self._quarters == 0:
            self._at_ns = float(stamp_ns - _HOST0_NS)
            self._next_ns = self._at_ns + self._period_ns
            return
        error_ns = (stamp_ns - _HOST0_NS) - self._next_ns
        self._at_ns = self._next_ns + self._b * error_ns
        self._next_ns += self._b * error_ns + self._period_ns
        self._period_ns += self._c * error_ns

    def show_at(self, host_ns: int) -> float | None:
        """As `Filter`."""
        if self._quarters < 0:
            return None
        since_ns = (host_ns - _HOST0_NS) - self._at_ns
        return _START_NS + (self._quarters + since_ns / self._period_ns) * self._part_ns


class EarliestClock:
    """The line of MIDI clock, without what follows it."""

    def __init__(self) -> None:
        self._input = MidiClockInput("clock", [_SONG])

    def take(self, message: bytes, stamp_ns: int) -> None:
        """As `Filter`."""
        self._input.feed(message, stamp_ns)

    def show_at(self, host_ns: int) -> float | None:
        """As `Filter`."""
        passage = self._input.line.passage
        return None if passage is None else passage.show_at(host_ns)


class OurClockByClock(OurClock):
    """The follower's clock, by MIDI clock."""

    def __init__(self) -> None:
        super().__init__()
        self._input = MidiClockInput("clock", [_SONG])


FILTERS: dict[str, Callable[[], Filter]] = {
    "earliest": Earliest,
    "clock": OurClock,
    "loop 0.5 Hz": lambda: Loop(0.5),
    "loop 0.1 Hz": lambda: Loop(0.1),
    "gate": Gate,
}

CLOCK_FILTERS: dict[str, Callable[[], Filter]] = {
    "earliest": EarliestClock,
    "clock": OurClockByClock,
    "loop 0.5 Hz": lambda: Loop(0.5, _CLOCK_NS),
    "loop 0.1 Hz": lambda: Loop(0.1, _CLOCK_NS),
}

CONSTANT: dict[str, float] = {"1": 1.0, "+1000 ppm": 1.001, "-1000 ppm": 0.999}
STEPS: dict[str, float] = {"+4 %": 1.04, "-4 %": 0.96, "+1000 ppm": 1.001}
CHANNELS: dict[str, float] = {**dict.fromkeys(DELAYS, 0.0), "DIN, 1024 blocks": _BLOCK_NS}


def _act() -> ChaseConfig:
    return ChaseConfig(_RATE, _START_NS, _START_NS + 600 * NS_PER_S, speeds=speeds_between(0.9, 1.1))


@dataclass(frozen=True, slots=True)
class Stream:
    """Quarter frames and their stamps, and the media's true place: it steps to `after` at `_STEP_S`."""

    messages: list[tuple[int, bytes]]
    before: float
    after: float

    def true_ns(self, at_s: float) -> float:
        """Show time after so many seconds."""
        stepped_s = max(at_s - _STEP_S, 0.0)
        return _START_NS + ((at_s - stepped_s) * self.before + stepped_s * self.after) * NS_PER_S


def stream(channel: str, seed: int, before: float, after: float) -> Stream:
    """One minute on a late channel."""
    late = LateChannel(DELAYS[channel.partition(",")[0]], seed, blocks_ns=CHANNELS[channel])
    run = MtcRun(_RATE, _START, 0)
    stepped_ns = _STEP_S * before * NS_PER_S
    messages = []
    for piece in run.pieces():
        at_ns = piece.due_ns / before
        if piece.due_ns > stepped_ns:
            at_ns = _STEP_S * NS_PER_S + (piece.due_ns - stepped_ns) / after
        if at_ns > _SECONDS * NS_PER_S:
            break
        messages.append((late.stamp(_HOST0_NS + round(at_ns)), piece.message))
    return Stream(messages, before, after)


def clock_stream(channel: str, seed: int, speed: float) -> Stream:
    """One minute of MIDI clock on a late channel."""
    late = LateChannel(DELAYS[channel.partition(",")[0]], seed, blocks_ns=CHANNELS[channel])
    run = SongRun(_SONG.time.media_ns, pace=Pace(speed))
    sent = clock_messages(run, float(_SECONDS), _HOST0_NS)
    return Stream([(late.stamp(message.due_ns), message.data) for message in sent][:-1], speed, speed)


def errors_ms(made: Stream, filter_: Filter) -> list[tuple[float, float]]:
    """The playhead's error at each tick at which there is one."""
    found, pending = [], iter(made.messages)
    upcoming = next(pending, None)
    for tick in range(_SECONDS * NS_PER_S // _TICK_NS):
        host_ns = _HOST0_NS + tick * _TICK_NS
        while upcoming is not None and upcoming[0] <= host_ns:
            filter_.take(upcoming[1], upcoming[0])
            upcoming = next(pending, None)
        show_ns = filter_.show_at(host_ns)
        if show_ns is not None:
            at_s = tick * _TICK_NS / NS_PER_S
            found.append((at_s, (show_ns - made.true_ns(at_s)) / NS_PER_MS))
    return found


def settled(streams: Sequence[Stream], make: Callable[[], Filter]) -> str:
    """Standard deviation and worst error from 40 s on."""
    about: list[float] = []
    for made in streams:
        late = [error for at_s, error in errors_ms(made, make()) if at_s >= _STEP_S]
        about += [error - fmean(late) for error in late]
    return f"{pstdev(about):6.3f} /{max(map(abs, about)):7.3f}"


def recovery(streams: Sequence[Stream], make: Callable[[], Filter]) -> str:
    """How long after a step in speed the last error above 1 ms is, median and worst of the streams."""
    lasted: list[float] = []
    for made in streams:
        found = errors_ms(made, make())
        constant = fmean(error for at_s, error in found if _STEP_S - 10.0 < at_s < _STEP_S)
        after = [at_s - _STEP_S for at_s, error in found if at_s > _STEP_S and abs(error - constant) > 1.0]
        lasted.append(max(after, default=0.0))
    worst = f"{max(lasted):7.2f}" if max(lasted) < _SECONDS - _STEP_S - 0.1 else "  never"
    return f"{median(lasted):6.2f} /{worst}"


def _table(
    title: str,
    speeds: dict[str, float],
    rows: Callable[[str, float], list[str]],
    only: str,
    filters: Sequence[str] = tuple(FILTERS),
) -> None:
    print(f"\n{title}")
    print(f"{'channel':18s}{'speed':12s}" + "".join(f"{name:>17s}" for name in filters))
    for channel in CHANNELS:
        for name, speed in speeds.items():
            if re.search(only, f"{channel} {name}"):
                print(f"{channel:18s}{name:12s}" + "".join(f"{cell:>17s}" for cell in rows(channel, speed)), flush=True)


def main() -> None:
    """Play, filter, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    seeds = range(arguments.seeds)

    def settled_cells(channel: str, speed: float) -> list[str]:
        made = [stream(channel, seed, speed, speed) for seed in seeds]
        return [settled(made, make) for make in FILTERS.values()]

    def recovery_cells(channel: str, speed: float) -> list[str]:
        made = [stream(channel, seed, 1.0, speed) for seed in seeds]
        return [recovery(made, make) for make in FILTERS.values()]

    _table("error from 40 s on, std / worst, ms", CONSTANT, settled_cells, arguments.only)
    _table("s after a step in speed until within 1 ms, median / worst", STEPS, recovery_cells, arguments.only)

    def clock_cells(channel: str, speed: float) -> list[str]:
        made = [clock_stream(channel, seed, speed) for seed in seeds]
        return [settled(made, make) for make in CLOCK_FILTERS.values()]

    title = "MIDI clock at 120 beats a minute: error from 40 s on, std / worst, ms"
    _table(title, CONSTANT, clock_cells, arguments.only, tuple(CLOCK_FILTERS))
    print(f"\n{today_here()}")


if __name__ == "__main__":
    main()
