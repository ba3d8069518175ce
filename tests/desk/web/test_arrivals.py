"""What came while the page's process stood still counts from when it came; a stop is obeyed whenever it is heard."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.desk.web.serving import PATIENCE_S, Served, served

HANG_NS = 700 * NS_PER_MS


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served() as one:
        yield one


class Hanging(dict[str, Any]):
    """An event that takes long to take in."""

    def get(self, key: str, default: Any = None) -> Any:
        if self.pop("hangs", False):
            HostClock().sleep_until(now_ns() + HANG_NS)
        return super().get(key, default)


def hang(page: Served) -> None:
    """The page's loop stands still from now on, for so long."""
    page.conductor.orders.clear()
    page.motion.orders.clear()
    page.server.hear([Hanging(event="hang", hangs=True)])
    HostClock().sleep_until(now_ns() + 50 * NS_PER_MS)


def request(path: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@contextmanager
def line(page: Served) -> Iterator[socket.socket]:
    with socket.create_connection((page.host, page.port), timeout=PATIENCE_S) as one:
        yield one


def test_a_word_says_when_it_came_however_late_it_is_read(page: Served) -> None:
    hang(page)
    with ThreadPoolExecutor() as pool:
        at_ns = now_ns()
        asked = [pool.submit(page.client.post, f"/api/cue/{cue}/fire") for cue in ("1", "2")]
        assert [one.result().status_code for one in asked] == [200, 200]
    assert len(page.conductor.orders) == 2
    for order in page.conductor.orders:
        assert isinstance(order["said_ns"], int)
        assert abs(order["said_ns"] - at_ns) < 200 * NS_PER_MS
    assert page.conductor.heard_ns - at_ns > 500 * NS_PER_MS


def test_a_word_that_is_heard_at_once_came_just_now(page: Served) -> None:
    page.conductor.orders.clear()
    at_ns = now_ns()
    page.client.post("/api/go")
    (order,) = page.conductor.orders
    assert isinstance(order["said_ns"], int)
    assert at_ns <= order["said_ns"] <= page.conductor.heard_ns


def test_of_words_that_came_in_one_piece_unread_all_but_the_last_may_be_as_old_as_the_hang(page: Served) -> None:
    with line(page) as mine:
        mine.sendall(b"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert mine.recv(65_536)
        hang(page)
        began_ns = now_ns()
        HostClock().sleep_until(began_ns + 400 * NS_PER_MS)
        mine.sendall(request("/api/go") + request("/api/next"))
        until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
        while len(page.conductor.orders) < 2 and now_ns() < until_ns:
            HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
    first, last = (order["said_ns"] for order in page.conductor.orders)
    assert isinstance(first, int)
    assert isinstance(last, int)
    assert first <= began_ns
    assert last >= began_ns + 400 * NS_PER_MS


def test_who_hung_up_while_the_page_stood_still_is_not_obeyed_and_it_is_alarmed(page: Served) -> None:
    hang(page)
    with line(page) as mine:
        mine.sendall(request("/api/cue/2/fire"))
    with line(page) as mine:
        mine.sendall(request("/api/panic"))
    page.until_said("go 2 waited")
    page.client.get("/api/status")
    assert [order["verb"] for order in page.conductor.orders] == ["panic"]
    assert [order["verb"] for order in page.motion.orders] == ["panic"]
    assert any("its sender hung up; say it again if it is still meant" in text for text in page.said)


def test_who_says_a_word_and_hangs_up_at_once_is_obeyed_by_a_page_that_looks(page: Served) -> None:
    page.conductor.orders.clear()
    with line(page) as mine:
        mine.sendall(request("/api/go"))
    until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
    while not page.conductor.orders and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
    assert [order["verb"] for order in page.conductor.orders] == ["go"]
