"""Musical positions to readings: quarters of a song, by its tempo map, as the labels of the act it is played in.

Serves whatever says where a song is: MIDI clock and a program's beats by OSC, whose stamps are late, and Ableton Link,
whose host times are exact. Readings stand at frame starts, every second frame, as those of MIDI timecode do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from cuefocus.chase.earliest import EarliestArrivals, Passage
from cuefocus.chase.labels import word_rate
from cuefocus.timebase.frames import FrameRate, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading

Heard = Reading | Glitch | PlaybackStopped

_STRIDE_FRAMES = 2
# A step onward by more than this is a jump, even if the stamps fit.
_LONGEST_STEP_NS = 10 * NS_PER_S


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
    """

    act: str
    rate: FrameRate
    starts_show_ns: int
    from_show_ns: int
    until_show_ns: int
    speed: float
    time: SongTime

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

    `held_up` counts groups of which the channel gave no idea when they were sent; there are no readings of them.
    """

    def __init__(self, source: str, songs: Sequence[Song], *, act: str = "") -> None:
        self.source, self._songs = source, tuple(songs)
        named = [song for song in songs if song.act == act] if act else list(songs)
        self._fixed = bool(act) or len(songs) == 1
        self.song = named[0] if len(named) == 1 else None
        self.held_up = 0
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
        song = self.song
        if song is None:
            return []
        show_ns = song.starts_show_ns + song.time.media_ns(quarters)
        if not song.from_show_ns <= show_ns <= song.until_show_ns:
            return [PlaybackStopped(self.source, f"{song.place(quarters)} is no part of act {song.act}", stamp_ns)]
        rate = word_rate(song.rate)
        label = timecode_at_frame(rate.frames_at(show_ns), rate)
        return [Reading(self.source, label, rate.drop, stamp_ns, 0.0, 0)]

    def stop(self, stamp_ns: int, reason: str) -> list[Heard]:
        """Playback stopped where it is."""
        self.restart()
        return [PlaybackStopped(self.source, reason, stamp_ns)]

    def restart(self) -> None:
        """Playback is elsewhere, or the source was away: the next position begins a new line, at the speed it had."""
        self.arrivals.restart()
        self._last_ns: int | None = None
        self._exact: tuple[int, int] | None = None
        self._outside = False

    def show_at(self, quarters: Fraction) -> int | None:
        """Show time of a position; None without a song."""
        return None if self.song is None else self.song.starts_show_ns + self.song.time.media_ns(quarters)

    # --- motion ---

    def take(self, quarters: Sequence[Fraction], stamps_ns: Sequence[int]) -> list[Heard]:
        """Readings that positions complete whose stamps are never early and often late.

        Args:
            quarters: positions that belong together (a few clocks, one beat), rising; a step back begins a new line.
            stamps_ns: when each arrived, host ns.
        """
        song = self.song
        if song is None:
            return []
        places = [song.time.media_ns(position) for position in quarters]
        if self._last_ns is not None and not 0 < places[0] - self._last_ns <= _LONGEST_STEP_NS:
            self.restart()
        since_ns = places[0] - 1 if self._last_ns is None else self._last_ns
        self._last_ns = places[-1]
        passage = self.arrivals.feed(places, stamps_ns)
        if passage is None:
            self.held_up += 1
            return []
        return self._readings(song, since_ns, places[-1], passage)

    def take_exact(self, quarters: Fraction, host_ns: int, *, sigma_ns: float) -> list[Heard]:
        """Readings between the last position and this one, where host times are exact (Ableton Link).

        Args:
            quarters: where the song is; a step back, or one of more than 10 s, begins anew.
            host_ns: when it is there; later than the last one's.
            sigma_ns: one standard deviation of `host_ns`.
        """
        song = self.song
        if song is None:
            return []
        place_ns, before = song.time.media_ns(quarters), self._exact
        self._exact = place_ns, host_ns
        if before is None or not (0 < place_ns - before[0] <= _LONGEST_STEP_NS and host_ns > before[1]):
            return []
        speed, span_ns = (place_ns - before[0]) / (host_ns - before[1]), float(place_ns - before[0])
        passage = Passage(place_ns, host_ns, speed, sigma_ns, sigma_ns * speed**2 / span_ns, span_ns)
        return self._readings(song, before[0], place_ns, passage)

    # --- within ---

    def _begin_song(self) -> None:
        self.arrivals = EarliestArrivals(1.0 if self.song is None else self.song.speed)
        self.restart()

    def _readings(self, song: Song, since_ns: int, place_ns: int, passage: Passage) -> list[Heard]:
        """A reading for every second frame that begins after one moment of the media and not after another."""
        rate, start_ns = word_rate(song.rate), song.starts_show_ns
        first = rate.frames_at(start_ns + since_ns) + 1
        heard: list[Heard] = []
        for frame in range(first + first % _STRIDE_FRAMES, rate.frames_at(start_ns + place_ns) + 1, _STRIDE_FRAMES):
            show_ns = rate.show_ns(frame)
            due_ns = passage.host_at(show_ns - start_ns)
            if not song.from_show_ns <= show_ns <= song.until_show_ns:
                if not self._outside and show_ns > song.until_show_ns:
                    self._outside = True
                    heard.append(PlaybackStopped(self.source, f"it plays on past the end of act {song.act}", due_ns))
                continue
            heard.append(
                Reading(
                    source=self.source,
                    label=timecode_at_frame(frame, rate),
                    drop=rate.drop,
                    stamp_ns=due_ns,
                    frame_ns=rate.frame_ns / passage.speed,
                    direction=1,
                    noise_ns=passage.sigma_at(due_ns),
                )
            )
        return heard

    @property
    def _have(self) -> str:
        acts = ", ".join(f"{number} is {song.act}" for number, song in enumerate(self._songs))
        return f"send MIDI Song Select ({acts}), or name the act" if acts else "no act has beats"
