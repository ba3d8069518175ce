"""A block of shared memory that is replaced whole: one writer, any number of readers, nobody ever waits.

The writer makes the sequence odd, writes, makes it even again; a reader that saw it odd or changed has read a torn
block. Python has no memory fences, so a CRC-32 stands behind the sequence: right on weakly ordered machines too.
"""

from typing import Final
from zlib import crc32

from cuefocus.shells.shm_layout import BLOCK, BLOCK_BEHIND_SEQUENCE, WORD

READ_ATTEMPTS: Final = 3
"""A writer that was preempted in mid-write cannot go on while a real-time reader spins: look again next tick."""


class BlockWriter:
    """The one writer of a block.

    Args:
        view: the whole memory.
        at: the block's offset; 8-byte aligned.
        capacity: payload bytes that fit.
    """

    __slots__ = ("_at", "_capacity", "_view", "_words")

    def __init__(self, view: memoryview, at: int, capacity: int) -> None:
        self._view, self._at, self._capacity = view, at, capacity
        self._words = view[at : at + 2 * WORD].cast("q")

    @property
    def generation(self) -> int:
        """Generation last written (also by a writer that died)."""
        return self._words[1]

    def open(self) -> None:
        """From here to the next `write` no reader sees a whole block: what stands beside it changes too."""
        self._words[0] |= 1

    def write(self, payload: bytes, generation: int) -> None:
        """Replace the block. A write that a predecessor left open is closed by this one."""
        if len(payload) > self._capacity:
            raise ValueError(f"{len(payload)} bytes do not fit into {self._capacity}")
        opened = self._words[0] | 1
        self._words[0] = opened
        start = self._at + BLOCK.size
        self._view[start : start + len(payload)] = payload
        BLOCK_BEHIND_SEQUENCE.pack_into(self._view, self._at + WORD, generation, len(payload), crc32(payload))
        self._words[0] = opened + 1


class BlockReader:
    """One reader of a block.

    Args:
        view: the whole memory.
        at: the block's offset.
        capacity: payload bytes that fit.
    """

    __slots__ = ("_at", "_capacity", "_view", "_words", "torn")

    def __init__(self, view: memoryview, at: int, capacity: int) -> None:
        self._view, self._at, self._capacity = view, at, capacity
        self._words = view[at : at + WORD].cast("q")
        self.torn = 0

    @property
    def sequence(self) -> int:
        """Changes with every write; odd while one is under way."""
        return self._words[0]

    def read(self) -> tuple[int, int, bytes] | None:
        """Sequence, generation and payload; None (and `torn` counted) when no whole block was to be had now."""
        words = self._words
        if not words[0]:
            return None
        for _ in range(READ_ATTEMPTS):
            sequence = words[0]
            if sequence & 1:
                continue
            _, generation, size, check = BLOCK.unpack_from(self._view, self._at)
            if size > self._capacity:
                continue
            start = self._at + BLOCK.size
            payload = bytes(self._view[start : start + size])
            if words[0] == sequence and crc32(payload) == check:
                return sequence, generation, payload
        self.torn += 1
        return None
