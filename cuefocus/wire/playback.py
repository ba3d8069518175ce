"""What a generator plays: media position over time, with ramps of speed, wow, jumps and gaps."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cuefocus.errors import InputError
from cuefocus.timebase.frames import FrameRate, Timecode, timecode_at_frame
from cuefocus.wire.pace import Pace, Places, Wow

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
        moments = [jump.at_s for jump in self.jumps]
        if not all(
            map(math.isfinite, (*moments, *(number for gap in self.gaps for number in (gap.at_s, gap.seconds))))
        ):
            raise InputError("cannot play this: a number is none", hint="check speeds and seconds")
        if any(at <= 0 for at in moments) or len(set(moments)) < len(moments):
            raise InputError("cannot play this: jumps come after second 0, one at a time", hint="start there instead")
        if any(gap.at_s < 0 or gap.seconds <= 0 for gap in self.gaps):
            raise InputError("cannot play this: a gap begins at second 0 or later and lasts", hint="check its seconds")
        _ = self.pace  # which refuses what is none

    @property
    def pace(self) -> Pace:
        """How fast it plays, whatever the place."""
        return Pace(self.speed, self.ramps, self.wow)

    def frames_at(self, at_s: Places) -> Places:
        """Media position, frames after `start` (a jump may make it any), at seconds in ascending order or not."""
        played = self.pace.played_s(at_s)
        if not self.jumps:
            return played * float(self.rate.fps)
        origin = self.start.frame_number(self.rate)
        jumps = sorted(self.jumps, key=lambda jump: jump.at_s)
        moments = np.array([jump.at_s for jump in jumps])
        bases = np.array([0.0, *(float(jump.label.frame_number(self.rate) - origin) for jump in jumps)])
        before = np.concatenate([[0.0], self.pace.played_s(moments)])
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
        return float(np.abs(np.diff(self.pace.played_s(steps))).sum() * float(self.rate.fps))

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
