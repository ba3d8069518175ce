"""A connected UDP socket as a link: one datagram a frame, never waiting.

A serial port is held by one program at a time; a UDP peer would obey two. So whoever opens a link holds the peer's name
in the machine's abstract socket space: the kernel gives it to one process and takes it back when that ends.
"""

import errno
import socket
from ipaddress import ip_address

from cuefocus.errors import LinkError, RigFileError
from cuefocus.shells.ip_place import family_of, ip_place, is_loopback
from cuefocus.shells.name_lookup import NameLookup, why_unknown

_DATAGRAM_BYTES = 65_535


class UdpLink:
    """Datagrams to and from one peer.

    Args:
        host: an address, or a name, which is waited for as `NameLookup` does; beyond loopback only with `allow_remote`.
        port: the peer's UDP port.
        allow_remote: the rig's network section permits motors on the network.

    Raises: RigFileError for a peer that is not permitted, LinkError when the socket cannot be made or another process
        of this machine drives the peer.
    """

    def __init__(self, host: str, port: int, *, allow_remote: bool = False) -> None:
        self._where = f"udp:{host}:{port}"
        self._socket: socket.socket | None = None
        self._hold: socket.socket | None = None
        try:
            found = str(ip_address(NameLookup().place(host, port)[0]))
            self._peer = ip_place(found, port)
        except OSError as problem:
            raise LinkError(why_unknown(host, problem), where=self._where, hint="give an address") from None
        self._family = family_of(found)
        if not allow_remote and not is_loopback(found):
            raise RigFileError(
                f"{host} is beyond this machine",
                where=self._where,
                hint="allow motors on the network in the rig's network section",
            )
        self.reopen()

    def reopen(self) -> None:
        """A fresh socket to the same peer. Raises LinkError."""
        self.close()
        self._hold = self._held()
        made = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.connect(self._peer)
        except OSError as problem:
            made.close()
            self.close()
            raise self._gone(problem) from None
        self._socket = made

    def write(self, frame: bytes) -> bool:
        """Send one datagram; False when the socket's buffer is full.

        Raises: LinkError when the peer refused an earlier one (nothing listens there) or the network is gone.
        """
        try:
            self._open().send(frame)
        except BlockingIOError:
            return False
        except OSError as problem:
            raise self._gone(problem) from None
        return True

    def read(self) -> bytes:
        """All datagrams that have arrived, one after another. Raises LinkError as `write`."""
        opened, data = self._open(), b""
        while True:
            try:
                data += opened.recv(_DATAGRAM_BYTES)
            except BlockingIOError:
                return data
            except OSError as problem:
                if data:
                    return data
                raise self._gone(problem) from None

    def fileno(self) -> int:
        """Descriptor that becomes readable, or -1 once closed."""
        return self._socket.fileno() if self._socket is not None else -1

    def pending_bytes(self) -> int:
        """Always 0: a datagram is on its way when it is written."""
        return 0

    def close(self) -> None:
        """Give the socket and the peer back."""
        for held in (self._socket, self._hold):
            if held is not None:
                held.close()
        self._socket = self._hold = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise LinkError("the link is closed", where=self._where, hint="open it again")
        return self._socket

    def _held(self) -> socket.socket:
        """What says that this peer is ours. Raises LinkError when it is another's."""
        hold = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            hold.bind("\0cuefocus/udp/" + "/".join(map(str, self._peer[:2])))
        except OSError as problem:
            hold.close()
            if problem.errno != errno.EADDRINUSE:
                raise self._gone(problem) from None
            sentence = "another CueFocus of this machine drives this motor"
            raise LinkError(
                sentence, where=self._where, hint="stop that one first, or give this one another port"
            ) from None
        return hold

    def _gone(self, problem: OSError) -> LinkError:
        refused = isinstance(problem, ConnectionRefusedError)
        sentence = "nothing listens there" if refused else f"cannot be reached: {problem.strerror}"
        return LinkError(sentence, where=self._where, hint="start the bridge box, or check the network")
