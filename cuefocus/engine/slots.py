"""When an axis' set-points are due: on a grid, but that a landing has a slot of its own.

A landing's frame goes out when its last byte must be out; the grid yields. A splice that begins while the axis rests
begins the grid anew, so that a GO does not wait for the next point of it.
Loaded by the motion process: plain Python only, no clock of its own.
"""

from bisect import bisect_left
from math import exp, log

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.crossing import crossing_lead_ns
from cuefocus.engine.frame import Frame
from cuefocus.engine.plan import Splice
from cuefocus.motion.track import LandingInstant, Track
from cuefocus.motor.axis import AxisSpec

AT_REST_RING_PER_S = 1e-6
_ROUNDING_NS = 1_000  # show time and host time of one moment differ by rounding
_READY_NS = 30_000  # what it takes to make a frame and to have it written


class Slots:
    """Those of one axis.

    Args:
        spec: delays and counts of the axis.
        grid_origin_ns: host time of any grid point; the grid repeats each `spec.period_ns`.
        start_ring: where the motor stands.
    """

    def __init__(self, spec: AxisSpec, grid_origin_ns: int, start_ring: float) -> None:
        self._spec = spec
        self._origin_ns = self._grid_ns = grid_origin_ns
        self._spliced: tuple[int, int] | None = None  # from and until when, the splice that began the grid in use
        self._motor_ring = start_ring  # where the motor's loop stands when the last set-point takes effect

    def stand_at(self, ring: float) -> None:
        """The motor is, or is taken to be, at rest at `ring`."""
        self._motor_ring = ring

    def sent(self, frame: Frame, last: Frame) -> None:
        """Note that `frame` went out after `last`; only a motor with lag needs it."""
        held_to = self._spec.ring_at(last.counts)
        coasted = exp(-(frame.due_ns - last.due_ns) / self._spec.lag_ns)
        self._motor_ring = held_to + (self._motor_ring - held_to) * coasted

    def next_grid_ns(self, now_ns: int, splice: Splice | None, last: Frame) -> int:
        """Next grid point whose frame can still be written whole and keeps its distance from the last one.

        The grid changes at rest only: a splice then begins one of its own, at once.

        Args:
            now_ns: host time.
            splice: what the axis is to follow in host time; None for nothing, or where it has let go of its plan.
            last: the set-point that went out last.
        """
        spec = self._spec
        period_ns = spec.period_ns
        earliest_ns = max(now_ns + spec.line_ns, last.due_ns + period_ns // 2)
        if not last.clamped and abs(last.velocity_ring_per_s) < AT_REST_RING_PER_S:
            active = splice is not None and last.due_ns + spec.dead_ns < splice.until_ns
            span = (splice.from_ns, splice.until_ns) if splice is not None and active else None
            if span != self._spliced:
                self._spliced = span
                self._grid_ns = earliest_ns + _READY_NS if active else self._origin_ns
        return earliest_ns + (self._grid_ns - earliest_ns - 1) % period_ns + 1

    def _host_due_ns(self, instant: LandingInstant, track: Track, line: Clock, after_ns: int, last: Frame) -> int:
        """When the last byte of a landing's own frame must be out; the frame before it is out at `after_ns`."""
        spec = self._spec
        due_ns = (instant.at_ns if line is NO_CLOCK else line.host_at(instant.at_ns)) - spec.dead_ns
        if spec.lag_ns == 0:
            return due_ns
        half_ns = spec.period_ns // 2
        if after_ns != last.due_ns or due_ns - after_ns > 2 * spec.period_ns:
            held_ns = min(max(due_ns - after_ns, half_ns), spec.period_ns + half_ns)
            return due_ns - crossing_lead_ns(held_ns, spec.period_ns, spec.lag_ns)
        x, v, _ = track.at(instant.at_ns)
        wish = x + spec.lag_ns * 1e-9 * v * (1.0 if line is NO_CLOCK else line.speed)
        held_to = spec.ring_at(last.counts)
        if wish == held_to:
            return due_ns
        coasted = (self._motor_ring - held_to) * exp(-(due_ns - last.due_ns) / spec.lag_ns)
        share = (instant.edge_ring - wish - coasted) / (held_to - wish)
        if share >= 1.0:
            return due_ns
        return due_ns - (min(half_ns, round(-spec.lag_ns * log(share))) if share > 0.0 else half_ns)

    def landing(
        self, track: Track, now_ns: int, grid_ns: int, line: Clock, last: Frame
    ) -> tuple[LandingInstant, int] | None:
        """The landing whose frame takes this slot of the grid, if one does, and when that is due.

        Args:
            track: what is followed.
            now_ns: host time.
            grid_ns: the slot.
            line: show time over host time; `NO_CLOCK` where the track is in host time.
            last: the set-point that went out last.
        """
        instants = track.landings
        if not instants:
            return None
        half_ns = self._spec.period_ns // 2
        first_ns = max(last.due_ns, now_ns) + self._spec.line_ns + self._spec.dead_ns + 1
        from_ns = (first_ns if line is NO_CLOCK else line.show_at(first_ns)) - _ROUNDING_NS
        instant = coming_landing(instants, from_ns, line)
        if instant is None:
            return None
        if self._host_due_ns(instant, track, line, grid_ns, last) > grid_ns + half_ns:
            return None
        due_ns = self._host_due_ns(instant, track, line, last.due_ns, last)
        if last.landing and due_ns - last.due_ns < half_ns:
            return None  # it has gone out; a clock that moved by nanoseconds since does not ask for it again
        # A motor with lag may want it before the line is free again: then as soon as it is.
        due_ns = max(due_ns, first_ns - self._spec.dead_ns)
        at_ns = instant.at_ns if line is NO_CLOCK else line.host_at(instant.at_ns)
        if at_ns - self._spec.dead_ns <= last.at_ns:
            return None  # the clock moved by more: the last set-point stands for a later moment already
        return instant, due_ns

    def slot(
        self, track: Track, landing: tuple[LandingInstant, int] | None, grid_ns: int, line: Clock, last: Frame
    ) -> tuple[int, int]:
        """When the coming frame is due, and the moment it stands for (less the dead time).

        A landing's stands for the landing, any other for the middle of the span it will be held.

        Args:
            track: what is followed.
            landing: as of `landing`, which see for the others.
            grid_ns: the slot.
            line: show time over host time.
            last: the set-point that went out last.
        """
        period_ns, instants = self._spec.period_ns, track.landings
        if landing is not None:
            instant, due_ns = landing
            return due_ns, (instant.at_ns if line is NO_CLOCK else line.host_at(instant.at_ns)) - self._spec.dead_ns
        held_ns = period_ns
        if instants:
            effect_ns = grid_ns + self._spec.dead_ns
            coming = coming_landing(instants, (effect_ns if line is NO_CLOCK else line.show_at(effect_ns)) + 1, line)
            if coming is not None:
                next_ns = self._host_due_ns(coming, track, line, grid_ns, last)
                if grid_ns + period_ns // 2 <= next_ns <= grid_ns + period_ns + period_ns // 2:
                    held_ns = next_ns - grid_ns
        return grid_ns, grid_ns + held_ns // 2


def coming_landing(instants: tuple[LandingInstant, ...], from_ns: int, line: Clock) -> LandingInstant | None:
    """The first landing at or after `from_ns` of the instants' own time base."""
    if line.speed <= 0.0 and line is not NO_CLOCK:
        return None
    index = bisect_left(instants, from_ns, key=_instant_ns)
    return instants[index] if index < len(instants) else None


def _instant_ns(instant: LandingInstant) -> int:
    return instant.at_ns
