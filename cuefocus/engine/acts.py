"""Which act the timecode belongs to."""

from cuefocus.engine.job import ActJob, Job
from cuefocus.timebase.frames import FrameRate, Timecode, unwrap_near
from cuefocus.wire.events import Reading

#: Readings in a row that must speak of another act before it is believed.
_AGREEING = 3


class ActChooser:
    """Follows which act is played. Starts with the first one."""

    def __init__(self, job: Job) -> None:
        self._acts = tuple(job.acts.values())
        self.act = self._acts[0]
        self._other: ActJob | None = None
        self._agreeing = 0

    def offer(self, reading: Reading) -> ActJob | None:
        """The act to follow from now on when `reading` settles that it is another one; else None."""
        if len(self._acts) == 1:
            return None
        other = self._holding(reading.label)
        if other is None or other is self.act:
            self._other, self._agreeing = None, 0
            return None
        self._agreeing = self._agreeing + 1 if other is self._other else 1
        self._other = other
        if self._agreeing < _AGREEING:
            return None
        self.act, self._other, self._agreeing = other, None, 0
        return other

    def _holding(self, label: Timecode) -> ActJob | None:
        """The act whose range holds a label; the present one first."""
        for act in (self.act, *self._acts):
            show_ns = _show_ns(label, act.chase.rate, act.chase.starts_show_ns)
            if show_ns is None:
                continue
            if act.chase.starts_show_ns - act.chase.preroll_ns <= show_ns <= act.chase.end_show_ns:
                return act
        return None


def _show_ns(label: Timecode, rate: FrameRate, starts_show_ns: int) -> int | None:
    counted = Timecode(label.hours, label.minutes, label.seconds, label.frames * rate.pair)
    if not counted.exists_in(rate):
        return None
    return unwrap_near(counted.show_ns(rate), starts_show_ns, rate)
