"""Iris and zoom scales: stop or focal length ↔ ring, interpolated where equal steps look equal (stops, logarithm)."""

import math
from collections.abc import Sequence
from itertools import pairwise

from cuefocus.errors import PlanError, RigFileError
from cuefocus.optics.monotone import MonotoneCurve

IRIS_BAND_STOPS = 0.1
ZOOM_BAND = math.log(1.005)


def stops_of(t_number: float) -> float:
    """Aperture value: whole stops from T1."""
    return 2.0 * math.log2(t_number)


class ScaleMap:
    """Ring ↔ a value that runs one way along the ring, either way; never beyond the outermost marks.

    Args:
        points: (ring, value) in any order; two at least.

    Raises: RigFileError for points that cannot make a scale.
    """

    __slots__ = ("_curve", "_sign")

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        ordered = sorted(points)
        if len(ordered) < 2:
            raise RigFileError(f"a scale needs two marks at least, found {len(ordered)}", hint="measure both ends")
        self._sign = -1.0 if ordered[-1][1] > ordered[0][1] else 1.0
        values = [self._sign * value for _, value in ordered]
        rings = [ring for ring, _ in ordered]
        if not all(math.isfinite(number) for number in (*values, *rings)):
            raise RigFileError("a scale's mark is not a number", hint="measure that mark again")
        if any(b <= a for a, b in pairwise(rings)) or any(b >= a for a, b in pairwise(values)):
            raise RigFileError("the scale turns back: its marks must run one way along the ring")
        self._curve = MonotoneCurve(rings, values)

    def value_at(self, ring: float) -> float:
        """The value at a ring position, straight on past the outermost marks."""
        return self._sign * self._curve.y_beyond(ring)

    def ring_at(self, value: float) -> float:
        """Where the ring must stand. Raises: PlanError if the scale does not reach there."""
        wanted = self._sign * value
        if not self._curve.ys[-1] - 1e-9 <= wanted <= self._curve.ys[0] + 1e-9:
            raise PlanError("the scale does not reach there", hint="choose a value between its outermost marks")
        return self._curve.x_at(wanted)

    def ring_near(self, value: float) -> float:
        """As `ring_at`, straight on past the outermost marks."""
        return self._curve.x_beyond(self._sign * value)
