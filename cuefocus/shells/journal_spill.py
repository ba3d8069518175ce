"""Where journal lines wait while the disk takes none: memory that outlives the conductor that wrote them.

`run` holds a memory file for it and hands it to every conductor. What a killed one had not brought to disk its
successor finds there, so it knows all that its predecessor knew: which racks are in flight, and which have been judged.
"""

import os
from pathlib import Path
from typing import Final

from cuefocus.engine.journal import JournalDecoder, JournalHeader, Step, encode_gap, encode_header

SPILL_BYTES: Final = 64 << 20
"""Hours of a show's steps. What is beyond is lost to a successor, and a gap says so."""


def make_spill() -> int:
    """A memory file for waiting lines; its descriptor is handed to conductors."""
    return os.memfd_create("cuefocus-spill", os.MFD_CLOEXEC)


class JournalSpill:
    """One journal's waiting lines, behind a line that names the journal. Never raises OSError once it is made.

    Args:
        fd: the memory file.
        journal: lines that wait for any other journal are let go.
        most_bytes: what it may hold.
    """

    def __init__(self, fd: int, journal: Path, *, most_bytes: int = SPILL_BYTES) -> None:
        self._fd, self._most_bytes = fd, most_bytes
        self._head = os.fsencode(journal) + b"\n"
        whole = os.pread(fd, os.fstat(fd).st_size, 0)
        whole = whole[: whole.rfind(b"\n") + 1]
        self._found: list[bytes] = []
        self._size, self._added, self._refused = len(whole), 0, False
        if whole.startswith(self._head):
            self._found = whole[len(self._head) :].splitlines(keepends=True)
        else:
            self.clear()

    def waiting(self, header: JournalHeader, after_ns: int | None) -> tuple[list[bytes], list[Step]]:
        """What a predecessor left: lines and their steps, but those that had reached the disk before it was killed.

        Args:
            header: of the journal.
            after_ns: `now_ns` of the last step on disk, None without one; steps are in order of it.

        Raises: JournalError when a line makes no sense.
        """
        decoder = JournalDecoder(version=None)
        decoder.feed(encode_header(header))
        lines, steps = list[bytes](), list[Step]()
        for line in self._found:
            found = decoder.feed(line)
            if not found or after_ns is None or found[0].now_ns > after_ns:
                lines.append(line)
                steps += found
        return lines, steps

    def add(self, line: bytes) -> None:
        """A line has to wait. Where memory refuses one, those after it would be of no use: they are not kept."""
        if self._refused:
            return
        try:
            self._add(line)
        except OSError:
            self._refused = True

    def _add(self, line: bytes) -> None:
        if self._size + len(line) > self._most_bytes:
            lost, self._added = self._added, 0
            self.clear()
            self._write(encode_gap(lost))
        self._write(line)
        self._added += 1

    def clear(self) -> None:
        """Everything has reached the disk."""
        self._refused = False
        os.ftruncate(self._fd, 0)
        self._size = 0
        self._write(self._head)

    def _write(self, line: bytes) -> None:
        os.pwrite(self._fd, line, self._size)
        self._size += len(line)
