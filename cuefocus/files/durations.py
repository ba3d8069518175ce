"""Lengths of time and ring speeds: `600 ms`, `15 frames`, `40 %/s`. A bare number is refused."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar, Literal, Self

from cuefocus.files.quantities import NUMBER, plain_text, refusal
from cuefocus.files.text_value import BadText, Written
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_DURATION = re.compile(rf"([+-]?(?:{NUMBER}))\s*(ms|s|frames?|beats?)")
_DURATION_UNITS: dict[str, Literal["ms", "s", "frames", "beats"]] = {
    "ms": "ms", "s": "s", "frame": "frames", "frames": "frames", "beat": "beats", "beats": "beats",
}  # fmt: skip
#: A day, however quick the frames and the music.
_DAY = {"ms": 86_400_000, "s": 86_400, "frames": 86_400 * 60, "beats": 1440 * 1000}
_RING_RATE = re.compile(rf"({NUMBER})\s*(%|ring)\s*/\s*s\s*([23²³]|\^[23])?")
_ORDERS = {None: 1, "2": 2, "3": 3, "²": 2, "³": 3, "^2": 2, "^3": 3}


@dataclass(frozen=True, slots=True)
class Duration(Written):
    """A length of time: host or show milliseconds and seconds, frames of a rate, or beats of the music."""

    amount: Fraction
    unit: Literal["ms", "s", "frames", "beats"]

    expects = "a duration such as 600 ms, 1.5 s, 15 frames or 2 beats"
    examples = ("600 ms", "1.5 s", "15 frames", "2 beats")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A duration as written. Raises: BadText."""
        amount, unit = _duration(text)
        return cls(amount, unit, text=text.strip())

    @property
    def fixed_ns(self) -> int | None:
        """Nanoseconds where neither a frame rate nor a tempo is needed, else None."""
        if self.unit == "ms":
            return round(self.amount * NS_PER_MS)
        return round(self.amount * NS_PER_S) if self.unit == "s" else None

    def ns(self, rate: FrameRate) -> int | None:
        """Nanoseconds; frames are counted at `rate`. None for beats, which only a tempo map can tell."""
        if self.unit == "frames":
            return round(self.amount * NS_PER_S / rate.fps)
        return self.fixed_ns


@lru_cache(maxsize=4096)
def _duration(text: str) -> tuple[Fraction, Literal["ms", "s", "frames", "beats"]]:
    match = _DURATION.fullmatch(plain_text(text))
    if match is None:
        raise refusal(text, "a duration", "600 ms, 1.5 s, 15 frames or 2 beats", "ms, or s, frames, beats")
    amount, unit = Fraction(match[1]), _DURATION_UNITS[match[2]]
    if abs(amount) > _DAY[unit]:
        raise BadText(f"{text!r} is too long", "write at most a day")
    return amount, unit


@dataclass(frozen=True, slots=True)
class _RingRate(Written):
    """Share of ring travel per second, second² or second³.

    Args:
        ring_per_order: ring per secondⁿ, n the class' `order`; subclasses name it with its unit.
    """

    ring_per_order: float

    order: ClassVar[int]

    @classmethod
    def parse(cls, text: str) -> Self:
        """A rate as written. Raises: BadText."""
        match = _RING_RATE.fullmatch(plain_text(text))
        if match is None:
            raise refusal(text, cls.expects.split(" such as")[0], cls.examples[0], cls.examples[0].split(" ", 1)[1])
        if _ORDERS[match[3]] != cls.order:
            raise BadText(f"{text!r} has the wrong power of seconds", f"write e.g. {cls.examples[0]}")
        value = float(match[1]) / (100.0 if match[2] == "%" else 1.0)
        if not 0.0 < value <= 1e9:
            raise BadText(f"{text!r} must be more than 0", f"write e.g. {cls.examples[0]}")
        return cls(value, text=text.strip())


class RingSpeed(_RingRate):
    """Ring travel per second."""

    __slots__ = ()

    order = 1
    expects = "a speed such as 40 %/s of ring travel, or 0.4 ring/s"
    examples = ("40 %/s", "0.4 ring/s")

    @property
    def ring_per_s(self) -> float:
        """Ring per second."""
        return self.ring_per_order


class RingAcceleration(_RingRate):
    """Ring travel per second²."""

    __slots__ = ()

    order = 2
    expects = "an acceleration such as 600 %/s2 of ring travel, or 6 ring/s2"
    examples = ("600 %/s2", "6 ring/s2")

    @property
    def ring_per_s2(self) -> float:
        """Ring per second²."""
        return self.ring_per_order


class RingJerk(_RingRate):
    """Ring travel per second³."""

    __slots__ = ()

    order = 3
    expects = "a jerk such as 20000 %/s3 of ring travel, or 200 ring/s3"
    examples = ("20000 %/s3", "200 ring/s3")

    @property
    def ring_per_s3(self) -> float:
        """Ring per second³."""
        return self.ring_per_order
