"""A falling curve through measured points that never turns between them: piecewise cubic, monotone. Plain Python.

Source: Fritsch & Carlson, SIAM J. Numer. Anal. 17(2), 1980, 238-246; weights of the slopes as in Fritsch & Butland,
SIAM J. Sci. Stat. Comput. 5(2), 1984, 300-304.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

_FLATTEST = 0.05  # share of the chord below which a slope counts as flat


class MonotoneCurve:
    """y(x) between the outermost points, and x(y). Points must have rising x and falling y, two at least."""

    __slots__ = ("_cubics", "_slopes", "xs", "ys")

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.xs, self.ys = list(xs), list(ys)
        self._slopes = _slopes(self.xs, self.ys)
        self._cubics: list[tuple[float, float, float, float]] = []
        for i in range(len(self.xs) - 1):
            width, gap = self.xs[i + 1] - self.xs[i], self.ys[i + 1] - self.ys[i]
            m0, m1 = self._slopes[i] * width, self._slopes[i + 1] * width
            self._cubics.append((self.ys[i], m0, 3 * gap - 2 * m0 - m1, m0 + m1 - 2 * gap))

    def y_at(self, x: float) -> float:
        """Value; that of the nearest end outside."""
        i = self._interval(x)
        t = min(1.0, max(0.0, (x - self.xs[i]) / (self.xs[i + 1] - self.xs[i])))
        c0, c1, c2, c3 = self._cubics[i]
        return c0 + t * (c1 + t * (c2 + t * c3))

    def slope_at(self, x: float) -> float:
        """dy/dx, always negative: where the curve lies flat at an end, the chord's."""
        i = self._interval(x)
        width = self.xs[i + 1] - self.xs[i]
        chord = (self.ys[i + 1] - self.ys[i]) / width
        t = min(1.0, max(0.0, (x - self.xs[i]) / width))
        _, c1, c2, c3 = self._cubics[i]
        slope = (c1 + t * (2 * c2 + 3 * t * c3)) / width
        return slope if slope < _FLATTEST * chord else chord

    def y_beyond(self, x: float) -> float:
        """Value, straight on past the outermost points."""
        if x < self.xs[0]:
            return self.ys[0] + (x - self.xs[0]) * self.slope_at(self.xs[0])
        if x > self.xs[-1]:
            return self.ys[-1] + (x - self.xs[-1]) * self.slope_at(self.xs[-1])
        return self.y_at(x)

    def x_beyond(self, y: float) -> float:
        """Where the value is `y`, straight on past the outermost points."""
        if y > self.ys[0]:
            return self.xs[0] + (y - self.ys[0]) / self.slope_at(self.xs[0])
        if y < self.ys[-1]:
            return self.xs[-1] + (y - self.ys[-1]) / self.slope_at(self.xs[-1])
        return self.x_at(y)

    def x_at(self, y: float) -> float:
        """Where the value is `y`; the nearest end outside."""
        wanted = min(self.ys[0], max(self.ys[-1], y))
        low, high = 0, len(self.ys) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.ys[middle] >= wanted:
                low = middle
            else:
                high = middle
        return self._solve(low, wanted)

    def _interval(self, x: float) -> int:
        return min(len(self.xs) - 2, max(0, bisect_right(self.xs, x) - 1))

    def _solve(self, i: int, wanted: float) -> float:
        """The x within an interval: Newton kept inside a bracket, so flat ends do no harm."""
        if wanted == self.ys[i + 1]:
            return self.xs[i + 1]
        c0, c1, c2, c3 = self._cubics[i]
        low, high = 0.0, 1.0
        t = (wanted - c0) / (self.ys[i + 1] - c0)
        for _ in range(60):
            error = c0 + t * (c1 + t * (c2 + t * c3)) - wanted
            if error > 0.0:
                low = t
            else:
                high = t
            slope = c1 + t * (2 * c2 + 3 * t * c3)
            after = t - error / slope if slope < 0.0 else 0.5 * (low + high)
            if not low <= after <= high:
                after = 0.5 * (low + high)
            if abs(after - t) < 1e-15:
                break
            t = after
        return self.xs[i] + t * (self.xs[i + 1] - self.xs[i])


def _slopes(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    """Slopes at the points that keep the cubic between them monotone."""
    widths = [right - left for left, right in pairwise(xs)]
    chords = [(right - left) / width for (left, right), width in zip(pairwise(ys), widths, strict=True)]
    if len(chords) == 1:
        return [chords[0], chords[0]]
    slopes = [_end_slope(widths[0], widths[1], chords[0], chords[1])]
    for (w0, w1), (c0, c1) in zip(pairwise(widths), pairwise(chords), strict=True):
        a, b = 2 * w1 + w0, w1 + 2 * w0
        slopes.append((a + b) / (a / c0 + b / c1))
    slopes.append(_end_slope(widths[-1], widths[-2], chords[-1], chords[-2]))
    return slopes


def _end_slope(width: float, next_width: float, chord: float, next_chord: float) -> float:
    """Three-point slope at an outermost point, held between 0 and three chords."""
    slope = ((2 * width + next_width) * chord - width * next_chord) / (width + next_width)
    if slope * chord <= 0.0:
        return 0.0
    return slope if abs(slope) <= 3 * abs(chord) else 3 * chord
