"""Torn MIDI timecode, a million times: how often is something believed that nobody said?

    python benchmarks/mtc_fuzz.py [--streams 1000000] [--first 0] [--seed 1]
    python benchmarks/mtc_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each stream is a source near a place where labels carry, with one to five faults: pieces lost, doubled, swapped,
somebody else's, jumps and turns in mid-word, or a generator that fills its pieces from the running counter. Beside the
decoder stands one that believes any eight pieces in order, as most do.

A believed word is *true*; or *wrong*, and the decoder could have known; or *hidden*: the bytes it was believed on are
an undisturbed source's, those of the word before and its own, or its own and two words more. Two faults must conspire
for that: a hidden word never excuses what one fault can do (`cuefocus.sim.torn_mtc.is_hidden`). A decoder that asks for
just these bytes, as ours does to lock, is never wrong there; how often two faults deceive it is what *hidden* counts.

Guided by coverage, a stream is such a one, or any bytes in any pieces with any pauses, and goes the whole way from the
library's callback to a session; see `mtc_way`.
"""

import argparse
import random
import sys
import time
from collections import Counter

from fuzzing import guided, held, told
from mtc_way import seeds, taker
from timing_rig import today_here

from cuefocus.sim.torn_mtc import Sent, is_hidden, is_true, torn_stream
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.word import PIECES_PER_WORD, MtcWord, label_of

_PROGRESS = 50_000

Believed = list[tuple[int, MtcWord]]


def by_us(sent: Sent) -> Believed:
    """What our decoder believes of a stream, and at which piece."""
    decoder = MtcDecoder("mtc")
    heard = [(at, found) for at, piece in enumerate(sent) for found in decoder.feed(bytes((0xF1, piece.data)), at)]
    return [(at, found) for at, found in heard if isinstance(found, MtcWord)]


def by_order(sent: Sent) -> Believed:
    """What is believed where eight pieces in order suffice."""
    words = []
    for at in range(PIECES_PER_WORD - 1, len(sent)):
        if sent[at].data >> 4 not in (0, 7):
            continue
        data = [piece.data for piece in sent[at - PIECES_PER_WORD + 1 : at + 1]]
        order = [byte >> 4 for byte in data]
        if order not in (list(range(8)), list(range(7, -1, -1))):
            continue
        named = label_of([byte & 0xF for byte in sorted(data)])
        if named is not None:
            stamps = tuple(range(at - PIECES_PER_WORD + 1, at + 1))
            words.append((at, MtcWord(named[0].frame_number(named[1]), named[1], 1 if order[0] == 0 else -1, stamps)))
    return words


def main() -> None:
    """Tear, decode, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first stream, to go on where a run ended")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    if arguments.guided:
        guided(taker(), seeds(random.Random(arguments.seed)), rest, "streams")
    readers = {"CueFocus": by_us, "eight pieces in order": by_order}
    sums = {name: Counter[str]() for name in readers}
    pieces, early = 0, held()
    began_s = time.perf_counter()
    for number in range(arguments.first, arguments.first + arguments.streams):
        seed = f"{arguments.seed}/{number}"
        sent = torn_stream(random.Random(seed))
        pieces += len(sent)
        for name, reader in readers.items():
            for at, word in reader(sent):
                verdict = "true" if is_true(word, sent) else "hidden" if is_hidden(word, sent, at) else "wrong"
                sums[name][verdict] += 1
                if verdict != "true" and reader is by_us:
                    print(f"stream {seed}: {verdict}: {word.label} from piece {word.stamps_ns[0]}", flush=True)
        if number - arguments.first == arguments.streams // 10:
            early = held()
        if (number + 1) % _PROGRESS == 0:
            print(f"… {number + 1 - arguments.first} streams", file=sys.stderr, flush=True)
    print(f"{arguments.streams} streams, {pieces} quarter frames, {time.perf_counter() - began_s:.0f} s")
    print(f"{'words':22s} {'true':>9s} {'wrong':>8s} {'hidden':>8s}")
    for name, verdicts in sums.items():
        print(f"{name:22s} {verdicts['true']:9d} {verdicts['wrong']:8d} {verdicts['hidden']:8d}")
    print("hidden: what it was believed on was what an undisturbed source sends; nothing in it could tell.")
    print(told(early, held()))
    print(today_here())


if __name__ == "__main__":
    main()
