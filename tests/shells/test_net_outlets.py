"""Ways out by the network, on real sockets."""

import errno
import os
import socket

import pytest

from cuefocus.shells.net_outlets import TcpOutlet, UdpOutlet
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.crowded import Crowd
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


def test_a_receiver_whose_connection_the_system_cannot_watch_is_away_and_is_called_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd = Crowd(monkeypatch, 0)
    with socket.create_server((HOST, 0)) as server:
        outlet = TcpOutlet(HOST, server.getsockname()[1], "length")
        for at_ns in (0, NS_PER_S):
            outlet.look(at_ns)
            assert outlet.trouble == os.strerror(errno.ENOSPC)
            assert outlet.send(b"/x\0\0,\0\0\0", at_ns, 1) == outlet.trouble
            due_ns = outlet.next_due_ns
            assert due_ns is not None
            assert due_ns > at_ns
        crowd.most = 1
        for at_ns in (2 * NS_PER_S, 2 * NS_PER_S + NS_PER_MS):
            outlet.look(at_ns)
        assert outlet.trouble == ""
        outlet.close()


def test_a_datagram_whose_socket_the_system_cannot_watch_is_not_sent_and_the_next_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd = Crowd(monkeypatch, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((HOST, 0))
        receiver.settimeout(5)
        outlet = UdpOutlet(HOST, receiver.getsockname()[1])
        assert outlet.send(b"one", 0, 1) == os.strerror(errno.ENOSPC)
        crowd.most = 1
        assert outlet.send(b"two", NS_PER_S, 2) == ""
        assert receiver.recv(9) == b"two"
        outlet.close()
