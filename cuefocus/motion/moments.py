"""Words, beats and labels of a cue as show time."""

from dataclasses import dataclass

from cuefocus.anchors.act_anchors import ActAnchors
from cuefocus.anchors.beat_grid import BeatMap, beats_after_s, beats_before_s
from cuefocus.errors import PlanError
from cuefocus.files.durations import Duration
from cuefocus.show.models import Act, Cue, Show
from cuefocus.show.moment import Moment
from cuefocus.timebase.frames import FrameRate, parse_timecode, unwrap_near
from cuefocus.timebase.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class ActTime:
    """An act's timeline: show time from its labels, its words and its beats."""

    show: Show
    act: Act
    anchors: ActAnchors
    rate: FrameRate
    start_ns: int

    def show_ns(self, moment: Moment) -> int:
        """When a moment is, its own offset in it, the act's not.

        Raises: CueFocusError saying what is not there.
        """
        if moment.word is not None:
            if self.anchors.words is None:
                raise PlanError(f"act {self.act.act!r} has no words file")
            at_ns = self._media_ns(self.anchors.words.find(moment.word, moment.nth, moment.edge).time_s)
        elif moment.bar is not None:
            at_ns = self._media_ns(self._beats().find(moment.bar, moment.beat).time_s)
        elif moment.at is not None and moment.at.label is not None:
            label_ns = parse_timecode(moment.at.label, self.rate).show_ns(self.rate)
            at_ns = unwrap_near(label_ns, self.start_ns, self.rate)
        elif moment.at is not None:
            at_ns = self.start_ns + (moment.at.media_ns or 0)
        else:
            raise PlanError("nothing says when")
        if not moment.offset.amount:
            return at_ns
        fixed_ns = moment.offset.ns(self.rate)
        if fixed_ns is not None:
            return at_ns + fixed_ns
        beats, seconds = self._beats(), (at_ns - self.start_ns) / NS_PER_S
        return self._media_ns(beats.time_at(beats.count_at(seconds) + float(moment.offset.amount)))

    def pull_ns(self, duration: Duration, at_ns: int, *, before: bool) -> int:
        """A pull's length; beats are those before (or after) a moment of the act's own timeline."""
        fixed_ns = duration.ns(self.rate)
        if fixed_ns is not None:
            return fixed_ns
        beats, seconds, count = self._beats(), (at_ns - self.start_ns) / NS_PER_S, float(duration.amount)
        length_s = beats_before_s(beats, seconds, count) if before else beats_after_s(beats, seconds, count)
        return round(length_s * NS_PER_S)

    def offset_ns(self, cue: Cue, camera_offset_ns: int) -> int:
        """Act, camera and cue offsets together."""
        return camera_offset_ns + sum(
            offset.ns(self.rate) or 0 for offset in (self.act.offset, cue.nudge) if offset.amount
        )

    def _beats(self) -> BeatMap:
        if self.anchors.beats is None:
            raise PlanError(f"act {self.act.act!r} has no tempo map")
        return self.anchors.beats

    def _media_ns(self, time_s: float) -> int:
        return self.start_ns + round(time_s * NS_PER_S)
