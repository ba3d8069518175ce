"""The dialects' words over real UDP, to and from libraries that are not ours: liblo (pyliblo3), and node's `osc`."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from cuefocus.wire.dialects import eos
from cuefocus.wire.dialects.all import hear
from cuefocus.wire.dialects.companion import Button, Companion
from cuefocus.wire.dialects.native import Native
from cuefocus.wire.dialects.qlab import QLab
from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_bundle, write_message
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import Said
from tests.wire.dialects.node_peer import Node, node_peer
from tests.wire.dialects.shows import DUET

HERE = "127.0.0.1"
PATIENCE_S = 10.0

#: What desks send: address, arguments, and what is heard.
WORDS: list[tuple[str, list[Any], list[Said]]] = [
    ("/cuefocus/go", [], [Said("go")]),
    ("/cuefocus/cue/12/fire", [1], [Said("go", "12")]),
    ("/cuefocus/cue/12/fire", [1.0], [Said("go", "12")]),
    ("/cuefocus/cue/12/fire", [0.0], []),
    ("/cuefocus/cue/12/fire", [True], [Said("go", "12")]),
    ("/cuefocus/cue/12/fire", [False], []),
    ("/cuefocus/setup", ["A", "stop=2.8"], [Said("setup", "A", "stop=2.8")]),
    ("/cuefocus/slate", ["Szene 12 ä"], [Said("slate", value="Szene 12 ä")]),
    ("/cuefocus/offset_ms", [-12.5], [Said("offset", value="-12.5")]),
    ("/cuefocus/panic", [], [Said("panic")]),
    ("/go", [], [Said("go")]),
    ("/go/3", [], [Said("go", "3")]),
    ("/cue/3/start", [], [Said("go", "3")]),
    ("/cue/{3,12.5}/start", [], [Said("go", "3"), Said("go", "12.5")]),
    ("/cue/*/stop", [], [Said("hold", "A.focus"), Said("hold", "B.iris")]),
    ("/playhead/3", [], [Said("standby", "3")]),
    ("/workspace/cuefocus/hardStop", [], [Said("panic")]),
    ("/stop", [1.0], []),
    ("/eos/out/active/cue/1/12", [0.5], []),
]

#: What is sent to desks: every type of argument that we use is among them.
TOLD: list[OscMessage] = [
    *Native().news(
        {"event": "landing", "take": 2, "cue": "1", "verdict": "late", "planned_s": 3, "error_ms": 4.5}, DUET
    ),
    *Native().news({"event": "landing", "take": 2, "cue": "1", "verdict": "refused"}, DUET),
    *Native().news({"event": "state", "state": "locked", "timecode": "01:00:00:00", "next": {"cue": "1"}}, DUET),
    *Native().answer(OscMessage("/cuefocus/go"), True, "größer", {}),
    *QLab().answer(OscMessage("/workspace/cuefocus/go"), True, "lands in 600 ms", {}),
    *Companion(Button(1, 0, 3)).news({"event": "state", "state": "locked", "armed": True}, DUET),
    *eos.greeting(),
    OscMessage("/types", (1 << 40, 1e300, True, False, None, b"xyz", "")),
]


@pytest.fixture
def inlet() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((HERE, 0))
        opened.settimeout(PATIENCE_S)
        yield opened


def heard_on(inlet: socket.socket) -> list[Said]:
    packet = read_packet(inlet.recv(65_536))
    assert packet.faults == ()
    found = [hear(message, DUET) for message in packet.messages]
    return [said for each in found if each is not None for said in each[1].said]


# --- liblo ---


@pytest.fixture
def liblo() -> Any:
    return pytest.importorskip("pyliblo3", reason="pyliblo3 is not installed")


@pytest.mark.parametrize(("address", "arguments", "said"), WORDS)
def test_what_liblo_sends_is_heard(
    liblo: Any, inlet: socket.socket, address: str, arguments: list[Any], said: list[Said]
) -> None:
    liblo.send(liblo.Address(HERE, inlet.getsockname()[1]), address, *arguments)
    assert heard_on(inlet) == said


def test_liblos_types_meet_a_shows_arguments(liblo: Any, inlet: socket.socket) -> None:
    table = TriggerTable(["/cue/1 1 0.1", "/cue/1"])
    peer = liblo.Address(HERE, inlet.getsockname()[1])
    for one, tenth in ((1, 0.1), (1.0, ("d", 0.1)), (("h", 1), "0.10"), (True, 0.1), ("1", ("d", 0.1))):
        liblo.send(peer, "/cue/1", one, tenth)
        (message,) = read_packet(inlet.recv(999)).messages
        assert table.heard(message) == ("/cue/1 1 0.1", "/cue/1")


def test_liblos_bundles_keep_their_time(liblo: Any, inlet: socket.socket) -> None:
    due_s = liblo.time() + 5.0
    bundle = liblo.Bundle(due_s, liblo.Message("/go", 1), liblo.Message("/cue/3/start"))
    liblo.send(liblo.Address(HERE, inlet.getsockname()[1]), bundle)
    messages = read_packet(inlet.recv(999)).messages
    assert [message.address for message in messages] == ["/go", "/cue/3/start"]
    for message in messages:
        assert message.time_tag is not None
        assert message.time_tag / 2**32 == pytest.approx(due_s, abs=1e-5)


def test_liblo_reads_what_we_tell(liblo: Any, inlet: socket.socket) -> None:
    came: list[tuple[str, tuple[object, ...]]] = []
    server = liblo.Server(proto=liblo.UDP)
    server.add_method(None, None, lambda address, arguments, *_: came.append((address, tuple(arguments))))
    for message in TOLD:
        inlet.sendto(write_message(message), (HERE, server.port))
        assert server.recv(PATIENCE_S * 1000)
    assert came == [(each.address, each.arguments) for each in TOLD]
    came.clear()
    inlet.sendto(write_bundle(TOLD), (HERE, server.port))
    assert server.recv(PATIENCE_S * 1000)
    assert came == [(each.address, each.arguments) for each in TOLD]
    server.free()


# --- node's osc ---


@pytest.fixture
def node(inlet: socket.socket) -> Iterator[Node]:
    with node_peer(inlet.getsockname()[1]) as running:
        yield running


def typed(argument: Argument) -> dict[str, object]:
    """An argument as node's osc is told to send it."""
    if isinstance(argument, bool):
        return {"type": "T" if argument else "F"}
    return {"type": {int: "i", float: "f", str: "s"}[type(argument)], "value": argument}


def test_what_node_sends_is_heard(node: Node, inlet: socket.socket) -> None:
    for address, arguments, said in WORDS:
        node.send({"address": address, "args": [typed(argument) for argument in arguments]})
        assert heard_on(inlet) == said, address


def test_nodes_bundles_are_heard_in_order(node: Node, inlet: socket.socket) -> None:
    node.send({"timeTag": 3, "packets": [{"address": "/go", "args": []}, {"address": "/cue/3/start", "args": []}]})
    assert heard_on(inlet) == [Said("go"), Said("go", "3")]


def test_node_reads_what_we_tell(node: Node, inlet: socket.socket) -> None:
    for message in TOLD[:-1]:
        inlet.sendto(write_message(message), (HERE, node.port))
        came = node.line()
        assert came["address"] == message.address
        assert tuple(argument["value"] for argument in came["args"]) == message.arguments
        assert [argument["type"] for argument in came["args"]] == [
            {int: "i", float: "f", str: "s", type(None): "N"}[type(argument)] for argument in message.arguments
        ]
