"""A connected UDP socket as a link: one datagram a frame, never waiting."""

import ipaddress
import socket

from cuefocus.errors import LinkError, RigFileError

_DATAGRAM_BYTES = 65_535


class UdpLink:
    """Datagrams to and from one peer.

    Args:
        host: a name or an address; beyond loopback only with `allow_remote`.
        port: the peer's UDP port.
        allow_remote: the rig's network section permits motors on the network.

    Raises: RigFileError for a peer that is not permitted, LinkError when the socket cannot be made.
    """

    def __init__(self, host: str, port: int, *, allow_remote: bool = False) -> None:
        self._where = f"udp:{host}:{port}"
        self._socket: socket.socket | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError) as problem:
            raise LinkError(f"no such host: {problem}", where=self._where, hint="give an address") from None
        self._family, self._peer = found[0], found[4]
        if not allow_remote and not ipaddress.ip_address(self._peer[0]).is_loopback:
            raise RigFileError(
                f"{host} is beyond this machine",
                where=self._where,
                hint="allow motors on the network in the rig's network section",
            )
        self.reopen()

    def reopen(self) -> None:
        """A fresh socket to the same peer. Raises LinkError."""
        self.close()
        made = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.connect(self._peer)
        except OSError as problem:
            made.close()
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
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise LinkError("the link is closed", where=self._where, hint="open it again")
        return self._socket

    def _gone(self, problem: OSError) -> LinkError:
        refused = isinstance(problem, ConnectionRefusedError)
        sentence = "nothing listens there" if refused else f"cannot be reached: {problem.strerror}"
        return LinkError(sentence, where=self._where, hint="start the bridge box, or check the network")
