"""Of what a MIDI port carries, what may be a cue: exclusive messages, and those of a channel that a show waits for.

Timecode and clock on the same port, and a keyboard played beside the show, would only keep the conductor busy.
"""

from collections.abc import Collection
from typing import Final

from cuefocus.shells.midi_pipe import LONGEST_MESSAGE, MidiWriter
from cuefocus.timebase.units import NS_PER_S

_EXCLUSIVE, _END_OF_EXCLUSIVE = 0xF0, 0xF7
_FIRST_STATUS: Final = 0x80
_REAL_TIME: Final = bytes(range(0xF8, 0x100))
_MOST_A_SECOND: Final = 1500
"""A cable carries about a thousand a second. What comes faster is nobody's finger, and leaves room for the others."""
_AT_ONCE: Final = 256


class CueFilter:
    """Passes on what may be a cue; made for a library's callback, it never waits and never raises.

    Args:
        writer: where it goes, and where the channel messages are counted that came too fast.
        voices: high halves of the status bytes of channel messages that are passed on: 0x90, 0xB0, 0xC0.
    """

    def __init__(self, writer: MidiWriter, voices: Collection[int]) -> None:
        self._writer, self._voices = writer, frozenset(voices)
        self._room, self._filled_ns = float(_AT_ONCE), 0
        self._within = False

    def put(self, data: bytes, stamp_ns: int) -> None:
        """A message, or a part of a long one, that arrived at `stamp_ns`."""
        plain = data.translate(None, _REAL_TIME)  # what may stand anywhere, even inside another message
        if not plain:
            return
        status, last = plain[0], plain[-1]
        if status == _EXCLUSIVE or (self._within and (status < _FIRST_STATUS or status == _END_OF_EXCLUSIVE)):
            goes_on = last < _FIRST_STATUS or last == _EXCLUSIVE
            self._within = self._passed(data, stamp_ns) and goes_on
            return
        self._within = False  # whatever it is, it ends an exclusive message early
        if status & 0xF0 in self._voices and status < _EXCLUSIVE:
            if self._has_room(stamp_ns):
                self._writer.put(data, stamp_ns)
            else:
                self._writer.dropped += 1

    def _passed(self, data: bytes, stamp_ns: int) -> bool:
        """Pass a part of an exclusive message on; whether it went. If not, the parts behind it are worth nothing."""
        before = self._writer.dropped
        self._writer.put(data, stamp_ns)
        return len(data) <= LONGEST_MESSAGE and self._writer.dropped == before

    def _has_room(self, stamp_ns: int) -> bool:
        passed_ns, self._filled_ns = max(0, stamp_ns - self._filled_ns), max(stamp_ns, self._filled_ns)
        self._room = min(float(_AT_ONCE), self._room + passed_ns * _MOST_A_SECOND / NS_PER_S)
        if self._room < 1.0:
            return False
        self._room -= 1.0
        return True
