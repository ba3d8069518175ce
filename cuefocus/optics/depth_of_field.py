"""How much an error of focus blurs: depth of field, said in dioptres, is nearly the same at every distance.

Distances are from the film plane, as marks are; the difference to the entrance pupil is left out (it is below the noise
of a mark past ten focal lengths). Stops are T-stops: for the same number, T promises a little less depth than N has.
"""


def blur_coc_per_dioptre(focal_mm: float, stop: float, coc_mm: float) -> float:
    """Diameter of the blur in circles of confusion per dioptre of focus error: f²/(N·c), f and c in metres."""
    return (focal_mm * 1e-3) ** 2 / (stop * coc_mm * 1e-3)
