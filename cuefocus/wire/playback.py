"""What a generator plays: media position over time, with ramps of speed, wow, jumps and gaps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cuefocus.errors import InputError
from cuefocus.timebase.frames import FrameRate, Timecode, timecode_at_frame

Places = npt.NDArray[np.float64]

_LENGTH_STEP_S = 0.01


@dataclass(frozen=True, slots=True)
class Jump:
    """A locate in mid-play: from `at_s` on, `label` and what follows it."""

    at_s: float
    label: Timecode


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is sent from `at_s` for `seconds`; playback goes on meanwhile."""

    at_s: float
    seconds: float


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
class Stretch:
    """A part of a playback that is heard and has no jump in it.

    Args:
        begin_s, end_s: seconds since the playback began.
        start_frames: media position at `begin_s`, frames from 00:00:00:00; whole unless a gap is before it.
    """

    begin_s: float
    end_s: float
    start_frames: float


@dataclass(frozen=True, slots=True)
class Playback:
    """Media position over the seconds since it began.

    Args:
        rate: how labels count.
        start: the label at second 0.
        speed: media frames per frame at second 0; negative is reverse.
        ramps: (seconds, speed): the speed moves in a straight line from one to the next, and stays at the last.
        jumps, gaps: in any order.
        wow: on top of all speeds.

    Raises: TimecodeError for a label that does not exist, InputError for what cannot be played.
    """

    rate: FrameRate
    start: Timecode
    speed: float = 1.0
    ramps: tuple[tuple[float, float], ...] = ()
    jumps: tuple[Jump, ...] = ()
    gaps: tuple[Gap, ...] = ()
    wow: Wow | None = None

    def __post_init__(self) -> None:
        self.start.frame_number(self.rate)
        for jump in self.jumps:
            jump.label.frame_number(self.rate)
        numbers = [self.speed, *(number for ramp in self.ramps for number in ramp)]
        numbers += [jump.at_s for jump in self.jumps]
        numbers += [number for gap in self.gaps for number in (gap.at_s, gap.seconds)]
        numbers += [self.wow.depth, self.wow.hz] if self.wow is not None else []
        moments = [jump.at_s for jump in self.jumps]
        if not all(map(math.isfinite, numbers)):
            raise InputError("cannot play this: a number is none", hint="check speeds and seconds")
        if any(later <= earlier for earlier, later in pairwise([0.0, *(at for at, _ in self.ramps)])):
            raise InputError("cannot play this: ramps must end one after the other", hint="order them by their seconds")
        if any(at <= 0 for at in moments) or len(set(moments)) < len(moments):
            raise InputError("cannot play this: jumps come after second 0, one at a time", hint="start there instead")
        if any(gap.at_s < 0 or gap.seconds <= 0 for gap in self.gaps):
            raise InputError("cannot play this: a gap begins at second 0 or later and lasts", hint="check its seconds")
        if self.wow is not None and not (0 < self.wow.depth < 1 and 0 < self.wow.hz <= 1000):
            raise InputError("cannot play this: wow is out of range", hint="write e.g. 0.5%@2, below 100 % and 1000 Hz")

    @property
    def even(self) -> bool:
        """Whether the speed is the same all the time."""
        return not self.ramps and self.wow is None

    @property
    def fastest(self) -> float:
        """The greatest speed there is, without sign."""
        swing = self.wow.depth if self.wow is not None else 0.0
        return max(abs(speed) for speed in (self.speed, *(speed for _, speed in self.ramps))) * (1.0 + swing)

    def frames_at(self, at_s: Places) -> Places:
        """Media position, frames after `start` (a jump may make it any), at seconds in ascending order or not."""
        played = self._played_s(at_s)
        if not self.jumps:
            return played * float(self.rate.fps)
        origin = self.start.frame_number(self.rate)
        jumps = sorted(self.jumps, key=lambda jump: jump.at_s)
        moments = np.array([jump.at_s for jump in jumps])
        bases = np.array([0.0, *(float(jump.label.frame_number(self.rate) - origin) for jump in jumps)])
        before = np.concatenate([[0.0], self._played_s(moments)])
        since = np.searchsorted(moments, at_s, side="right")
        positions: Places = bases[since] + (played - before[since]) * float(self.rate.fps)
        return positions

    def heard_at(self, at_s: Places) -> npt.NDArray[np.bool_]:
        """Whether anything is sent at these seconds: no gap covers them."""
        heard = np.ones(len(at_s), dtype=np.bool_)
        for gap in self.gaps:
            heard &= (at_s < gap.at_s) | (at_s >= gap.at_s + gap.seconds)
        return heard

    def label_at(self, at_s: float) -> Timecode:
        """The label on air."""
        frames = self.start.frame_number(self.rate) + float(self.frames_at(np.array([at_s]))[0])
        return timecode_at_frame(math.floor(frames + 1e-9), self.rate)

    def length_frames(self, seconds: float) -> float:
        """Frames that pass in the first `seconds`, to and fro."""
        steps = np.linspace(0.0, seconds, max(2, round(seconds / _LENGTH_STEP_S) + 1))
        return float(np.abs(np.diff(self._played_s(steps))).sum() * float(self.rate.fps))

    def stretches(self, seconds: float) -> list[Stretch]:
        """The first `seconds`, cut at jumps and without the gaps."""
        edges = {0.0, seconds, *(jump.at_s for jump in self.jumps)}
        edges |= {edge for gap in self.gaps for edge in (gap.at_s, gap.at_s + gap.seconds)}
        cuts = sorted(edge for edge in edges if 0.0 <= edge <= seconds)
        origin = self.start.frame_number(self.rate)
        places = self.frames_at(np.array(cuts)) + origin
        heard = self.heard_at(np.array(cuts))
        return [
            Stretch(begin, end, round(place, 6))
            for (begin, end), place, sent in zip(pairwise(cuts), places.tolist(), heard.tolist(), strict=False)
            if sent
        ]

    def _played_s(self, at_s: Places) -> Places:
        """The integral of the speed from second 0 on."""
        if self.wow is not None:
            swing = 2.0 * math.pi * self.wow.hz
            at_s = at_s + self.wow.depth / swing * (1.0 - np.cos(swing * at_s))
        if not self.ramps:
            return at_s * self.speed
        times, speeds = _knots(self.speed, self.ramps)
        spans = np.diff(times)
        until = np.concatenate([[0.0], np.cumsum(spans * (speeds[:-1] + speeds[1:]) / 2.0)])
        slopes = np.concatenate([np.diff(speeds) / spans, [0.0]])
        part = np.clip(np.searchsorted(times, at_s, side="right") - 1, 0, None)
        into = at_s - times[part]
        played: Places = until[part] + into * (speeds[part] + 0.5 * slopes[part] * into)
        return played


def _knots(speed: float, ramps: Sequence[tuple[float, float]]) -> tuple[Places, Places]:
    """Where the speed's slope changes, and the speed there."""
    return np.array([0.0, *(at for at, _ in ramps)]), np.array([speed, *(then for _, then in ramps)])
