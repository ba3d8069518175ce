"""Ableton Live's stamped OSC answers to readings, by the tempo map of the act that it plays.

Live says where its song is when its screen is drawn, about every 60 to 100 ms: never early, often late. A beat is said
some time after it began, so it counts only where nothing finer is said.
"""

from collections.abc import Sequence
from fractions import Fraction

from cuefocus.chase.musical import Heard, MusicalReadings, Song
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ableton import AbletonDecoder, SongPlace, SongPlays, SongTempo

# So long after the last finer place beats count.
_ALONE_NS = NS_PER_S


class AbletonInput:
    """Turns AbletonOSC's datagrams into readings of an act.

    Args:
        source: the source's id in the rig.
        songs: the show's acts that have tempo maps, in its order.
        act: the one that Live plays; empty for the only one.

    `tempo_bpm` is what Live says its tempo is; None before it has.
    """

    def __init__(self, source: str, songs: Sequence[Song], *, act: str = "") -> None:
        self.decoder = AbletonDecoder(source)
        self.line = MusicalReadings(source, songs, act=act)
        self.tempo_bpm: float | None = None
        self._playing: bool | None = None
        self._place: Fraction | None = None
        self._fine_ns: int | None = None

    def feed(self, datagram: bytes, stamp_ns: int) -> list[Heard]:
        """Readings that a datagram completes.

        Args:
            datagram: its payload.
            stamp_ns: host time at which it arrived.

        Returns: readings at frame starts while it plays; one of direction 0 where it is moved standing still; a word
            for a stop; glitches for what cannot be read.
        """
        heard: list[Heard] = []
        for found in self.decoder.feed(datagram, stamp_ns):
            if isinstance(found, SongPlace):
                heard += self._moved(found)
            elif isinstance(found, SongPlays):
                heard += self._turned(found)
            elif isinstance(found, SongTempo):
                self.tempo_bpm = found.bpm
            else:
                heard.append(found)
        return heard

    def restart(self) -> None:
        """The network was away."""
        self.line.restart()
        self.tempo_bpm = self._playing = self._place = self._fine_ns = None

    def told(self) -> dict[str, object] | None:
        """Where the song is, for the operator; None while nothing is known of it."""
        place, running = self._place, self._playing is not False
        return None if place is None else self.line.told(place, tempo=self.tempo_bpm, running=running)

    def _turned(self, found: SongPlays) -> list[Heard]:
        if found.playing is self._playing:
            return []
        self._playing, self._place = found.playing, None
        if not found.playing:
            return self.line.stop(found.stamp_ns, "Live stopped")
        self.line.restart()
        return self.line.begin(found.stamp_ns)

    def _moved(self, found: SongPlace) -> list[Heard]:
        if not found.whole:
            self._fine_ns = found.stamp_ns
        elif self._fine_ns is not None and found.stamp_ns - self._fine_ns < _ALONE_NS:
            return []
        if found.quarters == self._place:
            return []
        self._place = found.quarters
        if self._playing is False:
            return self.line.locate(found.quarters, found.stamp_ns)
        return self.line.take([found.quarters], [found.stamp_ns])
