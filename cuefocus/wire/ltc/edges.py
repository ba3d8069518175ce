"""Front end: from samples to the places where the signal changes sides.

A sample is clearly high or clearly low when it lies well away from the midway line between the extremes of the last
few milliseconds; an edge lies between a clearly low and a clearly high run. So DC offsets, levels and small noise do
not matter, and nothing is learnt from a first second that may have been silent.

All work is laid out on a fixed grid of hops, so that the cut of the input into blocks leaves no trace.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_HOP_S = 1 / 750  # extremes are taken per hop: 64 samples at 48 kHz
_MEMORY_HOPS = 20  # 27 ms: holds both levels down to 0.03 of normal speed (a 24 fps bit lasts 17 ms there)
_CLEAR = 0.3  # of the half span; at 8x and 48 kHz a half bit may reach only 0.45 of its level between two samples
_PAUSE_S = 0.001  # longer between the levels than any edge: the signal went away
_HALF_EDGE_S = (
    40e-6  # from the clear to the middle: the slowest edge of SMPTE ST 12-1 §9, 50 µs from 10 to 90 %, and room
)
_CHUNK_HOPS = 2048  # about 2.7 s at a time keeps the working arrays in the cache
SOUND = np.float32(1e6)  # beyond it, and not a number, is no sound but a broken float file


class EdgeKernels(Protocol):
    """The parts of the work that look at every sample."""

    def extremes(self, window: Samples, first: int, hop: int) -> tuple[Samples, Samples]:
        """Greatest and least sample of each hop from index `first` on; what is no sound is set to 0 in `window`."""

    def edges(
        self, window: Samples, first: int, hop: int, middle: Samples, margin: Samples, pause: int, run: "ClearRun"
    ) -> tuple[Places, "ClearRun"]:
        """Edges between the clear runs of the hops from index `first` on, ascending.

        Args:
            window: samples, some of those before the first hop included.
            first: index of the first hop's first sample.
            hop: samples in each.
            middle: per hop, the midway line.
            margin: per hop, how far from it a sample is clearly on one side.
            pause: samples between two clear ones after which the signal was away.
            run: the clear run before.

        Returns: places in the stream, and the last clear run.
        """


@dataclass(frozen=True, slots=True)
class ClearRun:
    """The last samples that were clearly on one side.

    Args:
        side: 1 or -1; 0 when a pause has followed.
        last: index of the last of them in the window.
        to_stream: what to add to an index to get a place in the stream.
    """

    side: int
    last: int
    to_stream: int


class EdgeFinder:
    """Streaming edge detector: sample blocks in, fractional sample positions of transitions out."""

    def __init__(self, sample_rate: int, kernels: EdgeKernels) -> None:
        self._kernels = kernels
        self._hop = max(8, round(sample_rate * _HOP_S))
        self._pause = max(4, round(sample_rate * _PAUSE_S))
        self._half_edge = round(sample_rate * _HALF_EDGE_S)
        self._context = self._pause + 4  # old samples kept for interpolation
        self._rest = np.zeros(0, dtype=np.float32)  # less than a hop
        self._past = np.zeros(self._context, dtype=np.float32)
        self._room = np.zeros(0, dtype=np.float32)
        self._next_sample = 0  # stream position of the first sample not yet looked at
        self._highs = np.full(_MEMORY_HOPS - 1, -np.inf, dtype=np.float32)
        self._lows = np.full(_MEMORY_HOPS - 1, np.inf, dtype=np.float32)
        self._side = 0  # of the last clear sample, and its place in the stream
        self._last = -self._pause - 2

    def feed(self, block: npt.NDArray[np.float32 | np.int16]) -> Places:
        """Edges that `block` completes, in samples from the first sample ever fed, ascending."""
        waiting = len(self._rest) + len(block)
        whole = waiting - waiting % self._hop
        if whole == 0:
            self._rest = np.concatenate([self._rest, block.astype(np.float32)])
            return np.zeros(0)
        found = []
        done = -len(self._rest)  # of the block
        end = whole + done
        while done < end:
            samples = min(_CHUNK_HOPS * self._hop, end - done)
            window = self._window(samples)
            if done < 0:
                window[self._context : self._context - done] = self._rest
            window[self._context + max(0, -done) :] = block[max(0, done) : done + samples]
            found.append(self._look(window, self._hop))
            done += samples
        self._rest = block[done:].astype(np.float32)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def flush(self) -> Places:
        """Edges in what is left; the end of the sound closes a run that is open, or lately left for an edge it cuts."""
        found = np.zeros(0)
        if len(self._rest):
            window = self._window(len(self._rest))
            window[self._context :] = self._rest
            found = self._look(window, len(self._rest))
            self._rest = self._rest[:0]
        if self._side and self._next_sample - 1 - self._last <= self._half_edge:
            found = np.append(found, float(self._next_sample))
            self._side = 0
        return found

    def _window(self, samples: int) -> Samples:
        """Room for so many samples behind the last ones looked at."""
        if len(self._room) < self._context + samples:
            self._room = np.zeros(self._context + samples, dtype=np.float32)
        window = self._room[: self._context + samples]
        window[: self._context] = self._past
        return window

    def _look(self, window: Samples, hop: int) -> Places:
        """Edges among whole hops."""
        highs, lows = self._kernels.extremes(window, self._context, hop)
        self._highs = np.concatenate([self._highs[-(_MEMORY_HOPS - 1) :], highs])
        self._lows = np.concatenate([self._lows[-(_MEMORY_HOPS - 1) :], lows])
        top, bottom = _running(np.maximum, self._highs), _running(np.minimum, self._lows)
        middle = (top + bottom) * np.float32(0.5)
        margin = (top - bottom) * np.float32(0.5 * _CLEAR)
        to_stream = self._next_sample - self._context
        before = ClearRun(self._side, self._last - to_stream, to_stream)
        found, run = self._kernels.edges(window, self._context, hop, middle, margin, self._pause, before)
        self._side, self._last = run.side, run.last + to_stream
        self._next_sample += len(window) - self._context
        self._past = window[-self._context :].copy()
        silent = self._next_sample - self._last
        if self._side and silent > self._pause:
            found = np.append(found, self._last + 0.5)
            self._side = 0
        return found


def extremes(window: Samples, first: int, hop: int) -> tuple[Samples, Samples]:
    """`EdgeKernels.extremes` in numpy."""
    grid = window[first:].reshape(-1, hop)
    highs, lows = grid.max(axis=1), grid.min(axis=1)
    if not ((highs < SOUND) & (lows > -SOUND)).all():  # NaN and infinities too
        silence_what_is_no_sound(window[first:])
        highs, lows = grid.max(axis=1), grid.min(axis=1)
    return highs, lows


def silence_what_is_no_sound(samples: Samples) -> None:
    """Set samples beyond `SOUND`, infinities and NaN to 0."""
    samples[~(np.abs(samples) < SOUND)] = 0.0


def edges(
    window: Samples, first: int, hop: int, middle: Samples, margin: Samples, pause: int, run: ClearRun
) -> tuple[Places, ClearRun]:
    """`EdgeKernels.edges` in numpy."""
    grid = window[first:].reshape(-1, hop)
    high = (grid > (middle + margin)[:, None]).reshape(-1)
    low = (grid < (middle - margin)[:, None]).reshape(-1)
    is_open = run.side != 0 and run.last == first - 1
    entries_high, exits_high = _runs(high, open_before=is_open and run.side > 0)
    entries_low, exits_low = _runs(low, open_before=is_open and run.side < 0)
    entries = np.concatenate([entries_high, entries_low])
    sides = np.concatenate([np.ones(len(entries_high), np.int64), -np.ones(len(entries_low), np.int64)])
    order = np.argsort(entries)
    entries, sides = entries[order] + first, sides[order]
    exits = np.sort(np.concatenate([exits_high, exits_low])) + first
    if is_open:  # the run carried over ends at exits[0], if it ends here at all
        exits_before = exits[: len(entries)]
    else:
        exits_before = np.concatenate([[run.last], exits[: max(0, len(entries) - 1)]])[: len(entries)]
    last = run.last if len(exits) == 0 else int(exits[-1])
    last = len(window) - 1 if high[-1] or low[-1] else last
    if len(entries) == 0:
        return np.zeros(0), ClearRun(run.side, last, run.to_stream)
    sides_before = np.concatenate([[run.side], sides[:-1]])
    paused = (entries - exits_before > pause) | (sides_before == 0)
    crossed = ~paused & (sides != sides_before)
    lines = middle[(entries - first) // hop]
    places = np.empty(len(entries))
    places[crossed] = _crossings(
        window, exits_before[crossed], entries[crossed], sides[crossed], lines[crossed], run.to_stream
    )
    places[paused] = _onsets(window, entries[paused], sides[paused], lines[paused], run.to_stream)
    if entries[0] + run.to_stream == 0 and paused[0]:
        places[0] = 0.0
    slept = paused & (sides_before != 0)
    every: Places = np.concatenate([exits_before[slept] + run.to_stream + 0.5, places[crossed | paused]])
    every.sort()
    return every, ClearRun(int(sides[-1]), last, run.to_stream)


def _running(extreme: np.ufunc, hops: Samples) -> Samples:
    """`extreme` over the last `_MEMORY_HOPS` hops, for each hop after the first `_MEMORY_HOPS` - 1."""
    reach, out = 1, hops
    while 2 * reach <= _MEMORY_HOPS:
        out = extreme(out[reach:], out[:-reach])
        reach *= 2
    rest = _MEMORY_HOPS - reach
    joined: Samples = extreme(out[rest:], out[: len(out) - rest])
    return joined


def _runs(clear: npt.NDArray[np.bool_], *, open_before: bool) -> tuple[Indices, Indices]:
    """First and last samples of the runs where `clear` holds; a run still open has no last sample yet."""
    before = np.empty_like(clear)
    before[0] = open_before
    before[1:] = clear[:-1]
    return (clear > before).nonzero()[0], (clear < before).nonzero()[0] - 1


def _crossings(
    window: Samples, last_old: Indices, first_new: Indices, sides: Indices, lines: Samples, to_stream: int
) -> Places:
    """Where the signal crosses `lines` between two clear runs, in samples of the stream.

    Noise may cross more than once: the mean of the first and the last crossing has no bias.
    """
    if len(first_new) == 0:
        return np.zeros(0)

    def beyond(at: Indices) -> Places:
        return (window[at].astype(np.float64) - lines) * sides

    earliest = last_old.copy()
    while (more := (earliest + 1 < first_new) & (beyond(earliest + 1) <= 0)).any():
        earliest += more
    latest = first_new - 1
    while (more := (latest > last_old) & (beyond(latest) > 0)).any():
        latest -= more
    first = _cut(earliest + to_stream, beyond(earliest), beyond(earliest + 1))
    last = _cut(latest + to_stream, beyond(latest), beyond(latest + 1))
    return 0.5 * (first + last)


def _onsets(window: Samples, first_new: Indices, sides: Indices, lines: Samples, to_stream: int) -> Places:
    """Where a signal that comes out of a pause leaves `lines`: only half of the edge is there to be seen."""
    before = (window[first_new - 1].astype(np.float64) - lines) * sides
    after = (window[first_new].astype(np.float64) - lines) * sides
    return _cut(first_new - 1 + to_stream, np.minimum(before, 0.0), after)


def _cut(at: Indices, before: Places, after: Places) -> Places:
    """Straight-line crossing of zero between samples `at` and `at` + 1 of the stream.

    The fraction is added to the stream's own count, last: so no rounding depends on how the input was cut.
    """
    swing = after - before
    part = np.divide(-before, swing, out=np.full(len(at), 0.5), where=swing > 0)
    places: Places = at + np.clip(part, 0.0, 1.0)
    return places
