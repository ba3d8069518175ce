"""A timecode source with a known truth, for the chase's tests: words with stamps, and steps of the clock."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from cuefocus.chase.clock import Clock
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.labels import word_rate
from cuefocus.chase.speeds import Speeds
from cuefocus.timebase.frames import FrameRate, Timecode, parse_timecode, rate_named, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading

HOST0_NS = 1_234_567_890_123_456
TICK_NS = 5 * NS_PER_MS
# A word is known one word after its start, and a sound block later.
BLOCK_NS = 8 * NS_PER_MS


def act(rate: str = "25", starts: str = "01:00:00:00", speeds: Speeds | None = None, **more: object) -> ChaseConfig:
    """An act of ten minutes."""
    frame_rate = rate_named(rate)
    starts_ns = parse_timecode(starts, frame_rate).show_ns(frame_rate)
    config = ChaseConfig(frame_rate, starts_ns, starts_ns + 600 * NS_PER_S, speeds=speeds or Speeds())
    return replace(config, **more)  # type: ignore[arg-type]


def exactly(*speeds: str) -> Speeds:
    """Declared exact speeds."""
    return Speeds(tuple(Fraction(speed) for speed in speeds))


@dataclass
class Source:
    """Plays labels of a rate; host time passes from `host_ns` on.

    Args:
        ppm: its crystal against the host's.
        noise_ns: the spread of its stamps; `claimed_ns` is what its readings say of it.
    """

    rate: FrameRate
    seed: int = 0
    ppm: float = 0.0
    noise_ns: float = 1000.0
    claimed_ns: float | None = None
    drop_flag: bool | None = None
    source: str = "ltc"
    host_ns: float = float(0)
    chance: random.Random = field(init=False)
    next_word: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def reading(self, word: int, at_ns: float, length_ns: float, direction: int) -> Reading:
        rate = word_rate(self.rate)
        stamp_ns = HOST0_NS + round(at_ns + self.chance.gauss(0.0, self.noise_ns))
        claimed_ns = self.noise_ns if self.claimed_ns is None else self.claimed_ns
        drop = self.rate.drop if self.drop_flag is None else self.drop_flag
        measured_ns = length_ns + self.chance.gauss(0.0, self.noise_ns)
        return Reading(
            self.source, timecode_at_frame(word, rate), drop, stamp_ns, measured_ns, direction, max(claimed_ns, 1.0)
        )

    def play(
        self, start: str | int, seconds: float, speed: float | Callable[[float], float] = 1.0, direction: int = 1
    ) -> list[Reading]:
        """Words for `seconds` of host time, at a speed or at speed(seconds since the start)."""
        rate = word_rate(self.rate)
        word = start if isinstance(start, int) else parse_timecode(start, rate).frame_number(rate)
        readings, begun_ns = [], self.host_ns
        while self.host_ns < begun_ns + seconds * NS_PER_S:
            middle_s = (self.host_ns - begun_ns) / NS_PER_S
            length_ns = rate.frame_ns / self._speed(speed, middle_s, rate.frame_ns)
            # In reverse the stamp is the later edge of the word: the start of its label.
            at_ns = self.host_ns if direction > 0 else self.host_ns + length_ns
            readings.append(self.reading(word, at_ns, length_ns, direction))
            self.host_ns += length_ns
            word += direction
        self.next_word = word
        return readings

    def wait(self, seconds: float) -> None:
        """Nothing is heard."""
        self.host_ns += seconds * NS_PER_S

    def _speed(self, speed: float | Callable[[float], float], at_s: float, frame_ns: float) -> float:
        drift = 1.0 + self.ppm * 1e-6
        if not callable(speed):
            return speed * drift
        now = speed(at_s)
        return drift * (now + speed(at_s + frame_ns / NS_PER_S / max(now, 1e-3))) / 2.0


@dataclass
class Run:
    """What a follower said: a clock every tick, and all events."""

    clocks: list[Clock]
    events: list[ChaseEvent]

    def kinds(self) -> list[ChaseKind]:
        return [event.kind for event in self.events]

    def first(self, kind: ChaseKind) -> ChaseEvent:
        return next(event for event in self.events if event.kind is kind)

    def at(self, seconds: float) -> Clock:
        """The clock at that many seconds after the beginning."""
        return next(clock for clock in self.clocks if clock.host_ns >= HOST0_NS + seconds * NS_PER_S)

    def states(self) -> list[str]:
        """States in order of appearance, without repeats."""
        words = [clock.state.word for clock in self.clocks]
        return [word for at, word in enumerate(words) if at == 0 or words[at - 1] != word]


def follow(
    follower: Follower,
    readings: list[Reading],
    *,
    until_s: float | None = None,
    block_ns: int = BLOCK_NS,
    on_tick: Callable[[Follower, int], None] | None = None,
) -> Run:
    """Feed each reading one word and a block after its stamp, and step every tick."""
    return Run(*_lists(_ticks(follower, readings, until_s, block_ns, on_tick)))


def truth(start: str, rate: FrameRate, at: Clock, speed: float = 1.0) -> int:
    """What a source that began with `start` and played on without a break shows at a clock's host time."""
    begun_ns = parse_timecode(start, word_rate(rate)).show_ns(word_rate(rate))
    return begun_ns + round((at.host_ns - HOST0_NS) * speed)


def label(text: str, rate: FrameRate) -> Timecode:
    return parse_timecode(text, word_rate(rate))


def _ticks(
    follower: Follower,
    readings: list[Reading],
    until_s: float | None,
    block_ns: int,
    on_tick: Callable[[Follower, int], None] | None,
) -> Iterator[tuple[Clock, list[ChaseEvent]]]:
    known = [
        (reading.stamp_ns + max(reading.direction, 0) * round(reading.frame_ns) + block_ns, reading)
        for reading in readings
    ]
    end_ns = known[-1][0] if until_s is None else HOST0_NS + round(until_s * NS_PER_S)
    now_ns, at = HOST0_NS, 0
    while now_ns <= end_ns:
        while at < len(known) and known[at][0] <= now_ns:
            follower.feed(known[at][1])
            at += 1
        if on_tick is not None:
            on_tick(follower, now_ns)
        yield follower.step(now_ns)
        now_ns += TICK_NS


def _lists(steps: Iterator[tuple[Clock, list[ChaseEvent]]]) -> tuple[list[Clock], list[ChaseEvent]]:
    clocks, events = [], []
    for clock, happened in steps:
        clocks.append(clock)
        events += happened
    return clocks, events
