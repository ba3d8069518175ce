"""The show's own spellings: how fast an act runs, where on its timeline, and where a rack goes."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Self

from cuefocus.files.durations import Duration
from cuefocus.files.quantities import Distance, FocalLength, Stop
from cuefocus.files.text_value import BadText, TextValue, Written, kind_of

_LOWEST_SPEED, _HIGHEST_SPEED = Fraction(3, 100), Fraction(8)
_RATIO = re.compile(r"[0-9]+(?:\.[0-9]+)?|[0-9]+\s*/\s*[0-9]+")
_LABEL = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}[:;.,][0-9]{2}")
_MEDIA = re.compile(r"[+-]\s*[0-9].*")


@dataclass(frozen=True, slots=True)
class ActSpeed(Written):
    """The speeds at which an act's playback may run; 1 is as recorded.

    Args:
        low, high: equal for a single speed.
    """

    low: Fraction
    high: Fraction

    expects = "a speed such as 1, 2, 1/2, 25/24, 1000/1001, or a range 0.9..1.1"
    examples = ("1", "2", "1/2", "25/24", "1000/1001", "0.9..1.1")
    numbers_allowed = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """A speed or range as written. Raises: BadText."""
        ends = [_ratio(end, text) for end in text.strip().split("..", 1)]
        low, high = ends[0], ends[-1]
        if low > high:
            raise BadText(f"{text!r} runs backwards", f"write {high}..{low}")
        if not _LOWEST_SPEED <= low <= high <= _HIGHEST_SPEED:
            raise BadText(f"{text!r} cannot be followed", "speeds run from 0.03 to 8")
        return cls(low, high, text=text.strip())


def _ratio(end: str, text: str) -> Fraction:
    plain = end.strip()
    if _RATIO.fullmatch(plain) is None:
        raise BadText(f"{text!r} is not a speed", f"write {ActSpeed.expects.removeprefix('a speed such as ')}")
    if "/" not in plain:
        return Fraction(plain)
    over, under = plain.split("/")
    if int(under) == 0:
        raise BadText(f"{text!r} divides by zero")
    return Fraction(int(over), int(under))


@dataclass(frozen=True, slots=True)
class At(Written):
    """A place on the timeline: a label, or seconds of the act's media.

    Args:
        label: as written, checked against the act's rate by the show; None for media time.
        media_ns: from second 0 of the media; None for a label.
    """

    label: str | None
    media_ns: int | None

    expects = 'a label such as "01:00:34:12", or media time such as "+12.480 s"'
    examples = ("01:00:34:12", "+12.480 s")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A place as written. Raises: BadText."""
        plain = text.strip()
        if _LABEL.fullmatch(plain) is not None:
            return cls(plain, None, text=plain)
        if _MEDIA.fullmatch(plain) is not None:
            media_ns = Duration.parse(plain.replace(" ", "", 1) if plain[1] == " " else plain).fixed_ns
            if media_ns is not None:
                return cls(None, media_ns, text=plain)
            raise BadText(f"{text!r} is not media time", 'write seconds, e.g. "+12.480 s"')
        raise BadText(f"{text!r} is neither a label nor media time", f"write {cls.expects}")


@dataclass(frozen=True, slots=True)
class Target(TextValue):
    """Where a rack goes: a mark's name, a distance, a stop or focal length for iris and zoom, or raw counts.

    Args:
        text: as written; the mark's name when nothing else is set.
        distance: the text read as a distance, else None.
        counts: a raw motor position, valid only for `lens` as calibrated on `calibrated`.
    """

    text: str
    distance: Distance | None = None
    counts: int | None = None
    lens: str = ""
    calibrated: str = ""

    expects = "a mark, a distance such as 1.20 m, ∞, or {counts, lens, calibrated}"
    examples = ("ana", "1.20 m", "∞")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A target as written: whatever is not a distance is the name of a mark. Raises: BadText."""
        plain = text.strip()
        if not plain:
            raise BadText("nothing is named here", f"write {cls.expects}")
        return cls(plain, distance_or_none(plain))

    @classmethod
    def from_input(cls, value: object) -> Self:
        """A target from a file: text, or a mapping with `counts`, `lens` and `calibrated`."""
        if not isinstance(value, dict):
            return super(Target, cls).from_input(value)
        for key in value:
            if key not in ("counts", "lens", "calibrated"):
                raise BadText(f"unknown key {key!r}", "a raw target has counts, lens and calibrated")
        counts, lens, calibrated = (value.get(key, "") for key in ("counts", "lens", "calibrated"))
        if not (isinstance(counts, str) and re.fullmatch(r"-?[0-9]{1,9}", counts)):
            raise BadText(f"counts is a whole number, found {kind_of(counts)}")
        if not (isinstance(lens, str) and lens and isinstance(calibrated, str) and calibrated):
            raise BadText("raw counts hold only for one lens as calibrated once", "add lens and calibrated (its date)")
        return cls(f"{counts} counts", None, int(counts), lens, calibrated)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """A string or a mapping."""
        parts = {"counts": {"type": "integer"}, "lens": {"type": "string"}, "calibrated": {"type": "string"}}
        raw = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
        text = {"type": ["string", "number", "boolean"], "examples": list(cls.examples)}
        return {"description": cls.expects, "anyOf": [text, raw]}

    @property
    def stop(self) -> Stop | None:
        """The text read as a T-stop, for an iris axis."""
        try:
            return Stop.parse(self.text)
        except BadText:
            return None

    @property
    def focal(self) -> FocalLength | None:
        """The text read as a focal length, for a zoom axis."""
        try:
            return FocalLength.parse(self.text)
        except BadText:
            return None

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def distance_or_none(text: str) -> Distance | None:
    """`text` read as a distance; None where it is a name."""
    try:
        return Distance.parse(text)
    except BadText:
        return None
