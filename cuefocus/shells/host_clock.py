"""The host clock: CLOCK_MONOTONIC in ns, absolute deadlines met by sleeping short of them and spinning the rest.

Python's own waits are relative, or count whole milliseconds; the system calls are used directly instead. All call
arguments are built once, so a wait costs two stores and one call.
"""

import ctypes
import errno
import os
import select
import struct
from time import monotonic_ns
from typing import Final

from cuefocus.shells.log_line import log_line
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_CLOCK_MONOTONIC: Final = 1
_TIMER_ABSTIME: Final = 1
_POLLFD: Final = struct.Struct("=ihh")
_SHORTS_PER_POLLFD: Final = _POLLFD.size // 2
_REVENTS: Final = 3
_LOOK_EVERY_NS: Final = 2 * NS_PER_MS

DEFAULT_SPIN_NS: Final = 200_000
MAX_SPIN_SHARE: Final = 0.3
"""Share of a period that may be spun away: the kernel takes the core from a real-time task that never rests."""

_libc = ctypes.CDLL(None, use_errno=True)
_clock_nanosleep = _libc.clock_nanosleep
_ppoll = _libc.ppoll

now_ns = monotonic_ns


def spin_until(deadline_ns: int) -> int:
    """Host time at which the deadline was seen to have passed; burns the core until then."""
    now = monotonic_ns()
    while now < deadline_ns:
        now = monotonic_ns()
    return now


def spin_within(period_ns: int, wished_ns: int = DEFAULT_SPIN_NS) -> int:
    """The wished spin, cut so that deadlines `period_ns` apart leave the core time for others."""
    return min(wished_ns, int(period_ns * MAX_SPIN_SHARE))


class HostClock:
    """Waits for absolute host times.

    Args:
        spin_ns: how long before a deadline sleeping ends and spinning begins (100-300 µs is what wake-ups need).
    """

    __slots__ = ("_call", "_spec", "spin_ns")

    def __init__(self, spin_ns: int = DEFAULT_SPIN_NS) -> None:
        self.spin_ns = spin_ns
        self._spec = (ctypes.c_long * 2)()
        self._call = (ctypes.c_int(_CLOCK_MONOTONIC), ctypes.c_int(_TIMER_ABSTIME), ctypes.byref(self._spec), None)

    def now_ns(self) -> int:
        """Host time."""
        return monotonic_ns()

    def sleep_until(self, deadline_ns: int) -> None:
        """Sleep to `deadline_ns`, however many signals come; no spin."""
        spec = self._spec
        spec[0], spec[1] = divmod(max(0, deadline_ns), NS_PER_S)
        while _clock_nanosleep(*self._call) == errno.EINTR:
            pass

    def wait_until(self, deadline_ns: int) -> int:
        """Sleep, then spin, to `deadline_ns`; returns the host time it ended, never before the deadline."""
        asleep_ns = deadline_ns - self.spin_ns
        if asleep_ns > monotonic_ns():
            self.sleep_until(asleep_ns)
        return spin_until(deadline_ns)


class DescriptorWait:
    """Waits for descriptors with a time-out in ns (`ppoll`)."""

    __slots__ = ("_array", "_buffer", "_call", "_fds", "_revents", "_spec", "_told")

    def __init__(self) -> None:
        self._spec = (ctypes.c_long * 2)()
        self._fds: list[int] = []
        self._told = False
        self._rebuild()

    def watch(self, fd: int) -> None:
        """Also wake for `fd` becoming readable or going away."""
        if fd not in self._fds:
            self._fds.append(fd)
            self._rebuild()

    def forget(self, fd: int) -> None:
        """No longer wake for `fd`."""
        if fd in self._fds:
            self._fds.remove(fd)
            self._rebuild()

    def _rebuild(self) -> None:
        self._buffer = bytearray(
            b"".join(_POLLFD.pack(fd, select.POLLIN, 0) for fd in self._fds) or bytes(_POLLFD.size)
        )
        self._array = (ctypes.c_char * len(self._buffer)).from_buffer(self._buffer)
        self._revents = memoryview(self._buffer).cast("h")[_REVENTS::_SHORTS_PER_POLLFD]
        self._call = (
            ctypes.byref(self._array),
            ctypes.c_ulong(len(self._fds)),
            ctypes.byref(self._spec),
            None,
        )

    def wait_until(self, deadline_ns: int) -> tuple[int, ...]:
        """Descriptors that are readable or gone; empty when `deadline_ns` came first. A past deadline only looks."""
        spec = self._spec
        left_ns = deadline_ns - monotonic_ns()
        spec[0], spec[1] = divmod(left_ns, NS_PER_S) if left_ns > 0 else (0, 0)
        found = _ppoll(*self._call)
        if found <= 0:
            return () if found == 0 or ctypes.get_errno() == errno.EINTR else self._by_turns(deadline_ns)
        return tuple(fd for fd, events in zip(self._fds, self._revents, strict=True) if events)

    def _by_turns(self, deadline_ns: int) -> tuple[int, ...]:
        """As `wait_until` where the system does not look at so many at once: at one after the other, every 2 ms."""
        if not self._told:
            self._told = True
            why = os.strerror(ctypes.get_errno())
            log_line(f"cannot wait for {len(self._fds)} descriptors at once ({why}): looking every 2 ms")
        clock, at_once = HostClock(0), (ctypes.c_long * 2)()
        while True:
            ready = tuple(
                fd
                for index, fd in enumerate(self._fds)
                if _ppoll(ctypes.byref(self._array, index * _POLLFD.size), ctypes.c_ulong(1), at_once, None) > 0
            )
            now = monotonic_ns()
            if ready or now >= deadline_ns:
                return ready
            clock.sleep_until(min(deadline_ns, now + _LOOK_EVERY_NS))
