"""What is sharp round a focused distance, and how blurred an error of focus is.

Distances are from the film plane, as marks are; the difference to the entrance pupil is left out (it is below the noise
of a mark past ten focal lengths). Stops are T-stops: for the same number, T promises a little less depth than N has.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Depth:
    """Nearest and farthest sharp distance, mm; `far_mm` is inf from the hyperfocal distance on."""

    near_mm: float
    far_mm: float


def hyperfocal_mm(focal_mm: float, stop: float, coc_mm: float) -> float:
    """Focus here and everything from half of it to ∞ is sharp."""
    return focal_mm * focal_mm / (stop * coc_mm) + focal_mm


def depth_of_field(distance_mm: float, focal_mm: float, stop: float, coc_mm: float) -> Depth:
    """Limits of acceptable sharpness for a lens focused at `distance_mm` (inf allowed)."""
    hyperfocal = hyperfocal_mm(focal_mm, stop, coc_mm)
    if math.isinf(distance_mm):
        return Depth(hyperfocal, math.inf)
    near = distance_mm * (hyperfocal - focal_mm) / (hyperfocal + distance_mm - 2 * focal_mm)
    if distance_mm >= hyperfocal:
        return Depth(near, math.inf)
    return Depth(near, distance_mm * (hyperfocal - focal_mm) / (hyperfocal - distance_mm))


def blur_coc_per_dioptre(focal_mm: float, stop: float, coc_mm: float) -> float:
    """Diameter of the blur in circles of confusion per dioptre of focus error: f²/(N·c), f and c in metres."""
    return (focal_mm * 1e-3) ** 2 / (stop * coc_mm * 1e-3)


def half_depth_dioptres(focal_mm: float, stop: float, coc_mm: float) -> float:
    """The error that blurs by one circle of confusion: nearly the same number of dioptres at every distance."""
    return 1.0 / blur_coc_per_dioptre(focal_mm, stop, coc_mm)
