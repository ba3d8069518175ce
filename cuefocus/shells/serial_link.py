"""A serial port as a link: pyserial opens and configures it, then only non-blocking reads and writes on the descriptor.

pyserial's own write selects first and may block for its whole time-out; a set-point must be out now or be dropped.
"""

import array
import contextlib
import errno
import fcntl
import os
import termios

import serial

from cuefocus.errors import LinkError

_READ_BYTES = 4096
_GONE_HINT = "check the plug and the adapter; it is used again when it is back"


class SerialLink:
    """One serial port, 8N1, held exclusively.

    Args:
        path: a stable name, such as /dev/serial/by-id/…; opened again by the same name after an unplug.
        baud: bits per second; odd rates are allowed where the adapter takes them.
        hello: bytes sent each time the port is opened.
        farewell: bytes sent before it is closed.

    Raises: LinkError when it cannot be opened.
    """

    def __init__(self, path: str, baud: int = 115_200, *, hello: bytes = b"", farewell: bytes = b"") -> None:
        self.path, self.baud = path, baud
        self._hello, self._farewell = hello, farewell
        self._port: serial.Serial | None = None
        self._fd = -1
        self._rest = b""  # of a frame the line took only in part
        self._count = array.array("i", [0])
        self.reopen()

    def reopen(self) -> None:
        """Open the port, again if need be; what was under way is forgotten. Raises LinkError while it is not there."""
        self._forget()
        try:
            port = serial.Serial(self.path, self.baud, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, ValueError, termios.error) as problem:
            raise LinkError(f"cannot open the port: {_reason(problem)}", where=self.path, hint=_hint(problem)) from None
        with contextlib.suppress(OSError, ValueError, NotImplementedError):
            port.set_low_latency_mode(True)  # FTDI's latency timer holds answers back for 16 ms; ptys have none
        self._port, self._fd = port, port.fileno()
        os.set_blocking(self._fd, False)
        settings = termios.tcgetattr(self._fd)
        settings[6][termios.VMIN] = 1  # with 0, `nothing yet` and a hang-up would both read as b""
        termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        if self._hello:
            self.write(self._hello)

    def write(self, frame: bytes) -> bool:
        """Send one frame whole; False (and nothing sent) when the line cannot take it now.

        Raises: LinkError when the port is gone.
        """
        if self._rest and not self._flush_rest():
            return False
        try:
            taken = os.write(self._fd, frame)
        except BlockingIOError:
            return False
        except OSError as problem:
            raise self._gone(problem) from None
        self._rest = frame[taken:]  # a torn frame would be worse than a late end: it follows at the next call
        return True

    def read(self) -> bytes:
        """What has arrived, possibly nothing. Raises LinkError when the port is gone."""
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as problem:
            raise self._gone(problem) from None
        if not data:
            raise self._gone(OSError(errno.EIO, ""))
        return data

    def fileno(self) -> int:
        """Descriptor that becomes readable; -1 while the port is gone."""
        return self._fd

    def pending_bytes(self) -> int:
        """Bytes not yet on the wire, as the driver tells (a pty always says 0)."""
        if self._rest:
            self._flush_rest()
        if self._fd < 0:
            raise self._gone(OSError(errno.EBADF, ""))
        try:
            fcntl.ioctl(self._fd, termios.TIOCOUTQ, self._count)
        except OSError as problem:
            raise self._gone(problem) from None
        return self._count[0] + len(self._rest)

    def close(self) -> None:
        """Give the port back."""
        if self._farewell and self._fd >= 0:
            with contextlib.suppress(OSError):
                os.write(self._fd, self._farewell)
        self._forget()

    def _flush_rest(self) -> bool:
        try:
            self._rest = self._rest[os.write(self._fd, self._rest) :]
        except BlockingIOError:
            return False
        except OSError as problem:
            raise self._gone(problem) from None
        return not self._rest

    def _gone(self, problem: OSError) -> LinkError:
        self._forget()
        if problem.errno == errno.EBADF:
            return LinkError("the port is not open", where=self.path, hint=_GONE_HINT)
        return LinkError(f"the port is gone: {_reason(problem)}", where=self.path, hint=_GONE_HINT)

    def _forget(self) -> None:
        port, self._port, self._fd, self._rest = self._port, None, -1, b""
        if port is not None:
            with contextlib.suppress(OSError, termios.error):
                port.close()


def _reason(problem: Exception) -> str:
    number = getattr(problem, "errno", None)
    return os.strerror(number) if number else str(problem)


def _hint(problem: Exception) -> str:
    number = getattr(problem, "errno", None)
    if isinstance(problem, PermissionError) or number == errno.EACCES:
        return "join the group that owns it (often dialout)"
    if number in (errno.EAGAIN, errno.EBUSY):
        return "another program holds it"
    return "`cuefocus ports` lists what is there"
