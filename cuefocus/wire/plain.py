"""What others say, made fit for a line that a person reads: it colours, clears and forges nothing there."""

from collections.abc import Mapping
from typing import Any, Final

_UNSEEN: Final = "?"


def plain(text: str) -> str:
    """`text` as one line: white space as blanks, `?` for each control, direction or other unprintable character."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " if each.isspace() else _UNSEEN for each in text)


def plain_lines(text: str) -> str:
    """The same of each line of a text of our own that may hold what others said; its line ends stay."""
    return "\n".join(plain(line) for line in text.split("\n"))


def plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same of every text in what JSON holds: an event, say."""
    return {plain(name): _plain_value(value) for name, value in fields.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return plain_fields(value)
    if isinstance(value, list | tuple):
        return [_plain_value(each) for each in value]
    return value
