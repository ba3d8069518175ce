"""Live sound out: one channel into a JACK port or a sound card, from a ring, and when each sample will be heard."""

from dataclasses import dataclass
from typing import Protocol

from cuefocus.timebase.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class Heard:
    """A moment in a device's life.

    Args:
        sample: its own count.
        host_ns: when that sample is at the converter.
    """

    sample: int
    host_ns: int

    def sample_at(self, host_ns: int, sample_rate: int) -> int:
        """The sample that is at the converter then."""
        return self.sample + round((host_ns - self.host_ns) * sample_rate / NS_PER_S)


class SoundOut(Protocol):
    """An open device. It plays silence until it is told where its ring begins."""

    name: str
    sample_rate: int
    losses: int

    def heard(self) -> Heard | None:
        """The newest moment that is known; None before the device has called."""

    def begin(self, sample: int) -> None:
        """Play place 0 of the ring as the device's `sample`."""

    def look(self) -> None:
        """Raises DeviceError when the device is gone."""

    def close(self) -> None:
        """Let go of it."""
