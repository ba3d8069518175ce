"""News to somebody who has not spoken leave by the port that reaches him, whichever stands first in the rig."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.engine.peers import CompanionRule, DeskRules
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.own_host import own_address_towards
from tests.shells.test_osc_desk import free_port, front_desk_on

HERE = "127.0.0.1"
OUTWARD = own_address_towards("192.0.2.77")
NEWS = {"event": "alarm", "text": "look", "host_ns": 0}
needs_a_network = pytest.mark.skipif(OUTWARD is None, reason="needs a network besides this machine's own")


@contextmanager
def told_at(host: str) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as made:
        made.bind((host, 0))
        made.settimeout(5)
        yield made


def tells(desk: OscDesk, who: socket.socket) -> tuple[str, tuple[str, int]]:
    """What he is told, and by whom."""
    desk.pump()
    desk.tell(NEWS)
    packet, (host, port) = who.recvfrom(2000)
    return OscMessage(packet).address, (host, port)


@needs_a_network
@pytest.mark.parametrize("kind", ["send", "companion"])
def test_who_is_told_beyond_this_machine_is_told_by_the_port_of_that_network(kind: str) -> None:
    assert OUTWARD is not None
    port = free_port(host=OUTWARD)
    with told_at(OUTWARD) as who, told_at(HERE) as near:
        places = [each.getsockname() for each in (who, near)]
        rules = (
            DeskRules(told=tuple(places))
            if kind == "send"
            else DeskRules(companions=tuple(CompanionRule(*each) for each in places))
        )
        with closing(front_desk_on(FrontDeskConfig(udp=((HERE, port), (OUTWARD, port)), rules=rules))) as desk:
            assert tells(desk, who)[1] == (OUTWARD, port)
            assert near.recvfrom(2000)[1] == (HERE, port)


@needs_a_network
def test_who_is_told_is_told_also_where_nothing_is_heard_on_his_network() -> None:
    assert OUTWARD is not None
    with told_at(OUTWARD) as who:
        rules = DeskRules(told=(who.getsockname(),))
        with closing(front_desk_on(FrontDeskConfig(udp=((HERE, free_port()),), rules=rules))) as desk:
            address, (host, _) = tells(desk, who)
    assert (address, host) == ("/cuefocus/out/alarm", OUTWARD)


def test_where_there_is_no_way_nothing_happens() -> None:
    with closing(front_desk_on(FrontDeskConfig(rules=DeskRules(told=(("fe80::1%none9", 9000),))))) as desk:
        desk.tell(NEWS)
