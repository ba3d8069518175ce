"""What a rack aims at: a ring position and, for a start, the band round it. Focus by lens map, the rest by scale."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cuefocus.motion.racks import Band
from cuefocus.optics.lens_map import LensMap
from cuefocus.optics.scale_map import ScaleMap
from cuefocus.optics.sharp_band import Eye, SharpBand, sharp_band

_REMEMBERED = 8192  # a show goes between the same few marks again and again


class Aim(Protocol):
    """A target on one axis."""

    @property
    def ring(self) -> float:
        """Where the axis must stand, lens ring."""

    def band(self, start_ring: float) -> Band:
        """What counts as there, for a rack from `start_ring`."""


@dataclass(frozen=True, slots=True)
class FocusAim:
    """A subject distance through one lens map.

    Args:
        ring, dioptres: the target, as the map has it.
        count_ring: ring travel of one motor count.
    """

    lens_map: LensMap
    eye: Eye
    ring: float
    dioptres: float
    count_ring: float
    residual_backlash_ring: float

    def sharp_band(self, start_ring: float) -> SharpBand:
        """The band with what it makes doubtful."""
        return sharp_band(
            self.lens_map,
            self.eye,
            start_ring=start_ring,
            target_dioptres=self.dioptres,
            count_ring=self.count_ring,
            residual_backlash_ring=self.residual_backlash_ring,
        )

    def band(self, start_ring: float) -> Band:
        """What counts as there, for a rack from `start_ring`."""
        return _focus_band(self, start_ring)


@lru_cache(maxsize=_REMEMBERED)
def _focus_band(aim: FocusAim, start_ring: float) -> Band:
    sharp = aim.sharp_band(start_ring)
    return Band(
        sharp.target_ring,
        sharp.near_ring,
        sharp.far_ring,
        sharp.target_dioptres,
        sharp.near_dioptres,
        sharp.far_dioptres,
        sharp.blur_coc_per_dioptre,
    )


@dataclass(frozen=True, slots=True)
class ScaleAim:
    """A stop or a focal length: a fixed band in the scale's own values (stops, logarithm of the focal length).

    Its `Band` carries those values in place of dioptres, rising or falling as the scale does, and no blur.
    """

    scale: ScaleMap
    ring: float
    value: float
    half_band: float
    count_ring: float

    def band(self, start_ring: float) -> Band:
        """What counts as there; the start does not matter."""
        del start_ring
        one, other = (self.scale.ring_near(self.value + side * self.half_band) for side in (-1.0, 1.0))
        near = min(one, other, self.ring - 2 * self.count_ring)
        far = max(one, other, self.ring + 2 * self.count_ring)
        return Band(self.ring, near, far, self.value, self.scale.value_at(near), self.scale.value_at(far), 0.0)
