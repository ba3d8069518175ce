"""The sharp band round a target: how near is near enough, in dioptres and on the ring (design §5).

|error| ≤ the smaller of the blur limit and 5 % of this rack's travel, but at least the largest of 1 % of the travel,
two motor counts and the residual backlash. Near and far edges are computed apart: a count is worth other dioptres each
way.
"""

from dataclasses import dataclass

from cuefocus.optics.depth_of_field import blur_coc_per_dioptre
from cuefocus.optics.lens_map import LensMap

SHARP_COC = 0.5
"""Blur that still counts as sharp, in circles of confusion."""
_SHARE_OF_TRAVEL = 0.05
_LEAST_SHARE_OF_TRAVEL = 0.01
_LEAST_COUNTS = 2
_LEAST_RING = 1e-7


@dataclass(frozen=True, slots=True)
class Eye:
    """What decides sharpness besides the lens map.

    Args:
        focal_mm, stop: of the lens as it will stand at the landing.
        coc_mm: circle of confusion.
        sharp_coc: share of it that still counts as sharp.
    """

    focal_mm: float
    stop: float
    coc_mm: float
    sharp_coc: float = SHARP_COC

    @property
    def blur_limit_dioptres(self) -> float:
        """The error that blurs by `sharp_coc` circles of confusion."""
        return self.sharp_coc / blur_coc_per_dioptre(self.focal_mm, self.stop, self.coc_mm)


@dataclass(frozen=True, slots=True)
class SharpBand:
    """Where a lens counts as sharp on its target.

    Args:
        near_ring, target_ring, far_ring: rising. An edge past the last mark lies on the curve's straight continuation.
        near_dioptres, target_dioptres, far_dioptres: falling; the far edge may lie past ∞ (below 0).
        blur_coc_per_dioptre: blur in circles of confusion per dioptre of error.
        too_coarse: two counts or the backlash alone exceed the blur limit.
        holds_start: the rack starts inside the band: there is nothing to pull.
    """

    target_ring: float
    near_ring: float
    far_ring: float
    target_dioptres: float
    near_dioptres: float
    far_dioptres: float
    blur_coc_per_dioptre: float
    too_coarse: bool
    holds_start: bool


def sharp_band(
    lens_map: LensMap,
    eye: Eye,
    *,
    start_ring: float,
    target_dioptres: float,
    count_ring: float,
    residual_backlash_ring: float,
) -> SharpBand:
    """The band of one rack that leaves from `start_ring`; `count_ring` is the ring travel of one motor count.

    Raises: PlanError if the target cannot be reached.
    """
    target_ring = lens_map.ring_at(target_dioptres)
    travel = abs(lens_map.dioptres_near(start_ring) - target_dioptres)
    blur_limit = eye.blur_limit_dioptres
    wanted = min(blur_limit, _SHARE_OF_TRAVEL * travel)
    step_ring = max(_LEAST_COUNTS * count_ring, residual_backlash_ring, _LEAST_RING)
    motor_near = lens_map.dioptres_near(target_ring - step_ring) - target_dioptres
    motor_far = target_dioptres - lens_map.dioptres_near(target_ring + step_ring)
    least = _LEAST_SHARE_OF_TRAVEL * travel
    near = target_dioptres + max(wanted, least, motor_near)
    far = target_dioptres - max(wanted, least, motor_far)
    near_ring = min(lens_map.ring_near(near), target_ring - _LEAST_RING)
    far_ring = max(lens_map.ring_near(far), target_ring + _LEAST_RING)
    return SharpBand(
        target_ring,
        near_ring,
        far_ring,
        target_dioptres,
        near,
        far,
        blur_coc_per_dioptre(eye.focal_mm, eye.stop, eye.coc_mm),
        too_coarse=max(motor_near, motor_far) > blur_limit,
        holds_start=near_ring <= start_ring <= far_ring,
    )
