"""Desks on real sockets: both lanes of a UDP port, TCP in both framings, answers, floods."""

import errno
import json
import os
import resource
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from time import thread_time_ns

import pytest
from pythonosc import slip
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.outcome import Reply
from cuefocus.engine.peers import CompanionRule, DeskRules, Guest, PeerRule
from cuefocus.engine.ports import Command, Trigger
from cuefocus.errors import DeviceError
from cuefocus.shells.desk_port import DeskPort, lanes
from cuefocus.shells.front_desk_config import FrontDeskConfig, front_desk_fields, front_desk_from
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.kernel_stamps import STAMP_BYTES, KernelStamps, wall_now_ns
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.osc_tcp import MOST_OF_A_HOST, OscTcp
from cuefocus.shells.udp_inlet import UdpPort, open_udp
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.dialects.addresses import CUE
from cuefocus.wire.dialects.all import DIALECTS
from cuefocus.wire.dialects.dialect import ShowView
from cuefocus.wire.osc import OscMessage as OscRead
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import STOPS, Right
from tests.shells.crowded import Crowd

HOST = "127.0.0.1"
PATIENCE_NS = 5 * NS_PER_S
NO_ROOM = os.strerror(errno.ENOSPC)


def packet(address: str, *arguments: str | float) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


def free_port(kind: int = socket.SOCK_DGRAM, host: str = HOST) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as trial:
        trial.bind((host, 0))
        return int(trial.getsockname()[1])


def desk_on(*, udp: int = 0, tcp: int = 0, host: str = HOST, rules: DeskRules | None = None) -> OscDesk:
    return front_desk_on(FrontDeskConfig(((host, udp),) * bool(udp), ((host, tcp),) * bool(tcp), rules or DeskRules()))


def front_desk_on(config: FrontDeskConfig, clock_ns: Callable[[], int] = now_ns) -> OscDesk:
    numbers = count(1)
    return OscDesk(config, FrontDesk(config.rules, TriggerTable(["/cue/x"]), lambda: next(numbers)), clock_ns=clock_ns)


def evenly() -> Callable[[], int]:
    """A clock by which each look at it takes 10 µs, however slow the machine."""
    return partial(next, count(now_ns(), 10_000))


@pytest.fixture
def udp_desk() -> Iterator[tuple[OscDesk, int]]:
    port = free_port()
    desk = desk_on(udp=port)
    yield desk, port
    desk.close()


def heard(desk: OscDesk, wanted: int) -> list[Command | Trigger]:
    """What comes in the next seconds, until there is as much as wanted."""
    events: list[Command | Trigger] = []
    until_ns = now_ns() + PATIENCE_NS
    while len(events) < wanted and now_ns() < until_ns:
        events += desk.pump()
    return events


def sender(host: str = HOST) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.settimeout(5)
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_word_by_udp_is_heard_and_answered(host: str) -> None:
    port = free_port(host=host)
    desk = desk_on(udp=port, host=host)
    with sender(host) as mine:
        before_ns = now_ns()
        mine.sendto(packet("/cuefocus/go"), (host, port))
        (command,) = heard(desk, 1)
        assert isinstance(command, Command)
        assert (command.verb, command.source) == ("go", f"osc:{host}")
        assert before_ns - 1_000_000 < command.stamp_ns <= now_ns()
        desk.answer(Reply(command.id, command.source, True, "gone", {}))
        assert OscMessage(mine.recv(2000)).params == ["/cuefocus/go", 1, "gone"]
    desk.close()


@pytest.mark.parametrize("framing", ["slip", "length"])
def test_words_by_tcp_are_heard_in_either_framing_and_answered_in_the_same(framing: str) -> None:
    port = free_port(socket.SOCK_STREAM)
    desk = desk_on(tcp=port)
    go, trigger = packet("/cuefocus/go"), packet("/cue/x")

    def framed(data: bytes) -> bytes:
        return b"\xc0" + data + b"\xc0" if framing == "slip" else len(data).to_bytes(4, "big") + data

    with socket.create_connection((HOST, port)) as line:
        line.sendall(framed(go) + framed(trigger)[:3])
        (command,) = heard(desk, 1)
        line.sendall(framed(trigger)[3:])
        (fired,) = heard(desk, 1)
        assert isinstance(command, Command)
        assert isinstance(fired, Trigger)
        desk.answer(Reply(command.id, command.source, False, "no", {}))
        line.settimeout(5)
        assert framed(packet("/cuefocus/out/reply", "/cuefocus/go", 0, "no")) == line.recv(2000)
    desk.close()


def test_a_line_that_speaks_no_osc_is_hung_up_on_and_told() -> None:
    port = free_port(socket.SOCK_STREAM)
    desk = desk_on(tcp=port)
    with socket.create_connection((HOST, port)) as line:
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        line.settimeout(0.02)
        until_ns, ended = now_ns() + PATIENCE_NS, False
        while not ended and now_ns() < until_ns:
            desk.pump()
            try:
                ended = line.recv(10) == b""
            except TimeoutError:
                continue
            except ConnectionResetError:
                ended = True
        assert ended
    (told,) = [fields for fields in desk.news() if fields["event"] == "alarm"]
    assert "is no OSC" in str(told["text"])
    desk.close()


@pytest.fixture
def stamping() -> Iterator[None]:
    """The kernel begins to stamp a moment after it is asked to; until then it stamps what is fetched."""
    with open_udp(UdpPort("OSC", "test", HOST, free_port())) as asks:
        stamps, age_ns, until_ns = KernelStamps(now_ns), 0, now_ns() + PATIENCE_NS
        while age_ns < NS_PER_MS and now_ns() < until_ns:
            asks.sendto(b"x", asks.getsockname())
            HostClock().sleep_until(now_ns() + 2 * NS_PER_MS)
            _, ancillary, *_ = asks.recvmsg(1, STAMP_BYTES)
            age_ns = now_ns() - stamps.host_ns(ancillary)
        yield


@pytest.mark.usefixtures("stamping")
@pytest.mark.parametrize("way", ["called before", "called meanwhile", "udp"])
def test_words_that_waited_while_nobody_looked_are_as_old_as_they_are(way: str) -> None:
    asleep_ns = 0
    kind = socket.SOCK_DGRAM if way == "udp" else socket.SOCK_STREAM
    port = free_port(kind)
    here = ((HOST, port),)
    config = FrontDeskConfig(udp=here) if way == "udp" else FrontDeskConfig(tcp=here)
    desk = OscDesk(
        config,
        FrontDesk(DeskRules(), TriggerTable(["/cue/x"]), count(1).__next__),
        clock_ns=lambda: now_ns() + asleep_ns,
        wall_ns=lambda: wall_now_ns() + asleep_ns,
    )
    with socket.socket(socket.AF_INET, kind) as line:
        if way != "called meanwhile":
            line.connect((HOST, port))
            line.sendall(packet("/cuefocus/next") if way == "udp" else slip.encode(packet("/cuefocus/next")))
            assert len(heard(desk, 1)) == 1
        else:
            line.connect((HOST, port))
        for word in ("/cuefocus/go", "/cue/x", "/cuefocus/back"):
            line.sendall(packet(word) if way == "udp" else slip.encode(packet(word)))
        asleep_ns = NS_PER_S
        events = heard(desk, 3)
    assert len(events) == 3
    assert min(now_ns() + asleep_ns - event.stamp_ns for event in events) >= NS_PER_S
    desk.close()


def test_a_stop_passes_a_full_queue() -> None:
    port = free_port()
    desk = front_desk_on(FrontDeskConfig(((HOST, port),), (), DeskRules()), evenly())
    with sender() as mine:
        for number in range(5000):
            mine.sendto(packet("/some/fader", number), (HOST, port))
        mine.sendto(packet("/cuefocus/go"), (HOST, port))
        for address in ("/cuefocus/panic", "/panic", "/panicInTime", "/workspace/cuefocus/panic", "/stop"):
            mine.sendto(packet(address), (HOST, port))
        panic = packet("/cuefocus/panic")
        mine.sendto(b"#bundle\0" + bytes(7) + b"\1" + len(panic).to_bytes(4, "big") + panic, (HOST, port))
        first = desk.pump()
    assert [event.verb for event in first if isinstance(event, Command)] == [*["panic"] * 4, "hold", "panic"]
    assert [event.verb for event in heard(desk, 1) if isinstance(event, Command)] == ["go"]
    desk.close()


def test_stops_of_somebody_who_may_not_stop_leave_room_for_those_who_may() -> None:
    port, mine, theirs = free_port(), sender(), sender("127.0.0.2")
    rules = DeskRules(peers=(PeerRule("viewer", "127.0.0.2/32", Right.VIEW),))
    desk = front_desk_on(FrontDeskConfig(((HOST, port),), (), rules), evenly())
    for number in range(2000):
        theirs.sendto(packet("/cuefocus/panic", number), (HOST, port))
    mine.sendto(packet("/cuefocus/panic"), (HOST, port))
    turns = 1
    while not (events := desk.pump()) and turns < 50:
        turns += 1
    assert [event.source for event in events if isinstance(event, Command)] == ["osc:127.0.0.1"]
    assert turns <= 30, "66 of them a turn of 2 ms, three looks at the clock each"
    mine.close()
    theirs.close()
    desk.close()


@pytest.mark.parametrize("by", ["udp", "tcp"])
def test_a_stop_does_not_pass_the_passcode_before_it(by: str) -> None:
    rules = DeskRules(peers=(PeerRule("viewer", "127.0.0.2/32", Right.VIEW),), passcodes=(("5678", Right.OPERATE),))
    kind = socket.SOCK_DGRAM if by == "udp" else socket.SOCK_STREAM
    port = free_port(kind)
    desk = desk_on(udp=port, rules=rules) if by == "udp" else desk_on(tcp=port, rules=rules)
    with socket.socket(socket.AF_INET, kind) as line:
        line.bind(("127.0.0.2", 0))
        line.connect((HOST, port))
        for word in (packet("/cuefocus/connect", "5678"), packet("/cuefocus/panic")):
            line.sendall(word if by == "udp" else slip.encode(word))
        assert [event.verb for event in heard(desk, 1) if isinstance(event, Command)] == ["panic"]
    desk.close()


@pytest.mark.parametrize("words", [("resume", "arm", "engage", "panic"), ("resume", "hold"), ("panic", "resume")])
def test_what_a_connection_says_at_once_is_as_old_as_its_order_says_though_stops_come_first(
    words: tuple[str, ...],
) -> None:
    port = free_port(socket.SOCK_STREAM)
    desk = desk_on(tcp=port)
    with socket.create_connection((HOST, port)) as line:
        line.sendall(b"".join(slip.encode(packet(f"/cuefocus/{word}")) for word in words))
        commands = [event for event in heard(desk, len(words)) if isinstance(event, Command)]
    assert commands[0].verb in STOPS, "it passes the others"
    assert tuple(command.verb for command in sorted(commands, key=lambda one: one.stamp_ns)) == words
    assert len({command.stamp_ns for command in commands}) == len(words)
    desk.close()


def test_stops_of_a_host_that_may_not_stop_leave_room_for_the_one_behind_a_passcode() -> None:
    peers = (PeerRule("viewers", "127.0.0.2/31", Right.VIEW),)
    rules = DeskRules(peers=peers, passcodes=(("5678", Right.OPERATE),))
    port, mine, theirs = free_port(), sender("127.0.0.3"), sender("127.0.0.2")
    desk = front_desk_on(FrontDeskConfig(((HOST, port),), (), rules), evenly())
    for number in range(100):
        theirs.sendto(packet("/cuefocus/panic", number), (HOST, port))
    assert desk.pump() == []
    mine.sendto(packet("/cuefocus/connect", "5678"), (HOST, port))
    mine.sendto(packet("/cuefocus/panic"), (HOST, port))
    assert [event.source for event in heard(desk, 1) if isinstance(event, Command)] == ["osc:viewers"]
    mine.close()
    theirs.close()
    desk.close()


def test_a_flood_by_tcp_takes_its_share_and_lets_a_stop_pass() -> None:
    port = free_port(socket.SOCK_STREAM)
    desk = desk_on(tcp=port)
    flood = b"".join(b"\xc0" + packet("/cuefocus/slate", str(number)) + b"\xc0" for number in range(8000))
    with socket.create_connection((HOST, port)) as loud, socket.create_connection((HOST, port)) as other:
        loud.setblocking(False)
        sent = loud.send(flood)
        begun_ns = thread_time_ns()
        events = desk.pump()
        took_ns = thread_time_ns() - begun_ns
        assert 0 < len(events) < sent // 50, "a share"
        assert took_ns < 50_000_000
        other.sendall(b"\xc0" + packet("/cuefocus/panic") + b"\xc0")
        later: list[Command | Trigger] = []
        until_ns = now_ns() + PATIENCE_NS
        while not any(isinstance(one, Command) and one.verb == "panic" for one in later) and now_ns() < until_ns:
            later += desk.pump()
        place = next(at for at, one in enumerate(later) if isinstance(one, Command) and one.verb == "panic")
        assert place < 1200, "not behind all that was sent before it"
    desk.close()


def test_too_many_connections_cost_the_one_that_was_silent_longest() -> None:
    port = free_port(socket.SOCK_STREAM)
    desk = desk_on(tcp=port)
    lines = [socket.create_connection((HOST, port)) for _ in range(MOST_OF_A_HOST)]
    for line in lines[1:]:
        line.sendall(b"\xc0" + packet("/cuefocus/ping") + b"\xc0")
    until_ns = now_ns() + PATIENCE_NS
    answered = 0
    while answered < len(lines) - 1 and now_ns() < until_ns:
        desk.pump()
        answered = sum(bool(select.select([line], [], [], 0)[0]) for line in lines[1:])
    late = socket.create_connection((HOST, port))
    late.sendall(b"\xc0" + packet("/cuefocus/go") + b"\xc0")
    assert [event.verb for event in heard(desk, 1) if isinstance(event, Command)] == ["go"]
    lines[0].settimeout(5)
    assert lines[0].recv(10) == b"", "the silent one"
    assert any("silent longest" in str(fields.get("text")) for fields in desk.news())
    for made in (*lines, late):
        made.close()
    desk.close()


def test_a_turn_takes_a_bounded_share_and_comes_back_for_the_rest(udp_desk: tuple[OscDesk, int]) -> None:
    desk, port = udp_desk
    with sender() as mine:
        for number in range(3000):
            mine.sendto(packet("/cuefocus/slate", str(number)), (HOST, port))
        turns = 0
        got: list[Command | Trigger] = []
        until_ns = now_ns() + PATIENCE_NS
        while len(got) < 3000 - desk.dropped and now_ns() < until_ns:
            got += desk.pump()
            turns += 1
    values = [int(event.value) for event in got if isinstance(event, Command)]
    assert values == sorted(values)
    assert len(values) == 3000 - desk.dropped
    assert turns > 3


def test_a_port_that_is_taken_is_told_and_tried_again() -> None:
    port = free_port()
    with open_udp(UdpPort("another", "test", HOST, port)):
        desk = desk_on(udp=port)
        (told,) = desk.news()
        assert "is taken by another program" in str(told["text"])
        assert desk.next_due_ns is not None
    until_ns = now_ns() + PATIENCE_NS
    news: list[dict[str, object]] = []
    while not news and now_ns() < until_ns:
        desk.pump()
        news += desk.news()
    assert "heard" in str(news[0]["desk"])
    with sender() as mine:
        mine.sendto(packet("/cue/x"), (HOST, port))
        assert len(heard(desk, 1)) == 1
    desk.close()


def test_all_addresses_of_either_kind_are_told_apart() -> None:
    port = free_port()
    everywhere = (("0.0.0.0", port), ("::", port))  # noqa: S104 - that is what is tried
    desk = front_desk_on(FrontDeskConfig(udp=everywhere, tcp=everywhere, rules=DeskRules()))
    places = [f"{kind} port {port}, all {family} addresses" for kind in ("TCP", "UDP") for family in ("IPv4", "IPv6")]
    assert [event["desk"] for event in desk.news()] == [f"heard: OSC, {place}" for place in places]
    other = front_desk_on(FrontDeskConfig(udp=everywhere, rules=DeskRules()))
    assert [str(event["text"]).partition("; OSC ")[2] for event in other.news()] == [
        f"is not heard at all {family} addresses, and is tried again" for family in ("IPv4", "IPv6")
    ]
    desk.close()
    other.close()


def test_a_tcp_port_that_is_taken_is_told_once_and_heard_when_it_is_free() -> None:
    with socket.create_server((HOST, 0)) as another:
        port = int(another.getsockname()[1])
        desk = desk_on(tcp=port)
        (told,) = desk.news()
        assert f"cannot be heard at {HOST}, port {port}" in str(told["text"])
        assert desk.next_due_ns is not None
    until_ns = now_ns() + PATIENCE_NS
    news: list[dict[str, object]] = []
    while not news and now_ns() < until_ns:
        desk.pump()
        news += desk.news()
    assert [fields.get("desk") for fields in news] == [f"heard: OSC, TCP port {port}, {HOST}"]
    with socket.create_connection((HOST, port)) as line:
        line.sendall(slip.encode(packet("/cue/x")))
        assert len(heard(desk, 1)) == 1
    desk.close()


def test_a_connection_whose_network_has_gone_is_hung_up_on_and_harms_nobody() -> None:
    port = free_port(socket.SOCK_STREAM)
    server = OscTcp(HOST, port)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((HOST, port))
        line.sendall(slip.encode(packet("/cuefocus/ping")))
        until_ns = now_ns() + PATIENCE_NS
        guests: list[Guest] = []
        while not guests and now_ns() < until_ns:
            guests = [guest for guest, *_ in server.receive()]
        with our_end_of(line) as ours:
            ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1)  # as if it had been away for minutes
            while select.select([], [ours], [], 0.05)[1]:
                server.send(guests[0].line, bytes(20_000))
            failed = select.poll()
            failed.register(ours, 0)
            assert failed.poll(30_000), "the kernel gives it up"
        server.send(guests[0].line, packet("/news"))
        assert server.ended() == guests
    server.close()


def test_who_hangs_up_while_words_of_its_wait_is_let_go_when_they_have_been_heard() -> None:
    port, leaps = free_port(socket.SOCK_STREAM), count(0, NS_PER_S)
    config = FrontDeskConfig(tcp=((HOST, port),), rules=DeskRules((), (("1234", Right.OPERATE),)))
    front = FrontDesk(config.rules, TriggerTable([]), count(1).__next__)
    desk = OscDesk(config, front, clock_ns=leaps.__next__)  # a word takes a turn
    words = [packet("/cuefocus/connect", "1234"), *[packet("/cuefocus/ping")] * 3, packet("/cuefocus/subscribe")]
    with socket.create_connection((HOST, port)) as line:
        line.sendall(b"".join(map(slip.encode, words)))
    until_ns = now_ns() + PATIENCE_NS
    while not front.changes and now_ns() < until_ns:
        desk.pump()
    for _ in range(20):
        desk.pump()
    assert (front.peers.proven, front.subscribers.asked) == ((), ())
    desk.close()


def test_of_a_host_that_calls_too_often_at_once_the_last_calls_are_heard() -> None:
    port, calls = free_port(socket.SOCK_STREAM), MOST_OF_A_HOST + 4
    server = OscTcp(HOST, port)
    with ExitStack() as stack:
        for number in range(calls):
            line = stack.enter_context(socket.create_connection((HOST, port)))
            line.sendall(slip.encode(packet("/cue/x", number)))
        came, until_ns = set[int](), now_ns() + PATIENCE_NS
        while len(came) < MOST_OF_A_HOST and now_ns() < until_ns:
            came |= {data[-1] for _, data, _, lost in server.receive() if not lost}
    assert came == set(range(calls - MOST_OF_A_HOST, calls))
    server.close()


class Besieged(socket.socket):
    """A port that is called again before the call is taken."""

    taken = 0

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        Besieged.taken += 1
        assert Besieged.taken < 1000, "calls would be taken for ever"
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours, (HOST, 1)


def test_calls_without_end_are_taken_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port(socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "socket", Besieged)
    server = OscTcp(HOST, port)
    with socket.create_connection((HOST, port)):
        for looks in (1, 2):
            assert select.select([server], [], [], 5.0)[0], "whoever was not taken rings on"
            assert list(server.receive()) == []
            assert 0 < Besieged.taken <= 20 * looks
    server.close()


@contextmanager
def out_of_descriptors() -> Iterator[None]:
    """This process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_call_that_cannot_be_taken_does_not_ring_for_ever_and_is_taken_once_it_can_be() -> None:
    port, ahead_ns = free_port(socket.SOCK_STREAM), 0
    config = FrontDeskConfig((), ((HOST, port),), DeskRules())
    front = FrontDesk(config.rules, TriggerTable([]), partial(next, count(1)))
    desk = OscDesk(config, front, clock_ns=lambda: now_ns() + ahead_ns)
    rings = select.poll()
    rings.register(desk.fileno(), select.POLLIN)
    known = socket.create_connection((HOST, port))
    known.sendall(slip.encode(packet("/cuefocus/arm", 1)))
    assert len(heard(desk, 1)) == 1
    desk.news()
    with socket.create_connection((HOST, port)) as late:
        late.sendall(slip.encode(packet("/cuefocus/go")))
        with out_of_descriptors():
            for _ in range(3):
                assert rings.poll(5_000 if not ahead_ns else 0) or ahead_ns
                desk.pump()
                assert rings.poll(0) == [], "it rings no more"
                due_ns = desk.next_due_ns
                assert due_ns is not None
                assert 0 < due_ns - (now_ns() + ahead_ns) <= NS_PER_S
                ahead_ns += NS_PER_S
            known.sendall(slip.encode(packet("/cuefocus/hold")))
            assert [event.verb for event in heard(desk, 1) if isinstance(event, Command)] == ["hold"]
            (alarm,) = desk.news()
            assert str(alarm["text"]).endswith("nobody new is heard there, and it is tried again: Too many open files")
        ahead_ns += NS_PER_S
        assert [event.verb for event in heard(desk, 1) if isinstance(event, Command)] == ["go"]
        assert desk.next_due_ns is None
        assert desk.news() == []
    known.close()
    desk.close()


def test_a_call_that_the_system_cannot_watch_is_hung_up_on_and_told_and_harms_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, ahead_ns, crowd = free_port(socket.SOCK_STREAM), 0, Crowd(monkeypatch, 1)
    server = OscTcp(HOST, port, clock_ns=lambda: now_ns() + ahead_ns)
    with socket.create_connection((HOST, port)) as late:
        assert list(server.receive()) == []
        late.settimeout(5)
        assert late.recv(10) == b"", "it is told by being hung up on"
    (alarm,) = server.alarms()
    assert alarm.endswith(f"nobody new is heard there, and it is tried again: {os.strerror(errno.ENOSPC)}")
    crowd.most, ahead_ns = 9, 2 * NS_PER_S
    with socket.create_connection((HOST, port)) as line:
        line.sendall(slip.encode(packet("/cue/x")))
        until_ns = now_ns() + PATIENCE_NS
        while not (came := list(server.receive())):
            assert now_ns() < until_ns
        assert len(came) == 1
    server.close()


def test_a_port_that_the_system_cannot_watch_is_heard_all_the_same_and_told_and_rings_once_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd, ahead_ns = Crowd(monkeypatch, 1), 0
    udp, tcp = free_port(), free_port(socket.SOCK_STREAM)
    config = FrontDeskConfig(((HOST, udp),), ((HOST, tcp),), DeskRules())
    desk = front_desk_on(config, lambda: now_ns() + ahead_ns)
    rings, crowd.most = select.poll(), 2  # for whoever calls
    rings.register(desk.fileno(), select.POLLIN)

    def said() -> list[str]:
        return [str(event["text"]) for event in desk.news() if event["event"] == "alarm"]

    with sender() as mine, socket.create_connection((HOST, tcp)) as line:
        for _ in range(3):
            mine.sendto(packet("/cuefocus/hold"), (HOST, udp))
            mine.sendto(packet("/cuefocus/go"), (HOST, udp))
            line.sendall(slip.encode(packet("/cuefocus/next")))
            assert sorted(word.verb for word in heard(desk, 3) if isinstance(word, Command)) == ["go", "hold", "next"]
            assert rings.poll(0) == []
            ahead_ns += 2 * NS_PER_S
        (alarm,) = said()
        assert alarm == f"some OSC is heard a few ms later than it could be, and this is tried again: {NO_ROOM}"
        crowd.most, ahead_ns = 99, ahead_ns + 2 * NS_PER_S
        desk.pump()
        mine.sendto(packet("/cuefocus/hold"), (HOST, udp))
        assert rings.poll(5_000)
        heard(desk, 1)
        line.sendall(slip.encode(packet("/cuefocus/next")))
        assert rings.poll(5_000)
        assert said() == []
        assert desk.next_due_ns is None
    desk.close()


def test_a_tcp_port_for_which_the_system_has_no_room_is_told_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd, ahead_ns, port = Crowd(monkeypatch, 0), 0, free_port(socket.SOCK_STREAM)
    desk = front_desk_on(FrontDeskConfig((), ((HOST, port),), DeskRules()), lambda: now_ns() + ahead_ns)
    for _ in range(3):
        desk.pump()
        ahead_ns += 2 * NS_PER_S
    (alarm,) = desk.news()
    assert f"cannot be heard at {HOST}, port {port}: {NO_ROOM}" in str(alarm["text"])
    crowd.most = 9
    desk.pump()
    assert [event.get("desk") for event in desk.news()] == [f"heard: OSC, TCP port {port}, {HOST}"]
    desk.close()


def test_a_lane_that_was_never_watched_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    Crowd(monkeypatch, 0)
    desk = desk_on(udp=free_port())
    desk.pump()
    desk.close()


def test_a_call_that_ends_before_it_is_taken_harms_nobody(tmp_path: Path) -> None:
    """One of a kind that knows no TCP_NODELAY stands in for one of which the kernel takes no option any more."""
    with socket.socket(socket.AF_UNIX) as held, socket.socket(socket.AF_UNIX) as line:
        held.bind(str(tmp_path / "held"))
        held.listen()
        server = OscTcp(HOST, 1, held=held.fileno())
        line.connect(str(tmp_path / "held"))
        assert list(server.receive()) == []
        line.settimeout(5)
        assert line.recv(10) == b""
        assert server.alarms() == []
        server.close()


def test_a_conductor_that_may_open_nothing_more_hears_on_and_opens_its_ports_once_it_can() -> None:
    good, shut, line = free_port(), free_port(), free_port(socket.SOCK_STREAM)
    config, ahead_ns = FrontDeskConfig(((HOST, good), (HOST, shut)), ((HOST, line),), DeskRules()), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, socket.create_server((HOST, line)):
        other.bind((HOST, shut))
        front = FrontDesk(config.rules, TriggerTable([]), partial(next, count(1)))
        desk = OscDesk(config, front, clock_ns=lambda: now_ns() + ahead_ns)
        desk.pump()
    with sender() as mine:
        with out_of_descriptors():
            ahead_ns += 2 * NS_PER_S
            mine.sendto(packet("/cuefocus/hold"), (HOST, good))
            assert [event.verb for event in heard(desk, 1) if isinstance(event, Command)] == ["hold"]
            desk.news()
        ahead_ns += 2 * NS_PER_S
        mine.sendto(packet("/cuefocus/hold"), (HOST, good))
        heard(desk, 1)
        assert sorted(str(event["desk"])[:16] for event in desk.news()) == ["heard: OSC, TCP ", "heard: OSC, UDP "]
    desk.close()


def test_a_port_that_cannot_be_opened_anew_is_not_looked_at_all_the_time() -> None:
    port = DeskPort(UdpPort("OSC", "test", HOST, free_port()))
    for lane in (port.ordinary, port.urgent):
        opened = lane.receive()
        assert isinstance(opened, Standing)
        assert opened.is_open
    port.close()
    with out_of_descriptors():
        refused = port.ordinary.receive()
    assert isinstance(refused, Standing)
    assert not refused.is_open
    due_ns = port.next_due_ns
    assert due_ns is not None
    assert due_ns > now_ns()
    port.close()


@contextmanager
def our_end_of(line: socket.socket) -> Iterator[socket.socket]:
    """The other end of a connection within this process."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError), socket.socket(fileno=os.dup(fd)) as end:
            if end.getpeername() == line.getsockname():
                yield end
                return
    raise AssertionError("nobody has accepted it")


STOPPING = [
    address
    for dialect in DIALECTS
    for address in dialect.addresses
    if CUE not in address
    and (heard_as := dialect.hear(OscRead(address), ShowView())) is not None
    and any(said.verb in STOPS for said in heard_as.said)
]
"""Every address that stops everything, in any dialect."""


@pytest.mark.parametrize("address", STOPPING)
@pytest.mark.parametrize("arguments", [(), (1,)])
def test_every_word_that_stops_everything_has_the_lane_for_it(address: str, arguments: tuple[int, ...]) -> None:
    port = DeskPort(UdpPort("OSC", "test", HOST, free_port()))
    port.ordinary.receive()
    port.urgent.receive()
    with sender() as mine:
        for said in (packet(address, *arguments), packet(f"{address}s", *arguments)):
            mine.sendto(said, (HOST, port.ordinary.heard.port))
        first, other = port.urgent.receive(), port.ordinary.receive()
    assert isinstance(first, Message)
    assert first.data == packet(address, *arguments)
    assert isinstance(other, Message)
    assert other.data == packet(f"{address}s", *arguments)
    port.close()


def bundle(*elements: bytes) -> bytes:
    return b"#bundle\0" + bytes(7) + b"\1" + b"".join(len(one).to_bytes(4, "big") + one for one in elements)


@pytest.mark.parametrize("address", STOPPING)
def test_a_bundle_has_the_lane_for_a_stop_where_it_is_one_of_its_first_three_or_the_first_of_a_first_one(
    address: str,
) -> None:
    slate, stop = packet("/cuefocus/slate", "a long name of it"), packet(address)
    urgent = [bundle(stop), bundle(slate, stop), bundle(slate, slate, stop, slate), bundle(bundle(stop), slate)]
    ordinary = [bundle(), bundle(slate), bundle(slate, slate, slate, stop), bundle(slate, bundle(stop))]
    torn = [bundle(slate)[:-8], bundle(slate)[:18], b"#bundle\0" + bytes(8) + b"\xff" * 12, b"/cue", b"#bun"]
    port = DeskPort(UdpPort("OSC", "test", HOST, free_port()))
    port.ordinary.receive()
    port.urgent.receive()
    with sender() as mine:
        for said in (*ordinary, *urgent, *torn):
            mine.sendto(said, (HOST, port.ordinary.heard.port))
        for lane, wanted in ((port.urgent, urgent), (port.ordinary, ordinary + torn)):
            assert [came.data for _ in wanted if isinstance(came := lane.receive(), Message)] == wanted
    port.close()


def test_the_program_of_the_lanes_is_one_that_any_kernel_takes() -> None:
    most_bytes = 20_480  # net.core.optmem_max of kernels before 6.7; a line may become two of eight bytes
    assert len(lanes()) * 16 < most_bytes


def test_nobody_joins_a_port_that_is_ours() -> None:
    port = free_port()
    ours, theirs = (DeskPort(UdpPort("OSC", "test", HOST, port)) for _ in range(2))
    ours.ordinary.receive()
    ours.urgent.receive()
    assert ours.urgent.fileno() >= 0, "this kernel has no lanes"
    theirs.ordinary.receive()
    assert theirs.ordinary.fileno() < 0
    with pytest.raises(DeviceError, match="taken"):
        open_udp(UdpPort("OSC", "test", HOST, port))
    ours.close()
    theirs.close()


def test_the_config_comes_back_as_it_was() -> None:
    companions = CompanionRule("10.0.0.9", 12321, (1, 0, 3)), CompanionRule("::1", 12321)
    peers = (PeerRule("a", "10.0.0.0/8", Right.EDIT, True, 9),)
    rules = DeskRules(peers, (("1234", Right.VIEW),), (("::1", 7),), companions)
    config = FrontDeskConfig((("::", 8000),), ((HOST, 1),), rules)
    assert front_desk_from(json.loads(json.dumps(front_desk_fields(config)))) == config
