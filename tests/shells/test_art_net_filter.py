"""The kernel lets through every datagram of Art-Net timecode, a sample of what is malformed, and nothing else."""

import itertools
import random
import socket
from collections.abc import Iterator

import pytest

from cuefocus.chase.inputs import ArtNetInput
from cuefocus.shells.art_net_filter import ART_NET_FILTER, SAMPLED
from cuefocus.shells.art_net_inlet import ArtNetInlet
from cuefocus.shells.message_source import MessageSource
from cuefocus.shells.packet_filter import Line, Op, assembled, attach
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.artnet import ART_NET_RATES, PORT, ArtNetDecoder, ArtTimeCode, timecode_packet
from cuefocus.wire.events import Reading

MALFORMED = timecode_packet(Timecode(1, 0, 0, 0), RATES["25"])[:-1] + b"\x09"
PAIRS = 3000


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A filtered socket, and one that sends to it."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        heard.setblocking(False)
        attach(heard, ART_NET_FILTER)
        heard.bind(("127.0.0.1", 0))
        sender.connect(heard.getsockname())
        yield heard, sender


def passed(heard: socket.socket, sender: socket.socket, datagram: bytes) -> bool:
    """Loopback delivers before `send` returns."""
    sender.send(datagram)
    try:
        return heard.recv(2048) == datagram
    except BlockingIOError:
        return False


def datagrams(dice: random.Random) -> Iterator[bytes]:
    """Timecode of every type, mutated or not: at the limits of its fields, cut, lengthened, of other kinds."""
    limits = (0, 1, 2, 9, 10, 23, 24, 25, 29, 30, 50, 59, 60, 255)
    for number in range(PAIRS):
        rate = dice.choice(ART_NET_RATES)
        data = bytearray(timecode_packet(Timecode(1, 0, 0, 2), rate))
        for place in range(14, 18):
            data[place] = dice.choice(limits if number % 2 else limits[:5])
        if not dice.randrange(8):
            data[dice.randrange(len(data))] = dice.choice(limits)
        if not dice.randrange(8):
            data = data[: dice.randrange(len(data) + 1)] + bytes(dice.choice((0, 0, 1, 30)))
        yield bytes(data)


def test_what_the_decoder_reads_passes_and_hardly_anything_else(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    decoder, good, bad = ArtNetDecoder("a"), 0, 0
    through = 0
    for datagram in datagrams(random.Random(4)):
        is_passed = passed(*sockets, datagram)
        if isinstance(decoder.feed(datagram, 0), ArtTimeCode):
            good += 1
            assert is_passed, datagram
        else:
            bad += 1
            through += is_passed
    assert min(good, bad) > PAIRS // 5
    assert through < 4 * bad / SAMPLED


def test_of_malformed_timecode_a_sample_is_told(sockets: tuple[socket.socket, socket.socket]) -> None:
    tries = 64 * SAMPLED  # none of them by chance: once in e⁶⁴
    through = sum(passed(*sockets, MALFORMED) for _ in range(tries))
    assert tries / SAMPLED / 3 < through < tries / SAMPLED * 3
    assert not any(passed(*sockets, b"Art-Net\0\x00\x50" + bytes(512)) for _ in range(SAMPLED))


def test_timecode_gets_through_a_flood_of_malformed_datagrams_that_nobody_fetches_meanwhile() -> None:
    clock = itertools.count(10**12, 10**7)
    source = MessageSource("a", ArtNetInlet("127.6.250.1"), ArtNetInput("a"), clock_ns=clock.__next__)
    source.pump()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.6.250.1", PORT))
        for frame in range(25):
            for _ in range(200):
                sender.send(MALFORMED)
            sender.send(timecode_packet(Timecode(1, 0, 0, frame), RATES["25"]))
    heard = [each for _ in range(100) for each in source.pump()]
    source.close()
    labels = [reading.label.frames for reading in heard if isinstance(reading, Reading)]
    assert labels == list(range(25))


def test_a_program_is_laid_out_as_the_kernel_takes_it() -> None:
    lines = (
        Line(Op.LOAD_HALF, 2),
        Line(Op.IF_EQUAL, 7, "yes", ""),
        Line(Op.RETURN, 0),
        Line(Op.RETURN, 5, label="yes"),
    )
    assert assembled(lines).hex(" ", 8) == ("280000000a000000 1500010007000000 0600000000000000 0600000005000000")
    with pytest.raises(KeyError):
        assembled(lines[:3])
