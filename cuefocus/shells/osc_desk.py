"""Desks over OSC, as the conductor's loop uses them: datagrams and connections in, words out, answers and news back.

A turn takes a bounded share of what has come; stops come first, by a lane of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cuefocus.engine.flurry import Tally
from cuefocus.engine.front_desk import FrontDesk, Hearing
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import Guest, PeerRule
from cuefocus.engine.ports import Command, Trigger
from cuefocus.shells.desk_places import DeskPlaces, Fields
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.guest_book import GuestBook
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.kernel_stamps import both_clocks, wall_now_ns
from cuefocus.shells.message_turns import Message
from cuefocus.shells.osc_call import OscCall
from cuefocus.shells.osc_tcp import OscTcp
from cuefocus.shells.osc_ways import OscWays
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.osc_time import wall_ns_of_tag
from cuefocus.wire.said import Right

TURN_NS: Final = NS_PER_MS
"""How long a turn may deal with what desks say; what is left waits for the next, behind all else."""
URGENT_NS: Final = 2 * NS_PER_MS
"""The same for words that stop: more of them than can be heard in it come from a fault, and the rest waits a turn."""
_LINES_NS: Final = NS_PER_MS // 4
"""What connections have of a turn at the least, however long datagrams took."""
_MOST_UNPROVEN: Final = 32


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
        self._book = GuestBook(config.book)
        front.admit(self._book.guests, clock_ns())
        self._kept, self._line_changes = front.changes, 0
        self._news: list[Fields] = []
        self._places = DeskPlaces(
            config, lambda event: self._news.append(event), right=front.peers.right, clock_ns=clock_ns, wall_ns=wall_ns
        )
        self._ways = OscWays([port.ordinary for port in self._places.udp])
        self._ways.know(self._book.guests.ways)
        self._tell_lines_cut(self._book.guests.lines)
        self._calls = [OscCall(call, -number, clock_ns=clock_ns) for number, call in enumerate(config.calls, 1)]
        for call in self._calls:
            self._places.ring_for(call.fileno())
            front.peers.visit(call.guest, PeerRule(call.config.id, "", Right.OPERATE))
        self._offset_ns = 0
        self._unproven: list[tuple[Guest, Message]] = []
        self._went_alone = False

    def fileno(self) -> int:
        """Readable when something has come. The same one for life."""
        return self._places.fileno()

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: after a pause, or to open a port that could not be."""
        dues = (self._places.next_due_ns, *(call.next_due_ns for call in self._calls))
        return min((due for due in dues if due is not None), default=None)

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for since the ports were opened."""
        return self._places.dropped

    def pump(self) -> list[Command | Trigger]:
        """What desks have said since the last call, as far as a turn's share goes."""
        begun_ns, self._offset_ns = both_clocks(self._now_ns, self._wall_ns)
        heard: list[Command | Trigger] = []
        places = self._places
        for port in places.udp:
            port.let_go_of_half()
            if port.ordinary.fileno() < 0:
                places.open(port)
            while port.urgent.fileno() >= 0 and self._take(port.urgent, heard, needs=Right.OPERATE):
                if self._now_ns() - begun_ns > URGENT_NS:
                    break
        if places.paused and begun_ns < places.pause_until_ns:
            return heard
        if places.shut and begun_ns >= places.shut_again_ns:
            places.open_tcp()
        alone = not (self._went_alone or self._unproven or heard)
        more, unproven, self._unproven = False, self._unproven, []
        for port in places.udp:
            while port.ordinary.fileno() >= 0 and self._take(port.ordinary, heard):
                if alone and heard and isinstance(heard[-1], Trigger):
                    self._went_alone = True
                    return heard  # it fires at once; what else came rings on, and is heard at the next turn
                if self._now_ns() - begun_ns > TURN_NS:
                    more = True
                    break
        self._went_alone = False
        for guest, came in unproven:  # what proves them may have come by the other lane
            self._made(self.front.hear(came.data, came.stamp_ns, guest, self._host_ns_of), heard)
        for server in places.tcp:
            more = self._take_lines(server, heard, begun_ns) or more
        for call in self._calls:
            for message, stamp_ns in call.pump():
                self._made(self.front.hear_message(message, stamp_ns, call.guest), heard)
            for fault in call.faults():
                self.front.faults.torn(call.config.id, fault)
            self._tell_all(call.news(), begun_ns)
        places.pause(more)
        places.watch_again(begun_ns)
        places.look_for_drops(begun_ns)
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
        self._keep_guests()

    def news(self) -> list[Fields]:
        """Events for the operator since the last call."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Hear nothing more."""
        for call in self._calls:
            call.close()
        self._ways.close()
        self._places.close()

    # --- in ---

    def _take(self, inlet: UdpInlet, heard: list[Command | Trigger], *, needs: Right = Right.VIEW) -> bool:
        """Deal with one datagram; whether there was any."""
        came = inlet.receive()
        if isinstance(came, Message):
            if came.data:
                guest = Guest(came.sender, came.port)
                self._ways.note(came.sender, inlet)
                if needs is Right.OPERATE:
                    if self.front.turns_away(came.data, came.stamp_ns, guest, needs):
                        return True
                    if self._may_prove_itself(guest):
                        self._unproven.append((guest, came))
                        return True
                made = self.front.hear(came.data, came.stamp_ns, guest, self._host_ns_of, needs=needs)
                self._made(made, heard)
            return True
        if came is not None and not came.is_open:
            self._places.failed(inlet, came, "stops" if needs is Right.OPERATE else "all but stops")
        return False

    def _may_prove_itself(self, guest: Guest) -> bool:
        """Whether a passcode could make more of who says a word that stops, and there is room to look for it."""
        peers = self.front.peers
        return peers.asks_passcode and peers.right(guest) < Right.OPERATE and len(self._unproven) < _MOST_UNPROVEN

    def _take_lines(self, server: OscTcp, heard: list[Command | Trigger], begun_ns: int) -> bool:
        """Deal with what has come by connections, up to the turn's share of each port; whether there is more."""
        until_ns: int | None = None
        for guest, packet, stamp_ns, lost in server.receive():
            if until_ns is None:  # by now all that has come was read
                until_ns = max(begun_ns + TURN_NS, self._now_ns() + _LINES_NS)
            if lost:
                self.front.faults.torn(guest.host, lost)
            else:
                self._made(self.front.hear(packet, stamp_ns, guest, self._host_ns_of), heard)
            if self._now_ns() > until_ns:
                break
        for text in server.alarms():
            self._places.alarm(text)
        self._line_changes = sum(one.changes for one in self._places.tcp)
        self._keep_guests()
        for guest in server.ended():
            self.front.leave(guest)
        return server.waiting

    def _made(self, hearing: Hearing, heard: list[Command | Trigger]) -> None:
        heard += hearing.events
        self._keep_guests()
        for guest, packet in hearing.out:
            self._send(guest, packet)

    def _keep_guests(self) -> None:
        """Whoever conducts after us, however we end, knows whom we know."""
        changes = self.front.changes + self._line_changes
        if self._kept != changes:
            self._kept = changes
            self._put_down()

    def _put_down(self) -> None:
        guests, lines = self.front.guests, tuple(host for one in self._places.tcp for host in one.callers)
        self._book.keep(replace(guests, lines=lines, ways=self._ways.of(to for to, *_ in guests.told)))

    def _tell_lines_cut(self, hosts: Sequence[str]) -> None:
        """Connections die with the conductor, and nobody knows what had come by them and was not read yet."""
        cut = Tally()
        for host in hosts:
            cut.came(host)
        if hosts:
            self._places.alarm(
                f"OSC by TCP was cut off with the conductor before: what {cut.named()} said last may be lost"
            )
            self._put_down()

    def _host_ns_of(self, tag: int) -> int:
        return wall_ns_of_tag(tag, self._now_ns() + self._offset_ns) - self._offset_ns

    # --- out ---

    def _send(self, guest: Guest, packet: bytes) -> None:
        if guest.line < 0:
            return  # who we call on asks us nothing
        if guest.line:
            for server in self._places.tcp:
                server.send(guest.line, packet)
            return
        self._ways.send(packet, guest.host, guest.port)

    def _tell_all(self, told: Sequence[tuple[str, str]], at_ns: int) -> None:
        for kind, text in told:
            fields: Fields = {"event": kind, "host_ns": at_ns, "source": "osc"}
            self._news.append({**fields, "text": text} if kind == "alarm" else {**fields, "desk": text})
