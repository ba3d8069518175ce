"""Musical positions to readings: quarters of a song, by its tempo map, as the labels of the act it is played in.

Serves whatever says where a song is: MIDI clock and a program's beats by OSC, whose stamps are late, and Ableton Link,
whose host times are exact. Readings stand at frame starts, every second frame, as those of MIDI timecode do.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from cuefocus.chase.earliest import Passage
from cuefocus.chase.places import Placed, PlaceReadings
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading

Heard = Reading | Glitch | PlaybackStopped

# The speed is measured, not expected, once so many positions have come, or so much has been played.
_ENOUGH, _ENOUGH_NS = 8, 400 * NS_PER_MS


class SongTime(Protocol):
    """A tempo map."""

    def media_ns(self, quarters: Fraction) -> int:
        """The moment of the media so many quarters after the song's start, ns; rises with them."""

    def place_at(self, quarters: Fraction) -> tuple[int, float]:
        """Bar and beat there."""


@dataclass(frozen=True, slots=True)
class Song:
    """An act that has a tempo map.

    Args:
        act: its name.
        rate: how its labels count.
        starts_show_ns: show time of the media's second 0.
        from_show_ns, until_show_ns: only labels between these are its own.
        speed: at which it is expected to be played, media ns per host ns.
        time: its tempo map.
        even: it is played at that speed alone.
    """

    act: str
    rate: FrameRate
    starts_show_ns: int
    from_show_ns: int
    until_show_ns: int
    speed: float
    time: SongTime
    even: bool = True

    def show_at(self, quarters: Fraction) -> int:
        """Show time of a position, ns."""
        return self.starts_show_ns + self.time.media_ns(quarters)

    def place(self, quarters: Fraction) -> str:
        """As an operator reads it: `bar 17 beat 3`; parts of a beat are left out."""
        bar, beat = self.time.place_at(quarters)
        return f"bar {bar} beat {int(beat)}"


class MusicalReadings:
    """One source's positions in songs, made readings.

    Which song is played: the only one, or the one that was named; else none until `select` says which.

    Args:
        source: the source's id in the rig.
        songs: the show's acts that have tempo maps, in its order.
        act: the one that is always meant; empty where the source selects it.
    """

    def __init__(self, source: str, songs: Sequence[Song], *, act: str = "") -> None:
        self.source, self._songs = source, tuple(songs)
        named = [song for song in songs if song.act == act] if act else list(songs)
        self._fixed = bool(act) or len(songs) == 1
        self.song = named[0] if len(named) == 1 else None
        self._begin_song()

    # --- which song, and where ---

    def select(self, number: int, stamp_ns: int) -> list[Heard]:
        """Another song, counted from 0 in show order: playback of the old one is over. One that is fixed stays."""
        if self._fixed:
            return []
        chosen = self._songs[number] if 0 <= number < len(self._songs) else None
        if chosen is not None and chosen is self.song:
            return []
        heard: list[Heard] = [PlaybackStopped(self.source, f"song {number} was selected", stamp_ns)]
        if chosen is None:
            heard.append(Glitch(self.source, f"there is no song {number}: {self._have}", stamp_ns))
        self.song = chosen
        self._begin_song()
        return heard

    def begin(self, stamp_ns: int) -> list[Heard]:
        """Playback begins: say so where nobody knows of which song."""
        if self.song is not None:
            return []
        return [Glitch(self.source, f"it plays, but no song is selected: {self._have}", stamp_ns)]

    def locate(self, quarters: Fraction, stamp_ns: int) -> list[Heard]:
        """Playback stands elsewhere, without motion."""
        self.restart()
        song, places = self.song, self._places
        if song is None or places is None:
            return []
        show_ns = song.show_at(quarters)
        if not song.from_show_ns <= show_ns <= song.until_show_ns:
            return [PlaybackStopped(self.source, f"{song.place(quarters)} is no part of act {song.act}", stamp_ns)]
        return [places.standing(show_ns, stamp_ns)]

    def stop(self, stamp_ns: int, reason: str) -> list[Heard]:
        """Playback stopped where it is."""
        self.restart()
        return [PlaybackStopped(self.source, reason, stamp_ns)]

    def restart(self) -> None:
        """Playback is elsewhere, or the source was away: the next position begins a new line, at the speed it had."""
        self._outside, self._taken = False, 0
        if self._places is not None:
            self._places.restart()

    @property
    def passage(self) -> Passage | None:
        """The line of what was taken: which show time passed when; None while there is none."""
        return None if self._places is None else self._places.arrivals.passage

    @property
    def held_up(self) -> int:
        """Groups of this song of which the channel gave no idea when they were sent; there are no readings of them."""
        return 0 if self._places is None else self._places.held_up

    def show_at(self, quarters: Fraction) -> int | None:
        """Show time of a position; None without a song."""
        return None if self.song is None else self.song.show_at(quarters)

    def told(self, quarters: Fraction, *, tempo: float | None, running: bool) -> dict[str, object] | None:
        """A position as it is told to the operator; None without a song."""
        if self.song is None:
            return None
        bar, beat = self.song.time.place_at(quarters)
        bpm = None if tempo is None else round(tempo, 1)
        return {"act": self.song.act, "bar": bar, "beat": int(beat), "tempo": bpm, "running": running}

    # --- motion ---

    def take(self, quarters: Sequence[Fraction], stamps_ns: Sequence[int]) -> list[Heard]:
        """Readings that positions complete whose stamps are never early and often late.

        Args:
            quarters: positions that belong together (a few clocks, one beat), rising; a step back begins a new line.
            stamps_ns: when each arrived, host ns.
        """
        song, places = self.song, self._places
        if song is None or places is None:
            return []
        shown = [song.show_at(one) for one in quarters]
        if not self._taken:
            self._first_ns = shown[0]
        self._taken += len(shown)
        placed = places.take(shown, stamps_ns)
        if self._taken < _ENOUGH and shown[-1] - self._first_ns < _ENOUGH_NS:
            return []
        return list(self._within(song, placed))

    def take_exact(self, quarters: Fraction, host_ns: int, *, sigma_ns: float) -> list[Heard]:
        """Readings between the last position and this one, where host times are exact (Ableton Link).

        Args:
            quarters: where the song is; a step back, or one of more than 10 s, begins anew.
            host_ns: when it is there; later than the last one's.
            sigma_ns: one standard deviation of `host_ns`.
        """
        song, places = self.song, self._places
        if song is None or places is None:
            return []
        return list(self._within(song, places.take_exact(song.show_at(quarters), host_ns, sigma_ns=sigma_ns)))

    # --- within ---

    def _begin_song(self) -> None:
        song = self.song
        self._places = None if song is None else PlaceReadings(self.source, song.rate, speed=song.speed)
        self._outside, self._taken, self._first_ns = False, 0, 0

    def _within(self, song: Song, placed: Iterable[Placed]) -> Iterator[Heard]:
        """The readings that are the act's own, and a word where playback leaves it behind."""
        for show_ns, reading in placed:
            if song.from_show_ns <= show_ns <= song.until_show_ns:
                self._outside = False
                yield reading
            elif not self._outside and show_ns > song.until_show_ns:
                self._outside = True
                yield PlaybackStopped(self.source, f"it plays on past the end of act {song.act}", reading.stamp_ns)

    @property
    def _have(self) -> str:
        acts = ", ".join(f"{number} is {song.act}" for number, song in enumerate(self._songs))
        return f"send MIDI Song Select ({acts}), or name the act" if acts else "no act has beats"
