"""What was fired when and by which route: each trigger is taken, or refused, once.

The same cue by any routes within the repeat guard is one trigger; each list's GO has a guard of its own against a
double press.
"""

from dataclasses import dataclass, replace

from cuefocus.timebase.units import ms_from_ns


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A trigger that was the same as one just taken, or just refused.

    Args:
        what: the cue, `GO LIST`, or a word.
        route: by which it came now.
        by: the route that came first.
        age_ns: how long before.
        refused: what it fired then was refused.
    """

    what: str
    route: str
    by: str
    age_ns: int
    refused: bool = False

    @property
    def why(self) -> str:
        """Why nothing is fired now, for whoever fires a cue again."""
        before = f"{ms_from_ns(self.age_ns)} ms before: one trigger"
        if self.refused:
            return f"cue {self.what} was refused to {self.by} {before}"
        return f"cue {self.what} was fired by {self.by} {before}"

    def told(self) -> dict[str, object]:
        """Its fields in an event."""
        told = {"suppressed": self.what, "route": self.route, "by": self.by, "age_ms": ms_from_ns(self.age_ns)}
        return told | {"refused": True} if self.refused else told


class TriggerLedger:
    """Remembers what fired when and by which route.

    Args:
        repeat_guard_ns: the same cue again within this is the same trigger.
        go_guard_ns: GO again within this is a double press.
    """

    def __init__(self, *, repeat_guard_ns: int, go_guard_ns: int) -> None:
        self._repeat_guard_ns, self._go_guard_ns = repeat_guard_ns, go_guard_ns
        self._fired: dict[str, tuple[int, str]] = {}
        self._refused: set[str] = set()  # the cues that were refused when they were fired last
        self._taken_ns: dict[str, int] = {}  # when those that were not refused were fired last
        self._went: dict[str, tuple[int, str]] = {}

    def repeats(self, cue: str, stamp_ns: int, route: str) -> Suppressed | None:
        """What `cue` would repeat if it were fired now; None when it is a trigger of its own."""
        same = _within(self._fired.get(cue), self._repeat_guard_ns, cue, stamp_ns, route)
        return replace(same, refused=True) if same is not None and cue in self._refused else same

    def fired_ns(self, cue: str) -> int | None:
        """When a cue was fired last and not refused, the stamp of its trigger; None for never."""
        return self._taken_ns.get(cue)

    def heard(self, cue: str, stamp_ns: int, route: str, *, refused: bool = False) -> None:
        """`cue` was fired, and moves its axis or is refused, which its row tells: the same again is a repetition."""
        self._fired[cue] = (stamp_ns, route)
        if refused:
            self._refused.add(cue)
        else:
            self._refused.discard(cue)
            self._taken_ns[cue] = stamp_ns

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
