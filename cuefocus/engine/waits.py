"""Cues that have been fired and wait for their moment: pre-waits, and what follows a cue by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cuefocus.engine.plan import Latch

FREEZING: Final = Latch.HOLD | Latch.HAND
"""Stops in which waits stand still; PANIC and RELEASE end the take, and the waits with it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One cue's wait.

    Args:
        axis: the cue's.
        due_ns: host time at which it goes.
        route: what fired it, or what it follows.
        why: "pre-wait", "auto-continue" or "auto-follow".
        left_ns: how much of it is left while a stop on its axis freezes it; None while it runs.
        travel_ns: how long its pull takes this time; None: as written.
    """

    cue: str
    axis: str
    due_ns: int
    route: str
    why: str
    left_ns: int | None = None
    travel_ns: int | None = None


class Waits:
    """The waits of a session, by cue."""

    def __init__(self) -> None:
        self._waits: dict[str, Wait] = {}

    def __iter__(self) -> Iterator[Wait]:
        return iter(tuple(self._waits.values()))

    def running(self, why: str) -> frozenset[str]:
        """The cues in waits of one kind."""
        return frozenset(wait.cue for wait in self if wait.why == why)

    @property
    def next_ns(self) -> int | None:
        """When the next one is over; None while none runs."""
        return min((wait.due_ns for wait in self if wait.left_ns is None), default=None)

    def add(self, wait: Wait) -> None:
        """Begin one; a cue has one at a time."""
        self._waits[wait.cue] = wait

    def left_ns(self, cue: str, now_ns: int) -> int:
        """How long a cue has yet to wait."""
        wait = self._waits[cue]
        return wait.due_ns - now_ns if wait.left_ns is None else wait.left_ns

    def freeze(self, axis: str, latch: Latch, now_ns: int) -> None:
        """A stop stands on an axis, or no longer: its waits stand still, or go on with what was left."""
        for wait in self:
            if wait.axis != axis:
                continue
            if latch & FREEZING and wait.left_ns is None:
                self._waits[wait.cue] = replace(wait, left_ns=max(0, wait.due_ns - now_ns))
            elif not latch and wait.left_ns is not None:
                self._waits[wait.cue] = replace(wait, due_ns=now_ns + wait.left_ns, left_ns=None)

    def over(self, now_ns: int) -> list[Wait]:
        """Take out those whose time has come, in its order."""
        due = [wait for wait in self if wait.left_ns is None and wait.due_ns <= now_ns]
        for wait in due:
            del self._waits[wait.cue]
        return sorted(due, key=lambda wait: wait.due_ns)

    def drop(self, cue: str) -> None:
        """A cue waits no longer."""
        self._waits.pop(cue, None)

    def clear(self) -> None:
        """Drop all of them."""
        self._waits.clear()

    def shown(self, now_ns: int) -> list[dict[str, object]]:
        """As the status tells them, the next one first."""
        ordered = sorted(self, key=lambda wait: self.left_ns(wait.cue, now_ns))
        return [
            {
                "cue": wait.cue,
                "due_in_s": round(self.left_ns(wait.cue, now_ns) * 1e-9, 3),
                "for": wait.why,
                "route": wait.route,
                "held": wait.left_ns is not None,
            }
            for wait in ordered
        ]
