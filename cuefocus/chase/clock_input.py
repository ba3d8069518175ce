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
# In clocks: how near to a whole number of them all must be late (they may be late besides, hardly early), how alike
# the first and the last of them, and how late those before may have been: a jump, not a drift.
_EARLY, _LATE, _ALIKE, _SUDDEN = 0.15, 0.3, 0.3, 0.3
_BEFORE = 4
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
            located = self.line.locate(Fraction(found.clocks, CLOCKS_PER_QUARTER), found.stamp_ns)
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
        song, place = self.line.song, self.place
        if song is None or place is None:
            return None
        bar, beat = song.time.place_at(place)
        return {
            "act": song.act,
            "bar": bar,
            "beat": int(beat),
            "tempo": None if self._tempo is None else round(self._tempo, 1),
            "running": self.decoder.running,
        }

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
        return None if clocks is None else Fraction(clocks + self._slip, CLOCKS_PER_QUARTER)

    def _anew(self) -> None:
        """Playback is elsewhere: what was counted and gathered belongs to the past."""
        self._slip = 0
        self._group: list[tuple[int, int]] = []  # clocks, stamp
        self._doubtful: list[tuple[int, int, float]] = []  # clocks, stamp, how many clocks late
        self._before: deque[float] = deque(maxlen=_BEFORE)  # how many clocks late those were that fitted
        self._given_up = False

    def _tick(self, counted: int, stamp_ns: int) -> list[Heard]:
        clocks = counted + self._slip
        late = self._lateness(clocks, stamp_ns)
        too_early = bool(self._doubtful) and self._doubtful[0][2] < 0.0  # then one that is on time may just be late
        if late is not None and abs(late) < _DOUBT and not too_early:
            self._given_up = False
            self._before.append(late)
        elif late is not None and not self._given_up:
            self._doubtful.append((clocks, stamp_ns, late))
            return self._decide() if self._enough else []
        released, self._doubtful = self._doubtful, []
        self._group += [(one, at_ns) for one, at_ns, _ in released]
        self._group.append((clocks, stamp_ns))
        return self._flush(_GROUP_NS)

    def _lateness(self, clocks: int, stamp_ns: int) -> float | None:
        """How many clocks later one came than the line has it; None without a line."""
        song, passage = self.line.song, self.line.passage
        if song is None or passage is None:
            return None
        due_ns, next_ns = (song.show_at(Fraction(one, CLOCKS_PER_QUARTER)) for one in (clocks, clocks + 1))
        return (stamp_ns - passage.host_at(due_ns)) * passage.speed / (next_ns - due_ns)

    @property
    def _enough(self) -> bool:
        doubtful = self._doubtful
        return len(doubtful) >= _DECIDING and doubtful[-1][1] - doubtful[0][1] >= _DECIDING_NS

    def _decide(self) -> list[Heard]:
        """Say what became of clocks that have been off for a while: others are missing, or the speed has changed."""
        doubtful, self._doubtful = self._doubtful, []
        late = [off for _, _, off in doubtful]
        half = len(late) // 2
        least, whole = min(late), round(min(late))
        steady = abs(min(late[:half]) - min(late[half:])) < _ALIKE and -_EARLY <= least - whole <= _LATE
        sudden = len(self._before) == _BEFORE and min(self._before) < _SUDDEN
        if not (whole and steady and sudden):
            self._given_up = True
            self._group += [(clocks, stamp_ns) for clocks, stamp_ns, _ in doubtful]
            return self._flush(_GROUP_NS)
        self._slip += whole
        self.miscounted += abs(whole)
        past = max((clocks for clocks, _ in self._group), default=doubtful[0][0] - 1)
        shifted = [(clocks + whole, stamp_ns) for clocks, stamp_ns, _ in doubtful]
        self._group += [one for one in shifted if one[0] > past]
        stamp_ns = doubtful[0][1]
        what = f"{abs(whole)} {'clock was' if abs(whole) == 1 else 'clocks were'} {'lost' if whole > 0 else 'doubled'}"
        where = self.line.song.place(Fraction(shifted[0][0], CLOCKS_PER_QUARTER)) if self.line.song else ""
        return [Glitch(self._source, f"{what} at {where}; counted right again", stamp_ns), *self._flush(_GROUP_NS)]

    def _flush(self, least_ns: int = 0) -> list[Heard]:
        """Hand over what was gathered if it takes so long."""
        group, song = self._group, self.line.song
        if song is None or not group:
            self._group = []
            return []
        places = [Fraction(clocks, CLOCKS_PER_QUARTER) for clocks, _ in group]
        if song.time.media_ns(places[-1]) - song.time.media_ns(places[0]) < least_ns:
            return []
        self._group = []
        return self.line.take(places, [stamp_ns for _, stamp_ns in group])
