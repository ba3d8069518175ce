"""Quarter frames on late channels, with the truth beside them: for the tests of what is made of late stamps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cuefocus.chase.earliest import EarliestArrivals, Passage
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

HOST0_NS = 1_234_567_890_123_456
QUARTER_NS = 10 * NS_PER_MS  # 25 fps
PIECES = 8
LEAST_MS = {"DIN": 0.64, "USB": 0.7, "USB + OS": 0.7, "network": 2.0, "wireless": 2.0}

Speed = Callable[[float], float]


def normal(_: float) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """A look at the playhead: when, how far off (media ms, beside the least delay), and what was stated."""

    at_s: float
    error_ms: float
    sigma_ms: float
    passage: Passage


def words(channel: LateChannel, seconds: float, speed: Speed) -> Iterator[tuple[list[int], list[int], float, float]]:
    """Groups of eight: show times and stamps; then the true show and host time (from 0) after them."""
    host_ns, quarters = 0.0, 0
    while host_ns < seconds * NS_PER_S:
        show, stamps = [], []
        for _ in range(PIECES):
            show.append(quarters * QUARTER_NS)
            stamps.append(channel.stamp(HOST0_NS + round(host_ns)))
            host_ns += QUARTER_NS / speed(host_ns / NS_PER_S)
            quarters += 1
        yield show, stamps, float(quarters * QUARTER_NS), host_ns


def looks(model: str, seed: int, seconds: float = 60.0, speed: Speed = normal) -> list[Look]:
    """The playhead at each word's end and until the next, as the newest line has it."""
    arrivals, found = EarliestArrivals(), []
    for show, stamps, show_ns, host_ns in words(LateChannel(DELAYS[model], seed), seconds, speed):
        arrivals.feed(show, stamps)
        passage = arrivals.passage
        if passage is None:
            continue
        for later_ns in (0, 20 * NS_PER_MS, 40 * NS_PER_MS, 60 * NS_PER_MS):
            at_ns = HOST0_NS + round(host_ns) + later_ns
            now = speed(host_ns / NS_PER_S)
            error_ms = (passage.show_at(at_ns) - show_ns - later_ns * now) / NS_PER_MS + LEAST_MS[model] * now
            sigma_ms = passage.sigma_at(at_ns) * passage.speed / NS_PER_MS
            found.append(Look((host_ns + later_ns) / NS_PER_S, error_ms, sigma_ms, passage))
    return found
