"""When what comes by a page's connections has arrived: by the kernel's stamps, however long this process stood still.

asyncio hands on what it reads without its stamp, so its sockets are of a kind here that keep it.
"""

import socket
from collections.abc import Callable
from typing import Any, Final

from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.kernel_stamps import STAMP_BYTES, StreamStamps

BEAT_S: Final = 0.05
"""How often `beat` is called by a loop that does not stand still."""


class Arrivals:
    """The connections of one server.

    Args:
        clock_ns: the host clock.
    """

    def __init__(self, clock_ns: Callable[[], int] = now_ns) -> None:
        self.clock_ns = clock_ns
        self.looked_ns = clock_ns()
        self._lines: dict[int, StampedLine] = {}  # by descriptor

    def beat(self) -> None:
        """All that had come by now is read."""
        self.looked_ns = self.clock_ns()

    def taking(self, made: socket.socket) -> socket.socket:
        """A listening socket in place of one whose connections are stamped."""
        return _StampedServer(made, self)

    def keep(self, line: "StampedLine") -> None:
        """One more connection."""
        self._lines[line.fileno()] = line

    def of(self, descriptor: int) -> tuple[int, int]:
        """Host time at which the first and the last of what a connection said last may have come.

        They are one unless nobody has looked for long. Of a connection that is not known it is now.
        """
        line = self._lines.get(descriptor)
        return line.came_ns if line is not None else (self.clock_ns(),) * 2


class StampedLine(socket.socket):
    """A connection.

    Args:
        descriptor: the kernel's; it is ours from now on.
        arrivals: among which it is.

    Attributes:
        came_ns: as `Arrivals.of`.
    """

    def __init__(self, descriptor: int, arrivals: Arrivals) -> None:
        super().__init__(fileno=descriptor)
        self._arrivals, self._stamps = arrivals, StreamStamps(arrivals.clock_ns)
        self.came_ns = (0, 0)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As every socket; notes when it came."""
        data, ancillary, _, _ = self.recvmsg(size, STAMP_BYTES, flags)
        (_, first_ns), (_, last_ns) = self._stamps.of((b"", data), ancillary, self._arrivals.looked_ns)
        self.came_ns = first_ns, last_ns
        return data


class _StampedServer(socket.socket):
    """A listening socket whose connections note when what they say has come."""

    def __init__(self, made: socket.socket, arrivals: Arrivals) -> None:
        super().__init__(fileno=made.detach())
        self.setblocking(False)
        self._arrivals = arrivals

    def accept(self) -> tuple[socket.socket, Any]:
        """As every socket."""
        plain, address = super().accept()
        line = StampedLine(plain.detach(), self._arrivals)
        self._arrivals.keep(line)
        return line, address
