"""Desks while nobody conducts, on real sockets: what is said waits, stops are obeyed at once."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.peers import DeskRules, PeerRule
from cuefocus.errors import DeviceError
from cuefocus.shells.front_desk_config import FrontDeskConfig, front_desk_fields, front_desk_from
from cuefocus.shells.held_ports import HeldPorts
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.orders import Answer, Order
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.stops_watch import SILENT_NS, StopsWatch
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import Right
from tests.shells.test_osc_desk import HOST, free_port, heard, packet, sender
from tests.wire.test_osc import bundle

ALL = PeerRule("all", "127.0.0.0/8", Right.OPERATE)
LOOKS_ONLY = PeerRule("hall", "127.0.0.0/8", Right.VIEW)


@dataclass
class Gap:
    """A port that is held while nobody reads it, and whoever watches its stops."""

    rules: DeskRules
    silent_ns: int = SILENT_NS + NS_PER_MS
    obeys: bool = True
    orders: list[tuple[Order, str]] = field(default_factory=list)
    told: list[Mapping[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = HOST, free_port()
        self.held = HeldPorts(FrontDeskConfig(udp=(self.place,), rules=self.rules))
        self.config = self.held.config()
        self.watch = StopsWatch(
            self.held.lanes_for_stops,
            self.rules,
            beat_ns=lambda: now_ns() - self.silent_ns,
            obeys=self._obey,
            tell=self.told.append,
        )

    def _obey(self, order: Order, source: str) -> Answer:
        if not self.obeys:
            raise DeviceError("nobody obeys")
        self.orders.append((order, source))
        return Answer(True, f"{order.verb} obeyed")

    def alarms(self) -> list[str]:
        return [str(event["text"]) for event in self.told if event["event"] == "alarm"]

    def close(self) -> None:
        self.watch.close()
        self.held.close()


@pytest.fixture
def gap(request: pytest.FixtureRequest) -> Iterator[Gap]:
    made = Gap(getattr(request, "param", DeskRules((ALL,))))
    yield made
    made.close()


def conducts(config: FrontDeskConfig) -> OscDesk:
    """A conductor's desk, told what a process is told."""
    numbers = count(1)
    told = front_desk_from(front_desk_fields(config))
    return OscDesk(told, FrontDesk(told.rules, TriggerTable(["/cue/x"]), lambda: next(numbers)))


def answer(mine: socket.socket) -> list[object]:
    return list(OscMessage(mine.recv(2000)).params)


def test_a_stop_is_obeyed_and_answered_and_an_alarm_tells_of_it(gap: Gap) -> None:
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine) == ["/cuefocus/panic", 1, "panic obeyed"]
    assert gap.orders == [(Order("panic"), "osc:all")]
    [alarm] = gap.alarms()
    assert alarm.startswith("the conductor was silent for 6")
    assert alarm.endswith(f"when OSC from {HOST} came: panic obeyed")


def test_while_somebody_conducts_nothing_is_taken_away(gap: Gap) -> None:
    gap.silent_ns = SILENT_NS - 20 * NS_PER_MS
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert not gap.orders
        desk = conducts(gap.config)
        (command,) = heard(desk, 1)
        assert command.source == "osc:all"
        desk.close()


def test_all_other_words_wait_for_who_conducts_next(gap: Gap) -> None:
    first = conducts(gap.config)
    first.pump()
    first.close()
    with sender() as mine:
        for address in ("/cuefocus/go", "/cuefocus/hold", "/cuefocus/standby"):
            mine.sendto(packet(address, "2"), gap.place)
        gap.watch.look()
        desk = conducts(gap.config)
        words = heard(desk, 2)
        desk.close()
    assert [getattr(word, "verb", "") for word in words] == ["go", "standby"]
    assert gap.orders == [(Order("hold", "2"), "osc:all")]


def test_what_comes_in_one_packet_with_a_stop_and_is_none_is_not_obeyed_and_that_is_said(gap: Gap) -> None:
    with sender() as mine:
        mine.sendto(bundle(packet("/cuefocus/panic"), packet("/cuefocus/go")), gap.place)
        gap.watch.look()
        assert answer(mine)[1] == 1
        assert answer(mine) == ["/cuefocus/go", 0, "nobody conducts just now; say it again"]
    assert [order.verb for order, _ in gap.orders] == ["panic"]


def test_a_flood_of_one_stop_is_given_once_a_look_and_answered_each_time(gap: Gap) -> None:
    with sender() as mine:
        for _ in range(100):
            mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert [answer(mine)[1] for _ in range(100)] == [1] * 100
    assert len(gap.orders) == len(gap.alarms()) == 1


def test_where_motion_does_not_answer_either_that_is_said(gap: Gap) -> None:
    gap.obeys = False
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine) == ["/cuefocus/panic", 0, "nobody obeys"]


@pytest.mark.parametrize("gap", [DeskRules((LOOKS_ONLY,), (("1234", Right.VIEW),))], indirect=True)
def test_who_may_only_look_stops_nothing(gap: Gap) -> None:
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine)[1] == 0
    assert not gap.orders
    assert "/cuefocus/panic is refused" in gap.alarms()[0]


@pytest.mark.parametrize("gap", [DeskRules((LOOKS_ONLY,), (("1234", Right.OPERATE),))], indirect=True)
def test_who_may_have_given_a_passcode_is_believed_in_doubt_and_that_is_told(gap: Gap) -> None:
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine)[1] == 1
    assert f"{HOST} (which may have given a passcode) came" in gap.alarms()[0]


def test_who_calls_by_tcp_while_nobody_conducts_is_heard_by_who_conducts_next() -> None:
    place = HOST, free_port(socket.SOCK_STREAM)
    held = HeldPorts(FrontDeskConfig(tcp=(place,), rules=DeskRules((ALL,))))
    first = conducts(held.config())
    first.pump()
    first.close()
    with socket.create_connection(place) as line:
        data = packet("/cuefocus/go")
        line.sendall(len(data).to_bytes(4, "big") + data)
        desk = conducts(held.config())
        assert len(heard(desk, 1)) == 1
        desk.close()
    held.close()


def test_a_port_that_is_taken_when_the_run_begins_is_held_once_it_is_free() -> None:
    place = HOST, free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(place)
        held = HeldPorts(FrontDeskConfig(udp=(place,), tcp=()))
        config = held.config()
        assert config.held == ()
        desk = conducts(config)
        desk.pump()
        assert "taken by another program" in str(desk.news())
        desk.close()
    assert [port.port for port in held.config().held] == [place[1]]
    assert held.config().held == held.config().held
    held.close()
