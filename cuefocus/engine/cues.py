"""A cue's life as a table, by (take, pass, cue)."""

from enum import Enum


class Life(Enum):
    """Where a cue stands in its life."""

    STANDING_BY = "standing by"
    READY = "ready"
    PULLING = "pulling"
    DONE = "done"
    MISSED = "missed"
    SKIPPED = "skipped"
    REFUSED = "refused"
    HELD = "held"
    OVERRIDDEN = "overridden"
    REPLACED = "replaced"

    __hash__ = object.__hash__  # one of a kind; by name it takes ten times as long, and located playback asks thousands

    @property
    def over(self) -> bool:
        """Whether nothing can happen to the cue any more in this pass."""
        return self not in _ALIVE


_ALIVE = frozenset({Life.STANDING_BY, Life.READY, Life.PULLING})


class Happening(Enum):
    """What can happen to a cue."""

    PLANNED = "planned and possible"
    DOUBTED = "no longer possible for now"
    DEPARTED = "its first set-point left"
    JUDGED = "its landing was judged"
    LOST = "a fault, or the clock went before it landed"
    PASSED = "playback jumped over it"
    DENIED = "it may not be tried"
    STOPPED = "HOLD, PANIC or the loss policy"
    GRABBED = "a person drives the axis"
    DISPLACED = "another cue took the axis"

    __hash__ = object.__hash__


_S, _R, _P = Life.STANDING_BY, Life.READY, Life.PULLING

#: (state, happening) → state. What is not in the table does not change a life.
LIFE: dict[tuple[Life, Happening], Life] = {
    (_S, Happening.PLANNED): _R,
    (_R, Happening.DOUBTED): _S,
    (_R, Happening.DEPARTED): _P,
    (_P, Happening.JUDGED): Life.DONE,
    **{
        (state, happening): end
        for state in (_S, _R, _P)
        for happening, end in (
            (Happening.LOST, Life.MISSED),
            (Happening.PASSED, Life.SKIPPED),
            (Happening.STOPPED, Life.HELD),
            (Happening.GRABBED, Life.OVERRIDDEN),
            (Happening.DISPLACED, Life.REPLACED),
        )
    },
    (_S, Happening.DENIED): Life.REFUSED,
    (_R, Happening.DENIED): Life.REFUSED,
}


def lived(state: Life, happening: Happening) -> Life:
    """The state after a happening; a life that is over stays over."""
    return LIFE.get((state, happening), state)
