"""Half requests, and more connections than one host needs, keep nobody from a PANIC, and are closed."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import Mock

import pytest
from websockets.sync.client import connect

from cuefocus.desk.web import http_line
from cuefocus.desk.web.http_line import MOST_OF_A_HOST, Lines
from cuefocus.engine.desk_faults import DeskFaults
from tests.desk.web.serving import PATIENCE_S, Served, served

HALF = b"POST /api/go HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = b"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def page() -> Iterator[Served]:
    with served() as one:
        yield one


def opened(stack: ExitStack, page: Served, said: bytes = b"") -> socket.socket:
    line = stack.enter_context(socket.create_connection((page.host, page.port), timeout=PATIENCE_S))
    line.sendall(said)
    return line


def closed(line: socket.socket) -> bool:
    """Whether it is closed within the patience of its timeout."""
    try:
        return not line.recv(1000)
    except ConnectionResetError:
        return True


def test_half_requests_keep_nobody_out_and_are_alarmed_once(page: Served) -> None:
    with ExitStack() as stack:
        half = [opened(stack, page, HALF) for _ in range(200)]
        assert page.client.post("/api/panic").status_code == 200
        assert page.client.get("/api/status").status_code == 200
        assert closed(half[0])
        page.until_said(f"more than {MOST_OF_A_HOST} connections; the one silent longest was closed")
    assert sum("connections" in text or "half a request" in text for text in page.said) == 1


def test_what_makes_room_is_not_counted_until_its_turn_comes() -> None:
    """uvicorn refuses everybody, a PANIC too, for connections that are aborted but have not been told so yet."""
    lines, counted = Lines(DeskFaults(), lambda: 0), set[Any]()

    class Line:
        host, at_work, cycle, connections = "10.0.0.5", False, None, counted
        transport = loop = Mock()

    for _ in range(200):
        line: Any = Line()
        counted.add(line)
        lines.enter(line)
    assert len(counted) == 64


def test_half_a_request_is_closed_after_a_while_though_it_drips(monkeypatch: pytest.MonkeyPatch, page: Served) -> None:
    monkeypatch.setattr(http_line, "HEADERS_S", 0.3)
    with ExitStack() as stack:
        for said in (HALF, WHOLE + HALF):
            line = opened(stack, page, said)
            line.settimeout(0.05)
            gone = b"-"
            for _ in range(100):
                try:
                    line.sendall(b"X-A: b\r\n")
                    gone = line.recv(1000)
                except TimeoutError:
                    continue
                except ConnectionError:
                    gone = b""
                if not gone:
                    break
            assert not gone, said
        page.until_said("half a request, and no more of it within 0.3 s")


def test_a_connection_that_says_nothing_is_closed_without_a_word(monkeypatch: pytest.MonkeyPatch, page: Served) -> None:
    monkeypatch.setattr(http_line, "HEADERS_S", 0.1)
    with ExitStack() as stack:
        assert closed(opened(stack, page))
        page.server.note_alarm({"event": "alarm", "text": "x"})
        assert not [text for _, text in page.server.said() if "half" in text]


def test_a_websocket_outlives_the_time_for_headers_and_takes_nobodys_place(
    monkeypatch: pytest.MonkeyPatch, page: Served
) -> None:
    monkeypatch.setattr(http_line, "HEADERS_S", 0.2)
    with ExitStack() as stack, connect(f"ws://{page.host}:{page.port}/api/events", proxy=None) as told:
        told.recv(5)
        idle = [opened(stack, page) for _ in range(MOST_OF_A_HOST + 4)]
        assert all(closed(line) for line in idle)
        page.tell({"event": "departure", "cue": "1"})
        assert "departure" in str(told.recv(5))
