"""Stops by MIDI while nobody conducts, from hell: a million streams of noise and torn show control in a pipe.

    python benchmarks/midi_stops_fuzz.py [--streams 1000000] [--seed 1]
    python benchmarks/midi_stops_fuzz.py --guided -runs=1000000     (needs atheris; what follows is libFuzzer's)

Each stream goes, in pieces, through the ears' filter into the pipe, where whoever watches for stops looks at it without
taking it, and conductors read it: one that goes on, or one that died and has a successor. Ports go and come back in the
middle of it. Nothing may raise, nothing may be kept.

What the watch obeys is just what a conductor hears of the same that stops everything: one that begins with what waits,
or one that was there before. And each has a whole message of its own by a grammar of patterns (`midi_fuzz.may_say`).
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final

from fuzzing import Tally, guided, kind_of, torn
from midi_fuzz import AXES, DEVICE, FIRED_BY, GROUP, MMC_DEVICE, SOURCE, head, may_say, noise, sound
from midi_line import HEAD, Pieces, pieces_of, whole_messages

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.ports import Command
from cuefocus.shells.cue_filter import CueFilter
from cuefocus.shells.cue_input import CueInput
from cuefocus.shells.message_turns import Counted, Message, Standing, WayIn
from cuefocus.shells.midi_pipe import LONGEST_MESSAGE, MidiInlet, MidiPipe, MidiWriter
from cuefocus.shells.midi_stops import MidiStops
from cuefocus.shells.source_config import CuesConfig
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.midi_show import FORMATS, Msc, MscAddress, MscCommand
from cuefocus.wire.midi_show_bytes import msc_message
from cuefocus.wire.midi_voice import VOICES
from cuefocus.wire.said import STOPS

ADDRESS: Final = MscAddress(DEVICE, (GROUP,))
WANTED: Final = {key: (cue,) for key, cue in FIRED_BY.items()}
STOPPING: Final = (
    *(msc_message(Msc(command), device=DEVICE) for command in (MscCommand.ALL_OFF, MscCommand.STOP)),
    *(msc_message(Msc(MscCommand.STOP, cue, cue_list), device=GROUP) for cue, cue_list in (("9", ""), ("", "2"))),
)
_TURN_NS: Final = 5 * NS_PER_MS
Record = bytes | tuple[bool, int]
"""A message, or how the port is: whether it is open, and which opening."""


class _Ears(MidiWriter):
    """The ears' end; keeps what went into the pipe."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self.records: list[Record] = []
        self._opening = 1

    def put(self, data: bytes, stamp_ns: int) -> None:
        """As the ears'."""
        before = self.dropped
        super().put(data, stamp_ns)
        if len(data) <= LONGEST_MESSAGE and self.dropped == before:
            self.records.append(data)

    def go_and_come(self) -> None:
        """The port goes, and comes back."""
        self._say(is_open=False)
        self._opening += 1
        self.say_again()

    def say_again(self) -> None:
        """It is as it was."""
        self._say(is_open=True)

    def _say(self, *, is_open: bool) -> None:
        self.tell(is_open=is_open, text="desk", opening=self._opening)
        self.records.append((is_open, self._opening))


class _Counting(MidiInlet):
    """A conductor's end; counts what it took away."""

    taken = 0

    def receive(self) -> Message | Standing | Counted | None:
        """As the inlet's."""
        came = super().receive()
        self.taken += isinstance(came, Message | Standing)
        return came


class StopsLine:
    """A pipe with its ears, its conductors, and whoever watches."""

    def __init__(self) -> None:
        self._pipe, self._now_ns = MidiPipe(), NS_PER_S
        self._ears = _Ears(os.dup(self._pipe.write_fd))
        self._filter = CueFilter(self._ears, VOICES.values())
        formats = tuple(FORMATS.values())
        self._watch = MidiStops(CuesConfig(SOURCE, self._pipe.read_fd, DEVICE, (GROUP,), formats, MMC_DEVICE))
        self._born: list[int] = []
        self._conductor = self._successor()

    def take(self, pieces: Pieces, deeds: bytes) -> tuple[int, int]:
        """Have a stream come in; how often the port went, and how many stops the watch obeyed.

        Raises: AssertionError for one that no conductor hears, or one that is missing.
        """
        self._begin()
        stops = Counter[str]()
        for at, (piece, pause_ns) in enumerate(pieces):
            self._now_ns += pause_ns
            self._filter.put(piece, self._now_ns)
            deed = deeds[at % len(deeds)] & 7 if deeds else 0
            if deed < 3 or at == len(pieces) - 1:
                stops += self._looked()
            elif deed == 3:
                self._pump()
            elif deed == 4:
                self._conductor = self._successor()
            elif deed == 5:
                self._ears.go_and_come()
                self._filter = CueFilter(self._ears, VOICES.values())  # ears begin anew with their port
            elif deed == 6:
                self._ears.say_again()
        self._founded(stops)
        return sum(isinstance(one, tuple) for one in self._ears.records), stops.total()

    def _begin(self) -> None:
        """Everything is taken, and what was under way is over."""
        self._pump()
        self._filter.put(b"\xf0\xf7", self._now_ns)
        self._pump()
        self._ears.records.clear()
        self._conductor.close()
        self._born.clear()
        self._taken_before, self._looked_at = 0, 0
        self._conductor = self._successor()

    def _pump(self) -> None:
        before = -1
        while self._inlet.taken != before:
            before = self._inlet.taken
            self._now_ns += _TURN_NS
            self._conductor.pump()

    def _successor(self) -> CueInput:
        """Another conductor, which knows nothing of the one before."""
        if self._born:
            self._conductor.close()
            self._taken_before += self._inlet.taken
        else:
            self._taken_before = self._looked_at = 0
        self._born.append(self._taken_before)
        self._inlet = _Counting(self._pipe.dup_reader())
        return CueInput(SOURCE, self._inlet, _desk(), clock_ns=lambda: self._now_ns)

    def _looked(self) -> Counter[str]:
        taken = self._taken_before + self._inlet.taken
        first, self._looked_at = max(taken, self._looked_at), len(self._ears.records)
        said = [word for words in self._watch.words() for word in words]
        obeyed = [word.verb for word in said]
        read = [list(_heard(self._ears.records, born, first)) for born in {*self._born, taken}]
        if obeyed not in read or any(word.target for word in said):
            raise AssertionError(f"obeyed {said}, not {read}: {self._ears.records} from {first}, taken {taken}")
        return Counter(obeyed)

    def _founded(self, stops: Counter[str]) -> None:
        lines = [b""]
        for one in self._ears.records:
            if isinstance(one, bytes):
                lines[-1] += one
            elif not one[0]:
                lines.append(b"")
        asked = Counter(
            verb
            for line in lines
            for _, message in whole_messages(line)
            for verb, target in may_say(message)
            if not target
        )
        if stops - asked:
            raise AssertionError(f"unfounded: {stops - asked} by {self._ears.records}")


def _desk() -> MidiDesk:
    return MidiDesk(SOURCE, ADDRESS, MMC_DEVICE, WANTED, AXES)


def _heard(records: list[Record], born: int, first: int) -> Iterator[str]:
    """The stops of everything that a conductor hears from record `first` on, if it was there from `born` on."""
    desk, way = _desk(), WayIn()
    for at, one in enumerate(records[born:], start=born):
        if isinstance(one, bytes):
            words = [word for word in desk.feed(one, 0) if isinstance(word, Command)]
            yield from (word.verb for word in words if at >= first and word.verb in STOPS and not word.target)
        else:
            known = way.known
            if way.changed(Standing(one[0], "", one[1])) and (known or not one[0]):
                desk.restart()


def stream_of(chance: random.Random) -> bytes:
    """What desks send, with many stops."""
    return b"".join(
        chance.choice(STOPPING) if chance.random() < 0.5 else sound(chance) for _ in range(chance.randint(1, 4))
    )


def main() -> None:
    """Send, look, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    arguments, rest = parser.parse_known_args()
    line = StopsLine()
    if arguments.guided:
        some = random.Random(arguments.seed)
        seeds = [some.randbytes(HEAD) + head(some) + stream_of(some) for _ in range(500)]
        guided(lambda data: line.take(pieces_of(data[HEAD:]), data[:HEAD]), seeds, rest, "streams")
    chance = random.Random(arguments.seed)
    tally, unfounded = Tally(arguments.streams, "streams"), 0
    for number in range(arguments.streams):
        kind = kind_of(number)
        stream = noise(chance) if kind == "noise" else stream_of(chance)
        stream = torn(stream, chance) if kind == "torn" else stream
        times = stops = 0
        try:
            times, stops = line.take(pieces_of(head(chance) + stream), chance.randbytes(HEAD))
        except AssertionError as found:
            unfounded += 1
            print(found, file=sys.stderr)
        tally.count(number, at_fault=times > 0, with_words=stops > 0)
    tally.tell(f"stops that no conductor hears, or that are missing: {unfounded} (at fault: its port went or came)")


if __name__ == "__main__":
    main()
