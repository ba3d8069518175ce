"""Offsets and waits so long that a unit was probably mistaken. Pure."""

from typing import Final

from cuefocus.files.complaint import Loc
from cuefocus.files.durations import Duration
from cuefocus.files.strict import Findings
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_S

_FAR_S: Final = 10
_LONG_S: Final = 3600
_HINT: Final = "were ms meant? correct it if so"


def far_offset(loc: Loc, offset: Duration, rate: FrameRate) -> Findings:
    """An offset of more than ten seconds either way; frames count at `rate`, beats are never far."""
    if abs(offset.ns(rate) or 0) > _FAR_S * NS_PER_S:
        yield loc, "warning", f"{offset} is more than {_FAR_S} s away from what it counts from", _HINT


def long_wait(loc: Loc, wait: Duration, rate: FrameRate, what: str = "to wait") -> Findings:
    """A wait, or what else lasts, of more than an hour; frames count at `rate`."""
    if (wait.ns(rate) or 0) > _LONG_S * NS_PER_S:
        yield loc, "warning", f"{wait} is more than an hour {what}", _HINT
