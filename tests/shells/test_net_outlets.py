"""Ways out by the network, on real sockets."""

import socket

import pytest

from cuefocus.shells.net_outlets import TcpOutlet
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.test_osc_desk import HOST


class Talkative(socket.socket):
    """A connection whose other end says more than anybody can read."""

    read = 0

    def recv(self, bufsize: int, _flags: int = 0, /) -> bytes:
        Talkative.read += 1
        assert Talkative.read < 1000, "it would be read for ever"
        return bytes(bufsize)


def test_a_receiver_that_talks_without_end_is_not_listened_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0)) as server:
        monkeypatch.setattr(socket, "socket", Talkative)
        outlet = TcpOutlet(HOST, server.getsockname()[1], "length")
        outlet.look(0)
        line, _ = server.accept()
        outlet.look(1)
        for at_ns in (NS_PER_S, 2 * NS_PER_S):
            outlet.look(at_ns)
            assert outlet.next_due_ns == at_ns + NS_PER_MS, "the rest, which does not ring again"
            assert outlet.send(b"/x\0\0,\0\0\0", at_ns, 1) == ""
        outlet.close()
        line.close()
