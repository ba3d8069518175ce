"""Distance ↔ ring of one lens on one motor: a monotone curve in dioptres through the measured marks.

In 1/distance a focus scale is almost a straight line (an ARRI 40 mm from 0.66 to 4.8 m: five marks give 29 mm of error,
interpolated in distance over 100 mm), so that is where it is interpolated. Ring 0 is close focus, ring 1 far; ∞ is
0 dioptres.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from cuefocus.errors import PlanError, RigFileError
from cuefocus.optics.monotone import MonotoneCurve

_SAME_RING = 1e-9
_EDGE_DIOPTRES = 1e-9  # a mark read back from its own distance may miss the end by this much


def distance_text(dioptres: float) -> str:
    """A distance for a person: `1.200 m`, `∞`."""
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

    __slots__ = ("_curve", "trim_dioptres")

    def __init__(self, marks: Sequence[tuple[float, float]], *, trim_dioptres: float = 0.0) -> None:
        if not all(math.isfinite(value) for mark in marks for value in mark) or not math.isfinite(trim_dioptres):
            raise RigFileError("a lens mark is not a number", hint="measure that mark again")
        ordered = sorted(marks)
        if len(ordered) < 2:
            raise RigFileError(f"a lens map needs two marks at least, found {len(ordered)}", hint="five are good")
        for (ring, dioptres), (next_ring, next_dioptres) in pairwise(ordered):
            if next_ring - ring < _SAME_RING or next_dioptres >= dioptres:
                raise RigFileError(
                    f"marks {distance_text(dioptres)} (ring {ring:.4f}) and {distance_text(next_dioptres)} "
                    f"(ring {next_ring:.4f}) turn back: nearer marks must lie further towards close focus",
                    hint="check the counts, and the motor's direction",
                )
        self._curve = MonotoneCurve([ring for ring, _ in ordered], [dioptres for _, dioptres in ordered])
        self.trim_dioptres = trim_dioptres

    @property
    def marks(self) -> list[tuple[float, float]]:
        """(ring, dioptres) as measured, without the trim, close focus first."""
        return list(zip(self._curve.xs, self._curve.ys, strict=True))

    @property
    def near_dioptres(self) -> float:
        """The nearest distance within reach."""
        return self._curve.ys[0] - self.trim_dioptres

    @property
    def far_dioptres(self) -> float:
        """The farthest distance within reach."""
        return self._curve.ys[-1] - self.trim_dioptres

    @property
    def near_ring(self) -> float:
        """Ring of the nearest mark."""
        return self._curve.xs[0]

    @property
    def far_ring(self) -> float:
        """Ring of the farthest mark."""
        return self._curve.xs[-1]

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
        if not self.near_ring - _SAME_RING <= ring <= self.far_ring + _SAME_RING:
            raise PlanError(
                f"ring {ring:.4f} lies outside the lens map ({self.near_ring:.4f} to {self.far_ring:.4f})",
                hint="add a mark there",
            )
        return self._curve.y_at(ring) - self.trim_dioptres

    def dioptres_near(self, ring: float) -> float:
        """As `dioptres_at`, but straight on past the outermost marks: for reading a motor that strayed there."""
        return self._curve.y_beyond(ring) - self.trim_dioptres

    def slope_at(self, ring: float) -> float:
        """Dioptres per ring, always negative."""
        return self._curve.slope_at(ring)

    def ring_at(self, dioptres: float) -> float:
        """Where the ring must stand for a distance.

        Raises: PlanError naming the reachable distances.
        """
        if not self.reaches(dioptres):
            raise PlanError(
                f"{distance_text(dioptres)} cannot be reached: the lens map runs from {self.reach_text}",
                hint="choose a distance in that range, or map the lens further",
            )
        return self._curve.x_at(dioptres + self.trim_dioptres)

    def ring_near(self, dioptres: float) -> float:
        """As `ring_at`, but straight on past the outermost marks: for edges of a band where no motor is sent."""
        return self._curve.x_beyond(dioptres + self.trim_dioptres)
