"""How fast a generator plays: a speed that moves along ramps, with wow on top; what has passed when."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.errors import InputError

Places = npt.NDArray[np.float64]

_HALVINGS: Final = 48  # of a bracket of seconds: to less than 1e-13 of it


@dataclass(frozen=True, slots=True)
class Wow:
    """A deck that does not run evenly.

    Args:
        depth: greatest deviation of the speed, share of it; 0.01 is 1 %.
        hz: how often it swings.
    """

    depth: float
    hz: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Media time over the seconds since playback began.

    Args:
        speed: media seconds per second at second 0; negative is reverse.
        ramps: (seconds, speed): the speed moves in a straight line from one to the next, and stays at the last.
        wow: on top of all speeds.

    Raises: InputError for what cannot be played.
    """

    speed: float = 1.0
    ramps: tuple[tuple[float, float], ...] = ()
    wow: Wow | None = None

    def __post_init__(self) -> None:
        numbers = [self.speed, *(number for ramp in self.ramps for number in ramp)]
        numbers += [self.wow.depth, self.wow.hz] if self.wow is not None else []
        if not all(map(math.isfinite, numbers)):
            raise InputError("cannot play this: a number is none", hint="check speeds and seconds")
        if any(at_s <= 0.0 for at_s, _ in self.ramps):
            raise InputError("cannot play this: a ramp ends after the beginning", hint="give it seconds above 0")
        if any(later <= earlier for earlier, later in pairwise([0.0, *(at for at, _ in self.ramps)])):
            raise InputError("cannot play this: ramps must end one after the other", hint="order them by their seconds")
        if self.wow is not None and not (0 < self.wow.depth < 1 and 0 < self.wow.hz <= 1000):
            raise InputError("cannot play this: wow is out of range", hint="write e.g. 0.5%@2, below 100 % and 1000 Hz")

    @property
    def even(self) -> bool:
        """Whether the speed is the same all the time."""
        return not self.ramps and self.wow is None

    @property
    def fastest(self) -> float:
        """The greatest speed there is, without sign."""
        return max(map(abs, self.speeds)) * (1.0 + self._swing)

    @property
    def slowest(self) -> float:
        """The least speed there is, below 0 in reverse."""
        least = min(self.speeds)
        return least * (1.0 - self._swing if least > 0.0 else 1.0 + self._swing)

    def played_s(self, at_s: Places) -> Places:
        """The media seconds that have passed, to and fro, at seconds in ascending order or not."""
        if self.wow is not None:
            swing = 2.0 * math.pi * self.wow.hz
            at_s = at_s + self.wow.depth / swing * (1.0 - np.cos(swing * at_s))
        if not self.ramps:
            return at_s * self.speed
        times = np.array([0.0, *(at for at, _ in self.ramps)])
        speeds = np.array(self.speeds)
        spans = np.diff(times)
        until = np.concatenate([[0.0], np.cumsum(spans * (speeds[:-1] + speeds[1:]) / 2.0)])
        slopes = np.concatenate([np.diff(speeds) / spans, [0.0]])
        part = np.clip(np.searchsorted(times, at_s, side="right") - 1, 0, None)
        into = at_s - times[part]
        played: Places = until[part] + into * (speeds[part] + 0.5 * slopes[part] * into)
        return played

    def when_played(self, media_s: Places, from_s: float) -> Places:
        """The seconds at which so many media seconds have passed, of a pace that never stands or turns.

        Args:
            media_s: each no less than what has passed at `from_s`.
            from_s: none of them is before.
        """
        played = float(self.played_s(np.array([from_s]))[0])
        first = np.full(len(media_s), from_s)
        return moments_of(self.played_s, media_s, first, from_s + (media_s - played) / self.slowest + 1e-9)

    @property
    def speeds(self) -> list[float]:
        """The speeds it begins with and moves to, without wow."""
        return [self.speed, *(then for _, then in self.ramps)]

    @property
    def _swing(self) -> float:
        return self.wow.depth if self.wow is not None else 0.0


def moments_of(curve: Callable[[Places], Places], values: Places, first_s: Places, last_s: Places) -> Places:
    """The moment at which a curve passes each value, found by halving the bracket around it.

    Args:
        curve: its value at seconds.
        values: what it passes once each, up or down.
        first_s: seconds before each.
        last_s: seconds after each.
    """
    rises = curve(last_s) >= curve(first_s)
    for _ in range(_HALVINGS):
        middle = (first_s + last_s) / 2.0
        at_middle = curve(middle)
        beyond = np.where(rises, at_middle >= values, at_middle <= values)
        first_s, last_s = np.where(beyond, first_s, middle), np.where(beyond, middle, last_s)
    return last_s
