"""A words file: where each word stands on the act's media."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from cuefocus.anchors.anchor import AnchorsRefused
from cuefocus.anchors.json_file import parse_json, refuse_findings
from cuefocus.anchors.spoken import SpokenWord, Words
from cuefocus.files.load import read_bytes
from cuefocus.files.strict import Finding, Strict

HINT = 'a words file is {"words": [{"word": "goodbye", "start_s": 12.48, "end_s": 12.9, …}]}'
Seconds = Annotated[float, Field(ge=-3600, le=86_400, strict=True)]


class Word(Strict):
    """One word as it was found in the sound."""

    word: Annotated[str, Field(max_length=1000)]
    start_s: Seconds
    end_s: Seconds | None = None
    confidence: float = Field(1.0, ge=0, le=1)
    source: Annotated[str, Field(max_length=1000)] = ""


class WordsFile(Strict):
    """What `words align` writes."""

    words: tuple[Word, ...]


def load_words(path: Path) -> Words:
    """A words file from disk. Raises: AnchorsRefused."""
    return parse_words(read_bytes(path, AnchorsRefused), str(path))


def parse_words(data: bytes, file: str) -> Words:
    """A words file's bytes. Raises: AnchorsRefused with every complaint."""
    value, located = parse_json(data, file, WordsFile, HINT)
    refuse_findings(data, file, located.data, list(_findings(value.words)))
    return Words([SpokenWord(**word.model_dump()) for word in value.words])


def _findings(words: Sequence[Word]) -> Iterator[Finding]:
    before_s = float("-inf")
    for index, word in enumerate(words):
        if word.start_s < before_s:
            problem = f"{word.word!r} starts at {word.start_s:.3f} s, before the word above it"
            yield ("words", index, "start_s"), "error", problem, "sort the words by time"
        elif word.start_s == before_s:
            problem = f"{word.word!r} starts at {word.start_s:.3f} s, as the word above it does"
            yield ("words", index, "start_s"), "error", problem, "two words cannot begin at once; drop one"
        before_s = max(before_s, word.start_s)
        if word.end_s is not None and word.end_s < word.start_s:
            yield ("words", index, "end_s"), "error", f"{word.word!r} ends before it starts", "swap start_s and end_s"
