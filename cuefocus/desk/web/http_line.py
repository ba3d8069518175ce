"""One connection to the page, bounded in time and in number, so that half requests keep nobody from a PANIC."""

import asyncio
import select
from collections.abc import Callable
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from cuefocus.desk.web.arrivals import Arrivals
from cuefocus.desk.web.gate import plain_address
from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.timebase.units import NS_PER_S

HEADERS_S: Final = 5.0
"""How long a request may take to its last header, from the connection, or from its first byte on one that was used."""
MOST_OF_A_HOST: Final = 16
"""Connections without a request at work; the others are bounded by what may wait for its answer."""
_FLOOD: Final = 64
_BREATH_S: Final = 0.05
_ALARMED_AGAIN_NS: Final = 60 * NS_PER_S
_MOST_HOSTS: Final = 1024


class Lines:
    """The connections that are open, by host; websockets, which have a bound of their own, are not among them.

    Args:
        faults: told of a host that is too slow or too many, once a minute.
        clock_ns: the host clock.
        arrivals: knows when what they say has come; default: as it is read.
    """

    def __init__(self, faults: DeskFaults, clock_ns: Callable[[], int], arrivals: Arrivals | None = None) -> None:
        self._faults, self._clock_ns = faults, clock_ns
        self.arrivals = arrivals or Arrivals(clock_ns)
        self._open: dict[str, dict[HttpLine, None]] = {}
        self._told_ns: dict[str, int] = {}

    def enter(self, line: "HttpLine") -> None:
        """One more; where its host has too many without a request at work, those silent longest make room.

        A breath later, for what was said at once on many connections is still to be read; in a flood without delay.
        """
        self._open.setdefault(line.host, {})[line] = None
        self._trim(line.host, _FLOOD)
        if len(self._open[line.host]) > MOST_OF_A_HOST:
            line.loop.call_later(_BREATH_S, self._trim, line.host, MOST_OF_A_HOST)

    def _trim(self, host: str, most: int) -> None:
        idle = [one for one in self._open.get(host, {}) if not one.at_work]
        idle.sort(key=lambda one: one.cycle is not None)  # first those that have never made a request
        for one in idle[: max(0, len(idle) - most)]:
            self.leave(one)
            one.transport.abort()
            one.connections.discard(one)  # or uvicorn counts it until its turn comes, and refuses a PANIC for it
            self.complain(host, f"more than {MOST_OF_A_HOST} connections; the one silent longest was closed")

    def used(self, line: "HttpLine") -> None:
        """It has made a request."""
        mine = self._open.get(line.host, {})
        if line in mine:
            del mine[line]
            mine[line] = None

    def leave(self, line: "HttpLine") -> None:
        """It is closed, or has become a websocket."""
        mine = self._open.get(line.host, {})
        mine.pop(line, None)
        if not mine:
            self._open.pop(line.host, None)

    def garbled(self, line: "HttpLine") -> None:
        """What came by it is no HTTP; those are counted, and alarmed once a second."""
        self._faults.torn(line.host, "what is no HTTP")

    def complain(self, host: str, why: str) -> None:
        """Have it alarmed, unless this host was a short while ago."""
        now_ns = self._clock_ns()
        told_ns = self._told_ns.get(host)
        if told_ns is not None and now_ns - told_ns < _ALARMED_AGAIN_NS:
            return
        if len(self._told_ns) >= _MOST_HOSTS:
            self._told_ns.clear()
        self._told_ns[host] = now_ns
        self._faults.torn(host, why)

    def protocol(self) -> type[asyncio.Protocol]:
        """What uvicorn makes of each connection to one server."""
        mine = self

        class Line(HttpLine):
            """A connection among these."""

            lines = mine

        return Line


class HttpLine(H11Protocol):
    """uvicorn's connection, that is closed when a request does not come to the end of its headers in time.

    Attributes:
        host: where it comes from.
        lines: those it is one of.
    """

    lines: Lines
    host = ""
    _deadline: asyncio.TimerHandle | None = None
    _begun = False
    _descriptor = -1

    @property
    def at_work(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It is open, and has its time for a request."""
        super().connection_made(transport)
        self.host = plain_address(self.client[0]) if self.client else ""
        self._descriptor = transport.get_extra_info("socket").fileno()
        self.lines.enter(self)
        self._allow()

    def data_received(self, data: bytes) -> None:
        """Some of a request."""
        self._begun = True
        if not self.at_work:
            self._allow()
        super().data_received(data)
        if self.at_work:
            self._in_time()
            self.lines.used(self)

    def handle_events(self) -> None:
        """What a request says; it goes with it when it came, and who can tell whether its sender has hung up since."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            first_ns, last_ns = self.lines.arrivals.of(self._descriptor)
            more_came_behind = bool(self.conn.trailing_data[0])
            self.scope["state"].update(came_ns=first_ns if more_came_behind else last_ns, hung_up=self.hung_up)

    def hung_up(self) -> bool:
        """Whether whoever asked waits for no answer any more."""
        if self.transport.is_closing():
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLRDHUP)
        return bool(poll.poll(0))

    def send_400_response(self, msg: str) -> None:
        """It cannot be read."""
        self.lines.garbled(self)
        super().send_400_response(msg)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """It goes on as a websocket."""
        self._in_time()
        self.lines.leave(self)
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._in_time()
        self.lines.leave(self)
        super().connection_lost(exc)

    def _allow(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self._give_up)

    def _in_time(self) -> None:
        self._begun = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or self.at_work:
            return
        if self._begun:  # browsers open connections beforehand, and say nothing on them
            self.lines.complain(self.host, f"half a request, and no more of it within {HEADERS_S:g} s")
        self.transport.abort()
