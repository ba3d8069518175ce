"""Desks while nobody conducts, on real sockets: what is said waits, stops are obeyed at once."""

import json
import os
import select
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from errno import ECONNREFUSED
from itertools import count

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.engine.front_desk import NOBODY_CONDUCTS, FrontDesk
from cuefocus.engine.peers import DeskRules, Guest, PeerRule
from cuefocus.engine.ports import Command
from cuefocus.errors import DeviceError
from cuefocus.shells import desk_port
from cuefocus.shells.front_desk_config import FrontDeskConfig, front_desk_fields, front_desk_from
from cuefocus.shells.held_ports import HeldPorts
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.orders import Answer, Order
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.stops_watch import SILENT_NS, Obeys, StopsWatch
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import Right
from tests.shells.test_osc_desk import HOST, free_port, heard, out_of_descriptors, packet, sender
from tests.wire.test_osc import bundle

REAL_COPY_OF = desk_port.copy_of
_IP_RECVERR = 11  # linux/in.h
ALL = PeerRule("all", "127.0.0.0/8", Right.OPERATE)
LOOKS_ONLY = PeerRule("hall", "127.0.0.0/8", Right.VIEW)
SHOW = ShowView(
    "Duet", cues={cue: CueView(cue, camera=camera, axis="focus") for cue, camera in (("1", "A"), ("2", "1"))}
)


@dataclass
class Gap:
    """A port that is held while nobody reads it, and whoever watches its stops."""

    rules: DeskRules
    silent_ns: int = SILENT_NS + 9 * NS_PER_MS
    ahead_ns: int = 0
    looked_ns: int = 0
    obeys: bool = True
    orders: list[tuple[Order, str]] = field(default_factory=list)
    told: list[Mapping[str, object]] = field(default_factory=list)
    hangs: bool = False
    waited: list[int] = field(default_factory=list)
    obeys_by: Obeys | None = None
    show: ShowView = SHOW

    def __post_init__(self) -> None:
        self.place = HOST, free_port()
        self.held = HeldPorts(FrontDeskConfig(udp=(self.place,), rules=self.rules))
        self.config = self.held.config()
        self.watch = StopsWatch(
            self.held.lanes_for_stops,
            self.rules,
            show=self.show,
            triggers=("/stop", "/cue/x"),
            guests=self.held.guests,
            beat_ns=lambda: self.looked_ns - self.silent_ns,
            obeys=self._obey,
            tell=self.told.append,
            clock_ns=self._look,
        )

    def _look(self) -> int:
        """The clock. What is silent was so long when it was looked at last, however slow the machine."""
        self.looked_ns = now_ns()
        return self.looked_ns + self.ahead_ns

    def _obey(self, order: Order, source: str, timeout_ns: int) -> Answer:
        self.waited.append(timeout_ns)
        if self.obeys_by is not None:
            return self.obeys_by(order, source, timeout_ns)
        if self.hangs:
            self.ahead_ns += timeout_ns
            raise DeviceError("no answer in time")
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


def test_a_watch_that_may_open_nothing_watches_as_soon_as_it_may(gap: Gap) -> None:
    with out_of_descriptors():
        gap.watch.look()
    gap.ahead_ns = 2 * NS_PER_S  # it is tried again each second
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine) == ["/cuefocus/panic", 1, "panic obeyed"]


def test_an_error_on_a_port_that_is_held_costs_neither_lane(gap: Gap) -> None:
    """Its copies are closed and made anew, while the kernel knows the port all the time."""
    ahead_ns = 0
    desk = OscDesk(
        gap.config, FrontDesk(gap.rules, TriggerTable([]), count(1).__next__), clock_ns=lambda: now_ns() + ahead_ns
    )
    desk.pump()
    (held,) = gap.held.config().held
    with ExitStack() as stack:
        mine, lanes = stack.enter_context(sender()), [socket.socket(fileno=os.dup(fd)) for fd in held.fds]
        for lane in map(stack.enter_context, lanes):
            lane.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        for lane in lanes:
            lane.sendto(b"", (HOST, 1))  # nobody listens there, and the port is told so
            desk.pump()
            ahead_ns += 2 * NS_PER_S
            for address in ("/cuefocus/go", "/cuefocus/panic"):
                mine.sendto(packet(address), gap.place)
                assert [event.source for event in heard(desk, 1)] == ["osc:all"]
    desk.close()


def fails_at(lanes: list[socket.socket]) -> int:
    """A port where nobody listens, of which the second of two lanes is told: the kernel chooses one by the port."""
    told = select.poll()
    for lane in lanes:
        lane.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        told.register(lane, 0)
    for dead in range(1, 100):
        lanes[1].sendto(b"", (HOST, dead))
        rung = [fd for fd, _ in told.poll(5_000)]
        for lane in lanes:
            lane.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # which takes it back
            with suppress(BlockingIOError):
                lane.recvmsg(1, 512, socket.MSG_ERRQUEUE)
        if rung == [lanes[1].fileno()]:
            return dead
    raise AssertionError("the second lane is told of none")


@contextmanager
def failing_lane(fds: Sequence[int]) -> Iterator[Callable[[], None]]:
    """What makes the second of two lanes, the one for stops, fail whenever it is called."""
    with ExitStack() as stack:
        lanes = [stack.enter_context(socket.socket(fileno=os.dup(fd))) for fd in fds]
        dead, failed = fails_at(lanes), select.poll()
        failed.register(lanes[1], 0)

        def fail() -> None:
            lanes[1].sendto(b"", (HOST, dead))
            assert failed.poll(5_000)

        yield fail


def test_a_lane_for_stops_that_fails_is_told_of_once_and_opened_anew_without_a_churn(
    gap: Gap, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_ns, copies = 0, list[int]()

    def copied(fd: int) -> socket.socket:
        copies.append(fd)
        return REAL_COPY_OF(fd)

    monkeypatch.setattr(desk_port, "copy_of", copied)
    desk = OscDesk(
        gap.config, FrontDesk(gap.rules, TriggerTable([]), count(1).__next__), clock_ns=lambda: now_ns() + ahead_ns
    )
    desk.pump()
    desk.news()
    (held,) = gap.held.config().held
    with sender() as mine, failing_lane(held.fds) as fail:
        for _ in range(3):
            copies.clear()
            fail()
            for _ in range(50):
                desk.pump()
            due_ns = desk.next_due_ns
            assert copies in ([], list(held.fds)), "no more than once, however often it is looked at"
            assert due_ns is None or due_ns - ahead_ns - now_ns() < 100 * NS_PER_MS, "no stop waits for long"
            ahead_ns += 100 * NS_PER_MS
            mine.sendto(packet("/cuefocus/panic"), gap.place)
            assert [event.source for event in heard(desk, 1)] == ["osc:all"]
            assert copies == list(held.fds)
            ahead_ns += NS_PER_S
    [alarm] = [str(event["text"]) for event in desk.news()]
    assert alarm == (
        f"OSC, UDP port {gap.place[1]}, {HOST}: the lane for stops has failed, and is opened anew: "
        f"OSC cannot be heard: {os.strerror(ECONNREFUSED)}"
    )
    desk.close()


def test_an_error_on_the_lane_for_stops_keeps_no_stop_waiting_for_long(gap: Gap) -> None:
    gap.watch.look()
    (held,) = gap.held.config().held
    with sender() as mine, failing_lane(held.fds) as fail:
        fail()
        gap.watch.look()
        gap.ahead_ns += 50 * NS_PER_MS
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine) == ["/cuefocus/panic", 1, "panic obeyed"]


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


@pytest.mark.parametrize(
    ("said", "targets"),
    [
        ([("/cue/2/stop",)], ["1.focus"]),
        ([("/cue/{1,2}/pause",)], ["A.focus", "1.focus"]),
        ([("/cue/active/stop",)], ["A.focus", "1.focus"]),
        ([("/workspace/Duet/stop",)], [""]),
        ([("/cuefocus/hold", "1")], ["1"]),
    ],
)
def test_what_stops_beside_a_stop_is_for_the_axes_that_the_conductor_would_hold(
    gap: Gap, said: list[tuple[str, ...]], targets: list[str]
) -> None:
    """Which cues are under way nobody knows, so any may be."""
    with sender() as mine:
        mine.sendto(bundle(packet("/cuefocus/hold", "C"), *(packet(*one) for one in said)), gap.place)
        gap.watch.look()
    assert [order.target for order, _ in gap.orders] == ["C", *targets]
    under_way = FrontDesk(gap.rules, TriggerTable([]), count(1).__next__)
    under_way.view = ShowView("Duet", cues={key: replace(cue, running=True) for key, cue in SHOW.cues.items()})
    heard = under_way.hear(bundle(*(packet(*one) for one in said)), 0, Guest(HOST, 9), lambda _: 0)
    assert [event.target for event in heard.events if isinstance(event, Command)] == targets


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (("/cuefocus/subscribe", 1), ["/cuefocus/subscribe", 0, f"refused: {NOBODY_CONDUCTS}"]),
        (("/cuefocus/connect", "1234"), ["/cuefocus/connect", 0, f"refused: {NOBODY_CONDUCTS}"]),
        (("/cuefocus/ping", 7), ["/cuefocus/ping", 0, f"refused: {NOBODY_CONDUCTS}"]),
    ],
)
@pytest.mark.parametrize("gap", [DeskRules((LOOKS_ONLY,), (("1234", Right.OPERATE),))], indirect=True)
def test_what_who_conducts_next_would_not_know_of_is_not_answered_as_done(
    gap: Gap, said: tuple[str | float, ...], answered: list[object]
) -> None:
    with sender() as mine:
        mine.sendto(bundle(packet("/cuefocus/panic"), packet(str(said[0]), *said[1:])), gap.place)
        gap.watch.look()
        assert answer(mine) == answered
        assert answer(mine)[:2] == ["/cuefocus/panic", 1]


def test_a_question_beside_a_stop_is_not_answered_by_who_does_not_know(gap: Gap) -> None:
    with sender() as mine:
        mine.sendto(bundle(packet("/panic"), packet("/cue/1/isRunning")), gap.place)
        gap.watch.look()
        told = [json.loads(str(answer(mine)[0])) for _ in range(2)]
    assert [(one["address"], one["status"]) for one in told] == [("/cue/1/isRunning", "error"), ("/panic", "ok")]


def test_what_would_have_fired_a_cue_is_told_and_not_fired(gap: Gap) -> None:
    """REAPER's feedback is sent to an address that is a stop of QLab's, and so to who watches for stops."""
    with sender() as mine:
        mine.sendto(packet("/stop", 1.0), gap.place)
        mine.sendto(bundle(packet("/cuefocus/hold", "A"), packet("/cue/x")), gap.place)
        gap.watch.look()
    assert [order.target for order, _ in gap.orders] == ["A"]
    assert (
        f"OSC from {HOST} (2 times): /stop: {NOBODY_CONDUCTS}; /cue/x: {NOBODY_CONDUCTS}; it is not obeyed"
        in gap.alarms()
    )


def test_a_flood_of_one_stop_is_given_as_said_first_and_last_and_answered_each_time(gap: Gap) -> None:
    """A word that was said between the two is too late, one that was said after both is not."""
    began_ns = now_ns()
    with sender() as mine:
        for _ in range(100):
            mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert [answer(mine)[1] for _ in range(100)] == [1] * 100
    first, last = (order.said_ns for order, _ in gap.orders)
    assert began_ns < first < last < now_ns()
    assert len(gap.alarms()) == 1


def test_a_stop_said_again_while_it_is_obeyed_is_given_once_more(gap: Gap) -> None:
    """Its first saying may be older than a resume that waits for who conducts next; its second is not."""
    with sender() as mine:

        def obey(order: Order, source: str, timeout_ns: int) -> Answer:
            del timeout_ns
            gap.orders.append((order, source))
            if len(gap.orders) == 1:
                for _ in range(20):
                    mine.sendto(packet("/cuefocus/panic"), gap.place)
            return Answer(True, "obeyed")

        gap.obeys_by = obey
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert [answer(mine)[1] for _ in range(21)] == [1] * 21
    assert len(gap.orders) == 2
    assert len(gap.alarms()) == 1


def test_where_motion_does_not_answer_either_that_is_said(gap: Gap) -> None:
    gap.obeys = False
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine) == ["/cuefocus/panic", 0, "nobody obeys"]


def test_a_stop_said_again_later_is_given_again_and_answered_again(gap: Gap) -> None:
    with sender() as mine:
        for _ in range(3):
            mine.sendto(packet("/cuefocus/panic"), gap.place)
            gap.watch.look()
            assert answer(mine) == ["/cuefocus/panic", 1, "panic obeyed"]
    assert len(gap.orders) == 3


@pytest.mark.parametrize("bundled", [False, True])
def test_while_motion_hangs_a_look_takes_its_time_and_no_more_and_motion_has_every_stop(
    gap: Gap, bundled: bool
) -> None:
    gap.hangs = True
    stops = [packet("/cuefocus/hold", str(number)) for number in range(10, 210)]
    looks = 0
    with sender() as mine:
        for data in [bundle(*stops)] if bundled else stops:
            mine.sendto(data, gap.place)
        while len(gap.waited) < len(stops) and looks < 20:
            looks, before_ns = looks + 1, gap.ahead_ns
            gap.watch.look()
            assert gap.ahead_ns - before_ns <= 1500 * NS_PER_MS
        assert looks < 10
        gap.hangs = False
        for _ in range(2):
            mine.sendto(packet("/cuefocus/panic"), gap.place)
            gap.watch.look()
    assert [gap.waited[at] // NS_PER_MS for at in (0, 1, -2, -1)] == [500, 20, 20, 500]


@pytest.mark.parametrize(
    ("gap", "obeyed", "told"),
    [
        (DeskRules((LOOKS_ONLY,), (("1234", Right.VIEW),)), 0, "/cuefocus/panic is refused"),
        (DeskRules((LOOKS_ONLY,), (("1234", Right.OPERATE),)), 1, f"{HOST} (which may have given a passcode) came"),
    ],
    indirect=["gap"],
)
def test_who_may_only_look_stops_nothing_unless_it_may_have_given_a_passcode(gap: Gap, obeyed: int, told: str) -> None:
    with sender() as mine:
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine)[1] == obeyed
    assert len(gap.orders) == obeyed
    assert told in gap.alarms()[0]


@pytest.mark.parametrize("gap", [DeskRules((LOOKS_ONLY,), (("1234", Right.OPERATE),))], indirect=True)
def test_of_who_gave_the_conductor_a_passcode_there_is_no_doubt(gap: Gap) -> None:
    desk = conducts(gap.config)
    with sender() as mine:
        mine.sendto(packet("/cuefocus/connect", "1234"), gap.place)
        mine.sendto(packet("/cuefocus/next"), gap.place)
        assert len(heard(desk, 1)) == 1
        assert answer(mine)[1] == 1
        mine.sendto(packet("/cuefocus/panic"), gap.place)
        gap.watch.look()
        assert answer(mine)[1] == 1
    assert f"when OSC from {HOST} came: panic obeyed" in gap.alarms()[0]
    desk.close()


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
