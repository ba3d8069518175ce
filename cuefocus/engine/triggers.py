"""What was fired when and by which route: each trigger is taken once.

The same cue by any routes within the repeat guard is one trigger; each list's GO has a guard of its own against a
double press; a desk's word that comes twice at once was sent twice.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command
from cuefocus.timebase.units import NS_PER_MS, ms_from_ns

#: Bitfocus Companion's generic OSC action sends every packet twice (its issue 1655); nobody presses so quickly.
SENT_TWICE_NS: Final = 20 * NS_PER_MS
_WORDS_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A trigger that was the same as one just taken.

    Args:
        what: the cue, `GO LIST`, or a word.
        route: by which it came now.
        by: the route that was taken.
        age_ns: how long before.
    """

    what: str
    route: str
    by: str
    age_ns: int

    def told(self) -> dict[str, object]:
        """Its fields in an event."""
        return {"suppressed": self.what, "route": self.route, "by": self.by, "age_ms": ms_from_ns(self.age_ns)}


class TriggerLedger:
    """Remembers what fired when and by which route.

    Args:
        repeat_guard_ns: the same cue again within this is the same trigger.
        go_guard_ns: GO again within this is a double press.
    """

    def __init__(self, *, repeat_guard_ns: int, go_guard_ns: int) -> None:
        self._repeat_guard_ns, self._go_guard_ns = repeat_guard_ns, go_guard_ns
        self._fired: dict[str, tuple[int, str]] = {}
        self._went: dict[str, tuple[int, str]] = {}

    def repeats(self, cue: str, stamp_ns: int, route: str) -> Suppressed | None:
        """What `cue` would repeat if it were fired now; None when it is a trigger of its own."""
        return _within(self._fired.get(cue), self._repeat_guard_ns, cue, stamp_ns, route)

    def taken(self, cue: str, stamp_ns: int, route: str) -> None:
        """`cue` was fired, and moves its axis: the same again is a repetition."""
        self._fired[cue] = (stamp_ns, route)

    def go(self, name: str, stamp_ns: int, route: str) -> Suppressed | None:
        """Take a GO of a list; what it repeats where it is a double press."""
        double = _within(self._went.get(name), self._go_guard_ns, f"GO {name}", stamp_ns, route)
        if double is None:
            self._went[name] = (stamp_ns, route)
        return double


def _within(before: tuple[int, str] | None, guard_ns: int, what: str, stamp_ns: int, route: str) -> Suppressed | None:
    """Whether a trigger comes within a guard of the one before it; a late packet's stamp may be the earlier one."""
    if before is None or abs(stamp_ns - before[0]) >= guard_ns:
        return None
    return Suppressed(what, route, before[1], stamp_ns - before[0])


class SentTwice:
    """Desks' last words and what was answered: a copy of one gets the same answer, and does nothing."""

    def __init__(self) -> None:
        self._answered: deque[tuple[Command, Reply]] = deque(maxlen=_WORDS_KEPT)

    def copy_of(self, command: Command) -> tuple[Suppressed, Reply] | None:
        """What a word repeats, and the answer that was given then; None for one that says something."""
        said = command.verb, command.target, command.value
        for before, reply in reversed(self._answered):
            age_ns = command.stamp_ns - before.stamp_ns
            if abs(age_ns) < SENT_TWICE_NS and said == (before.verb, before.target, before.value):
                what = " ".join(filter(None, said))
                again = Reply(command.id, command.source, reply.ok, reply.text, reply.data)
                return Suppressed(what, command.source, before.source, age_ns), again
        return None

    def answered(self, command: Command, reply: Reply) -> None:
        """A word was carried out, or refused."""
        self._answered.append((command, reply))
