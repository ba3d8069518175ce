"""A session's state as bytes, and back: all that moves, nothing of the compiled show it moves along. Pure.

State is written by value, whatever it holds: a field that is added to the session some day is carried too. What belongs
to the job (acts, racks, axes, planner) is only named, so that the bytes stay few beside the show and what was one
object stays one. Bytes are read by the code that wrote them or not at all; see `cuefocus.shells.checkpoint`.
"""

import pickle
from collections import deque
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from io import BytesIO
from types import FunctionType
from typing import Any
from zlib import crc32

from cuefocus.chase.clock import NO_CLOCK
from cuefocus.engine.job import Job
from cuefocus.errors import JournalError
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest

_PLAIN = (int, float, str, bytes, type(None), Enum, Fraction, Set, type, FunctionType)
#: Many in a show, and pointed at whole.
_WHOLE = (PlannedRack, RackRequest)


class Snapshots:
    """Takes and gives back states of sessions of one job.

    Args:
        job: as it was compiled, before any step: its parts are numbered now.
    """

    def __init__(self, job: Job) -> None:
        self._parts = parts_of(job)
        self._numbers = {id(part): number for number, part in enumerate(self._parts)}
        self._kinds = crc32(" ".join(type(part).__name__ for part in self._parts).encode())

    def freeze(self, state: object) -> bytes:
        """A state as bytes: anything that holds sessions of the job, and values."""
        written = BytesIO()
        _Freezer(written, self._numbers).dump((self._kinds, state))
        return written.getvalue()

    def thaw(self, frozen: bytes) -> object:
        """The state again, on this job: the one it was frozen on, or another that came out of the same bytes.

        Only for bytes that nobody but ourselves can have written.

        Raises: JournalError when they hold no state of this job.
        """
        try:
            kinds, state = _Thawer(BytesIO(frozen), self._parts).load()
        except (
            pickle.UnpicklingError,
            EOFError,
            AttributeError,
            ImportError,
            LookupError,
            TypeError,
            ValueError,
        ) as why:
            raise JournalError(f"this checkpoint holds no state ({why})", hint="the journal is replayed") from None
        if kinds != self._kinds:
            raise JournalError("this checkpoint is of another show", hint="the journal is replayed")
        return state


class _Freezer(pickle.Pickler):
    def __init__(self, written: BytesIO, numbers: Mapping[int, int]) -> None:
        super().__init__(written, protocol=pickle.HIGHEST_PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, obj: Any) -> int | None:
        return self._numbers.get(id(obj))


class _Thawer(pickle.Unpickler):
    def __init__(self, frozen: BytesIO, parts: list[object]) -> None:
        super().__init__(frozen)
        self._parts = parts

    def persistent_load(self, pid: Any) -> object:
        return self._parts[pid]


def parts_of(job: Job) -> list[object]:
    """What a state may point at without owning it, always in the same order."""
    parts: list[object] = [NO_CLOCK]
    seen: set[int] = set()
    waiting: deque[object] = deque([job])
    while waiting:
        part = waiting.popleft()
        if isinstance(part, _PLAIN) or id(part) in seen:
            continue
        seen.add(id(part))
        parts.append(part)
        if not isinstance(part, _WHOLE):
            waiting.extend(_held_by(part))
    return parts


def _held_by(part: Any) -> Iterator[object]:
    if isinstance(part, Mapping):
        yield from part.values()
    elif isinstance(part, (tuple, list)):
        yield from part
    elif is_dataclass(part):
        for one in fields(part):
            yield getattr(part, one.name)
    else:
        yield from getattr(part, "__dict__", {}).values()
