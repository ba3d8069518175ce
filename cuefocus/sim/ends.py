"""Real ends for simulated motors: a pty with a name that lasts, and a UDP socket. Both can be pulled and put back."""

import contextlib
import errno
import os
import socket
import tty
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cuefocus.errors import InputError, LinkError

_READ_BYTES = 65_536


class End(Protocol):
    """Where a simulated motor meets the real world."""

    @property
    def name(self) -> str:
        """What a person calls it: the path or udp:PORT."""

    def open(self) -> None:
        """Make it reachable. Raises LinkError."""

    def close(self) -> None:
        """Make it unreachable, as when the plug is pulled."""

    def fileno(self) -> int:
        """Descriptor that becomes readable; -1 while closed."""

    def receive(self) -> list[tuple[bytes, object]]:
        """What has arrived, each piece with where it came from."""

    def send(self, data: bytes, origin: object) -> None:
        """Answer; lost where nobody reads."""


class PtyEnd:
    """A pseudo-terminal whose other side is found under a symbolic link.

    Args:
        path: the link to make; one left over from before is replaced, anything else there is refused.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._hold: socket.socket | None = None
        self._master = self._slave = -1

    @property
    def name(self) -> str:
        """The link's path."""
        return str(self._path)

    def open(self) -> None:
        """A new pseudo-terminal, and the link to it. Raises LinkError where the link cannot be made."""
        if self._path.exists() and not self._path.is_symlink():
            raise LinkError("something else is there", where=self.name, hint="choose a path that is free")
        self._hold = self._held()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # held open: a client that leaves must not hang the line up for the next one
        os.set_blocking(self._master, False)
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.replace(self._path)
        except OSError as problem:
            self.close()
            raise LinkError(f"cannot make the link: {problem.strerror}", where=self.name) from None

    def close(self) -> None:
        """Hang up, and take the link away."""
        if self._hold is not None:
            self._hold.close()
            self._hold = None
        if self._master < 0:
            return
        device = os.ttyname(self._slave)
        for descriptor in (self._master, self._slave):
            os.close(descriptor)
        self._master = self._slave = -1
        with contextlib.suppress(OSError):
            if os.readlink(self._path) == device:
                self._path.unlink()

    def _held(self) -> socket.socket:
        """The path's name among the machine's abstract sockets: the kernel gives it to one process while that lives.

        Raises LinkError when it is another's.
        """
        hold = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        place = str(self._path.parent.resolve() / self._path.name)
        try:
            hold.bind(f"\0cuefocus/sim/{sha256(os.fsencode(place)).hexdigest()}")
        except OSError as problem:
            hold.close()
            sentence = f"cannot make the link: {problem.strerror}"
            if problem.errno == errno.EADDRINUSE:
                sentence = "another simulated motor is there"
            raise LinkError(sentence, where=self.name, hint="stop that one first, or choose another path") from None
        return hold

    def fileno(self) -> int:
        """The master side; -1 while unplugged."""
        return self._master

    def receive(self) -> list[tuple[bytes, object]]:
        """Bytes the host wrote."""
        try:
            return [(os.read(self._master, _READ_BYTES), None)]
        except OSError as problem:
            if problem.errno in (errno.EAGAIN, errno.EIO):
                return []
            raise

    def send(self, data: bytes, origin: object) -> None:
        """Bytes for the host."""
        with contextlib.suppress(OSError):
            os.write(self._master, data)


class UdpEnd:
    """A UDP socket on loopback that answers to where a datagram came from.

    Args:
        port: 0 for any that is free.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    @property
    def name(self) -> str:
        """`udp:PORT`."""
        return f"udp:{self._port}"

    def open(self) -> None:
        """Bind the port. Raises LinkError when another program holds it."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.bind(("127.0.0.1", self._port))
        except OSError as problem:
            made.close()
            raise LinkError(f"cannot listen: {problem.strerror}", where=self.name, hint="choose another port") from None
        made.setblocking(False)
        self._socket, self._port = made, made.getsockname()[1]

    def close(self) -> None:
        """Give the port up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def fileno(self) -> int:
        """The socket; -1 while unplugged."""
        return self._socket.fileno() if self._socket is not None else -1

    def receive(self) -> list[tuple[bytes, object]]:
        """Datagrams, with their senders."""
        arrived: list[tuple[bytes, object]] = []
        while self._socket is not None:
            try:
                arrived.append(self._socket.recvfrom(_READ_BYTES))
            except OSError:
                break
        return arrived

    def send(self, data: bytes, origin: object) -> None:
        """One datagram to `origin`; nothing without one."""
        if self._socket is not None and isinstance(origin, tuple):
            with contextlib.suppress(OSError):
                self._socket.sendto(data, origin)


def make_end(link: str) -> End:
    """The end that `link` names: `udp:PORT`, or a path for a pty.

    Raises: InputError for what names no port, LinkError for one that cannot be had.
    """
    if not link.startswith("udp:"):
        return PtyEnd(link)
    port = link.rpartition(":")[2]
    if not port.isdecimal() or int(port) > 65_535:
        raise InputError("no UDP port", where=link, hint="write udp:PORT")
    return UdpEnd(int(port))
