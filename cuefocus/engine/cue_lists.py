"""GO lists: in each, one cue stands by, and GO fires it."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

_MAIN: Final = "GO"
"""The list that GO means where none is named."""


class CueList:
    """Cues in show order. One of them stands by, or none once the last has been fired.

    Args:
        name: as the show calls it.
        cues: their ids.
        chained: those after which the next one goes by itself.

    Attributes:
        jumped: the cue that stood by last, where something else than this list's GO fired it; None otherwise.
    """

    def __init__(self, name: str, cues: Sequence[str], chained: Set[str] = frozenset()) -> None:
        self.name = name
        self.jumped: str | None = None
        self._cues, self._next, self._chained = tuple(cues), 0, chained
        self._chosen = False

    @property
    def standby(self) -> str | None:
        """The cue the next GO fires; None past the last."""
        return self._cues[self._next] if self._next < len(self._cues) else None

    def __contains__(self, cue: object) -> bool:
        return cue in self._cues

    def stand_by(self, cue: str) -> None:
        """An operator chooses one of the cues."""
        self._next, self._chosen, self.jumped = self._cues.index(cue), True, None

    def move(self, by: int) -> bool:
        """Stand by on a later (+1) or an earlier cue (-1); False where there is none. One past the last is a place."""
        wanted = self._next + by
        if not 0 <= wanted <= len(self._cues):
            return False
        self._next, self._chosen, self.jumped = wanted, True, None
        return True

    def top(self) -> None:
        """Stand by on the first cue."""
        self._next, self._chosen, self.jumped = 0, False, None

    def begin_take(self) -> None:
        """A take begins at the top, unless an operator has chosen since the last one began."""
        if not self._chosen:
            self.top()
        self._chosen = False

    def fired(self, cue: str, *, by_go: bool, by_itself: bool = False, refused: bool = False) -> None:
        """One of its cues was fired: the one after it stands by, past those that will go by themselves.

        Args:
            cue: which.
            by_go: by this list's own GO.
            by_itself: after another cue: what an operator has chosen meanwhile goes on standing by.
            refused: it cannot land, so nothing goes after it.
        """
        if by_itself and cue != self.standby:
            return
        self._chosen = False
        self.jumped = cue if cue == self.standby and not by_go else None
        last = self._cues.index(cue)
        while not refused and self._cues[last] in self._chained and last + 1 < len(self._cues):
            last += 1
        self._next = last + 1

    def after(self, cue: str) -> str | None:
        """The cue after one of its own; None after the last."""
        index = self._cues.index(cue) + 1
        return self._cues[index] if index < len(self._cues) else None


class CueLists:
    """The GO lists of a show.

    Args:
        lists: the ids of their cues, in show order, by name.
        chained: the cues after which the next of their list goes by itself.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], chained: Set[str] = frozenset()) -> None:
        self.chained = chained
        self._lists = {name: CueList(name, cues, chained) for name, cues in lists.items()}

    def __iter__(self) -> Iterator[CueList]:
        return iter(self._lists.values())

    @property
    def main(self) -> CueList | None:
        """The list meant where none is named: `GO`, or the only one; None where nobody can say."""
        only = next(iter(self)) if len(self._lists) == 1 else None
        return self._lists.get(_MAIN, only)

    def find(self, name: str = "") -> tuple[CueList | None, str]:
        """A list by name, the main one without; and, where there is none, a sentence that says so."""
        known = ", ".join(self._lists)
        if name:
            found = self._lists.get(name)
            return found, "" if found is not None else f"no GO list {name!r}; have {known or 'none'}"
        if self.main is not None:
            return self.main, ""
        return None, f"which GO list? have {known}" if known else "the show has no cue that waits for GO"

    def holding(self, cue: str) -> list[CueList]:
        """The lists a cue is in; none for a hot cue, which is fired by number."""
        return [one for one in self if cue in one]

    def after(self, cue: str, name: str) -> str | None:
        """The cue after another in a list (empty: the first that holds it); None where there is none."""
        holding = self.holding(cue)
        through = next((one for one in holding if one.name == name), holding[0] if holding else None)
        return None if through is None else through.after(cue)

    def standbys(self) -> dict[str, str | None]:
        """What stands by, by list."""
        return {one.name: one.standby for one in self}

    def begin_take(self) -> None:
        """A take begins."""
        for one in self:
            one.begin_take()
