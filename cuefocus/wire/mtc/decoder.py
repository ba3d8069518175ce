"""Reads MIDI timecode: bytes and stamps in; words, locates, stops and glitches out.

A quarter frame carries four bits and no check, so a word is easily torn: a piece lost, doubled, swapped or somebody
else's, the direction turned or the value changed between two pieces. Eight pieces in unbroken order prove nothing. A
word is believed when it says exactly what the last believed one lets expect. Where there is none, three words in a row
must bear each other out: two may be torn alike. After a torn word in a stream otherwise unbroken, two that are due.
"""

from collections import deque
from collections.abc import Iterator

from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Glitch, PlaybackStopped
from cuefocus.wire.machine_control import Halt, commands_of
from cuefocus.wire.midi_bytes import MidiBytes
from cuefocus.wire.mtc.word import PIECES_PER_WORD, MtcLocate, MtcWord, label_of, label_of_full_frame

_WORDS_TO_LOCK = 3
_WORDS_TO_GO_ON = 2
# Unbelieved words in a row, in unbroken order, after which the old timeline is given up.
_MOST_MISSED = 4
# Pieces further apart are no word: at 0.03 of normal speed, 24 fps, they are 347 ms apart.
_LONGEST_PAUSE_NS = 500 * NS_PER_MS
_FULL_FRAME = b"\x01\x01"

Heard = MtcWord | MtcLocate | PlaybackStopped | Glitch


class MtcDecoder:
    """Reads one MIDI port.

    Args:
        source: id of the source, for glitches.

    `believed` counts words handed over, `unbelieved` whole ones that were not.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._bytes = MidiBytes()
        self._gathered: deque[tuple[int, int, int]] = deque(maxlen=PIECES_PER_WORD)  # piece, nibble, stamp
        self._direction = 0
        self._doubtful: list[MtcWord] = []  # in a row, each leading to the next, not believed yet
        # What is taken to have been sent last: believed, or counted on from there.
        self._timeline: MtcWord | None = None
        self._missed = 0
        self.believed = 0
        self.unbelieved = 0

    def feed(self, data: bytes, stamp_ns: int) -> list[Heard]:
        """Take bytes that arrived at `stamp_ns`, host ns: any part of the stream, or whole messages.

        A message counts as arrived with its last byte. What is not timecode is ignored. Believed words may come
        several at once, the oldest first, with the stamps of their own pieces.
        """
        heard: list[Heard] = []
        for message in self._bytes.feed(data):
            if message[0] == 0xF1:
                heard += self._quarter_frame(message[1] >> 4, message[1] & 0xF, stamp_ns)
            elif message[0] == 0xF0:
                heard += self._exclusive(message, stamp_ns)
        return heard

    def restart(self) -> None:
        """Forget what was gathered: the port was away."""
        self._bytes = MidiBytes()
        self._begin_anew()

    def _exclusive(self, message: bytes, stamp_ns: int) -> Iterator[Heard]:
        """A full frame, F0 7F device 01 01 hours minutes seconds frames F7; or machine control, that says as much."""
        if len(message) == 10 and message[1] == 0x7F and message[3:5] == _FULL_FRAME:
            yield self._locate(message[5:9], "a full frame", stamp_ns)
        for command in commands_of(message):
            if isinstance(command, Halt):
                self._begin_anew()
                yield PlaybackStopped(self._source, command.text, stamp_ns)
            else:
                yield self._locate(command, "MMC Locate", stamp_ns)

    def _locate(self, place: bytes, what: str, stamp_ns: int) -> MtcLocate | Glitch:
        self._begin_anew()
        named = label_of_full_frame(place)
        if named is None:
            return Glitch(self._source, f"{what} names a frame that does not exist", stamp_ns)
        return MtcLocate(*named, stamp_ns)

    def _quarter_frame(self, piece: int, nibble: int, stamp_ns: int) -> Iterator[Heard]:
        yield from self._join(piece, stamp_ns)
        gathered = self._gathered
        gathered.append((piece, nibble, stamp_ns))
        last_piece = PIECES_PER_WORD - 1 if self._direction > 0 else 0
        if self._direction and piece == last_piece and len(gathered) == PIECES_PER_WORD:
            yield from self._whole(stamp_ns)

    def _join(self, piece: int, stamp_ns: int) -> Iterator[Glitch]:
        """See whether a piece follows the last one, in the same direction; else what was gathered is torn."""
        if not self._gathered:
            return
        before, _, before_ns = self._gathered[-1]
        if stamp_ns - before_ns > _LONGEST_PAUSE_NS:
            self._begin_anew()
            return
        step = {1: 1, PIECES_PER_WORD - 1: -1}.get((piece - before) % PIECES_PER_WORD, 0)
        if step and self._direction in (0, step):
            self._direction = step
            return
        turned = step != 0
        self._begin_anew()
        reason = "direction turned" if turned else f"quarter frame {piece} after {before}"
        yield Glitch(self._source, reason, stamp_ns)

    def _whole(self, stamp_ns: int) -> Iterator[Heard]:
        """Eight pieces in order: believe the word, doubt it, or refuse it."""
        word = self._assembled()
        expected, self._timeline = self._timeline, _counted_on(self._timeline)
        if word is None:
            self._refuse_doubtful()
            self._miss()
            yield Glitch(self._source, "a torn word: it names a frame that does not exist", stamp_ns)
            return
        due = expected is not None and expected.leads_to(word)
        if due and not self._missed:
            yield from self._believe([word])
            return
        if not due:
            before = expected or (self._doubtful[-1] if self._doubtful else None)
            if before is not None and not before.leads_to(word):
                yield _torn(self._source, word.label, before.next_label, stamp_ns)
            self._miss()
        yield from self._doubt(word, due=due)

    def _doubt(self, word: MtcWord, *, due: bool) -> Iterator[MtcWord]:
        """Keep a word until the next ones bear it out; where it is `due` in the old timeline, one does."""
        if self._doubtful and not self._doubtful[-1].leads_to(word):
            self._refuse_doubtful()
        self._doubtful.append(word)
        if len(self._doubtful) >= (_WORDS_TO_GO_ON if due else _WORDS_TO_LOCK):
            words, self._doubtful = self._doubtful, []
            yield from self._believe(words)

    def _believe(self, words: list[MtcWord]) -> Iterator[MtcWord]:
        self._timeline, self._missed = words[-1], 0
        self.believed += len(words)
        yield from words

    def _miss(self) -> None:
        """Count a word that the timeline does not bear out; too many, and the timeline is over."""
        if self._timeline is None:
            return
        self._missed += 1
        if self._missed >= _MOST_MISSED:
            self._timeline = None

    def _assembled(self) -> MtcWord | None:
        in_order = sorted(self._gathered)
        named = label_of([nibble for _, nibble, _ in in_order])
        if named is None:
            return None
        label, rate = named
        stamps_ns = tuple(stamp_ns for _, _, stamp_ns in self._gathered)
        return MtcWord(label.frame_number(rate), rate, self._direction, stamps_ns)

    def _refuse_doubtful(self) -> None:
        self.unbelieved += len(self._doubtful)
        self._doubtful.clear()

    def _begin_anew(self) -> None:
        self._gathered.clear()
        self._refuse_doubtful()
        self._direction, self._timeline, self._missed = 0, None, 0


def _counted_on(word: MtcWord | None) -> MtcWord | None:
    """What a source that went on has sent a word later."""
    return None if word is None else MtcWord(word.next_frame, word.rate, word.direction, word.stamps_ns)


def _torn(source: str, label: Timecode, expected: Timecode, stamp_ns: int) -> Glitch:
    return Glitch(source, f"{label} where {expected} was due: a torn word, or a jump", stamp_ns)
