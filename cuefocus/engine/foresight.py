"""Whether the cues that stand by could land if their GO came now: looked at all the while, one GO list a step.

An operator sees before GO what GO would be refused for. And what a GO needs stays in the processor's caches: a rack
that nobody has planned for a while takes three times as long to plan.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


class Foresight:
    """What would become of the cues that stand by."""

    def __init__(self) -> None:
        self._turn = 0
        self._refused: dict[str, tuple[str, str]] = {}  # by list: the cue that was looked at, and why it could not land

    def step(self, session: "Session") -> None:
        """Look at the cue that stands by in the next list, unless its axis moves: where it will stop, it may well do.

        With nothing armed there is nothing to see: no cue lands then.
        """
        lists = tuple(session.casting.lists)
        if not (session.book.armed and lists):
            self._refused.clear()
            return
        self._turn += 1
        one = lists[self._turn % len(lists)]
        cue = one.standby
        if cue is not None and session.casting.moves(session, cue):
            return
        why = "" if cue is None else session.casting.foreseen(session, cue)[1]
        if cue is None or not why:
            self._refused.pop(one.name, None)
        else:
            self._refused[one.name] = (cue, why)

    def refused(self, session: "Session") -> Mapping[str, str]:
        """By GO list, why what stands by there could not land now; without the lists whose cue could."""
        standbys = session.casting.lists.standbys()
        return {name: f"cue {cue} {why}" for name, (cue, why) in self._refused.items() if standbys[name] == cue}
