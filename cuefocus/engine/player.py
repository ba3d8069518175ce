"""What motion does each tick for one axis: clock + plan + latches in, the next set-point out.

A set-point is u(t) = x(s) + τ·dx/dt, s = show time at the middle of the span the set-point will be held, seen from the
motor's own delay. A landing has a set-point of its own: the grid yields so that its last byte is out when it must be.
A splice that begins while the axis rests begins the grid anew, so that a GO does not wait for the next point of it.
Loaded by the motion process: plain Python only, no clock of its own.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import exp, log

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.crossing import crossing_lead_ns
from cuefocus.engine.plan import AxisPlan, Latch, OnLoss, Splice
from cuefocus.motion.limits import SetpointLimiter
from cuefocus.motion.stop import stop_segments
from cuefocus.motion.track import LandingInstant, Track
from cuefocus.motor.axis import AxisSpec

_NO_PLAN = AxisPlan(follow=False, track=Track(0.0))
#: Latch bits as plain numbers: flags are asked for at every set-point.
_RELEASE, _HAND, _STOPS = int(Latch.RELEASE), int(Latch.HAND), int(Latch.HOLD | Latch.PANIC | Latch.HAND)
_AT_REST_RING_PER_S = 1e-6
_ROUNDING_NS = 1_000  # show time and host time of one moment differ by rounding
_READY_NS = 40_000  # what it takes to make a frame and to have it written


@dataclass(frozen=True, slots=True)
class Frame:
    """One set-point, ready to go out.

    Args:
        due_ns: when its last byte must be out (host ns).
        write_ns: when its first byte must go (due less the line time).
        at_ns: the moment it stands for, on the motor's side of the dead time: the middle of the span it is held, or a
            landing's own.
        ring: the unrounded set-point after the limiter.
        counts: what to encode.
        landing: it is a landing instant's own frame.
        clamped: names of the limits that cut it, space-separated.
        velocity_ring_per_s, acceleration_ring_per_s2: of the set-point before the limiter; a stop starts from them.
    """

    due_ns: int
    write_ns: int
    at_ns: int
    ring: float
    counts: int
    landing: bool
    clamped: str
    velocity_ring_per_s: float
    acceleration_ring_per_s2: float


class AxisPlayer:
    """One axis' set-points, in order. Follows its plan until something makes it let go; then it stops and holds still.

    Args:
        spec: limits, delays and counts of the axis.
        grid_origin_ns: host time of any grid point; the grid repeats each `spec.period_ns`.
        start_ring: where the motor stands (measured, or assumed).
        start_known: whether that was measured.
    """

    def __init__(self, spec: AxisSpec, *, grid_origin_ns: int, start_ring: float, start_known: bool) -> None:
        self.spec = spec
        self.position_known = start_known
        self._origin_ns = grid_origin_ns
        self._limiter = SetpointLimiter(spec)
        self._limiter.reset(start_ring)
        self._last = Frame(0, 0, 0, start_ring, spec.counts_at(start_ring), False, "", 0.0, 0.0)
        self._motor_ring = start_ring  # where the motor's loop stands when the last set-point takes effect
        self._line = NO_CLOCK
        self._cap_show_ns: int | None = None
        self._following = False
        self._rest: Track = Track(start_ring)
        self._let_go_attach: int | None = None
        self._holding = True
        self._seen_attach: int | None = None
        self._hand_ring = 0.0
        self._adrift = True  # the motor may stand elsewhere than the last set-point: a report says where
        self._grid_ns = grid_origin_ns
        self._spliced: tuple[int, int] | None = None  # from and until when, the splice that began the grid in use

    @property
    def ring(self) -> float:
        """The last set-point that went out (or the start)."""
        return self._last.ring

    @property
    def holding(self) -> bool:
        """Whether the axis has let go of its plan."""
        return self._holding

    def observe(self, ring: float, stamp_ns: int) -> None:
        """Take a position report. At first, after a fault and after RELEASE it says where the axis stands."""
        del stamp_ns
        self.position_known = True
        if self._adrift and self._holding:
            self._stand_at(ring)

    def hand_by(self, ring_delta: float) -> None:
        """Move by hand, relative to where the grab left the axis; only while Latch.HAND is set."""
        self._hand_ring += ring_delta

    def fault(self, plan: AxisPlan | None = None) -> None:
        """Let go at once where the last set-point stands; only an attach newer than `plan`'s takes hold again."""
        self._hand_ring = 0.0
        self._seen_attach = plan.attach if plan is not None else self._seen_attach
        self._stand_at(self._last.ring)
        self._adrift = self._adrift or plan is None  # a stalled motion's axis stays engaged, where it was sent last

    def sent(self, frame: Frame) -> None:
        """Note that `frame` went out."""
        self._adrift = False
        self._limiter.commit(frame.at_ns, frame.ring, frame.clamped)
        if self.spec.lag_ns > 0:
            held_to = self.spec.ring_at(self._last.counts)
            coasted = exp(-(frame.due_ns - self._last.due_ns) / self.spec.lag_ns)
            self._motor_ring = held_to + (self._motor_ring - held_to) * coasted
        self._last = frame

    def dropped(self, frame: Frame) -> None:
        """Note that `frame` did not go out: the motor keeps its previous set-point."""
        self._limiter.skip(frame.at_ns)

    def prepare(
        self, now_ns: int, clock: Clock, plan: AxisPlan | None, latch: Latch, *, conductor_silent: bool
    ) -> Frame | None:
        """Set-point due next after `now_ns`, or None when nothing may be sent.

        May be called again before `write_ns` to take newer orders in; nothing is committed before `sent`.
        """
        orders = plan if plan is not None else _NO_PLAN
        stops = int(latch)
        if stops & _RELEASE:
            if not self._holding:
                self._stand_at(self._last.ring)
            self._adrift = True
            return None
        self._attend(orders, stops)
        grid_ns = self._next_grid_ns(now_ns, orders.splice)
        if not self._holding:
            frame = self._followed(now_ns, grid_ns, clock, orders, conductor_silent)
            if frame is not None:
                return frame
            if not self._holding:
                self._rest = Track(self._resting_ring(orders.splice))
        return self._held(grid_ns, orders, stops)

    def _attend(self, plan: AxisPlan, stops: int) -> None:
        """Take hold of a plan that was made for us, let go of one that no longer may be followed."""
        if self._seen_attach is None:
            self._seen_attach = self._let_go_attach = plan.attach
        if self._holding:
            if plan.follow and not stops & _STOPS and plan.attach > (self._let_go_attach or 0):
                self._holding, self._following, self._cap_show_ns = False, False, None
                self._line = NO_CLOCK
        elif stops & _STOPS or not plan.follow:
            self._let_go()
        elif plan.attach != self._seen_attach:
            self._cap_show_ns = None
        if not self._holding:
            self._seen_attach = plan.attach
        if not stops & _HAND:
            self._hand_ring = 0.0

    def _followed(
        self, now_ns: int, grid_ns: int, clock: Clock, plan: AxisPlan, conductor_silent: bool
    ) -> Frame | None:
        spec, splice = self.spec, plan.splice
        if splice is not None and grid_ns + spec.dead_ns < splice.until_ns:
            instants = splice.track.landings
            landing = self._landing(splice.track, now_ns, grid_ns, NO_CLOCK)
            due_ns, at_ns = self._slot(splice.track, landing, grid_ns, NO_CLOCK)
            ended = at_ns + spec.dead_ns >= splice.until_ns and self._good(grid_ns, clock, plan, conductor_silent)
            if at_ns + spec.dead_ns >= splice.from_ns and not ended:
                x, v, a = splice.track.at(at_ns + spec.dead_ns)
                coming = landing[0] if landing else self._coming(instants, due_ns + spec.dead_ns, NO_CLOCK)
                return self._frame(due_ns, at_ns, (x, v, a), landing is not None, coming)
        line = self._usable_line(grid_ns, clock, plan, conductor_silent)
        if line is None:
            return None
        instants = plan.track.landings
        landing = self._landing(plan.track, now_ns, grid_ns, line)
        due_ns, at_ns = self._slot(plan.track, landing, grid_ns, line)
        show_ns = line.show_at(at_ns + spec.dead_ns)
        cap_ns = self._cap(plan)
        if cap_ns is not None and show_ns >= cap_ns:
            landing, show_ns = None, cap_ns
            due_ns, at_ns = grid_ns, grid_ns + spec.period_ns // 2
            if self._cap_show_ns is not None and line.show_at(grid_ns + spec.dead_ns) >= cap_ns:
                self._let_go()
                self._rest = Track(plan.track.at(cap_ns)[0])
        x, v, a = plan.track.at(show_ns)
        coming = landing[0] if landing else self._coming(instants, line.show_at(due_ns + spec.dead_ns), line)
        state = (x, v * line.speed, a * line.speed * line.speed)
        return self._frame(due_ns, at_ns, state, landing is not None, coming)

    def _resting_ring(self, splice: Splice | None) -> float:
        """Where to stand with nothing to follow: at the end of a splice that ran out since the last set-point."""
        last_ns = self._last.at_ns + self.spec.dead_ns
        if splice is not None and splice.from_ns <= last_ns < splice.until_ns:
            return splice.track.at(splice.until_ns)[0]
        return self._last.ring

    def _good(self, due_ns: int, clock: Clock, plan: AxisPlan, conductor_silent: bool) -> bool:
        """Whether the clock may be followed along the plan's track at `due_ns`."""
        return clock.running and clock.epoch == plan.epoch and not conductor_silent and due_ns <= clock.good_until_ns

    def _usable_line(self, due_ns: int, clock: Clock, plan: AxisPlan, conductor_silent: bool) -> Clock | None:
        """The clock's line to follow; None to hold still (after letting go, where the loss policy says so)."""
        if self._good(due_ns, clock, plan, conductor_silent):
            self._line, self._following = clock, True
            if self._cap_show_ns is None:
                return clock
        if not self._following or self._line.epoch != plan.epoch:
            return None
        if clock.running and clock.epoch != plan.epoch and not conductor_silent:
            return self._line
        if plan.on_loss is OnLoss.RUN and not conductor_silent:
            return self._line
        if plan.on_loss is OnLoss.HOLD and not conductor_silent:
            self._let_go()
            return None
        if self._cap_show_ns is None:
            lost_show_ns = self._line.show_at(due_ns + self.spec.dead_ns)
            self._cap_show_ns = plan.track.moving_until(lost_show_ns) or lost_show_ns
        return self._line

    def _cap(self, plan: AxisPlan) -> int | None:
        """Show time past which the axis must not go: end of the motion under way when departures are blocked."""
        caps = [] if self._cap_show_ns is None else [self._cap_show_ns]
        if plan.depart_blocked_show_ns is not None:
            caps.append(plan.track.moving_until(plan.depart_blocked_show_ns) or plan.depart_blocked_show_ns)
        return min(caps, default=None)

    def _next_grid_ns(self, now_ns: int, splice: Splice | None) -> int:
        """Next grid point whose frame can still be written whole and keeps its distance from the last one."""
        period_ns = self.spec.period_ns
        earliest_ns = max(now_ns + self.spec.line_ns, self._last.due_ns + period_ns // 2)
        return earliest_ns + (self._grid_origin_ns(splice, earliest_ns) - earliest_ns - 1) % period_ns + 1

    def _grid_origin_ns(self, splice: Splice | None, earliest_ns: int) -> int:
        """Any point of the grid in use. It changes at rest only: a splice then begins one of its own, at once."""
        last = self._last
        if abs(last.velocity_ring_per_s) < _AT_REST_RING_PER_S and not last.clamped:
            active = splice is not None and not self._holding and last.due_ns + self.spec.dead_ns < splice.until_ns
            span = (splice.from_ns, splice.until_ns) if splice is not None and active else None
            if span != self._spliced:
                self._spliced = span
                self._grid_ns = earliest_ns + _READY_NS if active else self._origin_ns
        return self._grid_ns

    def _host_due_ns(self, instant: LandingInstant, track: Track, line: Clock, after_ns: int) -> int:
        """When the last byte of a landing's own frame must be out; the frame before it is out at `after_ns`."""
        spec = self.spec
        due_ns = (instant.at_ns if line is NO_CLOCK else line.host_at(instant.at_ns)) - spec.dead_ns
        if spec.lag_ns == 0:
            return due_ns
        last, half_ns = self._last, spec.period_ns // 2
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

    def _coming(self, instants: tuple[LandingInstant, ...], from_ns: int, line: Clock) -> LandingInstant | None:
        """The first landing at or after `from_ns` of the instants' own time base."""
        if line.speed <= 0.0 and line is not NO_CLOCK:
            return None
        index = bisect_left(instants, from_ns, key=_instant_ns)
        return instants[index] if index < len(instants) else None

    def _landing(self, track: Track, now_ns: int, grid_ns: int, line: Clock) -> tuple[LandingInstant, int] | None:
        """The landing whose frame takes this slot of the grid, if one does, and when that is due."""
        instants = track.landings
        if not instants:
            return None
        half_ns = self.spec.period_ns // 2
        first_ns = max(self._last.due_ns, now_ns) + self.spec.line_ns + self.spec.dead_ns + 1
        from_ns = (first_ns if line is NO_CLOCK else line.show_at(first_ns)) - _ROUNDING_NS
        instant = self._coming(instants, from_ns, line)
        if instant is None:
            return None
        if self._host_due_ns(instant, track, line, grid_ns) > grid_ns + half_ns:
            return None
        due_ns = self._host_due_ns(instant, track, line, self._last.due_ns)
        if self._last.landing and due_ns - self._last.due_ns < half_ns:
            return None  # it has gone out; a clock that moved by nanoseconds since does not ask for it again
        # A motor with lag may want it before the line is free again: then as soon as it is.
        due_ns = max(due_ns, first_ns - self.spec.dead_ns)
        at_ns = instant.at_ns if line is NO_CLOCK else line.host_at(instant.at_ns)
        if at_ns - self.spec.dead_ns <= self._last.at_ns:
            return None  # the clock moved by more: the last set-point stands for a later moment already
        return instant, due_ns

    def _slot(
        self, track: Track, landing: tuple[LandingInstant, int] | None, grid_ns: int, line: Clock
    ) -> tuple[int, int]:
        """When the coming frame is due, and the moment it stands for (less the dead time).

        A landing's stands for the landing, any other for the middle of the span it will be held.
        """
        period_ns, instants = self.spec.period_ns, track.landings
        if landing is not None:
            instant, due_ns = landing
            return due_ns, (instant.at_ns if line is NO_CLOCK else line.host_at(instant.at_ns)) - self.spec.dead_ns
        held_ns = period_ns
        if instants:
            effect_ns = grid_ns + self.spec.dead_ns
            coming = self._coming(instants, (effect_ns if line is NO_CLOCK else line.show_at(effect_ns)) + 1, line)
            if coming is not None:
                next_ns = self._host_due_ns(coming, track, line, grid_ns)
                if grid_ns + period_ns // 2 <= next_ns <= grid_ns + period_ns + period_ns // 2:
                    held_ns = next_ns - grid_ns
        return grid_ns, grid_ns + held_ns // 2

    def _frame(
        self,
        due_ns: int,
        at_ns: int,
        state: tuple[float, float, float],
        landing: bool,
        coming: LandingInstant | None,
    ) -> Frame:
        """Lag compensation, limits, and rounding that neither lands early nor short."""
        spec = self.spec
        x, v, a = state
        lag_s = spec.lag_ns * 1e-9
        ring, clamped = self._limiter.limit(at_ns, x + lag_s * v)
        counts = spec.counts_at(ring)
        if coming is not None and not clamped and spec.lag_ns == 0:
            counts = self._counts_beside_edge(counts, x, landing, coming)
        return Frame(due_ns, due_ns - spec.line_ns, at_ns, ring, counts, landing, clamped, v + lag_s * a, a)

    def _counts_beside_edge(self, counts: int, x: float, landing: bool, coming: LandingInstant) -> int:
        """A landing's frame is rounded into the band, a frame before it out of the band."""
        spec = self.spec
        exact = spec.counts_near + coming.edge_ring * (spec.counts_far - spec.counts_near)
        target = spec.counts_near + coming.target_ring * (spec.counts_far - spec.counts_near)
        if target == exact:
            return counts
        step = 1 if target > exact else -1
        first_inside = -(-exact // 1) if step > 0 else exact // 1
        inside = (counts - first_inside) * step >= 0
        if landing:
            return counts if inside else int(first_inside)
        before = (coming.edge_ring - x) * (coming.target_ring - coming.edge_ring) > 0
        return int(first_inside) - step if inside and before else counts

    def _held(self, grid_ns: int, plan: AxisPlan, stops: int) -> Frame | None:
        """The stop under way, the hand's wish, or rest; None once at rest without permission to follow."""
        at_ns = grid_ns + self.spec.period_ns // 2
        stopping = bool(self._rest.segments) and grid_ns < self._rest.segments[-1].end_ns
        if not stopping and not plan.follow and not stops & _HAND:
            return None
        if self._adrift and self._holding and not stopping and not stops & _HAND:
            return None  # no set-point back to where it stood before it was let loose
        x, v, a = self._rest.at(at_ns)
        if stops & _HAND:
            x += self._hand_ring
        spec = self.spec
        ring, clamped = self._limiter.limit(at_ns, x)
        return Frame(grid_ns, grid_ns - spec.line_ns, at_ns, ring, spec.counts_at(ring), False, clamped, v, a)

    def _let_go(self) -> None:
        """Stop within the limits from the last set-point, then hold still."""
        last = self._last
        self._holding, self._let_go_attach, self._following = True, self._seen_attach, False
        self._cap_show_ns = None
        if abs(last.velocity_ring_per_s) < _AT_REST_RING_PER_S:
            self._rest = Track(last.ring)
            return
        self._rest = Track(
            last.ring,
            stop_segments(
                last.ring, last.velocity_ring_per_s, last.acceleration_ring_per_s2, self.spec, start_ns=last.at_ns
            ),
        )

    def _stand_at(self, ring: float) -> None:
        """Let go without a stop: the axis is, or is taken to be, at rest at `ring`."""
        self._holding, self._let_go_attach, self._following = True, self._seen_attach, False
        self._cap_show_ns = None
        self._rest = Track(ring)
        self._limiter.reset(ring)
        if self._adrift:
            last = self._last
            counts = self.spec.counts_at(ring)
            self._last = Frame(last.due_ns, last.write_ns, last.at_ns, ring, counts, False, "", 0.0, 0.0)
            self._motor_ring = ring


def _instant_ns(instant: LandingInstant) -> int:
    return instant.at_ns
