"""Words of the shared memory that any process may set at any time: stops, hand moves, signs of life.

A stop is a byte of its own, so two processes that set different stops at the same moment cannot undo each other.
"""

from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.shells.shm_layout import HAND_WRITERS, WORD, Layout

_LATCH_BYTE: Final = {Latch.HOLD: 0, Latch.HAND: 1, Latch.PANIC: 2, Latch.RELEASE: 3}


def _latch_of_word(word: int) -> Latch:
    latch = Latch.NONE
    for flag, byte in _LATCH_BYTE.items():
        if word >> (8 * byte) & 0xFF:
            latch |= flag
    return latch


class Latches:
    """The stop latches: one word for all axes together, one for each axis."""

    def __init__(self, view: memoryview, layout: Layout) -> None:
        self._bytes = view[layout.latches : layout.latches + (1 + layout.axes) * WORD]
        self._words = self._bytes.cast("q")
        self._known: dict[int, Latch] = {0: Latch.NONE}

    def set(self, latch: Latch, axis: int | None = None) -> None:
        """Set stops of one axis, or of all (None)."""
        self._store(latch, axis, 1)

    def clear(self, latch: Latch, axis: int | None = None) -> None:
        """Clear stops on an operator's word. `axis` None clears the common word and every axis' own."""
        self._store(latch, axis, 0)
        if axis is None:
            for index in range(len(self._words) - 1):
                self._store(latch, index, 0)

    def _store(self, latch: Latch, axis: int | None, value: int) -> None:
        at = 0 if axis is None else (1 + axis) * WORD
        for flag, byte in _LATCH_BYTE.items():
            if latch & flag:
                self._bytes[at + byte] = value

    def of(self, axis: int) -> Latch:
        """The stops in force for an axis: its own and the common ones."""
        word = self._words[0] | self._words[1 + axis]
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = _latch_of_word(word)
        return known


class HandMoves:
    """Relative moves by hand: each writer adds up its own total, motion takes the differences.

    Args:
        writer: 0 conductor, 1 desk, 2 and 3 free; motion itself only reads.
    """

    def __init__(self, view: memoryview, layout: Layout, writer: int = 0) -> None:
        self._totals = view[layout.hands : layout.hands + layout.axes * HAND_WRITERS * WORD].cast("d")
        self._writer = writer
        self._seen = list(self._totals)

    def move_by(self, axis: int, ring_delta: float) -> None:
        """Ask for a move of one axis."""
        self._totals[axis * HAND_WRITERS + self._writer] += ring_delta

    def taken(self, axis: int) -> float:
        """What all writers have asked of an axis since the last call (or since this reader was made)."""
        ring = 0.0
        for index in range(axis * HAND_WRITERS, (axis + 1) * HAND_WRITERS):
            total = self._totals[index]
            if total != self._seen[index]:
                ring += total - self._seen[index]
                self._seen[index] = total
        return ring


class Beat:
    """A process' sign of life: the host time it was last there."""

    def __init__(self, view: memoryview, at: int) -> None:
        self._word = view[at : at + WORD].cast("q")

    def beat(self, now_ns: int) -> None:
        """Show life."""
        self._word[0] = now_ns

    @property
    def last_ns(self) -> int:
        """Host time of the last sign of life; 0 before the first."""
        return self._word[0]
