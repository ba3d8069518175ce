"""`--start now`: a generator whose labels begin at the time of day."""

from datetime import UTC, datetime
from time import CLOCK_REALTIME, clock_gettime_ns
from typing import Final

from cuefocus.errors import InputError
from cuefocus.shells.host_clock import now_ns
from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.timebase.time_of_day import label_at_time_of_day
from cuefocus.timebase.units import NS_PER_S

NOW: Final = "now"
MIDNIGHT: Final = "00:00:00:00"
"""Stands for the label until it is known."""


def begin_now(rate: FrameRate, not_before_ns: int) -> tuple[Timecode, int]:
    """The first label that begins at its own time of day, by this machine's clock and time zone.

    Args:
        rate: how labels count.
        not_before_ns: host time before which none can begin.

    Returns: the label, and the host time at which it begins.
    """
    offset_ns = clock_gettime_ns(CLOCK_REALTIME) - now_ns()
    seconds, rest_ns = divmod(not_before_ns + offset_ns, NS_PER_S)
    local = datetime.fromtimestamp(seconds, tz=UTC).astimezone()
    day_ns = ((local.hour * 60 + local.minute) * 60 + local.second) * NS_PER_S + rest_ns
    label, begins_ns = label_at_time_of_day(day_ns, rate)
    return label, not_before_ns + begins_ns - day_ns


def refuse_now(start: str) -> None:
    """Raises InputError: what is written to a file is played at another time."""
    if start == NOW:
        hint = "write a label; only what is sent live (--to) begins at the time of day"
        raise InputError("a file does not know when it will be played", where="--start", hint=hint)
