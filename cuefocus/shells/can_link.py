"""CAN as a link: Linux' raw CAN socket, and slcan adapters on a serial port."""

import contextlib
import errno
import os
import socket
import struct

from cuefocus.errors import LinkError
from cuefocus.motor.can_frames import RECORD_BYTES, STANDARD_ID_MAX
from cuefocus.motor.slcan import CLOSE, OPEN_1_MBIT
from cuefocus.shells.serial_link import SerialLink

SLCAN_BAUD = 1_000_000
_RECORDS_AT_ONCE = 64


class SlcanLink(SerialLink):
    """A serial CAN adapter: its channel is opened at 1 Mbit/s with the port and closed with it.

    Args:
        path: a stable name of the adapter's port.
        baud: bits per second of the serial side; USB adapters ignore it.
    """

    def __init__(self, path: str, baud: int = SLCAN_BAUD) -> None:
        super().__init__(path, baud, hello=OPEN_1_MBIT, farewell=CLOSE)


class SocketCanLink:
    """A raw CAN socket. Frames are runs of 16-byte `struct can_frame` records, sent one after another.

    Args:
        interface: such as can0; its bit rate is set when it is brought up.
        listen_id: the only identifier read, or None for all.
        opened: a socket to use instead of opening one (each of its datagrams is one record).

    Raises: LinkError when there is no such interface or it is down.
    """

    def __init__(self, interface: str, *, listen_id: int | None = None, opened: socket.socket | None = None) -> None:
        self._interface, self._listen_id = interface, listen_id
        self._rest = b""  # records of a frame the queue took only in part
        self._socket: socket.socket | None = None
        if opened is not None:
            opened.setblocking(False)
            self._socket = opened
        else:
            self.reopen()

    def reopen(self) -> None:
        """A fresh socket on the same interface. Raises LinkError while it is not there."""
        self.close()
        try:
            made = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
        except OSError as problem:
            raise LinkError(
                f"this system has no CAN sockets: {problem.strerror}", where=self._where, hint="load the can_raw module"
            ) from None
        try:
            made.setblocking(False)
            if self._listen_id is not None:
                wanted = struct.pack("=II", self._listen_id, STANDARD_ID_MAX)
                made.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, wanted)
            made.bind((self._interface,))
        except OSError as problem:
            made.close()
            raise self._gone(problem) from None
        self._socket = made

    def write(self, frame: bytes) -> bool:
        """Send one frame's records; False (and nothing sent) when the queue cannot take the first now.

        Raises: LinkError when the interface is gone.
        """
        if self._rest and not self._flush_rest():
            return False
        sent = self._send(frame)
        self._rest = frame[sent:] if sent else b""
        return sent > 0

    def read(self) -> bytes:
        """Whole records that have arrived. Raises LinkError when the interface is gone."""
        opened, data = self._open(), b""
        for _ in range(_RECORDS_AT_ONCE):
            try:
                record = opened.recv(RECORD_BYTES)
            except BlockingIOError:
                break
            except OSError as problem:
                raise self._gone(problem) from None
            if len(record) == RECORD_BYTES:
                data += record
            elif not record:
                break
        return data

    def fileno(self) -> int:
        """Descriptor that becomes readable, or -1 once closed."""
        return self._socket.fileno() if self._socket is not None else -1

    def pending_bytes(self) -> int:
        """Bytes of a frame not yet handed over; what the controller still holds is not told."""
        if self._rest:
            self._flush_rest()
        return len(self._rest)

    def close(self) -> None:
        """Give the socket back."""
        self._rest = b""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    @property
    def _where(self) -> str:
        return f"can:{self._interface}"

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise LinkError("the link is closed", where=self._where, hint="open it again")
        return self._socket

    def _send(self, records: bytes) -> int:
        """Bytes of the records taken before the queue was full."""
        opened = self._open()
        for at in range(0, len(records), RECORD_BYTES):
            try:
                opened.send(records[at : at + RECORD_BYTES])
            except BlockingIOError:
                return at
            except OSError as problem:
                if problem.errno == errno.ENOBUFS:
                    return at
                raise self._gone(problem) from None
        return len(records)

    def _flush_rest(self) -> bool:
        self._rest = self._rest[self._send(self._rest) :]
        return not self._rest

    def _gone(self, problem: OSError) -> LinkError:
        reason = os.strerror(problem.errno) if problem.errno else str(problem)
        return LinkError(
            f"the CAN interface is not usable: {reason}",
            where=self._where,
            hint=f"bring it up: ip link set {self._interface} up type can bitrate 1000000",
        )
