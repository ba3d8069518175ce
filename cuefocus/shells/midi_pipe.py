"""The way of MIDI messages from the ears, whose library calls on a thread of its own, to the conductor.

A pair of sockets that keeps messages apart. `run` holds both ends, so that messages outlive either process. The writer
never waits: what nobody fetches is counted and lost.
"""

import contextlib
import os
import socket
import struct
from typing import Final

from cuefocus.shells.message_turns import Counted, Message, Standing
from cuefocus.wire.midi_clock import CLOCKS_PER_SIXTEENTH, ClockTick, MidiClockDecoder, SongSelect

LONGEST_MESSAGE: Final = 256
"""No timecode is longer; what is (samples, patches) is not passed on."""
_BUFFER_BYTES: Final = 1 << 20
_MESSAGE: Final = struct.Struct("=cq")
_STANDING: Final = struct.Struct("=c?qI")
_COUNTED: Final = struct.Struct("=cqiI")
_CORRECTED: Final = struct.Struct("=cIi")
_NUMBERS: Final = 1 << 32
_FIRST_OF_CLOCK, _CLOCK = 0xF2, 0xF8
_MOST_BYTES: Final = 4096
_SO_PEEK_OFF: Final = 42  # socket(7); Python does not name it
_TEXT_BYTES: Final = 1024


class MidiPipe:
    """Both ends, in the process that spawns the others."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)

    @property
    def read_fd(self) -> int:
        """The end that the conductor inherits."""
        return self._reader.fileno()

    def dup_reader(self) -> int:
        """A descriptor of our own for the end that is read."""
        return os.dup(self._reader.fileno())

    @property
    def write_fd(self) -> int:
        """The end that the ears inherit."""
        return self._writer.fileno()

    @property
    def empty(self) -> bool:
        """Whether nothing has been written that was not read."""
        try:
            self._reader.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        """Let go of both ends; those that were inherited stay."""
        self._reader.close()
        self._writer.close()


class MidiWriter:
    """The ears' end. `put` is made for a library's callback: it never waits and never raises.

    It counts MIDI clocks on the way: a conductor that was started anew in mid-song cannot know which one comes. What a
    conductor finds to have been lost or doubled it says back, and that is counted in, unless the place was said anew.

    Args:
        fd: the end that is written.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._socket = socket.socket(fileno=fd)
        self.dropped = 0
        self._counter = MidiClockDecoder("")
        self._song = -1
        self._places = 0  # how often the place was said anew

    def put(self, data: bytes, stamp_ns: int) -> None:
        """A message that arrived at `stamp_ns`."""
        if len(data) > LONGEST_MESSAGE:
            return
        try:
            self._socket.send(_MESSAGE.pack(b"M", stamp_ns) + data, socket.MSG_DONTWAIT)
            if data and data[0] >= _FIRST_OF_CLOCK:
                self._count(data, stamp_ns)
        except OSError:
            self.dropped += 1

    def _count(self, data: bytes, stamp_ns: int) -> None:
        for found in self._counter.feed(data, stamp_ns):
            if isinstance(found, SongSelect):
                self._song = found.number
            self._places += not isinstance(found, ClockTick)
        self._correct()
        clocks = self._counter.clocks
        if data[0] == _CLOCK and self._counter.running and clocks is not None and not clocks % CLOCKS_PER_SIXTEENTH:
            self._socket.send(_COUNTED.pack(b"C", clocks, self._song, self._places % _NUMBERS), socket.MSG_DONTWAIT)

    def _correct(self) -> None:
        """Count in what a conductor has said of this place."""
        try:
            record = self._socket.recv(_MOST_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        if len(record) == _CORRECTED.size:
            _, places, slip = _CORRECTED.unpack(record)
            if places == self._places % _NUMBERS and self._counter.clocks is not None:
                self._counter.clocks += slip

    def tell(self, *, is_open: bool, text: str, opening: int) -> bool:
        """Say how the port is; False when nobody is left to hear it."""
        record = _STANDING.pack(b"S", is_open, opening, self.dropped) + text.encode()[:_TEXT_BYTES]
        try:
            self._socket.send(record, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the end."""
        self._socket.close()


class MidiInlet:
    """The conductor's end.

    Args:
        fd: the end that is read.
        keeps: what is received here is not taken away from others that read the same end.

    Raises: OSError where the system cannot keep it.
    """

    def __init__(self, fd: int, *, keeps: bool = False) -> None:
        self._socket = socket.socket(fileno=fd)
        self._how = socket.MSG_DONTWAIT
        if keeps:
            self._how |= socket.MSG_PEEK
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_PEEK_OFF, 0)  # each look goes on behind the last one
        self._closed = False
        self._places: int | None = None

    def fileno(self) -> int:
        """The descriptor; -1 once nobody is left to write."""
        return -1 if self._closed else self._socket.fileno()

    @property
    def next_due_ns(self) -> int | None:
        """Never: it rings for everything."""
        return None

    @property
    def seen(self) -> int:
        """Bytes that were looked at and not taken away since; 0 also where others took more than that."""
        return self._socket.getsockopt(socket.SOL_SOCKET, _SO_PEEK_OFF)

    def receive(self) -> Message | Standing | Counted | None:
        """The next message, or word of how the port is or which clock comes next; None when there is nothing more."""
        if self._closed:
            return None
        try:
            record = self._socket.recv(_MOST_BYTES, self._how)
        except BlockingIOError:
            return None
        except OSError:
            record = b""
        if record[:1] == b"M" and len(record) >= _MESSAGE.size:
            return Message(record[_MESSAGE.size :], _MESSAGE.unpack_from(record)[1])
        if record[:1] == b"C" and len(record) >= _COUNTED.size:
            _, clocks, song, self._places = _COUNTED.unpack_from(record)
            return Counted(clocks, None if song < 0 else song)
        if record[:1] == b"S" and len(record) >= _STANDING.size:
            _, is_open, opening, dropped = _STANDING.unpack_from(record)
            return Standing(is_open, record[_STANDING.size :].decode(errors="replace"), opening, dropped)
        self._closed = True
        return Standing(False, "the MIDI ears are gone, and `run` with them")

    def correct(self, slip: int) -> None:
        """Let the ears count so many clocks more (below 0: fewer) since the place was last said; never waits."""
        if self._closed or self._places is None:
            return
        with contextlib.suppress(OSError):  # they are gone, or do not read
            self._socket.send(_CORRECTED.pack(b"K", self._places, slip), socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()
        self._closed = True
