"""Commands by the conductor's socket: when they count as said, and which of them nobody waits for any more."""

import json
import os
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from cuefocus.engine.ports import Command
from cuefocus.shells.command_desk import CommandDesk
from cuefocus.shells.local_socket import LocalServer
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

NOW_NS = 100 * NS_PER_S


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    one = LocalServer(tmp_path / "s.sock")
    yield one
    one.close()


def taken(server: LocalServer, **fields: object) -> tuple[list[Command], list[str]]:
    """What becomes of a word that comes now."""
    desk = CommandDesk(server, count(1).__next__, lambda: NOW_NS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind("")
        peer.sendto(json.dumps({"verb": "go", **fields}).encode(), os.fspath(server.path))
        return desk.take(), desk.expired()


@pytest.mark.parametrize(
    ("said_ns", "stamp_ns"),
    [
        (NOW_NS - 3 * NS_PER_S, NOW_NS - 3 * NS_PER_S),
        (NOW_NS + 1, NOW_NS),
        (0, NOW_NS),
        (-1, NOW_NS),
        ("before", NOW_NS),
        (None, NOW_NS),
    ],
)
def test_a_word_counts_from_when_it_was_said_but_never_from_later_than_now(
    server: LocalServer, said_ns: object, stamp_ns: int
) -> None:
    (command,), _ = taken(server, said_ns=said_ns)
    assert command.stamp_ns == stamp_ns


def test_whether_anybody_waits_is_judged_by_now_and_not_by_when_it_was_said(server: LocalServer) -> None:
    heard, expired = taken(server, said_ns=NOW_NS - NS_PER_S, until_ns=NOW_NS - 300 * NS_PER_MS, source="http:x")
    assert heard == []
    assert expired == ["http:x go came 300 ms after its sender had given up; say it again if it is still meant"]
