"""OSC from hell, a million packets: noise, and words of desks with bytes changed, lost, doubled or swapped.

    python benchmarks/osc_fuzz.py [--packets 1000000] [--seed 1]
    python benchmarks/osc_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each packet is read, held against a show's triggers and every dialect, and answered. Nothing may raise, nothing may be
kept, noise may say nothing; and a torn packet says a word only where it is, byte for byte, what a sender of that word
sends: some leave out the type tags where there is no argument. (Numbers wider than need be, empty blobs and
rare types are told as odd.)
"""

import argparse
import importlib
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from fuzzing import Tally, kind_of, torn

from cuefocus.wire.dialects.addresses import CUE, MOST_NAMED
from cuefocus.wire.dialects.all import DIALECTS, hear
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.dialects.qlab_client import read_news
from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_bundle, write_message
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


def take(packet: bytes) -> tuple[int, int, list[OscMessage]]:
    """Read a packet and do with it all that is done: faults, words, and the messages that said them."""
    read = read_packet(packet)
    words, speakers = 0, list[OscMessage]()
    for message in read.messages:
        read_news(message)
        said = len(TRIGGERS.heard(message))
        found = hear(message, SHOW)
        if found is not None:
            dialect, heard = found
            said += len(heard.said)
            if max(len(heard.said), len(heard.answers)) > MOST_NAMED:
                raise AssertionError(f"{message.address} says more than {MOST_NAMED} things")
            for answer in (*heard.answers, *dialect.answer(message, False, "no", {})):
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


def guided(words: list[str]) -> None:
    """Fuzz by coverage from some sound packets on, for as long as libFuzzer is told to."""
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as corpus:
        for number in range(_SEEDS):
            Path(corpus, str(number)).write_bytes(sound(chance))
        atheris.Setup([sys.argv[0], *words, corpus], take)
        atheris.Fuzz()


def main() -> None:
    """Send, take, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    if arguments.guided:
        guided(rest)
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
