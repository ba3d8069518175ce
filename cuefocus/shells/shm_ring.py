"""The status ring: what motion did and heard, in order, for the conductor. One writer that never waits.

A reader that was stopped for too long has lost the oldest records, is told how many, and goes on.
"""

from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Feedback, Latched, MotorTrouble, Sent, Stalled
from cuefocus.shells.shm_layout import (
    RECORD,
    RECORD_TEXT_BYTES,
    RING_RECORD_BYTES,
    RING_RECORDS,
    WORD,
    Layout,
)

Status = Sent | Feedback | MotorTrouble | Latched | Stalled

_SENT, _FEEDBACK, _TROUBLE, _LATCHED, _STALLED = range(1, 6)
_LIMITS: Final = ("position", "speed", "acceleration", "jerk")
_LANDING: Final = 1
_TROUBLES: Final = ("fault", "back", "dropped", "refused")
_LATCHES: Final = tuple(Latch(bits) for bits in range(16))


def _limit_bits(clamped: str) -> int:
    return sum(1 << bit for bit, name in enumerate(_LIMITS, start=1) if name in clamped)


def _limit_names(flags: int) -> str:
    return " ".join(name for bit, name in enumerate(_LIMITS, start=1) if flags >> bit & 1)


class StatusWriter:
    """Motion's side of the ring. A restarted motion goes on behind its predecessor's records."""

    def __init__(self, view: memoryview, layout: Layout) -> None:
        self._view, self._ring = view, layout.ring
        self._head = view[layout.ring_head : layout.ring_head + WORD].cast("q")
        self._next = self._head[0]

    @property
    def next_index(self) -> int:
        """Index the next record will have."""
        return self._next

    def sent(
        self, axis: int, stamp_ns: int, ring: float, counts: int, *, landing: bool = False, clamped: str = ""
    ) -> None:
        """A set-point left."""
        flags = landing * _LANDING | (_limit_bits(clamped) if clamped else 0)
        self._put(_SENT, axis, flags, b"", stamp_ns, ring, counts)

    def feedback(self, axis: int, stamp_ns: int, counts: int) -> None:
        """A motor reported its position."""
        self._put(_FEEDBACK, axis, 0, b"", stamp_ns, 0.0, counts)

    def trouble(self, axis: int, stamp_ns: int, kind: str, reason: str) -> None:
        """Something is wrong, or right again; a long reason is cut."""
        text = reason.encode()[:RECORD_TEXT_BYTES]
        self._put(_TROUBLE, axis, _TROUBLES.index(kind), text, stamp_ns, 0.0, 0)

    def latched(self, axis: int, stamp_ns: int, latch: Latch) -> None:
        """An axis' stops changed."""
        self._put(_LATCHED, axis, int(latch), b"", stamp_ns, 0.0, 0)

    def stalled(self, axis: int, stamp_ns: int, since_ns: int) -> None:
        """Set-points of an axis were slept over."""
        self._put(_STALLED, axis, 0, b"", stamp_ns, 0.0, since_ns)

    def _put(self, kind: int, axis: int, flags: int, text: bytes, stamp_ns: int, ring: float, counts: int) -> None:
        index = self._next
        at = self._ring + index % RING_RECORDS * RING_RECORD_BYTES
        if text:
            self._view[at + RECORD.size : at + RECORD.size + len(text)] = text
        RECORD.pack_into(self._view, at, index + 1, kind, axis, flags, len(text), stamp_ns, ring, counts)
        self._next = index + 1
        self._head[0] = index + 1


class StatusReader:
    """One reader of the ring.

    Args:
        names: axis names in the memory's order.
        slot: 0 conductor (goes on where its predecessor stopped), 1 desk, 2 and 3 for tests and benchmarks.

    `lost` counts records that were overwritten before they could be read.
    """

    def __init__(self, view: memoryview, layout: Layout, names: tuple[str, ...], slot: int = 0) -> None:
        self._view, self._ring, self._names = view, layout.ring, names
        self._head = view[layout.ring_head : layout.ring_head + WORD].cast("q")
        at = layout.ring_tails + slot * WORD
        self._tail = view[at : at + WORD].cast("q")
        self.lost = 0

    @property
    def next_index(self) -> int:
        """Index of the first record not read yet."""
        return self._tail[0]

    def skip_to_end(self) -> None:
        """Forget what was written so far."""
        self._tail[0] = self._head[0]

    def drain(self, at_most: int = RING_RECORDS) -> list[Status]:
        """Records since the last call, oldest first."""
        head, tail = self._head[0], self._tail[0]
        if head - tail > RING_RECORDS:
            self.lost += head - RING_RECORDS - tail
            tail = head - RING_RECORDS
        records: list[Status] = []
        while tail < head and len(records) < at_most:
            at = self._ring + tail % RING_RECORDS * RING_RECORD_BYTES
            record = bytes(self._view[at : at + RING_RECORD_BYTES])
            number, *rest = RECORD.unpack_from(record)
            if number != tail + 1 or self._head[0] - tail > RING_RECORDS:
                self.lost += 1
            else:
                records.append(self._status(record, *rest))
            tail += 1
        self._tail[0] = tail
        return records

    def _status(
        self, record: bytes, kind: int, axis: int, flags: int, size: int, stamp_ns: int, ring: float, counts: int
    ) -> Status:
        name = self._names[axis]
        if kind == _SENT:
            clamped = _limit_names(flags) if flags > _LANDING else ""
            return Sent(name, stamp_ns, ring, counts, bool(flags & _LANDING), clamped)
        if kind == _FEEDBACK:
            return Feedback(name, stamp_ns, counts)
        if kind == _TROUBLE:
            text = record[RECORD.size : RECORD.size + size].decode(errors="ignore")
            return MotorTrouble(name, stamp_ns, _TROUBLES[flags], text)
        if kind == _STALLED:
            return Stalled(name, stamp_ns, counts)
        return Latched(name, stamp_ns, _LATCHES[flags])
