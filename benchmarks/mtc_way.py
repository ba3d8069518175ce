"""A fuzzed line of MIDI timecode, from the library's callback to the session, and what may be believed of it.

An input is a torn stream (`cuefocus.sim.torn_mtc`) whose chances the fuzzer draws, of which the truth is known; or any
bytes in any pieces with any pauses between them. Of those nobody knows what they mean, so a word may be believed only
where it was borne out:

- by an undisturbed source's bytes: those of the word before and its own, or its own and two words more (`is_hidden`);
- or, after torn words in pieces otherwise unbroken, by the one behind it, where it is due by the last believed word.

A full frame, a stop or half a second of silence ends all that. Places are read by a grammar of our own (`midi_line`).
Readings say nothing but such words and places, and the session's clock does not run without one.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from fuzz_show import SOURCE, FuzzShow
from fuzzing import Given
from midi_line import Pieces, head_for, machine_commands, pieces_of, whole_messages

from cuefocus.chase.inputs import MtcInput
from cuefocus.shells.message_source import Heard, MessageSource
from cuefocus.shells.message_turns import MOST_A_TURN, Counted, Message, Standing
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe, MidiWriter
from cuefocus.sim.torn_mtc import Sent, SentPiece, is_hidden, is_true, played, torn_stream
from cuefocus.timebase.frames import Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S, NS_PER_US
from cuefocus.wire.events import Glitch, Reading
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.encoder import full_frame
from cuefocus.wire.mtc.word import FRAMES_PER_WORD, MTC_RATES, PIECES_PER_WORD, MtcWord, quarter_ns

_TORN: Final = 1
"""An input that begins so is a torn stream; any other is any bytes, and its first tells how the show's labels count."""
_TURN_NS: Final = 5 * NS_PER_MS
"""A turn's worth is heard, and the pause after it is over."""
_ALONE_NS: Final = 3 * NS_PER_S
"""Between streams: no clock freewheels that long."""
_LONGEST_PAUSE_NS: Final = 500 * NS_PER_MS
_MOST_WORDS_ON: Final = 4
_SEEDS: Final = 400
_TORN_SEEDS: Final = 100
"""Of so many seeds one is a torn stream: chance alone tears enough of them."""
_TORN_PIECES: Final = 48
"""Six words are enough to lock, to be torn and to go on."""
_STOP: Final = b"\xf0\x7f\x7f\x06\x01\xf7"
_CUES: Final = "".join(
    f'  - {{cue: "{number}", camera: c{number % 2}, land: {{at: "+{2 + 1.5 * number:.1f} s"}}, to: {mark}}}\n'
    for number, mark in enumerate("bbaabbaabbaabbaabbaa")
)
Told = tuple[Timecode, bool, int]
"""A label, whether it counts by drop-frame, and the direction of play: 0 for a place where nothing plays."""


class _Tapped(MidiInlet):
    """The conductor's end of the pipe; keeps what came by it."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self.came: list[Message] = []

    def receive(self) -> Message | Standing | Counted | None:
        """As the inlet's."""
        came = super().receive()
        if isinstance(came, Message):
            self.came.append(came)
        return came


class TimecodeLine:
    """A source of MIDI timecode from the library's callback to the session.

    Args:
        rate: how the show's labels count.
    """

    def __init__(self, rate: str) -> None:
        self._show = FuzzShow(_CUES, rate)
        self._pipe = MidiPipe()
        self._writer = MidiWriter(os.dup(self._pipe.write_fd))
        self._inlet = _Tapped(self._pipe.dup_reader())
        self._source = MessageSource(SOURCE, self._inlet, MtcInput(SOURCE), clock_ns=lambda: self._show.now_ns)

    def take(self, pieces: Pieces, sent: Sent | None) -> tuple[int, int]:
        """Have a stream come in and hear it out; how many glitches and believed words.

        Args:
            pieces: its bytes.
            sent: what each of its quarter frames meant, if that is known; it holds nothing else then.

        Raises: AssertionError for what is said and was not borne out.
        """
        show = self._show
        self._writer.put(b"\xf4", show.now_ns)  # undefined, so it ends whatever was under way
        self._inlet.came.clear()
        readings, glitches, runs = Counter[Told](), 0, False
        for heard in self._heard(pieces):
            for one in heard:
                glitches += isinstance(one, Glitch)
                if isinstance(one, Reading):
                    readings[one.label, one.drop, one.direction] += 1
            if heard:
                runs |= show.step(heard).clock.running
        runs |= show.step([]).clock.running
        words = believed(self._inlet.came, sent)
        line = b"".join(piece.data for piece in self._inlet.came)  # those that were not too long for timecode
        said = Counter((word.label, word.rate.drop, word.direction) for word in words)
        unfounded = [*(readings - said - Counter(places_in(line)))]
        if unfounded or (runs and not words):
            raise AssertionError(f"unfounded: {unfounded or 'a clock that runs'} by {pieces}")
        self._source.news(show.now_ns)
        return glitches, len(words)

    def _heard(self, pieces: Pieces) -> Iterator[Sequence[Heard]]:
        for at, (piece, pause_ns) in enumerate(pieces, start=1):
            self._show.now_ns += pause_ns
            self._writer.put(piece, self._show.now_ns)
            if not at % MOST_A_TURN or at == len(pieces):
                yield from self._pumped()
        self._show.now_ns += _ALONE_NS
        yield self._source.pump()

    def _pumped(self) -> Iterator[Sequence[Heard]]:
        while not self._pipe.empty:
            self._show.now_ns += _TURN_NS
            yield self._source.pump()


def places_in(line: bytes) -> Iterator[Told]:
    """The places that a line's full frames and locates name, by the grammar."""
    for _, message in whole_messages(line):
        if len(message) == 10 and message[:2] + message[3:5] == b"\xf0\x7f\1\1":
            yield _place(*message[5:9])
        for command in machine_commands(message, b"\x7f"):
            if command[0] == 0x44 and len(command) > 6 and command[2] == 1:
                hours, minutes, seconds, frames = command[3:7]
                yield _place(hours, minutes & 0x3F, seconds & 0x3F, frames & 0x1F)


def _place(hours: int, minutes: int, seconds: int, frames: int) -> Told:
    return Timecode(hours & 0x1F, minutes, seconds, frames), hours >> 5 & 3 == 2, 0


def believed(came: Sequence[Message], sent: Sent | None) -> list[MtcWord]:
    """The words that our decoder believes of a line, each stamped with the numbers of its quarter frames.

    Args:
        came: the line's pieces.
        sent: as of `TimecodeLine.take`.

    Raises: AssertionError for one that is not true, and was not borne out either.
    """
    line = b"".join(piece.data for piece in came)
    stamps_ns = [piece.stamp_ns + at for piece in came for at in range(len(piece.data))]
    stretches, where = _stretches(line, stamps_ns)
    decoder, words, begin = MtcDecoder("fuzz"), [list[MtcWord]() for _ in stretches], 0
    for at, _ in whole_messages(line):
        heard, begin = decoder.feed(line[begin : at + 1], stamps_ns[at]), at + 1
        for found in heard:
            if not isinstance(found, MtcWord):
                continue
            places = [where[stamp_ns] for stamp_ns in found.stamps_ns]
            stretch, first = places[0]
            word = replace(found, stamps_ns=tuple(place for _, place in places))
            whole = places == [(stretch, place) for place in range(first, first + PIECES_PER_WORD)]
            now = where.get(stamps_ns[at])
            if not (
                whole and now and now[0] == stretch and _stands(word, now[1], stretches[stretch], words[stretch], sent)
            ):
                raise AssertionError(f"unfounded: {found.label} by {line.hex(' ')}")
            words[stretch].append(word)
    return [word for some in words for word in some]


def _stretches(line: bytes, stamps_ns: Sequence[int]) -> tuple[list[Sent], dict[int, tuple[int, int]]]:
    """A line's quarter frames between what ends all that was gathered; and where each stands, by its stamp."""
    stretches, where, before_ns = list[Sent]([[]]), dict[int, tuple[int, int]](), 0
    for at, message in whole_messages(line):
        stamp_ns = stamps_ns[at]
        if message[0] == 0xF1:
            if stretches[-1] and stamp_ns - before_ns > _LONGEST_PAUSE_NS:
                stretches.append([])
            before_ns, where[stamp_ns] = stamp_ns, (len(stretches) - 1, len(stretches[-1]))
            stretches[-1].append(SentPiece(message[1], None, MTC_RATES[0]))
        elif message == _STOP or any(places_in(message)):
            stretches.append([])
    return stretches, where


def _stands(word: MtcWord, at: int, stretch: Sent, before: Sequence[MtcWord], sent: Sent | None) -> bool:
    """Whether a word, believed at the place `at` of its stretch, is true, or was borne out."""
    if sent is not None and is_true(word, sent):
        return True
    return is_hidden(word, stretch, at) or (sent is None and any(_goes_on(word, at, stretch, one) for one in before))


def _goes_on(word: MtcWord, at: int, stretch: Sent, before: MtcWord) -> bool:
    """Whether a word and the next are due by one that was believed before, over torn ones in unbroken order."""
    first, day = before.stamps_ns[0], word.rate.frames_per_day
    words, rest = divmod(word.stamps_ns[0] - first, PIECES_PER_WORD)
    if rest or not 1 < words <= _MOST_WORDS_ON or (before.rate, before.direction) != (word.rate, word.direction):
        return False
    if (before.frame + FRAMES_PER_WORD * word.direction * words) % day != word.frame:
        return False
    numbers = [piece.data >> 4 for piece in stretch[first : at + 1]]
    steady = [piece.data for piece in played(word.rate, word.frame, at + 1 - word.stamps_ns[0], word.direction)]
    return (
        len(steady) >= 2 * PIECES_PER_WORD
        and steady == [piece.data for piece in stretch[word.stamps_ns[0] : at + 1]]
        and all((after - one - word.direction) % PIECES_PER_WORD == 0 for one, after in pairwise(numbers))
    )


def taker() -> Callable[[bytes], tuple[int, int]]:
    """Takes a fuzzer's input to the line that it is for."""
    lines = [TimecodeLine(rate.name) for rate in MTC_RATES]

    def take(data: bytes) -> tuple[int, int]:
        kind = data[0] if data else 0
        if kind == _TORN:
            sent = torn_stream(Given(data[1:]))[:_TORN_PIECES]
            number = MTC_RATES.index(sent[0].rate) if sent else 0
            pause_ns = quarter_ns(MTC_RATES[number], 1)
            return lines[number].take([(bytes((0xF1, piece.data)), pause_ns) for piece in sent], sent)
        return lines[kind % len(lines)].take(pieces_of(data[1:]), None)

    return take


def seeds(chance: random.Random) -> Iterator[bytes]:
    """Inputs to begin with: play as it should be, with places and stops in it; and draws for torn streams."""
    pauses = dict(zip(MTC_RATES, (10_417 * NS_PER_US, 10 * NS_PER_MS, 8342 * NS_PER_US, 8333 * NS_PER_US), strict=True))
    for count in range(_SEEDS):
        if not count % _TORN_SEEDS:
            yield bytes((_TORN,)) + chance.randbytes(48)
        number = chance.randrange(len(MTC_RATES))
        rate = MTC_RATES[number]
        frame = (chance.choice((1, 60, 3600, 86400)) * rate.nominal - chance.randrange(30)) % rate.frames_per_day
        place = full_frame(timecode_at_frame(frame, rate), rate)
        direction, length = chance.choice((1, 1, -1)), chance.choice((8, 16, 24, 32))
        play = b"".join(bytes((0xF1, piece.data)) for piece in played(rate, frame, length, direction))
        line = chance.choice((b"", place, _STOP, b"\xf8\xfa")) + play + chance.choice((b"", place, _STOP))
        yield bytes((number + len(MTC_RATES),)) + head_for(2, pauses[rate]) + line
