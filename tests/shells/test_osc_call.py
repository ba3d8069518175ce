"""Desks that we call on: an Eos and a QLab of a few lines each, whose packets python-osc builds."""

import errno
import json
import os
import resource
import socket
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.peers import DeskRules
from cuefocus.engine.ports import Command, Trigger
from cuefocus.shells.front_desk_config import CallConfig, FrontDeskConfig
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.osc_call import OscCall
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc_triggers import TriggerTable
from tests.shells.crowded import Crowd
from tests.shells.test_osc_desk import HOST, PATIENCE_NS, packet

EOS_FIRE, QLAB_START = "/eos/out/event/cue/1/12/fire", "/qlab/event/cue/7/start"


class FakeDesk:
    """The other end of a call."""

    def __init__(self, by: str) -> None:
        self.by = by
        self._server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if by == "udp" else socket.SOCK_STREAM)
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind((HOST, 0))
        self._server.settimeout(0.005)
        self.port = int(self._server.getsockname()[1])
        self._line: socket.socket | None = None
        self._peer: tuple[str, int] = ("", 0)
        self.kept = b""
        self.waiting: list[OscMessage] = []
        if by != "udp":
            self._server.listen()

    def hears(self) -> list[OscMessage]:
        """What has come."""
        if self.by == "udp":
            try:
                data, self._peer = self._server.recvfrom(65_535)
            except TimeoutError:
                return []
            return [OscMessage(data)]
        if self._line is None:
            try:
                self._line, _ = self._server.accept()
            except TimeoutError:
                return []
            self._line.settimeout(0.005)
        try:
            self.kept += self._line.recv(65_535)
        except TimeoutError:
            return []
        found: list[OscMessage] = []
        if self.by == "slip":
            *whole, self.kept = self.kept.split(b"\xc0")
            return [
                OscMessage(frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
                for frame in whole
                if frame
            ]
        while len(self.kept) >= 4 and len(self.kept) >= 4 + (size := int.from_bytes(self.kept[:4], "big")):
            found.append(OscMessage(self.kept[4 : 4 + size]))
            self.kept = self.kept[4 + size :]
        return found

    def says(self, data: bytes) -> None:
        if self.by == "udp":
            self._server.sendto(data, self._peer)
        elif self._line is not None:
            self._line.sendall(b"\xc0" + data + b"\xc0" if self.by == "slip" else len(data).to_bytes(4, "big") + data)

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        self.kept = b""

    def close(self) -> None:
        self.hang_up()
        self._server.close()


def desk_calling(host: str, port: int, kind: str = "eos", by: str = "length", **more: str) -> OscDesk:
    config = FrontDeskConfig(calls=(CallConfig("them", kind, host, port, by, **more),))  # type: ignore[arg-type]
    numbers = count(1)
    return OscDesk(config, FrontDesk(DeskRules(), TriggerTable([EOS_FIRE, QLAB_START]), lambda: next(numbers)))


@pytest.fixture
def calling() -> Iterator[Callable[..., tuple[OscDesk, FakeDesk]]]:
    made: list[OscDesk | FakeDesk] = []

    def call(kind: str, by: str, **more: str) -> tuple[OscDesk, FakeDesk]:
        fake = FakeDesk(by)
        desk = desk_calling(HOST, fake.port, kind, by, **more)
        made.extend((desk, fake))
        return desk, fake

    yield call
    for one in made:
        one.close()


def until(desk: OscDesk, fake: FakeDesk, wanted: str) -> OscMessage:
    """Let both go on until the fake desk hears an address."""
    until_ns = now_ns() + PATIENCE_NS
    while now_ns() < until_ns:
        desk.pump()
        fake.waiting += fake.hears()
        while fake.waiting:
            message = fake.waiting.pop(0)
            if message.address == wanted:
                return message
    raise AssertionError(f"nothing came at {wanted}")


def fired(desk: OscDesk) -> list[str]:
    heard: list[Command | Trigger] = []
    until_ns = now_ns() + NS_PER_S
    while not heard and now_ns() < until_ns:
        heard += desk.pump()
    return [event.key for event in heard if isinstance(event, Trigger) and event.source == "osc:them"]


def test_the_last_that_is_said_of_a_desk_that_spoke_and_hung_up_is_that_it_is_not_there(
    calling: Callable[..., tuple[OscDesk, FakeDesk]],
) -> None:
    desk, eos = calling("eos", "length")
    until(desk, eos, "/eos/subscribe")
    eos.says(packet(EOS_FIRE, "Verse"))
    eos.close()
    assert fired(desk) == [EOS_FIRE]
    until_ns = now_ns() + PATIENCE_NS
    told: list[str] = []
    while "them is not there" not in str(told) and now_ns() < until_ns:
        desk.pump()
        told += [str(fields.get("desk") or fields.get("text")) for fields in desk.news()]
    assert [line[:17] for line in told] == ["them answers at 1", "them is not there"]


@pytest.mark.parametrize("by", ["length", "slip", "udp"])
def test_an_eos_is_subscribed_to_and_its_cues_fire(calling: Callable[..., tuple[OscDesk, FakeDesk]], by: str) -> None:
    desk, eos = calling("eos", by)
    assert until(desk, eos, "/eos/subscribe").params == [1]
    eos.says(packet("/eos/out/active/cue/1/12", 0.5))
    eos.says(packet(EOS_FIRE, "Verse"))
    assert fired(desk) == [EOS_FIRE]
    assert any("them answers" in str(fields.get("desk")) for fields in desk.news())


@pytest.mark.parametrize("by", ["slip", "udp"])
def test_a_qlab_is_asked_what_changed_and_a_cue_that_begins_fires_once(
    calling: Callable[..., tuple[OscDesk, FakeDesk]], by: str
) -> None:
    desk, qlab = calling("qlab", by, passcode="1234")
    assert until(desk, qlab, "/connect").params == ["1234"]
    until(desk, qlab, "/updates")

    def runs(running: bool, paused: bool = False) -> None:
        qlab.says(packet("/update/workspace/W/cue_id/ABC"))
        asked = until(desk, qlab, "/cue_id/ABC/valuesForKeys")
        assert json.loads(asked.params[0]) == ["number", "isRunning", "isPaused"]
        data = {"number": "7", "isRunning": running, "isPaused": paused}
        told = {"status": "ok", "address": asked.address, "data": data}
        qlab.says(packet("/reply" + asked.address, json.dumps(told)))

    runs(True)
    assert fired(desk) == [QLAB_START]
    runs(True)
    assert fired(desk) == []
    runs(False, paused=True)
    runs(True)
    assert fired(desk) == [], "it was paused, and goes on"
    runs(False)
    assert fired(desk) == []
    runs(True)
    assert fired(desk) == [QLAB_START]


def test_a_qlab_cue_under_way_when_we_connect_does_not_begin_then(
    calling: Callable[..., tuple[OscDesk, FakeDesk]],
) -> None:
    desk, qlab = calling("qlab", "slip")
    asked = until(desk, qlab, "/runningOrPausedCues")
    told = {"status": "ok", "address": asked.address, "data": [{"uniqueID": "ABC", "number": "7"}, "no cue"]}
    qlab.says(packet("/reply" + asked.address, json.dumps(told)))
    qlab.says(packet("/update/workspace/W/cue_id/ABC"))
    asked = until(desk, qlab, "/cue_id/ABC/valuesForKeys")
    data = {"number": "7", "isRunning": True}
    qlab.says(packet("/reply" + asked.address, json.dumps({"status": "ok", "address": asked.address, "data": data})))
    assert fired(desk) == []


def test_a_desk_that_is_away_is_told_once_called_again_and_told_when_it_is_back(
    calling: Callable[..., tuple[OscDesk, FakeDesk]],
) -> None:
    desk, eos = calling("eos", "length")
    until(desk, eos, "/eos/subscribe")
    desk.news()
    eos.hang_up()
    until(desk, eos, "/eos/subscribe")
    texts = [str(fields.get("text") or fields.get("desk")) for fields in desk.news()]
    assert texts[0].startswith("them is not there (127.0.0.1, port ")
    assert "it hung up; it is called each second" in texts[0]
    assert texts[1].startswith("them answers")
    assert len(texts) == 2


def test_nobody_at_home_is_one_alarm(calling: Callable[..., tuple[OscDesk, FakeDesk]]) -> None:
    desk, eos = calling("eos", "length")
    eos.close()
    until_ns = now_ns() + 3 * NS_PER_S
    alarms: list[str] = []
    while now_ns() < until_ns:
        desk.pump()
        alarms += [str(fields["text"]) for fields in desk.news() if fields["event"] == "alarm"]
    assert len(alarms) == 1
    assert "Connection refused" in alarms[0]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("no-such-desk", "them is not called at no-such-desk: nobody knew its name when the run began"),
        ("fe80::1%nowhere0", "them is not there (fe80::1%nowhere0, port 9): no interface with this name"),
    ],
)
def test_a_place_that_cannot_be_called_is_said_once_and_nothing_waits_for_it(host: str, said: str) -> None:
    desk = desk_calling(host, 9)
    alarms: list[str] = []
    begun_ns = now_ns()
    while now_ns() < begun_ns + NS_PER_S * 5 // 4:
        desk.pump()
        alarms += [str(fields["text"]) for fields in desk.news()]
    desk.close()
    assert [alarm[: len(said)] for alarm in alarms] == [said]


def test_no_socket_to_be_had_is_said_and_tried_again() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    desk = desk_calling(HOST, 9)
    with open(os.devnull) as next_free:
        free = next_free.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        desk.pump()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "Too many open files" in " ".join(str(fields.get("text")) for fields in desk.news())
    desk.close()


@pytest.mark.parametrize("by", ["length", "udp"])
def test_a_call_that_the_system_cannot_watch_is_told_once_and_made_again(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    crowd, fake, ahead_ns = Crowd(monkeypatch, 0), FakeDesk(by), 0
    call = OscCall(CallConfig("them", "eos", HOST, fake.port, by), -1, clock_ns=lambda: now_ns() + ahead_ns)
    for _ in range(3):
        assert call.pump() == []
        due_ns = call.next_due_ns
        assert due_ns is not None
        assert due_ns > now_ns() + ahead_ns
        ahead_ns += 2 * NS_PER_S
    ((kind, text),) = call.news()
    assert (kind, text.partition(": ")[2]) == ("alarm", f"{os.strerror(errno.ENOSPC)}; it is called each second")
    crowd.most, until_ns = 9, now_ns() + PATIENCE_NS
    while not (fake.hears() or any("answers" in text for _, text in call.news())):
        assert now_ns() < until_ns
        call.pump()
    call.close()
    fake.close()


def test_what_is_torn_of_what_a_desk_sends_is_counted_and_told(
    calling: Callable[..., tuple[OscDesk, FakeDesk]],
) -> None:
    desk, eos = calling("eos", "udp")
    until(desk, eos, "/eos/subscribe")
    eos.says(packet(EOS_FIRE)[:-2])
    until_ns = now_ns() + PATIENCE_NS
    said = ""
    while "it is not obeyed" not in said and now_ns() < until_ns:
        desk.pump()
        said += " ".join(str(fields.get("text")) for fields in desk.news())
    assert "OSC from them: " in said


def test_a_wrong_passcode_is_said(calling: Callable[..., tuple[OscDesk, FakeDesk]]) -> None:
    desk, qlab = calling("qlab", "udp", passcode="9999")
    until(desk, qlab, "/connect")
    qlab.says(packet("/reply/connect", json.dumps({"status": "ok", "address": "/connect", "data": "badpass"})))
    until_ns = now_ns() + PATIENCE_NS
    said = ""
    while "passcode" not in said and now_ns() < until_ns:
        desk.pump()
        said += " ".join(str(fields.get("text")) for fields in desk.news())
    assert "them: it refuses us: badpass; is the passcode right?" in said


def test_a_desk_that_takes_calls_and_hangs_up_is_away_all_the_while_and_there_when_a_line_has_lasted() -> None:
    now = [0]
    with socket.create_server((HOST, 0)) as server:
        config = CallConfig("them", "eos", HOST, server.getsockname()[1], "length")
        call, told = OscCall(config, -1, clock_ns=lambda: now[0]), list[str]()

        def pump(after_ns: int) -> None:
            now[0] += after_ns
            call.pump()
            told.extend(kind for kind, _ in call.news())

        for _ in range(5):
            pump(NS_PER_S)
            server.accept()[0].close()
            for _ in range(3):
                pump(NS_PER_MS)
        assert told == ["state", "alarm"] * 2
        pump(NS_PER_S)
        line, _ = server.accept()
        pump(NS_PER_MS)
        for _ in range(10):
            assert told == ["state", "alarm"] * 2
            line.sendall(_alive())
            pump(NS_PER_S)
        assert told == ["state", "alarm", "state", "alarm", "state"]
        line.close()
        call.close()


def _alive() -> bytes:
    data = packet("/eos/out/ping")
    return len(data).to_bytes(4, "big") + data
