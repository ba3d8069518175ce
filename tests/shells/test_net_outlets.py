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


def until_hung_up(outlet: TcpOutlet, server: socket.socket, at_ns: int) -> int:
    """Somebody takes the call that is due and hangs up at once; the host time at which that is seen."""
    at_ns = max(at_ns, outlet.next_due_ns or 0)
    outlet.look(at_ns)
    server.accept()[0].close()
    for _ in range(3):
        at_ns += NS_PER_MS
        outlet.look(at_ns)
    return at_ns


def test_a_receiver_that_takes_calls_and_hangs_up_is_away_all_the_while_and_is_called_ever_more_seldom() -> None:
    with socket.create_server((HOST, 0)) as server:
        outlet, at_ns, waits_ns = TcpOutlet(HOST, server.getsockname()[1], "length"), 0, list[int]()
        for _ in range(6):
            at_ns = until_hung_up(outlet, server, at_ns)
            assert outlet.trouble == "it hung up"
            assert outlet.next_due_ns is not None
            waits_ns.append(outlet.next_due_ns - at_ns)
            outlet.look(outlet.next_due_ns - NS_PER_MS)
        assert waits_ns == sorted(waits_ns)
        assert waits_ns[-1] > 4 * NS_PER_S
        outlet.close()


def test_one_whose_connection_has_lasted_is_back_with_the_next() -> None:
    with socket.create_server((HOST, 0)) as server:
        outlet = TcpOutlet(HOST, server.getsockname()[1], "length")
        outlet.look(0)
        line, _ = server.accept()
        outlet.look(NS_PER_MS)
        line.close()
        outlet.look(11 * NS_PER_S)
        troubles = [outlet.trouble]
        for at_ns in (12 * NS_PER_S, 12 * NS_PER_S + NS_PER_MS):
            outlet.look(at_ns)
            troubles.append(outlet.trouble)
        assert troubles == ["it hung up", "it hung up", ""]
        outlet.close()


@pytest.mark.parametrize(("said", "lasts_ns"), [(False, 10 * NS_PER_S), (True, 2 * NS_PER_S)])
def test_one_that_had_hung_up_at_once_is_back_when_its_connection_has_lasted(said: bool, lasts_ns: int) -> None:
    with socket.create_server((HOST, 0)) as server:
        outlet = TcpOutlet(HOST, server.getsockname()[1], "length")
        began_ns = until_hung_up(outlet, server, 0) + NS_PER_S
        outlet.look(began_ns)
        line, _ = server.accept()
        began_ns += NS_PER_MS
        outlet.look(began_ns)
        assert outlet.trouble == "it hung up"
        if said:
            assert outlet.send(b"/x\0\0,\0\0\0", began_ns, 1) == ""
            assert line.recv(99)
        seen = list[tuple[str, int | None]]()
        for at_ns in (began_ns + lasts_ns - NS_PER_MS, began_ns + lasts_ns):
            outlet.look(at_ns)
            seen.append((outlet.trouble, outlet.next_due_ns))
        assert seen == [("it hung up", began_ns + lasts_ns), ("", None)]
        line.close()
        outlet.close()
