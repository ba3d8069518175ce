"""How a rack moves: how long its pull takes and the shape of the motion."""

import re
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from cuefocus.files.durations import Duration, RingSpeed
from cuefocus.files.text_value import BadText, TextValue, Written, kind_of

NamedShape = Literal["linear", "ease-in", "ease-out", "s-curve", "minimum-jerk"]
ShapeName = Literal[NamedShape, "bezier", "recorded"]
SHAPES: tuple[NamedShape, ...] = get_args(NamedShape)


@dataclass(frozen=True, slots=True)
class Pull(Written):
    """How long a rack takes, from departure to standstill: a duration, or a mean speed over its travel."""

    duration: Duration | None
    speed: RingSpeed | None

    expects = "a duration such as 600 ms, 15 frames or 2 beats, or {speed: 40 %/s}"
    examples = Duration.examples

    @classmethod
    def parse(cls, text: str) -> Self:
        """A pull as written. Raises: BadText."""
        if "%" in text or "ring" in text:
            raise BadText(f"{text!r} is a speed", f"write {{speed: {text.strip()}}}")
        duration = Duration.parse(text)
        if duration.amount <= 0:
            raise BadText(f"{text!r} is no time to move in", "write more than 0 ms")
        return cls(duration, None, text=duration.text)

    @classmethod
    def from_input(cls, value: object) -> Self:
        """A pull from a file: text, or a mapping with `speed`."""
        if isinstance(value, dict):
            given = _only_key(value, ("speed",), "a pull")
            speed = RingSpeed.from_input(value[given])
            return cls(None, speed, text=speed.text)
        return super(Pull, cls).from_input(value)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """A string or `{speed: …}`."""
        speed = {"type": "object", "properties": {"speed": RingSpeed.json_schema()}, "required": ["speed"]}
        text = {"type": "string", "examples": list(cls.examples)}
        return {"description": cls.expects, "anyOf": [text, speed | {"additionalProperties": False}]}


@dataclass(frozen=True, slots=True)
class Shape(TextValue):
    """How a pull moves.

    Args:
        bezier: x1, y1, x2, y2 of a cubic from (0, 0) to (1, 1); x is share of time, y share of travel.
        recorded: a name in the show's `recordings`.
    """

    name: ShapeName
    bezier: tuple[float, float, float, float] | None = None
    recorded: str | None = None

    expects = f"{', '.join(SHAPES)}, {{bezier: [x1, y1, x2, y2]}} or {{recorded: name}}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A shape by its name. Raises: BadText."""
        for name in SHAPES:
            if name == text:
                return cls(name)
        raise BadText(f"no shape {text!r}", f"write {cls.expects}")

    @classmethod
    def from_input(cls, value: object) -> Self:
        """A shape from a file: a name, or a mapping with `bezier` or `recorded`."""
        if not isinstance(value, dict):
            return super(Shape, cls).from_input(value)
        key = _only_key(value, ("bezier", "recorded"), "a shape")
        given = value[key]
        if key == "recorded":
            if not isinstance(given, str) or not given:
                raise BadText(f"`recorded` is a name in `recordings`, found {kind_of(given)}")
            return cls("recorded", None, given)
        return cls("bezier", _bezier(given), None)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """A name or a mapping."""
        share = {"type": "number", "minimum": 0, "maximum": 1}
        points = {"type": "array", "items": share, "minItems": 4, "maxItems": 4}
        shapes: list[dict[str, Any]] = [{"enum": list(SHAPES)}]
        for key, schema in (("bezier", points), ("recorded", {"type": "string"})):
            shapes.append(
                {"type": "object", "properties": {key: schema}, "required": [key], "additionalProperties": False}
            )
        return {"description": cls.expects, "anyOf": shapes}

    def __str__(self) -> str:
        return self.recorded or self.name


def _bezier(given: object) -> tuple[float, float, float, float]:
    hint = "write four numbers from 0 to 1, e.g. {bezier: [0.4, 0, 0.2, 1]}"
    if not isinstance(given, list) or len(given) != 4 or not all(isinstance(item, str) for item in given):
        raise BadText(f"a bezier has four numbers, found {kind_of(given)}", hint)
    if not all(re.fullmatch(r"[01]|[01]?\.[0-9]{1,15}", item.strip()) for item in given):
        raise BadText("a bezier's numbers run from 0 to 1 (outside, the lens would pass its mark)", hint)
    x1, y1, x2, y2 = (float(item) for item in given)
    if max(x1, y1, x2, y2) > 1.0:
        raise BadText("a bezier's numbers run from 0 to 1 (outside, the lens would pass its mark)", hint)
    return x1, y1, x2, y2


def _only_key(value: dict[str, Any], allowed: tuple[str, ...], what: str) -> str:
    if len(value) != 1 or next(iter(value)) not in allowed:
        found = ", ".join(value) or "nothing"
        raise BadText(f"{what} has {' or '.join(allowed)} here, found {found}")
    return next(iter(value))
