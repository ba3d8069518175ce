"""Finds out, in a process of its own, when a lost port can be opened: an open, or the look-up of a name, takes seconds.

The motion loop writes the address of a lost port into a socket; once a serial port could be opened and closed again, or
somebody has said what address a machine has, the address comes back, and with it what is to be opened. The process ends
with the loop's end of the socket; the loop holds the other one, too, so that it can start a process that has died anew.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys
from typing import Final

from cuefocus.errors import CueFocusError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.motor_names import has_name, with_address
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.open_link import open_link
from cuefocus.timebase.units import NS_PER_MS

TRY_EVERY_NS: Final = 150 * NS_PER_MS
_MESSAGE_BYTES: Final = 4096


class PortProber:
    """Motion's end; the process starts with it."""

    def __init__(self) -> None:
        self._socket, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._process = self._started()

    def fileno(self) -> int:
        """Descriptor that becomes readable when a port is back."""
        return self._socket.fileno()

    def ask(self, address: str) -> None:
        """Tell when this port can be opened. A process that has ended is started anew; it knows of none before."""
        with contextlib.suppress(OSError):
            if not self.alive:
                self._process = self._started()
            self._socket.send(address.encode())

    def found(self) -> dict[str, str]:
        """Addresses that can be opened now, and as what: the same, or with an address in place of a machine's name."""
        found: dict[str, str] = {}
        while True:
            try:
                message = self._socket.recv(_MESSAGE_BYTES)
            except OSError:
                return found
            if not message:
                return found
            address, _, opens = message.decode().partition("\0")
            found[address] = opens

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._theirs.close()
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        """A process that does it. Raises: OSError where the system starts none."""
        theirs = self._theirs.fileno()
        return subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "cuefocus.shells.port_prober", str(theirs)],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs,),
        )


def main(fd: int) -> None:
    """The prober's own loop, until the socket closes."""
    with socket.socket(fileno=fd) as theirs:
        poll = select.poll()
        poll.register(theirs, select.POLLIN)
        wanted: list[str] = []
        next_ns, lookup = 0, NameLookup(patience_s=0.0)  # an answer is looked for at the next round
        while True:
            left_ms = max(0, -(-(next_ns - now_ns()) // NS_PER_MS)) if wanted else None
            if poll.poll(left_ms):
                try:
                    message = theirs.recv(_MESSAGE_BYTES)
                except OSError:
                    return
                if not message:
                    return
                if message.decode() not in wanted:
                    wanted.append(message.decode())
                continue
            for address in tuple(wanted):
                if opens := _opens(address, lookup):
                    wanted.remove(address)
                    theirs.send(f"{address}\0{opens}".encode())
            next_ns = now_ns() + TRY_EVERY_NS


def _opens(address: str, lookup: NameLookup) -> str:
    """As what it can be opened now; empty while it cannot."""
    _, _, path = address.partition(":")
    if path.startswith("/") and not os.path.exists(path):
        return ""
    try:
        if has_name(address):
            return with_address(address, lookup)
        open_link(address).close()
    except (CueFocusError, OSError):
        return ""
    return address


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main(int(sys.argv[1]))
