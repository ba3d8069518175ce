"""An append-only file of whole lines.

A line is handed to the kernel by one write, so it outlives a killed process; nothing waits for the disk itself. A line
the disk took only in part is cut off again.
"""

import os
from pathlib import Path
from typing import Final

from cuefocus.errors import JournalError

_READ_BYTES: Final = 1 << 16
_MODE: Final = 0o640


class LineFile:
    """A file that grows by whole lines; one writer at a time.

    A torn last line left by a killed writer is cut off when the file is opened.

    Args:
        path: the file; made if it is not there.
        opening: what every such file begins with, so that no other file is ever cut.

    Raises: OSError when it cannot be opened or written; what was not written whole is not there at all. JournalError
        for a file that begins otherwise.
    """

    def __init__(self, path: Path, opening: bytes) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._torn = False
        try:
            found = os.pread(self._fd, len(opening), 0)
            if found != opening[: len(found)]:
                raise JournalError("this file is not one of ours to add to", where=str(path), hint="name another file")
            self.size = self._cut_torn_end()
        except (OSError, JournalError):
            os.close(self._fd)
            raise

    def append(self, lines: bytes) -> None:
        """Write one or more whole lines."""
        if self._torn:
            os.ftruncate(self._fd, self.size)
            self._torn = False
        written = 0
        try:
            while written < len(lines):
                written += os.write(self._fd, lines[written:] if written else lines)
        except OSError:
            if written:
                self._torn = True
                os.ftruncate(self._fd, self.size)
                self._torn = False
            raise
        self.size += written

    def close(self) -> None:
        """Let go of the file, once."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _cut_torn_end(self) -> int:
        size = whole = os.fstat(self._fd).st_size
        while whole > 0:
            start = max(0, whole - _READ_BYTES)
            newline = os.pread(self._fd, whole - start, start).rfind(b"\n")
            if newline >= 0:
                whole = start + newline + 1
                break
            whole = start
        if whole != size:
            os.ftruncate(self._fd, whole)
        return whole
