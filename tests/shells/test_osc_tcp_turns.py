"""Connections that say more than can be heard: nobody else waits for them, and little of theirs is kept."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice

import pytest
from pythonosc import slip
from pythonosc.osc_message_builder import OscMessageBuilder

from cuefocus.engine.peers import Guest
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.osc_tcp import MOST_CONNECTIONS, MOST_OF_A_HOST, OscTcp
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.said import Right

HOST, STRANGER, VIEWER = "127.0.0.1", "127.0.0.9", "127.0.0.8"
RIGHTS = {STRANGER: Right.NONE, VIEWER: Right.VIEW}
PATIENCE_NS = 5 * NS_PER_S
FLOODING = 8
PANIC = "/cuefocus/panic"


class Place:
    """A port and those who call."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self.ahead_ns, self.rights = stack, 0, dict(RIGHTS)
        with socket.create_server((HOST, 0)) as trial:
            self.port = int(trial.getsockname()[1])
        self.server = OscTcp(HOST, self.port, right=self._right, clock_ns=lambda: now_ns() + self.ahead_ns)
        stack.callback(self.server.close)

    def _right(self, guest: Guest) -> Right:
        return self.rights.get(guest.host, Right.OPERATE)

    def line(self, host: str = HOST) -> socket.socket:
        return self._stack.enter_context(socket.create_connection((HOST, self.port), source_address=(host, 0)))

    def flood(self, host: str, address: str, lines: int = FLOODING) -> list[socket.socket]:
        """So many connections that have all sent as much as the system takes."""
        flooding = [self.line(host) for _ in range(lines)]
        blob = slip.encode(packet(address)) * 20_000
        for line in flooding:
            line.setblocking(False)
            assert line.send(blob) > 100_000
        return flooding

    def until(self, wanted: Callable[[str, bytes], bool], most: int = 1) -> int:
        """How many packets of others are heard before a certain one, of which so many are taken at a look."""
        others, until_ns = 0, now_ns() + PATIENCE_NS
        while now_ns() < until_ns:
            for guest, data, *_ in islice(self.server.receive(), most):
                if wanted(guest.host, data):
                    return others
                others += 1
        raise AssertionError("it is not heard")


@pytest.fixture
def place() -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(stack)


def packet(address: str) -> bytes:
    return OscMessageBuilder(address).build().dgram


def settle() -> None:
    """What was sent to this machine has come."""
    HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)


@pytest.mark.parametrize("host", [STRANGER, VIEWER])
@pytest.mark.parametrize("address", [PANIC, "/cuefocus/status"])
def test_no_flood_of_those_who_may_not_stop_stands_before_a_stop(place: Place, host: str, address: str) -> None:
    operator = place.line()
    place.flood(host, address)
    place.until(lambda host, _: host != HOST)
    for _ in range(3):
        operator.sendall(slip.encode(packet(PANIC)))
        settle()
        assert place.until(lambda host, _: host == HOST) == 0


@pytest.mark.parametrize("address", [PANIC, "/cuefocus/status"])
def test_each_connection_has_its_turn_whatever_the_others_say(place: Place, address: str) -> None:
    operator = place.line()
    place.flood(HOST, address, lines=6)
    place.until(lambda *_: True)
    operator.sendall(slip.encode(packet("/cuefocus/go")))
    settle()
    assert place.until(lambda _, data: data.startswith(b"/cuefocus/go"), most=50) <= 12


def test_one_without_a_right_has_a_turn_now_and_then_for_it_may_give_a_passcode(place: Place) -> None:
    stranger = place.line(STRANGER)
    place.flood(VIEWER, "/cuefocus/status")
    place.until(lambda host, _: host == VIEWER)
    stranger.sendall(slip.encode(packet("/cuefocus/connect")))
    settle()
    assert place.until(lambda host, _: host == STRANGER, most=50) <= 8


@pytest.mark.parametrize("host", [STRANGER, HOST])
def test_of_those_who_have_gone_little_is_heard_after_a_second(place: Place, host: str) -> None:
    flooding = place.flood(host, "/cuefocus/go")
    for _ in range(50):
        place.until(lambda *_: True)
    for line in flooding:
        line.close()
    place.ahead_ns += NS_PER_S
    heard, ended, until_ns = 0, 0, now_ns() + PATIENCE_NS
    while ended < FLOODING and now_ns() < until_ns:
        heard += len([lost for *_, lost in islice(place.server.receive(), 20) if not lost])
        ended += len(place.server.ended())
    assert ended == FLOODING
    assert heard < 16_000, "of 20,000 each"
    assert not place.server.waiting


def test_of_one_who_says_more_than_can_be_heard_a_stop_is_heard_all_the_same(place: Place) -> None:
    (loud,) = place.flood(VIEWER, "/cuefocus/status", lines=1)
    (operator,) = place.flood(HOST, "/cuefocus/go", lines=1)
    for _ in range(50):
        place.until(lambda *_: True)
    place.ahead_ns += NS_PER_S
    operator.setblocking(True)
    operator.settimeout(0.01)
    rest = slip.encode(packet(PANIC)) * 2
    while rest:
        try:
            rest = rest[operator.send(rest) :]
        except TimeoutError:
            list(islice(place.server.receive(), 3))
    place.until(lambda host, data: host == HOST and data.startswith(PANIC.encode()), most=3)
    assert len(place.server.callers) == 2
    loud.close()


def test_no_more_is_kept_of_a_connection_than_it_may_have(place: Place) -> None:
    place.flood(HOST, PANIC)
    place.flood(STRANGER, PANIC)
    for _ in range(200):
        place.until(lambda *_: True)
    kept = list(place.server.receive())
    assert len(kept) <= (FLOODING * 8192 + FLOODING * 1024) // len(packet(PANIC))


@pytest.mark.parametrize("stranger", [STRANGER, VIEWER])
def test_nobody_who_may_operate_is_hung_up_on_for_those_who_may_not(place: Place, stranger: str) -> None:
    operator = place.line()
    hosts = [f"127.0.0.{number}" for number in range(20, 28)]
    place.rights.update(dict.fromkeys(hosts, RIGHTS[stranger]))
    called = 0
    for host in hosts:
        for _ in range(MOST_OF_A_HOST):
            place.line(host).sendall(slip.encode(packet("/foo")))
            called += 1
        settle()
        list(place.server.receive())
    assert called == MOST_CONNECTIONS
    operator.sendall(slip.encode(packet(PANIC)))
    settle()
    assert place.until(lambda host, _: host == HOST) == 0
    assert len(place.server.callers) == MOST_CONNECTIONS


def test_one_who_may_do_less_than_all_who_have_called_is_not_taken(place: Place) -> None:
    for host in (f"127.0.0.{number}" for number in range(30, 38)):
        for _ in range(MOST_OF_A_HOST):
            place.line(host)
        settle()
        list(place.server.receive())
    late = place.line(STRANGER)
    settle()
    ((guest, _, _, why),) = place.server.receive()
    assert (guest.host, why) == (STRANGER, "64 connections at once, all of hosts that may do more: it is not taken")
    late.settimeout(5)
    assert late.recv(10) == b""
    assert STRANGER not in place.server.callers
    operator = place.line("127.0.0.40")
    operator.sendall(slip.encode(packet(PANIC)))
    settle()
    place.until(lambda host, _: host == "127.0.0.40")


def test_of_a_host_with_too_many_connections_its_last_is_taken_whatever_it_may(place: Place) -> None:
    lines = [place.line(STRANGER) for _ in range(MOST_OF_A_HOST + 1)]
    settle()
    list(place.server.receive())
    assert place.server.callers == [STRANGER] * MOST_OF_A_HOST
    lines[0].settimeout(5)
    assert lines[0].recv(10) == b"", "the first"
