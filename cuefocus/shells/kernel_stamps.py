"""When what a socket hands over has arrived: the kernel's own stamps, turned into host time.

The kernel stamps by the wall clock. Each stamp is turned into an age at the moment the data is fetched, so what the
wall clock says does not matter as long as it is not set in between; where it was, data counts from when it was fetched.
"""

import socket
import struct
from collections.abc import Callable, Iterable, Sequence
from time import CLOCK_REALTIME, clock_gettime_ns
from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h; Python does not name it
_TIMESPEC: Final = struct.Struct("@ll")
STAMP_BYTES: Final = socket.CMSG_SPACE(_TIMESPEC.size)
"""Room for a stamp beside the data."""
_OLDEST_NS: Final = 10 * NS_PER_S
_CLOCK_SET_NS: Final = NS_PER_MS
_READ_NS: Final = NS_PER_MS // 10
_READ_TRIES: Final = 4
_LOOKED_NS: Final = 100 * NS_PER_MS

Ancillary = Iterable[tuple[int, int, bytes]]


def wall_now_ns() -> int:
    """The clock that the kernel stamps with."""
    return clock_gettime_ns(CLOCK_REALTIME)


def both_clocks(clock_ns: Callable[[], int], wall_ns: Callable[[], int]) -> tuple[int, int]:
    """Host time, and what the wall clock is ahead of it; read anew where another program came between the two."""
    for _ in range(_READ_TRIES):
        at_ns = clock_ns()
        offset_ns = wall_ns() - at_ns
        if clock_ns() - at_ns < _READ_NS:
            break
    return at_ns, offset_ns


def have_stamped(made: socket.socket) -> None:
    """Have the kernel stamp what comes by a socket, UDP or TCP."""
    made.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


class KernelStamps:
    """The stamps of one socket.

    Args:
        clock_ns: the host clock.
        wall_ns: the clock that the kernel stamps with.
    """

    def __init__(self, clock_ns: Callable[[], int], wall_ns: Callable[[], int] = wall_now_ns) -> None:
        self._now_ns, self._wall_ns = clock_ns, wall_ns
        self._offset_ns: int | None = None
        self._set_ns = 0

    def host_ns(self, ancillary: Ancillary) -> int:
        """Host time at which data just fetched has arrived; of now, where that is not known.

        What is older than ten seconds is only known to be that old.
        """
        stamped_ns = _stamp(ancillary)
        if stamped_ns is None:
            return self._now_ns()
        at_ns, offset_ns = both_clocks(self._now_ns, self._wall_ns)
        if self._offset_ns is not None and abs(offset_ns - self._offset_ns) > _CLOCK_SET_NS:
            self._set_ns = at_ns
        self._offset_ns = offset_ns
        host_ns = stamped_ns - offset_ns
        return max(host_ns, at_ns - _OLDEST_NS) if self._set_ns <= host_ns <= at_ns else at_ns


class StreamStamps:
    """The stamps of what comes by a stream, whose packets may arrive in one piece. They rise, as the packets follow.

    The kernel knows when the last byte of a piece came. Where nobody has looked for long, the packets before the last
    may be as old as that: a word that has waited since then must not pass for a new one.
    Source: tcp_recvmsg, tcp_queue_rcv in linux/net/ipv4: what is joined keeps the newest stamp.

    Args:
        clock_ns, wall_ns: as of `KernelStamps`.
    """

    def __init__(self, clock_ns: Callable[[], int], wall_ns: Callable[[], int] = wall_now_ns) -> None:
        self._stamps = KernelStamps(clock_ns, wall_ns)
        self._last_ns = 0

    def of(self, packets: Sequence[bytes], ancillary: Ancillary, looked_ns: int) -> list[tuple[bytes, int]]:
        """The packets that a piece completes, in order, each with the host time at which it came.

        What came at one time is told apart by a nanosecond each: which was said first is known, and counts.

        Args:
            packets: these.
            ancillary: as the piece was fetched.
            looked_ns: host time at which all that had come was read.
        """
        newest_ns = self._stamps.host_ns(ancillary)
        earlier_ns = looked_ns if newest_ns - looked_ns > _LOOKED_NS else newest_ns
        last = len(packets) - 1
        stamped: list[tuple[bytes, int]] = []
        for at, packet in enumerate(packets):
            came_ns = newest_ns if at == last else earlier_ns - (last - at)
            self._last_ns = max(came_ns, self._last_ns + 1)
            stamped.append((packet, self._last_ns))
        return stamped


def _stamp(ancillary: Ancillary) -> int | None:
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(value)
            return int(seconds * NS_PER_S + nanoseconds)
    return None
