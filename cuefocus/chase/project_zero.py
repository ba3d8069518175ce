"""Under which label a project begins, from labels and times said together.

A label names a whole frame, a time is finer but knows no label. What lies between them is constant, so each pair of
them narrows it down; where a whole number of frames fits, it is that.
"""

from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_ROUNDING_NS = NS_PER_MS
# A contradiction by more than this is an edited start; a smaller one that stays tells of another rate.
_EDITED_NS = NS_PER_S
# Five pairs must contradict a little, as long as not twenty times as many agree: one alone may be a label and a time
# that did not belong together.
_AGAINST, _FOR, _TO_CONTRADICT = 20, 1, 100
# Edited starts that come faster than pairs forgive them are none.
_CONTRADICTED, _PARDON, _DOUBTED, _MOST_DOUBT = 40, 1, 60, 240
# Labels that kept pace for so many times as long as before they last did not count at our rate again.
_TRUST = 4
_LEAST_TRUST_NS, _MOST_TRUST_NS = 3 * NS_PER_S, 300 * NS_PER_S
# Between whole frames: known when it is known to this part of a frame, or after so much of the project.
_SETTLED_FRAMES = 0.25
_PATIENCE_NS = NS_PER_S
# Onward by more than this was not played.
_LONGEST_STEP_NS = NS_PER_S


class ProjectZero:
    """Show time of a project's second 0.

    Args:
        rate: how the project's labels count.
        starts_show_ns: where it is as long as no label has been heard.

    `doubtful` says that labels and times do not run at the same pace, so they count at another rate.
    """

    def __init__(self, rate: FrameRate, starts_show_ns: int) -> None:
        self._rate, self._zero_ns = rate, starts_show_ns
        self._low_ns: int | None = None
        self._high_ns = 0
        self._doubt = 0
        self._against = 0
        self._last_ns: int | None = None
        self._kept_pace_ns = 0  # project time that was played without a contradiction
        self._trust_ns: int | None = None  # as much of it is wanted, once there was one

    @property
    def doubtful(self) -> bool:
        """Whether labels and times have contradicted each other, and not agreed for long enough since."""
        return self._trust_ns is not None or self._doubt > _DOUBTED

    @property
    def settled(self) -> bool:
        """Whether it is known which frame it is; a label and a time alone may leave two of them."""
        if self._low_ns is None or self._kept_pace_ns >= _PATIENCE_NS:
            return True
        last = self._rate.frames_at(self._high_ns)
        fitting = sum(self._rate.show_ns(frame) >= self._low_ns for frame in (last, last - 1))
        narrow = self._high_ns - self._low_ns <= _SETTLED_FRAMES * self._rate.frame_ns
        return fitting == 1 or (narrow and not fitting)

    def show_at(self, project_ns: int) -> int:
        """Show time of a position, ns, by what is known now.

        Args:
            project_ns: time since the project's beginning.
        """
        return self._zero_ns + project_ns

    def pair(self, project_ns: int, label: Timecode) -> None:
        """Learn from a time and the frame that is on air at it. Raises: TimecodeError if that is none at the rate."""
        step_ns = 0 if self._last_ns is None else project_ns - self._last_ns
        self._last_ns = project_ns
        self._kept_pace_ns += step_ns if 0 < step_ns <= _LONGEST_STEP_NS else 0
        if self._trust_ns is not None and self._kept_pace_ns >= self._trust_ns:
            self._trust_ns = None
        self._narrow(label.show_ns(self._rate) - project_ns)

    def contradict(self) -> None:
        """Take note of a label that cannot be: it counts at another rate."""
        wanted_ns = max(_TRUST * self._kept_pace_ns, _LEAST_TRUST_NS, self._trust_ns or 0)
        self._trust_ns, self._kept_pace_ns = min(wanted_ns, _MOST_TRUST_NS), 0

    def _narrow(self, apart_ns: int) -> None:
        low_ns, high_ns = apart_ns - _ROUNDING_NS, apart_ns + round(self._rate.frame_ns) + _ROUNDING_NS
        self._doubt = max(self._doubt - _PARDON, 0)
        if self._low_ns is not None:
            apart_by_ns = max(low_ns - self._high_ns, self._low_ns - high_ns)
            if apart_by_ns <= 0:
                self._against = max(self._against - _FOR, 0)
                low_ns, high_ns = max(low_ns, self._low_ns), min(high_ns, self._high_ns)
            elif apart_by_ns > _EDITED_NS:
                self._doubt = min(self._doubt + _CONTRADICTED, _MOST_DOUBT)
                self._against, self._trust_ns, self._kept_pace_ns = 0, None, 0
            elif self._against + _AGAINST < _TO_CONTRADICT:
                self._against += _AGAINST
                return
            else:
                self._against = 0
                self.contradict()
        self._low_ns, self._high_ns = low_ns, high_ns
        if low_ns <= self._zero_ns <= high_ns:
            return
        middle_ns = (low_ns + high_ns) // 2
        whole_ns = self._rate.show_ns(round(middle_ns * self._rate.fps / NS_PER_S))
        self._zero_ns = whole_ns if low_ns <= whole_ns <= high_ns else middle_ns
