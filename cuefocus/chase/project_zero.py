"""Under which label a project begins, from labels and times said together.

A label names a whole frame, a time is finer but knows no label. What lies between them is constant, so each pair of
them narrows it down; where a whole number of frames fits, it is that.
"""

from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_ROUNDING_NS = NS_PER_MS
# Pairs that contradict those before them: the project was edited once; more of them count by another rate.
_CONTRADICTED, _PARDON, _DOUBTED, _MOST_DOUBT = 40, 1, 60, 240


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

    @property
    def doubtful(self) -> bool:
        """Whether labels and times contradict each other again and again."""
        return self._doubt > _DOUBTED

    def show_at(self, project_ns: int) -> int:
        """Show time of a position, ns, by what is known now.

        Args:
            project_ns: time since the project's beginning.
        """
        return self._zero_ns + project_ns

    def pair(self, project_ns: int, label: Timecode) -> None:
        """Learn from a time and the frame that is on air at it. Raises: TimecodeError if that is none at the rate."""
        self._narrow(label.show_ns(self._rate) - project_ns)

    def contradict(self) -> None:
        """Take note of a label that cannot be."""
        self._doubt = min(self._doubt + _CONTRADICTED, _MOST_DOUBT)

    def _narrow(self, apart_ns: int) -> None:
        low_ns, high_ns = apart_ns - _ROUNDING_NS, apart_ns + round(self._rate.frame_ns) + _ROUNDING_NS
        self._doubt = max(self._doubt - _PARDON, 0)
        if self._low_ns is not None:
            narrower_ns = max(low_ns, self._low_ns), min(high_ns, self._high_ns)
            if narrower_ns[0] <= narrower_ns[1]:
                low_ns, high_ns = narrower_ns
            else:
                self.contradict()
        self._low_ns, self._high_ns = low_ns, high_ns
        if low_ns <= self._zero_ns <= high_ns:
            return
        middle_ns = (low_ns + high_ns) // 2
        whole_ns = self._rate.show_ns(round(middle_ns * self._rate.fps / NS_PER_S))
        self._zero_ns = whole_ns if low_ns <= whole_ns <= high_ns else middle_ns
