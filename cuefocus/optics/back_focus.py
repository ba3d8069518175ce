"""Back focus: a flange or mount that is off shifts the whole scale by a constant number of dioptres, to first order."""

from cuefocus.optics.lens_map import LensMap


def trimmed(lens_map: LensMap, trim_dioptres: float) -> LensMap:
    """The same map with a trim added to what it has; + = the lens must be set nearer than its scale says."""
    return LensMap(lens_map.marks, trim_dioptres=lens_map.trim_dioptres + trim_dioptres)


def trim_from_checks(checks: list[tuple[float, float]]) -> tuple[float, float]:
    """The trim that witness marks ask for after a re-mount.

    Args:
        checks: (what the map says, what was measured) in dioptres, at least one pair.

    Returns: the mean shift, and the farthest any check is from it (a shift that is not constant is no back focus).
    """
    shifts = [mapped - measured for mapped, measured in checks]
    mean = sum(shifts) / len(shifts)
    return mean, max(abs(shift - mean) for shift in shifts)
