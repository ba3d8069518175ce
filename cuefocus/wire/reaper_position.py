"""REAPER's position as finely as it is said: by samples, as a float, as a string; in one packet or in several.

Where each position has a packet of its own, those of one drawing of the screen are taken together, and the coarser
ones wait for the finer: a string of milliseconds after a float would look like a step back.
"""

import re
from fractions import Fraction
from math import isfinite, ulp
from typing import Final

from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc import Argument

POSITIONS: Final = ("/time", "/time/str", "/samples/str", "/frames/str")
TOGETHER_NS: Final = 5 * NS_PER_MS
"""Packets of one drawing of the screen lie closer together than this, and than two drawings."""
_CLOCK: Final = re.compile(r"(-?)(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_LABEL: Final = re.compile(r"(-?)(\d+):(\d+):(\d+)[:;.,](\d+)")
_SAMPLE_RATES: Final = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
# Samples and seconds of one moment agree to this at the project's sample rate.
_AGREE_S: Final = 0.002
# The string has three decimals: a float that is coarser than half of that is not taken instead.
_COARSE_S: Final = 0.0005
_FLOAT32_ULPS: Final = 2.0**29
_LONGEST_S: Final = 7 * 86_400
_LONGEST_TEXT: Final = 24
# How long after a position came finer ones are still waited for.
_STILL_SENT_NS: Final = NS_PER_S
# From coarse to fine, and which field each is told by.
_COARSE, _WRITTEN, _FINE, _COUNTED = range(4)
_TOLD_BY: Final = {_WRITTEN: "/time/str", _FINE: "/time", _COUNTED: "/samples/str"}


class FinestSeconds:
    """The finest of the seconds that are said together."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[Argument, int]] = {}
        self._understood_ns: int | None = None

    def take(self, places: dict[str, Argument], stamp_ns: int) -> Fraction | None:
        """Seconds since the project's beginning; None where none are said, or finer ones are about to be.

        Args:
            places: arguments of a packet, by address.
            stamp_ns: when it arrived.
        """
        places = {name: value for name, value in places.items() if name in _TOLD_BY.values()}
        if not places:
            return None
        before = self._said
        self._said = {**before, **{name: (value, stamp_ns) for name, value in places.items()}}
        together = {name: value for name, (value, at_ns) in self._said.items() if stamp_ns - at_ns <= TOGETHER_NS}
        found = _finest(together)
        if found is None:
            return None
        seconds, fineness = found
        self._understood_ns = stamp_ns
        finer = [_TOLD_BY[each] for each in range(fineness + 1, _COUNTED + 1)]
        if fineness == _COARSE:
            finer.remove(_TOLD_BY[_FINE])
        awaited = [name for name in finer if name not in together and _readable(name, before.get(name, (None, 0))[0])]
        return None if any(stamp_ns - before[name][1] <= _STILL_SENT_NS for name in awaited) else seconds

    def understood(self, stamp_ns: int) -> bool:
        """Whether seconds were said within the last second."""
        return self._understood_ns is not None and stamp_ns - self._understood_ns <= _STILL_SENT_NS


def label_of(text: Argument) -> Timecode | None:
    """The label of `/frames/str`; None for what is none, or is before 00:00:00:00."""
    match = _LABEL.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or match[1]:
        return None
    return Timecode(*(int(number[:4]) for number in match.groups()[1:]))


def _readable(name: str, value: Argument) -> bool:
    return bool(_count(value)) if name == _TOLD_BY[_COUNTED] else _finest({name: value}) is not None


def _finest(said: dict[str, Argument]) -> tuple[Fraction, int] | None:
    """Seconds, and how fine they are; None where none can be read."""
    number, written = said.get("/time"), _clock(said.get("/time/str"))
    near = Fraction(number) if isinstance(number, float) and isfinite(number) and abs(number) < _LONGEST_S else None
    counted = _samples(_count(said.get("/samples/str")), near if near is not None else written)
    if counted is not None:
        return counted, _COUNTED
    fine = near is not None and ulp(float(near)) * _FLOAT32_ULPS < _COARSE_S
    if near is not None and (fine or written is None):
        return near, _FINE if fine else _COARSE
    return None if written is None else (written, _WRITTEN)


def _clock(text: Argument) -> Fraction | None:
    """`1:02:03.456`, `2:03.456` or `3.456`."""
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + Fraction(seconds)
    return None if whole > _LONGEST_S else -whole if sign else whole


def _count(text: Argument) -> str:
    """The digits of `/samples/str`; empty where it holds none."""
    digits = text.strip() if isinstance(text, str) and len(text) <= _LONGEST_TEXT else ""
    return digits if digits.isdecimal() else ""


def _samples(digits: str, near_s: Fraction | None) -> Fraction | None:
    """Samples as seconds, where only one usual sample rate can be meant."""
    if near_s is None or not digits:
        return None
    count = int(digits)
    meant = [rate for rate in _SAMPLE_RATES if abs(count / rate - float(near_s)) < _AGREE_S]
    return Fraction(count, meant[0]) if len(meant) == 1 else None
