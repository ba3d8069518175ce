"""The speeds an act declares, and what a measured one is among them."""

from dataclasses import dataclass
from fractions import Fraction

# A declared speed is kept to ±0.2 % (design §4).
SPEED_TOLERANCE = 0.002


@dataclass(frozen=True, slots=True)
class Speeds:
    """What an act may be played at: exact speeds, or a range.

    Args:
        exact: declared speeds, e.g. 1, 1/2, 25/24, 1000/1001; empty for a range.
        low, high: the range, only without `exact`.
    """

    exact: tuple[Fraction, ...] = (Fraction(1),)
    low: float = 0.0
    high: float = 0.0

    @property
    def slowest(self) -> float:
        """The lowest declared speed."""
        return float(min(self.exact)) if self.exact else self.low

    @property
    def fastest(self) -> float:
        """The highest declared speed; feasibility uses it."""
        return float(max(self.exact)) if self.exact else self.high

    @property
    def words(self) -> str:
        """As an operator reads it: `1×`, `1/2× or 2×`, `0.9…1.1×`."""
        if self.exact:
            return " or ".join(f"{speed}×" for speed in self.exact)
        return f"{self.low:g}…{self.high:g}×"

    def nearest(self, speed: float) -> float:
        """The declared speed closest to a measured one."""
        if self.exact:
            return float(min(self.exact, key=lambda declared: abs(speed - float(declared))))
        return min(max(speed, self.low), self.high)

    def excess(self, speed: float) -> float:
        """How far outside the declaration a speed lies, relative to the nearest; 0 inside."""
        nearest = self.nearest(speed)
        return max(abs(speed / nearest - 1.0) - SPEED_TOLERANCE, 0.0)


def speeds_between(low: float, high: float) -> Speeds:
    """The range declared as `low..high`."""
    return Speeds((), low, high)
