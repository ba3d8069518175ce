"""Subject distances, focal lengths, stops and shares, with their unit written out. A bare number is refused."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Self

from cuefocus.files.text_value import BadText, Written

MM_PER_INCH = Fraction(254, 10)
NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_METRIC = re.compile(rf"({NUMBER})\s*(mm|cm|m)")
_MM_PER_UNIT = {"mm": Fraction(1), "cm": Fraction(10), "m": Fraction(1000)}
_INCHES = rf"(?P<inches>{NUMBER})?(?:(?:(?<=[0-9])\s+|(?<![0-9])|-)(?P<over>[0-9]+)/(?P<under>[0-9]+))?"
_IMPERIAL = re.compile(
    rf"(?:(?P<feet>{NUMBER})\s*(?:'|ft|feet|foot))?\s*(?:{_INCHES}\s*(?P<mark>\"|''|in|inch|inches))?"
)
_SIGNED = re.compile(
    rf"(?:-|(?=[^-]*[0-9.][eE]))(?:{NUMBER})(?P<power>[eE][+-]?[0-9]+)?\s*(?:mm|cm|m|'|ft|feet|foot|in|\")?"
)
_STOP = re.compile(rf"[TtFf]/?\s*({NUMBER})")
_FOCAL = re.compile(rf"({NUMBER})\s*mm")
_PERCENT = re.compile(rf"({NUMBER})\s*%")
_BARE = re.compile(rf"[+-]?(?:{NUMBER})")
_INFINITY = frozenset(("∞", "inf", "infinity", "INF", "Inf", "Infinity"))
_PRIMES = str.maketrans({"′": "'", "’": "'", "‘": "'", "″": '"', "”": '"', "“": '"', "\u00a0": " ", "\u202f": " "})


def is_bare_number(text: str) -> bool:
    """Whether `text` is a number without a unit (so that a hint can offer one)."""
    return _BARE.fullmatch(text.strip()) is not None


def plain_text(text: str) -> str:
    """`text` without surrounding space and with typographer's marks and spaces made plain."""
    return text.strip().translate(_PRIMES)


def refusal(text: str, what: str, example: str, unit: str) -> BadText:
    """Why `text` is not `what`, with the cure for its likeliest cause."""
    plain = text.strip()
    if is_bare_number(plain):
        return BadText(f"{text!r} has no unit", f"write {plain} {unit}" if unit else f"write e.g. {example}")
    if "," in plain:
        return BadText(f"{text!r} is not {what}", f"decimals take a point, e.g. {example}")
    return BadText(f"{text!r} is not {what}", f"write e.g. {example}")


@dataclass(frozen=True, slots=True)
class Distance(Written):
    """A subject distance from the film plane.

    Args:
        mm: millimetres; `inf` at ∞.
    """

    mm: float

    expects = "a distance such as 1.20 m, 120 cm, 5'6\", 6.25 ft or ∞"
    examples = ("1.20 m", "120 cm", "5'6\"", "6.25 ft", "∞")

    @property
    def dioptres(self) -> float:
        """1/metres; 0 at ∞."""
        return 1000.0 / self.mm

    @property
    def at_infinity(self) -> bool:
        """Whether this is ∞."""
        return math.isinf(self.mm)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A distance as written. Raises: BadText."""
        return cls(_distance_mm(text), text=text.strip())


@lru_cache(maxsize=4096)
def _distance_mm(text: str) -> float:
    plain = plain_text(text)
    if plain in _INFINITY:
        return math.inf
    if (metric := _METRIC.fullmatch(plain)) is not None:
        millimetres = Fraction(metric[1]) * _MM_PER_UNIT[metric[2]]
    elif plain and (parts := _IMPERIAL.fullmatch(plain)) is not None:
        inches = Fraction(parts["inches"] or 0)
        if parts["feet"] is not None and inches >= 12:
            raise BadText(f"{text!r}: a foot has 12 inches", "write fewer inches, and one foot more")
        inches += Fraction(parts["feet"] or 0) * 12
        if parts["under"] is not None:
            if int(parts["under"]) == 0:
                raise BadText(f"{text!r} divides by zero")
            inches += Fraction(int(parts["over"]), int(parts["under"]))
        if parts["mark"] is not None and not (parts["inches"] or parts["over"]):
            raise BadText(f"{text!r} is not a distance", "write e.g. 5'6\"")
        millimetres = inches * MM_PER_INCH
    elif (signed := _SIGNED.fullmatch(plain)) is not None:
        if signed["power"]:
            raise BadText(f"{text!r} is written with a power of ten", "write e.g. 1000 m")
        raise BadText(f"{text!r} is less than nothing", "distances run from the film plane; write e.g. 1.20 m")
    else:
        raise refusal(text, "a distance", "1.20 m, 5'6\" or ∞", "m, or cm, mm, ft")
    if not 0 < millimetres <= 10**9:
        raise BadText(f"{text!r} is no subject distance", "write more than 0 mm, or ∞")
    return float(millimetres)


@dataclass(frozen=True, slots=True)
class Stop(Written):
    """A T-stop."""

    t_number: float

    expects = "a stop such as T1.8"
    examples = ("T1.8", "T2.8")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A stop as written. Raises: BadText."""
        match = _STOP.fullmatch(text.strip())
        if match is None:
            plain = text.strip()
            raise BadText(f"{text!r} is not a stop", f"write T{plain}" if is_bare_number(plain) else "write e.g. T1.8")
        t_number = float(match[1])
        if not 0.3 <= t_number <= 128:
            raise BadText(f"{text!r} is no stop of a lens", "stops run from T0.3 to T128")
        return cls(t_number, text=text.strip())


@dataclass(frozen=True, slots=True)
class FocalLength(Written):
    """A focal length."""

    mm: float

    expects = "a focal length such as 40 mm"
    examples = ("40 mm",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A focal length as written. Raises: BadText."""
        match = _FOCAL.fullmatch(text.strip())
        if match is None:
            raise refusal(text, "a focal length", "40 mm", "mm")
        millimetres = float(match[1])
        if not 1 <= millimetres <= 5000:
            raise BadText(f"{text!r} is no focal length of a lens", "write 1 mm to 5000 mm")
        return cls(millimetres, text=text.strip())


@dataclass(frozen=True, slots=True)
class Percent(Written):
    """A share, 0 to 100 %."""

    fraction: float

    expects = "a percentage such as 30 %"
    examples = ("30 %",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A percentage as written. Raises: BadText."""
        match = _PERCENT.fullmatch(text.strip())
        if match is None:
            raise refusal(text, "a percentage", "30 %", "%")
        fraction = float(match[1]) / 100.0
        if not 0.0 <= fraction <= 1.0:
            raise BadText(f"{text!r} is more than the whole", "write 0 % to 100 %")
        return cls(fraction, text=text.strip())
