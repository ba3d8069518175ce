"""Words that came before their time, such as those of an OSC bundle with a time tag: kept until they are due.

Nothing else waits for them. A word that is due is taken as if it had come at that very moment.
"""

from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from operator import itemgetter
from typing import Final

from cuefocus.engine.ports import Command, Trigger

MOST: Final = 1024
"""More than a show needs, and no more than can be heard in one step."""


class Deadlines:
    """The queue.

    Attributes:
        said_ns: when the word that is due just now was said (host ns); None while none is.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[int, int, Command | Trigger]] = []
        self._count = 0
        self.said_ns: int | None = None

    @property
    def next_ns(self) -> int | None:
        """When the next word is due; None while none is kept."""
        return self._kept[0][0] if self._kept else None

    def keep(self, word: Command | Trigger) -> str:
        """Keep a word until it is due; why not, or empty. Words due at the same moment stay in order."""
        if len(self._kept) >= MOST:
            return f"{MOST} words wait for their time already; this one is refused"
        self._count += 1
        heappush(self._kept, (word.due_ns, self._count, word))
        return ""

    def due(self, now_ns: int) -> Iterator[Command | Trigger]:
        """The words whose time has come, in order; each is stamped with the moment it was due."""
        while self._kept and self._kept[0][0] <= now_ns:
            due_ns, _, word = heappop(self._kept)
            self.said_ns = word.stamp_ns
            yield replace(word, stamp_ns=due_ns, due_ns=0)
        self.said_ns = None

    def forget(self, said_before_ns: int | None = None) -> list[Command | Trigger]:
        """Keep none of them any longer, or none that was said before a host time; what they were, as they were due."""
        kept = sorted(self._kept, key=itemgetter(0, 1))
        over = [said_before_ns is None or word.stamp_ns < said_before_ns for _, _, word in kept]
        self._kept = [entry for entry, forgotten in zip(kept, over, strict=True) if not forgotten]
        return [word for (_, _, word), forgotten in zip(kept, over, strict=True) if forgotten]
