"""The API over HTTP, really served."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from cuefocus.desk.web import audience
from cuefocus.desk.web.audience import MOST, MOST_OF_A_HOST, MOST_OF_THIS_MACHINE
from cuefocus.desk.web.config import PageConfig
from cuefocus.desk.web.server import PageServer, listening
from cuefocus.engine.peers import PeerRule
from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.said import Right
from tests.desk.web.serving import OPERATOR, STATUS, VIEWER, Served, served


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served() as one:
        yield one


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    with served(tokens=True, peers=[PeerRule("lens desk", "127.0.0.9", Right.OPERATE)]) as one:
        yield one


NOBODY: Any = None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- looking ---


def test_the_state_is_asked_of_the_conductor_at_first(page: Served) -> None:
    now = page.client.get("/api/status").json()
    assert (now["title"], now["armed"], now["standby"], now["next"]["cue"]) == ("Duet", True, "2", "1")
    assert page.client.get("/api/variables").json()["next_name"] == "Ana to Ben"
    assert [cue["cue"] for cue in page.client.get("/api/cues").json()] == ["1", "2", "Q/3 é"]


def test_the_schema_of_the_api_is_there_for_programs(page: Served) -> None:
    paths = page.client.get("/api/openapi.json").json()["paths"]
    assert {"/api/status", "/api/variables", "/api/cues", "/api/cue/{cue}/{what}", "/api/{verb}"} <= set(paths)


def test_answers_are_for_programs_of_this_origin_only(page: Served) -> None:
    headers = page.client.get("/api/status").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


# --- saying ---


@pytest.mark.parametrize(
    ("path", "verb", "target", "value"),
    [
        ("/api/go", "go", "", ""),
        ("/api/go?list=B", "go", "", "B"),
        ("/api/next?list=B", "next", "", "B"),
        ("/api/back", "back", "", ""),
        ("/api/top", "top", "", ""),
        ("/api/cue/2/fire", "go", "2", ""),
        ("/api/cue/2/standby", "standby", "2", ""),
        ("/api/cue/2/load", "load", "2", ""),
        ("/api/cue/Q/3%20%C3%A9/fire", "go", "Q/3 é", ""),
        ("/api/cue/Q%2F3%20%C3%A9/fire", "go", "Q/3 é", ""),
        ("/api/arm", "arm", "", ""),
        ("/api/disarm", "disarm", "", ""),
        ("/api/engage", "engage", "", ""),
        ("/api/engage?target=B.focus&confirm=true", "engage", "B.focus", "confirm"),
        ("/api/disengage?target=B", "disengage", "B", ""),
        ("/api/resume", "resume", "", ""),
        ("/api/take/start", "take_start", "", ""),
        ("/api/take/good", "mark", "", "good"),
        ("/api/slate?text=12A", "slate", "", "12A"),
    ],
)
def test_a_word_is_passed_on_to_the_conductor(page: Served, path: str, verb: str, target: str, value: str) -> None:
    page.conductor.orders.clear()
    answer = page.client.post(path)
    assert (answer.status_code, answer.json()["ok"], answer.json()["text"]) == (200, True, "done")
    (order,) = page.conductor.orders
    assert order == {"verb": verb, "target": target, "value": value} | {
        one: order[one] for one in ("source", "said_ns")
    }
    assert str(order["source"]).startswith("http:127.")
    assert page.motion.orders == []


@pytest.mark.parametrize("verb", ["hold", "panic", "release", "hand"])
def test_a_stop_goes_to_motion_and_to_the_conductor(page: Served, verb: str) -> None:
    page.conductor.orders.clear()
    page.motion.orders.clear()
    answer = page.client.post(f"/api/{verb}?target=B.focus").json()
    assert answer["ok"] is True
    assert answer["motion"] is True
    for told in (page.motion, page.conductor):
        assert [(order["verb"], order["target"]) for order in told.orders] == [(verb, "B.focus")]
    page.motion.orders.clear()


def test_a_slip_in_the_address_keeps_no_panic_from_being_obeyed_but_every_other_word(page: Served) -> None:
    page.conductor.orders.clear()
    assert page.client.post("/api/panic?axis=B.focus").json()["ok"] is True
    assert page.conductor.orders[0]["target"] == ""
    refused = page.client.post("/api/engage?axis=B.focus")
    assert refused.status_code == 400
    assert refused.json()["text"] == "engage has no parameter 'axis'; it takes target and confirm"
    assert len(page.conductor.orders) == 1
    page.motion.orders.clear()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/api/cue//fire", 404, "which cue? /api/cue/12/fire names it"),
        ("/api/cue//standby", 404, "which cue? /api/cue/12/standby names it"),
        ("/api/cue//load", 404, "which cue? /api/cue/12/load names it"),
        ("/api/engage?target=", 400, "target is given, but empty; engage does not guess what is meant"),
        ("/api/engage?target=B&confirm=", 400, "confirm is given, but empty; engage does not guess what is meant"),
        ("/api/resume?target", 400, "target is given, but empty; resume does not guess what is meant"),
        ("/api/disengage?target=", 400, "target is given, but empty; disengage does not guess what is meant"),
        ("/api/go?list=", 400, "list is given, but empty; go does not guess what is meant"),
        ("/api/next?list=", 400, "list is given, but empty; next does not guess what is meant"),
        ("/api/slate?text=", 400, "text is given, but empty; slate does not guess what is meant"),
        ("/api/slate", 400, "a slate needs a text: ?text=12A"),
        ("/api/engage?target=A&target=B", 400, "target is given 2 times; engage takes one"),
        ("/api/go?list=A&list=A", 400, "list is given 2 times; go takes one"),
        ("/api/hand?target=A&target=B", 400, "target is given 2 times; hand takes one"),
    ],
)
def test_what_is_given_empty_or_twice_is_no_word_for_all(page: Served, path: str, status: int, text: str) -> None:
    page.conductor.orders.clear()
    answer = page.client.post(path)
    assert (answer.status_code, answer.json()) == (status, {"ok": False, "text": text})
    assert page.conductor.orders == page.motion.orders == []


@pytest.mark.parametrize("query", ["target=", "target=A.focus&target=B.focus"])
def test_a_stop_of_nothing_or_of_two_is_for_every_axis(page: Served, query: str) -> None:
    page.motion.orders.clear()
    assert page.client.post(f"/api/hold?{query}").status_code == 200
    assert [(order["verb"], order["target"]) for order in page.motion.orders] == [("hold", "")]
    page.motion.orders.clear()
    page.conductor.orders.clear()


@pytest.mark.parametrize("verb", ["hold", "panic", "release"])
def test_a_stop_is_obeyed_whatever_it_carries(page: Served, verb: str) -> None:
    def slowly() -> Iterator[bytes]:
        yield b"x" * 20_000

    page.motion.orders.clear()
    assert page.client.post(f"/api/{verb}", headers={"Content-Length": "20000"}, content=slowly()).status_code == 200
    assert page.client.post(f"/api/{verb}?target={'x' * 300}").status_code == 200
    assert [(order["verb"], order["target"]) for order in page.motion.orders] == [(verb, "")] * 2
    page.motion.orders.clear()
    page.conductor.orders.clear()


@pytest.mark.parametrize("path", ["/api/panic/", "/api/panic//", "/api/panic/?target="])
def test_a_slash_behind_a_word_keeps_no_stop_from_being_obeyed(page: Served, path: str) -> None:
    page.motion.orders.clear()
    assert page.client.post(path).json()["ok"] is True
    assert [(order["verb"], order["target"]) for order in page.motion.orders] == [("panic", "")]
    page.motion.orders.clear()
    page.conductor.orders.clear()


@pytest.mark.parametrize(
    ("path", "verb", "target"), [("/api/go/", "go", ""), ("/api/cue/Q%2F3%20é/fire/", "go", "Q/3 é")]
)
def test_a_slash_behind_any_other_word_counts_as_little(page: Served, path: str, verb: str, target: str) -> None:
    page.conductor.orders.clear()
    assert page.client.post(path).json()["ok"] is True
    assert [(order["verb"], order["target"]) for order in page.conductor.orders] == [(verb, target)]
    page.conductor.orders.clear()


def test_what_the_session_refuses_is_told_as_it_says(page: Served) -> None:
    page.conductor.answer = {"ok": False, "text": "not armed"}
    try:
        answer = page.client.post("/api/go")
    finally:
        page.conductor.answer = {"ok": True, "text": "done"}
    assert (answer.status_code, answer.json()) == (409, {"ok": False, "text": "not armed"})


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("POST", "/api/cue/9/fire", 404, "the show has no cue '9'"),
        ("POST", "/api/cue/2/eat", 404, "say fire, standby, load of a cue"),
        ("POST", "/api/take/over", 404, "say start, end, good, ng of a take"),
        ("POST", "/api/eat", 404, "no such word; say go, next"),
        ("POST", "/go", 404, "no such word; say /api/go, for example"),
        ("POST", "/", 404, "no such word; say /api/go, for example"),
        ("POST", "/api/cue/12", 404, "or /api/cue/12/fire"),
        ("POST", "/api/hand", 400, "a hand needs an axis"),
        ("POST", f"/api/slate?text={'x' * 300}", 400, "no name has more than 256 characters"),
        ("GET", "/api/go", 404, "what is said goes by POST"),
        ("PUT", "/api/go", 405, "say it by POST, or ask by GET"),
        ("DELETE", "/", 405, "say it by POST, or ask by GET"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(page: Served, method: str, path: str, status: int, said: str) -> None:
    answer = page.client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["ok"] is False
    assert said in answer.json()["text"]


def test_a_long_body_is_not_read(page: Served) -> None:
    assert page.client.post("/api/go", content=b"x" * 20_000).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 16_384

    try:
        assert page.client.post("/api/go", content=endless()).status_code in (200, 413)
    except httpx.TransportError:
        pass  # it hung up on us
    assert page.client.get("/api/status").status_code == 200


# --- who may ---


def test_with_tokens_each_does_what_its_token_says(guarded: Served) -> None:
    assert guarded.client.get("/api/status").status_code == 401
    assert guarded.client.get("/api/status").headers["www-authenticate"] == "Bearer"
    assert guarded.client.get("/api/status", headers=bearer(VIEWER)).status_code == 200
    refused = guarded.client.post("/api/go", headers=bearer(VIEWER))
    assert refused.status_code == 403
    assert refused.json()["text"] == "watcher may view; go needs the right to operate"
    refused = guarded.client.post("/api/slate?text=1", headers=bearer(VIEWER))
    assert refused.json()["text"] == "watcher may view; slate needs the right to edit"
    guarded.conductor.orders.clear()
    assert guarded.client.post("/api/go", headers=bearer(OPERATOR)).json()["ok"] is True
    assert guarded.conductor.orders[0]["source"] == "http:booth"


def test_refusals_are_alarmed_with_their_cure(guarded: Served) -> None:
    for _ in range(3):
        guarded.client.post("/api/go", headers=bearer("wrong-wrong-wrong-wrong"))
    told = guarded.until_said("POST /api/go")  # with others that are told in the same second, where it comes so
    assert told.startswith("HTTP from 127.")
    assert told.endswith("refused; give it a token if it may (network.page.tokens in the rig)")


def test_a_page_elsewhere_neither_says_nor_listens(page: Served) -> None:
    page.conductor.orders.clear()
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        refused = page.client.post("/api/panic", headers=headers)
        assert refused.status_code == 403
        assert refused.json()["ok"] is False
    assert page.conductor.orders == []
    assert "POST /api/panic: " in page.until_said("evil.example")
    url, origin = f"ws://{page.host}:{page.port}/api/events", Origin("http://evil.example")
    with pytest.raises(InvalidStatus) as caught, connect(url, origin=origin, proxy=None):
        pass
    assert caught.value.response.status_code == 403


# --- being told ---


def test_events_are_told_over_a_websocket_the_state_first(page: Served) -> None:
    with connect(f"ws://{page.host}:{page.port}/api/events", proxy=None) as told:
        first = json.loads(told.recv(5))
        assert (first["event"], first["armed"]) == ("status", True)
        page.tell({"event": "state", **STATUS, "standby": "1"}, {"event": "departure", "cue": "1"})
        assert json.loads(told.recv(5))["standby"] == "1"
        assert json.loads(told.recv(5))["cue"] == "1"
        assert page.client.get("/api/status").json()["running"] == ["1"]
        told.send("what comes in is passed over")
        page.server.note_alarm({"event": "alarm", "text": "the disk is full", "source": "desk"})
        assert json.loads(told.recv(5))["text"] == "the disk is full"
    page.tell({"event": "state", **STATUS}, {"event": "landing", "cue": "1", "verdict": "landed"})


def test_a_websocket_needs_a_token_where_there_is_one(guarded: Served) -> None:
    url = f"ws://{guarded.host}:{guarded.port}/api/events"
    with pytest.raises(InvalidStatus) as caught, connect(url, proxy=None):
        pass
    assert caught.value.response.status_code == 401
    assert b"show a token" in caught.value.response.body
    with connect(url, additional_headers=bearer(VIEWER), proxy=None) as told:
        assert json.loads(told.recv(5))["event"] == "status"


def test_there_is_room_for_so_many_and_who_goes_makes_room(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "is_loopback", lambda host: host == "127.0.0.1")
    url = f"ws://{page.host}:{page.port}/api/events"
    with ExitStack() as those:
        for number in range(MOST):
            host = "127.0.0.1" if number < MOST_OF_THIS_MACHINE else "127.0.0.8"
            those.enter_context(connect(url, proxy=None, source_address=(host, 0))).recv(5)
            if number == MOST_OF_THIS_MACHINE - 1:
                assert _code(url) == 1013, "it leaves room for others"
        assert _code(url, "127.0.0.9") == 1013, "nobody more"
    until_ns = now_ns() + 5 * NS_PER_S
    while (code := _code(url)) == 1013 and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)
    assert code is None


def test_a_host_takes_no_others_place(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "is_loopback", lambda host: host == "127.0.0.1")
    url = f"ws://{page.host}:{page.port}/api/events"
    with ExitStack() as those:
        for _ in range(MOST_OF_A_HOST):
            those.enter_context(connect(url, proxy=None, source_address=("127.0.0.9", 0))).recv(5)
        assert _code(url, "127.0.0.9") == 1013
        assert _code(url, "127.0.0.8") is None
        assert _code(url) is None


def _code(url: str, host: str = "127.0.0.1") -> int | None:
    """With what a websocket is closed at once; None for one that is told the state."""
    with connect(url, proxy=None, source_address=(host, 0)) as line:
        try:
            line.recv(5)
        except ConnectionClosed:
            return line.close_code
        return None


# --- when things are not there ---


def test_after_lost_events_the_state_is_asked_for_and_nothing_is_said_to_be_under_way(page: Served) -> None:
    page.tell({"event": "state", **STATUS, "take": 8}, {"event": "departure", "cue": "2"})
    until_ns = now_ns() + 5 * NS_PER_S
    while page.client.get("/api/status").json()["running"] != ["2"] and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
    page.server.hear([], lost=True)
    while (shown := page.client.get("/api/status").json())["take"] != STATUS["take"] and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
    assert (shown["take"], shown["running"]) == (STATUS["take"], [])


def test_more_events_than_can_wait_are_as_lost(page: Served) -> None:
    page.tell({"event": "departure", "cue": "2"})
    until_ns = now_ns() + 5 * NS_PER_S
    while page.client.get("/api/status").json()["running"] != ["2"] and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
    page.tell({"event": "landing", "cue": "2"}, *({"event": "alarm", "text": str(n)} for n in range(5000)))
    while (shown := page.client.get("/api/status").json())["running"] and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
    assert shown["running"] == []


def test_a_port_that_is_taken_is_told_and_served_when_it_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        host, port = other.getsockname()
        server = PageServer(PageConfig(host, port, "Duet", (), "/nowhere/motion", "/nowhere/conductor"))
        told = Served(server, host, port, NOBODY, NOBODY, NOBODY)
        text = told.until_said("the page is not served, and is tried again")
        assert "another program listens there" in text
    try:
        told.until_said(f"served: http://{host}:{port}")
        assert server.serving.wait(5)
        shown = httpx.get(f"http://{host}:{port}/api/variables", trust_env=False).json()
        assert shown["state"] == "stale"
    finally:
        server.close()


def test_an_address_that_is_not_ours_is_told_with_its_own_cure() -> None:
    with pytest.raises(DeviceError, match="write an address of this machine"):
        listening("192.0.2.1", 8080, NameLookup())  # RFC 5737: an address of nobody


def test_a_name_that_nobody_answers_for_keeps_the_page_waiting_no_longer_than_the_limit() -> None:
    hangs = Event()
    lookup = NameLookup(patience_s=0.05, ask=lambda *asked, **how: hangs.wait(20.0) and [])
    for _ in range(3):
        with pytest.raises(DeviceError, match=r"nobody says in time what address 'booth\.local' has"):
            listening("booth.local", 8080, lookup)
    hangs.set()


def test_a_page_goes_on_without_a_conductor() -> None:
    with served() as one:
        one.conductor.close()
        answer = one.client.post("/api/go")
        assert answer.status_code == 503
        assert "nobody listens there" in answer.json()["text"]
        one.motion.orders.clear()
        stopped = one.client.post("/api/panic")
        assert stopped.status_code == 200
        assert stopped.json()["text"] == "PANIC: motion obeys; the conductor does not answer"


def test_a_panic_gets_through_while_words_wait_for_a_conductor_that_stands_still() -> None:
    with served() as one, ThreadPoolExecutor(48) as crowd:
        one.conductor.silent = True

        def say(number: int) -> int:
            return httpx.post(f"{one.url}/api/go", timeout=30.0, trust_env=False).status_code

        crowding = [crowd.submit(say, number) for number in range(48)]
        until_ns = now_ns() + 5 * NS_PER_S
        while len(one.conductor.orders) < 8 and now_ns() < until_ns:  # as many as are asked at once
            HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
        begun_ns = now_ns()
        stopped = one.client.post("/api/panic")
        assert stopped.json()["text"] == "PANIC: motion obeys; the conductor does not answer"
        assert one.motion.heard_ns - begun_ns < NS_PER_S
        assert {each.result() for each in crowding} == {503}


def test_a_client_that_sends_half_a_request_and_one_that_never_reads_cost_nothing(page: Served) -> None:
    with (
        socket.create_connection((page.host, page.port)) as half,
        socket.create_connection((page.host, page.port)) as deaf,
    ):
        half.sendall(b"POST /api/go HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        deaf.sendall(b"GET /api/cues HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
        assert page.client.get("/api/status").status_code == 200
