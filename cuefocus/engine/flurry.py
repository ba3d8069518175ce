"""Alarms of one kind that may come by the thousand: the first is told at once, the others counted, once a second."""

from collections import Counter
from typing import Final

from cuefocus.timebase.units import NS_PER_S

TOLD_EVERY_NS: Final = NS_PER_S
_NAMED: Final = 3
_NAMES_KEPT: Final = 64
_LONGEST_NAMED: Final = 80
_LONGEST_KEPT: Final = 400


class Tally:
    """How often what came, by its name: of a flood of names the first ones are kept."""

    def __init__(self) -> None:
        self.times = 0
        self._names: Counter[str] = Counter()  # one made by `Counter[str]()` keeps that, and is unlike its copy

    def came(self, name: str) -> str:
        """One more; `name` is empty where nobody knows it. The name that it is counted under, or empty."""
        self.times, name = self.times + 1, _short(name, _LONGEST_KEPT)
        if not name or (name not in self._names and len(self._names) >= _NAMES_KEPT):
            return ""
        self._names[name] += 1
        return name

    @property
    def several(self) -> bool:
        """Whether there is more than one name."""
        return len(self._names) > 1

    @property
    def most_frequent(self) -> str:
        """The name that came most often; empty where none is known."""
        return next((name for name, _ in self._names.most_common(1)), "")

    def named(self, separator: str = ", ") -> str:
        """The most frequent names, three at most, on one line: `go 5×, next 2×, top and more`; empty for none."""
        if not self.several:
            return self.most_frequent
        often = ((_short(name, _LONGEST_NAMED), times) for name, times in self._names.most_common(_NAMED))
        told = separator.join(f"{name} {times}×" if times > 1 else name for name, times in often)
        return told + (" and more" if len(self._names) > _NAMED else "")


class Flurry:
    """What came of one kind."""

    def __init__(self) -> None:
        self._told_ns: int | None = None
        self._untold, self._last = Tally(), dict[str, str]()

    def came(self, text: str, name: str) -> None:
        """One more; its sentence, and what it is about in a few words."""
        self._last[self._untold.came(name)] = text

    def due(self, now_ns: int) -> str:
        """What is to be told now; empty for nothing.

        One sentence, about the most frequent, and `(5×)` where it stands for so many: of several it names those that
        came most often.
        """
        untold = self._untold
        if not untold.times or (self._told_ns is not None and now_ns - self._told_ns < TOLD_EVERY_NS):
            return ""
        text = self._last[untold.most_frequent]
        if untold.times > 1:
            text += f" ({untold.times}×: {untold.named()})" if untold.several else f" ({untold.times}×)"
        self._told_ns, self._untold, self._last = now_ns, Tally(), {}
        return text


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
