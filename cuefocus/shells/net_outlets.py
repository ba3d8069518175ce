"""Ways out by the network: datagrams, and OSC over a connection. None ever waits."""

import os
import select
import socket
from errno import ECONNREFUSED, EINPROGRESS
from typing import Final

from cuefocus.shells.ip_place import NO_ADDRESS, family_of, ip_place, is_address
from cuefocus.shells.outlet import Told
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc_stream import OscStream

PATIENCE_NS: Final = 2 * NS_PER_S
_AGAIN_NS: Final = (250 * NS_PER_MS, 500 * NS_PER_MS, NS_PER_S, 2 * NS_PER_S, 5 * NS_PER_S)
_REFUSED_BY_NS: Final = NS_PER_S
STEADY_NS: Final = 10 * NS_PER_S
"""A connection that has ended before it lasted so long is none: whoever takes the next call may hang up again."""
_READ_BYTES: Final = 65_536
_MOST_READS: Final = 16


class UdpOutlet:
    """Datagrams to one address, or to all of a network. That nobody is there is known where a machine says so.

    Attributes:
        port: of ours, from which it sends; 0 before the first datagram.
    """

    early = reports = False
    port = 0

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self.trouble = "" if is_address(host) else NO_ADDRESS
        self._poll = select.epoll()
        self._socket: socket.socket | None = None
        self._sent_ns, self._refused_ns = -1, 0

    @property
    def next_due_ns(self) -> int | None:
        """While it is in doubt whether it gets through again."""
        in_doubt = self.trouble and self._sent_ns >= self._refused_ns
        return self._sent_ns + _REFUSED_BY_NS if in_doubt else None

    def fileno(self) -> int:
        """Rings when there is something to look at."""
        return self._poll.fileno()

    def send(self, data: bytes, at_ns: int, number: int) -> str:
        """As `Outlet.send`."""
        del number
        if self.trouble == NO_ADDRESS:
            return self.trouble
        try:
            made = self._socket if self._socket is not None else self._open()
            self.look(at_ns)  # or what became of a datagram before this one would be taken for an error of this one
            made.send(data)
        except BlockingIOError:
            return "no room in the network's queue"
        except OSError as problem:
            self._refuse(problem.strerror or str(problem), at_ns)
            return self.trouble
        self._sent_ns = at_ns
        return ""

    def look(self, at_ns: int) -> list[Told]:
        """As `Outlet.look`."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if self._socket is not None else 0
        if error:
            self._refuse("nobody listens there" if error == ECONNREFUSED else os.strerror(error), at_ns)
        elif self.trouble and (due_ns := self.next_due_ns) is not None and at_ns >= due_ns:
            self.trouble = ""
        return []

    def close(self) -> None:
        """Let go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._poll.close()

    def _open(self) -> socket.socket:
        """A socket towards the place. Raises: OSError where there is no way there."""
        made = socket.socket(family_of(self._place[0]), socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            made.connect(ip_place(*self._place))
            self._poll.register(made.fileno(), 0)  # errors ring by themselves
        except OSError:
            made.close()
            raise
        self._socket, self.port = made, made.getsockname()[1]
        return made

    def _refuse(self, why: str, at_ns: int) -> None:
        self.trouble, self._refused_ns = why, at_ns


class TcpOutlet:
    """OSC packets over a connection, made again after a while whenever it ends.

    What comes while there is none, or while the other side does not read, is lost: nothing is sent in a burst later.
    After one that ended young there is trouble until another has lasted, or has for a while after a word went by it.
    """

    early = reports = False

    def __init__(self, host: str, port: int, framing: str) -> None:
        self._place, self._framing = (host, port), framing
        self.trouble = "" if is_address(host) else NO_ADDRESS
        self._poll = select.epoll()
        self._socket: socket.socket | None = None
        self._stream = OscStream(framing)
        self._unsent = b""
        self._connected = False
        self._dialled_ns = self._again_ns = self._blocked_ns = self._read_on_ns = 0
        self._failures = 0
        self._steady_ns: int | None = None
        self._ended_young = False

    @property
    def next_due_ns(self) -> int | None:
        """When to dial, or to give a connection up."""
        if self.trouble == NO_ADDRESS:
            return None
        if self._socket is None:
            return self._again_ns
        if not self._connected:
            return self._dialled_ns + PATIENCE_NS
        dues = [self._blocked_ns + PATIENCE_NS] * bool(self._unsent) + [self._read_on_ns] * bool(self._read_on_ns)
        if self._steady_ns is not None and self.trouble:
            dues.append(self._steady_ns)
        return min(dues, default=None)

    def fileno(self) -> int:
        """Rings when there is something to look at."""
        return self._poll.fileno()

    def send(self, data: bytes, at_ns: int, number: int) -> str:
        """As `Outlet.send`."""
        del number
        if self._socket is None or not self._connected:
            return self.trouble or "it has not answered yet"
        if self._unsent:
            return "it does not read"
        self._unsent, self._blocked_ns = self._stream.framed(data), at_ns
        if self._steady_ns is not None:
            self._steady_ns = min(self._steady_ns, at_ns + PATIENCE_NS)
        return self._flush(at_ns)

    def look(self, at_ns: int) -> list[Told]:
        """As `Outlet.look`."""
        if self._socket is None:
            if self.trouble != NO_ADDRESS and at_ns >= self._again_ns:
                self._dial(at_ns)
            return []
        if not self._connected:
            self._pick_up(at_ns)
        else:
            self._read(at_ns)
            self._flush(at_ns)
            if self._unsent and at_ns - self._blocked_ns > PATIENCE_NS:
                self._hang_up(at_ns, "it does not read")
        if self._steady_ns is not None and at_ns >= self._steady_ns:
            self._steady_ns, self._failures, self.trouble = None, 0, ""
        return []

    def close(self) -> None:
        """Let go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._poll.close()

    def _dial(self, at_ns: int) -> None:
        try:
            place = ip_place(*self._place)
            made = socket.socket(family_of(self._place[0]), socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        except OSError as problem:  # a machine without that interface, or that kind of address
            self._hang_up(at_ns, problem.strerror or str(problem))
            return
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE_NS // NS_PER_MS)
        self._socket, self._connected, self._dialled_ns = made, False, at_ns
        self._stream, self._unsent = OscStream(self._framing), b""
        error = made.connect_ex(place)
        if error not in (0, EINPROGRESS):
            self._hang_up(at_ns, os.strerror(error))
            return
        try:
            self._poll.register(made.fileno(), select.EPOLLOUT)
        except OSError as problem:  # the system can watch no more just now
            self._hang_up(at_ns, problem.strerror or str(problem))

    def _pick_up(self, at_ns: int) -> None:
        made = self._socket
        if made is None:
            return
        if not self._poll.poll(0):
            if at_ns - self._dialled_ns >= PATIENCE_NS:
                self._hang_up(at_ns, "no answer")
            return
        error = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._hang_up(at_ns, os.strerror(error))
            return
        self._connected, self._steady_ns = True, at_ns + STEADY_NS
        if not self._ended_young:
            self._failures, self.trouble = 0, ""
        self._poll.modify(made.fileno(), select.EPOLLIN)

    def _read(self, at_ns: int) -> None:
        """What it says is passed over; that it has hung up is not. Who says too much at once is read on in a while."""
        self._read_on_ns = 0
        for _ in range(_MOST_READS):
            if self._socket is None:
                return
            try:
                if not self._socket.recv(_READ_BYTES):
                    self._hang_up(at_ns, "it hung up")
            except (BlockingIOError, InterruptedError):
                return
            except OSError as problem:
                self._hang_up(at_ns, os.strerror(problem.errno or 0))
        self._read_on_ns = at_ns + NS_PER_MS

    def _flush(self, at_ns: int) -> str:
        """Send what there is room for; why the connection is lost, or empty."""
        made = self._socket
        if made is None or not self._unsent:
            return ""
        try:
            self._unsent = self._unsent[made.send(self._unsent) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as problem:
            self._hang_up(at_ns, os.strerror(problem.errno or 0))
            return self.trouble
        self._poll.modify(made.fileno(), select.EPOLLIN | (select.EPOLLOUT if self._unsent else 0))
        return ""

    def _hang_up(self, at_ns: int, why: str) -> None:
        if self._socket is not None:
            self._socket.close()  # which takes it out of the poll
            self._socket = None
        if self._connected:
            self._ended_young = self._steady_ns is not None and at_ns < self._steady_ns
        self._connected, self._steady_ns, self._unsent, self._read_on_ns, self.trouble = False, None, b"", 0, why
        self._again_ns = at_ns + _AGAIN_NS[min(self._failures, len(_AGAIN_NS) - 1)]
        self._failures += 1
