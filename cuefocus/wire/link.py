"""Ableton Link: where the song is, as far as a session's beats and its start tell; and how our ears pass that on.

A session shares a tempo, beats and, where its programs sync start and stop, the moment of a start; it knows no song
position. A song's first beat is taken to be the first bar line (a multiple of the quantum) at or after the start, as
Link's own players do (`requestBeatAtStartPlayingTime`). A start that was not seen leaves the position unknown.
"""

import math
import struct
from dataclasses import dataclass
from typing import Final

_RECORD: Final = struct.Struct("=cdd?H")
_MARK: Final = b"L"
# A start this little after a bar line is on it.
_ON_THE_LINE_QUARTERS: Final = 0.02
# Clocks of a session are measured again and again; a start that moved by less is the same.
_SAME_START_US: Final = 100_000
_MOST_PEERS: Final = 0xFFFF
_FASTEST_BPM, _LONGEST_QUARTERS = 1000.0, 1_000_000


@dataclass(frozen=True, slots=True)
class LinkMoment:
    """A session at one moment.

    Args:
        quarters: since the song's first beat, below 0 in a count-in; None where that is not known.
        bpm: quarters a minute.
        playing: whether the session plays.
        peers: other programs in it.
    """

    quarters: float | None
    bpm: float
    playing: bool
    peers: int

    def packed(self) -> bytes:
        """As bytes, for a pipe."""
        quarters = math.nan if self.quarters is None else self.quarters
        return _RECORD.pack(_MARK, quarters, self.bpm, self.playing, min(self.peers, _MOST_PEERS))


def link_moment(data: bytes) -> LinkMoment | None:
    """What was packed; None for anything else, or what no session can be."""
    if len(data) != _RECORD.size or data[:1] != _MARK:
        return None
    _, quarters, bpm, playing, peers = _RECORD.unpack(data)
    if not 0.0 < bpm < _FASTEST_BPM or abs(quarters) > _LONGEST_QUARTERS:
        return None
    return LinkMoment(None if math.isnan(quarters) else quarters, bpm, playing, peers)


class LinkCount:
    """Counts the quarters of a song from the start of its session.

    Args:
        quantum: length of a bar, quarters.
    """

    def __init__(self, quantum: float = 4.0) -> None:
        self.quantum = quantum
        self._stood = False
        self._start_us: int | None = None
        self._zero_beat: float | None = None

    def forget(self) -> None:
        """The session is another, or nobody else is in it."""
        self._stood, self._start_us, self._zero_beat = False, None, None

    def stands(self) -> None:
        """The session does not play."""
        self._stood, self._start_us, self._zero_beat = True, None, None

    def quarters(self, beat: float, start_us: int, start_beat: float, start_phase: float) -> float | None:
        """Where the song is while the session plays; None if its start was not seen.

        Args:
            beat: the session's beat now.
            start_us: when it started, or will, by Link's clock.
            start_beat: its beat then.
            start_phase: that beat's place in its bar, quarters from 0.
        """
        moved = self._start_us is not None and abs(start_us - self._start_us) > _SAME_START_US
        if self._stood or moved:
            wait = (self.quantum - start_phase) % self.quantum
            on_the_line = self.quantum - wait < _ON_THE_LINE_QUARTERS
            # Kept as a beat: a tempo that changes later changes when it was, not which it was.
            self._zero_beat = start_beat + (wait - self.quantum if on_the_line else wait)
            self._stood = False
        self._start_us = start_us
        return None if self._zero_beat is None else beat - self._zero_beat
