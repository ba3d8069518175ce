"""OSC address patterns: `?`, `*`, `[abc]`, `[!a-f]`, `{this,that}`, and the `//` of OSC 1.1.

A pattern is matched against many words at once. They lie end to end, each with a place for its end behind it; a set of
places is one whole number, a bit a place, and a pattern's element moves the whole set. So the work is in proportion to
the pattern's length times that of the words, whatever the pattern: nothing is ever tried again.
Source: The Open Sound Control 1.0 Specification, OSC Message Dispatching and Pattern Matching; 1.1 for `//`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

LONGEST: Final = 1024
"""Letters of a pattern; a longer one matches nothing."""
_SPECIAL: Final = frozenset("?*[]{}")
_END: Final = "\0"
_SEPARATOR: Final = "/"
_Step = Callable[[int], int]


def is_pattern(address: str) -> bool:
    """Whether an address is a pattern rather than a plain address."""
    return not _SPECIAL.isdisjoint(address) or "//" in address


def matches(pattern: str, address: str) -> bool:
    """Whether a plain address is among those that a pattern names; a malformed pattern names none."""
    return bool(Words((address,)).matched_by(pattern))


class Words:
    """Addresses, or parts of addresses, that patterns are matched against.

    Args:
        words: as they stand; one that holds a NUL matches nothing.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        laid = _END.join([*(word.replace(_END, "/") for word in self._words), ""])
        self._size = len(laid)
        letters = set(laid)
        none = dict.fromkeys(map(ord, letters), "0")
        backwards = laid[::-1]
        self._masks = {each: int(backwards.translate({**none, ord(each): "1"}), 2) for each in letters}
        self._ends = self._masks.get(_END, 0)
        whole = (1 << self._size) - 1
        self._letters = whole & ~self._ends
        self._within = self._letters & ~self._masks.get(_SEPARATOR, 0)
        self._starts = ((self._ends << 1) | 1) & whole

    def matched_by(self, pattern: str) -> tuple[str, ...]:
        """Those that a pattern names, in their order; none for a malformed one."""
        if len(pattern) > LONGEST or _END in pattern or not self._words:
            return ()
        places = self._starts
        for step in self._steps(pattern):
            places = step(places)
            if not places:
                return ()
        flags = f"{places & self._ends:0{self._size}b}"[::-1]
        found, at = list[str](), -1
        for word in self._words:
            at += len(word) + 1
            if flags[at] == "1" and _END not in word:
                found.append(word)
        return tuple(found)

    def _steps(self, pattern: str) -> Iterator[_Step]:
        """What each element of a pattern does to the places reached."""
        at = 0
        while at < len(pattern):
            letter = pattern[at]
            close = pattern.find({"[": "]", "{": "}"}.get(letter, letter), at + 1) if letter in "[{" else at
            if close < 0 or letter in "]}":
                yield lambda _: 0
                return
            inside = pattern[at + 1 : close]
            if letter == "*":
                yield self._any_letters
            elif letter == "?":
                yield lambda places: (places & self._within) << 1
            elif letter == "[":
                yield self._one_of(self._class(inside))
            elif letter == "{":
                yield self._either(inside.split(","))
            elif pattern.startswith("//", at):
                yield self._any_levels
                close = at + 1
            else:
                yield self._one_of(self._masks.get(letter, 0))
            at = close + 1

    def _any_letters(self, places: int) -> int:
        return self._filled(places, self._within)

    def _any_levels(self, places: int) -> int:
        """A slash, then any number of whole levels with theirs."""
        slashes = self._masks.get(_SEPARATOR, 0)
        behind = (places & slashes) << 1
        return behind | (self._filled(behind, self._letters) & (slashes << 1))

    def _filled(self, places: int, run: int) -> int:
        """Every place from those reached to the end of their run: a carry runs through the ones of a sum."""
        return (((places & run) + run) ^ run) | places

    def _one_of(self, mask: int) -> _Step:
        return lambda places: (places & mask) << 1

    def _either(self, words: Sequence[str]) -> _Step:
        if any(not _SPECIAL.isdisjoint(word) or _SEPARATOR in word for word in words):
            return lambda _: 0

        def step(places: int) -> int:
            reached = 0
            for word in words:
                through = places
                for letter in word:
                    through = (through & self._masks.get(letter, 0)) << 1
                reached |= through
            return reached

        return step

    def _class(self, inside: str) -> int:
        """The places of letters that `[inside]` names. A `-` at its end is a letter, and so is a `!` past its start."""
        negated, inside = inside.startswith("!"), inside.removeprefix("!")
        mask, at = 0, 0
        while at < len(inside):
            if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
                low, high = inside[at], inside[at + 2]
                for letter, places in self._masks.items():
                    mask |= places if low <= letter <= high else 0
                at += 3
            else:
                mask |= self._masks.get(inside[at], 0)
                at += 1
        return self._within & ~mask if negated else self._within & mask
