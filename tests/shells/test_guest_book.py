"""What a conductor's successor knows of desks that its predecessor knew."""

import os
import socket
from collections.abc import Iterator

import pytest

from cuefocus.engine.guests import Guests, Way
from cuefocus.engine.peers import DeskRules, Guest
from cuefocus.engine.ports import Command
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.guest_book import GuestBook, make_guest_book
from cuefocus.shells.held_ports import HeldPorts
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects.all import DIALECTS
from cuefocus.wire.said import Right
from tests.shells.test_asked_at import asking
from tests.shells.test_osc_desk import HOST, free_port, heard, packet, sender
from tests.shells.test_stops_watch import ALL, LOOKS_ONLY, conducts

HERE, THERE = Guest("10.0.0.5", 5000), Guest("fe80::1%eth0", 5001)
FIRST = Guests(proven=((HERE, Right.OPERATE),))
SECOND = Guests(
    proven=((HERE, Right.OPERATE), (THERE, Right.VIEW)),
    told=((Guest(HERE.host, 9), HERE, "native"),),
    tired=((THERE.host, 7),),
    lines=(HERE.host, HERE.host),
    replies=((HERE, 53001),),
    ways=(Way(HERE, ("0.0.0.0", 8000), b"\0told"), Way(THERE, ("::1", 8000))),  # noqa: S104 - as a rig says it
)
STATE = {"event": "state", "armed": True, "standby": "2"}


@pytest.fixture
def sheets() -> Iterator[tuple[int, int]]:
    made = make_guest_book()
    yield made
    for fd in made:
        os.close(fd)


def test_the_next_reads_what_was_put_down_last(sheets: tuple[int, int]) -> None:
    assert GuestBook(sheets).guests == Guests()
    for guests in (FIRST, SECOND, FIRST, SECOND, Guests()):
        GuestBook(sheets).keep(guests)
        assert GuestBook(sheets).guests == guests


@pytest.mark.parametrize("whole", [0, 5, 16, 40])
def test_a_torn_sheet_is_none_and_the_one_before_counts(sheets: tuple[int, int], whole: int) -> None:
    book = GuestBook(sheets)
    book.keep(FIRST)
    before = [os.pread(fd, 1000, 0) for fd in sheets]
    book.keep(SECOND)
    (torn,) = [fd for fd, was in zip(sheets, before, strict=True) if os.pread(fd, 1000, 0) != was]
    os.ftruncate(torn, whole)
    assert GuestBook(sheets).guests == FIRST


def test_who_gave_a_passcode_and_who_is_told_by_udp_are_so_for_the_next_conductor() -> None:
    place, line_place = (HOST, free_port()), (HOST, free_port(socket.SOCK_STREAM))
    rules = DeskRules((LOOKS_ONLY,), (("1234", Right.OPERATE),))
    held = HeldPorts(FrontDeskConfig(udp=(place,), tcp=(line_place,), rules=rules))
    held.config()
    with sender() as mine, sender() as other, socket.create_connection(line_place) as line:
        desk = conducts(held.config())
        for data in (packet("/cuefocus/connect", "1234"), packet("/cuefocus/subscribe"), packet("/updates", 1)):
            mine.sendto(data, place)
            line.sendall(len(data).to_bytes(4, "big") + data)
        other.sendto(packet("/cuefocus/subscribe"), place)
        other.sendto(packet("/cuefocus/subscribe", 0), place)
        mine.sendto(packet("/cuefocus/next"), place)
        assert len(heard(desk, 1)) == 1
        until_ns = now_ns() + 5 * NS_PER_S
        while len(desk.front.subscribers.asked) < 4 and now_ns() < until_ns:
            desk.pump()
        assert {guest.line for guest, _ in desk.front.peers.proven} == {0, 1}
        next_desk = conducts(held.config())  # the one before was killed: it closed nothing
        assert {guest.line for guest, _ in next_desk.front.peers.proven} == {0}
        for end in (mine, other):
            end.setblocking(False)
            while _one(end):
                pass
        next_desk.tell(STATE)
        told = list(iter(lambda: _one(mine), b""))
        assert any(data.startswith(b"/cuefocus/") for data in told)
        assert any(data.startswith(b"/update/") for data in told)
        assert not _one(other)
        mine.sendto(packet("/cuefocus/panic"), place)
        (word,) = heard(next_desk, 1)
        assert isinstance(word, Command)
        assert word.verb == "panic"
        mine.sendto(packet("/disconnect"), place)
        other.sendto(packet("/cuefocus/status"), place)
        assert len(heard(next_desk, 1)) == 1
        third = conducts(held.config())
        assert third.front.guests == Guests()
        for each in (desk, next_desk, third):
            each.close()
    held.close()


def test_who_is_told_by_udp_is_told_by_the_next_conductor_from_where_it_asked() -> None:
    """Twice killed: the second in line never heard it speak."""
    udp, line_place = ("0.0.0.0", free_port()), (HOST, free_port(socket.SOCK_STREAM))  # noqa: S104 - that is what is tried
    held = HeldPorts(FrontDeskConfig(udp=(udp,), tcp=(line_place,), rules=DeskRules((ALL,))))
    held.config()
    with asking(udp[1]) as who, socket.create_connection(line_place):
        desks = [conducts(held.config())]
        pump_until(desks[0], held, callers=1)
        who.send(packet("/cuefocus/subscribe"))
        for _ in range(20):
            desks[0].pump()
        for _ in range(2):
            desks.append(conducts(held.config()))
            who.setblocking(False)
            while _one(who):
                pass
            who.settimeout(2)
            desks[-1].tell(STATE)
            assert who.recv(2000).startswith(b"/cuefocus/")
        for desk in desks:
            desk.close()
    held.close()


def test_who_spoke_at_a_port_that_is_heard_no_more_is_told_by_another() -> None:
    book, here, gone = make_guest_book(), (HOST, free_port()), (HOST, free_port())
    with sender() as mine:
        to = Guest(*mine.getsockname())
        GuestBook(book).keep(Guests(told=((to, to, DIALECTS[0].name),), ways=(Way(to, gone),)))
        desk = conducts(FrontDeskConfig(udp=(here,), rules=DeskRules((ALL,)), book=book))
        desk.tell(STATE)
        assert mine.recvfrom(2000)[1] == here
        desk.close()
    for fd in book:
        os.close(fd)


def test_who_guessed_too_often_is_not_believed_by_the_next_conductor_either() -> None:
    place, rules = (HOST, free_port()), DeskRules((LOOKS_ONLY,), (("1234", Right.OPERATE),))
    held = HeldPorts(FrontDeskConfig(udp=(place,), rules=rules))
    held.config()
    with sender() as mine:
        desk = conducts(held.config())
        for number in range(5):
            mine.sendto(packet("/cuefocus/connect", f"{number}"), place)
        mine.sendto(packet("/cuefocus/status"), place)
        assert len(heard(desk, 1)) == 1
        next_desk = conducts(held.config())
        mine.sendto(packet("/cuefocus/connect", "1234"), place)
        mine.sendto(packet("/cuefocus/status"), place)
        assert len(heard(next_desk, 1)) == 1
        assert next_desk.front.peers.proven == ()
        assert [host for host, _ in next_desk.front.peers.tired] == [HOST]
        for each in (desk, next_desk):
            each.close()
    held.close()


def test_connections_that_were_cut_off_with_the_conductor_are_told_once() -> None:
    place = HOST, free_port(socket.SOCK_STREAM)
    held = HeldPorts(FrontDeskConfig(tcp=(place,), rules=DeskRules((ALL,))))
    held.config()
    desks = [conducts(held.config())]
    with socket.create_connection(place), socket.create_connection(place):
        with socket.create_connection(place):
            pump_until(desks[0], held, callers=3)
        pump_until(desks[0], held, callers=2)
        desks += [conducts(held.config()) for _ in range(2)]
    told = [[event["text"] for event in desk.news() if event["event"] == "alarm"] for desk in desks]
    assert told == [
        [],
        [f"OSC by TCP was cut off with the conductor before: what {HOST} said last may be lost"],
        [],
    ]
    for desk in desks:
        desk.close()
    held.close()


def pump_until(desk: OscDesk, held: HeldPorts, callers: int) -> None:
    until_ns = now_ns() + 5 * NS_PER_S
    while len(held.guests().lines) != callers and now_ns() < until_ns:
        assert desk.pump() == []
    assert len(held.guests().lines) == callers


def test_nothing_is_kept_where_nothing_is_heard() -> None:
    held = HeldPorts(FrontDeskConfig())
    assert held.config().book == ()
    held.close()


def _one(end: socket.socket) -> bytes:
    try:
        return end.recv(4096)
    except BlockingIOError:
        return b""
