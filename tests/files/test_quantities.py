"""Quantities: what may be written, what it is worth, and that a bare number is never guessed at."""

import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.files.durations import Duration, RingAcceleration, RingJerk, RingSpeed
from cuefocus.files.quantities import Distance, FocalLength, Percent, Stop
from cuefocus.files.text_value import BadText, TextValue
from cuefocus.timebase.frames import RATES


@pytest.mark.parametrize(
    ("text", "mm"),
    [
        ("1.20 m", 1200), ("1.2m", 1200), ("120 cm", 1200), ("1200 mm", 1200), (".5 m", 500),
        ("5'6\"", 1676.4), ("5' 6\"", 1676.4), ("5’6”", 1676.4), ("5′6″", 1676.4), ("5 ft 6 in", 1676.4),
        ("6.25 ft", 1905), ("6'", 1828.8), ("66 in", 1676.4), ('66"', 1676.4), ("6' 3 1/2\"", 1917.7),
        ("6' 3-1/2\"", 1917.7), ("6' 1/2\"", 1841.5), ("1/2\"", 12.7), ("5\u00a0m", 5000),
        ("∞", math.inf), ("inf", math.inf), ("infinity", math.inf),
    ],
)  # fmt: skip
def test_distances(text: str, mm: float) -> None:
    distance = Distance.parse(text)
    assert distance.mm == pytest.approx(mm)
    assert distance.text == text.strip()
    assert distance.at_infinity == math.isinf(mm)


def test_infinity_is_no_dioptres() -> None:
    assert Distance.parse("∞").dioptres == 0
    assert Distance.parse("0.5 m").dioptres == 2


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        (Distance, "1.2", "write 1.2 m, or cm, mm, ft"), (Distance, "1,2 m", "decimals take a point"),
        (Distance, "0 m", "write more than 0 mm"), (Distance, "-1 m", "write e.g. 1.20 m"),
        (Distance, "5'6", "write e.g. 1.20 m"), (Distance, "", "write e.g. 1.20 m"), (Distance, "1/0\"", ""),
        (Distance, "ana", "write e.g. 1.20 m"), (Distance, "nan m", "write e.g."), (Distance, "1e3 m", "write e.g."),
        (Duration, "600", "write 600 ms, or s, frames, beats"), (Duration, "1 h", "write e.g. 600 ms"),
        (Duration, "9" * 30 + " s", "at most a day"),
        (Duration, "-86400.001 s", "at most a day"),
        (Duration, "86400001 ms", "at most a day"),
        (Duration, "5184001 frames", "at most a day"),
        (Duration, "1440001 beats", "at most a day"),
        (RingSpeed, "40", "write 40 %/s"), (RingSpeed, "40 %", "write e.g. 40 %/s"), (RingSpeed, "0 %/s", "40 %/s"),
        (RingSpeed, "40 %/s2", "write e.g. 40 %/s"), (RingAcceleration, "40 %/s", "write e.g. 600 %/s2"),
        (RingJerk, "12", "write 12 %/s3"),
        (Stop, "1.8", "write T1.8"), (Stop, "T0", "T0.3 to T128"), (Stop, "wide", "write e.g. T1.8"),
        (FocalLength, "40", "write 40 mm"), (FocalLength, "0 mm", "1 mm to 5000 mm"),
        (Percent, "30", "write 30 %"), (Percent, "101 %", "0 % to 100 %"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_to_write(kind: type[TextValue], text: str, hint: str) -> None:
    with pytest.raises(BadText) as refused:
        kind.from_input(text)
    assert hint in refused.value.hint
    assert repr(text) in refused.value.problem


def test_durations() -> None:
    rate = RATES["23.976"]
    assert Duration.parse("600 ms").fixed_ns == 600_000_000
    assert Duration.parse("1.5 s").ns(rate) == 1_500_000_000
    assert Duration.parse("24 frames").ns(rate) == 1_001_000_000
    assert Duration.parse("-1 frame").ns(rate) == -41_708_333
    assert Duration.parse("1 frame").fixed_ns is None
    assert Duration.parse("2 beats").ns(rate) is None
    assert Duration.parse("+40 ms") == Duration.parse("40 ms"), "equal values, whatever the spelling"


def test_ring_rates() -> None:
    assert RingSpeed.parse("40 %/s").ring_per_s == pytest.approx(0.4)
    assert RingSpeed.parse("0.4 ring/s").ring_per_s == pytest.approx(0.4)
    for text in ("600 %/s2", "600 %/s²", "600%/s^2", "6 ring/s2"):
        assert RingAcceleration.parse(text).ring_per_s2 == pytest.approx(6)
    assert RingJerk.parse("20000 %/s³").ring_per_s3 == pytest.approx(200)


@given(st.integers(0, 60), st.integers(0, 11), st.integers(0, 15))
def test_feet_inches_and_sixteenths_are_exact(feet: int, inches: int, sixteenths: int) -> None:
    total = Fraction(12 * feet + inches) + Fraction(sixteenths, 16)
    if total == 0:
        return
    assert Distance.parse(f"{feet}' {inches} {sixteenths}/16\"").mm == float(total * Fraction(254, 10))


@given(st.text(max_size=40) | st.text(alphabet="0123456789.'\"/ mcft∞%sTx-", max_size=20))
def test_any_text_is_a_value_or_a_bad_text(text: str) -> None:
    for kind in (Distance, Duration, RingSpeed, RingAcceleration, RingJerk, Stop, FocalLength, Percent):
        with suppress(BadText):
            assert str(kind.from_input(text)) == text.strip()


def test_long_numbers_are_refused_before_they_cost_anything() -> None:
    with pytest.raises(BadText, match="too long"):
        Distance.from_input("1" * 1_000_000 + " m")
    with pytest.raises(BadText, match="found a list"):
        Distance.from_input([])


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("5'13\"", "a foot has 12 inches"),
        ("-2 m", "is less than nothing"),
        ("0 m", "is no subject distance; write more than 0 mm"),
        ("1e3 m", "a power of ten"),
    ],
)
def test_a_distance_that_cannot_be_says_the_true_cause(text: str, cause: str) -> None:
    with pytest.raises(BadText) as caught:
        Distance.parse(text)
    assert cause in str(caught.value)
