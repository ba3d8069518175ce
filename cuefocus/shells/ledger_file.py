"""The ledger on disk. It raises `OSError`, because its caller holds the rows anyway and tries again."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from cuefocus.landing.ledger import OPENING as LEDGER_OPENING
from cuefocus.landing.ledger import LedgerLine, decode_line, encode_line, run_opening
from cuefocus.landing.rows import LandingRow
from cuefocus.shells.line_file import LineFile

_LAST_ENTRIES: Final = 1_000


class LedgerWriter:
    """Appends landings to a ledger that outlives the run.

    Args:
        path: the ledger; runs share it, one after another.
        run: id of this run (that of its journal).
        show: the show it plays (`Score.show`).

    Attributes:
        count: landings of this run that are in the file.

    Raises: OSError when the disk does not take it; then nothing of the row is in the file. JournalError for a file
        that is no ledger.
    """

    def __init__(self, path: Path, *, run: str, show: str = "") -> None:
        self.run, self.show, self.count = run, show, 0
        self._file = LineFile(path, LEDGER_OPENING)
        for entry in read_ledger(path, only_run=run):
            self.count = max(self.count, entry.number + 1)

    def append(self, row: LandingRow) -> None:
        """Add the run's next landing."""
        self._file.append(encode_line(self.run, self.count, row, self.show))
        self.count += 1

    def catch_up(self, rows: Sequence[LandingRow], *, before: int = 0) -> int:
        """Add those of the run's landings so far (from its journal) that are not in the file; how many.

        Args:
            rows: the last of them.
            before: how many came before these.
        """
        missing = list(rows)[max(0, self.count - before) :]
        for row in missing:
            self.append(row)
        return len(missing)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read_ledger(path: Path, *, only_run: str = "") -> Iterator[LedgerLine]:
    """The whole entries of a ledger; none if there is no such file.

    Args:
        path: the ledger.
        only_run: a run: then only its last thousand entries, quickly.
    """
    if not path.exists():
        return
    with path.open("rb") as stream:
        lines: Iterable[bytes] = stream
        if only_run:
            lines = deque((line for line in stream if line.startswith(run_opening(only_run))), maxlen=_LAST_ENTRIES)
        for line in lines:
            entry = decode_line(line) if line.endswith(b"\n") else None
            if entry is not None:
                yield entry
