"""Words of the shared memory that any process may set at any time: stops, hand moves, signs of life.

A stop is a byte of its own, so two processes that set different stops at the same moment cannot undo each other.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.shells.shm_layout import HAND_WRITERS, STOP_KINDS, WORD, Layout

KINDS: Final = (Latch.HOLD, Latch.HAND, Latch.PANIC, Latch.RELEASE)
"""In the order of their bytes."""


def _latch_of_word(word: int) -> Latch:
    latch = Latch.NONE
    for byte, flag in enumerate(KINDS):
        if word >> (8 * byte) & 0xFF:
            latch |= flag
    return latch


class Latches:
    """The stop latches: one word for all axes together, one for each axis; and when each was last said.

    Attributes:
        said: by word and kind, when a stop was last said (host ns), whether or not it stood already; 0: never, or by
            the conductor alone, which knows what it has heard.
    """

    def __init__(self, view: memoryview, layout: Layout) -> None:
        self._bytes = view[layout.latches : layout.latches + (1 + layout.axes) * WORD]
        self._words = self._bytes.cast("q")
        self.said = view[layout.said : layout.said + (1 + layout.axes) * STOP_KINDS * WORD].cast("q")
        self._known: dict[int, Latch] = {0: Latch.NONE}

    def set(self, latch: Latch, axis: int | None = None, *, said_ns: int = 0) -> None:
        """Set stops of one axis, or of all (None).

        Args:
            latch: which.
            axis: its index.
            said_ns: when they were said, to anybody but the conductor. One that comes late counts as said after what
                came before it: what takes that back does not take this back unheard.
        """
        word = 0 if axis is None else 1 + axis
        for kind, flag in enumerate(KINDS):
            if latch & flag:
                if said_ns:
                    at = word * STOP_KINDS + kind
                    self.said[at] = max(said_ns, self.said[at] + 1)  # before the stop: see `SaidStops`
                self._bytes[word * WORD + kind] = 1

    def clear(self, latch: Latch, axis: int | None = None, known: Sequence[int] | None = None) -> list[int]:
        """Clear stops on an operator's word.

        Args:
            latch: which.
            axis: its index; a stop of all that is cleared for one stays with each of the others. None: of all, and
                every axis' own.
            known: `said` as far as whoever clears knows it: what was said since stays. None: whatever was said.

        Returns: which were cleared, as indexes of `said`.
        """
        cleared = list[int]()
        for kind in (kind for kind, flag in enumerate(KINDS) if latch & flag):
            for word in range(len(self._words)) if axis is None else (0, 1 + axis):
                at = word * STOP_KINDS + kind
                if known is not None and self.said[at] != known[at]:
                    continue
                if word == 0 and axis is not None and self._bytes[kind]:
                    self._leave_to_others(kind, axis, tell=known is None)
                self._bytes[word * WORD + kind] = 0
                cleared.append(at)
                if known is None:
                    self.said[at] = 0
        return cleared

    def restore(self, cleared: Iterable[int], known: Sequence[int]) -> None:
        """Set those again that were said while they were cleared."""
        for at in cleared:
            if self.said[at] != known[at]:
                word, kind = divmod(at, STOP_KINDS)
                self._bytes[word * WORD + kind] = 1

    def stands(self, at: int) -> bool:
        """Whether the stop at an index of `said` is set."""
        word, kind = divmod(at, STOP_KINDS)
        return bool(self._bytes[word * WORD + kind])

    def _leave_to_others(self, kind: int, axis: int, *, tell: bool) -> None:
        """A stop of all becomes one of each axis but one; told where the conductor may not have heard of it yet."""
        for word in range(1, len(self._words)):
            if word != 1 + axis:
                at = word * STOP_KINDS + kind
                if tell:
                    self.said[at] = max(self.said[at], self.said[kind])
                self._bytes[word * WORD + kind] = 1

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
