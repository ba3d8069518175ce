"""OSC from hell, a million packets: noise, and words of desks with bytes changed, lost, doubled or swapped.

    python benchmarks/osc_fuzz.py [--packets 1000000] [--seed 1]
    python benchmarks/osc_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each packet is read, held against a show's triggers and every dialect, and answered. Nothing may raise, nothing may be
kept, noise may say nothing; and a torn packet says a word only where it is, byte for byte, what a sender of that word
sends: some leave out the type tags where there is no argument. (Numbers wider than need be, empty blobs and
rare types are told as odd.)

Guided by coverage, an input is a datagram or a TCP stream, in SLIP or with lengths, in pieces; and a word may be heard
only of a message whose address and number of arguments stand in its packet by a reading of the layout of our own.
"""

import argparse
import random
import struct
import time
from collections import Counter
from collections.abc import Iterator

from fuzzing import Tally, guided, kind_of, torn

from cuefocus.wire.dialects.addresses import CUE, MOST_NAMED
from cuefocus.wire.dialects.all import DIALECTS, hear
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.dialects.qlab_client import read_news
from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_bundle, write_message
from cuefocus.wire.osc_stream import OscStream
from cuefocus.wire.osc_triggers import TriggerTable

CUES = ("1", "2", "12.5", "out")
SHOW = ShowView(
    title="Fuzz",
    status={"standby": "2"},
    cues={number: CueView(number, camera="A", axis="focus", running=number == "1") for number in CUES},
)
TRIGGERS = TriggerTable(["/eos/out/event/cue/1/12/fire", "/cue/7/go 1", "/cue/7/go", "/x/y/z left"])
ADDRESSES = [
    *(address.replace(CUE, number) for one in DIALECTS for address in one.addresses for number in ("1", "99", "*")),
    *("/eos/out/event/cue/1/12/fire", "/cue/7/go", "/x/y/z", "/cue/[!a-c]*/{go,start}", "//go", "/*/*/*"),
    *("/update/workspace/W/cueList/L/playbackPosition", "/reply/version"),
]
ARGUMENTS: tuple[Argument, ...] = (0, 1, 1.0, 0.0, 0.5, True, False, None, "left", "A.focus", "{}", b"\1\2\3", 1 << 40)
_SEEDS = 500
_WAYS = 3
"""One of so many inputs is a datagram, the others come by TCP: which framing that is their first byte says."""


def take(packet: bytes) -> tuple[int, int, list[OscMessage]]:
    """Read a packet and do with it all that is done: faults, words, and the messages that said them."""
    read = read_packet(packet)
    words, speakers = 0, list[OscMessage]()
    for message in read.messages:
        read_news(message)
        said = len(TRIGGERS.heard(message))
        found = hear(message, SHOW)
        if found is not None:
            dialect, meant = found
            said += len(meant.said)
            if max(len(meant.said), len(meant.answers)) > MOST_NAMED:
                raise AssertionError(f"{message.address} says more than {MOST_NAMED} things")
            for answer in (*meant.answers, *dialect.answer(message, False, "no", {})):
                write_message(answer)
        if said:
            words += said
            speakers.append(message)
    return len(read.faults), words, speakers


def sound(chance: random.Random) -> bytes:
    """What a desk may send."""
    some = [
        OscMessage(chance.choice(ADDRESSES), tuple(chance.choices(ARGUMENTS, k=chance.choice((0, 0, 1, 1, 2, 4)))))
        for _ in range(chance.choice((1, 1, 1, 2, 3)))
    ]
    return write_message(some[0]) if len(some) == 1 else write_bundle(some, time_tag=chance.choice((1, 1 << 40)))


def is_as_sent(packet: bytes, speakers: list[OscMessage]) -> bool:
    """Whether each message stands in the packet as a sound sender writes it."""
    return all(any(each in packet for each in spellings(message)) for message in speakers)


def spellings(message: OscMessage) -> tuple[bytes, ...]:
    """A message as senders write it."""
    if any(isinstance(each, tuple) or each == b"" for each in message.arguments):
        return ()
    written = write_message(message)
    return (written,) if message.arguments else (written, written[:-4])


def said_in(packet: bytes) -> Iterator[tuple[str, int]]:
    """Address and number of arguments of each message in a packet, read by the layout alone and by nothing of ours.

    An array counts as one.
    """
    if packet[:8] != b"#bundle\0":
        address, tags = packet.split(b"\0", 1)[0], b""
        if len(address) // 4 * 4 + 4 < len(packet):
            tags = packet[len(address) // 4 * 4 + 4 :].split(b"\0", 1)[0]
        if len(packet) % 4 == 0 and address[:1] == b"/" and tags[:1] in (b",", b""):
            yield address.decode("utf-8", "replace"), _outermost(tags[1:])
        return
    at = 16
    while at + 4 <= len(packet):
        size = struct.unpack_from(">i", packet, at)[0]
        if size <= 0 or at + 4 + size > len(packet):
            return
        yield from said_in(packet[at + 4 : at + 4 + size])
        at += 4 + size


def heard(data: bytes) -> tuple[int, int]:
    """What a fuzzer's input says: a datagram, or a stream of packets that comes in pieces.

    The first byte tells which, and how long the pieces are. Raises AssertionError where a word is heard of a message
    that does not stand in its packet whole.
    """
    packets, faults, words = [data[1:]], 0, 0
    if data[:1] and data[0] % _WAYS:
        stream, size = OscStream(), data[0] // _WAYS + 1
        packets = [packet for at in range(1, len(data), size) for packet in stream.feed(data[at : at + size])]
        faults = bool(stream.lost)
    for packet in packets:
        torn_parts, said, speakers = take(packet)
        faults, words = faults + torn_parts, words + said
        left = Counter(said_in(packet)) if said else Counter()
        for message in speakers:
            key = message.address, len(message.arguments)
            left[key] -= 1
            if left[key] < 0:
                raise AssertionError(f"unfounded: {message} by {packet.hex(' ')}")
    return faults, words


def _outermost(tags: bytes) -> int:
    count = depth = 0
    for tag in tags:
        count += not depth and tag != ord("]")
        depth += (tag == ord("[")) - (tag == ord("]"))
    return count


def seeds(chance: random.Random) -> Iterator[bytes]:
    """Inputs to begin with: datagrams, and streams in either framing."""
    for number in range(_SEEDS):
        framing = ("", "slip", "length")[number % 3]
        if not framing:
            yield bytes((0,)) + sound(chance)
            continue
        stream = OscStream(framing)
        sent = b"".join(stream.framed(sound(chance)) for _ in range(chance.randint(1, 3)))
        yield bytes((chance.randrange(60) * _WAYS + 1,)) + sent


def main() -> None:
    """Send, take, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    if arguments.guided:
        guided(heard, seeds(random.Random(arguments.seed)), rest, "packets")
    chance = random.Random(arguments.seed)
    tally, odd, slowest_ms = Tally(arguments.packets, "packets"), Counter[str](), 0.0
    for number in range(arguments.packets):
        kind = kind_of(number)
        packet = chance.randbytes(chance.randrange(200)) if kind == "noise" else sound(chance)
        packet = torn(packet, chance) if kind == "torn" else b"/" * (number % 8 == 3) + packet
        at_s = time.thread_time()
        faults, words, speakers = take(packet)
        slowest_ms = max(slowest_ms, (time.thread_time() - at_s) * 1000)
        if kind == "torn" and words and not is_as_sent(packet, speakers):
            odd[
                " ".join(sorted({type(each).__name__ for one in speakers for each in one.arguments})) or "no arguments"
            ] += 1
        tally.count(number, at_fault=faults > 0, with_words=words > 0)
    tally.tell(
        f"torn, with words, and not as a sound sender writes them: {odd.total()}; arguments there: {dict(odd)}",
        besides=f", at most {slowest_ms:.1f} ms of CPU a packet",
    )


if __name__ == "__main__":
    main()
