"""A whole daemon with a page: a button box's HTTP fires racks, and whatever becomes of the page costs no rack."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.called import Desk, called, landed
from tests.app.running import Daemon
from tests.desk.web.test_http_fuzz import answered, nonsense

pytestmark = pytest.mark.serial
PATIENCE_S = 15.0
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105


@contextmanager
def paged(tmp_path: Path, network: str = "", **more: str) -> Iterator[tuple[Daemon, Desk, httpx.Client]]:
    """A daemon armed and engaged by OSC, that waits for desks and serves a page; and a client of it."""
    host = f"127.14.{os.getpid() % 250}.{now_ns() % 250 + 1}"
    page = f'  page: {{listen: "{host}:8080"{more.get("page", "")}}}\n{network}'
    with (
        called(tmp_path, page) as (running, desk, _),
        httpx.Client(base_url=f"http://{host}:8080", timeout=5.0, trust_env=False) as client,
    ):
        yield running, desk, client


def until(client: httpx.Client, path: str, **wanted: Any) -> dict[str, Any]:
    """Look until it says so."""
    until_ns, shown = now_ns() + round(PATIENCE_S * NS_PER_S), dict[str, Any]()
    while now_ns() < until_ns:
        try:
            shown = client.get(path).json()
        except httpx.TransportError as problem:
            shown = {"problem": str(problem)}
        if wanted.items() <= shown.items():
            return shown
        HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)
    raise AssertionError(f"{path} never said {wanted}, but {shown}")


def test_a_button_box_fires_racks_and_its_variables_follow(tmp_path: Path) -> None:
    with paged(tmp_path) as (running, desk, client):
        shown = until(client, "/api/variables", armed=1, standby="1")
        assert shown["engaged"] == "B.focus C.focus"
        assert client.post("/api/go").json()["ok"] is True
        HostClock().sleep_until(now_ns() + 60 * NS_PER_MS)  # a second press, no copy of the packet
        refused = client.post("/api/go")
        assert (refused.status_code, refused.json()["ok"]) == (409, False)
        landed(running, "1")
        until(client, "/api/variables", landed_cue="1", landed_verdict="landed", standby="2")
        fired = client.post("/api/cue/3/fire")
        assert (fired.status_code, fired.json()["ok"]) == (200, True)
        landed(running, "3")
        until(client, "/api/variables", landed_cue="3")
        take, _, error_ms = client.get("/cuefocus/out/event/cue/3/landed?VALUE").json()["VALUE"]
        assert take == 1
        assert abs(error_ms) < 80.0
        assert client.post("/api/panic").json()["motion"] is True
        until(client, "/api/variables", armed=0, stopped="B.focus C.focus")
        assert desk.asks("/cuefocus/go")[0] == 0


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_page_that_stands_still_or_dies_costs_no_rack_and_comes_back(tmp_path: Path, how: signal.Signals) -> None:
    with paged(tmp_path) as (running, desk, client):
        until(client, "/api/variables", armed=1)
        before = running.pid("desk")
        os.kill(before, how)
        assert desk.asks("/cuefocus/go")[0] == 1
        landed(running, "1")
        desk.say("/lights/fire", 7.0)
        landed(running, "3")
        if how is signal.SIGSTOP:
            os.kill(before, signal.SIGCONT)
            until(client, "/api/variables", landed_cue="3", standby="2")
        else:
            running.another("desk", before)
            until(client, "/api/variables", armed=1, standby="2")


def test_what_was_said_while_the_desk_stood_still_has_expired_and_a_panic_is_obeyed(tmp_path: Path) -> None:
    with paged(tmp_path) as (running, _, client), ThreadPoolExecutor() as pool:
        until(client, "/api/variables", armed=1, standby="1")
        desk = running.pid("desk")
        os.kill(desk, signal.SIGSTOP)
        fired = [pool.submit(httpx.post, client.base_url.join(f"/api/cue/{cue}/fire"), timeout=15.0) for cue in "13"]
        HostClock().sleep_until(now_ns() + 1500 * NS_PER_MS)
        os.kill(desk, signal.SIGCONT)
        for one in fired:
            assert one.result().status_code == 409
            assert "expired; say it again if it is still meant" in one.result().json()["text"]
        running.until(lambda event: event["event"] == "alarm" and "expired" in event["text"])
        os.kill(desk, signal.SIGSTOP)
        panic = pool.submit(httpx.post, client.base_url.join("/api/panic"), timeout=15.0)
        HostClock().sleep_until(now_ns() + 1500 * NS_PER_MS)
        os.kill(desk, signal.SIGCONT)
        assert panic.result().json()["motion"] is True
        running.until(lambda event: event.get("armed") is False)
        assert not [event for event in running.events if event["event"] == "departure"]


def test_a_flood_of_nonsense_costs_no_rack_and_the_page_lives(tmp_path: Path) -> None:
    chance = random.Random(5)
    with paged(tmp_path) as (running, desk, client):
        until(client, "/api/variables", armed=1)
        pid = running.pid("desk")
        assert desk.asks("/cuefocus/go")[0] == 1
        for number in range(1_500):
            answered(client.base_url.host, 8080, nonsense(chance))
            if number == 500:
                desk.say("/lights/fire", 7.0)
        landed(running, "1", "3")
        until(client, "/api/variables", landed_cue="3", standby="2")
        assert running.pid("desk") == pid


def test_where_a_token_is_asked_for_nobody_else_operates_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "booth.token").write_text(TOKEN)
    (tmp_path / "booth.token").chmod(0o600)
    with paged(tmp_path, page=", token_file: booth.token") as (running, _, client):
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        until(client, "/api/variables", armed=1)
        del client.headers["Authorization"]
        refused = client.post("/api/go")
        assert (refused.status_code, refused.json()["ok"]) == (401, False)
        told = running.until(lambda event: event["event"] == "alarm" and "HTTP" in event["text"])
        assert "POST /api/go is refused" in told["text"]
        assert client.post("/api/go", headers={"Authorization": f"Bearer {TOKEN}"}).json()["ok"] is True
        landed(running, "1")


def test_without_what_serves_it_a_desk_does_all_else_and_says_what_is_missing(tmp_path: Path) -> None:
    code = """
import sys
from cuefocus.desk.desk_page import DeskPage
from cuefocus.desk.web.config import PageConfig
from cuefocus.shells.host_clock import DescriptorWait
sys.modules["uvicorn"] = None
DeskPage(None, print, DescriptorWait()).tend()
page = DeskPage(PageConfig("127.0.0.1", 8080, "", (), "", ""), print, DescriptorWait())
page.tend()
page.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "alarm the page is not served: uvicorn is not installed; pip install uvicorn\n"
