"""The chase's answer: what show time it is, how fast it passes, and for how long that may be believed.

Loaded by the motion process, so it stays free of everything heavy.
"""

from enum import IntEnum

from cuefocus.timebase.values import value


class ClockState(IntEnum):
    """States of the chase (the words an operator sees)."""

    NO_SIGNAL = 0
    LOCATING = 1
    CHECKING = 2
    LOCKED = 3
    FREEWHEELING = 4
    HOLDING = 5
    DISAGREE = 6

    @property
    def word(self) -> str:
        """As printed: `no_signal`, `locked`, …"""
        return self.name.lower()


@value
class Clock:
    """Show time as a line over host time.

    Args:
        host_ns, show_ns: one point on the line.
        speed: signed, show ns per host ns.
        state: what the chase makes of its source.
        uncertainty_ns: one standard deviation of `show_ns` at `host_ns`.
        good_until_ns: host time after which the act's loss policy applies.
        epoch: counts up at every believed jump; equal epochs are one continuous line.
    """

    host_ns: int
    show_ns: int
    speed: float
    state: ClockState
    uncertainty_ns: int
    good_until_ns: int
    epoch: int

    @property
    def running(self) -> bool:
        """Whether show time passes and may be followed."""
        return self.state in (ClockState.LOCKED, ClockState.FREEWHEELING, ClockState.CHECKING)

    def show_at(self, host_ns: int) -> int:
        """Show time at a host time, along the line."""
        return self.show_ns + round((host_ns - self.host_ns) * self.speed)

    def host_at(self, show_ns: int) -> int:
        """Host time at which the line shows `show_ns`; `speed` must not be 0."""
        return self.host_ns + round((show_ns - self.show_ns) / self.speed)


NO_CLOCK = Clock(0, 0, 0.0, ClockState.NO_SIGNAL, 0, 0, 0)
