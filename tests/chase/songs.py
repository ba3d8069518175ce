"""Songs for the tests of musical positions, and where their media truly are."""

from fractions import Fraction

from cuefocus.anchors.tempo_map import TempoMap
from cuefocus.chase.musical import Song, SongTime
from cuefocus.timebase.frames import parse_timecode, rate_named
from cuefocus.timebase.units import NS_PER_S

EVEN = TempoMap([(0, 500_000)], [(0, 4, 4)], 480)
#: 120, from bar 3 on 90, from bar 5 on 200 in 7/8.
CHANGING = TempoMap([(0, 500_000), (3840, 666_667), (7680, 300_000)], [(0, 4, 4), (7680, 7, 8)], 480)


def song(
    act: str = "song",
    time: SongTime = EVEN,
    *,
    rate: str = "25",
    starts: str = "01:00:00:00",
    until_s: float = 600.0,
    speed: float = 1.0,
) -> Song:
    """An act of ten minutes with a pre-roll of two seconds."""
    frame_rate = rate_named(rate)
    starts_ns = parse_timecode(starts, frame_rate).show_ns(frame_rate)
    until_ns = starts_ns + round(until_s * NS_PER_S)
    return Song(act, frame_rate, starts_ns, starts_ns - 2 * NS_PER_S, until_ns, speed, time)


def quarters(count: int, per_quarter: int = 24, start: int = 0) -> list[Fraction]:
    """So many positions, from `start` parts of a quarter on."""
    return [Fraction(start + index, per_quarter) for index in range(count)]
