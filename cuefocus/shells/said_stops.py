"""Stops that others than the conductor have said: how it hears of them, and that no older word takes them back.

Motion obeys a stop whoever says it, and one that stands already changes nothing in it; still it counts from when it was
said last. So whoever says one notes when, and then sets it. The conductor looks at those times each turn, once it has
all words of the turn in hand; and what was said after that look is not taken back in the step that follows.
"""

from collections.abc import Callable
from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Latched
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_layout import STOP_KINDS
from cuefocus.shells.shm_words import KINDS
from cuefocus.timebase.units import NS_PER_S

_SETTLED_NS: Final = NS_PER_S
"""A time stands for a moment before its stop does; one so old that has none was taken back."""


class SaidStops:
    """The conductor's view of them. A successor is told of all that stand; its session knows which it has heard.

    Args:
        memory: where they stand.
        now_ns: the host clock.
    """

    def __init__(self, memory: SharedMemory, now_ns: Callable[[], int]) -> None:
        self._memory, self._latches, self._now_ns = memory, memory.latches, now_ns
        self._seen = [0] * len(self._latches.said)
        self._page = bytes(self._latches.said.nbytes)

    def news(self) -> list[Latched]:
        """Those that were said since the last call, whether or not they stood, the oldest first."""
        page = self._latches.said.tobytes()
        if page == self._page:
            return []
        self._page = page
        heard, now_ns = list[Latched](), self._now_ns()
        for at, (said_ns, seen_ns) in enumerate(zip(self._latches.said, self._seen, strict=True)):
            if said_ns == seen_ns:
                continue
            stands = self._latches.stands(at)
            if not stands and now_ns - said_ns < _SETTLED_NS:
                self._page = b""  # it is looked at again
                continue
            self._seen[at] = said_ns
            if stands:
                heard += self._told(at, said_ns)
        return sorted(heard, key=lambda event: event.stamp_ns)

    def clear(self, latch: Latch, axis: int | None) -> None:
        """Take back stops of one axis, or of all (None); one that was said since the last look stands."""
        cleared = self._latches.clear(latch, axis, self._seen)
        self._memory.ring_motion()  # a call of the system: what is read after it was not read before the stops went
        self._latches.restore(cleared, self._seen)

    def _told(self, at: int, said_ns: int) -> list[Latched]:
        word, kind = divmod(at, STOP_KINDS)
        indexes = [word - 1] if word else range(len(self._memory.axes))
        return [Latched(self._memory.axes[index], said_ns, self._latches.of(index), KINDS[kind]) for index in indexes]
