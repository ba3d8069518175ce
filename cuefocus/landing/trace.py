"""A lens' path between position reports: where it was at a moment, and when it crossed a level.

Reports come every few tens of milliseconds while a pull decelerates, so a straight line between two of them would place
the crossing of a band edge milliseconds early. The path is therefore a monotone cubic: it follows the deceleration and
never invents an overshoot. Source: Fritsch & Carlson, SIAM J. Numer. Anal. 17(2), 1980, 238-246.
Where none came for longer, nothing is known of it but that it went from the one to the other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import sub

from cuefocus.landing.evidence import Sample
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.timebase.values import value

#: Motors are asked every 20 ms, and motion may stand still for 100 and make up for it (`engine/overslept.py`). Between
#: reports farther apart than both a pull may have bent twice, or waited.
UNSEEN_NS = 120 * NS_PER_MS
#: Reports nearer than this are of one place: a model comes to rest that exactly, a motor has no finer counts.
_SAME_RING = 1e-6
#: More steps of the false position than any path needs; a moment is met once it is known to this, ns.
_STEPS = 60
_MET_NS = 1e-3
#: Share of the sample spacing that no interpolation can vouch for.
_SPACING_DOUBT = 0.01
#: Standard deviation for steps of 1: the set-point's own rounding, and two thirds as much of the reports about it.
_ROUNDING = (5.0 / 36.0) ** 0.5
#: Reports before and after that say how fast a path goes that is so slow that its counts come one by one.
_ABOUT = 2


@value
class Crossing:
    """A moment at which the path met a level.

    Args:
        at_ns: when, fractional ns.
        speed_ring_per_s: how fast, always positive; 0 on a jump within one instant.
        spacing_ns: between the two reports around it.
        early_ns, late_ns: how much sooner or later a path through the same reports may have met it.
    """

    at_ns: float
    speed_ring_per_s: float
    spacing_ns: int
    early_ns: float
    late_ns: float

    @property
    def unseen(self) -> bool:
        """Whether it fell into a stretch without reports: it is as likely at any moment of that."""
        return self.spacing_ns > UNSEEN_NS

    @property
    def first_ns(self) -> float:
        """The earliest moment that it may have been."""
        return self.at_ns - self.early_ns

    @property
    def soonest_ns(self) -> float:
        """When it was; for one that nobody saw, the earliest moment that it may have been."""
        return self.first_ns if self.unseen else self.at_ns

    @property
    def last_ns(self) -> float:
        """The latest."""
        return self.at_ns + self.late_ns

    def uncertainty_ns(self, resolution_ring: float) -> float:
        """Standard deviation from the spacing of reports and their resolution, ns.

        The moment is as likely anywhere that a path through the reports may have it.
        """
        early_ns, late_ns = self.early_ns, self.late_ns
        open_ns = early_ns + late_ns
        square = (early_ns**3 + late_ns**3) / (3.0 * open_ns) if open_ns > 0.0 else 0.0
        square += (_SPACING_DOUBT * self.spacing_ns) ** 2
        if self.speed_ring_per_s > 0.0:
            rounding_ns = resolution_ring * _ROUNDING / self.speed_ring_per_s * 1e9
            square += min(rounding_ns, float(self.spacing_ns)) ** 2
        return float(square**0.5)


def unseen_crossing(start_ns: int, end_ns: int, speed_ring_per_s: float = 0.0) -> Crossing:
    """A level that was met some time between two moments."""
    half_ns = (end_ns - start_ns) / 2
    return Crossing(start_ns + half_ns, speed_ring_per_s, end_ns - start_ns, half_ns, half_ns)


class Path:
    """Reports in order of time (one per moment: the last), with a monotone cubic between them.

    `longest_ns` is the longest time between two of them.
    """

    __slots__ = ("_slopes", "longest_ns", "rings", "times_ns")

    def __init__(self, samples: Sequence[Sample]) -> None:
        latest = dict(sorted(samples, key=lambda sample: sample[0]))
        self.times_ns = list(latest)
        self.rings = list(latest.values())
        lengths_ns = [after - before for before, after in pairwise(self.times_ns)]
        self.longest_ns = max(lengths_ns, default=0)
        self._slopes = _monotone_slopes(lengths_ns, self.rings)

    def __len__(self) -> int:
        return len(self.times_ns)

    def index_at(self, host_ns: float) -> int:
        """Index of the last report at or before `host_ns`; -1 before the first."""
        return bisect_right(self.times_ns, host_ns) - 1

    def ring_at(self, host_ns: float) -> float | None:
        """Position at a moment; None outside what was reported, and on the way between reports far apart."""
        if not self.times_ns or not self.times_ns[0] <= host_ns <= self.times_ns[-1]:
            return None
        index = min(self.index_at(host_ns), len(self.times_ns) - 2)
        if index < 0:
            return self.rings[0]
        if self.unseen_after(index) and self.times_ns[index] < host_ns < self.times_ns[index + 1]:
            if abs(self.rings[index + 1] - self.rings[index]) > _SAME_RING:
                return None
        return self._within(index, host_ns)

    def unseen_after(self, index: int) -> bool:
        """Whether nothing is known of the path between report `index` and the next."""
        return self.times_ns[index + 1] - self.times_ns[index] > UNSEEN_NS

    def longest_gap_ns(self, from_ns: float, until_ns: float) -> int:
        """The longest time between two reports, of those between two moments."""
        times_ns = self.times_ns[bisect_left(self.times_ns, from_ns) : bisect_right(self.times_ns, until_ns)]
        return max(map(sub, times_ns[1:], times_ns), default=0)

    def crossing(self, index: int, level: float) -> Crossing:
        """When the path passed `level` between reports `index` and `index + 1`, which lie on either side, or on it.

        A report on the level may lie this side of it by what rounding leaves: then the path met it at that report.
        """
        start_ns, end_ns = self.times_ns[index], self.times_ns[index + 1]
        before, after = self.rings[index], self.rings[index + 1]
        spacing_ns = end_ns - start_ns
        if before == after:
            return Crossing(float(end_ns), 0.0, spacing_ns, 0.0, 0.0)
        if spacing_ns > UNSEEN_NS:
            return unseen_crossing(start_ns, end_ns, self._speed_about(index))
        level = max(min(before, after), min(max(before, after), level))
        at_ns = self._met(index, level)
        first_ns, last_ns = self._may_be(index, level)
        speed = self._speed_about(index)
        return Crossing(at_ns, speed, spacing_ns, max(0.0, at_ns - first_ns), max(0.0, last_ns - at_ns))

    def _met(self, index: int, level: float) -> float:
        """When the path met `level` between report `index` and the next, to a thousandth of a nanosecond.

        By false position with the Illinois step, which takes a quarter of the steps of halving: Dowell & Jarratt,
        BIT 11, 1971, 168-174. The path rises or falls all the way, so there is one such moment.
        """
        low_ns, high_ns = float(self.times_ns[index]), float(self.times_ns[index + 1])
        low, high = self.rings[index] - level, self.rings[index + 1] - level
        if low == 0.0 or high == 0.0:
            return low_ns if low == 0.0 else high_ns
        side = 0
        for _ in range(_STEPS):
            if high_ns - low_ns <= _MET_NS:
                break
            at_ns = high_ns - high * (high_ns - low_ns) / (high - low)
            if not low_ns < at_ns < high_ns:
                at_ns = 0.5 * (low_ns + high_ns)
            here = self._within(index, at_ns) - level
            if here == 0.0:
                return at_ns
            if (here > 0.0) == (high > 0.0):
                if abs(high_ns - at_ns) <= _MET_NS:
                    return at_ns
                high_ns, high = at_ns, here
                low = 0.5 * low if side > 0 else low
                side = 1
            else:
                if abs(at_ns - low_ns) <= _MET_NS:
                    return at_ns
                low_ns, low = at_ns, here
                high = 0.5 * high if side < 0 else high
                side = -1
        return high_ns

    def _speed_about(self, index: int) -> float:
        """How fast it went from report `index` to the next, ring/s; not faster than over a few reports about them.

        A slow path that is reported in whole counts stands still, and goes a count from one report to the next.
        """
        first, last = max(0, index - _ABOUT), min(len(self.rings) - 1, index + 1 + _ABOUT)
        here = abs(self.rings[index + 1] - self.rings[index]) / (self.times_ns[index + 1] - self.times_ns[index])
        about = abs(self.rings[last] - self.rings[first]) / (self.times_ns[last] - self.times_ns[first])
        return 1e9 * (min(here, about) or here)

    def _may_be(self, index: int, level: float) -> tuple[float, float]:
        """Between which moments the path may have passed `level` from report `index` to the next.

        A path that bends one way only lies between the straight line from one report to the next and those of its
        neighbours, drawn on until they meet: from the report before at its speed of before, to the report after at
        its speed of after (at once, or at last, where the lens stood still there). Of lines on one side of the straight
        one, the nearer bounds it.
        """
        start_ns, end_ns = self.times_ns[index], self.times_ns[index + 1]
        before, after = self.rings[index], self.rings[index + 1]
        chord = (after - before) / (end_ns - start_ns)
        straight_ns = min(float(end_ns), max(float(start_ns), start_ns + (level - before) / chord))
        neighbours_ns: list[float] = []
        if index > 0:
            speed = (before - self.rings[index - 1]) / (start_ns - self.times_ns[index - 1])
            neighbours_ns.append(start_ns + (level - before) / speed if speed * chord > 0.0 else end_ns)
        if index + 2 < len(self.times_ns):
            speed = (self.rings[index + 2] - after) / (self.times_ns[index + 2] - end_ns)
            neighbours_ns.append(end_ns + (level - after) / speed if speed * chord > 0.0 else start_ns)
        neighbours_ns = [min(float(end_ns), max(float(start_ns), at_ns)) for at_ns in neighbours_ns]
        first_ns = max((at_ns for at_ns in neighbours_ns if at_ns <= straight_ns), default=straight_ns)
        last_ns = min((at_ns for at_ns in neighbours_ns if at_ns >= straight_ns), default=straight_ns)
        return first_ns, last_ns

    def _within(self, index: int, host_ns: float) -> float:
        start_ns, length_ns = self.times_ns[index], self.times_ns[index + 1] - self.times_ns[index]
        u = (host_ns - start_ns) / length_ns
        before, after = self.rings[index], self.rings[index + 1]
        rise_before, rise_after = self._slopes[index] * length_ns, self._slopes[index + 1] * length_ns
        step = after - before
        return before + u * (
            rise_before + u * (3 * step - 2 * rise_before - rise_after + u * (rise_before + rise_after - 2 * step))
        )


def _monotone_slopes(lengths: list[int], rings: list[float]) -> list[float]:
    """Slope at each report, ring per ns: weighted harmonic mean of its neighbours, 0 at a turning point."""
    if not lengths:
        return [0.0] * len(rings)
    chords = [(after - before) / length for (before, after), length in zip(pairwise(rings), lengths, strict=True)]
    slopes = [chords[0]]
    for index in range(1, len(chords)):
        left, right = chords[index - 1], chords[index]
        if left * right <= 0.0:
            slopes.append(0.0)
            continue
        weight_left = 2 * lengths[index] + lengths[index - 1]
        weight_right = lengths[index] + 2 * lengths[index - 1]
        slopes.append((weight_left + weight_right) / (weight_left / left + weight_right / right))
    slopes.append(chords[-1])
    return slopes
