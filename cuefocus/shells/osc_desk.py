"""Desks over OSC, as the conductor's loop uses them: datagrams and connections in, words out, answers and news back.

A turn takes a bounded share of what has come; stops come first, by a lane of their own.
"""

import contextlib
import select
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

from cuefocus.engine.front_desk import FrontDesk, Hearing
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import Guest, PeerRule
from cuefocus.engine.ports import Command, Trigger
from cuefocus.errors import DeviceError
from cuefocus.shells.desk_port import DeskPort, osc_port
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.kernel_stamps import both_clocks, wall_now_ns
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.osc_call import OscCall
from cuefocus.shells.osc_tcp import OscTcp
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc_time import wall_ns_of_tag
from cuefocus.wire.said import Right

TURN_NS: Final = NS_PER_MS
"""How long a turn may deal with what desks say; what is left waits for the next, behind all else."""
_PAUSE_NS: Final = NS_PER_MS
URGENT_NS: Final = 2 * NS_PER_MS
"""The same for words that stop: more of them than can be heard in it come from a fault, and the rest waits a turn."""
_LINES_NS: Final = NS_PER_MS // 4
"""What connections have of a turn at the least, however long datagrams took."""
_AGAIN_NS: Final = NS_PER_S
_MOST_HOSTS: Final = 1024
_MOST_UNPROVEN: Final = 32
_DROPS_LOOKED_NS: Final = NS_PER_S
Fields = dict[str, object]


class OscDesk:
    """All OSC ports of a run.

    Args:
        config: where they are.
        front: reads and judges what comes.
        clock_ns: the host clock.
        wall_ns: the clock that time tags go by.
    """

    def __init__(
        self,
        config: FrontDeskConfig,
        front: FrontDesk,
        *,
        clock_ns: Callable[[], int] = now_ns,
        wall_ns: Callable[[], int] = wall_now_ns,
    ) -> None:
        self.front, self._now_ns, self._wall_ns = front, clock_ns, wall_ns
        self._news: list[Fields] = []
        self._poll = select.epoll()
        self._ports = [
            DeskPort(osc_port(host, port), held=config.fds("udp", host, port), clock_ns=clock_ns, wall_ns=wall_ns)
            for host, port in config.udp
        ]
        self._tcp: list[OscTcp] = []
        self._lines = count(1)
        self._held = {place: config.fds("tcp", *place) for place in config.tcp}
        self._shut = dict.fromkeys(config.tcp, False)  # TCP ports that are not open yet, and whether that was told
        self._shut_again_ns = 0
        self._open_tcp()
        self._calls = [OscCall(call, -number, clock_ns=clock_ns) for number, call in enumerate(config.calls, 1)]
        for call in self._calls:
            self._poll.register(call.fileno(), select.EPOLLIN)
            front.peers.visit(call.guest, PeerRule(call.config.id, "", Right.OPERATE))
        self._standing: dict[UdpInlet, bool] = {}
        self._pause_until_ns = 0
        self._paused = False
        self._dropped: dict[DeskPort, int] = {}
        self._drops_looked_ns = 0
        self._offset_ns = 0
        self._came_by: dict[str, UdpInlet] = {}
        self._unproven: list[tuple[Guest, Message]] = []
        for port_ in self._ports:
            self._open(port_)

    def fileno(self) -> int:
        """Readable when something has come. The same one for life."""
        return self._poll.fileno()

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: after a pause, or to open a port that could not be."""
        dues = [due for port in self._ports if (due := port.ordinary.next_due_ns) is not None]
        dues += [due for call in self._calls if (due := call.next_due_ns) is not None]
        dues += [due for server in self._tcp if (due := server.next_due_ns) is not None]
        if self._paused:
            dues.append(self._pause_until_ns)
        if self._shut:
            dues.append(self._shut_again_ns)
        return min(dues, default=None)

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for since the ports were opened."""
        return sum(port.dropped for port in self._ports)

    def pump(self) -> list[Command | Trigger]:
        """What desks have said since the last call, as far as a turn's share goes."""
        begun_ns, self._offset_ns = both_clocks(self._now_ns, self._wall_ns)
        heard: list[Command | Trigger] = []
        for port in self._ports:
            if port.ordinary.fileno() < 0:
                self._open(port)
            while port.urgent.fileno() >= 0 and self._take(port.urgent, heard, needs=Right.OPERATE):
                if self._now_ns() - begun_ns > URGENT_NS:
                    break
        if self._paused and begun_ns < self._pause_until_ns:
            return heard
        if self._shut and begun_ns >= self._shut_again_ns:
            self._open_tcp()
        more, unproven, self._unproven = False, self._unproven, []
        for port in self._ports:
            while port.ordinary.fileno() >= 0 and self._take(port.ordinary, heard):
                if self._now_ns() - begun_ns > TURN_NS:
                    more = True
                    break
        for guest, came in unproven:  # what proves them may have come by the other lane
            self._made(self.front.hear(came.data, came.stamp_ns, guest, self._host_ns_of), heard)
        for server in self._tcp:
            more = self._take_lines(server, heard, begun_ns) or more
        for call in self._calls:
            for message, stamp_ns in call.pump():
                self._made(self.front.hear_message(message, stamp_ns, call.guest), heard)
            for fault in call.faults():
                self.front.faults.torn(call.config.id, fault)
            self._tell_all(call.news(), begun_ns)
        self._pause(more)
        self._look_for_drops(begun_ns)
        self._tell_all(self.front.faults.due(begun_ns), begun_ns)
        return heard

    def answer(self, reply: Reply) -> None:
        """Give an answer to who asked by OSC."""
        for guest, packet in self.front.answer(reply):
            self._send(guest, packet)

    def tell(self, event: Mapping[str, object]) -> None:
        """Tell those who asked of an event."""
        self.front.observe(event)
        for guest, packet in self.front.news(event, self._now_ns()):
            self._send(guest, packet)

    def news(self) -> list[Fields]:
        """Events for the operator since the last call."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Hear nothing more."""
        for port in self._ports:
            port.close()
        for server in self._tcp:
            server.close()
        for call in self._calls:
            call.close()
        self._poll.close()

    # --- in ---

    def _open(self, port: DeskPort) -> None:
        """Open a port, or try again; say how it went where that is new."""
        came = port.ordinary.receive()
        if isinstance(came, Standing):
            if self._standing.get(port.ordinary) is not came.is_open:
                self._standing[port.ordinary] = came.is_open
                if came.is_open:
                    self._news.append({"event": "state", "host_ns": self._now_ns(), "desk": f"heard: {came.text}"})
                else:
                    self._alarm(f"{came.text}; OSC is not heard there, and is tried again")
            if came.is_open:
                port.urgent.receive()
                for lane in (port.ordinary, port.urgent):
                    if lane.fileno() >= 0:
                        self._poll.register(lane.fileno(), select.EPOLLIN)

    def _open_tcp(self) -> None:
        """Open the TCP ports that are not open yet; one that cannot be is said once, and tried again each second."""
        for (host, port), told in list(self._shut.items()):
            try:
                held = next(iter(self._held[host, port]), -1)
                server = OscTcp(host, port, self._lines, held=held, clock_ns=self._now_ns, wall_ns=self._wall_ns)
            except DeviceError as problem:
                if not told:
                    self._alarm(f"{problem}; OSC is not heard there, and is tried again")
                self._shut[host, port] = True
                continue
            del self._shut[host, port]
            self._tcp.append(server)
            self._poll.register(server.fileno(), select.EPOLLIN)
            self._news.append({"event": "state", "host_ns": self._now_ns(), "desk": f"heard: {server.text}"})
        self._shut_again_ns = self._now_ns() + _AGAIN_NS

    def _take(self, inlet: UdpInlet, heard: list[Command | Trigger], *, needs: Right = Right.VIEW) -> bool:
        """Deal with one datagram; whether there was any."""
        came = inlet.receive()
        if isinstance(came, Message):
            if came.data:
                guest = Guest(came.sender, came.port)
                self._note_way(came.sender, inlet)
                if needs is Right.OPERATE and self._may_prove_itself(guest):
                    self._unproven.append((guest, came))
                    return True
                made = self.front.hear(came.data, came.stamp_ns, guest, self._host_ns_of, needs=needs)
                self._made(made, heard)
            return True
        return False

    def _may_prove_itself(self, guest: Guest) -> bool:
        """Whether a passcode could make more of who says a word that stops, and there is room to look for it."""
        peers = self.front.peers
        return peers.asks_passcode and peers.right(guest) < Right.OPERATE and len(self._unproven) < _MOST_UNPROVEN

    def _take_lines(self, server: OscTcp, heard: list[Command | Trigger], begun_ns: int) -> bool:
        """Deal with what has come by connections, up to the turn's share of each port; whether there is more."""
        until_ns = max(begun_ns + TURN_NS, self._now_ns() + _LINES_NS)
        for guest, packet, stamp_ns, lost in server.receive():
            if lost:
                self.front.faults.torn(guest.host, lost)
            else:
                self._made(self.front.hear(packet, stamp_ns, guest, self._host_ns_of), heard)
            if self._now_ns() > until_ns:
                break
        for text in server.alarms():
            self._alarm(text)
        for guest in server.ended():
            self.front.leave(guest)
        return server.waiting

    def _made(self, hearing: Hearing, heard: list[Command | Trigger]) -> None:
        heard += hearing.events
        for guest, packet in hearing.out:
            self._send(guest, packet)

    def _host_ns_of(self, tag: int) -> int:
        return wall_ns_of_tag(tag, self._now_ns() + self._offset_ns) - self._offset_ns

    def _pause(self, more: bool) -> None:
        """After a full share do not ring for a moment: what else there is to do comes first."""
        if more:
            self._pause_until_ns = self._now_ns() + _PAUSE_NS
        if more is not self._paused:
            self._paused = more
            for port in self._ports:
                if port.ordinary.fileno() >= 0:
                    self._poll.modify(port.ordinary.fileno(), 0 if more else select.EPOLLIN)
            for server in self._tcp:
                self._poll.modify(server.fileno(), 0 if more else select.EPOLLIN)

    def _look_for_drops(self, at_ns: int) -> None:
        if at_ns - self._drops_looked_ns < _DROPS_LOOKED_NS:
            return
        self._drops_looked_ns = at_ns
        for port in self._ports:
            dropped, before = port.dropped, self._dropped.get(port, 0)
            self._dropped[port] = dropped
            if dropped > before:
                self._alarm(f"{dropped - before} OSC datagrams were lost: more came than could be kept")

    # --- out ---

    def _send(self, guest: Guest, packet: bytes) -> None:
        if guest.line < 0:
            return  # who we call on asks us nothing
        if guest.line:
            for server in self._tcp:
                server.send(guest.line, packet)
            return
        inlet = self._came_by.get(guest.host) or self._inlet_for(guest.host)
        if inlet is not None:
            with contextlib.suppress(OSError):
                inlet.send(packet, (guest.host, guest.port))

    def _note_way(self, host: str, inlet: UdpInlet) -> None:
        """A host is answered by the port that it was heard at."""
        if self._came_by.get(host) is not inlet:
            if len(self._came_by) >= _MOST_HOSTS:
                self._came_by.clear()
            self._came_by[host] = inlet

    def _inlet_for(self, host: str) -> UdpInlet | None:
        """A port of ours of the same kind of address."""
        six = ":" in host
        fitting = [port.ordinary for port in self._ports if (":" in port.ordinary.heard.address) is six]
        return fitting[0] if fitting else None

    def _tell_all(self, told: Sequence[tuple[str, str]], at_ns: int) -> None:
        for kind, text in told:
            fields: Fields = {"event": kind, "host_ns": at_ns, "source": "osc"}
            self._news.append({**fields, "text": text} if kind == "alarm" else {**fields, "desk": text})

    def _alarm(self, text: str) -> None:
        self._news.append({"event": "alarm", "host_ns": self._now_ns(), "text": text, "source": "osc"})
