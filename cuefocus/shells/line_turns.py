"""Whose turn it is among connections: each is heard a packet at a time, so that none keeps the others waiting."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from cuefocus.engine.peers import Guest
from cuefocus.shells.desk_port import URGENT
from cuefocus.wire.said import Right

_URGENT: Final = tuple(address.encode("ascii") + b"\0" for address in URGENT)
_TO_ONE_STRANGER: Final = 7
"""So many packets of those who may say something are heard to one of those who may not: it may be a passcode."""

_MOST_SKIMMED: Final = 64


class Backlog:
    """What was read of a connection, and waits.

    Attributes:
        stops: words that stop everything, of one who may say them. others: all else.
        queued: it waits for its turn.
    """

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.stops: deque[tuple[bytes, int]] = deque()
        self.others: deque[tuple[bytes, int]] = deque()
        self.queued = False

    @property
    def waits(self) -> bool:
        """Whether there is anything."""
        return bool(self.stops or self.others)

    def drop(self) -> None:
        """None of it is heard."""
        self.stops.clear()
        self.others.clear()


class LineTurns:
    """Gives turns.

    Args:
        right: what a guest may do just now.
    """

    def __init__(self, right: Callable[[Guest], Right]) -> None:
        self._right = right
        self._stopping: deque[Backlog] = deque()
        self._known: deque[Backlog] = deque()
        self._strangers: deque[Backlog] = deque()
        self._since_stranger = 0

    @property
    def waits(self) -> bool:
        """Whether anything waits."""
        return any(backlog.waits for queue in (self._known, self._strangers) for backlog in queue)

    def add(self, backlog: Backlog, came: list[tuple[bytes, int]]) -> None:
        """Packets of a connection have been read, each with the host time at which it came.

        Of one who may not stop, or has yet to prove that it may, a stop waits like any word.
        """
        may_stop = self._right(backlog.guest) >= Right.OPERATE
        for packet, stamp_ns in came:
            stops = may_stop and packet.startswith(_URGENT)
            (backlog.stops if stops else backlog.others).append((packet, stamp_ns))
        if backlog.stops and backlog not in self._stopping:
            self._stopping.append(backlog)
        if backlog.waits and not backlog.queued:
            self._queue(backlog)

    def skimmed(self, backlog: Backlog, packets: list[bytes]) -> list[bytes]:
        """Let go of what waits of a connection; of packets that have come the stops, the last of each."""
        backlog.others.clear()
        stops = dict.fromkeys(packet for packet in reversed(packets) if packet.startswith(_URGENT))
        while len(backlog.stops) > _MOST_SKIMMED:
            backlog.stops.popleft()
        return list(stops)[:_MOST_SKIMMED][::-1]

    def stops(self) -> Iterator[tuple[Guest, bytes, int]]:
        """A stop of each connection that has said any."""
        for _ in range(len(self._stopping)):
            backlog = self._stopping.popleft()
            if backlog.stops:
                packet, stamp_ns = backlog.stops.popleft()
                if backlog.stops:
                    self._stopping.append(backlog)
                yield backlog.guest, packet, stamp_ns

    def taken(self) -> Iterator[tuple[Guest, bytes, int]]:
        """A packet of each connection in turn."""
        while (found := self._next()) is not None:
            packet, stamp_ns = (found.stops or found.others).popleft()
            if found.waits:
                self._queue(found)
            yield found.guest, packet, stamp_ns

    def _queue(self, backlog: Backlog) -> None:
        known = self._right(backlog.guest) > Right.NONE
        (self._known if known else self._strangers).append(backlog)
        backlog.queued = True

    def _next(self) -> Backlog | None:
        while self._known or self._strangers:
            known = self._known and (self._since_stranger < _TO_ONE_STRANGER or not self._strangers)
            backlog = (self._known if known else self._strangers).popleft()
            self._since_stranger = self._since_stranger + 1 if known else 0
            backlog.queued = False
            if backlog.waits:
                return backlog
        return None
