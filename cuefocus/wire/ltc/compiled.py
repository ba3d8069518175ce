"""The decoder's inner loops compiled by numba, where it is installed.

Building the kernels loads or compiles everything (`loop_cache`), so that no block of sound ever waits for a compiler.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cuefocus.wire.ltc import believed_words, bits, edge_loops, soft_loops, start_loops
from cuefocus.wire.ltc.bits import SYNC_EDGES, Indices, Places
from cuefocus.wire.ltc.edges import SOUND, ClearRun, Samples, silence_what_is_no_sound
from cuefocus.wire.ltc.kernels import (
    FINE_SAMPLES,
    HALF_BITS_PER_WORD,
    Bits,
    Kernels,
    PlainKernels,
    most_bits,
    room_for_words,
)
from cuefocus.wire.ltc.loop_cache import can_compile, is_ready, is_writable, mark_ready, user_cache
from cuefocus.wire.ltc.loops import INNER, Loop
from cuefocus.wire.ltc.soft_loops import SYNC_LENGTH, SYNC_TAIL
from cuefocus.wire.ltc.start_fit import REACH_HALF_BITS
from cuefocus.wire.ltc.timelines import Timelines
from cuefocus.wire.ltc.word import BITS_PER_WORD

# Of sound: loading takes half a second and compiling ten, in which plain kernels read so much of it in noise.
_WORTH_LOADING_S, _WORTH_COMPILING_S = 30.0, 600.0


def fastest_kernels() -> Kernels:
    """Compiled kernels where numba is installed, ready to run; those in numpy and plain Python where it is not."""
    return CompiledKernels(user_cache()) if can_compile() else PlainKernels()


def ready_kernels(loops: str) -> Kernels:
    """Kernels for sound that will not wait: compiled ones from a folder that has them all, or the plain ones.

    Args:
        loops: the folder, as `ready_loops` found it; empty for the plain ones.
    """
    if not loops:
        return PlainKernels()
    try:
        return CompiledKernels(Path(loops))
    except ImportError:  # taken away since
        return PlainKernels()


def ready_loops() -> str:
    """The user's folder of compiled loops, if nothing in it is still to be compiled on this machine; else empty."""
    folder = user_cache()
    return str(folder) if can_compile() and is_ready(folder) else ""


def kernels_for(sound_s: float) -> Kernels:
    """What reads a recording of that many seconds soonest, the time to load or to compile included."""
    worth_s = _WORTH_LOADING_S if is_ready(user_cache()) else _WORTH_COMPILING_S
    return fastest_kernels() if sound_s >= worth_s else PlainKernels()


class CompiledKernels:
    """The kernels, compiled.

    Args:
        cache: folder for compiled code, made if it is not there; None, or one that cannot be written to, compiles
            everything anew (some seconds).

    Raises: ImportError where numba is not installed; ask `can_compile` first.
    """

    name = "compiled"

    def __init__(self, cache: Path | None = None) -> None:
        kept = cache if cache is not None and is_writable(cache) else None
        compiled = _compiler(kept)
        self._extremes = compiled(edge_loops.hop_extremes)
        self._edges = compiled(edge_loops.edge_places)
        self._syncs = compiled(bits.find_syncs)
        self._words = compiled(bits.read_words)
        self._starts = compiled(start_loops.word_starts)
        self._sums = compiled(soft_loops.high_passed_sums)
        self._follow = compiled(soft_loops.follow)
        self._likeness = compiled(soft_loops.sync_likeness)
        self._sync_places = compiled(soft_loops.sync_places)
        self._bit_starts = compiled(start_loops.bit_starts)
        self._believed = compiled(believed_words.believed_words)
        self._places = np.zeros(0)
        self._sums_room = np.zeros((2, 0))
        self._word_room = np.zeros((2, BITS_PER_WORD))
        self._bits = np.zeros(BITS_PER_WORD, dtype=np.int64)
        self._fit_room = np.zeros((2, 2 * REACH_HALF_BITS + 1))
        self._warm_up()
        if kept is not None:
            mark_ready(kept)

    def extremes(self, window: Samples, first: int, hop: int) -> tuple[Samples, Samples]:
        """See `EdgeKernels`."""
        hops = (len(window) - first) // hop
        keys = np.empty((2, hops), dtype=np.int32)
        samples = window.view(np.int32)
        self._extremes(samples, first, hop, keys[0], keys[1])
        if keys[0].max() >= _TOO_HIGH or keys[1].min() <= _TOO_LOW:
            silence_what_is_no_sound(window[first:])
            self._extremes(samples, first, hop, keys[0], keys[1])
        extremes = (keys ^ (keys >> 31 & 0x7FFFFFFF)).view(np.float32)
        return extremes[0], extremes[1]

    def edges(
        self, window: Samples, first: int, hop: int, middle: Samples, margin: Samples, pause: int, run: ClearRun
    ) -> tuple[Places, ClearRun]:
        """See `EdgeKernels`."""
        most = 2 * (len(window) - first)
        if len(self._places) < most:
            self._places = np.zeros(most)
        sides = np.zeros(-(-hop // 8) * 8, dtype=np.int8)
        found, side, last = self._edges(
            window, first, hop, middle, margin, pause, run.to_stream, run.side, run.last, self._places,
            sides, sides.view(np.int64),
        )  # fmt: skip
        return self._places[:found].copy(), ClearRun(side, last, run.to_stream)

    def syncs(self, edges: Places, first: int) -> tuple[Indices, Indices]:
        """See `WordKernels`."""
        last = len(edges) - SYNC_EDGES + 1
        ats, directions = np.empty((2, 2 * max(0, last - first)), dtype=np.int64)
        found = self._syncs(edges, first, last, ats, directions)
        return ats[:found].copy(), directions[:found].copy()

    def words(
        self, edges: Places, ats: Indices, directions: Indices, *, at_end: bool
    ) -> tuple[Indices, Places, int, int, int]:
        """See `WordKernels`."""
        numbers, jitters = np.zeros((len(ats), 6), dtype=np.int64), np.zeros(len(ats))
        done, words, torn, impossible = self._words(edges, ats, directions, at_end, numbers, jitters)
        return numbers[:words], jitters[:words], done, torn, impossible

    def starts(self, edges: Places, numbers: Indices) -> Places:
        """See `WordKernels`."""
        out = np.empty((len(numbers), 3))
        self._starts(edges, numbers, FINE_SAMPLES, HALF_BITS_PER_WORD, out, self._fit_room)
        return out

    def high_passed_sums(
        self, late: Samples, first_sums: Places, second_sums: Places, total: float, room: int
    ) -> tuple[Places, Places, Places]:
        """See `SoftKernels`."""
        length = len(first_sums)
        samples = len(late) - length + 1
        if self._sums_room.shape[1] < length + samples:
            self._sums_room = np.zeros((2, length + samples))
        (first, second), sums = self._sums_room[:, : length + samples], np.empty(room + samples + 1)
        first[:length], second[:length] = first_sums, second_sums
        self._sums(late, length - 1, first, second, total, sums[room:])
        return sums, first[samples:].copy(), second[samples:].copy()

    def follow(self, sums: Places, base: int, loop: Places, shortest: float, longest: float) -> tuple[Bits, bool]:
        """See `SoftKernels`."""
        most = most_bits(len(sums), shortest)
        measured, places, halves, needs = np.empty(most), np.empty(most), np.empty(2 * most), np.empty(most, np.int64)
        count, lost = self._follow(sums, base, loop, shortest, longest, measured, halves, needs, places)
        return (measured[:count], halves[: 2 * count], needs[:count], places[:count]), lost

    def word_ends(self, halves: Places, first: int, scores: Places) -> tuple[Indices, Indices]:
        """See `SoftKernels`."""
        count = len(halves) // 2 - (BITS_PER_WORD - 1)
        if count <= 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        forward, reverse, size = np.empty((3, len(halves) // 2 - SYNC_LENGTH + 1))
        self._likeness(halves[0::2].copy(), halves[1::2].copy(), forward, reverse, size)
        ats, ways = np.empty((2, 2 * count), dtype=np.int64)
        found = self._sync_places(forward[SYNC_TAIL:], reverse[:count], first, scores[0], scores[1], ats, ways)
        return ats[:found], ways[:found]

    def believed(
        self, lines: Timelines, ends: Indices, directions: Indices, base: int, halves: Places
    ) -> tuple[Indices, Places]:
        """See `SoftKernels`."""
        numbers, agreed = room_for_words(len(ends))
        found = self._believed(
            ends, directions, base, halves,
            lines.open, lines.lines, lines.scores, lines.waiting, lines.agreements, lines.eyes,
            self._bits, self._word_room[0], self._word_room[1], numbers, agreed,
        )  # fmt: skip
        return numbers[:found], agreed[:found]

    def bit_starts(self, measured: Places, bits: Indices, last: Indices) -> tuple[Places, Places]:
        """See `SoftKernels`."""
        starts, noises = np.empty((2, len(bits)))
        self._bit_starts(measured, bits, last, starts, noises, self._fit_room)
        return starts, noises

    def _warm_up(self) -> None:
        """Call everything once, with the types of real calls."""
        window = np.zeros(128, dtype=np.float32)
        highs, lows = self.extremes(window, 64, 64)
        self.edges(window, 64, 64, highs, lows, 4, ClearRun(0, -6, -64))
        edges = np.arange(200, dtype=np.float64)
        ats, directions = self.syncs(edges, 0)
        numbers, _, _, _, _ = self.words(edges, ats, directions, at_end=True)
        self.starts(edges, numbers)
        sums, _, _ = self.high_passed_sums(window, np.zeros(3), np.zeros(3), 0.0, 0)
        self.follow(sums, 0, np.array([8.0, 8.0, 0.0, 0.0, 1.0, 0.0]), 6.0, 10.0)
        halves = np.zeros(2 * BITS_PER_WORD)
        self.word_ends(halves, BITS_PER_WORD - 1, np.zeros((2, BITS_PER_WORD)))
        ends = np.array([BITS_PER_WORD - 1])
        self.believed(Timelines(), ends, np.ones(1, dtype=np.int64), 0, halves)
        self.bit_starts(edges, ends, ends)


def _key(sample: np.float32) -> int:
    """A float32's place among the keys of `edge_loops.hop_extremes`."""
    bits_of = int(sample.view(np.int32))
    return bits_of ^ 0x7FFFFFFF if bits_of < 0 else bits_of


_TOO_HIGH, _TOO_LOW = _key(SOUND), _key(-SOUND)


def _compiler(cache: Path | None) -> Callable[[Loop], Loop]:
    """What turns a loop into compiled code, kept in `cache` if there is one."""
    import numba  # half a second, and only for those who want it
    from numba.extending import register_jitable

    for inner in INNER:
        register_jitable(inner)
    kept = cache is not None

    config: Any = numba.config

    def compiled(loop: Loop) -> Loop:
        usual = config.CACHE_DIR
        config.CACHE_DIR = str(cache) if kept else usual  # looked at while a loop is handed over
        try:
            ready: Loop = numba.njit(loop, cache=kept)
        finally:
            config.CACHE_DIR = usual
        return ready

    return compiled
