"""AbletonOSC is asked again and again; only what it answers is heard, and its silence is told."""

import socket
from collections.abc import Iterator

import pytest

from cuefocus.shells.ableton_inlet import AbletonInlet
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.program_device import ABLETON_ANSWERS, Program
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.osc import read_packet

pytestmark = pytest.mark.serial  # AbletonOSC answers to one fixed port
LIVE, OURS, STRANGER = "127.21.1.1", "127.21.1.2", "127.21.1.3"


class Hand:
    """A clock turned by hand."""

    now_ns = 5 * NS_PER_S

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def live() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((LIVE, 0))
        made.settimeout(5.0)
        yield made


def asked(live: socket.socket) -> list[str]:
    return [read_packet(live.recvfrom(2048)[0]).messages[0].address for _ in range(4)]


def waited(inlet: AbletonInlet) -> Message | Standing | None:
    wait = DescriptorWait()
    wait.watch(inlet.fileno())
    assert wait.wait_until(now_ns() + 5 * NS_PER_S)
    return inlet.receive()


def test_it_is_asked_at_once_and_again(live: socket.socket) -> None:
    hand = Hand()
    inlet = AbletonInlet(Program(LIVE, live.getsockname()[1]), OURS, clock_ns=hand)
    opened = inlet.receive()
    assert isinstance(opened, Standing)
    assert opened.is_open
    assert inlet.receive() is None
    assert asked(live)[0] == "/live/song/start_listen/is_playing"
    assert inlet.next_due_ns is not None
    for _ in range(3):
        hand.now_ns = inlet.next_due_ns
        inlet.receive()
        assert len(asked(live)) == 4
    inlet.close()


def test_strangers_are_passed_over_and_silence_is_told_until_it_answers(live: socket.socket) -> None:
    hand = Hand()
    inlet = AbletonInlet(Program(LIVE, live.getsockname()[1]), OURS, clock_ns=hand)
    inlet.receive()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((STRANGER, 0))
        stranger.sendto(b"/live/song/get/beat\0", (OURS, ABLETON_ANSWERS))
    passed = waited(inlet)
    assert isinstance(passed, Message)
    assert passed.data == b""
    hand.now_ns += 6 * NS_PER_S
    lost = inlet.receive()
    assert isinstance(lost, Standing)
    assert (lost.is_open, f"AbletonOSC at {LIVE} does not answer" in lost.text) == (False, True)
    assert inlet.receive() is None
    live.sendto(b"/live/song/get/beat\0", (OURS, ABLETON_ANSWERS))
    back = waited(inlet)
    assert isinstance(back, Standing)
    assert back.is_open
    answer = inlet.receive()
    assert isinstance(answer, Message)
    assert answer.data.startswith(b"/live/song/get/beat")
    assert inlet.receive() is None
    inlet.close()
