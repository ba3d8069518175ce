"""Whatever comes by HTTP or websocket: it goes on, nothing raises, no word of it is passed on that was not said."""

import json
import logging
import random
import socket
from functools import partial

import pytest
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from cuefocus.desk.web.server_log import NAME, ServerLog
from cuefocus.engine.desk_faults import DeskFaults
from cuefocus.timebase.units import NS_PER_S
from tests.desk.web.serving import STATUS, served

_METHODS = ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "TRACE", "PROPFIND", "get", "")
_PARTS = (
    "api",
    "go",
    "cue",
    "fire",
    "status",
    "cuefocus",
    "..",
    ".",
    "",
    "%00",
    "%ff",
    "%2e%2e",
    "1",
    "*",
    "{cue}",
    "é",
)
_QUERIES = ("", "?", "?VALUE", "?HOST_INFO", "?list=%ff", "?list[]=1", "?target=&target=", "?%00", "?" + "a" * 3000)
_HEADERS = (
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 10",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue",
    b"Authorization: Bearer \xff\xfe",
    b"Origin: \xff",
    b"Upgrade: websocket\r\nConnection: Upgrade",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: !!!",
    b"Range: bytes=0-,0-",
    b"Accept-Encoding: gzip, br",
    b"X: " + b"y" * 20_000,
    b": no name",
)
_TIMES = 400


def nonsense(chance: random.Random) -> bytes:
    """A request, or nearly one; never one that is a word."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(1, 300))
    method = chance.choice(_METHODS)
    path = "/" + "/".join(chance.choices(_PARTS, k=chance.randrange(5))) + chance.choice(_QUERIES)
    if method == "POST" and path.partition("?")[0] in ("/api/go", "/api/cue/1/fire"):
        method = "GET"
    lines = [f"{method} {path} HTTP/{chance.choice(('1.1', '1.0', '9', ''))}".encode()]
    lines += [b"Host: 127.0.0.1"] * chance.choice((1, 1, 1, 0, 2))
    lines += chance.sample(_HEADERS, chance.randrange(3))
    return b"\r\n".join(lines) + b"\r\n\r\n" + chance.randbytes(chance.randrange(40))


def answered(host: str, port: int, request: bytes) -> bytes:
    """What is answered to a request that ends there."""
    with socket.create_connection((host, port), timeout=5) as line:
        line.settimeout(5)
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        said = b""
        try:
            while more := line.recv(65_536):
                said += more
        except (ConnectionError, TimeoutError):
            pass
        return said


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_requests_of_any_kind_are_answered_or_hung_up_on(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)
    with served() as page, caplog.at_level(logging.ERROR):
        for _ in range(_TIMES):
            request = nonsense(chance)
            answer = answered(page.host, page.port, request)
            assert b" 500 " not in answer.partition(b"\r\n")[0], request
        assert page.client.get("/api/status").json()["state"] == "locked"
        assert page.conductor.orders == page.motion.orders == []
    assert caplog.text == ""


def test_frames_of_any_kind_are_heard_or_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(4)
    words: list[object] = ["LISTEN", "IGNORE", "PATH_ADDED", "", None, 1, [], {}]
    # A client that is hung up on while it sends logs that as an error of its own; asked here is the server's log.
    of_the_client = logging.getLogger("tests.websocket_client")
    of_the_client.propagate = False
    with served() as page, caplog.at_level(logging.ERROR):
        for number in range(30):
            url = f"ws://{page.host}:{page.port}{chance.choice(('/', '/', '/api/events', '/cuefocus/go'))}"
            try:
                with connect(url, proxy=None, close_timeout=0.5, logger=of_the_client) as line:
                    for _ in range(20):
                        data = chance.choice([*words, "/", "/cuefocus/out/state", "x" * 20_000, "[" * 5_000])
                        said = json.dumps({"COMMAND": chance.choice(words), "DATA": data})
                        frames: list[str | bytes] = [said, said[:-1], chance.randbytes(60), "[" * 9_000, "\ud7ff"]
                        line.send(chance.choice(frames))
                        page.tell({"event": "state", **STATUS, "take": number})
            except (WebSocketException, ConnectionError, TimeoutError):
                pass
        assert page.client.get("/api/status").json()["state"] == "locked"
        assert page.conductor.orders == page.motion.orders == []
        page.until_said("it is not obeyed")
    assert caplog.text == ""


def test_a_flood_of_what_is_no_http_fills_no_log_and_is_told_with_its_number(capfd: pytest.CaptureFixture[str]) -> None:
    with served() as page:
        for _ in range(50):
            answered(page.host, page.port, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        told = page.until_said("what is no HTTP; it is not obeyed")
        assert told.startswith("HTTP from 127."), "its host is named"
    assert capfd.readouterr().err == ""


def test_a_websocket_that_is_refused_is_no_fault_of_ours_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    with served() as page:
        url, origin = f"ws://{page.host}:{page.port}/api/events", Origin("http://evil.example")
        with pytest.raises(InvalidStatus), connect(url, origin=origin, proxy=None):
            pass
        page.until_said("a page of 'http://evil.example' may not do that")
    assert capfd.readouterr().err == ""


def test_a_request_with_two_lengths_is_refused_and_what_comes_behind_it_is_none() -> None:
    """Where it ends is a matter of taste: what one takes for its body another takes for the next request."""
    lengths = b"Host: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    behind = b"POST /api/arm HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
    with served() as page:
        said = answered(page.host, page.port, b"POST /api/go HTTP/1.1\r\n" + lengths + behind)
        assert said.startswith(b"HTTP/1.1 400 "), said
        assert b"Content-Length or Transfer-Encoding, not both" in said
        page.until_said("POST /api/go: a request has Content-Length or Transfer-Encoding, not both; it is not obeyed")
        assert page.conductor.orders == page.motion.orders == []
        said = answered(page.host, page.port, b"POST /api/panic HTTP/1.1\r\n" + lengths + behind)
        assert said.startswith(b"HTTP/1.1 200 "), "a stop is obeyed whatever it carries"
        assert b"connection: close" in said.lower()
        assert [order["verb"] for order in page.conductor.orders] == ["panic"]
        assert said.count(b"HTTP/1.1") == 1


def test_what_the_server_itself_refuses_is_told_in_our_words() -> None:
    faults = DeskFaults("HTTP")
    log = ServerLog(faults, lambda: 0)
    log.handle(logging.LogRecord(NAME, logging.WARNING, "", 0, "Exceeded concurrency limit.", (), None))
    ((_, told),) = faults.due(0)
    assert told == (
        "HTTP from a host whose address is not known here: more than is served at once, "
        "or a protocol that is not spoken here; it is not obeyed"
    )


def test_a_fault_of_ours_is_logged_once_a_second(capfd: pytest.CaptureFixture[str]) -> None:
    clock = iter(range(0, 3 * NS_PER_S, NS_PER_S // 10))
    log = ServerLog(DeskFaults(), partial(next, clock))
    for _ in range(30):
        log.handle(logging.LogRecord(NAME, logging.ERROR, "", 0, "it broke", (), None))
    assert capfd.readouterr().err.count("page: it broke") == 3
