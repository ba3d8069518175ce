"""From motor to lens: the play between them, as a play operator.

The lens ring stays where it is until the motor has taken up the play, then follows at half the play's width behind:
motor = lens + play/2 after moving to the far side, motor = lens − play/2 after moving to the near side.
"""

from collections.abc import Iterable

from cuefocus.landing.evidence import Sample


class Play:
    """The play of one axis.

    Args:
        backlash_ring: its whole width.
        lens_ring: where the lens stands, if known; else in the middle of the play round the first motor position.
    """

    def __init__(self, backlash_ring: float, lens_ring: float | None = None) -> None:
        self._half_ring = backlash_ring / 2
        self.lens_ring = lens_ring

    def drag(self, motor_ring: float) -> float:
        """Where the lens is once the motor has gone to `motor_ring`, without turning on the way."""
        low, high = motor_ring - self._half_ring, motor_ring + self._half_ring
        lens = motor_ring if self.lens_ring is None else self.lens_ring
        self.lens_ring = min(high, max(low, lens))
        return self.lens_ring


def lens_samples(
    motor_samples: Iterable[Sample], backlash_ring: float, *, lens_ring: float | None = None
) -> list[Sample]:
    """Lens positions for motor positions in order of time."""
    play = Play(backlash_ring, lens_ring)
    return [(at_ns, play.drag(ring)) for at_ns, ring in motor_samples]
