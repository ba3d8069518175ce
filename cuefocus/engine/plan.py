"""What the session tells the player: per axis a track over show time, a splice over host time, and what may be done.

Loaded by the motion process: plain Python only.
"""

from dataclasses import field
from enum import IntEnum, IntFlag

from cuefocus.motion.track import Track
from cuefocus.timebase.values import value

#: The epoch of a track that no clock may be followed along: it waits to be planned anew.
NO_EPOCH = (1 << 31) - 1


class OnLoss(IntEnum):
    """What an axis does once the clock is no longer good."""

    FINISH = 0
    HOLD = 1
    RUN = 2


class Latch(IntFlag):
    """Stops that hold until an operator clears them; words of shared memory that motion reads each tick."""

    NONE = 0
    HOLD = 1
    HAND = 2
    PANIC = 4
    RELEASE = 8

    @property
    def words(self) -> str:
        """Which are set, for a sentence: `HOLD and HAND`."""
        return " and ".join(str(one.name) for one in Latch if one and one in self)


DISARMING_STOPS = Latch.PANIC | Latch.RELEASE
"""Stops that end the take for every axis, whichever they are for."""


@value
class Splice:
    """Host-time motion laid over the track from `from_ns` to `until_ns`; afterwards the track holds again.

    Args:
        track: motion over host time (ns, CLOCK_MONOTONIC).
    """

    track: Track
    from_ns: int
    until_ns: int


@value
class AxisPlan:
    """Orders for one axis. A new plan replaces the old whole.

    Args:
        follow: armed and engaged: set-points may be sent.
        track: where the axis is at every show time (already patched for rejoin, triggers and skipped racks).
        splice: host-time motion over it, or None.
        on_loss: what to do when `clock.good_until_ns` has passed.
        depart_blocked_show_ns: nothing may depart at or after this show time (dropout), or None.
        attach: counts up whenever the session has planned anew from where the axis really is. A player that let go of
            its plan (stop, loss, fault, restart) follows again only under a higher count.
        epoch: the clock epoch the track is meant for; under another epoch only the splice is followed. NO_EPOCH while
            no clock runs.
    """

    follow: bool
    track: Track
    splice: Splice | None = None
    on_loss: OnLoss = OnLoss.FINISH
    depart_blocked_show_ns: int | None = None
    attach: int = 0
    epoch: int = 0


@value
class Plan:
    """All axes' orders by axis name, with a generation that counts up."""

    generation: int
    axes: dict[str, AxisPlan] = field(default_factory=dict)
