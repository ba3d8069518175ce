"""MIDI clock to send: a song by its tempo map, from any bar, with jumps, each message with the moment it is due.

Source: MIDI 1.0 Detailed Specification 4.2: a Song Position Pointer is sent while playback stands, Continue begins it,
and the clock after it is the place that was named.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import isfinite
from typing import Final

import numpy as np

from cuefocus.errors import InputError
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.midi_clock import CLOCKS_PER_QUARTER, CLOCKS_PER_SIXTEENTH
from cuefocus.wire.pace import Pace
from cuefocus.wire.sent_timecode import Message

CLOCK_STOP: Final = b"\xfc"
_CLOCK, _START, _CONTINUE = b"\xf8", b"\xfa", b"\xfb"
_MOST_SIXTEENTHS = 0x3FFF
# Start and pointer go ahead of the first clock: four bytes take 1.3 ms of a DIN cable.
_LEAD_NS = 10 * NS_PER_MS
_EVEN: Final = Pace()


@dataclass(frozen=True, slots=True)
class SongRun:
    """How a song is played.

    Args:
        media_ns: the moment of the media so many quarters after the song's start.
        start: quarters after the song's start at which playback begins; whole sixteenths.
        pace: how fast; at speed 1 the tempo is the tempo map's own.
        jumps: (seconds since playback began, quarters) to go to, whole sixteenths.
        song: number for a Song Select ahead of it all.

    Raises: InputError for what cannot be sent.
    """

    media_ns: Callable[[Fraction], int]
    start: Fraction = Fraction(0)
    pace: Pace = _EVEN
    jumps: tuple[tuple[float, Fraction], ...] = ()
    song: int | None = None

    def __post_init__(self) -> None:
        if not all(isfinite(at_s) for at_s, _ in self.jumps):
            raise InputError("a jump comes at no moment", hint="write seconds as 12.5")
        for speed in (self.pace.slowest, self.pace.fastest):
            if not 0.05 <= speed <= 8:
                raise InputError(f"speed {speed:g} cannot be sent", hint="MIDI clock runs forward, 0.05 to 8")
        for quarters in (self.start, *(to for _, to in self.jumps)):
            pointer(quarters)
        if any(at_s <= 0 for at_s, _ in self.jumps) or len({at_s for at_s, _ in self.jumps}) < len(self.jumps):
            raise InputError("jumps come after second 0, one at a time", hint="start there instead")


def pointer(quarters: Fraction) -> bytes:
    """The Song Position Pointer that names a place.

    Raises: InputError for a place it cannot name.
    """
    sixteenths = quarters * CLOCKS_PER_QUARTER / CLOCKS_PER_SIXTEENTH
    if sixteenths.denominator != 1 or not 0 <= sixteenths <= _MOST_SIXTEENTHS:
        hint = f"it names whole sixteenths up to {_MOST_SIXTEENTHS}: the first 1024 bars of 4/4"
        raise InputError(f"a song position pointer cannot name {float(quarters):g} quarters", hint=hint)
    return bytes((0xF2, int(sixteenths) & 0x7F, int(sixteenths) >> 7))


def clock_messages(run: SongRun, seconds: float | None, origin_ns: int) -> Iterator[Message]:
    """Locate, Continue (Start at the beginning), clocks, a Stop at the end; at jumps Stop, locate and Continue.

    Args:
        run: what is played.
        seconds: how long; None for ever.
        origin_ns: host time of the first clock.
    """
    if run.song is not None:
        yield Message(origin_ns - 2 * _LEAD_NS, bytes((0xF3, run.song)))
    stretches = [(0.0, run.start), *sorted(run.jumps)]
    ends: Sequence[float | None] = [*(at_s for at_s, _ in stretches[1:]), seconds]
    for (begin_s, quarters), end_s in zip(stretches, ends, strict=True):
        if seconds is not None and begin_s >= seconds:
            return
        begin_ns = origin_ns + round(begin_s * NS_PER_S)
        end_ns = None if end_s is None else origin_ns + round(min(end_s, seconds or end_s) * NS_PER_S)
        yield from _begun(quarters, begin_ns - (_LEAD_NS if begin_s == 0.0 else 0))
        yield from _clocks(run, quarters, begin_s, origin_ns, end_ns)
        if end_ns is not None:
            yield Message(end_ns, CLOCK_STOP)


def _begun(quarters: Fraction, at_ns: int) -> Iterator[Message]:
    if quarters == 0:
        yield Message(at_ns, _START)
        return
    yield Message(at_ns, pointer(quarters))
    yield Message(at_ns, _CONTINUE)


def _clocks(run: SongRun, quarters: Fraction, begin_s: float, origin_ns: int, end_ns: int | None) -> Iterator[Message]:
    """Clocks of a stretch; the time of each depends on no other's."""
    first_ns = run.media_ns(quarters)
    for first in count(step=CLOCKS_PER_QUARTER):
        places = [quarters + Fraction(first + more, CLOCKS_PER_QUARTER) for more in range(CLOCKS_PER_QUARTER)]
        for due_ns in _dues_ns(run.pace, [run.media_ns(place) - first_ns for place in places], begin_s, origin_ns):
            if end_ns is not None and due_ns >= end_ns:
                return
            yield Message(due_ns, _CLOCK)


def _dues_ns(pace: Pace, media_ns: Sequence[int], begin_s: float, origin_ns: int) -> list[int]:
    """When so much of the media has been played from `begin_s` on, host ns; at one speed by one division each."""
    if pace.even:
        begin_ns, speed = origin_ns + round(begin_s * NS_PER_S), Fraction(pace.speed).limit_denominator(1_000_000)
        return [begin_ns + round(one / speed) for one in media_ns]
    played = float(pace.played_s(np.array([begin_s]))[0]) + np.array(media_ns) / NS_PER_S
    return [origin_ns + round(at_s * NS_PER_S) for at_s in pace.when_played(played, begin_s).tolist()]
