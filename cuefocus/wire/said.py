"""What a desk says, in our words: the same whatever dialect, cable or keyboard it came by.

A dialect turns its messages into these; who may say what is decided here, so that it is the same for all of them.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Right(IntEnum):
    """What a peer may do. Each holds those before it."""

    NONE = 0
    VIEW = 1
    EDIT = 2
    OPERATE = 3


@dataclass(frozen=True, slots=True)
class Said:
    """One word.

    Args:
        verb: go, standby, hold, panic, … as the session's commands are called.
        target: the cue, camera or axis it is for; empty for the next, or for all.
        value: the rest, by verb.
    """

    verb: str
    target: str = ""
    value: str = ""


STOPS: Final = ("hold", "hand", "panic", "release")
"""Verbs that motion itself obeys."""
DISARMING: Final = (*STOPS, "disarm", "disengage")
"""Verbs after which nothing moves by itself: no trigger of a show takes their place."""
STOPS_IN_DOUBT: Final = ("hold", "panic", "release")
"""Stops that a slip keeps nobody from: with a target that names nothing they are for every axis, and that is said.

A cue is no slip: HOLD of one that has landed is for its axis alone, which another may have begun to move.
"""
HELD: Final = "held"
"""In the session's answer to a HOLD of what motion does not know: the axis it is for, or empty for every one."""
_VIEWED: Final = frozenset({"status"})
_ASKED: Final = frozenset({"setup", "offset"})
"""Verbs that only ask where they come without a value."""
_EDITED: Final = frozenset({"slate", "mark", "setup"})


def right_for(said: Said) -> Right:
    """The right that a word needs: looking, editing what is written down, or, for all else, operating."""
    if said.verb in _VIEWED or (said.verb in _ASKED and not said.value):
        return Right.VIEW
    return Right.EDIT if said.verb in _EDITED else Right.OPERATE
