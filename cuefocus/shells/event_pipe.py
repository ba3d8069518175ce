"""Events from the conductor to `run`: whole messages, dropped and counted while `run` does not read; nobody waits."""

import json
import socket
from collections.abc import Mapping

_BUFFER_BYTES = 1 << 20
_MESSAGE_BYTES = _BUFFER_BYTES  # what is longer is lost, and counted


def event_pair() -> tuple[socket.socket, socket.socket]:
    """Both ends, (to read, to write), neither of which ever waits; the write end may be handed to another process."""
    reading, writing = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    writing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    for end in (reading, writing):
        end.setblocking(False)
    return reading, writing


class EventWriter:
    """The conductor's end.

    Args:
        fd: the inherited descriptor, or -1 for nobody listening.
    """

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd) if fd >= 0 else None
        if self._socket is not None:
            self._socket.setblocking(False)
        self.dropped = 0
        self.gone = self._socket is None

    def fileno(self) -> int:
        """Descriptor that becomes readable when the reader has gone; -1 for nobody listening."""
        return self._socket.fileno() if self._socket is not None else -1

    def note_gone(self) -> None:
        """The reader went away."""
        self.gone = True

    def put(self, event: Mapping[str, object]) -> bool:
        """Hand one event over; False when it had to be dropped.

        The next event that goes through says how many were lost before it, as `dropped_before`.
        """
        if self._socket is None or self.gone:
            return False
        fields = {**event, "dropped_before": self.dropped} if self.dropped else event
        try:
            self._socket.send(encoded(fields))
        except ConnectionError:
            self.gone = True
            return False
        except OSError:  # no room just now, or it is too long for any
            self.dropped += 1
            return False
        self.dropped = 0
        return True

    def close(self) -> None:
        """Give the descriptor back."""
        if self._socket is not None:
            self._socket.close()


class EventReader:
    """The end of `run`, or of the desk. `over` says that every writer has gone."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._room = memoryview(bytearray(_MESSAGE_BYTES))
        self.dropped = 0
        self.over = False

    def fileno(self) -> int:
        """Descriptor that becomes readable with every event."""
        return self._socket.fileno()

    def take(self) -> list[dict[str, object]]:
        """Every event that has come, oldest first."""
        events: list[dict[str, object]] = []
        while True:
            try:
                size, _, flags, _ = self._socket.recvmsg_into([self._room])
            except (BlockingIOError, InterruptedError):
                return events
            if not size:
                self.over = True
                return events
            if flags & socket.MSG_TRUNC:
                self.dropped += 1
                continue
            fields = json.loads(bytes(self._room[:size]))
            self.dropped += int(fields.pop("dropped_before", 0))
            events.append(fields)

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()


def encoded(fields: Mapping[str, object]) -> bytes:
    """One event as a line of JSON without its newline; what JSON cannot say becomes text, what is no UTF-8 `?`."""
    written = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=str)
    return written.encode(errors="replace")
