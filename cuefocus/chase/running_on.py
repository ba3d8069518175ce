"""Positions that run on, and positions that jump to and fro: what a row of them tells that no single one does."""

from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

# Positions run when for a second they are where play speed leads, within a drawing of the screen and a block of sound.
_RUNS_NS: Final = NS_PER_S
_WITHIN_NS: Final = 60 * NS_PER_MS
_LONGEST_STEP_NS: Final = 500 * NS_PER_MS
_LEAST_COUNT: Final = 10
# Nobody locates so often: positions of two programs, mixed.
_JUMPS, _JUMPS_WITHIN_NS = 8, NS_PER_S


class RunningOn:
    """Knows whether positions, said to stand, run at play speed."""

    def __init__(self) -> None:
        self._begin = self._last = (0, 0)
        self._count = 0

    def runs(self, show_ns: int, stamp_ns: int) -> bool:
        """Whether they have, for a second up to this one.

        Args:
            show_ns: where it is.
            stamp_ns: host time at which it was told.
        """
        begin, last, self._last = self._begin, self._last, (show_ns, stamp_ns)
        apart_ns = (show_ns - begin[0]) - (stamp_ns - begin[1])
        if not 0 < show_ns - last[0] <= _LONGEST_STEP_NS or abs(apart_ns) > _WITHIN_NS:
            self._begin, self._count = (show_ns, stamp_ns), 0
        self._count += 1
        return self._count >= _LEAST_COUNT and stamp_ns - self._begin[1] >= _RUNS_NS


class ToAndFro:
    """Knows whether positions jump more often than one playback would."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._jumps_ns: list[int] = []

    def jumps(self, show_ns: int, stamp_ns: int) -> bool:
        """Whether they did, within the second up to this one.

        Args:
            show_ns: where it is.
            stamp_ns: host time at which it was told.
        """
        last_ns, self._last_ns = self._last_ns, show_ns
        self._jumps_ns = [at_ns for at_ns in self._jumps_ns if stamp_ns - at_ns <= _JUMPS_WITHIN_NS]
        if last_ns is not None and not 0 <= show_ns - last_ns <= _LONGEST_STEP_NS:
            self._jumps_ns = [*self._jumps_ns[-_JUMPS:], stamp_ns]
        return len(self._jumps_ns) >= _JUMPS
