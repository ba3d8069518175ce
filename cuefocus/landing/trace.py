"""A lens' path between position reports: where it was at a moment, and when it crossed a level.

Reports come every few tens of milliseconds while a pull decelerates, so a straight line between two of them would place
the crossing of a band edge milliseconds early. The path is therefore a monotone cubic: it follows the deceleration and
never invents an overshoot. Source: Fritsch & Carlson, SIAM J. Numer. Anal. 17(2), 1980, 238-246.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cuefocus.landing.evidence import Sample

_HALVINGS = 40
#: Share of the sample spacing that even a well-shaped interpolation cannot vouch for.
_SPACING_DOUBT = 0.02


@dataclass(frozen=True, slots=True)
class Crossing:
    """A moment at which the path met a level.

    Args:
        at_ns: when, fractional ns.
        speed_ring_per_s: how fast, always positive; 0 on a jump within one instant.
        spacing_ns: between the two reports around it.
        bend_ns: how far a straight line would have placed it from here.
    """

    at_ns: float
    speed_ring_per_s: float
    spacing_ns: int
    bend_ns: float

    def uncertainty_ns(self, resolution_ring: float) -> float:
        """Standard deviation from the spacing of reports and their resolution, ns."""
        sampling_ns = 0.5 * self.bend_ns + _SPACING_DOUBT * self.spacing_ns
        rounding_ns = 0.0
        if self.speed_ring_per_s > 0.0:
            rounding_ns = resolution_ring / 12**0.5 / self.speed_ring_per_s * 1e9
        rounding_ns = min(rounding_ns, float(self.spacing_ns))
        return float((sampling_ns**2 + rounding_ns**2) ** 0.5)


class Path:
    """Reports in order of time (one per moment: the last), with a monotone cubic between them."""

    __slots__ = ("_slopes", "rings", "times_ns")

    def __init__(self, samples: Sequence[Sample]) -> None:
        latest = dict(sorted(samples, key=lambda sample: sample[0]))
        self.times_ns = list(latest)
        self.rings = list(latest.values())
        self._slopes = _monotone_slopes(self.times_ns, self.rings)

    def __len__(self) -> int:
        return len(self.times_ns)

    def index_at(self, host_ns: float) -> int:
        """Index of the last report at or before `host_ns`; -1 before the first."""
        return bisect_right(self.times_ns, host_ns) - 1

    def ring_at(self, host_ns: float) -> float | None:
        """Position at a moment; None outside what was reported."""
        if not self.times_ns or not self.times_ns[0] <= host_ns <= self.times_ns[-1]:
            return None
        index = min(self.index_at(host_ns), len(self.times_ns) - 2)
        return self.rings[0] if index < 0 else self._within(index, host_ns)

    def crossing(self, index: int, level: float) -> Crossing:
        """When the path passed `level` between reports `index` and `index + 1`, which must lie on either side."""
        start_ns, end_ns = self.times_ns[index], self.times_ns[index + 1]
        before, after = self.rings[index], self.rings[index + 1]
        spacing_ns = end_ns - start_ns
        if before == after:
            return Crossing(float(end_ns), 0.0, spacing_ns, 0.0)
        rising = after > before
        low_ns, high_ns = float(start_ns), float(end_ns)
        for _ in range(_HALVINGS):
            middle_ns = 0.5 * (low_ns + high_ns)
            if (self._within(index, middle_ns) < level) == rising:
                low_ns = middle_ns
            else:
                high_ns = middle_ns
        straight_ns = start_ns + spacing_ns * min(1.0, max(0.0, (level - before) / (after - before)))
        speed = abs(after - before) / spacing_ns * 1e9
        return Crossing(high_ns, speed, spacing_ns, abs(high_ns - straight_ns))

    def _within(self, index: int, host_ns: float) -> float:
        start_ns, length_ns = self.times_ns[index], self.times_ns[index + 1] - self.times_ns[index]
        u = (host_ns - start_ns) / length_ns
        before, after = self.rings[index], self.rings[index + 1]
        rise_before, rise_after = self._slopes[index] * length_ns, self._slopes[index + 1] * length_ns
        step = after - before
        return before + u * (
            rise_before + u * (3 * step - 2 * rise_before - rise_after + u * (rise_before + rise_after - 2 * step))
        )


def _monotone_slopes(times_ns: list[int], rings: list[float]) -> list[float]:
    """Slope at each report, ring per ns: weighted harmonic mean of its neighbours, 0 at a turning point."""
    if len(times_ns) < 2:
        return [0.0] * len(times_ns)
    lengths = [after - before for before, after in pairwise(times_ns)]
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
