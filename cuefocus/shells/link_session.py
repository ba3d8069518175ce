"""A seat in an Ableton Link session, by LinkPython: what the session says at a moment of host time.

Link runs threads of its own and speaks to the whole network by multicast, so it lives in a process of its own. It
takes a seat only in a session of others that is older than its own would be, and leaves it when it is alone: so nobody
takes over a tempo from it. It never starts or stops anybody.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Final

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.link_group import LinkGroup
from cuefocus.timebase.units import NS_PER_S, NS_PER_US
from cuefocus.wire.link import LinkCount, LinkMoment

_TRIES: Final = 3
# Nobody hears of it: what the library wants before it has joined others.
_OWN_BPM: Final = 120.0
# So long a session that was announced may take to let us in.
_PATIENCE_NS: Final = 5 * NS_PER_S
_NO_LIBRARY: Final = "pip install 'cuefocus[link]'"


def link_module() -> Any:
    """LinkPython. Raises DeviceError with the cure when it is missing."""
    try:
        module = importlib.import_module("link")
    except ImportError:
        module = None
    if not hasattr(module, "Link"):
        raise DeviceError("the library LinkPython-extern is not installed", where="link:", hint=_NO_LIBRARY)
    return module


@dataclass(frozen=True, slots=True)
class Heard:
    """A moment of the session, and its host time."""

    moment: LinkMoment
    stamp_ns: int


class LinkSession:
    """Takes part in the network's session until it is closed.

    Args:
        quantum: length of a bar, quarters: where songs may begin.

    Raises: DeviceError when the library is missing.
    """

    def __init__(self, quantum: float) -> None:
        self._link = link_module().Link(_OWN_BPM)
        self._clock = self._link.clock()
        self._count = LinkCount(quantum)
        self._peers = 0
        self._group = LinkGroup()
        self._seated = False
        self._alone_since_ns = 0
        self._link.startStopSyncEnabled = True

    def look(self) -> Heard:
        """The session now; a seat in it is taken and left as the others come and go."""
        self._sit_or_leave(now_ns())
        peers, state = int(self._link.numPeers()), self._link.captureSessionState()
        link_us, stamp_ns = self._now()
        if not peers or not self._peers:
            self._count.forget()  # alone, or just come to others: their start was not seen
        self._peers = peers
        playing, quarters, quantum = bool(state.isPlaying()), None, self._count.quantum
        if not playing:
            self._count.stands()
        else:
            start_us = int(state.timeForIsPlaying())
            beat, start_beat = state.beatAtTime(link_us, quantum), state.beatAtTime(start_us, quantum)
            phase = state.phaseAtTime(start_us, quantum)
            quarters = self._count.quarters(beat, start_us, start_beat, phase)
        return Heard(LinkMoment(quarters, float(state.tempo()), playing, peers), stamp_ns)

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = self._seated = False
        self._group.close()

    def _sit_or_leave(self, at_ns: int) -> None:
        if not self._seated:
            if self._group.has_session():
                self._seated, self._alone_since_ns, self._link.enabled = True, at_ns, True
            return
        peers = int(self._link.numPeers())
        left_alone = not peers and bool(self._peers)
        if peers:
            self._alone_since_ns = at_ns
        elif left_alone or at_ns - self._alone_since_ns > _PATIENCE_NS:
            self._link.enabled = self._seated = False
            self._group.forget()

    def _now(self) -> tuple[int, int]:
        """Link's clock, us, and ours at the same moment, ns: the closest of a few looks (decision 21)."""
        _, link_us, stamp_ns = min(self._both_clocks() for _ in range(_TRIES))
        return link_us, stamp_ns - NS_PER_US // 2  # its clock counts whole microseconds, rounded down

    def _both_clocks(self) -> tuple[int, int, int]:
        """How long it took to look at both; Link's; ours in the middle of it."""
        before_ns = now_ns()
        link_us = int(self._clock.micros())
        took_ns = now_ns() - before_ns
        return took_ns, link_us, before_ns + took_ns // 2
