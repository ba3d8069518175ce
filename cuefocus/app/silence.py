"""Whether a process that runs shows life, as one sees it who may have been asleep too."""

from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

GIVEN_UP_NS: Final = 3 * NS_PER_S
"""No step takes so long: what shows no life for this hangs."""
_MOST_A_LOOK_NS: Final = 200 * NS_PER_MS
"""Between two looks no more than this counts: a machine that was paused, or a watcher that was, saw no silence."""


class Silence:
    """Counts it, for a process and its successors."""

    def __init__(self) -> None:
        self._pid = self._beat_ns = self._looked_ns = self._silent_ns = 0
        self._lives = False

    def ends_hope(self, pid: int, beat_ns: int, now_ns: int) -> bool:
        """Whether the process was seen silent for so long that it hangs; told once of each.

        One that has yet to show its first sign of life is starting, however long that takes.

        Args:
            pid: who runs; 0 for nobody.
            beat_ns: the last sign of life, its own or a predecessor's.
            now_ns: host clock.
        """
        since_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        if pid != self._pid:
            self._pid, self._lives, self._silent_ns = pid, False, 0
        elif beat_ns != self._beat_ns:
            self._lives, self._silent_ns = True, 0
        elif self._lives and pid:
            self._silent_ns += min(since_ns, _MOST_A_LOOK_NS)
        self._beat_ns = beat_ns
        if self._silent_ns <= GIVEN_UP_NS:
            return False
        self._lives, self._silent_ns = False, 0
        return True
