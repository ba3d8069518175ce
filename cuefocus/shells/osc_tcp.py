"""Desks that speak OSC over TCP: a bounded number of connections, each with its framing, none of which can block us."""

import contextlib
import errno
import os
import select
import socket
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from cuefocus.engine.peers import Guest
from cuefocus.errors import DeviceError
from cuefocus.shells.desk_port import copy_of
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import heard_at, host_of, ip_place
from cuefocus.shells.kernel_stamps import STAMP_BYTES, Ancillary, StreamStamps, have_stamped, wall_now_ns
from cuefocus.shells.line_turns import Backlog, LineTurns
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.osc_stream import OscStream
from cuefocus.wire.said import Right

MOST_CONNECTIONS: Final = 64
MOST_OF_A_HOST: Final = 8
_MOST_CALLS: Final = 16
"""Taken at one look: whoever else calls rings on, and is taken at the next."""
_READ_BYTES: Final = 8_192
"""Read of a connection at a time, and no more before that has been heard."""
_READ_OF_STRANGERS_BYTES: Final = 1_024
_UNSENT_BYTES: Final = 262_144
"""A peer that leaves so much unread hears nothing more: it is hung up on."""
_SKIMMED_BYTES: Final = 32_768
_KEPT_BYTES: Final = 262_144
"""What the system keeps of a connection until it is read."""
_LATE_NS: Final = NS_PER_S
"""So long a connection may say more than can be heard, and one that has gone is heard out."""
NO_MEANS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC})
"""Why the system cannot open or watch one more just now. A call that waits and cannot be taken would ring for ever."""
_AGAIN_NS: Final = NS_PER_S


class _Line:
    """One connection.

    Attributes:
        heard_ns: when it has said something last.
        looked_ns: when all that had come was read, or as much as is read at a time.
        behind_ns: since when more has come than was read; None where all is.
        skimmed_ns: when what it had said was let go of last.
        left_ns: when it has gone.
    """

    def __init__(self, made: socket.socket, guest: Guest, stamps: StreamStamps, looked_ns: int) -> None:
        self.socket, self.guest, self.stamps, self.looked_ns = made, guest, stamps, looked_ns
        self.stream = OscStream()
        self.backlog = Backlog(guest)
        self.unsent = bytearray()
        self.heard_ns = 0
        self.behind_ns: int | None = None
        self.skimmed_ns = 0
        self.left_ns = 0


def open_tcp(address: str, port: int) -> socket.socket:
    """A socket that takes calls, and whose connections stamp what comes.

    Raises: DeviceError when it cannot be opened.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    except OSError as problem:
        raise _unheard(address, port, problem) from None
    try:
        have_stamped(made)  # so that is all that comes by its connections
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT_BYTES)
        made.setblocking(False)
        made.bind(ip_place(address, port))
        made.listen(MOST_CONNECTIONS)
    except OSError as problem:
        made.close()
        raise _unheard(address, port, problem) from None
    return made


def _unheard(address: str, port: int, problem: OSError) -> DeviceError:
    sentence = f"OSC over TCP cannot be heard at {address}, port {port}: {problem.strerror or problem}"
    return DeviceError(sentence, where="network.osc.tcp", hint="end what has it, or name another")


class OscTcp:
    """A TCP port.

    Args:
        address: one of our own, IPv4 or IPv6.
        port: its number.
        numbers: of the connections, above 0, the next each time.
        held: descriptor of a listening socket that somebody else opened and holds; -1: it is opened here.
        right: what a guest may do just now.
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.

    Attributes:
        changes: how often somebody has called, or hung up.

    Raises: DeviceError when it cannot be opened.
    """

    def __init__(
        self,
        address: str,
        port: int,
        numbers: Iterator[int] | None = None,
        *,
        held: int = -1,
        right: Callable[[Guest], Right] = lambda _: Right.OPERATE,
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = wall_now_ns,
    ) -> None:
        self.address, self.port, self._now_ns, self._wall_ns = address, port, clock_ns, wall_ns
        self._server = copy_of(held) if held >= 0 else open_tcp(address, port)
        self._lines: dict[int, _Line] = {}  # by descriptor
        self._numbers = numbers if numbers is not None else count(1)
        self._by_number: dict[int, int] = {}
        self._poll = self._watching()
        self._gone: list[_Line] = []
        self.changes = 0
        self._right, self._turns = right, LineTurns(right)
        self._lost: deque[tuple[Guest, bytes, int, str]] = deque()
        self._looked_ns = clock_ns()
        self._deaf_until_ns: int | None = None
        self._deaf_told = False
        self._alarms: list[str] = []

    def fileno(self) -> int:
        """Readable when something has come. The same one for life."""
        return self._poll.fileno()

    def _watching(self) -> select.epoll:
        """What rings when somebody calls. Raises: DeviceError."""
        try:
            poll = select.epoll()
            poll.register(self._server.fileno(), select.EPOLLIN)
        except OSError as problem:
            self._server.close()
            raise _unheard(self.address, self.port, problem) from None
        return poll

    @property
    def text(self) -> str:
        """In words."""
        return f"OSC, TCP port {self.port}, {heard_at(self.address)}"

    @property
    def next_due_ns(self) -> int | None:
        """When to `receive` though nothing rang: calls that could not be taken are tried again."""
        return self._deaf_until_ns

    def alarms(self) -> list[str]:
        """What the operator has to know since the last call: that nobody new could be heard, once until they can."""
        alarms, self._alarms = self._alarms, []
        return alarms

    def receive(self) -> Iterator[tuple[Guest, bytes, int, str]]:
        """What has come: from whom, the packet, its host time, and why the connection is lost (empty: it is not).

        Stops of those who may stop come before all others, then each connection has its turn. What is not asked for
        stays for the next call, and of a connection no more is read before that is gone: who sends more than is heard
        has to wait, and nobody else.
        """
        self._look()
        for guest, packet, stamp_ns in self._turns.stops():
            yield guest, packet, stamp_ns, ""
        while self._lost:
            yield self._lost.popleft()
        for guest, packet, stamp_ns in self._turns.taken():
            yield guest, packet, stamp_ns, ""

    @property
    def waiting(self) -> bool:
        """Whether there is more that has not been asked for."""
        return bool(self._lost) or self._turns.waits

    def _look(self) -> None:
        """Read a piece of each connection that has something, and of which all that was read has been heard."""
        looked_ns, self._looked_ns = self._looked_ns, self._now_ns()
        if self._deaf_until_ns is not None and self._looked_ns >= self._deaf_until_ns:
            self._deaf_until_ns = None
            self._poll.modify(self._server.fileno(), select.EPOLLIN)
        heard_out = [line for line in self._lines.values() if not line.backlog.waits]
        for fd, happened in self._poll.poll(0):
            if fd == self._server.fileno():
                for new, line in self._accept(looked_ns):
                    if self._lines.get(new) is line:  # or it made room for one that called after it
                        self._read(new, line)
                        line.looked_ns = self._looked_ns
                continue
            known = self._lines.get(fd)
            if known is None:
                continue
            if happened & select.EPOLLOUT:
                self._flush(fd, known)
            if happened & ~select.EPOLLOUT and not known.backlog.waits:
                self._read(fd, known)
        self._catch_up()
        for line in heard_out:
            line.looked_ns = self._looked_ns

    def _catch_up(self) -> None:
        """Of one who has said more than can be heard for a while let go of all but stops; hang up on a stranger."""
        late_ns = self._looked_ns - _LATE_NS
        late = [fd for fd, line in self._lines.items() if line.behind_ns is not None and line.behind_ns <= late_ns]
        if not late:
            return
        fd = min(late, key=lambda fd: self._lines[fd].skimmed_ns)
        line = self._lines[fd]
        first, line.skimmed_ns = line.skimmed_ns < (line.behind_ns or 0), self._looked_ns
        if self._right(line.guest) is Right.NONE:
            why = "more than can be heard comes by a connection of one who may say nothing: it is closed"
            self._lost.append((line.guest, b"", self._looked_ns, why))
            self._hang_up(fd)
            return
        if first:
            why = "more than can be heard comes by a connection: all but stops is let go of"
            self._lost.append((line.guest, b"", self._looked_ns, why))
        self._read(fd, line, skim=True)

    @property
    def callers(self) -> list[str]:
        """The hosts of all connections that stand, each as often as it has one."""
        return [line.guest.host for line in self._lines.values()]

    def ended(self) -> list[Guest]:
        """Who has hung up since the last call, and has been heard out."""
        late_ns = self._now_ns() - _LATE_NS
        gone, self._gone = self._gone, []
        ended: list[Guest] = []
        for line in gone:
            if line.backlog.waits and line.left_ns > late_ns:
                self._gone.append(line)
                continue
            line.backlog.drop()
            ended.append(line.guest)
        return ended

    def send(self, number: int, packet: bytes) -> None:
        """Send a packet by a connection; one that has gone hears nothing."""
        fd = self._by_number.get(number)
        if fd is None:
            return
        line = self._lines[fd]
        line.unsent += line.stream.framed(packet)
        self._flush(fd, line)

    def close(self) -> None:
        """Hang up on all."""
        for fd in list(self._lines):
            self._hang_up(fd)
        self._server.close()
        self._poll.close()

    def _accept(self, looked_ns: int) -> list[tuple[int, _Line]]:
        """Who has called since a time, each with its descriptor."""
        accepted: list[tuple[int, _Line]] = []
        for _ in range(_MOST_CALLS):
            try:
                made, place = self._server.accept()
            except OSError as problem:
                self._not_taken(problem)
                return accepted
            try:
                made.setblocking(False)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._poll.register(made.fileno(), select.EPOLLIN)
            except OSError as problem:  # the system cannot keep one more, or whoever called has gone
                made.close()
                if problem.errno in NO_MEANS:
                    self._not_taken(problem)
                    return accepted
                continue
            guest = Guest(host_of(place), place[1], next(self._numbers))
            if not self._made_room(guest):
                self._poll.unregister(made.fileno())
                made.close()
                continue
            line = _Line(made, guest, StreamStamps(self._now_ns, self._wall_ns), looked_ns)
            line.heard_ns = self._looked_ns
            self._lines[made.fileno()] = line
            self._by_number[line.guest.line] = made.fileno()
            self.changes += 1
            accepted.append((made.fileno(), line))
        return accepted

    def _not_taken(self, problem: OSError) -> None:
        """No call was taken: none waits any more, or there is nothing to take it with, for a while."""
        if problem.errno not in NO_MEANS:
            self._deaf_told = self._deaf_told and not isinstance(problem, BlockingIOError)
            return
        self._poll.modify(self._server.fileno(), 0)
        self._deaf_until_ns = self._looked_ns + _AGAIN_NS
        if not self._deaf_told:
            self._deaf_told = True
            self._alarms.append(f"{self.text}: nobody new is heard there, and it is tried again: {problem.strerror}")

    def _made_room(self, caller: Guest) -> bool:
        """Whether there is room for one who calls; where there are too many connections, one of them is hung up on.

        It is the host's own, or of all: of those who may do least the one that was silent longest. Nobody has to go for
        somebody else who may do less.
        """
        own = [fd for fd, line in self._lines.items() if line.guest.host == caller.host]
        crowd = own if len(own) >= MOST_OF_A_HOST else list(self._lines) if len(self._lines) >= MOST_CONNECTIONS else []
        if not crowd:
            return True
        least = min(crowd, key=lambda fd: (self._right(self._lines[fd].guest), self._lines[fd].heard_ns))
        guest = self._lines[least].guest
        if crowd is not own and self._right(caller) < self._right(guest):
            why = f"{len(crowd)} connections at once, all of hosts that may do more: it is not taken"
            self._lost.append((caller, b"", self._looked_ns, why))
            return False
        why = f"{len(crowd)} connections at once: the one that may do least, and was silent longest, is closed"
        self._lost.append((guest, b"", self._looked_ns, why))
        self._hang_up(least)
        return True

    def _read(self, fd: int, line: _Line, *, skim: bool = False) -> None:
        """Read a piece of what a connection has said, or a large one of which stops alone are kept."""
        ancillary: Ancillary = ()
        most = _READ_BYTES if self._right(line.guest) > Right.NONE else _READ_OF_STRANGERS_BYTES
        most = _SKIMMED_BYTES if skim else most
        try:
            data, ancillary, *_ = line.socket.recvmsg(most, STAMP_BYTES)
            line.heard_ns = self._looked_ns
        except (BlockingIOError, InterruptedError):
            line.behind_ns = None
            return
        except OSError as problem:
            data = b""
            line.stream.lost = os.strerror(problem.errno or 0)
        if len(data) < most:
            line.behind_ns = None
        elif line.behind_ns is None:
            line.behind_ns = self._looked_ns
        packets = line.stream.feed(data)
        if skim:
            packets = self._turns.skimmed(line.backlog, packets)
        self._turns.add(line.backlog, line.stamps.of(packets, ancillary, line.looked_ns))
        if line.stream.lost and data:
            self._lost.append((line.guest, b"", self._looked_ns, line.stream.lost))
        if not data or line.stream.lost:
            self._hang_up(fd)

    def _flush(self, fd: int, line: _Line) -> None:
        try:
            while line.unsent:
                del line.unsent[: line.socket.send(line.unsent)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:  # it has gone, or its network has
            self._hang_up(fd)
            return
        if len(line.unsent) > _UNSENT_BYTES:
            why = f"more than {_UNSENT_BYTES} bytes of answers and news are left unread: the connection is closed"
            self._lost.append((line.guest, b"", self._now_ns(), why))
            self._hang_up(fd)
            return
        with contextlib.suppress(OSError):
            self._poll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if line.unsent else 0))

    def _hang_up(self, fd: int) -> None:
        line = self._lines.pop(fd, None)
        if line is None:
            return
        with contextlib.suppress(OSError):
            self._poll.unregister(fd)
        line.socket.close()
        del self._by_number[line.guest.line]
        line.left_ns = self._now_ns()
        if self._right(line.guest) is Right.NONE or len(self._gone) >= MOST_CONNECTIONS:
            line.backlog.drop()
        self._gone.append(line)
        self.changes += 1
