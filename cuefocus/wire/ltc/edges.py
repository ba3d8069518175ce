"""Front end: from samples to the places where the signal changes sides.

A sample is clearly high or clearly low when it lies well away from the midway line between the extremes of the last
few milliseconds; an edge lies between a clearly low and a clearly high run. So DC offsets, levels and small noise do
not matter, and nothing is learnt from a first second that may have been silent.

All work is laid out on a fixed grid of hops, so that the cut of the input into blocks leaves no trace.
"""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_HOP_S = 1 / 750  # extremes are taken per hop: 64 samples at 48 kHz
_MEMORY_HOPS = 20  # 27 ms: holds both levels down to 0.03 of normal speed (a 24 fps bit lasts 17 ms there)
_CLEAR = 0.3  # of the half span; at 8x and 48 kHz a half bit may reach only 0.45 of its level between two samples
_PAUSE_S = 0.001  # longer between the levels than any edge: the signal went away
_SOUND = np.float32(1e6)  # beyond it, and not a number, is no sound but a broken float file
_CHUNK_HOPS = 2048  # about 2.7 s at a time keeps the working arrays in the cache


class EdgeFinder:
    """Streaming edge detector: sample blocks in, fractional sample positions of transitions out."""

    def __init__(self, sample_rate: int) -> None:
        self._hop = max(8, round(sample_rate * _HOP_S))
        self._pause = max(4, round(sample_rate * _PAUSE_S))
        self._context = self._pause + 4  # old samples kept for interpolation
        self._waiting: list[Samples] = []
        self._waiting_samples = 0
        self._past = np.zeros(self._context, dtype=np.float32)
        self._next_sample = 0  # stream position of the first sample not yet looked at
        self._highs = np.full(_MEMORY_HOPS - 1, -np.inf, dtype=np.float32)
        self._lows = np.full(_MEMORY_HOPS - 1, np.inf, dtype=np.float32)
        self._side = 0  # 1 or -1: the side of the last clear run; 0 when it has ended in a pause
        self._open = False  # the last clear run reaches up to the last sample seen
        self._exit = -self._pause - 2  # last sample of the last clear run

    def feed(self, block: Samples) -> Places:
        """Edges that `block` completes, in samples from the first sample ever fed, ascending."""
        return self.feed_known(block)[0]

    @property
    def fed_samples(self) -> int:
        """How many samples have come so far."""
        return self._next_sample + self._waiting_samples

    def looked(self, samples: Indices) -> Indices:
        """How many samples have been looked at once so many have been fed: whole hops."""
        whole: Indices = samples // self._hop * self._hop
        return whole

    def feed_known(self, block: Samples) -> tuple[Places, Indices]:
        """As `feed`, and for each edge how many samples must have been looked at for it to be known."""
        self._waiting.append(np.array(block, dtype=np.float32))
        self._waiting_samples += len(block)
        hops = self._waiting_samples // self._hop
        if hops == 0:
            return np.zeros(0), np.zeros(0, np.int64)
        samples = np.concatenate(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
        whole = hops * self._hop
        self._waiting, self._waiting_samples = [samples[whole:]], len(samples) - whole
        step = _CHUNK_HOPS * self._hop
        found = [self._look(samples[at : min(at + step, whole)], self._hop) for at in range(0, whole, step)]
        if len(found) == 1:
            return found[0]
        return np.concatenate([places for places, _ in found]), np.concatenate([known for _, known in found])

    def flush(self) -> Places:
        """Edges in what is left; the end of the sound closes a run that is still open."""
        rest = np.concatenate(self._waiting) if self._waiting else np.zeros(0, dtype=np.float32)
        self._waiting, self._waiting_samples = [], 0
        found = self._look(rest, len(rest))[0] if len(rest) else np.zeros(0)
        if self._open:
            found = np.append(found, float(self._next_sample))
            self._open, self._side = False, 0
        return found

    def _look(self, samples: Samples, hop: int) -> tuple[Places, Indices]:
        """Edges among whole hops, and when each is known."""
        grid = samples.reshape(-1, hop)
        highs, lows = grid.max(axis=1), grid.min(axis=1)
        if not ((highs < _SOUND) & (lows > -_SOUND)).all():  # NaN and infinities too
            grid = np.where(np.abs(grid) < _SOUND, grid, np.float32(0.0))
            samples, highs, lows = grid.reshape(-1), grid.max(axis=1), grid.min(axis=1)
        self._highs = np.concatenate([self._highs[-(_MEMORY_HOPS - 1) :], highs])
        self._lows = np.concatenate([self._lows[-(_MEMORY_HOPS - 1) :], lows])
        top, bottom = _running(np.maximum, self._highs), _running(np.minimum, self._lows)
        middle = (top + bottom) * np.float32(0.5)
        margin = (top - bottom) * np.float32(0.5 * _CLEAR)
        high = (grid > (middle + margin)[:, None]).reshape(-1)
        low = (grid < (middle - margin)[:, None]).reshape(-1)
        first = self._next_sample
        window = np.concatenate([self._past, samples])
        found, known = self._between(high, low, window, middle, hop)
        self._next_sample = first + len(samples)
        self._past = window[-self._context :]
        if not self._open and self._side and self._next_sample - self._exit > self._pause:
            found, known = np.append(found, self._exit + 0.5), np.append(known, self._exit + self._pause + 1)
            self._side = 0
        return found, known

    def _between(
        self, high: npt.NDArray[np.bool_], low: npt.NDArray[np.bool_], window: Samples, middle: Samples, hop: int
    ) -> tuple[Places, Indices]:
        """Edges between the clear runs of one piece; carries the last run over to the next piece."""
        entries_high, exits_high = _runs(high, open_before=self._open and self._side > 0)
        entries_low, exits_low = _runs(low, open_before=self._open and self._side < 0)
        entries = np.concatenate([entries_high, entries_low])
        sides = np.concatenate([np.ones(len(entries_high), np.int64), -np.ones(len(entries_low), np.int64)])
        order = np.argsort(entries)
        entries, sides = entries[order], sides[order]
        exits = np.sort(np.concatenate([exits_high, exits_low]))
        first = self._next_sample
        if self._open:  # the run carried over ends at exits[0], if it ends here at all
            exits_before = exits[: len(entries)]
        else:
            exits_before = np.concatenate([[self._exit - first], exits[: max(0, len(entries) - 1)]])[: len(entries)]
        sides_before = np.concatenate([[self._side], sides])[: len(entries)]
        if len(entries):
            self._side = int(sides[-1])
        self._open = bool(high[-1] or low[-1])
        if len(exits):
            self._exit = first + int(exits[-1])
        if len(entries) == 0:
            return np.zeros(0), np.zeros(0, np.int64)
        paused = (entries - exits_before > self._pause) | (sides_before == 0)
        crossed = ~paused & (sides != sides_before)
        to_window, to_stream = self._context, first - self._context
        lines = middle[entries // hop]
        places = np.empty(len(entries))
        places[crossed] = _crossings(
            window,
            exits_before[crossed] + to_window,
            entries[crossed] + to_window,
            sides[crossed],
            lines[crossed],
            to_stream,
        )
        places[paused] = _onsets(window, entries[paused] + to_window, sides[paused], lines[paused], to_stream)
        if first == 0 and paused[0] and entries[0] == 0:
            places[0] = 0.0
        edged, known = crossed | paused, entries + (first + 1)
        slept = paused & (sides_before != 0)
        if not slept.any():
            return places[edged], known[edged]
        asleep = exits_before[slept] + first
        every: Places = np.concatenate([asleep + 0.5, places[edged]])
        when = np.concatenate([np.minimum(asleep + (self._pause + 1), known[slept]), known[edged]])
        in_time = np.argsort(every)
        return every[in_time], when[in_time]


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
