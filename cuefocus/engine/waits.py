"""Cues that wait: for the end of a pre-wait, to follow another, or, fired already, for the moment to leave."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.engine.takebook import CueRecord
from cuefocus.timebase.units import s_from_ns

ITS_MOMENT: Final = "its moment"
FREEZING: Final = Latch.HOLD | Latch.HAND
"""Stops in which waits stand still; PANIC and RELEASE end the take, and the waits with it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One cue's wait.

    Args:
        axis: the cue's.
        due_ns: host time at which it goes.
        route: what fired it, or what it follows.
        why: "pre-wait", "auto-continue", "auto-follow" or "its moment".
        left_ns: how much of it is left while a stop on its axis freezes it; None while it runs.
        travel_ns: how long its pull takes this time; None: as written.
        record: for its moment: the rack as it is foreseen; when it lands was settled when it was fired.
        looked: when it was foreseen so, and the clock's epoch and the axis' attach count then.
    """

    cue: str
    axis: str
    due_ns: int
    route: str
    why: str
    left_ns: int | None = None
    travel_ns: int | None = None
    record: CueRecord | None = None
    looked: tuple[int, int, int] = (0, 0, 0)

    @property
    def key(self) -> tuple[str, str]:
        """What it is one of: an axis leaves for one rack at a time, a cue has one wait before it goes."""
        return (self.why, self.axis) if self.record is not None else ("", self.cue)

    def remaining_ns(self, now_ns: int) -> int:
        """How long it has yet to wait."""
        return self.due_ns - now_ns if self.left_ns is None else self.left_ns


def when(left_ns: int) -> str:
    """How long something has yet to wait, for a sentence."""
    left_s = s_from_ns(abs(left_ns))
    return f"in {left_s:.1f} s" if left_ns >= 0 else f"overdue by {left_s:.1f} s"


class Waits:
    """The waits of a session."""

    def __init__(self) -> None:
        self._waits: dict[tuple[str, str], Wait] = {}

    def __iter__(self) -> Iterator[Wait]:
        return iter(tuple(self._waits.values()))

    @property
    def next_ns(self) -> int | None:
        """When the next one is over; None while none runs."""
        return min((wait.due_ns for wait in self if wait.left_ns is None), default=None)

    def add(self, wait: Wait) -> None:
        """Begin one, or go on with it otherwise."""
        self._waits[wait.key] = wait

    def of(self, cue: str) -> Wait | None:
        """The wait of a cue that has not gone yet."""
        return self._waits.get(("", cue))

    def for_moment(self, axis: str) -> Wait | None:
        """The wait of the rack that an axis will leave for."""
        return self._waits.get((ITS_MOMENT, axis))

    def freeze(self, axis: str, latch: Latch, now_ns: int) -> None:
        """A stop stands on an axis, or no longer: its waits stand still, or go on with what was left.

        Not for a moment: when the rack lands is settled, and music does not wait.
        """
        for wait in self:
            if wait.axis != axis or wait.record is not None:
                continue
            if latch & FREEZING and wait.left_ns is None:
                self.add(replace(wait, left_ns=max(0, wait.due_ns - now_ns)))
            elif not latch and wait.left_ns is not None:
                self.add(replace(wait, due_ns=now_ns + wait.left_ns, left_ns=None))

    def over(self, now_ns: int) -> list[Wait]:
        """Take out those whose time has come, in its order."""
        due = [wait for wait in self if wait.left_ns is None and wait.due_ns <= now_ns]
        for wait in due:
            del self._waits[wait.key]
        return sorted(due, key=lambda wait: wait.due_ns)

    def drop(self, wait: Wait | None) -> None:
        """It waits no longer."""
        if wait is not None:
            self._waits.pop(wait.key, None)

    def clear(self) -> None:
        """Drop all of them."""
        self._waits.clear()

    def shown(self, now_ns: int) -> list[dict[str, object]]:
        """As the status tells them, the next one first."""
        ordered = sorted(self, key=lambda wait: wait.remaining_ns(now_ns))
        return [
            {
                "cue": wait.cue,
                "due_in_s": round(wait.remaining_ns(now_ns) * 1e-9, 3),
                "for": wait.why,
                "route": wait.route,
                "held": wait.left_ns is not None,
            }
            for wait in ordered
        ]
