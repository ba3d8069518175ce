"""REAPER's stamped OSC feedback to readings.

REAPER tells its position when its screen is drawn, every 30 ms or so, as old as the block of sound it was taken from:
never early, often late. Labels are the project's own timecode where it is sent (`/frames/str`); else seconds count from
the label that the rig calls the project's start.
"""

from cuefocus.chase.places import PlaceReadings
from cuefocus.chase.project_zero import ProjectZero
from cuefocus.chase.running_on import RunningOn, ToAndFro
from cuefocus.chase.voices import OneVoice, Voice
from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.osc import read_packet
from cuefocus.wire.reaper import ReaperDecoder, ReaperPosition, ReaperTransport, tells_of_playback
from cuefocus.wire.reaper_position import TOGETHER_NS

# So long after the last seconds a label is said to come alone.
_ALONE_NS = NS_PER_S
_MIXED = "REAPER's positions jump to and fro: two of them send to this port as one; give each a port of its own"
_RUNS_ON = "REAPER's positions run though its buttons say that it stopped: a message was lost, and they are followed"
Heard = Reading | Glitch | PlaybackStopped


class ReaperInput:
    """Turns REAPER's datagrams into readings. Of several that send to one port, one is followed.

    Args:
        source: the source's id in the rig.
        rate: how the project's frames count.
        starts_show_ns: show time of the project's second 0, where it sends no labels.
    """

    def __init__(self, source: str, rate: FrameRate, *, starts_show_ns: int = 0) -> None:
        self.decoder = ReaperDecoder(source)
        self.places = PlaceReadings(source, rate)
        self._source, self._rate = source, rate
        self._starts_show_ns = starts_show_ns
        self._zero = ProjectZero(rate, starts_show_ns)
        self._voices = OneVoice("REAPER's positions")
        self._running_on, self._to_and_fro = RunningOn(), ToAndFro()
        self._rolling = True
        self._last_ns: int | None = None
        self._first_ns: int | None = None
        self._timed: ReaperPosition | None = None  # the newest one that said seconds
        self._labelled: ReaperPosition | None = None

    def feed(self, datagram: bytes, stamp_ns: int, host: str = "", port: int = 0) -> list[Heard]:
        """Readings that a datagram completes.

        Args:
            datagram: its payload.
            stamp_ns: host time at which it arrived.
            host: where it came from, if that is known.
            port: likewise.

        Returns: readings at frame starts while it plays; one of direction 0 where it is moved standing still; a word
            for a stop; glitches for what cannot be read.
        """
        packet, hand_overs = read_packet(datagram), self._voices.hand_overs
        if tells_of_playback(packet) and not self._voices.heeds(Voice(host, port), stamp_ns):
            return []
        if self._voices.hand_overs != hand_overs:  # another program plays another project
            self.restart()
            self._zero = ProjectZero(self._rate, self._starts_show_ns)
        heard: list[Heard] = []
        for found in self.decoder.read(packet, stamp_ns):
            if isinstance(found, ReaperPosition):
                heard += self._place(found)
            elif isinstance(found, ReaperTransport):
                heard += self._turn(found)
            else:
                heard.append(found)
        return heard

    def rivals(self, at_ns: int) -> str:
        """Who sends beside the one that is followed, in a sentence; said once a minute, empty where there is none."""
        return self._voices.news(at_ns)

    def restart(self) -> None:
        """The network was away."""
        self._running_on, self._to_and_fro = RunningOn(), ToAndFro()
        self.decoder.restart()
        self.places.restart()
        self._rolling, self._last_ns, self._first_ns = True, None, None
        self._timed = self._labelled = None

    def _turn(self, transport: ReaperTransport) -> list[Heard]:
        self._rolling = transport.rolling
        self._running_on = RunningOn()
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
            return self._stands(show_ns, stamp_ns)
        first, self._first_ns = self._first_ns is None, self._first_ns or stamp_ns
        if not self._zero.settled or (first and label is None):
            return []  # it is not known yet which frame of the label's this is; a label may follow the first seconds
        if self._to_and_fro.jumps(show_ns, stamp_ns):
            self.places.restart()
            return [Glitch(self._source, _MIXED, stamp_ns)]
        return [reading for _, reading in self.places.take([show_ns], [stamp_ns])]

    def _stands(self, show_ns: int, stamp_ns: int) -> list[Heard]:
        """Where it stands, by its buttons; by its positions it may play all the same."""
        if not self._running_on.runs(show_ns, stamp_ns):
            return [self.places.standing(show_ns, stamp_ns)]
        self._rolling = True
        self.decoder.rolls()
        return [Glitch(self._source, _RUNS_ON, stamp_ns)]

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
