"""Landings on their way into the ledger: a disk that refuses is asked again, and costs no rack."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from cuefocus.landing.rows import LandingRow
from cuefocus.shells.conductor_parts import Lists
from cuefocus.timebase.units import NS_PER_S

_RETRY_NS: Final = NS_PER_S
_ROWS_KEPT: Final = 10_000


class LedgerQueue:
    """Rows that have not been written yet, the oldest first.

    Args:
        ledger: where they go; None where none is kept.
        alarm: is told, in a sentence, when the disk begins to refuse.
    """

    def __init__(self, ledger: Lists | None, alarm: Callable[[str], object]) -> None:
        self._ledger, self._alarm = ledger, alarm
        self._rows: deque[LandingRow] = deque(maxlen=_ROWS_KEPT)
        self._refused = False
        self._retry_ns = 0

    def add(self, rows: Iterable[LandingRow], now_ns: int) -> None:
        """Write rows, after those that wait."""
        self._rows.extend(rows)
        self.write(now_ns)

    def write_when_due(self, now_ns: int) -> None:
        """Try those that wait again, now and then."""
        if self._rows and now_ns >= self._retry_ns:
            self.write(now_ns)

    def write(self, now_ns: int) -> None:
        """Write what waits, as far as the disk takes it."""
        if self._ledger is None:
            self._rows.clear()
            return
        try:
            while self._rows:
                self._ledger.append(self._rows[0])
                self._rows.popleft()
        except OSError as problem:
            self._retry_ns = now_ns + _RETRY_NS
            if not self._refused:
                self._refused = True
                self._alarm(f"landings cannot be written ({problem}): they are kept in memory and tried again")
        else:
            self._refused = False
