"""Channels on which messages arrive late: MIDI cables, USB, schedulers, networks.

The models are those of the field's measurements: a DIN cable's 31,250 baud, USB's polling each millisecond, a desktop
scheduler's spikes, a wireless network's. Messages never overtake each other.
"""

import random
from collections.abc import Callable, Iterable
from typing import Final

from cuefocus.timebase.units import NS_PER_MS

Delay = Callable[[random.Random], float]
"""A message's own delay, ms."""


def _din(chance: random.Random) -> float:
    return 0.64 + chance.uniform(0.0, 0.2)


def _usb(chance: random.Random) -> float:
    return 0.7 + chance.uniform(0.0, 1.0)


def _usb_os(chance: random.Random) -> float:
    spike = chance.uniform(3.0, 20.0) if chance.random() < 0.01 else 0.0
    return _usb(chance) + chance.expovariate(1.0 / 0.6) + spike


def _network(chance: random.Random) -> float:
    spike = chance.uniform(10.0, 50.0) if chance.random() < 0.02 else 0.0
    return 2.0 + chance.expovariate(1.0 / 3.0) + spike


def _wireless(chance: random.Random) -> float:
    """Worse than the measured ones: hardly any message has the least delay, and now and then all wait 0.3 s."""
    stall = 300.0 if chance.random() < 0.002 else 0.0
    return 2.0 + chance.gammavariate(2.0, 2.0) + stall


DELAYS: Final[dict[str, Delay]] = {
    "DIN": _din,
    "USB": _usb,
    "USB + OS": _usb_os,
    "network": _network,
    "wireless": _wireless,
}


class LateChannel:
    """A channel with one of the models of `DELAYS`.

    Args:
        delay: each message's own delay, ms.
        seed: of its chance.
        blocks_ns: stamps are taken only at multiples of this (0: at once), as in a host that looks once a block.
    """

    def __init__(self, delay: Delay, seed: int, *, blocks_ns: float = 0.0) -> None:
        self._delay, self._chance = delay, random.Random(seed)  # noqa: S311
        self._blocks_ns = blocks_ns
        self._last_ns = 0

    def stamp(self, due_ns: int) -> int:
        """When a message sent at `due_ns` arrives, host ns; not before any earlier one."""
        arrival_ns = due_ns + self._delay(self._chance) * NS_PER_MS
        if self._blocks_ns:
            arrival_ns = -(-arrival_ns // self._blocks_ns) * self._blocks_ns
        self._last_ns = max(self._last_ns, round(arrival_ns))
        return self._last_ns

    def stamps(self, due_ns: Iterable[int]) -> list[int]:
        """As `stamp`, for many."""
        return [self.stamp(due) for due in due_ns]
