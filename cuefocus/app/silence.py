"""Whether a process that runs shows life, as one sees it who may have been asleep too."""

from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

GIVEN_UP_NS: Final = 3 * NS_PER_S
"""No step takes so long: what shows no life for this hangs."""
STUCK_NS: Final = 10 * NS_PER_S
"""Nothing that a successor does before it conducts takes so long without a sign that it gets on.

A replay gives one with each step, and so may take hours.
"""
_MOST_A_LOOK_NS: Final = 200 * NS_PER_MS
"""Between two looks no more than this counts: a machine that was paused, or a watcher that was, saw no silence."""


class Silence:
    """Counts it, for a process and its successors."""

    def __init__(self) -> None:
        self._pid = self._looked_ns = self._silent_ns = 0
        self._signs = (0, 0)
        self._lives = self._told = False

    def ends_hope(self, pid: int, beat_ns: int, start_ns: int, now_ns: int) -> int:
        """How long the process was seen silent, in ns, once that is so long that it hangs; else 0; told once of each.

        The first of all may take its time to start: nothing moves that waits for it.

        Args:
            pid: who runs; 0 for nobody.
            beat_ns: the last sign of life, its own or a predecessor's; 0 before the first of all.
            start_ns: the last sign of one that starts that it gets on, its own or a predecessor's.
            now_ns: host clock.
        """
        since_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        before, self._signs = self._signs, (beat_ns, start_ns)
        if pid != self._pid:
            self._pid, self._lives, self._told, self._silent_ns = pid, False, False, 0
        elif self._signs != before:
            self._lives, self._silent_ns = self._lives or beat_ns != before[0], 0
        elif pid and beat_ns:
            self._silent_ns += min(since_ns, _MOST_A_LOOK_NS)
        limit_ns = GIVEN_UP_NS if self._lives else STUCK_NS
        if self._told or self._silent_ns <= limit_ns:
            return 0
        self._told = True
        return limit_ns
