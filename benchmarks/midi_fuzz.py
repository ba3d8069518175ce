"""MIDI from hell, a million streams: noise, and what desks send with bytes changed, lost, doubled or swapped.

    python benchmarks/midi_fuzz.py [--streams 1000000] [--seed 1]

Each stream goes through the reader of a cue input, in pieces, and on into the same reader as all before it. Nothing may
raise, nothing may be kept. What is said is held against a grammar of show control written out as patterns, which shares
nothing with our decoder: a cue may be heard only where the stream holds a whole message that asks for one.
"""

import argparse
import random
import re
import sys

from fuzzing import Tally, kind_of, torn

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
    tally, unfounded = Tally(arguments.streams, "streams"), 0
    for number in range(arguments.streams):
        kind = kind_of(number)
        stream = noise(chance) if kind == "noise" else b"".join(sound(chance) for _ in range(chance.randint(1, 3)))
        stream = torn(stream, chance) if kind == "torn" else stream
        desk.feed(b"\xf4", 0)  # undefined, so it ends whatever was under way: each stream stands by itself
        spoke, glitches = words_in(desk, stream, chance)
        if spoke and not may_speak(stream):
            unfounded += 1
            print(f"unfounded: {stream.hex(' ')}", file=sys.stderr)
        tally.count(number, at_fault=glitches > 0, with_words=spoke > 0)
    tally.tell(f"words without a whole message that asks for them: {unfounded}")


if __name__ == "__main__":
    main()
