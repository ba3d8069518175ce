"""When a playback passes the places at which something is sent: each quarter frame, each frame; to and fro."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Final

import numpy as np

from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.pace import Places, moments_of
from cuefocus.wire.playback import Playback, Stretch

LOOK_S: Final = 0.04
"""Uneven playback is looked at in blocks of so long; while it stands each says so."""
_STEPS: Final = 80  # of a block: what turns and turns back within half a millisecond has not moved


@dataclass(frozen=True, slots=True)
class Crossing:
    """Media passes a place.

    Args:
        due_ns: when, host ns.
        place: which, in units from 00:00:00:00.
        direction: 1 forward, -1 reverse.
    """

    due_ns: int
    place: int
    direction: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Media stands, from `due_ns` (host ns) for a while.

    Args:
        frames: media position, from 00:00:00:00.
    """

    due_ns: int
    frames: float


def crossings(
    playback: Playback, stretch: Stretch, unit_frames: Fraction, origin_ns: int
) -> Iterator[Crossing | Standing]:
    """What a stretch of a playback passes, in order; a place at which it begins is passed at its begin.

    Args:
        playback: what is played.
        stretch: one of its stretches.
        unit_frames: places are so far apart.
        origin_ns: host time of its second 0.
    """
    if playback.pace.even and playback.speed:
        return _evenly(playback, stretch, unit_frames, origin_ns)
    return _unevenly(playback, stretch, float(unit_frames), origin_ns)


def _evenly(playback: Playback, stretch: Stretch, unit_frames: Fraction, origin_ns: int) -> Iterator[Crossing]:
    """At one speed: each moment by one multiplication, exact however late it is."""
    begin_ns, end_ns = (origin_ns + round(at_s * NS_PER_S) for at_s in (stretch.begin_s, stretch.end_s))
    direction = 1 if playback.speed > 0 else -1
    units_per_ns = Fraction(abs(playback.speed)).limit_denominator(1_000_000) * playback.rate.fps
    units_per_ns /= unit_frames * NS_PER_S
    begun = Fraction(stretch.start_frames).limit_denominator(1_000_000) / unit_frames
    first = math.ceil(begun) if direction > 0 else math.floor(begun)
    for number in count():
        place = first + direction * number
        due_ns = begin_ns + round(abs(place - begun) / units_per_ns)
        if due_ns >= end_ns:
            return
        yield Crossing(due_ns, place, direction)


def _unevenly(playback: Playback, stretch: Stretch, unit: float, origin_ns: int) -> Iterator[Crossing | Standing]:
    pace, scale = playback.pace, float(playback.rate.fps) / unit
    played = float(pace.played_s(np.array([stretch.begin_s]))[0])
    begun = stretch.start_frames / unit

    def places(at_s: Places) -> Places:
        here: Places = begun + (pace.played_s(at_s) - played) * scale
        return here

    unbegun = begun.is_integer()  # the first place waits for the direction it is passed in
    for number in count():
        first_s = stretch.begin_s + number * LOOK_S
        if first_s >= stretch.end_s:
            return
        moments = np.linspace(first_s, min(first_s + LOOK_S, stretch.end_s), _STEPS + 1)
        passed = places(moments)
        if passed[0] == passed[-1] and not np.ptp(passed):
            yield Standing(origin_ns + round(first_s * NS_PER_S), float(passed[0]) * unit)
            continue
        if unbegun:
            unbegun = False
            away = int(np.flatnonzero(passed != passed[0])[0])
            due_ns = origin_ns + round(moments[away - 1] * NS_PER_S)
            yield Crossing(due_ns, round(begun), 1 if passed[away] > passed[0] else -1)
        whole, turns = np.floor(passed), np.ceil(passed)
        up, down = np.diff(whole) > 0, np.diff(turns) < 0
        found: list[tuple[int, float]] = []  # step, place
        for step in np.flatnonzero(up | down).tolist():
            if up[step]:
                found += [(step, at) for at in np.arange(whole[step] + 1, whole[step + 1] + 1).tolist()]
            else:
                found += [(step, at) for at in np.arange(turns[step] - 1, turns[step + 1] - 1, -1).tolist()]
        if not found:
            continue
        steps = np.array([step for step, _ in found])
        values = np.array([at for _, at in found])
        at_s = moments_of(places, values, moments[steps], moments[steps + 1])
        for due_s, at, step in zip(at_s.tolist(), values.tolist(), steps.tolist(), strict=True):
            if due_s < stretch.end_s:
                yield Crossing(origin_ns + round(due_s * NS_PER_S), round(at), 1 if up[step] else -1)
