"""The journal on disk. What the disk refuses is kept in memory and written later; nothing is ever raised for it."""

import errno
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cuefocus.engine.journal import (
    OPENING as JOURNAL_OPENING,
)
from cuefocus.engine.journal import (
    JournalDecoder,
    JournalHeader,
    Step,
    decode_header,
    encode_gap,
    encode_header,
    encode_step,
)
from cuefocus.engine.ports import InboxEvent
from cuefocus.errors import JournalError
from cuefocus.shells.journal_spill import JournalSpill
from cuefocus.shells.line_file import LineFile
from cuefocus.timebase.units import NS_PER_S

RETRY_NS: Final = NS_PER_S
KEPT_LINES: Final = 200_000
_BATCH_BYTES: Final = 1 << 20
_READ_BYTES: Final = 1 << 20
TAIL_BYTES: Final = 160
"""So much of a journal tells whether it still is what it was: lines carry their time, so no two places look alike."""


class JournalWriter:
    """Keeps the steps of one run.

    A file that exists already is gone on with, if it is this run's own.

    Args:
        path: the journal.
        header: written first into an empty file.
        now_ns: host clock, for the time between attempts.
        on_trouble: told once, in a sentence, when the disk stops taking lines, and once when it takes them again.
        kept_lines: how many lines memory holds meanwhile; older ones are lost, and the journal says how many.
        spill: where those lines outlive us; None for nowhere.
        waiting: lines that a predecessor left there.

    Raises: JournalError at the start if the file is another run's journal, or none at all. Never OSError.
    """

    def __init__(
        self,
        path: Path,
        header: JournalHeader,
        *,
        now_ns: Callable[[], int],
        on_trouble: Callable[[str], None],
        kept_lines: int = KEPT_LINES,
        spill: JournalSpill | None = None,
        waiting: Sequence[bytes] = (),
    ) -> None:
        self.path = path
        self.lost_lines = 0
        self._header, self._now_ns, self._on_trouble = header, now_ns, on_trouble
        self._kept: deque[bytes] = deque(waiting, maxlen=kept_lines)
        self._spill = spill
        self._gap_lines = 0
        self._file: LineFile | None = None
        self._troubled = False
        self._retry_ns = 0
        with suppress(OSError):
            self._opened()
        self._write(b"")

    @property
    def kept_lines(self) -> int:
        """Lines that wait in memory for the disk."""
        return len(self._kept)

    def append(self, now_ns: int, inbox: Sequence[InboxEvent]) -> None:
        """Keep one step: on disk if it takes it, else in memory."""
        line = encode_step(now_ns, inbox)
        if not self._troubled:
            self._write(line)
            return
        self._keep(line)
        if self._now_ns() >= self._retry_ns:
            self._write(b"")

    def close(self) -> None:
        """Offer the disk what is left, and let go of the file."""
        if self._kept:
            self._write(b"")
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: bytes) -> None:
        try:
            file = self._opened()
            if self._kept or self._gap_lines:
                self._write_kept(file)
            if line:
                file.append(line)
        except (OSError, JournalError) as problem:
            self._give_up(line, problem)
        else:
            if self._troubled:
                lost = f", {self.lost_lines} steps were lost" if self.lost_lines else ""
                self._on_trouble(f"{self.path}: the journal is written again{lost}")
            self._troubled = False

    def _opened(self) -> LineFile:
        if self._file is None:
            file = LineFile(self.path, JOURNAL_OPENING)
            try:
                if file.size:
                    self._check_own(file.size)
                else:
                    file.append(encode_header(self._header))
            except BaseException:
                file.close()
                raise
            self._file = file
        return self._file

    def _check_own(self, size: int) -> None:
        with self.path.open("rb") as stream:
            found = decode_header(stream.readline(size), version=None)
        if found.run != self._header.run:
            raise JournalError(
                f"this is the journal of run {found.run}", where=str(self.path), hint="a run keeps a journal of its own"
            )

    def _write_kept(self, file: LineFile) -> None:
        if self._gap_lines:
            file.append(encode_gap(self._gap_lines))
            self._gap_lines = 0
        while self._kept:
            batch: list[bytes] = []
            size = 0
            for line in self._kept:
                if batch and size + len(line) > _BATCH_BYTES:
                    break
                batch.append(line)
                size += len(line)
            file.append(b"".join(batch))
            for _ in batch:
                self._kept.popleft()
        if self._spill is not None:
            self._spill.clear()

    def _keep(self, line: bytes) -> None:
        if len(self._kept) == self._kept.maxlen:
            self.lost_lines += 1
            self._gap_lines += 1
        self._kept.append(line)
        if self._spill is not None:
            self._spill.add(line)

    def _give_up(self, line: bytes, problem: OSError | JournalError) -> None:
        if line:
            self._keep(line)
        self._retry_ns = self._now_ns() + RETRY_NS
        full = isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT)
        if self._file is not None and not full:
            with suppress(OSError):
                self._file.close()
            self._file = None
        if not self._troubled:
            self._troubled = True
            why = getattr(problem, "strerror", None) or problem
            self._on_trouble(
                f"{self.path}: the journal cannot be written ({why}); its steps are kept in memory meanwhile"
            )


class JournalFileReader:
    """A journal read from disk, to its end and on as it grows.

    Args:
        path: the journal.
        version: the version this code has; None reads a journal of any.

    Attributes:
        position: bytes of the file handed out so far: whole lines, the header among them.
        torn_bytes: of an unfinished last line, as it was at the last look; not part of any step.

    Raises: JournalError with a sentence, also when the file cannot be read or ends within its header.
    """

    def __init__(self, path: Path, *, version: str | None) -> None:
        self.path = path
        self._decoder = JournalDecoder(version=version)
        self.position = self.torn_bytes = self._begun_bytes = 0
        try:
            if path.exists() and not path.is_file() and not path.is_dir():  # a pipe would block, a device has no end
                raise JournalError("this is a device or a pipe, not a journal", where=str(path), hint="name a file")
            self._stream = path.open("rb", buffering=0)
        except OSError as problem:
            raise JournalError(
                f"the journal cannot be read ({problem.strerror})", where=str(path), hint="name a file"
            ) from problem
        try:
            self._fed(self._lines(first=True))
            if self._decoder.header is None:
                self._refuse_headless()
        except BaseException:
            self._stream.close()
            raise

    @property
    def header(self) -> JournalHeader:
        """What the run was made from."""
        if self._decoder.header is None:
            raise AssertionError("a reader has a header")
        return self._decoder.header

    @property
    def lost_lines(self) -> int:
        """Steps the writer had to give up; replay across them is not exact."""
        return self._decoder.lost_lines

    def steps(self) -> Iterator[Step]:
        """The steps not yet handed out, up to the present end of the file; call again for what came since."""
        while (steps := self.more()) is not None:
            yield from steps

    def more(self) -> list[Step] | None:
        """The steps of the next piece of the file, and `position` after them; None at its present end.

        An unfinished last line is read again the next time: its writer may have been killed, and the line cut off.
        """
        lines = self._lines()
        return self._fed(lines) if lines else None

    def tail(self, at_bytes: int) -> str:
        """The last bytes before a place in the file."""
        start = max(0, at_bytes - TAIL_BYTES)
        return os.pread(self._stream.fileno(), at_bytes - start, start).decode("ascii", "replace")

    def go_on_from(self, at_bytes: int) -> None:
        """Hand out only the steps that begin at this place or after it."""
        self.position = self._begun_bytes = at_bytes

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def __enter__(self) -> "JournalFileReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lines(self, *, first: bool = False) -> bytes:
        """Whole lines from `position` on, about a megabyte of them, or only the first; nothing when none is there."""
        fd, data, newline = self._stream.fileno(), b"", -1
        while newline < 0 and (piece := os.pread(fd, _READ_BYTES, self.position + len(data))):
            found = piece.find(b"\n") if first else piece.rfind(b"\n")
            newline = found + len(data) if found >= 0 else -1
            data += piece
        self.torn_bytes = 0 if first and newline >= 0 else len(data) - (newline + 1)
        self.position += newline + 1
        return data[: newline + 1]

    def _fed(self, data: bytes) -> list[Step]:
        try:
            return self._decoder.feed(data)
        except JournalError as error:
            place = f"past byte {self._begun_bytes}" if self._begun_bytes else error.where
            where = f"{self.path}: {place}" if place else str(self.path)
            raise JournalError(error.sentence, where=where, hint=error.hint) from error

    def _refuse_headless(self) -> None:
        sentence = "the journal ends within its header" if self.torn_bytes else "the journal is empty"
        raise JournalError(sentence, where=str(self.path), hint="the run ended before its first step")
