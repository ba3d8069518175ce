"""A MIDI line as fuzzers see it: its bytes in pieces, and the whole messages in them by a grammar of patterns.

The grammar shares nothing with our own reader: it is what that is held against.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, NS_PER_US

HEAD: Final = 8
"""Bytes before the line's own that say how it is cut: of each the low three bits the size of a piece, the others the
pause before it; in turn, again and again."""
SIZES: Final = (1, 2, 3, 4, 7, 10, 32, 300)
PAUSES_NS: Final = (
    *(each * NS_PER_US for each in (1, 320, 640, 960, 2000, 4000, 8333, 8342, 10_000, 10_417, 10_427)),
    *(each * NS_PER_MS for each in (5, 9, 11, 12, 15, 20, 40, 80, 120, 200, 300, 400, 499, 501, 600, 1000, 2000, 5000)),
    *(each * NS_PER_S for each in (11, 60, 3600)),
)

_REAL_TIME: Final = 0xF8
_STATUS_AND_DATA: Final = re.compile(rb"[\x80-\xf7][\x00-\x7f]*")
_DATA_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xC0: 1, 0xD0: 1, 0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xE0: 2}

_COUNTED: Final = b"|".join(re.escape(bytes((count,))) + b"[\\x00-\\x7f]{%d}" % count for count in range(128))
_COMMAND: Final = re.compile(rb"[\x00-\x3f\x78-\x7f]|[\x40-\x52\x54-\x77](?:%b)" % _COUNTED, re.DOTALL)
_MACHINE_CONTROL: Final = re.compile(rb"\xf0\x7f([\x00-\x7f])\x06")

Pieces = list[tuple[bytes, int]]
"""Of each the bytes, and how long after the one before it came, ns."""


def pieces_of(data: bytes) -> Pieces:
    """The pieces of a fuzzer's input."""
    head, line, at = data[:HEAD] or b"\0", data[HEAD:], 0
    pieces: Pieces = []
    while at < len(line):
        cut = head[len(pieces) % len(head)]
        size = SIZES[cut & 7]
        pieces.append((line[at : at + size], PAUSES_NS[cut >> 3]))
        at += size
    return pieces


def head_for(size: int, pause_ns: int) -> bytes:
    """The head of an input whose pieces are all alike; one of each of the two tables."""
    return bytes((PAUSES_NS.index(pause_ns) << 3 | SIZES.index(size),)) * HEAD


def whole_messages(line: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Each whole message but for real-time ones: the place of its last byte, and its bytes, its status written out."""
    places = [at for at, byte in enumerate(line) if byte < _REAL_TIME]
    plain = bytes(line[at] for at in places)
    for found in _STATUS_AND_DATA.finditer(plain):
        begin, end = found.span()
        status = plain[begin]
        if status == 0xF0:
            if plain[end : end + 1] == b"\xf7":
                yield places[end], plain[begin : end + 1]
            continue
        count = _DATA_BYTES.get(status if status >= 0xF0 else status & 0xF0, 0)
        if not count:
            continue
        last = begin + count if status >= 0xF0 else end - 1  # running status: of channel messages alone
        for at in range(begin + count, min(last, end - 1) + 1, count):
            yield places[at], bytes((status,)) + plain[at - count + 1 : at + 1]


def machine_commands(message: bytes, devices: bytes) -> Iterator[bytes]:
    """Each command of a machine control message to one of these devices, with its count and data where it has them."""
    head = _MACHINE_CONTROL.match(message)
    at = head.end() if head is not None and head[1] in devices else len(message)
    while command := _COMMAND.match(message, at):
        yield command[0]
        at = command.end()
