"""Datagrams on Art-Net's port come with the host time at which the kernel had them, and only those meant for us."""

import fcntl
import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from time import CLOCK_REALTIME, clock_gettime_ns

import pytest

from cuefocus.engine.sends import Send, Word
from cuefocus.errors import DeviceError, LinkError
from cuefocus.shells.art_net_inlet import ArtNetInlet, open_art_net, own_addresses
from cuefocus.shells.artnet_out import ArtNetOut
from cuefocus.shells.host_clock import DescriptorWait, HostClock, now_ns
from cuefocus.shells.message_device import ALL_ADDRESSES
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.receiver_config import ReceiverConfig
from cuefocus.shells.sender import Sender
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import PORT, timecode_packet

TIMECODE = timecode_packet(Timecode(1, 0, 0, 0), RATES["25"])
ELSEWHERE = timecode_packet(Timecode(2, 0, 0, 0), RATES["25"])
_hosts = itertools.count(1)


@pytest.fixture
def address() -> str:
    """An address of this machine that no other test uses."""
    return f"127.6.{threading.get_native_id() % 250}.{next(_hosts)}"


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        yield made


def opened(inlet: ArtNetInlet) -> ArtNetInlet:
    standing = inlet.receive()
    assert isinstance(standing, Standing)
    assert standing.is_open, standing.text
    return inlet


def received(inlet: ArtNetInlet) -> Message:
    wait = DescriptorWait()
    wait.watch(inlet.fileno())
    assert wait.wait_until(now_ns() + 5 * NS_PER_S)
    message = inlet.receive()
    assert isinstance(message, Message)
    return message


def test_what_we_send_ourselves_is_not_heard_again_but_others_on_this_machine_are(
    address: str, sender: socket.socket
) -> None:
    """A broadcast comes back to who sent it: followed, it would be a clock that nothing stops."""
    relay = Sender([ReceiverConfig("lights", "udp", address, PORT)])
    inlet = opened(ArtNetInlet(address, sent_from=relay.ports))
    relay.take([Send(now_ns(), Word("lights", "01:00:00:00", ((0, TIMECODE),), 0), frame=True)])
    assert received(inlet).data == b""
    sender.sendto(TIMECODE, (address, PORT))
    assert received(inlet).data == TIMECODE
    relay.close()
    inlet.close()


def test_a_datagram_fetched_late_has_the_stamp_of_its_arrival(address: str, sender: socket.socket) -> None:
    inlet = opened(ArtNetInlet(address))
    HostClock().sleep_until(now_ns() + 100 * NS_PER_MS)  # the kernel begins to stamp a moment after it is asked to
    before_ns = now_ns()
    sender.sendto(TIMECODE, (address, PORT))
    sent_ns = now_ns()
    HostClock().sleep_until(sent_ns + 200 * NS_PER_MS)
    message = received(inlet)
    assert message.data == TIMECODE
    assert before_ns - NS_PER_MS < message.stamp_ns < sent_ns + 50 * NS_PER_MS
    assert inlet.receive() is None
    inlet.close()


def test_a_wall_clock_that_is_set_meanwhile_moves_no_stamp(address: str, sender: socket.socket) -> None:
    set_by_ns = 0
    real = partial(clock_gettime_ns, CLOCK_REALTIME)
    inlet = opened(ArtNetInlet(address, wall_ns=lambda: real() + set_by_ns))
    for set_by_ns in (0, 0, 700 * NS_PER_MS, -40 * NS_PER_MS):  # noqa: B007 - the inlet reads it
        before_ns = now_ns()
        sender.sendto(TIMECODE, (address, PORT))
        stamp_ns = received(inlet).stamp_ns
        assert before_ns - NS_PER_MS < stamp_ns <= now_ns()
    inlet.close()


def test_an_address_that_is_not_ours_is_refused_with_a_cure() -> None:
    with pytest.raises(DeviceError, match="no address of this machine") as refused:
        open_art_net("198.51.100.1")
    assert "ip address" in refused.value.hint
    inlet = ArtNetInlet("198.51.100.1")
    standing = inlet.receive()
    assert isinstance(standing, Standing)
    assert not standing.is_open
    assert inlet.receive() is None
    assert inlet.next_due_ns is not None


def test_the_port_is_shared(address: str) -> None:
    with open_art_net(address), open_art_net(address):
        pass


def test_only_what_came_by_the_address_is_for_us(sender: socket.socket) -> None:
    others = [name for name, _ in own_addresses() if not name.startswith("127.")]
    if not others:
        pytest.skip("this machine has no address but its own loopback")
    inlet = opened(ArtNetInlet(others[0]))
    sender.sendto(ELSEWHERE, ("127.0.0.1", PORT))
    sender.sendto(TIMECODE, (others[0], PORT))
    assert [received(inlet).data, received(inlet).data] == [b"", TIMECODE]
    inlet.close()
    everywhere = opened(ArtNetInlet(ALL_ADDRESSES))
    sender.sendto(ELSEWHERE, ("127.0.0.1", PORT))
    assert received(everywhere).data == ELSEWHERE
    everywhere.close()


@pytest.mark.parametrize(("only_timecode", "fetched"), [(True, ["timecode"]), (False, None)])
def test_what_is_no_timecode_is_not_even_fetched(
    address: str, sender: socket.socket, only_timecode: bool, fetched: list[str] | None
) -> None:
    sent = {
        "dmx": b"Art-Net\0\x00\x50" + bytes(520),
        "timecode": TIMECODE,
        "short": b"Art-Net",
        "odd": b"something else that is long enough",
    }
    inlet = opened(ArtNetInlet(address, only_timecode=only_timecode))
    for data in sent.values():
        sender.sendto(data, (address, PORT))
    names = list(sent) if fetched is None else fetched
    assert [received(inlet).data for _ in names] == [sent[name] for name in names]
    assert inlet.receive() is None
    inlet.close()


def broadcast_address(interface: str) -> str:
    """The directed broadcast address of an interface (SIOCGIFBRDADDR)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        answer = fcntl.ioctl(asked.fileno(), 0x8919, struct.pack("16s24x", interface.encode()))
    return socket.inet_ntoa(answer[20:24])


def test_broadcasts_are_heard_at_our_address_on_their_network_and_nowhere_else() -> None:
    ours = [(address, name) for address, name in own_addresses() if not address.startswith("127.")]
    if not ours:
        pytest.skip("this machine has no address but its own loopback")
    address, interface = ours[0]
    network, loopback = opened(ArtNetInlet(address)), opened(ArtNetInlet("127.0.0.1"))
    for to, heard in (
        (broadcast_address(interface), TIMECODE),
        ("127.255.255.255", b""),  # that of another interface is passed over
    ):
        with closing(ArtNetOut(to)) as out:
            out.write(TIMECODE)
        assert received(network).data == heard
        assert loopback.receive() is None
    with closing(ArtNetOut("255.255.255.255")) as out:
        try:
            out.write(TIMECODE)
        except LinkError as problem:
            cure = problem.hint
        else:
            cure = "broadcast address"
            assert received(network).data == TIMECODE
    assert "broadcast address" in cure  # where there is no gateway there is no way
    network.close()
    loopback.close()
