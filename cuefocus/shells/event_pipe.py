"""Events from the conductor to `run`: whole messages, dropped and counted while `run` does not read; nobody waits."""

import json
import socket
from collections.abc import Mapping

_MESSAGE_BYTES = 65_536
_BUFFER_BYTES = 1 << 20


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
        except (BlockingIOError, InterruptedError):
            self.dropped += 1
            return False
        except (BrokenPipeError, ConnectionError):
            self.gone = True
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
                message = self._socket.recv(_MESSAGE_BYTES)
            except (BlockingIOError, InterruptedError):
                return events
            if not message:
                self.over = True
                return events
            fields = json.loads(message)
            self.dropped += int(fields.pop("dropped_before", 0))
            events.append(fields)

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()


def encoded(fields: Mapping[str, object]) -> bytes:
    """One event as a line of JSON without its newline; what JSON cannot say becomes text."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=str).encode()
