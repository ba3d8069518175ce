"""Follows the bits of timecode through noise: an early-late loop over half-bit sums.

The transition that stands at every bit boundary, and the one in the middle of a 1, says how far the clock is off; a
second-order loop takes that away. Each half bit is summed up whole, so white noise is met by a matched filter.
Source of the loop: Gardner, "Phaselock Techniques", 3rd ed., ch. 2 (second-order type 2, damping 0.8).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.carrier import find_carrier
from cuefocus.wire.ltc.word import BITS_PER_WORD

_WINDOW_S = 0.17  # looked at for a carrier: over 300 bits
_LOOK_EVERY_S = 0.085
_PLACE_GAIN = 0.1
_LENGTH_GAIN = 0.004
_SLOWEST_FPS, _FASTEST_FPS = 18.5, 39.0  # the loop's own stops, a little beyond where it is sent
_MEMORY = 0.01  # per bit: the lock quality is a mean over about a hundred bits
_LOCKED = 0.85  # true bits: 1.0, and 0.98 at -5 dB; noise: 0.71
_SETTLE_BITS = 160
_KEEP_S = 0.5


@dataclass(frozen=True, slots=True)
class BitRun:
    """Bits in a row from one lock.

    Args:
        fresh: the lock is new: these bits do not follow those handed over before.
        places: where each bit began by the loop, samples.
        measured: where its first transition was seen, samples: as noisy as one edge.
        first_halves: sum of the samples in each first half.
        second_halves: likewise.
    """

    fresh: bool
    places: list[float]
    measured: list[float]
    first_halves: list[float]
    second_halves: list[float]


@dataclass(slots=True)
class LoopState:
    """Where the loop stands between two calls of `follow`."""

    place: float
    length: float
    level: float = 0.0
    half_before: float = 0.0
    agreeing: float = 1.0
    bits: int = 0


class BitClock:
    """Running sums in, runs of bits out; looks for a carrier whenever it has none.

    Args:
        sample_rate: samples per second.
        first_sample: the sample that the first running sum belongs to.
    """

    def __init__(self, sample_rate: int, first_sample: int) -> None:
        self._rate = sample_rate
        self._base = first_sample
        self._sums: list[float] = []
        self._window = round(sample_rate * _WINDOW_S)
        self._step = round(sample_rate * _LOOK_EVERY_S)
        self._look_at = first_sample
        self._loop: LoopState | None = None
        self._shortest = sample_rate / (BITS_PER_WORD * _FASTEST_FPS)
        self._longest = sample_rate / (BITS_PER_WORD * _SLOWEST_FPS)

    @property
    def horizon(self) -> float:
        """Samples before this have been turned into bits; infinite without a lock."""
        return self._loop.place if self._loop is not None else math.inf

    def feed(self, sums: npt.NDArray[np.float64]) -> list[BitRun]:
        """Runs of bits that these sums complete."""
        self._sums.extend(sums.tolist())
        runs = []
        while True:
            loop, fresh = self._loop, self._loop is None
            if loop is None:
                loop = self._loop = self._look()
            if loop is None:
                break
            run, lost = follow(self._sums, self._base, loop, self._shortest, self._longest)
            if run.places:
                runs.append(BitRun(fresh, run.places, run.measured, run.first_halves, run.second_halves))
            if not lost:
                break
            self._look_at, self._loop = int(loop.place), None
        self._forget()
        return runs

    def _look(self) -> LoopState | None:
        """Search for a carrier as far as there are sums; where the loop begins on the first one found."""
        while self._look_at + self._window <= self._base + len(self._sums):
            at = self._look_at - self._base
            carrier = find_carrier(np.array(self._sums[at : at + self._window]), self._rate)
            if carrier is not None:
                return LoopState(self._look_at + carrier.boundary, carrier.bit_samples)
            self._look_at += self._step
        return None

    def _forget(self) -> None:
        needed = int(self._loop.place if self._loop is not None else self._look_at) - 4 - self._base
        if needed > self._rate * _KEEP_S:
            del self._sums[:needed]
            self._base += needed


def follow(sums: list[float], base: int, loop: LoopState, shortest: float, longest: float) -> tuple[BitRun, bool]:
    """Run the loop as far as the sums go; says also whether the lock was lost on the way.

    Args:
        sums: running sums.
        base: the sample that `sums[0]` belongs to.
        loop: where it stands; moved on.
        shortest: stop of the bit length, samples.
        longest: likewise.
    """
    places: list[float] = []
    measured: list[float] = []
    firsts: list[float] = []
    seconds: list[float] = []
    last = len(sums) - 2
    place, length, level, before = loop.place - base, loop.length, loop.level, loop.half_before
    agreeing, bits = loop.agreeing, loop.bits
    lost = False
    while place + 1.3 * length < last:
        quarter = 0.25 * length
        corners = []
        for at in (place - quarter, place, place + quarter, place + 2 * quarter, place + 3 * quarter):
            index = int(at)
            below = sums[index]
            corners.append(below + (at - index) * (sums[index + 1] - below))
        at = place + length
        index = int(at)
        below = sums[index]
        end = below + (at - index) * (sums[index + 1] - below)
        early, start, late, middle, after = corners
        first, second = middle - start, end - middle
        height = (abs(first) + abs(second)) / length
        level = height if bits == 0 else level + 0.02 * (height - level)
        scale = 0.5 / level if level > 0.0 else 0.0
        offset = (early - late) * scale if first > before else (late - early) * scale
        offset = min(max(offset, -quarter), quarter)
        off = offset
        if (first > 0.0) != (second > 0.0):  # a 1: its middle is an edge as well
            centre = (late - after) * scale if second > first else (after - late) * scale
            off = 0.5 * (off + min(max(centre, -quarter), quarter))
        places.append(place + base)
        measured.append(place + base + offset)
        firsts.append(first)
        seconds.append(second)
        total = abs(before) + abs(first)
        if bits and total > 0.0:
            agreeing += _MEMORY * (abs(first - before) / total - agreeing)
        elif bits:
            agreeing -= _MEMORY * agreeing
        before = second
        bits += 1
        length = min(max(length + _LENGTH_GAIN * off, shortest), longest)
        place += length + _PLACE_GAIN * off
        if bits > _SETTLE_BITS and agreeing < _LOCKED:
            lost = True
            break
    loop.place, loop.length, loop.level, loop.half_before = place + base, length, level, before
    loop.agreeing, loop.bits = agreeing, bits
    return BitRun(False, places, measured, firsts, seconds), lost
