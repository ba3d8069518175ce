"""The way of MIDI messages out: from the conductor, which never waits, to a process that owns the port.

Each message has the host time at which it is to be on the wire. What could not be sent in time (the port was away, its
process was down) is counted and lost: cues are never sent in a burst when the port is back.
"""

import heapq
import os
from typing import Final

from cuefocus.shells.message_turns import Standing
from cuefocus.shells.midi_pipe import MidiInlet, MidiWriter
from cuefocus.timebase.units import NS_PER_MS

LATEST_NS: Final = 250 * NS_PER_MS
"""A message that is later than this is not sent any more."""
MOST_WAITING: Final = 4096
_NOTE_OFF: Final = 0x80
_NOTE_ON: Final = 0x90
_NO_NOTE: Final = -1, -1


class MidiMouth:
    """The conductor's end.

    Args:
        fd: descriptor of a `MidiPipe`'s end that is read; a copy is kept.
    """

    def __init__(self, fd: int) -> None:
        self._writer, self._inlet = MidiWriter(os.dup(fd)), MidiInlet(os.dup(fd))

    @property
    def dropped(self) -> int:
        """Messages that did not even fit into the pipe."""
        return self._writer.dropped

    def send(self, data: bytes, due_ns: int) -> bool:
        """Have a whole message sent at `due_ns`, host time; one that is past, at once. False when it is lost."""
        before = self._writer.dropped
        self._writer.put(data, due_ns)
        return self._writer.dropped == before

    def fileno(self) -> int:
        """Readable when there is word of how the port is."""
        return self._inlet.fileno()

    def standing(self) -> Standing | None:
        """How the port is, as it was said last; `dropped` counts messages that were too late. None: nothing new."""
        last: Standing | None = None
        while (came := self._inlet.receive()) is not None:
            if isinstance(came, Standing):
                last = came
        return last

    def close(self) -> None:
        """Let go of the pipe."""
        self._writer.close()
        self._inlet.close()


class Outbox:
    """Messages that wait for their moment, in order of it; those of one moment in the order in which they came.

    Attributes:
        lost: messages that were not sent: too late, or too many.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, bytes]] = []
        self._number = 0
        self._struck: set[tuple[int, int]] = set()
        self.lost = 0

    @property
    def next_due_ns(self) -> int | None:
        """When the next one is to leave; None when none waits."""
        return self._waiting[0][0] if self._waiting else None

    def give_up(self) -> int:
        """Nothing of it can be sent any more; how many were lost in all."""
        self.lost += len(self._waiting)
        self._waiting.clear()
        return self.lost

    def put(self, data: bytes, due_ns: int) -> bool:
        """One more. False when there is no room for it."""
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return False
        self._number += 1
        heapq.heappush(self._waiting, (due_ns, self._number, data))
        return True

    def take(self, at_ns: int, *, latest_ns: int | None = LATEST_NS) -> bytes | None:
        """The next message whose moment has come, but not longer ago than `latest_ns`; None when there is none.

        A note that was struck is let go however late it is.
        """
        while self._waiting and self._waiting[0][0] <= at_ns:
            due_ns, _, data = heapq.heappop(self._waiting)
            note, begins = _note(data)
            if latest_ns is None or at_ns - due_ns <= latest_ns or (note in self._struck and not begins):
                (self._struck.add if begins else self._struck.discard)(note)
                return data
            self.lost += 1
        return None


def _note(data: bytes) -> tuple[tuple[int, int], bool]:
    """Channel and number of the note that a message is about, and whether it begins; `_NO_NOTE` for any other.

    A note-on without velocity is a note-off.
    """
    if len(data) != 3 or data[0] & 0xE0 != _NOTE_OFF:
        return _NO_NOTE, False
    return (data[0] & 0x0F, data[1]), data[0] & 0xF0 == _NOTE_ON and data[2] > 0
