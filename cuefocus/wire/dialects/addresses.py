"""Addresses of a dialect: written with `{cue}` where a cue's number stands, and which of them a wildcard names."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from cuefocus.wire.osc_pattern import Words, is_pattern, matches

CUE: Final = "{cue}"
"""Stands for a cue's number in a written address."""
MOST_NAMED: Final = 64
"""Addresses that one message with wildcards may name."""
_UNSAFE: Final = frozenset(' #*,/?[]{}"')
_Meaning = TypeVar("_Meaning")


def meant_by(address: str, written: Mapping[str, _Meaning]) -> tuple[_Meaning, str] | None:
    """What a plain address means among those written, and its cue; None for one that is not written."""
    if address in written:
        return written[address], ""
    levels = address.split("/")
    for at in range(1, len(levels)):
        template = "/".join((*levels[:at], CUE, *levels[at + 1 :]))
        if template in written and levels[at]:
            return written[template], levels[at]
    return None


@dataclass(frozen=True, slots=True)
class Named:
    """What a message with wildcards names.

    Args:
        addresses: plain ones; none where there would be more than `MOST_NAMED`.
        count: how many there would be.
    """

    addresses: tuple[str, ...] = ()
    count: int = 0


def named_by(pattern: str, written: Sequence[str], numbers: Collection[str]) -> Named:
    """The plain addresses that a pattern names, among those written and the cues there are.

    `//` stands for any number of levels, once in a pattern. Cues are named as `in_address` has them.
    """
    levels = pattern.split("/")[1:]
    chosen: dict[str, tuple[str, ...]] = {}
    known: dict[tuple[str, str], bool] = {}
    found = list[str]()
    for address, its_levels in _by_level(tuple(written)):
        for level in _fitting(levels, its_levels, known):
            if level is None:
                found.append(address)
                continue
            if level not in chosen:
                chosen[level] = _cues(tuple(numbers)).matched_by(level)
            found += [address.replace(CUE, number) for number in chosen[level]]
    unique = tuple(dict.fromkeys(found))
    return Named(unique if len(unique) <= MOST_NAMED else (), len(unique))


@lru_cache(maxsize=8)
def _by_level(written: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((address, tuple(address.split("/")[1:])) for address in written)


@lru_cache(maxsize=2)
def _cues(numbers: tuple[str, ...]) -> Words:
    return Words(tuple(dict.fromkeys(map(in_address, numbers))))


def speakable(number: str) -> bool:
    """Whether a text can stand in an address as it is."""
    return bool(number) and in_address(number) == number


def in_address(text: str) -> str:
    """A text as a part of an address: what may not stand there becomes `_`."""
    return "".join("_" if each in _UNSAFE or not (each.isascii() and each.isprintable()) else each for each in text)


def cue_named(name: str, numbers: Collection[str]) -> str:
    """The cue that is so named in an address: itself, or the one whose number is told so; else what was named."""
    if name in numbers or "_" not in name:
        return name
    return next((number for number in numbers if in_address(number) == name), name)


def _fitting(
    pattern: Sequence[str], address: Sequence[str], known: dict[tuple[str, str], bool]
) -> Iterator[str | None]:
    """The pattern's level for the cue where a pattern fits a written address; None where that has no cue.

    Args:
        pattern: its levels.
        address: the written one's.
        known: which levels fit which, as far as it was looked at.
    """
    if "" in pattern[:-1]:
        at = pattern.index("")
        missing = len(address) - (len(pattern) - 1)
        if missing < 0 or "" in pattern[at + 1 :]:
            return
        pattern = [*pattern[:at], *["*"] * missing, *pattern[at + 1 :]]
    if len(pattern) != len(address):
        return
    cue = None
    for heard, written in zip(pattern, address, strict=True):
        if written == CUE:
            cue = heard
        elif heard != written:
            if (heard, written) not in known:
                known[heard, written] = is_pattern(heard) and matches(heard, written)
            if not known[heard, written]:
                return
    yield cue
