"""Words to others: at their moments, by each way out; who is away is told once, and harms nobody."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.app.receivers import HttpWire, wire_receivers
from cuefocus.engine.sends import Send, Word
from cuefocus.rig.receivers import Receiver
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.message_turns import Message
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe, MidiWriter
from cuefocus.shells.receiver_config import ReceiverConfig
from cuefocus.shells.sender import Sender
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire import osc
from cuefocus.wire.http_call import Call, call_bytes
from cuefocus.wire.osc_stream import OscStream

BEGIN_NS = 100 * NS_PER_S
PATIENCE_S = 5.0


class Clock:
    """Host time that is set."""

    def __init__(self) -> None:
        self.now_ns = BEGIN_NS

    def __call__(self) -> int:
        return self.now_ns


def word(to: str, address: str = "/go", due_ns: int = BEGIN_NS) -> Send:
    return Send(due_ns, Word(to, address, ((0, osc.write_message(osc.OscMessage(address))),)), "5", "landing")


@contextmanager
def sending(*receivers: ReceiverConfig, clock: Clock | None = None) -> Iterator[Sender]:
    sender = Sender(receivers, clock_ns=clock) if clock is not None else Sender(receivers)
    try:
        yield sender
    finally:
        sender.close()


@contextmanager
def listening(host: str = "127.0.0.1") -> Iterator[tuple[socket.socket, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind((host, 0))
        heard.settimeout(PATIENCE_S)
        yield heard, heard.getsockname()[1]


def happenings(sender: Sender) -> list[tuple[object, ...]]:
    told = list[tuple[object, ...]]()
    for one in sender.news():
        if one["event"] == "sent":
            told.append((one["to"], one["what"], one["late_ms"], one["failed"]))
        else:
            told.append((one["event"], one.get("text") or one.get("desk")))
    return told


def turns(sender: Sender, done: threading.Event | None = None, *, wanted: int = 1) -> list[tuple[object, ...]]:
    """Turns as the conductor makes them, until so much is told."""
    wait, until_ns, told = DescriptorWait(), now_ns() + round(PATIENCE_S * NS_PER_S), list[tuple[object, ...]]()
    wait.watch(sender.fileno())
    while (len(told) < wanted or (done is not None and not done.is_set())) and now_ns() < until_ns:
        due_ns = sender.next_due_ns
        wait.wait_until(min(until_ns, due_ns if due_ns is not None else until_ns, now_ns() + 20 * NS_PER_MS))
        sender.pump()
        told += happenings(sender)
    return told


# --- moments ---


def test_a_word_leaves_at_its_moment_and_never_before() -> None:
    clock = Clock()
    with listening() as (heard, port), sending(ReceiverConfig("eos", "udp", "127.0.0.1", port), clock=clock) as sender:
        sender.take([word("eos", "/b", BEGIN_NS + 20 * NS_PER_MS), word("eos", "/a", BEGIN_NS + 10 * NS_PER_MS)])
        assert sender.next_due_ns == BEGIN_NS + 10 * NS_PER_MS
        clock.now_ns += 10 * NS_PER_MS - 1
        sender.pump()
        assert happenings(sender) == []
        clock.now_ns += 1
        sender.pump()
        assert happenings(sender) == [("eos", "/a", 0.0, "")]
        clock.now_ns += 10 * NS_PER_MS + 300_000
        sender.pump()
        assert happenings(sender) == [("eos", "/b", 0.3, "")]
        assert [OscMessage(heard.recv(100)).address for _ in range(2)] == ["/a", "/b"]


def test_words_that_a_held_up_conductor_is_late_with_are_told_and_not_sent_in_a_burst() -> None:
    clock = Clock()
    with listening() as (heard, port), sending(ReceiverConfig("eos", "udp", "127.0.0.1", port), clock=clock) as sender:
        sender.take([word("eos", f"/{at}", BEGIN_NS + at * NS_PER_MS) for at in (100, 200, 600)])
        clock.now_ns += 600 * NS_PER_MS
        sender.pump()
        last, alarm = happenings(sender)
        assert OscMessage(heard.recv(100)).address == "/600"
        assert last == ("eos", "/600", 0.0, "")
        assert alarm == ("alarm", "not told, for the conductor was held up: eos /100, eos /200")


def test_a_frame_of_timecode_that_is_late_is_left_out_and_none_is_told() -> None:
    clock = Clock()
    with listening() as (heard, port), sending(ReceiverConfig("art", "udp", "127.0.0.1", port), clock=clock) as sender:
        for at_ms in (0, 40, 80):
            frame = Word("art", "frame", ((0, bytes([at_ms])),))
            sender.take([Send(BEGIN_NS + (at_ms + 1) * NS_PER_MS, frame, frame=True)])
        clock.now_ns += 82 * NS_PER_MS
        sender.pump()
        assert heard.recv(100) == bytes([80])
        assert happenings(sender) == []


def test_a_successor_tells_what_its_predecessor_had_still_to_send_and_sends_none_of_it() -> None:
    with sending(ReceiverConfig("eos", "udp", "127.0.0.1", 9), clock=Clock()) as sender:
        sender.doubt([word("eos", "/sent", BEGIN_NS), word("eos", "/not", BEGIN_NS + 9)], BEGIN_NS + 5)
        ((kind, text),) = happenings(sender)
        assert kind == "alarm"
        assert str(text).endswith("it is not told again: eos /not")
        assert sender.next_due_ns is None


# --- datagrams ---


def test_a_receiver_that_is_away_is_alarmed_once_and_told_when_it_is_back() -> None:
    clock = Clock()
    with listening() as (heard, _):
        place = heard.getsockname()
    with sending(ReceiverConfig("eos", "udp", *place), clock=clock) as sender:
        for _ in range(5):
            sender.take([word("eos", due_ns=clock.now_ns)])
            clock.now_ns += 50 * NS_PER_MS
            turns_until_rung(sender)
        told = happenings(sender)
        assert [one for one in told if one[0] == "alarm"] == [
            ("alarm", "eos is not told: nobody listens there; it is tried again")
        ]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
            back.bind(place)
            back.settimeout(PATIENCE_S)
            sender.take([word("eos", "/back", clock.now_ns)])
            assert OscMessage(back.recv(100)).address == "/back"
            clock.now_ns += NS_PER_S
            sender.pump()
            assert happenings(sender) == [("eos", "/back", 0.0, ""), ("state", "eos is back")]


def turns_until_rung(sender: Sender) -> None:
    """The loopback says at once that nobody is there."""
    wait = DescriptorWait()
    wait.watch(sender.fileno())
    wait.wait_until(now_ns() + 20 * NS_PER_MS)
    sender.pump()


def test_a_network_that_cannot_be_reached_and_a_name_nobody_knows_are_said() -> None:
    receivers = ReceiverConfig("far", "udp", "fe80::1", 9), ReceiverConfig("who", "udp", "no-such-desk", 9)
    with sending(*receivers, clock=Clock()) as sender:
        sender.take([word("far"), word("who")])
        texts = [str(text) for kind, text, *_ in happenings(sender) if kind == "alarm"]
        assert "who is not told: nobody knew its name when the run began; write its address" in texts
        assert sum(text.startswith("who ") for text in texts) == 1
        assert sum(text.startswith("far is not told: ") for text in texts) == 1


@pytest.mark.parametrize("by", ["udp", "slip"])
def test_an_interface_that_has_gone_is_said_in_words(by: str) -> None:
    with sending(ReceiverConfig("desk", by, "fe80::1%nowhere0", 9)) as sender:
        sender.take([word("desk", due_ns=now_ns())])
        alarms = [text for kind, text, *_ in turns(sender) if kind == "alarm"]
        assert alarms == ["desk is not told: no interface with this name; it is tried again"]


# --- connections ---


@pytest.mark.parametrize("framing", ["length", "slip"])
def test_over_tcp_words_arrive_whole_and_what_comes_while_nobody_answers_is_lost(framing: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = server.getsockname()
    with sending(ReceiverConfig("qlab", framing, *place)) as sender:
        told = turns(sender)
        assert told == [("alarm", "qlab is not told: Connection refused; it is tried again")]
        sender.take([word("qlab", "/lost", now_ns())])
        assert happenings(sender)[0][3] == "Connection refused"
        with socket.create_server(place) as server:
            server.settimeout(PATIENCE_S)
            assert turns(sender) == [("state", "qlab is back; it was not told 1 word")]
            line, _ = server.accept()
            with line:
                line.settimeout(PATIENCE_S)
                sender.take([word("qlab", "/one", now_ns()), word("qlab", "/two", now_ns())])
                stream, packets = OscStream(framing), list[bytes]()
                while len(packets) < 2:
                    packets += stream.feed(line.recv(1000))
                assert [OscMessage(packet).address for packet in packets] == ["/one", "/two"]
                happenings(sender)
            assert turns(sender)[0] == ("alarm", "qlab is not told: it hung up; it is tried again")


def test_a_desk_that_does_not_read_is_given_up() -> None:
    clock = Clock()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        sending(ReceiverConfig("slow", "length", *server.getsockname()), clock=clock) as sender,
    ):
        sender.pump()
        line, _ = server.accept()
        with line:
            turns_until_rung(sender)
            large = Word("slow", "/large", ((0, bytes(60_000)),))
            for _ in range(200):
                sender.take([Send(clock.now_ns, large, "1", "landing")])
            assert happenings(sender)[-1][3] == "it does not read"
            clock.now_ns += 3 * NS_PER_S
            sender.pump()
            assert happenings(sender) == [("alarm", "slow is not told: it does not read; it is tried again")]


# --- MIDI ---


def test_midi_is_handed_over_with_its_moment_and_a_port_that_is_gone_is_said() -> None:
    pipe = MidiPipe()
    with sending(ReceiverConfig("desk", "midi", fd=pipe.read_fd), clock=Clock()) as sender:
        note = Word("desk", "note 60", ((0, b"\x90\x3c\x7f"), (50 * NS_PER_MS, b"\x90\x3c\x00")))
        sender.take([Send(BEGIN_NS + 7, note, "1", "landing")])
        mouth = MidiInlet(os.dup(pipe.write_fd))
        came = [mouth.receive(), mouth.receive()]
        assert came == [Message(b"\x90\x3c\x7f", BEGIN_NS + 7), Message(b"\x90\x3c\x00", BEGIN_NS + 7 + 50 * NS_PER_MS)]
        assert happenings(sender) == [("desk", "note 60", 0.0, "")]
        teller = MidiWriter(os.dup(pipe.write_fd))
        for is_open, text in ((False, "the port is gone"), (False, "the port is gone"), (True, "open")):
            teller.tell(is_open=is_open, text=text, opening=1)
            sender.pump()
        assert happenings(sender) == [
            ("alarm", "desk is not told: the port is gone; it is tried again"),
            ("state", "desk is back"),
        ]
        for opening, dropped in ((1, 3), (1, 3), (2, 1), (2, 1)):
            teller.dropped = dropped
            teller.tell(is_open=True, text="open", opening=opening)
            sender.pump()
        lost = "lost, too late or too many for its cable; it is tried again"
        assert happenings(sender) == [
            ("alarm", f"desk is not told: 3 MIDI messages were {lost}"),
            ("state", "desk is back"),
            ("alarm", f"desk is not told: 1 MIDI message was {lost}"),
            ("state", "desk is back"),
        ]
        teller.close()
        mouth.close()
    pipe.close()


# --- HTTP ---


RAW = {
    "/clears": b"HTTP/1.1 500 \x1b[2J\x1b]0;pwned\x07ALL WELL" + b" and more" * 1000 + b"\r\n\r\n",
    "/garbage": b"\x1b[31mGARB\x1b[2J\n\n",
}
"""Answers that would act on a terminal."""


class Machine(BaseHTTPRequestHandler):
    """Keeps what it is asked, and answers by the path."""

    came: ClassVar[list[tuple[str, str, str, str]]] = []
    hang = threading.Event()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.came.append((self.command, self.path, body, self.headers.get("Content-Type") or ""))
        if self.path == "/hang":
            self.hang.wait(10.0)
        if self.path == "/drip":
            self.send_response(200)
            while not self.hang.wait(0.1):
                self.send_header("X-Drip", "1")
                self.flush_headers()
        if self.path in RAW:
            self.wfile.write(RAW[self.path])
            return
        if self.path.startswith("/sends-on/"):
            self.send_response(int(self.path.rpartition("/")[2]))
            self.send_header("Location", "/elsewhere\x1b[2J")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/no" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@contextmanager
def calling() -> Iterator[tuple[Sender, str, list[tuple[str, str, str, str]]]]:
    """A sender, its caller in a process of its own, and a machine that is called."""
    Machine.came, Machine.hang = [], threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Machine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wire = HttpWire()
        spec = wire.child("caller", Path(os.devnull))
        with subprocess.Popen(spec.argv, pass_fds=spec.pass_fds, stderr=subprocess.DEVNULL) as process:
            try:
                with sending(ReceiverConfig("web", "http", fd=wire.handed_down[0])) as sender:
                    yield sender, f"http://127.0.0.1:{server.server_address[1]}", Machine.came
            finally:
                Machine.hang.set()
                process.terminate()
                process.wait(10)
                wire.close()
                server.shutdown()


def asked(method: str, url: str, body: str = "", after_ms: int = 0) -> Send:
    word = Word("web", f"{method} {url}", ((0, call_bytes(Call(method, url, body))),))
    return Send(now_ns() + after_ms * NS_PER_MS, word, "1", "landing")


def warm_up(sender: Sender, base: str, came: list[tuple[str, str, str, str]]) -> None:
    """Until the caller runs, and has made a call in time."""
    until_ns = now_ns() + 20 * NS_PER_S
    while not came:
        assert now_ns() < until_ns
        sender.take([asked("GET", f"{base}/warm", after_ms=50)])
        turns(sender)
    turns_until_rung(sender)
    happenings(sender)
    came.clear()


@pytest.mark.serial
def test_http_calls_are_made_by_a_process_of_their_own_and_say_how_they_went() -> None:
    with calling() as (sender, base, came):
        warm_up(sender, base, came)
        sender.take([asked("POST", f"{base}/press", '{"a": 1}')])
        sender.take([asked("POST", f"{base}/empty"), asked("GET", f"{base}/no")])
        told = turns(sender, wanted=4)
        assert came[-3:] == [
            ("POST", "/press", '{"a": 1}', "application/json"),
            ("POST", "/empty", "", ""),
            ("GET", "/no", "", ""),
        ]
        assert [one[3] for one in told if one[0] == "web"] == ["", "", f"it answers 404 Not Found to GET {base}/no"]
        assert [one for one in told if one[0] == "alarm"] == [
            ("alarm", f"web is not told: it answers 404 Not Found to GET {base}/no; it is tried again")
        ]


@pytest.mark.serial
def test_what_a_machine_answers_does_nothing_on_a_terminal() -> None:
    with calling() as (sender, base, came):
        warm_up(sender, base, came)
        sender.take([asked("GET", f"{base}{path}") for path in RAW])
        failed, alarm, garbage = (one[-1] for one in turns(sender, wanted=3))
        assert str(failed).startswith("it answers 500 ?[2J?]0;pwned?ALL WELL and more")
        assert str(failed).endswith(f" to GET {base}/clears")
        assert len(str(failed)) < 300
        assert "?[31mGARB?[2J" in str(garbage)
        assert all(str(each).isprintable() for each in (failed, alarm, garbage))


@pytest.mark.serial
def test_a_machine_that_is_to_be_called_by_https_and_speaks_http_is_told() -> None:
    with calling() as (sender, base, came):
        warm_up(sender, base, came)
        sender.take([asked("GET", f"{base.replace('http:', 'https:')}/press")])
        assert "SSL" in str(turns(sender)[0][3])
        assert came == []


@pytest.mark.serial
def test_a_machine_that_hangs_holds_up_its_own_calls_alone_and_what_waited_too_long_is_not_made() -> None:
    with calling() as (sender, base, came):
        warm_up(sender, base, came)
        sender.take([asked("GET", f"{base}/hang"), *(asked("GET", f"{base}/{number}") for number in range(3))])
        told = turns(sender, wanted=5)
        assert ("web", f"GET {base}/hang", told[0][2], "no answer") == told[0]
        assert [one for one in told if one[0] == "alarm"] == [
            ("alarm", "web is not told: no answer; it is tried again")
        ], "one alarm"
        not_made = [one for one in told if one[0] == "web"][1:]
        assert [one[1] for one in not_made] == [f"GET {base}/{number}" for number in range(3)]
        assert all(
            str(one[3]).startswith("not called: the one before it took too long, and its moment was ")
            for one in not_made
        )
        sender.take([asked("GET", f"{base}/after", after_ms=100)])
        told = turns(sender, wanted=2)
        assert ("state", "web is back; it was not told 4 words") in told
        assert [path for _, path, *_ in came] == ["/hang", "/after"]


@pytest.mark.serial
def test_a_call_goes_nowhere_that_an_answer_sends_it() -> None:
    codes = (301, 302, 303, 307, 308)
    with calling() as (sender, base, came):
        warm_up(sender, base, came)
        sender.take([asked("POST", f"{base}/sends-on/{code}", "x") for code in codes])
        failed = [str(one[-1]) for one in turns(sender, wanted=len(codes) + 1) if one[0] == "web"]
        assert [path for _, path, *_ in came] == [f"/sends-on/{code}" for code in codes], "each is called once"
        assert [one.split()[2] for one in failed] == [str(code) for code in codes]
        assert all(
            one.endswith(": it sends the call on to /elsewhere?[2J, where nobody calls; write that, if it is meant")
            for one in failed
        )


@pytest.mark.serial
def test_a_machine_whose_answer_never_ends_is_given_up_like_one_that_hangs() -> None:
    with calling() as (sender, base, came):
        warm_up(sender, base, came)
        sender.take([asked("GET", f"{base}/drip")])
        begun_ns = now_ns()
        told = turns(sender, wanted=2)
        assert [one[-1] for one in told] == ["no answer", "web is not told: no answer; it is tried again"]
        assert now_ns() - begun_ns > 1.5 * NS_PER_S, "it had its time"
        sender.take([asked("GET", f"{base}/after", after_ms=100)])
        assert ("state", "web is back; it was not told 1 word") in turns(sender, wanted=2)


def test_a_call_that_its_process_says_nothing_of_is_told_as_one_that_nobody_knows_of() -> None:
    wire, clock = HttpWire(), Clock()
    with sending(ReceiverConfig("web", "http", fd=wire.handed_down[0]), clock=clock) as sender:
        call = Word("web", "GET /", ((0, call_bytes(Call("GET", "http://127.0.0.1:9/"))),))
        sender.take([Send(BEGIN_NS + NS_PER_S, call, "1", "landing")])
        assert happenings(sender) == []
        due_ns = sender.next_due_ns
        assert due_ns is not None
        clock.now_ns = due_ns - 1
        sender.pump()
        assert happenings(sender) == []
        clock.now_ns = due_ns
        sender.pump()
        assert happenings(sender) == [("web", "GET /", 5000.0, "its process does not say what became of it")]
        assert sender.next_due_ns is None
    wire.close()


def test_of_more_calls_than_are_kept_in_mind_each_is_told() -> None:
    wire, clock = HttpWire(), Clock()
    with sending(ReceiverConfig("web", "http", fd=wire.handed_down[0]), clock=clock) as sender:
        call = Word("web", "GET /", ((0, call_bytes(Call("GET", "http://127.0.0.1:9/"))),))
        sender.take(Send(BEGIN_NS, call, str(number), "landing") for number in range(2000))
        clock.now_ns += 10 * NS_PER_S
        sender.pump()
        assert len(happenings(sender)) == 2000
    wire.close()


# --- from the rig ---


def test_each_receiver_of_a_rig_is_wired_by_its_kind() -> None:
    rig: Sequence[dict[str, object]] = (
        {"id": "a", "osc": "127.0.0.1:8001"},
        {"id": "b", "osc": "[::1]:8001", "tcp": "slip"},
        {"id": "c", "http": "http://127.0.0.1:8000"},
        {"id": "d", "midi": "Desk"},
        {"id": "e", "artnet": "127.0.0.255", "timecode": "true"},
        {"id": "f", "midi": "jack:system"},
    )
    wired = wire_receivers([Receiver.model_validate(fields) for fields in rig])
    assert [(one.config.by, one.config.host, one.config.port) for one in wired] == [
        ("udp", "127.0.0.1", 8001),
        ("slip", "::1", 8001),
        ("http", "", 0),
        ("midi", "", 0),
        ("udp", "127.0.0.255", 6454),
        ("midi", "", 0),
    ]
    argv = [" ".join(one.wire.child("x", Path()).argv) for one in wired if one.wire is not None]
    assert [sys.executable in line for line in argv] == [True] * 3
    for one in wired:
        if isinstance(one.wire, HttpWire):
            one.wire.close()
        elif one.wire is not None:
            one.wire.pipe.close()
    assert ["--to midi:Desk" in argv[1], "--to jack:system" in argv[2]] == [True, True]


@pytest.mark.serial
def test_a_caller_ends_when_nobody_is_left_to_call_for() -> None:
    wire = HttpWire()
    spec = wire.child("caller", Path(os.devnull))
    with subprocess.Popen(spec.argv, pass_fds=spec.pass_fds, stderr=subprocess.DEVNULL) as process:
        wire.close()
        assert process.wait(20) == 0
