"""What a wire decoder hands over: a reading that was true at a moment, a glitch, the word that playback stopped."""

from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.values import value


@value
class Reading:
    """One timecode word and the host time at which its frame began.

    Args:
        source: which source said so (rig id).
        label: the label as read; frame pairs carry half the count.
        drop: the word's drop-frame flag.
        stamp_ns: host time of the frame's start (of its later edge when running backwards), ns.
        frame_ns: measured length of the frame in host time, ns; 0 where the source cannot tell.
        direction: 1 forward, -1 reverse, 0 a locate without motion (MTC full frame, MMC).
        noise_ns: expected standard deviation of `stamp_ns`, ns.
    """

    source: str
    label: Timecode
    drop: bool
    stamp_ns: int
    frame_ns: float
    direction: int
    noise_ns: float = 1000.0


@value
class Glitch:
    """Something on a wire that made no sense; counted and reported, never raised."""

    source: str
    reason: str
    stamp_ns: int


@value
class PlaybackStopped:
    """A source's word that playback has stopped where it is: nothing is to be freewheeled over."""

    source: str
    reason: str
    stamp_ns: int
