"""OSCQuery, as clients ask it; one of them is python-oscquery's own."""

import json
import socket
from collections.abc import Iterator

import pytest
from pythonosc.osc_message import OscMessage
from pythonoscquery.osc_query_client import OSCQueryClient
from websockets.sync.client import ClientConnection, connect
from zeroconf import ServiceInfo

from cuefocus.desk.web.config import PageConfig
from cuefocus.desk.web.osc_query import host_info
from cuefocus.desk.web.page import Page
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.host_clock import now_ns
from tests.desk.web.serving import OSC_PORT, STATUS, Served, served


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served() as one:
        yield one


def test_who_we_are_and_where_osc_is_heard(page: Served) -> None:
    info = page.client.get("/?HOST_INFO").json()
    assert (info["NAME"], info["OSC_IP"], info["OSC_PORT"], info["OSC_TRANSPORT"]) == (
        "Duet",
        page.host,
        OSC_PORT,
        "UDP",
    )
    assert [key for key, there in info["EXTENSIONS"].items() if there] == [
        *("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "LISTEN", "IGNORE", "PATH_ADDED"),
    ]
    assert page.client.get("/cuefocus/go?HOST_INFO").json() == info


@pytest.mark.parametrize(
    ("asker", "by", "found"),
    [
        ("10.0.0.9", "10.0.0.5", "10.0.0.5"),
        ("fd00::9", "fd00::5", "fd00::5"),
        ("10.7.0.9", "10.7.0.5", "10.0.0.5"),  # OSC is heard at another address than the page
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.8", "127.0.0.1"),
    ],
)
def test_who_asks_is_told_of_a_place_that_it_can_reach(asker: str, by: str, found: str) -> None:
    places = tuple((host, OSC_PORT) for host in ("127.0.0.1", "10.0.0.5", "fd00::5"))
    page = Page(PageConfig("10.0.0.5", 8080, "Duet", (), "", "", desk=FrontDeskConfig(udp=places)), now_ns)
    try:
        assert host_info(page, asker, by)["OSC_IP"] == found
    finally:
        page.close()


def test_the_whole_tree_is_at_its_root(page: Served) -> None:
    root = page.client.get("/").json()
    assert root["FULL_PATH"] == "/"
    cue = root["CONTENTS"]["cuefocus"]["CONTENTS"]["cue"]["CONTENTS"]["2"]["CONTENTS"]
    assert {name: (node["FULL_PATH"], node["ACCESS"], node["TYPE"]) for name, node in cue.items()} == {
        name: (f"/cuefocus/cue/2/{name}", 2, "i") for name in ("fire", "start", "standby", "load")
    }
    assert page.client.get("/cuefocus/cue/2").json() == root["CONTENTS"]["cuefocus"]["CONTENTS"]["cue"]["CONTENTS"]["2"]


@pytest.mark.parametrize(
    ("question", "status", "answer"),
    [
        ("/cuefocus/arm?TYPE", 200, {"TYPE": "i"}),
        ("/cuefocus/arm?ACCESS", 200, {"ACCESS": 2}),
        ("/cuefocus/arm?RANGE", 200, {"RANGE": [{"MIN": 0, "MAX": 1}]}),
        ("/cuefocus/arm?FULL_PATH", 200, {"FULL_PATH": "/cuefocus/arm"}),
        ("/cuefocus/arm?DESCRIPTION", 200, {"DESCRIPTION": "arm: 1, disarm: 0"}),
        ("/cuefocus/out/armed?VALUE", 200, {"VALUE": [1]}),
        ("/cuefocus/out/next?VALUE", 200, {"VALUE": ["1", 10.0]}),
        ("/cuefocus/arm?VALUE", 204, None),
        ("/cuefocus/out/event/cue/1/landed?VALUE", 200, {}),
        ("/cuefocus/arm?CONTENTS", 204, None),
        ("/cuefocus/cue?TYPE", 204, None),
        ("/cuefocus/arm?CLIPMODE", 204, None),
        ("/cuefocus/arm?NONSENSE", 400, None),
        ("/cuefocus/eat", 404, None),
        ("/cuefocus/eat?VALUE", 404, None),
        ("/%00%FF", 404, None),
    ],
)
def test_attributes_are_asked_for_alone(
    page: Served, question: str, status: int, answer: dict[str, object] | None
) -> None:
    page.tell({"event": "state", **STATUS})
    got = page.client.get(question)
    assert got.status_code == status
    if answer is not None:
        assert got.json() == answer
    if status == 204:
        assert got.content == b""


def test_an_independent_client_reads_it(page: Served) -> None:
    kind = "_oscjson._tcp.local."
    address = socket.inet_aton(page.host)
    client = OSCQueryClient(ServiceInfo(kind, f"Duet.{kind}", addresses=[address], port=page.port))
    info = client.get_host_info()
    assert info is not None
    assert (info.name, info.osc_port) == ("Duet", OSC_PORT)
    page.tell({"event": "state", **STATUS, "state": "freewheeling"})
    assert page.client.get("/cuefocus/out/state?VALUE").json() == {"VALUE": ["freewheeling"]}
    node = client.query_node("/cuefocus/out/state")
    assert node is not None
    assert (node.full_path, node.value) == ("/cuefocus/out/state", ["freewheeling"])
    assert client.query_node("/cuefocus/eat") is None
    root = client.query_node("/")
    assert root is not None
    for path in ("/cuefocus/go", "/cuefocus/cue/2/fire", "/cuefocus/out/next", "/cuefocus/out/event/cue/2/landed"):
        assert (found := root.find_subnode(path)) is not None, path
        assert (alone := client.query_node(path)) is not None
        assert found.value == alone.value


def say(line: ClientConnection, command: str, address: str) -> None:
    line.send(json.dumps({"COMMAND": command, "DATA": address}))


def told(line: ClientConnection) -> tuple[str, list[object]]:
    packet = line.recv(5)
    assert isinstance(packet, bytes)
    message = OscMessage(packet)
    return message.address, message.params


def test_who_listens_is_told_in_osc_as_it_changes(page: Served) -> None:
    page.tell({"event": "state", **STATUS})
    with connect(f"ws://{page.host}:{page.port}/", proxy=None) as line:
        say(line, "LISTEN", "/cuefocus/out/state")
        assert told(line) == ("/cuefocus/out/state", ["locked"])
        page.tell({"event": "state", **STATUS, "state": "holding"})
        assert told(line) == ("/cuefocus/out/state", ["holding"])
        say(line, "IGNORE", "/cuefocus/out/state/")
        say(line, "LISTEN", "/cuefocus/out/event/cue/1/fire")
        say(line, "LISTEN", "/cuefocus/out/alarm")
        page.server.hear([{"event": "alarm", "text": "ready"}])
        assert told(line) == ("/cuefocus/out/alarm", ["ready"])
        page.tell({"event": "state", **STATUS}, {"event": "departure", "cue": "1", "take": 3, "planned_s": 1.5})
        assert told(line) == ("/cuefocus/out/event/cue/1/fire", [3, 1.5])
        page.tell({"event": "landing", "cue": "1", "take": 3, "planned_s": 1.5, "error_ms": 2.0, "verdict": "short"})
        assert json.loads(line.recv(5)) == {"COMMAND": "PATH_ADDED", "DATA": "/cuefocus/out/event/cue/1/short"}


@pytest.mark.parametrize(
    "nonsense",
    [
        b"/cuefocus/go\0\0\0\0,\0\0\0",
        "{",
        "[]",
        "{}",
        '{"COMMAND": "EAT", "DATA": "/"}',
        '{"COMMAND": "LISTEN", "DATA": "/eat"}',
    ],
)
def test_what_is_no_command_is_told_and_costs_nothing(page: Served, nonsense: str | bytes) -> None:
    page.said.clear()
    with connect(f"ws://{page.host}:{page.port}/", proxy=None) as line:
        line.send(nonsense)
        page.until_said("it is not obeyed")
        say(line, "LISTEN", "/cuefocus/out/armed")
        assert told(line) == ("/cuefocus/out/armed", [1])
    assert page.conductor.orders == []
