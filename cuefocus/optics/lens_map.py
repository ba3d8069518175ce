"""Distance ↔ ring of one lens on one motor: a monotone curve in dioptres through the measured marks.

In 1/distance a focus scale is almost a straight line (an ARRI 40 mm: five marks give 12 mm of error at 2.5 m; the same five
interpolated in distance give 109 mm), so that is where it is interpolated. Ring 0 is close focus, ring 1 far; ∞ is 0 dioptres.
Plain Python. Source: Fritsch & Carlson, SIAM J. Numer. Anal. 17(2), 1980, 238-246; end slopes and weights as in Fritsch &
Butland, SIAM J. Sci. Stat. Comput. 5(2), 1984, 300-304.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence

from cuefocus.errors import PlanError, RigFileError

_SAME_RING = 1e-9
_EDGE_DIOPTRES = 1e-9  # a mark read back from its own distance may miss the end by this much


def distance_text(dioptres: float) -> str:
    """A distance for a person: `1.20 m`, `∞`."""
    if dioptres <= 1e-9:
        return "∞" if dioptres > -1e-9 else "beyond ∞"
    metres = 1.0 / dioptres
    return f"{metres:.3f} m" if metres < 10 else f"{metres:.1f} m"


class LensMap:
    """Ring ↔ dioptres between the outermost marks; never beyond them.

    Args:
        marks: (ring, dioptres) pairs in any order; dioptres must fall as the ring rises.
        trim_dioptres: constant shift, + = the lens must be set nearer than its scale says.

    Raises: RigFileError for fewer than two marks, values that are no numbers, or marks that turn back.
    """

    __slots__ = ("_dioptres", "_rings", "_slopes", "trim_dioptres")

    def __init__(self, marks: Sequence[tuple[float, float]], *, trim_dioptres: float = 0.0) -> None:
        if not all(math.isfinite(value) for mark in marks for value in mark) or not math.isfinite(trim_dioptres):
            raise RigFileError("a lens mark is not a number", hint="measure that mark again")
        ordered = sorted(marks)
        if len(ordered) < 2:
            raise RigFileError(f"a lens map needs two marks at least, found {len(ordered)}", hint="five are good")
        for (ring, dioptres), (next_ring, next_dioptres) in zip(ordered, ordered[1:], strict=False):
            if next_ring - ring < _SAME_RING or next_dioptres >= dioptres:
                raise RigFileError(
                    f"marks {distance_text(dioptres)} (ring {ring:.4f}) and {distance_text(next_dioptres)} "
                    f"(ring {next_ring:.4f}) turn back: nearer marks must lie further towards close focus",
                    hint="check the counts, and the motor's direction",
                )
        self._rings = [ring for ring, _ in ordered]
        self._dioptres = [dioptres for _, dioptres in ordered]
        self._slopes = _monotone_slopes(self._rings, self._dioptres)
        self.trim_dioptres = trim_dioptres

    @property
    def marks(self) -> list[tuple[float, float]]:
        """(ring, dioptres) as measured, untrimmed, close focus first."""
        return list(zip(self._rings, self._dioptres, strict=True))

    @property
    def near_dioptres(self) -> float:
        """The nearest distance within reach."""
        return self._dioptres[0] - self.trim_dioptres

    @property
    def far_dioptres(self) -> float:
        """The farthest distance within reach."""
        return self._dioptres[-1] - self.trim_dioptres

    @property
    def near_ring(self) -> float:
        """Ring of the nearest mark."""
        return self._rings[0]

    @property
    def far_ring(self) -> float:
        """Ring of the farthest mark."""
        return self._rings[-1]

    @property
    def reach_text(self) -> str:
        """What can be reached, for a sentence."""
        return f"{distance_text(self.near_dioptres)} to {distance_text(self.far_dioptres)}"

    def reaches(self, dioptres: float) -> bool:
        """Whether a distance lies between the outermost marks."""
        return self.far_dioptres - _EDGE_DIOPTRES <= dioptres <= self.near_dioptres + _EDGE_DIOPTRES

    def dioptres_at(self, ring: float) -> float:
        """What the lens is focused on.

        Raises: PlanError naming the reachable ring range.
        """
        if not self._rings[0] - _SAME_RING <= ring <= self._rings[-1] + _SAME_RING:
            raise PlanError(
                f"ring {ring:.4f} lies outside the lens map ({self._rings[0]:.4f} to {self._rings[-1]:.4f})",
                hint="add a mark there",
            )
        return self._value(ring) - self.trim_dioptres

    def dioptres_near(self, ring: float) -> float:
        """As `dioptres_at`, but straight on past the outermost marks: for reading a motor that strayed there."""
        if ring < self._rings[0]:
            return self.near_dioptres + (ring - self._rings[0]) * self.slope_at(self._rings[0])
        if ring > self._rings[-1]:
            return self.far_dioptres + (ring - self._rings[-1]) * self.slope_at(self._rings[-1])
        return self._value(ring) - self.trim_dioptres

    def slope_at(self, ring: float) -> float:
        """Dioptres per ring, never positive; of the nearest interval's chord where the curve is flat at an end."""
        index = self._interval(ring)
        width = self._rings[index + 1] - self._rings[index]
        chord = (self._dioptres[index + 1] - self._dioptres[index]) / width
        t = min(1.0, max(0.0, (ring - self._rings[index]) / width))
        m0, m1 = self._slopes[index], self._slopes[index + 1]
        slope = 6 * t * (1 - t) * chord + (1 - t) * (1 - 3 * t) * m0 + t * (3 * t - 2) * m1
        return slope if slope < 0.05 * chord else chord

    def ring_at(self, dioptres: float) -> float:
        """Where the ring must stand for a distance.

        Raises: PlanError naming the reachable distances.
        """
        if not self.reaches(dioptres):
            raise PlanError(
                f"{distance_text(dioptres)} cannot be reached, the lens map runs from {self.reach_text}",
                hint="choose a distance in that range, or map the lens further",
            )
        wanted = min(self._dioptres[0], max(self._dioptres[-1], dioptres + self.trim_dioptres))
        low, high = 0, len(self._dioptres) - 1
        while high - low > 1:  # dioptres fall along the list
            middle = (low + high) // 2
            if self._dioptres[middle] >= wanted:
                low = middle
            else:
                high = middle
        return self._solve(low, wanted)

    def ring_near(self, dioptres: float) -> float:
        """As `ring_at`, but straight on past the outermost marks: for edges of a band where no motor is sent."""
        if dioptres > self.near_dioptres:
            return self._rings[0] + (dioptres - self.near_dioptres) / self.slope_at(self._rings[0])
        if dioptres < self.far_dioptres:
            return self._rings[-1] + (dioptres - self.far_dioptres) / self.slope_at(self._rings[-1])
        return self.ring_at(dioptres)

    def _interval(self, ring: float) -> int:
        return min(len(self._rings) - 2, max(0, bisect_right(self._rings, ring) - 1))

    def _value(self, ring: float) -> float:
        index = self._interval(ring)
        x0, x1 = self._rings[index], self._rings[index + 1]
        t = min(1.0, max(0.0, (ring - x0) / (x1 - x0)))
        return self._hermite(index, t)

    def _hermite(self, index: int, t: float) -> float:
        width = self._rings[index + 1] - self._rings[index]
        y0, y1 = self._dioptres[index], self._dioptres[index + 1]
        m0, m1 = self._slopes[index] * width, self._slopes[index + 1] * width
        gap = y1 - y0
        return y0 + t * (m0 + t * (3 * gap - 2 * m0 - m1 + t * (m0 + m1 - 2 * gap)))

    def _solve(self, index: int, wanted: float) -> float:
        """Ring within an interval: Newton kept inside a bracket, so flat ends do no harm."""
        low, high = 0.0, 1.0
        y0, y1 = self._dioptres[index], self._dioptres[index + 1]
        width = self._rings[index + 1] - self._rings[index]
        m0, m1 = self._slopes[index] * width, self._slopes[index + 1] * width
        gap = y1 - y0
        square, cube = 3 * gap - 2 * m0 - m1, m0 + m1 - 2 * gap
        t = (wanted - y0) / gap
        for _ in range(60):
            error = y0 + t * (m0 + t * (square + t * cube)) - wanted
            if error > 0.0:
                low = t
            else:
                high = t
            slope = m0 + t * (2 * square + 3 * t * cube)
            after = t - error / slope if slope < 0.0 else 0.5 * (low + high)
            if not low <= after <= high:
                after = 0.5 * (low + high)
            if abs(after - t) < 1e-15:
                break
            t = after
        return self._rings[index] + t * width


def _monotone_slopes(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    """Slopes at the marks that keep the cubic between them monotone."""
    widths = [right - left for left, right in zip(xs, xs[1:], strict=False)]
    chords = [(right - left) / w for left, right, w in zip(ys, ys[1:], widths, strict=False)]
    if len(chords) == 1:
        return [chords[0], chords[0]]
    slopes = [_end_slope(widths[0], widths[1], chords[0], chords[1])]
    for w0, w1, c0, c1 in zip(widths, widths[1:], chords, chords[1:], strict=False):
        a, b = 2 * w1 + w0, w1 + 2 * w0
        slopes.append((a + b) / (a / c0 + b / c1))
    slopes.append(_end_slope(widths[-1], widths[-2], chords[-1], chords[-2]))
    return slopes


def _end_slope(width: float, next_width: float, chord: float, next_chord: float) -> float:
    """Three-point slope at an outermost mark, held between 0 and three chords."""
    slope = ((2 * width + next_width) * chord - width * next_chord) / (width + next_width)
    if slope * chord <= 0.0:
        return 0.0
    return slope if abs(slope) <= 3 * abs(chord) else 3 * chord
