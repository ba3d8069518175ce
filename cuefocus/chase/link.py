"""Moments of an Ableton Link session to readings, by the tempo map of the act that is played."""

from collections.abc import Sequence
from fractions import Fraction

from cuefocus.chase.musical import Heard, MusicalReadings, Song
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.link import LinkMoment, link_moment

# Two clocks read one after the other: what lies between them, as one standard deviation.
_SIGMA_NS = 20_000.0
_GRAIN = 1 << 20  # parts of a quarter
# Beats that pass at another pace than the tempo says were mapped anew.
_PACE = 0.05
# A session may wait for its start; who waits in vain is told why.
_WAITS_NS = 30 * NS_PER_S
_WAITS = "waits for a start"
_NO_SYNC = (
    "the Link session has a tempo but does not play; if it does to the ear, its programs do not share it: "
    "turn on start and stop sync in each program, then stop and start"
)
_NO_START = (
    "Link shares beats and a tempo, but where the song is is not known: playback began before it was heard here; "
    "stop it and start it again, with start and stop sync on in each program"
)


class LinkInput:
    """Turns what our Link ears say into readings of an act.

    Args:
        source: the source's id in the rig.
        songs: the show's acts that have tempo maps, in its order.
        act: the one that is played; empty for the only one.
    """

    def __init__(self, source: str, songs: Sequence[Song], *, act: str = "") -> None:
        self.line = MusicalReadings(source, songs, act=act)
        self._source = source
        self._last: tuple[LinkMoment, int] | None = None
        self._complained = False
        self._plays, self._said_so = False, False
        self._stands_since_ns: int | None = None

    def feed(self, data: bytes, stamp_ns: int) -> list[Heard]:
        """Readings that a moment completes.

        Args:
            data: as `LinkMoment.packed` made it.
            stamp_ns: host time of that moment.

        Returns: readings at frame starts while the session plays; a word for its stop; a glitch where it plays but
            nobody knows where.
        """
        moment = link_moment(data)
        if moment is None:
            return [Glitch(self._source, "no moment of a Link session", stamp_ns)]
        before, self._last = self._last, (moment, stamp_ns)
        heard: list[Heard] = []
        if not moment.playing:
            self._complained = False
            stopped = self.line.stop(stamp_ns, "Link stopped") if before and before[0].playing else []
            return [*stopped, *self._waits(moment, stamp_ns)]
        self._plays = True
        if before is None or not before[0].playing:
            heard += self.line.begin(stamp_ns)
        if moment.quarters is None:
            heard += [] if self._complained else [Glitch(self._source, _NO_START, stamp_ns)]
            self._complained = True
            return heard
        if before is not None and not _in_pace(before[0], moment, stamp_ns - before[1]):
            self.line.restart()
        place = Fraction(round(moment.quarters * _GRAIN), _GRAIN)
        return heard + self.line.take_exact(place, stamp_ns, sigma_ns=_SIGMA_NS)

    def _waits(self, moment: LinkMoment, stamp_ns: int) -> list[Heard]:
        """Say once that a session of others has never played for long: Link without start and stop sync looks so."""
        if self._plays or not moment.peers:
            return []
        if self._stands_since_ns is None:
            self._stands_since_ns = stamp_ns
        if self._said_so or stamp_ns - self._stands_since_ns < _WAITS_NS:
            return []
        self._said_so = True
        return [Glitch(self._source, _NO_SYNC, stamp_ns)]

    def restart(self) -> None:
        """The session was away."""
        self.line.restart()
        self._plays, self._said_so, self._stands_since_ns = False, False, None
        self._last, self._complained = None, False

    def told(self) -> dict[str, object] | None:
        """Where the song is, for the operator; None while nothing is known of it."""
        if self._last is None:
            return None
        moment, song = self._last[0], self.line.song
        if moment.quarters is not None:
            return self.line.told(Fraction(moment.quarters), tempo=moment.bpm, running=moment.playing)
        if moment.playing or not moment.peers:
            return None
        act = "" if song is None else song.act
        return {"act": act, "bar": None, "beat": None, "tempo": round(moment.bpm, 1), "running": False, "waits": _WAITS}


def _in_pace(before: LinkMoment, moment: LinkMoment, apart_ns: int) -> bool:
    """Whether as many beats passed as the tempo lets expect."""
    if before.quarters is None or moment.quarters is None or apart_ns <= 0:
        return False
    expected = moment.bpm / 60 * apart_ns / NS_PER_S
    return abs(moment.quarters - before.quarters - expected) <= _PACE * expected
