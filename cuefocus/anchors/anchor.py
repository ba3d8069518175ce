"""An anchor: a word or beat with its time on the act's media, and how much that time is worth."""

from dataclasses import dataclass

from cuefocus.errors import ShowFileError
from cuefocus.files.complaint import FileRefused


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a word or beat stands.

    Args:
        time_s: seconds from second 0 of the act's media.
        source: who found it: a tool, a person, `midi`.
        confidence: 0 to 1; an imported time has 1.
        text: the word or beat as the file has it.
    """

    time_s: float
    source: str
    confidence: float
    text: str


class AnchorMissing(ShowFileError):
    """A word or beat that the act does not have; sentence and hint are for the place in the show that asked."""


class AnchorsRefused(FileRefused, ShowFileError):
    """A words or beats file that cannot be used, with every complaint."""
