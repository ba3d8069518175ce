"""The chase's state machine, as a table from which the follower moves and the docs are drawn.

`DISAGREE` is no state of a follower: the arbiter shows it in place of the leader's while sources differ.
"""

from enum import StrEnum

from cuefocus.chase.clock import ClockState


class Sign(StrEnum):
    """What moves the chase from state to state."""

    HEARD = "a reading"
    FOLLOWED = "two agreeing readings at a declared speed"
    CONFIRMED = "the rate is the declared one"
    GAP = "readings missing"
    EXPIRED = "freewheel over"
    GONE = "the source went away"
    STOPPED = "an explicit stop"
    OFF_SPEED = "reverse or shuttle"
    REFUSED = "wrong rate or speed"


_NO_SIGNAL, _LOCATING, _CHECKING, _LOCKED = (
    ClockState.NO_SIGNAL,
    ClockState.LOCATING,
    ClockState.CHECKING,
    ClockState.LOCKED,
)
_FREEWHEELING, _HOLDING = ClockState.FREEWHEELING, ClockState.HOLDING
ADVANCING = (_CHECKING, _LOCKED)
RUNNING = (*ADVANCING, _FREEWHEELING)

TRANSITIONS: dict[tuple[ClockState, Sign], ClockState] = {
    (_NO_SIGNAL, Sign.HEARD): _LOCATING,
    **{(state, Sign.FOLLOWED): _CHECKING for state in (_NO_SIGNAL, _LOCATING, _HOLDING, _FREEWHEELING)},
    **{(state, Sign.CONFIRMED): _LOCKED for state in (_NO_SIGNAL, _LOCATING, _CHECKING, _HOLDING, _FREEWHEELING)},
    **{(state, Sign.GAP): _FREEWHEELING for state in (_CHECKING, _LOCKED)},
    **{(state, Sign.EXPIRED): _NO_SIGNAL for state in (_FREEWHEELING, _LOCATING)},
    **{(state, Sign.GONE): _FREEWHEELING for state in (_CHECKING, _LOCKED)},
    **{(state, Sign.GONE): _NO_SIGNAL for state in (_LOCATING, _HOLDING)},
    **{(state, Sign.STOPPED): _HOLDING for state in (*RUNNING, _NO_SIGNAL, _LOCATING)},
    **{(state, Sign.OFF_SPEED): _LOCATING for state in (*RUNNING, _NO_SIGNAL, _HOLDING)},
    **{(state, Sign.REFUSED): _HOLDING for state in (*RUNNING, _NO_SIGNAL, _LOCATING)},
}


def next_state(state: ClockState, sign: Sign) -> ClockState:
    """Where `sign` leads from `state`; a pair the table does not name changes nothing."""
    return TRANSITIONS.get((state, sign), state)


def as_mermaid() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    lines = ["stateDiagram-v2", "    [*] --> no_signal"]
    lines += [f"    {old.word} --> {new.word}: {sign.value}" for (old, sign), new in TRANSITIONS.items()]
    return "\n".join(lines) + "\n"
