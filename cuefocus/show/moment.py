"""A moment of an act: a word, a place on the timeline, or a beat."""

from typing import Annotated, Final, Literal

from pydantic import Field

from cuefocus.files.durations import Duration
from cuefocus.files.strict import Name, Strict
from cuefocus.show.values import At

NO_OFFSET: Final = Duration.parse("0 ms")
Nth = Annotated[int, Field(ge=1, le=100_000)]


class Moment(Strict):
    """When to land or leave: a word, a place on the timeline, or a beat. Exactly one of `word`, `at`, `bar`."""

    word: Name | None = Field(None, description="a word or phrase of the act's words file; its onset")
    nth: Nth = Field(1, description="which occurrence in the act, from 1")
    edge: Literal["start", "end"] = Field("start", description="the onset of the word, or its end")
    at: At | None = None
    bar: int | None = Field(None, ge=-1000, le=1_000_000)
    beat: float = Field(1.0, ge=1, le=10_000, description="from 1; 2.5 is half-way from beat 2 to beat 3")
    offset: Duration = Field(NO_OFFSET, description="+ = later")

    @property
    def text(self) -> str:
        """As a report names it: `"goodbye" (2)`, `bar 17 beat 3`, `01:00:34:12`."""
        if self.word is not None:
            which = f" ({self.nth})" if self.nth != 1 else ""
            return f'{"end of " if self.edge == "end" else ""}"{self.word}"{which}'
        return f"bar {self.bar} beat {self.beat:g}" if self.at is None else self.at.text
