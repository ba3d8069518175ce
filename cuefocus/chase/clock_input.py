"""From the stamped bytes of a MIDI clock to readings: which clock of the song each is, though some are lost or doubled.

A clock that is lost shifts all that come after it by a 24th of a quarter, and nothing in them says so. But the line of
those before tells when each was due (`clock_doubt.py`): they are counted right, and a glitch says so, or the place is
given up, and a glitch says that.
"""

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

from cuefocus.chase.clock_doubt import ClockDoubts, Counted, quarters
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
_TEMPO_QUARTERS = 4
_LOCATE = "locate it again, or start it"
_UNPLACED = f"clocks come, but nobody has said where in the song it is: {_LOCATE}"
_NOBODY_KNOWS = f"clocks were lost or doubled and nobody can say how many: {_LOCATE}"


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
        self._unheard = self._unsaid = 0
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
            return self._unplaced(found) if found.clocks is None else self._tick(found.clocks, found.stamp_ns)
        last = self._flush() if isinstance(found, ClockStop) else []
        self._anew()
        if isinstance(found, ClockStop):
            return [*last, *self.line.stop(found.stamp_ns, "MIDI Stop")]
        if isinstance(found, ClockLocate):
            located = self.line.locate(quarters(found.clocks), found.stamp_ns)
            return [*located, *self.line.begin(found.stamp_ns)] if found.begins else located
        if isinstance(found, SongSelect):
            return self._select(found)
        return [*self.line.stop(found.stamp_ns, found.reason), found]

    def _unplaced(self, found: ClockTick) -> list[Heard]:
        """Say once that clocks come of which nobody said whether they play: they may have been heard in mid-song."""
        self._unheard += not self.decoder.heard
        if self._unheard != CLOCKS_PER_QUARTER or self.decoder.heard:
            return []
        return [Glitch(self._source, _UNPLACED, found.stamp_ns)]

    def _select(self, found: SongSelect) -> list[Heard]:
        song = self.line.song
        heard = self.line.select(found.number, found.stamp_ns)
        if self.line.song is song:
            return heard
        self.decoder.forget_place()
        if self.decoder.running and self.line.song is not None:
            reason = f"song {found.number} was selected while it plays, and nobody has said where in it: {_LOCATE}"
            heard.append(Glitch(self._source, reason, found.stamp_ns))
        return heard

    def restart(self) -> None:
        """The port was away."""
        self.decoder.restart()
        self.line.restart()
        self._stamps_ns.clear()
        self._unheard = 0
        self._anew()

    def resume(self, clocks: int, song: int | None) -> None:
        """Playback is on, and the next clock is that one: taken up by a reader that has not heard where it is."""
        if self.decoder.heard:
            return
        if song is not None:
            self.line.select(song, 0)
        self.decoder.resume(clocks)
        self._anew()

    def slipped(self) -> int:
        """Clocks that were found to be lost (below 0: doubled) since the last call, where the place still holds."""
        slip, self._unsaid = self._unsaid, 0
        return slip

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
        return None if clocks is None else quarters(clocks + self._slip)

    def _anew(self) -> None:
        """Playback is elsewhere: what was counted and gathered belongs to the past."""
        self._slip = self._unsaid = 0
        self._group: list[Counted] = []
        self._doubts = ClockDoubts()

    def _tick(self, counted: int, stamp_ns: int) -> list[Heard]:
        song = self.line.song
        if song is None:
            return []
        judged = self._doubts.take(song, self.line.passage, counted + self._slip, stamp_ns)
        if judged.lost:
            return self._give_up(_NOBODY_KNOWS, stamp_ns)
        if not judged.slip:
            self._group += judged.taken
            return self._flush(_GROUP_NS)
        self._slip += judged.slip
        self._unsaid += judged.slip
        self.miscounted += abs(judged.slip)
        first, first_ns = judged.taken[0]
        past = max((one for one, _ in self._group), default=first - 1)
        self._group += [one for one in judged.taken if one[0] > past]
        return [self._said(song, judged.slip, first, first_ns), *self._flush(_GROUP_NS)]

    def _give_up(self, reason: str, stamp_ns: int) -> list[Heard]:
        """Nobody knows where the song is until it is located: playback counts as stopped."""
        self.decoder.forget_place()
        self._anew()
        return [*self.line.stop(stamp_ns, reason), Glitch(self._source, reason, stamp_ns)]

    def _said(self, song: Song, slip: int, clocks: int, stamp_ns: int) -> Glitch:
        one = abs(slip) == 1
        counted = (
            f"{abs(slip)} clock{'' if one else 's'} {'was' if one else 'were'} {'lost' if slip > 0 else 'doubled'}"
        )
        return Glitch(self._source, f"{counted}; counted right again, at {song.place(quarters(clocks))}", stamp_ns)

    def _flush(self, least_ns: int = 0) -> list[Heard]:
        """Hand over what was gathered if it takes so long."""
        group, song = self._group, self.line.song
        if song is None or not group:
            self._group = []
            return []
        places = [quarters(clocks) for clocks, _ in group]
        if song.time.media_ns(places[-1]) - song.time.media_ns(places[0]) < least_ns:
            return []
        self._group = []
        return self.line.take(places, [stamp_ns for _, stamp_ns in group])
