"""The base of every model that comes out of a file, and the scalar types they share."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator, WithJsonSchema

from cuefocus.errors import TimecodeError
from cuefocus.files.complaint import Loc, Severity
from cuefocus.files.text_value import BadText
from cuefocus.timebase.frames import RATES, FrameRate, rate_named


class Strict(BaseModel):
    """A mapping in a file: unknown keys refused, never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())


Finding = tuple[Loc, Severity, str, str]
"""What no single field can see: where, how bad, the problem, the hint."""
Findings = Iterator[Finding]


def one_or_many(value: object) -> object:
    """A lone item where a list may stand."""
    return value if isinstance(value, list | tuple) else [value]


def _true_or_false(value: object) -> object:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise BadText(f"{value!r} is neither true nor false", "write true or false")
        return value == "true"
    return value


def _rate(value: object) -> FrameRate:
    if isinstance(value, FrameRate):
        return value
    if not isinstance(value, str):
        raise BadText("expected a frame rate", f"known rates are {', '.join(RATES)}")
    try:
        return rate_named(value)
    except TimecodeError as error:
        raise BadText(error.sentence, error.hint) from None


_ANY_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}

Text = Annotated[str, Field(max_length=2000), WithJsonSchema(_ANY_SCALAR)]
"""Free text. Editors may see a number in `cue: 12.10`; we never do."""
Name = Annotated[str, Field(min_length=1, max_length=200), WithJsonSchema(_ANY_SCALAR)]
"""An id that other lines refer to."""
Flag = Annotated[bool, BeforeValidator(_true_or_false, json_schema_input_type=bool)]
"""`true` or `false`; YAML 1.1's `yes` and `on` are text."""
Rate = Annotated[
    FrameRate,
    PlainValidator(_rate),
    PlainSerializer(str),
    WithJsonSchema(
        {"type": ["string", "number"], "description": "frame rate", "examples": list(RATES)}, mode="validation"
    ),
]
"""A frame rate by its name, e.g. `29.97df`."""
Milliseconds = Annotated[float, Field(ge=0, le=600_000)]
