"""The files a run was made from, as they were when it began; and which of them are others by now."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

_BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class RunFile:
    """One file.

    Args:
        path: where it is.
        size_bytes, changed_ns: as the file system says; -1 of a file that was not there.
        sha256: of what it holds; empty for sound, which is only played.
    """

    path: str
    size_bytes: int
    changed_ns: int
    sha256: str = ""

    @classmethod
    def of(cls, path: Path, *, by_content: bool) -> "RunFile":
        """The file as it is now."""
        try:
            status = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if by_content else ""
        except OSError:
            return cls(str(path), -1, -1)
        return cls(str(path), status.st_size, status.st_mtime_ns, digest)

    @property
    def change(self) -> str:
        """How it differs from what it was, as a predicate; empty when it does not.

        A file that was written anew with the same words is the same, however often it was saved.
        """
        now = RunFile.of(Path(self.path), by_content=bool(self.sha256))
        if now.size_bytes < 0:
            return "" if self.size_bytes < 0 else "is gone"
        if self.size_bytes < 0:
            return "is there now"
        same = now.sha256 == self.sha256 if self.sha256 else now == self
        return "" if same else "was changed"


def changes(files: Iterable[RunFile]) -> list[str]:
    """A sentence's beginning about each file that is another than when the run began."""
    return [f"{Path(one.path).name} {change}" for one in files if (change := one.change)]


def read_through(files: Iterable[RunFile], ending: Event) -> int:
    """Read every file once, so that the system has it at hand; returns how many bytes. Files that are gone are none."""
    total = 0
    for one in files:
        try:
            with Path(one.path).open("rb") as opened:
                while not ending.is_set() and (block := opened.read(_BLOCK_BYTES)):
                    total += len(block)
        except OSError:
            continue
    return total
