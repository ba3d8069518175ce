"""From the stamped bytes of a MIDI clock to readings: which clock of the song each is, though some are lost or doubled.

A clock that is lost shifts all that come after it by a 24th of a quarter, and nothing in them says so. But the line of
those before tells when each was due: where they are late all at once by whole clocks, and stay so, that many were lost;
where they are early by as many, so many came too often. They are counted right, and a glitch says it. Until that is
clear, they are held.
"""

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

from cuefocus.chase.musical import Heard, MusicalReadings, Song
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_clock import (
    CLOCKS_PER_QUARTER,
    LONGEST_PAUSE_NS,
    ClockLocate,
    ClockStop,
    ClockTick,
    MidiClockDecoder,
    SongSelect,
)
from cuefocus.wire.midi_clock import Heard as Told

# Clocks are judged together that take so much of the media: as much as a word of MIDI timecode.
_GROUP_NS = 60 * NS_PER_MS
# In clocks: further off than this is in doubt; so many, lasting so long, decide.
_DOUBT = 0.5
_DECIDING, _DECIDING_NS = 5, 90 * NS_PER_MS
# Those before are looked back at for so long; for less they say too little.
_WINDOW_NS, _WINDOW_LEAST_NS = 10 * NS_PER_S, 2 * NS_PER_S
# In clocks: how near to a whole number of them all must be late (they may be late besides, hardly early), how alike
# the first and the last of them, and how alike most of those before: what comes in blocks is late by whole clocks, too.
_EARLY, _LATE, _ALIKE, _USUAL = 0.15, 0.3, 0.3, 0.25
_TEMPO_QUARTERS = 4


class MidiClockInput:
    """Turns the stamped bytes of one MIDI port into readings of an act.

    Args:
        source: the source's id in the rig.
        songs: the show's acts that have tempo maps, in its order.
        act: the one that is meant; empty: the only one, or the one that Song Select says.

    `miscounted` counts clocks that were lost or came twice.
    """

    def __init__(self, source: str, songs: Sequence[Song], *, act: str = "") -> None:
        self.decoder = MidiClockDecoder(source)
        self.line = MusicalReadings(source, songs, act=act)
        self.miscounted = 0
        self._source = source
        self._stamps_ns: deque[int] = deque(maxlen=_TEMPO_QUARTERS * CLOCKS_PER_QUARTER + 1)
        self._anew()

    def feed(self, data: bytes, stamp_ns: int) -> list[Heard]:
        """Readings that these bytes complete: any part of the port's stream, or whole messages.

        Args:
            data: MIDI bytes.
            stamp_ns: host time at which they arrived.

        Returns: readings of every second frame; one of direction 0 for a locate; the word that playback stopped;
            glitches for what was torn, lost or not known.
        """
        heard: list[Heard] = []
        for byte in data:  # one by one: another song changes what the bytes behind its number mean
            for found in self.decoder.feed(bytes((byte,)), stamp_ns):
                heard += self._take(found)
        return heard

    def _take(self, found: Told) -> list[Heard]:
        if isinstance(found, ClockTick):
            if self._stamps_ns and found.stamp_ns - self._stamps_ns[-1] > LONGEST_PAUSE_NS:
                self._stamps_ns.clear()
            self._stamps_ns.append(found.stamp_ns)
            return [] if found.clocks is None else self._tick(found.clocks, found.stamp_ns)
        last = self._flush() if isinstance(found, ClockStop) else []
        self._anew()
        if isinstance(found, ClockStop):
            return [*last, *self.line.stop(found.stamp_ns, "MIDI Stop")]
        if isinstance(found, ClockLocate):
            located = self.line.locate(_quarters(found.clocks), found.stamp_ns)
            return [*located, *self.line.begin(found.stamp_ns)] if found.begins else located
        if isinstance(found, SongSelect):
            return self._select(found)
        return [*self.line.stop(found.stamp_ns, found.reason), found]

    def _select(self, found: SongSelect) -> list[Heard]:
        song = self.line.song
        heard = self.line.select(found.number, found.stamp_ns)
        if self.line.song is not song:
            self.decoder.forget_place()
        return heard

    def restart(self) -> None:
        """The port was away."""
        self.decoder.restart()
        self.line.restart()
        self._stamps_ns.clear()
        self._anew()

    def resume(self, clocks: int, song: int | None) -> None:
        """Playback is on, and the next clock is that one: taken up by a reader that has not heard where it is."""
        if self.decoder.heard:
            return
        if song is not None:
            self.line.select(song, 0)
        self.decoder.resume(clocks)
        self._anew()

    def told(self) -> dict[str, object] | None:
        """Where the song is, for the operator; None while nothing is known of it."""
        place = self.place
        return None if place is None else self.line.told(place, tempo=self._tempo, running=self.decoder.running)

    @property
    def _tempo(self) -> float | None:
        """Quarters a minute, over the last few; clocks of a song that stands carry it, too."""
        stamps_ns = self._stamps_ns
        intervals = len(stamps_ns) - 1
        if intervals < CLOCKS_PER_QUARTER or stamps_ns[-1] <= stamps_ns[0]:
            return None
        return 60 * NS_PER_S * intervals / (CLOCKS_PER_QUARTER * (stamps_ns[-1] - stamps_ns[0]))

    @property
    def place(self) -> Fraction | None:
        """Where the song is, quarters; None where nobody knows."""
        clocks = self.decoder.clocks
        return None if clocks is None else _quarters(clocks + self._slip)

    def _anew(self) -> None:
        """Playback is elsewhere: what was counted and gathered belongs to the past."""
        self._slip = 0
        self._group: list[tuple[int, int]] = []  # clocks, stamp
        self._doubtful: list[tuple[int, int, float]] = []  # clocks, stamp, how many clocks late
        self._recent: deque[tuple[int, int]] = deque()  # show time, stamp
        self._given_up = False

    def _tick(self, counted: int, stamp_ns: int) -> list[Heard]:
        clocks = counted + self._slip
        late = self._lateness(clocks, stamp_ns)
        too_early = bool(self._doubtful) and self._doubtful[0][2] < 0.0  # then one that is on time may just be late
        if late is not None and abs(late) < _DOUBT and not too_early:
            self._given_up = False
        elif late is not None and not self._given_up:
            self._doubtful.append((clocks, stamp_ns, late))
            return self._decide() if self._enough else []
        released, self._doubtful = self._doubtful, []
        return self._gather([*((one, at_ns) for one, at_ns, _ in released), (clocks, stamp_ns)])

    def _gather(self, counted: Sequence[tuple[int, int]]) -> list[Heard]:
        """Keep clocks for the next group, and for the next doubt."""
        song, recent = self.line.song, self._recent
        self._group += counted
        if song is not None:
            recent.extend((song.show_at(_quarters(clocks)), stamp_ns) for clocks, stamp_ns in counted)
            while recent[-1][0] - recent[0][0] > _WINDOW_NS:
                recent.popleft()
        return self._flush(_GROUP_NS)

    def _lateness(self, clocks: int, stamp_ns: int) -> float | None:
        """How many clocks later one came than the line has it; None without a line."""
        song, passage = self.line.song, self.line.passage
        if song is None or passage is None:
            return None
        due_ns, next_ns = (song.show_at(_quarters(one)) for one in (clocks, clocks + 1))
        return (stamp_ns - passage.host_at(due_ns)) * passage.speed / (next_ns - due_ns)

    @property
    def _enough(self) -> bool:
        doubtful = self._doubtful
        return len(doubtful) >= _DECIDING and doubtful[-1][1] - doubtful[0][1] >= _DECIDING_NS

    def _decide(self) -> list[Heard]:
        """Say what became of clocks that have been off for a while: others are missing, or the speed has changed."""
        doubtful, self._doubtful = self._doubtful, []
        clocks, stamp_ns, _ = doubtful[0]
        whole = self._miscounted(doubtful)
        if not whole or self._recent[-1][0] - self._recent[0][0] < _WINDOW_LEAST_NS:
            self._given_up = True
            heard = self._gather([(one, at_ns) for one, at_ns, _ in doubtful])
            return [*self._said(abs(whole), clocks, "may have been lost or doubled", stamp_ns), *heard]
        self._slip += whole
        self.miscounted += abs(whole)
        past = max((one for one, _ in self._group), default=clocks - 1)
        shifted = [(one + whole, at_ns) for one, at_ns, _ in doubtful]
        became = f"{'lost' if whole > 0 else 'doubled'}; counted right again"
        said = self._said(abs(whole), shifted[0][0], f"{'was' if abs(whole) == 1 else 'were'} {became}", stamp_ns)
        return [*said, *self._gather([one for one in shifted if one[0] > past])]

    def _miscounted(self, doubtful: Sequence[tuple[int, int, float]]) -> int:
        """How many clocks were lost before these (below 0: came twice), by all that came in the last while."""
        song, passage, recent = self.line.song, self.line.passage, self._recent
        if song is None or passage is None or not recent:
            return 0
        speed = song.speed if song.even else passage.speed
        first, last = (song.show_at(_quarters(one)) for one in (doubtful[0][0], doubtful[0][0] + 1))
        clock_ns = (last - first) / speed
        origin_ns, begin_ns = recent[0]
        before = sorted(at_ns - begin_ns - (show_ns - origin_ns) / speed for show_ns, at_ns in recent)
        off = [
            (at_ns - begin_ns - (song.show_at(_quarters(one)) - origin_ns) / speed - before[0]) / clock_ns
            for one, at_ns, _ in doubtful
        ]
        half, least = len(off) // 2, min(off)
        steady = abs(min(off[:half]) - min(off[half:])) < _ALIKE and -_EARLY <= least - round(least) <= _LATE
        usual = before[3 * len(before) // 4] - before[0] < _USUAL * clock_ns
        return round(least) if steady and usual else 0

    def _said(self, count: int, clocks: int, what: str, stamp_ns: int) -> list[Heard]:
        song = self.line.song
        if not count or song is None:
            return []
        counted = f"{count} clock{'' if count == 1 else 's'}"
        return [Glitch(self._source, f"{counted} {what}, at {song.place(_quarters(clocks))}", stamp_ns)]

    def _flush(self, least_ns: int = 0) -> list[Heard]:
        """Hand over what was gathered if it takes so long."""
        group, song = self._group, self.line.song
        if song is None or not group:
            self._group = []
            return []
        places = [_quarters(clocks) for clocks, _ in group]
        if song.time.media_ns(places[-1]) - song.time.media_ns(places[0]) < least_ns:
            return []
        self._group = []
        return self.line.take(places, [stamp_ns for _, stamp_ns in group])


def _quarters(clocks: int) -> Fraction:
    return Fraction(clocks, CLOCKS_PER_QUARTER)
