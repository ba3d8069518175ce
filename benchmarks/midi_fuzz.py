"""MIDI from hell, a million streams: noise, and what desks send with bytes changed, lost, doubled or swapped.

    python benchmarks/midi_fuzz.py [--streams 1000000] [--seed 1]
    python benchmarks/midi_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each stream goes, in pieces, the way of a cue input: the ears' filter, the pipe, the conductor's reader and the session
of a show that is armed and engaged; and on into the same ones as all before it. Nothing may raise, nothing may be kept.
What is said is held against a grammar of show control, machine control and channel messages written out as patterns,
which shares nothing with our decoders: each word must have a whole message of its own in the stream that asks for it,
and no cue is fired but by a word.
"""

import argparse
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from fuzz_show import FuzzShow
from fuzzing import Tally, guided, kind_of, torn
from midi_line import HEAD, Pieces, machine_commands, pieces_of, whole_messages

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.ports import Command, Trigger
from cuefocus.shells.cue_filter import CueFilter
from cuefocus.shells.cue_input import CueInput, Heard
from cuefocus.shells.message_turns import MOST_A_TURN
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe, MidiWriter
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Glitch
from cuefocus.wire.machine_control import COMMANDS, transport_message
from cuefocus.wire.midi_show import ALL_CALL, ALL_TYPES, FORMATS, Msc, MscAddress, MscCommand, MscTime
from cuefocus.wire.midi_show_bytes import LONGEST_MESSAGE, msc_message
from cuefocus.wire.midi_voice import VOICES, ControlValue, NoteOn, ProgramCall, voice_message

SOURCE = "midi:desk"
DEVICE, GROUP, MMC_DEVICE = 0x01, 0x70, 0x11
CUES = """\
  - {cue: a, camera: c0, on: [{msc: 12.5/2}, {mmc: play}, {note: 60@1}, {cc: "64@1 >= 64"}], to: b}
  - {cue: b, camera: c1, on: [{msc: fire 7}, {msc: timed-go 40}, {note: 61}, {cc: "20 = 5"}, {program: 5@2}], to: b}
  - {cue: "9", camera: c1, on: {manual: GO}, to: c}
  - {cue: "4", camera: c0, on: {manual: GO}, to: c}
"""
FIRED_BY = {
    ("msc", "go 12.5/2"): "a",
    ("msc", "timed-go 40"): "b",
    ("msc", "fire 7"): "b",
    ("mmc", "play"): "a",
    ("note", "60@1"): "a",
    ("note", "61"): "b",
    ("cc", "64@1 >= 64"): "a",
    ("cc", "20 = 5"): "b",
    ("program", "5@2"): "b",
}
AXES = {"a": "c0.focus", "b": "c1.focus", "9": "c1.focus", "4": "c0.focus"}
NUMBERS = ("9", "4", "12.5", "40", "99", "1.2.3", "2", "a", "1..2", ".5", "", "7" * 40)
_TURN_NS = 5 * NS_PER_MS
"""A turn's worth is heard, and the pause after it is over."""
_ALONE_NS = 1100 * NS_PER_MS
"""Between streams: what was torn is told once a second."""
OTHERS = (
    b"\xf8",
    b"\xfe",
    b"\xf1\x04",
    b"\xf2\x01\x02",
    b"\xf0\x7e\x7f\x06\x01\xf7",
    b"\xf0\x7f\x7f\x01\x01\x21\0\0\0\xf7",
)

_N = rb"(?=[0-9.]{1,31}(?![0-9.]))[0-9]+(?:\.[0-9]+)*"
_CUE = rb"(?:%b(?:\0(?:%b)?(?:\0(?:%b)?\0?)?)?|\0%b\0{0,2})" % (_N, _N, _N, _N)
_TIME = (
    rb"(?:[\x00-\x17][\x00-\x7f]{2}[\x00-\x17\x40-\x57]|[\x20-\x37][\x00-\x7f]{2}[\x00-\x18\x40-\x58]"
    rb"|[\x40-\x57\x60-\x77][\x00-\x7f]{2}[\x00-\x1d\x40-\x5d])[\x00-\x63]"
)
# What moves, arms, stops or chooses: only such a message may be followed by a word.
_SHOW_CONTROL = re.compile(
    rb"\xf0\x7f[\x01\x70\x7f]\x02[\x01\x02\x10\x20\x26\x30\x40\x50\x60\x7f]"
    rb"(?:[\x01\x02\x03\x10]%b?|\x04(?:%b|[\x00-\x7f]{3}[\x20-\x3f\x60-\x7f][\x00-\x7f])%b?|\x05%b|\x07[\x00-\x7f]\0?"
    rb"|[\x08\x09\x0a]|[\x11-\x14\x19\x1a](?:%b)?)\xf7" % (_CUE, _TIME, _CUE, _CUE, _N)
)  # fmt: skip
_BY_MSC = {0x01: "go", 0x10: "go", 0x04: "go", 0x02: "hold", 0x03: "resume", 0x05: "load"}
_OF_WHAT_MOVES = (0x02, 0x03)
"""STOP and RESUME: for whatever waits for a GO of that number, timed or not, in any list where none is named."""
_WAITING = [("12.5", "2", "a"), ("40", "", "b")]
_BY_MSC_ALONE = {
    0x08: ("panic", "disarm"),
    0x09: ("arm",),
    0x0A: ("top",),
    0x11: ("next",),
    0x13: ("next",),
    0x12: ("back",),
    0x14: ("back",),
    0x19: ("engage",),
    0x1A: ("disengage",),
}

Word = tuple[str, str]
"""Kind and key of a trigger; verb and target of a command."""


def may_say(message: bytes) -> Iterable[Word]:
    """What may be said because of a whole message, by the grammar; of triggers those that the show has."""
    status, channel = message[0] & 0xF0, (message[0] & 0xF) + 1
    if status == 0x90 and message[2]:
        return {("note", f"{message[1]}@{channel}"), ("note", f"{message[1]}")} & FIRED_BY.keys()
    if status == 0xB0 and message[1] == 64 and message[2] >= 64:
        return {("cc", f"64@{channel} >= 64")} & FIRED_BY.keys()
    if status == 0xB0 and message[1:] == b"\x14\x05":
        return {("cc", "20 = 5")}
    if status == 0xC0:
        return {("program", f"{message[1]}@{channel}")} & FIRED_BY.keys()
    if len(message) <= LONGEST_MESSAGE and _SHOW_CONTROL.fullmatch(message):
        return _show_control(message[5], message[6:-1])
    commands = machine_commands(message, bytes((MMC_DEVICE, ALL_CALL)))
    return [("mmc", "play") for command in commands if command == b"\x02"]


def _show_control(command: int, data: bytes) -> set[Word]:
    if command == 0x07:
        return {("msc", f"fire {data[0]}")} & FIRED_BY.keys()
    if command in _BY_MSC_ALONE:
        return {(verb, "") for verb in _BY_MSC_ALONE[command]}
    cue, cue_list, *_ = [*(data[5:] if command == 0x04 else data).decode().split("\0"), "", ""]
    verb = _BY_MSC[command]
    if not cue:
        return {(verb, "")} if verb == "go" or not cue_list else set()
    word = "timed-go" if command == 0x04 else "go"
    heard = {("msc", f"{word} {cue}"), ("msc", f"{word} {cue}/{cue_list}")} & FIRED_BY.keys()
    waiting = {FIRED_BY[key] for key in {("msc", f"go {cue}"), ("msc", f"go {cue}/{cue_list}")} & FIRED_BY.keys()}
    if command in _OF_WHAT_MOVES:
        waiting = {
            one for number, its_list, one in _WAITING if number == cue and its_list in ("", cue_list or its_list)
        }
    targets = waiting or {cue} & AXES.keys()
    return {*(heard if verb == "go" else ()), *((verb, AXES[one] if command in (2, 3) else one) for one in targets)}


def sound(chance: random.Random) -> bytes:
    """What a desk may send: mostly show control, for us or for others."""
    pick = chance.randrange(6)
    if pick == 0:
        return chance.choice(OTHERS)
    if pick == 1:
        return transport_message(chance.choice(tuple(COMMANDS)), device=chance.choice((ALL_CALL, MMC_DEVICE, 0x12)))
    if pick == 2:
        voices = NoteOn(60, 1), NoteOn(61, 7), NoteOn(62, 1), ControlValue(64, 1, 127), ControlValue(20, 3, 5)
        return voice_message(chance.choice((*voices, ControlValue(64, 1, 0), ProgramCall(5, 2), ProgramCall(5, 1))))
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


def head(chance: random.Random) -> bytes:
    """How a stream is cut: mostly small pieces close together."""
    return bytes(chance.randrange(8) << 3 | chance.choice((0, 1, 2, 3, 3, 4, 5, 6)) for _ in range(HEAD))


class CueLine:
    """A cue input from the library's callback to the session."""

    def __init__(self) -> None:
        self._show = FuzzShow(CUES)
        wanted = self._show.job.wanted()
        axes = {cue: one.axis for cue, one in self._show.job.triggered.items()}
        if axes != AXES or {key: cues for key, cues in wanted.items() if key[0] != "manual"} != {
            key: (cue,) for key, cue in FIRED_BY.items()
        }:
            raise SystemExit("the show of this benchmark is not what its grammar knows")
        desk = MidiDesk(SOURCE, MscAddress(DEVICE, (GROUP,)), MMC_DEVICE, wanted, axes)
        self._pipe = MidiPipe()
        self._filter = CueFilter(MidiWriter(os.dup(self._pipe.write_fd)), VOICES.values())
        inlet = MidiInlet(self._pipe.dup_reader())
        self._input = CueInput(SOURCE, inlet, desk, clock_ns=lambda: self._show.now_ns)

    def take(self, pieces: Pieces) -> tuple[int, int]:
        """Have a stream come in and hear it out; how many glitches and words.

        Raises: AssertionError for a word, or a cue, that the stream does not ask for.
        """
        show = self._show
        show.make_ready()
        self._filter.put(b"\xf0\xf7", show.now_ns)  # an empty message ends whatever was under way
        line = b"".join(piece for piece, _ in pieces)
        left = Counter(word for _, message in whole_messages(line) for word in may_say(message))
        words = glitches = 0
        for heard in self._heard(pieces):
            said = [one for one in heard if not isinstance(one, Glitch)]
            words, glitches = words + len(said), glitches + len(heard) - len(said)
            for one in said:
                word = (one.kind, one.key) if isinstance(one, Trigger) else (one.verb, one.target)
                left[word] -= 1
                if left[word] < 0:
                    raise AssertionError(f"unfounded: {one} by {line.hex(' ')}")
            fired = show.fired(heard)
            allowed = {FIRED_BY[one.kind, one.key] for one in said if isinstance(one, Trigger)}
            gone = [one.target for one in said if isinstance(one, Command) and one.verb == "go"]
            if not ("" in gone or fired <= {*allowed, *gone}):
                raise AssertionError(f"fired: {fired} by {line.hex(' ')}")
        self._input.news(show.now_ns)
        return glitches, words

    def _heard(self, pieces: Pieces) -> Iterator[list[Heard]]:
        for at, (piece, pause_ns) in enumerate(pieces, start=1):
            self._show.now_ns += pause_ns
            self._filter.put(piece, self._show.now_ns)
            if not at % MOST_A_TURN or at == len(pieces):
                yield from self._pumped()
        self._show.now_ns += _ALONE_NS
        yield self._input.pump()

    def _pumped(self) -> Iterator[list[Heard]]:
        while not self._pipe.empty:
            self._show.now_ns += _TURN_NS
            yield self._input.pump()


def main() -> None:
    """Send, read, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    line = CueLine()
    if arguments.guided:
        some = random.Random(arguments.seed)
        seeds = [head(some) + b"".join(sound(some) for _ in range(some.randint(1, 3))) for _ in range(500)]
        guided(lambda data: line.take(pieces_of(data)), seeds, rest, "streams")
    chance = random.Random(arguments.seed)
    tally, unfounded = Tally(arguments.streams, "streams"), 0
    for number in range(arguments.streams):
        kind = kind_of(number)
        stream = noise(chance) if kind == "noise" else b"".join(sound(chance) for _ in range(chance.randint(1, 3)))
        stream = torn(stream, chance) if kind == "torn" else stream
        glitches = words = 0
        try:
            glitches, words = line.take(pieces_of(head(chance) + stream))
        except AssertionError as found:
            unfounded += 1
            print(found, file=sys.stderr)
        tally.count(number, at_fault=glitches > 0, with_words=words > 0)
    tally.tell(f"words, or cues, without a whole message that asks for them: {unfounded}")


if __name__ == "__main__":
    main()
