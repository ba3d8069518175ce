"""Brings lost ports back without ever waiting for them in the motion loop."""

import select
from collections.abc import Callable, Sequence
from typing import Final

from cuefocus.shells.motion_axis import MotionAxis
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.motor_names import MotorNames
from cuefocus.shells.port_prober import PortProber
from cuefocus.timebase.units import NS_PER_MS

_LOOK_NS: Final = 50 * NS_PER_MS
_AGAIN_NS: Final = 200 * NS_PER_MS
_ASK_AGAIN_NS: Final = 2_000 * NS_PER_MS


class PortKeeper:
    """Watches over the ports between deadlines.

    A serial port is first opened by the prober's process and only then by us, a machine's name is looked up by it; a
    socket is simply made anew. A line that stalled without going away is back when it takes bytes again.

    Args:
        ports: all of them. axes: all of them.
        prober: None where no port needs one.
        names: learns the addresses that the prober finds.
    """

    def __init__(
        self,
        ports: Sequence[MotionPort],
        axes: Sequence[MotionAxis],
        prober: PortProber | None,
        names: MotorNames | None = None,
    ) -> None:
        self._ports, self._axes, self._prober, self._names = tuple(ports), tuple(axes), prober, names
        self._next_ns = 0
        self.regain: Callable[[MotionPort, int], None] = _nothing

    def fileno(self) -> int:
        """Descriptor that becomes readable when a port is back."""
        return self._prober.fileno() if self._prober is not None else -1

    def serve(self, now: int) -> None:
        """The prober has found something."""
        found = self._prober.found() if self._prober is not None else {}
        if self._names is not None:
            for link, opens in found.items():
                self._names.learn(link, opens)
        for port in self._ports:
            if port.gone and port.name in found:
                self.regain(port, now)
                port.next_try_ns = now

    def tend(self, now: int) -> None:
        """Look after lost ports and stalled lines, now and then."""
        if now < self._next_ns:
            return
        self._next_ns = now + _LOOK_NS
        for port in self._ports:
            if port.gone and now >= port.next_try_ns:
                if port.probed and self._prober is not None:
                    self._prober.ask(port.name)
                    port.next_try_ns = now + _ASK_AGAIN_NS
                else:
                    self.regain(port, now)
                    port.next_try_ns = now + _AGAIN_NS
        for axis in self._axes:
            if axis.faulted and not axis.port.gone and not axis.spec.feedback and now >= axis.port.next_try_ns:
                axis.port.next_try_ns = now + _AGAIN_NS
                if _takes_bytes(axis.port.link.fileno()):
                    axis.recover(now)


def _nothing(port: MotionPort, now: int) -> None:
    del port, now


def _takes_bytes(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return any(events & select.POLLOUT for _, events in poll.poll(0))
