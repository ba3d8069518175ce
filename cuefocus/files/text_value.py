"""Values written in a file as one piece of text: `1.20 m`, `600 ms`, `40 %/s`.

Every scalar reaches the models as text, so a value's own `parse` is the only place that knows its spelling.
"""

from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

MAX_VALUE_CHARS = 200
"""No sensible quantity is longer; keeps number parsing out of its quadratic range."""


class BadText(ValueError):
    """Text that is not what its field needs: a problem and a hint, without a place."""

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem, self.hint = problem, hint
        super().__init__(f"{problem}; {hint}" if hint else problem)


def kind_of(value: object) -> str:
    """What a person would call a piece of a file."""
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"{value!r}"


class TextValue:
    """Base of values that are one scalar in a file. Subclasses are frozen dataclasses that define `parse`."""

    __slots__ = ()

    expects = "text"
    """What to write, for messages and JSON Schemas."""
    examples: tuple[str, ...] = ()
    numbers_allowed = False
    """Whether a bare number is meaningful, so that editors must not underline it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The value written as `text`. Raises: BadText."""
        raise TypeError(f"{cls.__name__} does not say how it is written")

    @classmethod
    def from_input(cls, value: object) -> Self:
        """A value as it comes from a file or from code."""
        if isinstance(value, str):
            if len(value) > MAX_VALUE_CHARS:
                raise BadText(f"{len(value)} characters is too long", f"write {cls.expects}")
            return cls.parse(value)
        if isinstance(value, cls):
            return value
        raise BadText(f"expected {cls.expects}, found {kind_of(value)}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.from_input, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return cls.json_schema()

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """What an editor should accept and say."""
        types: str | list[str] = ["string", "number"] if cls.numbers_allowed else "string"
        schema: dict[str, Any] = {"type": types, "description": cls.expects}
        return schema | ({"examples": list(cls.examples)} if cls.examples else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(TextValue):
    """A value that says itself as it was written; two spellings of one value are equal."""

    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text
