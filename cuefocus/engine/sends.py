"""What a show tells others, compiled: bytes for receivers, and the moments they belong to. Plain values."""

from dataclasses import dataclass
from typing import Literal

from cuefocus.timebase.units import NS_PER_MS

LATEST_NS = 250 * NS_PER_MS
"""What would be later than this is not sent any more: lights that follow so late are worse than none."""
CueMoment = Literal["departure", "landing", "fire"]


@dataclass(frozen=True, slots=True)
class Word:
    """What one receiver is told.

    Args:
        to: the receiver's id.
        what: as the operator is told of it.
        parts: bytes as the receiver's kind takes them, each with ns after the word's moment.
        latency_ns: how long before its moment it leaves.
    """

    to: str
    what: str
    parts: tuple[tuple[int, bytes], ...]
    latency_ns: int = 0


@dataclass(frozen=True, slots=True)
class CueWord:
    """A word that goes with a cue.

    Args:
        offset_ns: after the rack's moment: show time for a timed rack, host time after a trigger.
    """

    when: CueMoment
    offset_ns: int
    word: Word


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word that goes by timecode alone.

    Args:
        at: its place, as written.
    """

    show_ns: int
    at: str
    word: Word


@dataclass(frozen=True, slots=True)
class Relay:
    """A receiver of the timecode that is followed, as Art-Net.

    Args:
        stream: the id in its datagrams.
    """

    to: str
    latency_ns: int
    stream: int = 0


@dataclass(frozen=True, slots=True)
class Sends:
    """All that a show sends.

    Args:
        cues: words by cue, in the order they are written.
        timed: by act, in order of show time.
    """

    cues: dict[str, tuple[CueWord, ...]]
    timed: dict[str, tuple[TimedWord, ...]]
    relays: tuple[Relay, ...] = ()


NOTHING_SENT = Sends({}, {})


@dataclass(frozen=True, slots=True)
class Send:
    """One word to be sent now, or in a moment.

    Args:
        due_ns: host time at which it is to leave.
        word: what.
        cue: whose it is; empty for one by timecode alone.
        moment: `departure`, `landing`, `fire`, or the place on the timeline.
        frame: a frame of timecode, one of very many: nobody is told of it.
    """

    due_ns: int
    word: Word
    cue: str = ""
    moment: str = ""
    frame: bool = False
