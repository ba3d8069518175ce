"""The decoder's inner loops, as it asks for them: here in numpy and plain Python, in `compiled` by numba.

A kernel is a pure function of arrays and numbers. Whoever builds a decoder chooses the set; both give the same frames,
bit for bit.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc import bits, edges, soft_loops, timelines
from cuefocus.wire.ltc.bits import Indices, Places
from cuefocus.wire.ltc.edges import ClearRun, EdgeKernels, Samples
from cuefocus.wire.ltc.start_fit import REACH_HALF_BITS, fit_starts
from cuefocus.wire.ltc.timelines import Timelines
from cuefocus.wire.ltc.word import BITS_PER_WORD

FINE_SAMPLES = 7.0  # half bits shorter than that: what interpolation leaves is no noise, and no mean takes it away
HALF_BITS_PER_WORD = 160


class WordKernels(Protocol):
    """From edges to words."""

    def syncs(self, edges: Places, first: int) -> tuple[Indices, Indices]:
        """Sync patterns among the edges from index `first` on: their earliest edges, ascending, and directions."""

    def words(
        self, edges: Places, ats: Indices, directions: Indices, *, at_end: bool
    ) -> tuple[Indices, Places, int, int, int]:
        """The words that belong to sync patterns: see `bits.read_words`.

        Returns: its `numbers` and `jitters`; patterns done with; torn words; words whose digits name no frame.
        """

    def starts(self, edges: Places, numbers: Indices) -> Places:
        """A row a word: its start, fitted to the transitions around it, its end, and the start's noise, samples."""


class SoftKernels(Protocol):
    """From samples to believed words, through noise."""

    def high_passed_sums(
        self, late: Places, first_sums: Places, second_sums: Places, total: float
    ) -> tuple[Places, Places, Places]:
        """Running sums of the samples less what two moving means in a row leave of them.

        Args:
            late: samples; those the filter delays come first.
            first_sums: the running sums of the samples that the first mean looks back at, as many as it is long.
            second_sums: likewise, of the first mean.
            total: the sum so far.

        Returns: the running sums, `total` the first of them; `first_sums` and `second_sums`, carried on.
        """

    def follow(
        self, sums: Places, base: int, loop: Places, shortest: float, longest: float
    ) -> tuple[tuple[Places, Places, Indices], bool]:
        """Run the bit clock as far as the sums go: see `soft_loops.follow`.

        Returns: its `measured`, `halves` and `needs`; whether the lock was lost.
        """

    def word_ends(self, halves: Places, first: int, scores: Places) -> list[tuple[int, int]]:
        """Where words end among bits: the last bit of each, and the direction of play.

        Args:
            halves: of consecutive bits; the first word ends with the 80th, whose count is `first`.
            first: see there.
            scores: two rows, forward and reverse, an entry for each phase of 80; moved on.
        """

    def offer(self, lines: Timelines, index: int, firsts: Places, seconds: Places) -> tuple[int, int]:
        """Judge all timelines by a word: see `timelines.offer`."""

    def bit_start(self, measured: Places, at: int) -> tuple[float, float]:
        """Where a bit begins and how sure that is, samples, by the places at which bits around it were seen to begin.

        Args:
            measured: of bits in a row.
            at: index of the bit among them; it may lie beyond.
        """


class Kernels(EdgeKernels, WordKernels, SoftKernels, Protocol):
    """Everything a decoder needs."""


class PlainKernels:
    """The kernels in numpy and plain Python: always there, nothing to compile."""

    def extremes(self, window: Samples, first: int, hop: int) -> tuple[Samples, Samples]:
        """See `EdgeKernels`."""
        return edges.extremes(window, first, hop)

    def edges(
        self, window: Samples, first: int, hop: int, middle: Samples, margin: Samples, pause: int, run: ClearRun
    ) -> tuple[Places, ClearRun]:
        """See `EdgeKernels`."""
        return edges.edges(window, first, hop, middle, margin, pause, run)

    def syncs(self, edges: Places, first: int) -> tuple[Indices, Indices]:
        """See `WordKernels`."""
        found: list[tuple[int, int]] = []
        span = bits.SYNC_EDGES - 1
        for direction in (1, -1):
            likely = bits.likely_syncs(edges[first:], direction).tolist()
            for at in likely:
                nearby = edges[first + at : first + at + span + 1].tolist()
                if bits.has_sync_shape(nearby, 0 if direction > 0 else span, direction):
                    found.append((first + at, direction))
        found.sort(key=lambda each: each[0])
        both = np.array(found, dtype=np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def words(
        self, edges: Places, ats: Indices, directions: Indices, *, at_end: bool
    ) -> tuple[Indices, Places, int, int, int]:
        """See `WordKernels`."""
        numbers, jitters = np.zeros((len(ats), 6), dtype=np.int64), np.zeros(len(ats))
        if len(ats) == 0:
            return numbers, jitters, 0, 0, 0
        done, words, torn, impossible = bits.read_words(
            edges.tolist(), ats.tolist(), directions.tolist(), at_end, numbers, jitters
        )
        return numbers[:words], jitters[:words], done, torn, impossible

    def starts(self, edges: Places, numbers: Indices) -> Places:
        """See `WordKernels`."""
        start, end = numbers[:, 4], numbers[:, 5]
        reach = REACH_HALF_BITS
        around = start[:, None] + np.arange(-reach, reach + 1)
        there = (around >= 0) & (around < len(edges))
        seen = edges[np.clip(around, 0, len(edges) - 1)]
        origin = edges[start]
        unit = np.abs(edges[end] - origin) / HALF_BITS_PER_WORD
        steps = np.diff(seen, axis=1)
        whole = there[:, 1:] & there[:, :-1] & (steps > 0.5 * unit[:, None]) & (steps <= 2.5 * unit[:, None])
        counted = np.where(steps < 1.5 * unit[:, None], 1.0, 2.0)
        own = seen[:, reach + 1 :] <= np.maximum(edges[end], origin)[:, None] + 1e-6
        after = np.logical_and.accumulate(whole[:, reach:] & own, axis=1)
        before = np.logical_and.accumulate(whole[:, :reach][:, ::-1], axis=1)[:, ::-1]
        usable = np.concatenate([before, np.ones((len(start), 1), dtype=bool), after], axis=1)
        usable &= (unit >= FINE_SAMPLES)[:, None]
        counts = np.concatenate([np.zeros((len(start), 1)), np.cumsum(np.where(whole, counted, 0.0), axis=1)], axis=1)
        half_bits = counts - counts[:, reach : reach + 1]
        fit = fit_starts(half_bits, seen - origin[:, None] - half_bits * unit[:, None], usable)
        return np.stack([origin + fit.shift, edges[end], fit.noise], axis=1)



    def high_passed_sums(
        self, late: Places, first_sums: Places, second_sums: Places, total: float
    ) -> tuple[Places, Places, Places]:
        """See `SoftKernels`."""
        length = len(first_sums)
        once, first = _moving_mean(late[length - 1 :], first_sums)
        twice, second = _moving_mean(once, second_sums)
        passed = late[: len(twice)] - twice
        return np.add.accumulate(np.concatenate([[total], passed])), first, second

    def follow(
        self, sums: Places, base: int, loop: Places, shortest: float, longest: float
    ) -> tuple[tuple[Places, Places, Indices], bool]:
        """See `SoftKernels`."""
        most = most_bits(len(sums), shortest)
        state, measured, halves, needs = loop.tolist(), [0.0] * most, [0.0] * (2 * most), [0] * most
        count, lost = soft_loops.follow(sums.tolist(), base, state, shortest, longest, measured, halves, needs)
        loop[:] = state
        run = np.array(measured[:count]), np.array(halves[: 2 * count]), np.array(needs[:count], dtype=np.int64)
        return run, lost

    def word_ends(self, halves: Places, first: int, scores: Places) -> list[tuple[int, int]]:
        """See `SoftKernels`."""
        count = len(halves) // 2 - (BITS_PER_WORD - 1)
        if count <= 0:
            return []
        shape = np.array(soft_loops.SYNC_SHAPE)
        forward = _likeness(halves[2 * soft_loops.SYNC_TAIL :], shape).tolist()
        reverse = _likeness(halves[: 2 * (count - 1 + soft_loops.SYNC_LENGTH)], shape[::-1]).tolist()
        ats, ways = [0] * (2 * count), [0] * (2 * count)
        forward_scores, reverse_scores = scores.tolist()
        found = soft_loops.sync_places(forward, reverse, first, forward_scores, reverse_scores, ats, ways)
        scores[0], scores[1] = forward_scores, reverse_scores
        return list(zip(ats[:found], ways[:found], strict=True))

    def offer(self, lines: Timelines, index: int, firsts: Places, seconds: Places) -> tuple[int, int]:
        """See `SoftKernels`."""
        count, slot = timelines.offer(
            lines.step, lines.open, lines.lines, lines.scores, lines.waiting, lines.agreements,
            index, firsts.tolist(), seconds.tolist(), [0] * BITS_PER_WORD,
        )  # fmt: skip
        return int(count), int(slot)

    def bit_start(self, measured: Places, at: int) -> tuple[float, float]:
        """See `SoftKernels`."""
        steps = np.arange(len(measured), dtype=np.float64) - at
        unit = float(measured[-1] - measured[0]) / (len(measured) - 1)
        middle = float(measured[0]) + at * unit
        bent = measured - middle - steps * unit
        fit = fit_starts(2.0 * steps[None], bent[None], np.ones((1, len(measured)), dtype=bool))
        return middle + float(fit.shift[0]), float(fit.noise[0])


def most_bits(sums: int, shortest: float) -> int:
    """How many bits so many sums can hold, the clock's corrections included."""
    return int(sums / (0.9 * shortest)) + 2


def _moving_mean(samples: Places, before: Places) -> tuple[Places, Places]:
    """Moving mean over as many samples as there are running sums `before`, and those carried on."""
    new = np.add.accumulate(np.concatenate([before[-1:], samples]))[1:]
    sums = np.concatenate([before, new])
    return (sums[len(before) :] - sums[: len(samples)]) * (1.0 / len(before)), sums


def _likeness(halves: Places, shape: Places) -> Places:
    """How much 16 bits look like a sync word, 0 … 1, beginning with each bit."""
    stretches = np.lib.stride_tricks.sliding_window_view(halves, len(shape))[::2]
    met = np.abs(np.add.accumulate(stretches * shape, axis=1)[:, -1])
    size = np.add.accumulate(np.abs(stretches), axis=1)[:, -1]
    likeness: Places = np.divide(met, size, out=np.zeros_like(met), where=size > 0.0)
    return likeness
