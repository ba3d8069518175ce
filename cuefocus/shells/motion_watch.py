"""Does the motor follow? Its reports against what it was sent, with room for what is not known of its delays."""

from collections import deque
from typing import Final

from cuefocus.motor.axis import AxisSpec
from cuefocus.timebase.units import NS_PER_MS

WINDOW_RING: Final = 0.05
"""How far a report may lie outside everything the motor could have been told to be at."""
PATIENCE_NS: Final = 300 * NS_PER_MS
"""For how long it may (CiA 402 has the same pair: following error window and time-out, 0x6065 and 0x6066)."""
_UNSURE_NS: Final = 150 * NS_PER_MS
_EVERY_NS: Final = 10 * NS_PER_MS
_KEPT: Final = 128


class FollowingWatch:
    """Watches one axis for a jammed motor, a slipped gear, or a report that cannot be true."""

    def __init__(self, spec: AxisSpec) -> None:
        self._delay_ns = spec.dead_ns + spec.lag_ns + spec.readback_ns
        self._sent: deque[tuple[int, float]] = deque(maxlen=_KEPT)
        self._last: tuple[int, float] | None = None
        self._outside_ns: int | None = None

    def begin(self) -> None:
        """Forget: the axis starts anew from where it is."""
        self._sent.clear()
        self._last = self._outside_ns = None

    def sent(self, ring: float, stamp_ns: int) -> None:
        """A set-point went out."""
        self._last = stamp_ns, ring
        if not self._sent or stamp_ns - self._sent[-1][0] >= _EVERY_NS:
            self._sent.append(self._last)

    def reported(self, ring: float, stamp_ns: int) -> str:
        """Take a report; what is wrong, once it has been wrong for long enough, or empty."""
        if self._last is None:
            return ""
        low, high = self._possible(stamp_ns - self._delay_ns)
        if low - WINDOW_RING <= ring <= high + WINDOW_RING:
            self._outside_ns = None
            return ""
        if self._outside_ns is None:
            self._outside_ns = stamp_ns
        if stamp_ns - self._outside_ns < PATIENCE_NS:
            return ""
        nearest = low if ring < low else high
        return f"the motor does not follow: sent {nearest:.3f}, reads {ring:.3f} of the travel"

    def _possible(self, at_ns: int) -> tuple[float, float]:
        """Lowest and highest set-point in force round a moment, the one before it included."""
        rings = [self._last[1]] if self._last is not None and self._last[0] <= at_ns + _UNSURE_NS else []
        for stamp_ns, ring in reversed(self._sent):
            if stamp_ns > at_ns + _UNSURE_NS:
                continue
            rings.append(ring)
            if stamp_ns < at_ns - _UNSURE_NS:
                break
        if not rings:
            rings = [self._sent[0][1]]
        return min(rings), max(rings)
