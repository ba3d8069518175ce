"""Checkpoints: what a conductor's successor needs not replay. Two sheets of memory, written in turn by the understudy.

A sheet holds one state and where in which journal it stands. It has no name and no place on disk: `run` makes both and
hands them to its children, so nobody else can have written them, and they end with the run. A sheet that was torn by a
killed writer, or that is of other code or another journal, is no sheet: then the other one is read, or the journal from
its beginning. The journal is the truth; a checkpoint only spares time.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

_HEAD_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a state stands.

    Args:
        code: print of the code that made it, see `code_print`.
        journal: name of the journal's file.
        at_bytes: how much of the journal it has seen: whole lines.
        tail: the last bytes before that, as text.
        steps: how many steps that were.
    """

    code: str
    journal: str
    at_bytes: int
    tail: str
    steps: int


def make_sheets() -> tuple[int, int]:
    """Descriptors of two empty sheets."""
    first, second = (os.memfd_create(f"cuefocus-checkpoint-{number}", os.MFD_CLOEXEC) for number in (1, 2))
    return first, second


class Checkpoints:
    """Writes sheets in turn: the newest whole one is never touched.

    Args:
        sheets: their descriptors.
    """

    def __init__(self, sheets: Sequence[int]) -> None:
        self._sheets = list(sheets)
        marks = [(mark.steps if (mark := _head(fd)) is not None else -1) for fd in self._sheets]
        self._next = marks.index(min(marks)) if marks else 0

    def write(self, mark: Mark, state: bytes) -> None:
        """Put one state down. Raises OSError when memory is full; then the other sheet still stands."""
        fd = self._sheets[self._next]
        os.pwrite(fd, bytes(_HEAD_BYTES), 0)
        at = _HEAD_BYTES
        with memoryview(state) as rest:
            while at < _HEAD_BYTES + len(state):
                at += os.pwrite(fd, rest[at - _HEAD_BYTES :], at)
        os.ftruncate(fd, at)
        head = json.dumps({**asdict(mark), "bytes": len(state), "digest": _digest(state)}).encode("ascii")
        os.pwrite(fd, _digest(head).encode("ascii") + b" " + head + b"\n", 0)
        self._next = (self._next + 1) % len(self._sheets)


def states_of(sheets: Sequence[int], *, code: str, journal: str) -> Iterator[tuple[Mark, bytes]]:
    """The states of a journal by this code, those that are whole; the one that has seen most of it first."""
    heads = [(mark, fd) for fd in sheets if (mark := _head(fd)) is not None]
    fitting = [(mark, fd) for mark, fd in heads if mark.code == code and mark.journal == journal]
    for mark, fd in sorted(fitting, key=lambda one: one[0].steps, reverse=True):
        state = _body(fd)
        if state is not None:
            yield mark, state


def code_print() -> str:
    """A print of the code: names, sizes and times of all its files. Another version reads no state of this one."""
    folder = Path(__file__).parents[1]
    seen = blake2b(repr((sys.hexversion, sys.implementation.name)).encode(), digest_size=16)
    for path in sorted(folder.rglob("*.py")):
        status = path.stat()
        seen.update(repr((str(path), status.st_size, status.st_mtime_ns)).encode())
    return seen.hexdigest()


def _fields(fd: int) -> dict[str, Any] | None:
    digest, _, head = os.pread(fd, _HEAD_BYTES, 0).partition(b"\n")[0].partition(b" ")
    if not head or digest != _digest(head).encode("ascii"):
        return None
    fields: dict[str, Any] = json.loads(head)
    return fields


def _head(fd: int) -> Mark | None:
    fields = _fields(fd)
    return Mark(**{name: fields[name] for name in Mark.__slots__}) if fields is not None else None


def _body(fd: int) -> bytes | None:
    fields = _fields(fd)
    if fields is None:
        return None
    state = os.pread(fd, os.fstat(fd).st_size, _HEAD_BYTES)
    return state if len(state) == fields["bytes"] and _digest(state) == fields["digest"] else None


def _digest(state: bytes) -> str:
    return blake2b(state, digest_size=16).hexdigest()
