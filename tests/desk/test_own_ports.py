"""The self-test beside a run does not take the run's own ports for another program's."""

import socket
import subprocess
import sys

import pytest

from cuefocus.desk.own_ports import is_ours
from cuefocus.desk.self_test import of_ports, row


@pytest.mark.parametrize(
    ("what", "kind"), [("OSC", socket.SOCK_DGRAM), ("OSC over TCP", socket.SOCK_STREAM), ("page", socket.SOCK_STREAM)]
)
def test_a_port_that_this_process_has_is_ours(what: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as mine:
        mine.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            mine.listen()
        place = f"{what} at 127.0.0.1:{mine.getsockname()[1]}"
        assert is_ours(place)
        (found,) = of_ports([row("warning", place, "taken", "end it")])
        assert (found["severity"], found["hint"]) == ("note", "")
    assert not is_ours(place)
    assert of_ports([row("warning", place, "taken", "end it")]) == [row("warning", place, "taken", "end it")]


def test_a_port_of_another_program_is_not_ours() -> None:
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert not is_ours(f"page at 127.0.0.1:{int(other.stdout.readline())}")
        other.communicate("\n")
