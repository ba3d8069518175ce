"""Alarms of one kind that may come by the thousand: the first is told at once, the others counted, once a second."""

from typing import Final

from cuefocus.timebase.units import NS_PER_S

TOLD_EVERY_NS: Final = NS_PER_S


class Flurry:
    """What came of one kind."""

    def __init__(self) -> None:
        self._told_ns: int | None = None
        self._untold, self._last = 0, ""

    def came(self, text: str) -> None:
        """One more; its sentence."""
        self._untold, self._last = self._untold + 1, text

    def due(self, now_ns: int) -> str:
        """What is to be told now: the last sentence, and `(5×)` where it stands for so many; empty for nothing."""
        if not self._untold or (self._told_ns is not None and now_ns - self._told_ns < TOLD_EVERY_NS):
            return ""
        text = self._last if self._untold == 1 else f"{self._last} ({self._untold}×)"
        self._told_ns, self._untold, self._last = now_ns, 0, ""
        return text
