"""Node's `osc` as another program; a test that asks for it is skipped where it is not installed.

It is looked for as node looks for it: `npm install osc` beside the checkout or above it, or in NODE_PATH.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PEER = Path(__file__).with_name("osc_peer.js")


class Node:
    """The other program."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        assert running.stdin is not None
        assert running.stdout is not None
        self._in, self._out = running.stdin, running.stdout
        self.port = int(self._out.readline())

    def send(self, packet: object) -> None:
        self._in.write(f"{json.dumps(packet)}\n")
        self._in.flush()

    def line(self) -> dict[str, Any]:
        found = json.loads(self._out.readline())
        assert isinstance(found, dict)
        return found


@contextmanager
def node_peer(port: int, *where: str) -> Iterator[Node]:
    """It speaks to a port of this machine; `where`: to another address of ours, and by "tcp"."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    if subprocess.run([program, "-e", "require('osc')"], cwd=PEER.parent, capture_output=True, check=False).returncode:
        pytest.skip("node's package osc is not installed: npm install osc")
    with subprocess.Popen(
        [program, str(PEER), str(port), *where],
        cwd=PEER.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield Node(running)
        finally:
            running.terminate()
