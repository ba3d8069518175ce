"""Follows the bits of timecode through noise: an early-late loop over half-bit sums.

The transition that stands at every bit boundary, and the one in the middle of a 1, says how far the clock is off; a
second-order loop takes that away. Each half bit is summed up whole, so white noise is met by a matched filter.
Source of the loop: Gardner, "Phaselock Techniques", 3rd ed., ch. 2 (second-order type 2, damping 0.8).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.carrier import CarrierFinder
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.word import BITS_PER_WORD

Sums = npt.NDArray[np.float64]

_WINDOW_S = 0.17  # looked at for a carrier: over 300 bits
_LOOK_EVERY_S = 0.085
_SLOWEST_FPS, _FASTEST_FPS = 18.5, 39.0  # the loop's own stops, a little beyond where it is sent
_START, _NOWHERE = np.array([-math.inf]), np.array([math.inf])
_NEARBY = 4  # sums kept before those that the next bit needs


@dataclass(frozen=True, slots=True)
class BitRun:
    """Bits in a row from one lock.

    Args:
        fresh: the lock is new: these bits do not follow those handed over before.
        measured: where each bit's first transition was seen, in sums from the first: as noisy as one edge.
        halves: sum of the samples in each half of each bit, in order.
        needs: how many sums, from the first, it takes to know each bit.
    """

    fresh: bool
    measured: Sums
    halves: Sums
    needs: npt.NDArray[np.int64]


class BitClock:
    """Running sums in, runs of bits out; looks for a carrier whenever it has none.

    Args:
        sample_rate: samples per second.
        kernels: inner loops.
    """

    def __init__(self, sample_rate: int, kernels: Kernels) -> None:
        self._kernels = kernels
        self._rate = sample_rate
        self._base = 0  # count of the first sum kept
        self._sums = np.zeros(0)
        self._window = round(sample_rate * _WINDOW_S)
        self._finder = CarrierFinder(sample_rate, self._window)
        self._step = round(sample_rate * _LOOK_EVERY_S)
        self._look_at = 0
        self._loop: Sums | None = None  # see `soft_loops.follow`
        # Of the last feed: counts of sums, and the place of the bit that each was not enough for.
        self._horizons: list[tuple[Sums, Sums]] = [(_START, _NOWHERE)]
        self._marks: tuple[Sums, Sums] | None = None
        self._shortest = sample_rate / (BITS_PER_WORD * _FASTEST_FPS)
        self._longest = sample_rate / (BITS_PER_WORD * _SLOWEST_FPS)

    def horizon(self, sums: int) -> float:
        """Sums before this were turned into bits when so many had come, no fewer than before the last `feed`.

        Infinite without a lock.
        """
        if self._marks is None:
            ats, places = zip(*self._horizons, strict=True)
            self._marks = np.concatenate(ats), np.concatenate(places)
        marks, following = self._marks
        return float(following[marks.searchsorted(sums, side="right") - 1])

    @property
    def kept(self) -> Sums:
        """The latest sums, that more are to follow."""
        return self._sums

    def feed(self, sums: Sums) -> list[BitRun]:
        """Runs of bits that the sums after those `kept` complete.

        Args:
            sums: those kept and new ones.
        """
        self._sums = sums
        runs = []
        looked = 0  # sums it took to find the lock
        self._horizons, self._marks = [(_START, self._loop[:1].copy() if self._loop is not None else _NOWHERE)], None
        while True:
            fresh = self._loop is None
            if self._loop is None:
                self._loop = self._look()
                looked = self._look_at + self._window
                if self._loop is not None:
                    self._horizons.append((np.array([float(looked)]), self._loop[:1].copy()))
            if self._loop is None:
                break
            run, lost = self._kernels.follow(self._sums, self._base, self._loop, self._shortest, self._longest)
            measured, halves, needs, places = run
            if len(needs):
                needs = np.maximum(needs, looked)
                runs.append(BitRun(fresh, measured, halves, needs))
                following = np.append(places[1:], math.inf if lost else self._loop[0])
                self._horizons.append((needs.astype(np.float64), following))
            if not lost:
                break
            self._look_at, self._loop = int(self._loop[0]), None
        self._forget()
        return runs

    def _look(self) -> Sums | None:
        """Search for a carrier as far as there are sums; where the loop begins on the first one found."""
        while self._look_at + self._window <= self._base + len(self._sums):
            at = self._look_at - self._base
            carrier = self._finder.find(self._sums[at : at + self._window])
            if carrier is not None:
                length = carrier.bit_samples
                late_enough = carrier.boundary if carrier.boundary > 0.5 * length else carrier.boundary + length
                return np.array([self._look_at + late_enough, length, 0.0, 0.0, 1.0, 0.0])
            self._look_at += self._step
        return None

    def _forget(self) -> None:
        needed = self._loop[0] - 0.25 * self._longest if self._loop is not None else self._look_at
        spare = int(needed) - _NEARBY - self._base
        if spare > 0:
            self._sums = self._sums[spare:]
            self._base += spare
