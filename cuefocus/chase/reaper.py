"""REAPER's stamped OSC feedback to readings.

REAPER tells its position when its screen is drawn, every 30 ms or so, as old as the block of sound it was taken from:
never early, often late. Labels are the project's own timecode where it is sent (`/frames/str`); else seconds count from
the label that the rig calls the project's start.
"""

from cuefocus.chase.places import PlaceReadings
from cuefocus.chase.project_zero import ProjectZero
from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.reaper import ReaperDecoder, ReaperPosition, ReaperTransport
from cuefocus.wire.reaper_position import TOGETHER_NS

# So long after the last seconds a label is said to come alone.
_ALONE_NS = NS_PER_S
Heard = Reading | Glitch | PlaybackStopped


class ReaperInput:
    """Turns REAPER's datagrams into readings.

    Args:
        source: the source's id in the rig.
        rate: how the project's frames count.
        starts_show_ns: show time of the project's second 0, where it sends no labels.
    """

    def __init__(self, source: str, rate: FrameRate, *, starts_show_ns: int = 0) -> None:
        self.decoder = ReaperDecoder(source)
        self.places = PlaceReadings(source, rate)
        self._source, self._rate = source, rate
        self._zero = ProjectZero(rate, starts_show_ns)
        self._rolling = True
        self._last_ns: int | None = None
        self._timed: ReaperPosition | None = None  # the newest one that said seconds
        self._labelled: ReaperPosition | None = None

    def feed(self, datagram: bytes, stamp_ns: int) -> list[Heard]:
        """Readings that a datagram completes.

        Args:
            datagram: its payload.
            stamp_ns: host time at which it arrived.

        Returns: readings at frame starts while it plays; one of direction 0 where it is moved standing still; a word
            for a stop; glitches for what cannot be read.
        """
        heard: list[Heard] = []
        for found in self.decoder.feed(datagram, stamp_ns):
            if isinstance(found, ReaperPosition):
                heard += self._place(found)
            elif isinstance(found, ReaperTransport):
                heard += self._turn(found)
            else:
                heard.append(found)
        return heard

    def restart(self) -> None:
        """The network was away."""
        self.decoder.restart()
        self.places.restart()
        self._rolling, self._last_ns = True, None
        self._timed = self._labelled = None

    def _turn(self, transport: ReaperTransport) -> list[Heard]:
        self._rolling = transport.rolling
        self._last_ns = None
        self.places.restart()
        if transport.rolling:
            return []
        return [PlaybackStopped(self._source, transport.word, transport.stamp_ns)]

    def _place(self, position: ReaperPosition) -> list[Heard]:
        label, project_ns, stamp_ns = self._label(position), position.project_ns, position.stamp_ns
        if label is not None and not label.exists_in(self._rate):
            self._zero.contradict()
            return [self._other_rate(f"REAPER's timecode {label} does not exist", stamp_ns)]
        timed = self._timed if project_ns is None else position
        if label is not None and timed is not None and timed.project_ns is not None:
            self._zero.pair(timed.project_ns, label)
        if project_ns is None:
            return self._only_label(stamp_ns)
        self._timed = position
        if self._zero.doubtful:
            self.places.restart()
            return [self._other_rate("REAPER's timecode and its seconds do not keep pace", stamp_ns)]
        show_ns = self._zero.show_at(project_ns)
        if show_ns < 0 or show_ns == self._last_ns:
            return []  # before 00:00:00:00; or a second look at the same block of sound
        self._last_ns = show_ns
        if not self._rolling:
            return [self.places.standing(show_ns, stamp_ns)]
        return [reading for _, reading in self.places.take([show_ns], [stamp_ns])]

    def _label(self, position: ReaperPosition) -> Timecode | None:
        """The label of a position, though it may have come in a packet of its own, before or after."""
        label, stamp_ns = position.label, position.stamp_ns
        if position.project_ns is None:
            self._labelled = position
            timed = self._timed
            return label if timed is not None and stamp_ns - timed.stamp_ns <= TOGETHER_NS else None
        labelled = self._labelled
        if label is None and labelled is not None and stamp_ns - labelled.stamp_ns <= TOGETHER_NS:
            return labelled.label
        return label

    def _only_label(self, stamp_ns: int) -> list[Heard]:
        """A label adds no time of its own: the screen may be drawn anywhere in its frame."""
        if self._timed is not None and stamp_ns - self._timed.stamp_ns < _ALONE_NS:
            return []
        cure = "let its OSC pattern file send TIME, too"
        return [
            Glitch(self._source, f"REAPER sends labels without seconds, which are not exact enough: {cure}", stamp_ns)
        ]

    def _other_rate(self, what: str, stamp_ns: int) -> Glitch:
        cure = "set the project's frame rate, or the source's `rate` in the rig"
        return Glitch(self._source, f"{what} at {self._rate.name} fps: {cure}", stamp_ns)
