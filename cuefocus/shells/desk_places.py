"""The ports at which desks are heard, UDP and TCP: opened, opened anew when they are lost, and what is told of that."""

import contextlib
import select
from collections.abc import Callable
from itertools import count
from typing import Final

from cuefocus.engine.peers import Guest
from cuefocus.errors import DeviceError
from cuefocus.shells.desk_port import DeskPort, osc_port
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.ip_place import heard_at
from cuefocus.shells.message_turns import Standing
from cuefocus.shells.osc_tcp import NO_MEANS, OscTcp
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.said import Right

_PAUSE_NS: Final = NS_PER_MS
_AGAIN_NS: Final = NS_PER_S
_CALM_NS: Final = 10 * NS_PER_S
"""An error of a lane that had none for so long is news."""
_DROPS_LOOKED_NS: Final = NS_PER_S
Fields = dict[str, object]


class DeskPlaces:
    """All OSC ports of a run, and the one descriptor that rings for each of them.

    Args:
        config: where they are.
        tell: takes an event for the operator.
        right: what a guest may do just now.
        clock_ns: the host clock.
        wall_ns: the clock that time tags go by.

    Attributes:
        udp: the UDP ports, open or not. tcp: the TCP ports that are open.
        shut: the TCP ports that are not, and whether that was told; they are tried again at `shut_again_ns`.
        paused: a turn has had its full share, and until `pause_until_ns` nothing rings but words that stop.
    """

    def __init__(
        self,
        config: FrontDeskConfig,
        tell: Callable[[Fields], None],
        *,
        right: Callable[[Guest], Right],
        clock_ns: Callable[[], int],
        wall_ns: Callable[[], int],
    ) -> None:
        self._right = right
        self._tell, self._now_ns, self._wall_ns = tell, clock_ns, wall_ns
        self._poll = select.epoll()
        self._unwatched: set[int] = set()
        self._watch_again_ns = 0
        self.udp = [
            DeskPort(
                osc_port(host, port),
                held=config.fds("udp", host, port),
                closing=self._ring_no_more,  # where somebody else holds the port, a closed copy would ring on
                clock_ns=clock_ns,
                wall_ns=wall_ns,
            )
            for host, port in config.udp
        ]
        self.tcp: list[OscTcp] = []
        self._lines = count(1)
        self._held = {place: config.fds("tcp", *place) for place in config.tcp}
        self.shut = dict.fromkeys(config.tcp, False)
        self.shut_again_ns = 0
        self._standing: dict[UdpInlet, bool] = {}
        self._failed_ns: dict[UdpInlet, int] = {}
        self.pause_until_ns = 0
        self.paused = False
        self._dropped: dict[DeskPort, int] = {}
        self._drops_looked_ns = 0
        self.open_tcp()
        for each in self.udp:
            self.open(each)

    def fileno(self) -> int:
        """Readable when something has come. The same one for life."""
        return self._poll.fileno()

    def ring_for(self, fd: int) -> None:
        """Ring also when another descriptor is readable.

        Where the system can watch no more, what comes there is heard at the next turn all the same; told once, and
        tried again each second.
        """
        try:
            self._poll.register(fd, select.EPOLLIN)
        except OSError as problem:
            if problem.errno not in NO_MEANS:
                raise
            if not self._unwatched:
                self.alarm(
                    f"some OSC is heard a few ms later than it could be, and this is tried again: {problem.strerror}"
                )
            self._unwatched.add(fd)
            self._watch_again_ns = self._now_ns() + _AGAIN_NS

    def watch_again(self, at_ns: int) -> None:
        """Ring for what could not be watched, if that was tried last a while ago."""
        if self._unwatched and at_ns >= self._watch_again_ns and not self.paused:
            for fd in list(self._unwatched):
                with contextlib.suppress(OSError):
                    self._poll.register(fd, select.EPOLLIN)
                    self._unwatched.discard(fd)
            self._watch_again_ns = at_ns + _AGAIN_NS

    def _ring_no_more(self, fd: int) -> None:
        if fd in self._unwatched:
            self._unwatched.discard(fd)
        else:
            self._poll.unregister(fd)

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: after a pause, or to open a port that could not be."""
        dues = [due for port in self.udp if (due := port.next_due_ns) is not None]
        dues += [due for server in self.tcp if (due := server.next_due_ns) is not None]
        if self.paused:
            dues.append(self.pause_until_ns)
        elif self._unwatched:
            dues.append(self._watch_again_ns)
        if self.shut:
            dues.append(self.shut_again_ns)
        return min(dues, default=None)

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for since the ports were opened."""
        return sum(port.dropped for port in self.udp)

    def open(self, port: DeskPort) -> None:
        """Open a port, or try again; say how it went where that is new."""
        came = port.ordinary.receive()
        if isinstance(came, Standing):
            if self._standing.get(port.ordinary) is not came.is_open:
                self._standing[port.ordinary] = came.is_open
                if came.is_open:
                    self._heard_at(came.text)
                else:
                    where = heard_at(port.ordinary.heard.address)
                    self.alarm(f"{came.text}; OSC is not heard at {where}, and is tried again")
            if came.is_open:
                port.urgent.receive()
                for lane in (port.ordinary, port.urgent):
                    if lane.fileno() >= 0:
                        self.ring_for(lane.fileno())

    def open_tcp(self) -> None:
        """Open the TCP ports that are not open yet; one that cannot be is said once, and tried again each second."""
        for (host, port), told in list(self.shut.items()):
            try:
                held = next(iter(self._held[host, port]), -1)
                server = OscTcp(
                    host, port, self._lines, held=held, right=self._right, clock_ns=self._now_ns, wall_ns=self._wall_ns
                )
            except DeviceError as problem:
                if not told:
                    self.alarm(f"{problem}; OSC is not heard there, and is tried again")
                self.shut[host, port] = True
                continue
            del self.shut[host, port]
            self.tcp.append(server)
            self.ring_for(server.fileno())
            self._heard_at(server.text)
        self.shut_again_ns = self._now_ns() + _AGAIN_NS

    def failed(self, inlet: UdpInlet, standing: Standing, lane: str) -> None:
        """An error has closed a lane; one that comes again and again is said once."""
        at_ns, before_ns = self._now_ns(), self._failed_ns.get(inlet)
        self._failed_ns[inlet] = at_ns
        if before_ns is None or at_ns - before_ns > _CALM_NS:
            self.alarm(f"{inlet.heard.text}: the lane for {lane} has failed, and is opened anew: {standing.text}")

    def pause(self, more: bool) -> None:
        """After a full share do not ring for a moment: what else there is to do comes first."""
        if more:
            self.pause_until_ns = self._now_ns() + _PAUSE_NS
        if more is not self.paused:
            self.paused = more
            rest = {port.ordinary.fileno() for port in self.udp} | {server.fileno() for server in self.tcp}
            for fd in rest - self._unwatched - {-1}:
                self._poll.modify(fd, 0 if more else select.EPOLLIN)

    def look_for_drops(self, at_ns: int) -> None:
        """Tell of datagrams that were lost since this was done last, once a second."""
        if at_ns - self._drops_looked_ns < _DROPS_LOOKED_NS:
            return
        self._drops_looked_ns = at_ns
        for port in self.udp:
            dropped, before = port.dropped, self._dropped.get(port)
            self._dropped[port] = dropped
            if dropped > (before or 0):
                since = " since the run began" if before is None else ""  # the port may be older than this process
                self.alarm(f"{dropped - (before or 0)} OSC datagrams were lost{since}: more came than could be kept")

    def alarm(self, text: str) -> None:
        """Tell an alarm."""
        self._tell({"event": "alarm", "host_ns": self._now_ns(), "text": text, "source": "osc"})

    def close(self) -> None:
        """Hear nothing more."""
        for port in self.udp:
            port.close()
        for server in self.tcp:
            server.close()
        self._poll.close()

    def _heard_at(self, text: str) -> None:
        self._tell({"event": "state", "host_ns": self._now_ns(), "desk": f"heard: {text}"})
