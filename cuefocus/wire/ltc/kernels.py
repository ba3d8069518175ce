"""The decoder's inner loops, as it asks for them: here in numpy and plain Python, in `compiled` by numba.

A kernel is a pure function of arrays and numbers. Whoever builds a decoder chooses the set; both give the same frames,
bit for bit.
"""

from typing import Protocol

import numpy as np

from cuefocus.wire.ltc import bits, edges, soft_loops
from cuefocus.wire.ltc.believed_words import believed_words
from cuefocus.wire.ltc.bits import Indices, Places
from cuefocus.wire.ltc.edges import ClearRun, EdgeKernels, Samples
from cuefocus.wire.ltc.start_fit import FIT_BITS, REACH_HALF_BITS, fit_starts
from cuefocus.wire.ltc.timelines import WAITING, Timelines
from cuefocus.wire.ltc.word import BITS_PER_WORD

_SYNC_SHAPE = np.array(soft_loops.SYNC_SHAPE)

Bits = tuple[Places, Places, Indices, Places]

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
        self, late: Samples, first_sums: Places, second_sums: Places, total: float, room: int
    ) -> tuple[Places, Places, Places]:
        """Running sums of the samples less what two moving means in a row leave of them.

        Args:
            late: samples; those the filter delays come first. What is no sound counts as 0, and is set to 0.
            first_sums: the running sums of the samples that the first mean looks back at, as many as it is long.
            second_sums: likewise, of the first mean.
            total: the sum so far.
            room: entries left free before them.

        Returns: the running sums, `total` the first of them, behind the room; the next `first_sums` and `second_sums`.
        """

    def follow(self, sums: Places, base: int, loop: Places, shortest: float, longest: float) -> tuple[Bits, bool]:
        """Run the bit clock as far as the sums go: see `soft_loops.follow`.

        Returns: its `measured`, `halves`, `needs` and `places`; whether the lock was lost.
        """

    def word_ends(self, halves: Places, first: int, scores: Places) -> tuple[Indices, Indices]:
        """Where words end among bits: the last bit of each, and the direction of play.

        Args:
            halves: of consecutive bits; the first word ends with the 80th, whose count is `first`.
            first: see there.
            scores: two rows, forward and reverse, an entry for each phase of 80; moved on.
        """

    def believed(
        self, lines: Timelines, ends: Indices, directions: Indices, base: int, halves: Places
    ) -> tuple[Indices, Places]:
        """Judge all timelines by each word in turn: see `believed_words`, whose `numbers` and `agreed` are returned."""

    def bit_starts(self, measured: Places, bits: Indices, last: Indices) -> tuple[Places, Places]:
        """Where bits begin, and how sure that is, samples, by the places at which bits around them seemed to begin.

        Args:
            measured: of bits in a row.
            bits: index of each bit among them; it may lie beyond.
            last: index of the last bit that may be looked at for it.
        """


class Kernels(EdgeKernels, WordKernels, SoftKernels, Protocol):
    """Everything a decoder needs."""

    @property
    def name(self) -> str:
        """What the log calls them."""


class PlainKernels:
    """The kernels in numpy and plain Python: always there, nothing to compile."""

    name = "plain"

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
        self, late: Samples, first_sums: Places, second_sums: Places, total: float, room: int
    ) -> tuple[Places, Places, Places]:
        """See `SoftKernels`."""
        length = len(first_sums)
        edges.silence_what_is_no_sound(late)
        samples = late.astype(np.float64)
        once, first = _moving_mean(samples[length - 1 :], first_sums)
        twice, second = _moving_mean(once, second_sums)
        passed = samples[: len(twice)] - twice
        sums = np.zeros(room + len(passed) + 1)
        sums[room], sums[room + 1 :] = total, passed
        return np.concatenate([sums[:room], np.add.accumulate(sums[room:])]), first, second

    def follow(self, sums: Places, base: int, loop: Places, shortest: float, longest: float) -> tuple[Bits, bool]:
        """See `SoftKernels`."""
        most = most_bits(len(sums), shortest)
        measured, places, halves, needs = [0.0] * most, [0.0] * most, [0.0] * (2 * most), [0] * most
        state = loop.tolist()
        count, lost = soft_loops.follow(sums.tolist(), base, state, shortest, longest, measured, halves, needs, places)
        loop[:] = state
        known = np.array(needs[:count], dtype=np.int64)
        return (np.array(measured[:count]), np.array(halves[: 2 * count]), known, np.array(places[:count])), lost

    def word_ends(self, halves: Places, first: int, scores: Places) -> tuple[Indices, Indices]:
        """See `SoftKernels`."""
        count = len(halves) // 2 - (BITS_PER_WORD - 1)
        if count <= 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        forward = _likeness(halves[2 * soft_loops.SYNC_TAIL :], _SYNC_SHAPE).tolist()
        reverse = _likeness(halves[: 2 * (count - 1 + soft_loops.SYNC_LENGTH)], _SYNC_SHAPE[::-1]).tolist()
        ats, ways = [0] * (2 * count), [0] * (2 * count)
        forward_scores, reverse_scores = scores.tolist()
        found = soft_loops.sync_places(forward, reverse, first, forward_scores, reverse_scores, ats, ways)
        scores[0], scores[1] = forward_scores, reverse_scores
        return np.array(ats[:found], dtype=np.int64), np.array(ways[:found], dtype=np.int64)

    def believed(
        self, lines: Timelines, ends: Indices, directions: Indices, base: int, halves: Places
    ) -> tuple[Indices, Places]:
        """See `SoftKernels`."""
        numbers, agreed = room_for_words(len(ends))
        word = [0.0] * BITS_PER_WORD
        found = believed_words(
            ends.tolist(), directions.tolist(), base, halves.tolist(),
            lines.open, lines.lines, lines.scores, lines.waiting, lines.agreements, lines.evidence,
            [0] * BITS_PER_WORD, word, word.copy(), lines.margins, lines.forward, numbers, agreed,
        )  # fmt: skip
        return numbers[:found], agreed[:found]

    def bit_starts(self, measured: Places, bits: Indices, last: Indices) -> tuple[Places, Places]:
        """See `SoftKernels`."""
        low, high = np.maximum(0, bits - FIT_BITS), np.minimum(last, bits + FIT_BITS) + 1
        columns = np.arange(2 * FIT_BITS + 1)
        usable = columns < (high - low)[:, None]
        seen = measured[np.minimum(low[:, None] + columns, len(measured) - 1)]
        unit = (measured[high - 1] - measured[low]) / (high - low - 1)
        middle = measured[low] + (bits - low) * unit
        steps = (columns - (bits - low)[:, None]).astype(np.float64)
        fit = fit_starts(2.0 * steps, seen - middle[:, None] - steps * unit[:, None], usable)
        return middle + fit.shift, fit.noise


def room_for_words(ends: int) -> tuple[Indices, Places]:
    """For the `numbers` and `agreed` of all words that so many more can make believed."""
    most = ends + 2 * WAITING
    return np.empty((most, 6), dtype=np.int64), np.empty(most)


def most_bits(sums: int, shortest: float) -> int:
    """How many bits so many sums can hold, the clock's corrections included."""
    return int(sums / (0.9 * shortest)) + 2


def _moving_mean(samples: Places, before: Places) -> tuple[Places, Places]:
    """Moving mean over as many samples as there are running sums `before`, and those carried on."""
    new = np.add.accumulate(np.concatenate([before[-1:], samples]))[1:]
    sums = np.concatenate([before, new])
    return (sums[len(before) :] - sums[: len(samples)]) * (1.0 / len(before)), sums[-len(before) :]


def _likeness(halves: Places, shape: Places) -> Places:
    """How much 16 bits look like a sync word, 0 … 1, beginning with each bit."""
    stretches = np.lib.stride_tricks.sliding_window_view(halves, len(shape))[::2]
    met = np.abs(np.add.accumulate(stretches * shape, axis=1)[:, -1])
    size = np.add.accumulate(np.abs(stretches), axis=1)[:, -1]
    likeness: Places = np.divide(met, size, out=np.zeros_like(met), where=size > 0.0)
    return likeness
