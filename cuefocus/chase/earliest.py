"""When a running source was where, from stamps that are never early and often late.

A message of timecode is due at a moment; what stamps it adds a delay: a wire, a polling interval, a scheduler, a
network. Delays have a least value and no greatest, so the earliest arrivals carry the time and the mean of all carries
nothing but the traffic. The line drawn here over (show time, stamp) lies below all arrivals: the lower hull's edge over
their mean show time, which is the likeliest line where delays beyond the least are exponential.

How far back the line looks is decided at each look: as far as no newer part of it fits its own line much better. So it
is long, and exact, while the speed is constant, and short while that changes. What stays in it is the least delay
itself: a constant, which calibration removes.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import hypot, log

from cuefocus.chase.hull import Chord, LowerHull, Slot
from cuefocus.timebase.units import NS_PER_MS

_SLOT_NS = 160 * NS_PER_MS
# Spans a line may rest on, in slots, each twice the last: 0.32 s to 20.5 s.
_SPANS = (2, 4, 8, 16, 32, 64, 128)
# A newer part fits its own line this much better (log of the likelihood ratio): the speed has changed.
_BREAK, _BREAK_GAPS = 25.0, 5.0
# Up to this many slots the expected speed is kept unless the arrivals speak against it this much.
_SHORT_SLOTS = 8
_CONTRADICTION = 6.0
# Fewer arrivals have no speed of their own.
_LEAST_COUNT = 8
# Host ns per show ns: what comes in one burst, or hardly at all, has no speed.
_FLATTEST, _STEEPEST = 0.02, 50.0
# So many slots at least for a line to speak against a longer one: a burst is over by then.
_LEAST_EVIDENCE = 4
# Stamps are no finer than this.
_GRAIN_NS = 10_000.0
# A group whose earliest arrival is later than this, and this many times what is usual, is held up.
_HELD_UP_NS, _HELD_UP_TIMES = NS_PER_MS, 8.0
# Held up for so long, but arriving at the pace of play: not the channel is late, the source is.
_LATE_NS = 180 * NS_PER_MS
_PACE = 0.75
# What comes quicker than this share of its time when nothing is known yet comes in a burst.
_BURST = 0.5
# Nothing is early: an arrival so far before its time means that the line belongs to the past.
_EARLY_NS = 10 * NS_PER_MS
# But a line that rests on less than this may have been drawn through late arrivals alone, as where stamps are taken
# once a block that is hardly longer than the messages are apart: then it is the line that is too late, by so much.
_YOUNG_NS, _EARLY_FOR_YOUNG_NS = 1_000 * NS_PER_MS, 25 * NS_PER_MS
# The usual lateness is learnt over about this many groups.
_USUAL_GROUPS = 32
_MODESTY = 1.5
_SPEED_MODESTY = 3.0
# Where the speed was not measured, it is expected to this.
_EXPECTED_SIGMA = 5e-4


@dataclass(frozen=True, slots=True)
class Passage:
    """A line: which show time passed when.

    Args:
        show_ns, host_ns: one point on it, the newest.
        speed: show ns per host ns, above 0.
        sigma_ns: one standard deviation of `host_ns`, beside the least delay.
        speed_sigma: one standard deviation of `speed`.
        span_ns: how much show time it rests on.
    """

    show_ns: int
    host_ns: int
    speed: float
    sigma_ns: float
    speed_sigma: float
    span_ns: float

    def host_at(self, show_ns: int) -> int:
        """Host time at which `show_ns` passed."""
        return self.host_ns + round((show_ns - self.show_ns) / self.speed)

    def show_at(self, host_ns: int) -> int:
        """Show time that passes at `host_ns`."""
        return self.show_ns + round((host_ns - self.host_ns) * self.speed)

    def sigma_at(self, host_ns: int) -> float:
        """One standard deviation of the moment a show time passes, near `host_ns`, ns."""
        return self.sigma_ns + abs(host_ns - self.host_ns) * self.speed_sigma / self.speed


class EarliestArrivals:
    """The line of one source on one channel.

    Show time is taken in the direction of play, so it always rises; in reverse the caller turns its sign.

    Args:
        expected_speed: what the speed is taken to be until measured.
    """

    def __init__(self, expected_speed: float = 1.0) -> None:
        self._expected = _Expected(1.0 / expected_speed - 1.0, _EXPECTED_SIGMA)
        self._usual_ns = 0.0
        self._groups = 0
        self.restarts = 0
        self.passage: Passage | None = None
        self._show0_ns: int | None = None
        self._host0_ns = 0
        self._slots: deque[Slot] = deque(maxlen=_SPANS[-1] + 1)
        self._late_since: tuple[int, int] | None = None

    def restart(self) -> None:
        """Forget where the source was (a locate, a jump, a stop); its speed and the channel's ways are kept."""
        self._begin()

    def feed(self, show_ns: Sequence[int], stamps_ns: Sequence[int]) -> Passage | None:
        """Take arrivals that belong together (a word's pieces, a packet), in order of show time.

        Returns: the line now. None while the channel holds everything up, or it is not clear yet whether it is the
            channel or the source that is late: then the last line still holds.
        """
        late_ns = self._lateness(show_ns, stamps_ns)
        if late_ns is not None and late_ns < -self._early_ns:
            self._begin()
            self.restarts += 1
            late_ns = None
        self._take(show_ns, stamps_ns)
        if late_ns is not None and self._held_up(late_ns, show_ns[0], stamps_ns[0], show_ns[-1], stamps_ns[-1]):
            return None
        if self.passage is None and self._in_a_burst(show_ns[-1], stamps_ns[-1]):
            return None
        self.passage = self._draw(show_ns[-1])
        return self.passage

    # --- what comes in ---

    @property
    def _early_ns(self) -> float:
        """How far before its time an arrival must come to say that the line is of the past."""
        young = self.passage is not None and self.passage.span_ns < _YOUNG_NS
        return _EARLY_FOR_YOUNG_NS if young else _EARLY_NS

    def _begin(self) -> None:
        self.passage = self._show0_ns = self._late_since = None
        self._slots.clear()

    def _take(self, show_ns: Sequence[int], stamps_ns: Sequence[int]) -> None:
        if self._show0_ns is None:
            self._show0_ns, self._host0_ns = show_ns[0], stamps_ns[0]
        for show, stamp in zip(show_ns, stamps_ns, strict=True):
            at_ns = float(show - self._show0_ns)
            rest_ns = (stamp - self._host0_ns) - at_ns
            if not self._slots or at_ns >= self._slots[-1].first_ns + _SLOT_NS:
                self._slots.append(Slot(at_ns, rest_ns))
            self._slots[-1].take(at_ns, rest_ns)

    def _lateness(self, show_ns: Sequence[int], stamps_ns: Sequence[int]) -> float | None:
        """How much later than the line the earliest of a group is; None without a line."""
        passage = self.passage
        if passage is None:
            return None
        return float(min(stamp - passage.host_at(show) for show, stamp in zip(show_ns, stamps_ns, strict=True)))

    def _held_up(self, late_ns: float, first_ns: int, first_stamp_ns: int, last_ns: int, last_stamp_ns: int) -> bool:
        """Whether a group tells nothing of the time; where the source itself is late, the line begins anew with it."""
        limit_ns = max(_HELD_UP_NS, _HELD_UP_TIMES * self._usual_ns)
        self._groups += 1
        share = 1.0 / min(self._groups + 1, _USUAL_GROUPS)
        self._usual_ns += share * (min(max(late_ns, 0.0), limit_ns) - self._usual_ns)
        if late_ns <= limit_ns:
            self._late_since = None
            return False
        if self._late_since is None:
            self._late_since = first_ns, first_stamp_ns
        since_ns, since_stamp_ns = self._late_since
        took_ns = last_stamp_ns - since_stamp_ns
        if last_ns - since_ns < _LATE_NS or took_ns < _PACE * (last_ns - since_ns) * (1.0 + self._expected.slope):
            return True
        self._forget_before(since_ns)
        self.restarts += 1
        self._late_since = None
        return False

    def _in_a_burst(self, show_ns: int, stamp_ns: int) -> bool:
        """Whether the newest arrivals came all at once: they were held up, and say only that it is later than that."""
        since = self._slots[-2] if len(self._slots) > 1 else self._slots[-1]
        passed_ns = float(show_ns - (self._show0_ns or 0)) - since.first_ns
        took_ns = float(stamp_ns - self._host0_ns) - since.first_ns - since.first_rest_ns
        return took_ns < _BURST * passed_ns * (1.0 + self._expected.slope)

    def _forget_before(self, show_ns: int) -> None:
        """Keep what arrived from `show_ns` on; a slot that holds both goes too, save it is the last."""
        from_ns = float(show_ns - (self._show0_ns or 0))
        while len(self._slots) > 1 and self._slots[0].first_ns < from_ns:
            self._slots.popleft()

    # --- the line ---

    def _draw(self, show_ns: int) -> Passage:
        """The longest line that no newer part of it contradicts."""
        now_ns = float(show_ns - (self._show0_ns or 0))
        best, *newer = self._chords()
        parts: list[tuple[Chord, float]] = []
        for chord in newer:
            if any(_worse(chord, part) > limit for part, limit in parts):
                break
            if chord.slots >= _LEAST_EVIDENCE and _plausible(chord):
                parts.append((chord, self._limit(chord)))
            best = chord
        doubt_ns = max((_doubt(best, part, limit, now_ns) for part, limit in parts), default=0.0)
        best, slope_sigma = self._with_speed(best)
        gap_ns = self._gap_ns(best)
        slope = 1.0 + best.slope
        guessed_ns = slope_sigma * best.span_ns / 2 if best.expected else 0.0
        return Passage(
            show_ns=show_ns,
            host_ns=self._host0_ns + round(now_ns + best.rest_ns + best.slope * now_ns),
            speed=1.0 / slope,
            sigma_ns=hypot(_MODESTY * (gap_ns + _GRAIN_NS), guessed_ns, doubt_ns),
            speed_sigma=slope_sigma / slope**2,
            span_ns=best.span_ns,
        )

    def _chords(self) -> Iterator[Chord]:
        """Lines over the newest slots, ever more of them."""
        hull = LowerHull()
        whole = len(self._slots)
        for taken, slot in enumerate(reversed(self._slots), start=1):
            hull.take(slot)
            if taken in _SPANS or (taken == whole and taken < _SPANS[-1]):
                yield hull.chord()

    def _newest(self, slots: int) -> list[Slot]:
        return list(islice(reversed(self._slots), slots))

    def _gap_ns(self, chord: Chord) -> float:
        """By how much a line may well lie too high; so few arrivals that they may all be late say little of that."""
        gap_ns = chord.gap_ns(self._newest(chord.slots))
        return (
            gap_ns if chord.slots > _SHORT_SLOTS else max(gap_ns, self._usual_ns / 2, chord.mean_ns / chord.count**0.5)
        )

    def _limit(self, part: Chord) -> float:
        """How much better its own line may suit a part by chance: the more, the rarer the least delay is."""
        gap_ns = part.gap_ns(self._newest(part.slots))
        return _BREAK + _BREAK_GAPS * part.count * gap_ns / (part.mean_ns + _GRAIN_NS)

    def _with_speed(self, chord: Chord) -> tuple[Chord, float]:
        """The line at the speed known from more arrivals, unless these speak against it; and the speed's spread."""
        kept = chord.at_slope(self._expected.slope, self._newest(chord.slots))
        known_better = chord.slots < _SPANS[-1] and chord.slots <= max(self._expected.slots, _SHORT_SLOTS)
        against = (chord.count - 2) * log(_ratio(kept.mean_ns, chord.mean_ns))
        if not _plausible(chord) or chord.count < _LEAST_COUNT or (known_better and against <= _CONTRADICTION):
            return kept, self._expected.sigma
        sigma = _SPEED_MODESTY * (self._gap_ns(chord) + _GRAIN_NS) / chord.span_ns
        self._expected = _Expected(chord.slope, sigma, chord.slots)
        return chord, sigma


@dataclass(frozen=True, slots=True)
class _Expected:
    """A speed to expect: host ns per show ns less 1, its spread, and on how many slots it rests (0: it was told)."""

    slope: float
    sigma: float
    slots: int = 0


def _plausible(chord: Chord) -> bool:
    return _FLATTEST < 1.0 + chord.slope < _STEEPEST


def _worse(chord: Chord, part: Chord) -> float:
    """How much less likely the newer part is on the longer line than on its own, as a logarithm."""
    return part.count * log(_ratio(part.lateness_on(chord), part.mean_ns))


def _doubt(chord: Chord, part: Chord, limit: float, now_ns: float) -> float:
    """How far off a line may be now that a newer part speaks against, though not enough to break it."""
    apart_ns = part.rest_ns - chord.rest_ns + (part.slope - chord.slope) * now_ns
    return abs(apart_ns) * min(_worse(chord, part) / limit, 1.0)


def _ratio(longer_ns: float, own_ns: float) -> float:
    return (max(longer_ns, own_ns) + _GRAIN_NS) / (own_ns + _GRAIN_NS)
