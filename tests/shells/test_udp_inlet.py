"""Datagrams on a port of our own, IPv4 and IPv6: stamped, with their sender; what cannot be opened says why."""

import socket
from errno import EACCES

import pytest

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import DescriptorWait, HostClock, now_ns
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.udp_inlet import UdpInlet, UdpPort, open_udp
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc import MOST_BYTES


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
            trial.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
ADDRESSES = ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)]


def free_port(address: str) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        trial.bind((address, 0))
        return int(trial.getsockname()[1])


def opened(address: str) -> tuple[UdpInlet, UdpPort]:
    heard = UdpPort("OSC", f"osc:{address}", address, free_port(address))
    inlet = UdpInlet(heard)
    standing = inlet.receive()
    assert isinstance(standing, Standing)
    assert standing.is_open, standing.text
    assert standing.text == f"OSC, UDP port {heard.port}, {address}"
    return inlet, heard


def received(inlet: UdpInlet) -> Message:
    wait = DescriptorWait()
    wait.watch(inlet.fileno())
    assert wait.wait_until(now_ns() + 5 * NS_PER_S)
    message = inlet.receive()
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_datagram_comes_with_its_sender_and_the_moment_of_its_arrival(address: str) -> None:
    inlet, heard = opened(address)
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        HostClock().sleep_until(now_ns() + 100 * NS_PER_MS)  # the kernel begins to stamp a moment after it is asked to
        before_ns = now_ns()
        sender.sendto(b"/time", (address, heard.port))
        sent_ns = now_ns()
        HostClock().sleep_until(sent_ns + 200 * NS_PER_MS)
        message = received(inlet)
    assert (message.data, message.sender) == (b"/time", address)
    assert before_ns - NS_PER_MS < message.stamp_ns < sent_ns + 50 * NS_PER_MS
    assert inlet.receive() is None
    inlet.close()


def test_the_longest_datagram_comes_whole() -> None:
    inlet, heard = opened("127.0.0.1")
    longest = bytes(range(256)) * 256
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(longest[:MOST_BYTES], ("127.0.0.1", heard.port))
    assert received(inlet).data == longest[:MOST_BYTES]
    inlet.close()


def test_what_is_sent_leaves_by_the_port_that_is_heard() -> None:
    inlet, heard = opened("127.0.0.1")
    other, theirs = opened("127.0.0.1")
    inlet.send(b"hello", ("127.0.0.1", theirs.port))
    assert received(other).data == b"hello"
    inlet.close()
    inlet.send(b"into nothing", ("127.0.0.1", theirs.port))
    assert other.receive() is None
    other.close()
    assert heard.port


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_port_that_is_taken_is_refused_with_a_cure(address: str) -> None:
    inlet, heard = opened(address)
    with pytest.raises(DeviceError, match=f"UDP port {heard.port} is taken by another program") as refused:
        open_udp(heard)
    assert "ss -ulp" in refused.value.hint
    waiting = UdpInlet(heard)
    standing = waiting.receive()
    assert isinstance(standing, Standing)
    assert not standing.is_open
    assert waiting.next_due_ns is not None
    inlet.close()


@pytest.mark.parametrize(
    ("address", "hint"), [("198.51.100.1", "or 0.0.0.0"), pytest.param("2001:db8::1", "or ::", marks=needs_ipv6)]
)
def test_an_address_that_is_not_ours_is_refused_with_a_cure(address: str, hint: str) -> None:
    with pytest.raises(DeviceError, match="is no address of this machine") as refused:
        open_udp(UdpPort("OSC", "osc:", address, 9000))
    assert refused.value.hint.endswith(hint)


def test_a_port_that_is_forbidden_says_so() -> None:
    def forbid(made: socket.socket) -> None:
        del made
        raise PermissionError(EACCES, "Permission denied")

    with pytest.raises(DeviceError, match="UDP port 80 may not be opened by this user"):
        open_udp(UdpPort("OSC", "osc:", "127.0.0.1", 80), prepare=forbid)
