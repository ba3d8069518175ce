"""Whether MIDI clocks that come when none is due are others than the count says: what was lost, doubled, or neither.

A clock that is lost makes all that follow late by a whole one, at once; a doubled one makes them early. What drifts
off is another tempo, and what is no further off than the channel often is says nothing. Clocks in doubt are held until
one of these fits; where none does nobody can say which clock they are.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cuefocus.chase.clock_gaps import some_are_missing
from cuefocus.chase.earliest import Passage
from cuefocus.chase.musical import Song
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.midi_clock import CLOCKS_PER_QUARTER

# Further off than this is in doubt: in clocks, and early in time, too, less than what begins a line anew.
_DOUBT, _EARLY_NS = 0.5, 8 * NS_PER_MS
# So many clocks, lasting so long, decide, and longer where others in doubt were not like them; without any decision for
# so long nobody knows.
_DECIDING, _DECIDING_NS, _DECIDING_AMONG_NS, _PATIENCE_NS = 5, 90 * NS_PER_MS, 200 * NS_PER_MS, 500 * NS_PER_MS
# Those before are looked back at for so long; for less they say too little.
_WINDOW_NS, _WINDOW_LEAST_NS = 10 * NS_PER_S, 2 * NS_PER_S
# A line of less may have been drawn through late arrivals, so much too late.
_YOUNG_EARLY_NS = 22 * NS_PER_MS
# In clocks: how near to a whole number of them all must be late (they may be late besides, hardly early), how alike
# the first and the last of them, and how late at most those before were for so long: what comes in blocks is late by
# whole clocks, too.
_EARLY, _LATE, _ALIKE, _USUAL = 0.15, 0.3, 0.3, 0.25
# In clocks: what keeps so near to a straight line from the last that was in no doubt has drifted off, not stepped.
_STRAIGHT = 0.4
# So much quicker or slower is another tempo; beyond it others came between. Wider where an act may be played so.
_PACES_EVEN, _PACES = (0.75, 1.34), (0.4, 1.6)
# Whether clocks are missing that the count passed over is seen by so many of the newest, or fewer.
_LOOK_FEWEST, _LOOK = 16, 48

Counted = tuple[int, int]
"""A clock: which of the song, in 24ths of a quarter, and its stamp."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the clocks.

    Args:
        taken: those that are known now.
        slip: so many were lost ahead of them (below 0: came twice); it is counted in.
        lost: nobody knows which they are, nor those that follow.
    """

    taken: Sequence[Counted] = ()
    slip: int = 0
    lost: bool = False


_HELD: Final = Judged()


@dataclass(frozen=True, slots=True)
class _Doubtful:
    clocks: int
    stamp_ns: int
    late: float  # in clocks, than the line has it


class ClockDoubts:
    """The clocks of one run of a song, judged as they come."""

    def __init__(self) -> None:
        self._doubtful: list[_Doubtful] = []
        self._recent: deque[Counted] = deque()  # show time, stamp
        self._settling = False  # the line is yet to follow what was judged to be right
        self._speed: float | None = None  # at which it was played before it drifted off

    def take(self, song: Song, passage: Passage | None, clocks: int, stamp_ns: int) -> Judged:
        """Judge the next clock.

        Args:
            song: what is played.
            passage: the line of those that were taken; None while there is none.
            clocks: which clock it is by the count, 24ths of a quarter; what was slipped before is in it.
            stamp_ns: when it came.
        """
        if passage is None:
            return self._known(song, [(clocks, stamp_ns)])
        clock_ns = _clock_ns(song, clocks) / passage.speed
        late = (stamp_ns - passage.host_at(_show_ns(song, clocks))) / clock_ns
        on_time = -min(_DOUBT, _EARLY_NS / clock_ns) < late < _DOUBT
        too_early = bool(self._doubtful) and self._doubtful[0].late < 0.0  # then one on time may just be late
        if self._settling or (on_time and not too_early):
            self._settling = self._settling and not on_time
            return self._known(song, [*self._release(), (clocks, stamp_ns)])
        self._doubtful.append(_Doubtful(clocks, stamp_ns, late))
        newest = _deciding(self._doubtful)
        return _HELD if newest is None else self._decide(song, passage, newest)

    def _known(self, song: Song, counted: Sequence[Counted]) -> Judged:
        """Keep clocks for the next doubt."""
        recent = self._recent
        recent.extend((_show_ns(song, clocks), stamp_ns) for clocks, stamp_ns in counted)
        while recent[-1][0] - recent[0][0] > _WINDOW_NS:
            recent.popleft()
        speed = song.speed if song.even or self._speed is None else self._speed
        if len(recent) >= _LOOK_FEWEST and some_are_missing(self._newest(), speed):
            return Judged(lost=True)
        return Judged(counted)

    def _newest(self) -> list[Counted]:
        recent = self._recent
        return [recent[at] for at in range(-min(len(recent), _LOOK), 0)]

    def _release(self) -> list[Counted]:
        released, self._doubtful = self._doubtful, []
        return [(one.clocks, one.stamp_ns) for one in released]

    def _as_counted(self, song: Song) -> Judged:
        self._settling = True
        return self._known(song, self._release())

    def _decide(self, song: Song, passage: Passage, newest: Sequence[_Doubtful]) -> Judged:
        """Say what became of clocks that have been off for a while, if that can be said yet."""
        if self._drifted(song, passage):
            doubted = [(_show_ns(song, one.clocks), one.stamp_ns) for one in self._doubtful]
            if some_are_missing([self._recent[-1], *doubted], passage.speed):
                return Judged(lost=True)
            self._speed = self._speed or passage.speed
            return self._as_counted(song)
        speed = song.speed if song.even else passage.speed
        clock_ns = _clock_ns(song, newest[0].clocks) / speed
        before = [_rest_ns(show_ns, at_ns, self._recent[0], speed) / clock_ns for show_ns, at_ns in self._recent]
        earliest = min(before[:-1], default=before[-1])  # the last may be one too many that came hardly early
        off = [
            _rest_ns(_show_ns(song, one.clocks), one.stamp_ns, self._recent[0], speed) / clock_ns - earliest
            for one in newest
        ]
        half, least = len(off) // 2, min(off)
        if abs(min(off[:half]) - min(off[half:])) >= _ALIKE:
            waited_ns = self._doubtful[-1].stamp_ns - self._doubtful[0].stamp_ns
            return _HELD if waited_ns < _PATIENCE_NS else Judged(lost=True)
        whole = round(least)
        near = -_EARLY <= least - whole <= _LATE
        usual = _usual(before, len(off)) - earliest
        if not whole or 0.0 <= least <= usual or self._too_young(before, near=near, early_ns=-least * clock_ns):
            return self._as_counted(song)
        if not (near and usual < _USUAL and self._span_ns >= _WINDOW_LEAST_NS):
            return Judged(lost=True)
        sure = len(off)
        while off[sure - 1] >= least + _DOUBT:
            sure -= 1  # another may be lost already: the last stay in doubt
        self._doubtful = [_Doubtful(one.clocks + whole, one.stamp_ns, one.late - whole) for one in newest[sure:]]
        known = self._known(song, [(one.clocks + whole, one.stamp_ns) for one in newest[:sure]])
        return known if known.lost else Judged(known.taken, slip=whole)

    def _drifted(self, song: Song, passage: Passage) -> bool:
        """Whether they went off little by little, as at another tempo."""
        doubtful, (show_ns, at_ns) = self._doubtful, self._recent[-1]
        first, last = doubtful[0], doubtful[-1]
        clock_ns = _clock_ns(song, first.clocks) / passage.speed
        took = (last.stamp_ns - first.stamp_ns) / clock_ns
        pace = (last.clocks - first.clocks) / max(took, 1e-9)
        slowest, quickest = _PACES_EVEN if song.even else _PACES
        if not slowest < pace < quickest or abs(first.late) > _DOUBT + 1.0 / pace:
            return False
        late = [(at_ns - passage.host_at(show_ns)) / clock_ns, *(one.late for one in doubtful)]
        return _crookedness(late) < _STRAIGHT

    def _too_young(self, before: Sequence[float], *, near: bool, early_ns: float) -> bool:
        """Whether it is the line that was off, drawn through so few: late ones by chance, or those of a block."""
        if self._span_ns >= _WINDOW_LEAST_NS or early_ns > _YOUNG_EARLY_NS:
            return False
        in_blocks = sorted(before)[3 * len(before) // 4] - min(before) >= _USUAL
        return in_blocks or (early_ns > 0.0 and not near)

    @property
    def _span_ns(self) -> int:
        """How much of the song those before cover."""
        return self._recent[-1][0] - self._recent[0][0]


def _usual(before: Sequence[float], count: int) -> float:
    """How late the earliest of so many has been, at most."""
    return max((min(before[at : at + count]) for at in range(0, len(before) - count + 1, count)), default=0.0)


def _deciding(doubtful: Sequence[_Doubtful]) -> Sequence[_Doubtful] | None:
    """The newest that are enough to decide by."""
    for at in range(len(doubtful) - _DECIDING, -1, -1):
        if doubtful[-1].stamp_ns - doubtful[at].stamp_ns >= (_DECIDING_AMONG_NS if at else _DECIDING_NS):
            return doubtful[at:]
    return None


def _crookedness(values: Sequence[float]) -> float:
    """How far apart values are at most, beside the straight line that suits them best."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    slope = sum((at - middle) * value for at, value in enumerate(values)) / spread
    beside = [value - mean - slope * (at - middle) for at, value in enumerate(values)]
    return max(beside) - min(beside)


def _rest_ns(show_ns: int, at_ns: int, origin: Counted, speed: float) -> float:
    return at_ns - origin[1] - (show_ns - origin[0]) / speed


def _show_ns(song: Song, clocks: int) -> int:
    return song.show_at(quarters(clocks))


def _clock_ns(song: Song, clocks: int) -> int:
    """How long a clock is there, show ns."""
    return _show_ns(song, clocks + 1) - _show_ns(song, clocks)


def quarters(clocks: int) -> Fraction:
    """A place in the song, of its 24ths."""
    return Fraction(clocks, CLOCKS_PER_QUARTER)
