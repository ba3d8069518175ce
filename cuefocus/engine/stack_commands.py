"""Words for the cue lists: GO, and what stands by for it. None of them but GO moves anything."""

import re
from typing import TYPE_CHECKING, Final

from cuefocus.engine.cue_lists import CueList
from cuefocus.engine.ports import Command
from cuefocus.timebase.units import NS_PER_MS

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

Answer = tuple[bool, str]
_TRAVEL: Final = re.compile(r"(?:(?P<list>.+) )?travel_ms=(?P<ms>[0-9]{1,8})")


def go(session: "Session", command: Command) -> Answer:
    """A cue by number, or the one that stands by in a list; `travel_ms=N`, behind the list, is how long it pulls."""
    travel = _TRAVEL.fullmatch(command.value)
    travel_ns = int(travel["ms"]) * NS_PER_MS or None if travel is not None else None  # in no time: as written
    if command.target:
        return session.casting.fire(session, command.target, command.stamp_ns, command.source, travel_ns=travel_ns)
    name = command.value if travel is None else travel["list"] or ""
    return session.casting.go(session, name, command.stamp_ns, command.source, travel_ns=travel_ns)


def standby(session: "Session", command: Command) -> Answer:
    """A cue stands by, in the list that is named or in each that holds it."""
    if not command.target:
        return _asked(session, command)
    cue, lists = command.target, session.casting.lists
    why = session.casting.unknown(cue)
    if why:
        return False, why
    holding = lists.holding(cue)
    if command.value:
        chosen, problem = lists.find(command.value)
        if chosen is None:
            return False, problem
        if chosen not in holding:
            return False, f"cue {cue} is not in list {chosen.name}"
        holding = [chosen]
    if not holding:
        return False, f"cue {cue} is in no GO list; fire it by number: go {cue}"
    for one in holding:
        one.stand_by(cue)
    return True, f"cue {cue} stands by in {_names(holding)}"


def _asked(session: "Session", command: Command) -> Answer:
    chosen, problem = session.casting.lists.find(command.value)
    return (False, problem) if chosen is None else (True, stands_by(chosen))


def onwards(session: "Session", command: Command) -> Answer:
    """The next cue stands by; the one that stood by is not fired."""
    return _moved(session, command, +1)


def back(session: "Session", command: Command) -> Answer:
    """The cue before stands by; nothing moves back."""
    return _moved(session, command, -1)


def _moved(session: "Session", command: Command, by: int) -> Answer:
    chosen, problem = session.casting.lists.find(command.value)
    if chosen is None:
        return False, problem
    if not chosen.move(by):
        return False, f"list {chosen.name} goes no further; {stands_by(chosen)}"
    return True, stands_by(chosen)


def top(session: "Session", command: Command) -> Answer:
    """The first cue stands by."""
    chosen, problem = session.casting.lists.find(command.value)
    if chosen is None:
        return False, problem
    chosen.top()
    return True, stands_by(chosen)


def load(session: "Session", command: Command) -> Answer:
    """A cue stands by and is planned from where its axis stands now, so that whatever keeps it from landing is known.

    Without a cue, the one that stands by. A hot cue, which is in no list, is planned alone.
    """
    casting, cue = session.casting, command.target
    if not cue:
        chosen, problem = casting.lists.find(command.value)
        if chosen is None:
            return False, problem
        if chosen.standby is None:
            return False, stands_by(chosen)
        cue = chosen.standby
    elif command.value or casting.lists.holding(cue):
        done, text = standby(session, command)
        if not done:
            return False, text
    return casting.rehearsed(session, cue)


def stands_by(chosen: CueList) -> str:
    """What the next GO of a list does."""
    if chosen.standby is None:
        return f"list {chosen.name} is at its end: nothing stands by; back or top takes it back"
    return f"cue {chosen.standby} stands by in {chosen.name}"


def _names(lists: list[CueList]) -> str:
    return " and ".join(one.name for one in lists)
