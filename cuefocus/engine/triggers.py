"""What a GO, an OSC, MSC or note means, and that each is taken exactly once.

The same cue by any routes within the repeat guard is one trigger; GO has a guard of its own against a double press.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cuefocus.engine.ports import Trigger


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A trigger that was the same as one just taken.

    Args:
        by: the route that was taken.
        age_ns: how long before.
    """

    cue: str
    route: str
    by: str
    age_ns: int


class TriggerLedger:
    """Remembers what fired when and by which route.

    Args:
        repeat_guard_ns: the same cue again within this is the same trigger.
        go_guard_ns: GO again within this is a double press.
    """

    def __init__(self, *, repeat_guard_ns: int, go_guard_ns: int) -> None:
        self._repeat_guard_ns, self._go_guard_ns = repeat_guard_ns, go_guard_ns
        self._fired: dict[str, tuple[int, str]] = {}
        self._last_go_ns: int | None = None

    def repeats(self, cue: str, stamp_ns: int, route: str) -> Suppressed | None:
        """What `cue` would repeat if it were fired now; None when it is a trigger of its own."""
        if cue in self._fired:
            fired_ns, by = self._fired[cue]
            if abs(stamp_ns - fired_ns) < self._repeat_guard_ns:
                return Suppressed(cue, route, by, stamp_ns - fired_ns)
        return None

    def taken(self, cue: str, stamp_ns: int, route: str) -> None:
        """`cue` was fired, and moves its axis: the same again is a repetition."""
        self._fired[cue] = (stamp_ns, route)

    def take_go(self, stamp_ns: int) -> bool:
        """Whether a GO counts; False for a double press."""
        if self._last_go_ns is not None and abs(stamp_ns - self._last_go_ns) < self._go_guard_ns:
            return False
        self._last_go_ns = stamp_ns
        return True


class CueStack:
    """The manual cues in show order: what GO fires next."""

    def __init__(self, cues: tuple[str, ...]) -> None:
        self._cues, self._next = cues, 0

    @property
    def standby(self) -> str | None:
        """The cue the next GO fires; None past the last."""
        return self._cues[self._next] if self._next < len(self._cues) else None

    def go(self) -> str | None:
        """The cue a GO fires. It stays on standby until it has been taken: see `fired`."""
        return self.standby

    def fired(self, cue: str) -> None:
        """A manual cue was taken, by GO or by number: stand by on the one after it."""
        if cue in self._cues:
            self._next = self._cues.index(cue) + 1

    def __contains__(self, cue: object) -> bool:
        return cue in self._cues

    def top(self) -> None:
        """Stand by on the first cue again."""
        self._next = 0


def cues_heard(trigger: Trigger, wanted: Mapping[tuple[str, str], tuple[str, ...]]) -> tuple[str, ...]:
    """The cues that wait for this trigger, by (kind, key) as the show file spells them."""
    return wanted.get((trigger.kind, trigger.key), ())
