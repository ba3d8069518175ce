"""MIDI from hell, a million streams: noise, and what desks send with bytes changed, lost, doubled or swapped.

    python benchmarks/midi_fuzz.py [--streams 1000000] [--seed 1]

Each stream goes through the reader of a cue input, in pieces, and on into the same reader as all before it. Nothing may
raise, nothing may be kept. What is said is held against a grammar of show control written out as patterns, which shares
nothing with our decoder: a cue may be heard only where the stream holds a whole message that asks for one.
"""

import argparse
import os
import platform
import random
import re
import resource
import sys
import time
from collections import Counter
from datetime import UTC, datetime

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.ports import Command, Trigger
from cuefocus.wire.events import Glitch
from cuefocus.wire.machine_control import COMMANDS, transport_message
from cuefocus.wire.midi_show import ALL_CALL, ALL_TYPES, FORMATS, Msc, MscAddress, MscCommand, MscTime
from cuefocus.wire.midi_show_bytes import LONGEST_MESSAGE, msc_message
from cuefocus.wire.midi_voice import ControlValue, NoteOn, ProgramCall, voice_message

DEVICE, GROUP, MMC_DEVICE = 0x01, 0x70, 0x11
WANTED = {("msc", "go 12.5/2"): ("a",), ("msc", "fire 7"): ("b",), ("mmc", "play"): ("a",)}
AXES = {"a": "A.focus", "b": "B.focus", "9": "B.focus", "4": "A.focus"}
NUMBERS = ("9", "4", "12.5", "99", "1.2.3", "2", "a", "1..2", ".5", "", "7" * 40)
OTHERS = (
    b"\xf8",
    b"\xfe",
    b"\xf1\x04",
    b"\xf2\x01\x02",
    b"\xf0\x7e\x7f\x06\x01\xf7",
    b"\xf0\x7f\x7f\x01\x01\x21\0\0\0\xf7",
)
_PROGRESS = 100_000

_EXCLUSIVE = re.compile(rb"\xf0([\x00-\x7f]*)\xf7")
_REAL_TIME = re.compile(rb"[\xf8-\xff]")
_N = rb"(?=[0-9.]{1,31}(?![0-9.]))[0-9]+(?:\.[0-9]+)*"
_CUE = rb"(?:%b(?:\0(?:%b)?(?:\0(?:%b)?\0?)?)?|\0%b\0{0,2})" % (_N, _N, _N, _N)
_TIME = (
    rb"(?:[\x00-\x17][\x00-\x7f]{2}[\x00-\x17\x40-\x57]|[\x20-\x37][\x00-\x7f]{2}[\x00-\x18\x40-\x58]"
    rb"|[\x40-\x57\x60-\x77][\x00-\x7f]{2}[\x00-\x1d\x40-\x5d])[\x00-\x63]"
)
# What moves, arms, stops or chooses: only such a message may be followed by a word.
_SHOW_CONTROL = re.compile(
    rb"\x7f[\x01\x70\x7f]\x02[\x01\x02\x10\x20\x26\x30\x40\x50\x60\x7f]"
    rb"(?:[\x01\x02\x03\x10]%b?|\x04(?:%b|[\x00-\x7f]{3}[\x20-\x3f\x60-\x7f][\x00-\x7f])%b?|\x05%b|\x07[\x00-\x7f]\0?"
    rb"|[\x08\x09\x0a]|[\x11-\x14\x19\x1a](?:%b)?)" % (_CUE, _TIME, _CUE, _CUE, _N)
)  # fmt: skip
_PLAY = re.compile(rb"\x7f[\x11\x7f]\x06[\x00-\x7f]*\x02[\x00-\x7f]*")


def may_speak(stream: bytes) -> int:
    """How many messages of a stream may be followed by a word, by the grammar."""
    whole = _EXCLUSIVE.findall(_REAL_TIME.sub(b"", stream))
    control = sum(len(one) + 2 <= LONGEST_MESSAGE and _SHOW_CONTROL.fullmatch(one) is not None for one in whole)
    return control + sum(_PLAY.fullmatch(one) is not None for one in whole)


def sound(chance: random.Random) -> bytes:
    """What a desk may send: mostly show control, for us or for others."""
    pick = chance.randrange(6)
    if pick == 0:
        return chance.choice(OTHERS)
    if pick == 1:
        return transport_message(chance.choice(tuple(COMMANDS)), device=chance.choice((ALL_CALL, MMC_DEVICE, 0x12)))
    if pick == 2:
        voices = NoteOn(60, 1), ControlValue(64, 1, 127), ProgramCall(5, 1)
        return voice_message(chance.choice(voices))
    cue, cue_list, path = (chance.choice(NUMBERS) for _ in range(3))
    small = [chance.randrange(24) for _ in range(5)]
    time_sent = MscTime(small[0], small[1], small[2], small[3], small[4], chance.randrange(4))
    msc = Msc(chance.choice(tuple(MscCommand)), cue, cue_list, path, time_sent, chance.randrange(128))
    device = chance.choice((DEVICE, GROUP, ALL_CALL, 0x02))
    return msc_message(msc, device=device, command_format=chance.choice((*FORMATS.values(), ALL_TYPES, 0x11)))


def noise(chance: random.Random) -> bytes:
    """Any bytes, or any data behind the head of a command."""
    if chance.random() < 0.5:
        return chance.randbytes(chance.randrange(60))
    data = bytes(byte & 0x7F for byte in chance.randbytes(chance.randrange(12)))
    return b"\xf0\x7f\x7f\x02\x7f" + data + b"\xf7"


def torn(stream: bytes, chance: random.Random) -> bytes:
    """A stream with one to four faults."""
    data = bytearray(stream)
    for _ in range(chance.randint(1, 4)):
        if not data:
            break
        at, end = sorted(chance.choices(range(len(data) + 1), k=2))
        match chance.randrange(5):
            case 0:
                data[chance.randrange(len(data))] = chance.randrange(256)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end][:64]
            case 3:
                data[at:end] = chance.randbytes(end - at)
            case _:
                del data[end:]
    return bytes(data)


def words_in(desk: MidiDesk, stream: bytes, chance: random.Random) -> tuple[int, int]:
    """How many messages of a stream led to a word, and how many glitches there were; it is fed in pieces."""
    spoke, glitches, at = 0, 0, 0
    while at < len(stream):
        end = at + chance.randint(1, 8)
        for found in desk.feed(stream[at:end], 1):
            spoke += isinstance(found, (Command, Trigger))
            glitches += isinstance(found, Glitch)
        desk.remarks()
        at = end
    return spoke, glitches


def main() -> None:
    """Send, read, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    desk = MidiDesk("midi:desk", MscAddress(DEVICE, (GROUP,)), MMC_DEVICE, WANTED, AXES)
    sums, kib, began_s = Counter[str](), [0, 0], time.perf_counter()
    for number in range(arguments.streams):
        kind = ("sound", "torn", "torn", "noise")[number % 4]
        stream = noise(chance) if kind == "noise" else b"".join(sound(chance) for _ in range(chance.randint(1, 3)))
        stream = torn(stream, chance) if kind == "torn" else stream
        desk.feed(b"\xf4", 0)  # undefined, so it ends whatever was under way: each stream stands by itself
        spoke, glitches = words_in(desk, stream, chance)
        allowed = may_speak(stream)
        sums.update({f"{kind} streams": 1, f"{kind} at fault": glitches > 0, f"{kind} with words": spoke > 0})
        if spoke and not allowed:
            sums["unfounded"] += 1
            print(f"unfounded: {stream.hex(' ')}", file=sys.stderr)
        if number in (arguments.streams // 4, arguments.streams - 1):
            kib[number == arguments.streams - 1] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if (number + 1) % _PROGRESS == 0:
            print(f"… {number + 1} streams", file=sys.stderr, flush=True)
    print(f"{arguments.streams} streams, {time.perf_counter() - began_s:.0f} s")
    print(f"{'':8s} {'streams':>9s} {'at fault':>9s} {'with words':>11s}")
    for kind in ("sound", "torn", "noise"):
        row = [sums[f"{kind} {what}"] for what in ("streams", "at fault", "with words")]
        print(f"{kind:8s} {row[0]:9d} {row[1]:9d} {row[2]:11d}")
    print(f"words without a whole message that asks for them: {sums['unfounded']}")
    print(f"most memory: {kib[0]} KiB after a quarter, {kib[1]} KiB at the end")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.node()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
