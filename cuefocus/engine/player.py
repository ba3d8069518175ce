"""What motion does each tick for one axis: clock + plan + latches in, the next set-point out.

A set-point is u(t) = x(s) + τ·dx/dt, s = show time at the middle of the span the set-point will be held, seen from the
motor's own delay. When it is due is the business of `slots`.
Loaded by the motion process: plain Python only, no clock of its own.
"""

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.frame import Frame
from cuefocus.engine.plan import AxisPlan, Latch, OnLoss, Splice
from cuefocus.engine.slots import AT_REST_RING_PER_S, Slots, coming_landing
from cuefocus.motion.limits import SetpointLimiter
from cuefocus.motion.stop import stop_segments
from cuefocus.motion.track import LandingInstant, Track
from cuefocus.motor.axis import AxisSpec

_NO_PLAN = AxisPlan(follow=False, track=Track(0.0))
#: Latch bits as plain numbers: flags are asked for at every set-point.
_RELEASE, _HAND, _STOPS = int(Latch.RELEASE), int(Latch.HAND), int(Latch.HOLD | Latch.PANIC | Latch.HAND)


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
        self._slots = Slots(spec, grid_origin_ns, start_ring)
        self._limiter = SetpointLimiter(spec)
        self._limiter.reset(start_ring)
        self._last = Frame(0, 0, 0, start_ring, spec.counts_at(start_ring), False, "", 0.0, 0.0)
        self._line = NO_CLOCK
        self._cap_show_ns: int | None = None
        self._following = False
        self._rest: Track = Track(start_ring)
        self._let_go_attach: int | None = None
        self._holding = True
        self._seen_attach: int | None = None
        self._hand_ring = 0.0
        self._adrift = True  # the motor may stand elsewhere than the last set-point: a report says where

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
            self._slots.sent(frame, self._last)
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
        grid_ns = self._slots.next_grid_ns(now_ns, None if self._holding else orders.splice, self._last)
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
        spec, slots, splice, last = self.spec, self._slots, plan.splice, self._last
        if splice is not None and grid_ns + spec.dead_ns < splice.until_ns:
            instants = splice.track.landings
            landing = slots.landing(splice.track, now_ns, grid_ns, NO_CLOCK, last)
            due_ns, at_ns = slots.slot(splice.track, landing, grid_ns, NO_CLOCK, last)
            ended = at_ns + spec.dead_ns >= splice.until_ns and self._good(grid_ns, clock, plan, conductor_silent)
            if at_ns + spec.dead_ns >= splice.from_ns and not ended:
                x, v, a = splice.track.at(at_ns + spec.dead_ns)
                coming = landing[0] if landing else coming_landing(instants, due_ns + spec.dead_ns, NO_CLOCK)
                return self._frame(due_ns, at_ns, (x, v, a), landing is not None, coming)
        line = self._usable_line(grid_ns, clock, plan, conductor_silent)
        if line is None:
            return None
        instants = plan.track.landings
        landing = slots.landing(plan.track, now_ns, grid_ns, line, last)
        due_ns, at_ns = slots.slot(plan.track, landing, grid_ns, line, last)
        show_ns = line.show_at(at_ns + spec.dead_ns)
        cap_ns = self._cap(plan)
        if cap_ns is not None and show_ns >= cap_ns:
            landing, show_ns = None, cap_ns
            due_ns, at_ns = grid_ns, grid_ns + spec.period_ns // 2
            if self._cap_show_ns is not None and line.show_at(grid_ns + spec.dead_ns) >= cap_ns:
                self._let_go()
                self._rest = Track(plan.track.at(cap_ns)[0])
        x, v, a = plan.track.at(show_ns)
        coming = landing[0] if landing else coming_landing(instants, line.show_at(due_ns + spec.dead_ns), line)
        state = (x, v * line.speed, a * line.speed * line.speed)
        end_ring = plan.track.comes_to(show_ns, x, v) if v != 0.0 and line.speed > 0.0 else None
        return self._frame(due_ns, at_ns, state, landing is not None, coming, end_ring)

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

    def _frame(
        self,
        due_ns: int,
        at_ns: int,
        state: tuple[float, float, float],
        landing: bool,
        coming: LandingInstant | None,
        end_ring: float | None = None,
    ) -> Frame:
        """Lag compensation, limits, and rounding that neither lands early nor short.

        Where a clock that has changed its speed outruns the limits, what they make of it does not pass `end_ring`.
        """
        spec = self.spec
        x, v, a = state
        lag_s = spec.lag_ns * 1e-9
        course = (x, v, a, end_ring) if end_ring is not None else None
        ring, clamped = self._limiter.limit(at_ns, x + lag_s * v, course)
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
        if abs(last.velocity_ring_per_s) < AT_REST_RING_PER_S:
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
            self._slots.stand_at(ring)
