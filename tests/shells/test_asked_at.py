"""On a port at all addresses, an answer leaves from the address that was asked."""

import select
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from pythonosc.osc_message import OscMessage

from cuefocus.engine.guests import Guests
from cuefocus.engine.peers import DeskRules
from cuefocus.shells.asked_at import IP_PKTINFO, PKTINFO, AskedAt
from cuefocus.shells.desk_port import open_lanes, osc_port
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.orders import Answer
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.stops_watch import SILENT_NS, StopsWatch
from tests.shells.test_osc_desk import PATIENCE_NS, desk_on, free_port, packet

EVERYWHERE, ME, ASKED = "0.0.0.0", "127.0.0.1", "127.0.0.5"  # noqa: S104 - the fault is there alone
NEWS = {"event": "alarm", "text": "look", "host_ns": 0}


@contextmanager
def asking(port: int, at: str = ASKED) -> Iterator[socket.socket]:
    """A desk that hears nobody but whom it asks."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as made:
        made.bind((ME, 0))
        made.connect((at, port))
        made.settimeout(2)
        yield made


def pump_until_told(desk: OscDesk, *waiting: socket.socket) -> None:
    """A turn may leave the second of two words to another, a moment later."""
    until_ns = now_ns() + PATIENCE_NS
    while len(select.select(waiting, [], [], 0)[0]) < len(waiting) and now_ns() < until_ns:
        desk.pump()


def told(who: socket.socket) -> str:
    return OscMessage(who.recv(2000)).address


@contextmanager
def everywhere() -> Iterator[tuple[OscDesk, int]]:
    port = free_port(host=EVERYWHERE)
    with closing(desk_on(udp=port, host=EVERYWHERE)) as desk:
        yield desk, port


def test_an_answer_comes_from_the_address_that_was_asked() -> None:
    with everywhere() as (desk, port), asking(port) as one, asking(port, "127.0.0.6") as other:
        for who in (one, other):
            who.send(packet("/cuefocus/ping"))
        pump_until_told(desk, one, other)
        assert [told(one), told(other)] == ["/cuefocus/out/ping"] * 2


def test_news_come_from_there_too_by_whichever_lane_the_host_spoke_last() -> None:
    with everywhere() as (desk, port), asking(port) as who, asking(port, "127.0.0.6") as other:
        who.send(packet("/cuefocus/subscribe"))
        pump_until_told(desk, who)
        other.send(packet("/cuefocus/panic"))
        desk.pump()
        desk.tell(NEWS)
        heard = {told(who) for _ in range(2)}
    assert "/cuefocus/out/alarm" in heard


def test_the_watch_over_stops_answers_from_there() -> None:
    lanes = open_lanes(osc_port(EVERYWHERE, free_port(host=EVERYWHERE)))
    port = lanes[0].getsockname()[1]
    watch = StopsWatch(
        lambda: lanes[1:],
        DeskRules(),
        guests=Guests,
        beat_ns=lambda: now_ns() - 2 * SILENT_NS,
        obeys=lambda *_: Answer(True, "held"),
        tell=lambda _: None,
    )
    try:
        with asking(port) as who:
            who.send(packet("/cuefocus/panic"))
            watch.look()
            assert told(who).startswith("/cuefocus/")
    finally:
        watch.close()
        for lane in lanes:
            lane.close()


def test_where_our_address_has_gone_the_answer_is_sent_plainly() -> None:
    asked = AskedAt()
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as out,
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as who,
    ):
        out.bind((EVERYWHERE, 0))
        who.bind((ME, 0))
        who.settimeout(2)
        host, port = who.getsockname()
        gone = PKTINFO.pack(0, socket.inet_aton("192.0.2.77"), bytes(4))
        asked.note(host, port, [(socket.IPPROTO_IP, IP_PKTINFO, gone)])
        for _ in range(2):
            asked.send(out, b"here", (host, port))
            assert who.recvfrom(100)[1] == (ME, out.getsockname()[1])


def test_only_a_port_on_all_addresses_asks_the_kernel() -> None:
    for host, wanted in ((EVERYWHERE, 1), (ME, 0)):
        lanes = open_lanes(osc_port(host, free_port(host=host)))
        for lane in lanes:
            with closing(lane):
                assert lane.getsockopt(socket.IPPROTO_IP, IP_PKTINFO) == wanted


def test_who_asks_from_many_ports_takes_bounded_room_and_no_other_hosts_place() -> None:
    asked = AskedAt()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as out, asking(9) as who:
        out.bind((EVERYWHERE, 0))
        who.connect((ASKED, out.getsockname()[1]))
        told_by = PKTINFO.pack(0, socket.inet_aton(ASKED), bytes(4))
        host, port = who.getsockname()
        asked.note(host, port, [(socket.IPPROTO_IP, IP_PKTINFO, told_by)])
        for each in range(1, 3000):
            asked.note("192.0.2.1", each, [(socket.IPPROTO_IP, IP_PKTINFO, told_by)])
        asked.send(out, b"still", (host, port))
        assert who.recv(100) == b"still"
