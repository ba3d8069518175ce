"""Lower hulls of arrivals: the lines that lie below all of them.

Coordinates are floats relative to an origin: `at`, show time in ns, and `rest`, host time less show time in ns, which
stays small and so keeps its digits for days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_Point = tuple[float, float]


class Slot:
    """Arrivals of a stretch of show time: their lower hull, and their sums.

    Args:
        first_ns, first_rest_ns: its first arrival, which is yet to be taken.
    """

    __slots__ = ("at_sum", "count", "first_ns", "first_rest_ns", "hull", "last_ns", "rest_sum")

    def __init__(self, first_ns: float, first_rest_ns: float) -> None:
        self.first_ns = self.last_ns = first_ns
        self.first_rest_ns = first_rest_ns
        self.hull: list[_Point] = []
        self.count = 0
        self.at_sum = 0.0
        self.rest_sum = 0.0

    def take(self, at_ns: float, rest_ns: float) -> None:
        """Add an arrival, not before the last one in show time."""
        self.last_ns = at_ns
        self.count += 1
        self.at_sum += at_ns - self.first_ns
        self.rest_sum += rest_ns
        hull = self.hull
        while len(hull) > 1 and _above(hull[-2], hull[-1], (at_ns, rest_ns)):
            hull.pop()
        hull.append((at_ns, rest_ns))

    def lowest(self, slope: float) -> float:
        """Where a line of this slope that touches the arrivals from below crosses the origin."""
        return min(rest_ns - slope * at_ns for at_ns, rest_ns in self.hull)


@dataclass(frozen=True, slots=True)
class Chord:
    """A line below all arrivals of the newest slots.

    Args:
        rest_ns, slope: the line: rest = rest_ns + slope · at.
        count, slots, span_ns: on how many arrivals and slots it rests, over how much show time.
        at_ns, late_ns: mean of the arrivals' places, and of their rests.
        mean_ns: how far the arrivals lie above it, mean.
        expected: its slope was not measured but expected.
    """

    rest_ns: float
    slope: float
    count: int
    slots: int
    span_ns: float
    at_ns: float
    late_ns: float
    mean_ns: float
    expected: bool = False

    def lateness_on(self, other: "Chord") -> float:
        """How far this chord's arrivals lie above another line, mean."""
        return self.late_ns - other.rest_ns - other.slope * self.at_ns

    def gap_ns(self, slots: Sequence[Slot]) -> float:
        """By how much the line may well lie too high: the gap under the lowest of its arrivals.

        The lowest arrivals' own gap, slot by slot, over the root of their number: right where the least delay is rare
        (a sum of two delays), and more than that where it is frequent.
        """
        lowest = sum(slot.lowest(self.slope) for slot in slots) / len(slots)
        return float((lowest - self.rest_ns) / len(slots) ** 0.5)

    def at_slope(self, slope: float, slots: Sequence[Slot]) -> "Chord":
        """The highest line of a given slope below the arrivals of `slots`, which are this chord's."""
        rest_ns = min(slot.lowest(slope) for slot in slots)
        return Chord(
            rest_ns, slope, self.count, self.slots, self.span_ns, self.at_ns, self.late_ns,
            self.late_ns - rest_ns - slope * self.at_ns, expected=True,
        )  # fmt: skip


class LowerHull:
    """The hull of ever more slots, taken from the newest to the oldest (Andrew's monotone chain, from the right)."""

    def __init__(self) -> None:
        self._chain: list[_Point] = []  # from right to left
        self._slots: list[Slot] = []
        self._count = 0
        self._at_sum = 0.0
        self._rest_sum = 0.0

    def take(self, slot: Slot) -> None:
        """Add the slot before those taken so far."""
        chain = self._chain
        for point in reversed(slot.hull):
            while len(chain) > 1 and _above(point, chain[-1], chain[-2]):
                chain.pop()
            chain.append(point)
        self._slots.append(slot)
        self._count += slot.count
        self._at_sum += slot.at_sum + slot.count * slot.first_ns
        self._rest_sum += slot.rest_sum

    def chord(self) -> Chord:
        """The hull's edge over the mean place of all arrivals."""
        chain, slots = self._chain, self._slots
        at_ns, late_ns = self._at_sum / self._count, self._rest_sum / self._count
        left = next((index for index, (at, _) in enumerate(chain) if at <= at_ns), len(chain) - 1)
        (at0, rest0), (at1, rest1) = chain[left], chain[max(left - 1, 0)]
        slope = (rest1 - rest0) / (at1 - at0) if at1 > at0 else 0.0
        rest_ns = rest0 - slope * at0
        return Chord(
            rest_ns, slope, self._count, len(slots), max(slots[0].last_ns - slots[-1].first_ns, 1.0), at_ns, late_ns,
            late_ns - rest_ns - slope * at_ns,
        )  # fmt: skip


def _above(left: _Point, middle: _Point, right: _Point) -> bool:
    """Whether `middle` lies on or above the line from `left` to `right`."""
    return (middle[0] - left[0]) * (right[1] - left[1]) <= (right[0] - left[0]) * (middle[1] - left[1])
