"""The words of an act, looked up by what is said and which time it is said. Plain values: a conductor holds them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from cuefocus.anchors.anchor import Anchor, AnchorMissing

_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word.

    Args:
        word: as it is written.
        start_s, end_s: its onset and end on the act's media, seconds; None where the end is not known.
        confidence: 0 to 1.
        source: what found it.
    """

    word: str
    start_s: float
    end_s: float | None = None
    confidence: float = 1.0
    source: str = ""


class Words:
    """The words of one act in order of time."""

    def __init__(self, words: Sequence[SpokenWord]) -> None:
        self._words = tuple(words)
        self._tokens = [(token, index) for index, word in enumerate(self._words) for token in tokens_of(word.word)]
        self._starts: dict[str, list[int]] = {}
        for position, (token, _) in enumerate(self._tokens):
            self._starts.setdefault(token, []).append(position)

    def __len__(self) -> int:
        return len(self._words)

    def find(self, phrase: str, nth: int = 1, edge: Literal["start", "end"] = "start") -> Anchor:
        """The onset (or end) of the nth time a word or phrase is said; case and punctuation do not matter.

        Raises: AnchorMissing saying what is there instead.
        """
        found = self._places_of(tokens_of(phrase))
        if not found:
            raise AnchorMissing(f"nobody says {phrase!r}", hint=self._nearest(phrase))
        if nth > len(found):
            times = ", ".join(f"{self._words[first].start_s:.3f} s" for first, _ in found[:_LISTED])
            more = ", …" if len(found) > _LISTED else ""
            raise AnchorMissing(f"{phrase!r} is said {_times(len(found))}, not {nth} times", hint=f"at {times}{more}")
        first, last = found[nth - 1]
        words = self._words[first : last + 1]
        text = " ".join(word.word for word in words)
        time_s = words[0].start_s
        if edge == "end":
            end_s = words[-1].end_s
            if end_s is None:
                raise AnchorMissing(f"the words file does not say where {phrase!r} ends", hint="land on its start")
            time_s = end_s
        sources = dict.fromkeys(word.source for word in words if word.source)
        return Anchor(time_s, "+".join(sources), min(word.confidence for word in words), text)

    def onsets_s(self, phrase: str = "") -> tuple[float, ...]:
        """When a word or phrase is said, or (empty) any word, in order."""
        if not phrase:
            return tuple(word.start_s for word in self._words)
        return tuple(self._words[first].start_s for first, _ in self._places_of(tokens_of(phrase)))

    def _places_of(self, phrase: Sequence[str]) -> list[tuple[int, int]]:
        """First and last word of every time the phrase is said."""
        if not phrase:
            return []
        found = list[tuple[int, int]]()
        for position in self._starts.get(phrase[0], ()):
            said = self._tokens[position : position + len(phrase)]
            if [token for token, _ in said] == list(phrase):
                found.append((said[0][1], said[-1][1]))
        return found

    def _nearest(self, phrase: str) -> str:
        tokens = tokens_of(phrase)
        if not tokens:
            return "write a word that is said in this act"
        missing = next((token for token in tokens if token not in self._starts), None)
        if missing is None:
            return "its words are said, but not in this order one after the other"
        close = get_close_matches(missing, self._starts, n=_LISTED, cutoff=0.6)
        if not self._words:
            return "the words file is empty"
        if not close:
            count = len(self._words)
            return f"the words file has {count} word{'s' if count != 1 else ''}, none like {missing!r}"
        return "near it: " + ", ".join(f"{token} ({_times(len(self._starts[token]))})" for token in close)


def tokens_of(text: str) -> tuple[str, ...]:
    """The words of a text without case, punctuation and accents' encodings; `Don't` and `don’t` are `dont`."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    joined = "".join(
        character if character.isalnum() or unicodedata.combining(character) else "" if character in "'’`´" else " "
        for character in plain
    )
    return tuple(joined.split())


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"
