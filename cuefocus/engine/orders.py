"""One axis' orders: what it is to follow now, from where, and the splice and permissions that come of it.

Its racks and their track are in `rack_line`. Positions of racks are lens ring; tracks and splices are motor ring (half
the backlash ahead of the lens, by direction).
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.axis_stops import AxisStops
from cuefocus.engine.job import AxisJob, Planner
from cuefocus.engine.plan import NO_EPOCH, AxisPlan, Latch, OnLoss, Splice
from cuefocus.engine.rack_line import RackLine
from cuefocus.engine.splices import braked, joined, turned_by
from cuefocus.motion.compile_track import direction_after
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.retarget import State, settle
from cuefocus.motion.track import Track

_OFTEN = re.compile(r" \([0-9]+×\)$")
_THERE_RING = 1e-7
_MOVING_RING_PER_S = 1e-6
#: No motor reports where it stands to less than this for certain (design §5).
_STEP_COUNTS = 2
#: A set-point older than this says nothing of how fast the axis moves now.
_STILL_AFTER_NS = 100_000_000


class AxisOrders:
    """Orders of one axis. Every method that plans anew counts `attach` up.

    Args:
        job: the axis.
        planner: plans racks at run time.
        motor_ring: where the motor stands, as far as known.
    """

    def __init__(self, job: AxisJob, planner: Planner, motor_ring: float) -> None:
        self.job = job
        self.motor_ring = motor_ring
        self.direction = 0
        self.engaged = False
        self.known = False
        self.stops = AxisStops()
        self.last_sent_ring = motor_ring
        self._sent_ns, self._sent_speed = 0, 0.0
        self.fault = ""
        self._complaint = ""  # the motor's last, as told
        self.armed = False
        self.assumed = False  # after a fault: where a motor that does not report stands
        self.cautious = False  # engaged where it is only assumed to stand: the first move is slow
        self.wants_operator = False  # nothing but an operator engages it
        self.cast = ""  # the triggered cue whose target is held until the next timed rack departs
        self.cast_after: str | None = None  # the timed rack that had begun last when it was fired; None: no clock ran
        self.loose = True
        self._ahead = RackLine(job.spec.name, planner, self.lens_at(motor_ring), motor_ring)
        self._told_track = self._ahead.track
        self.splice: Splice | None = None
        self._turned_before = 0  # which way the axis last moved before the splice
        self.why = ""  # what the splice was laid for, as it is told
        self.on_loss = OnLoss.FINISH
        self.blocked_show_ns: int | None = None
        self.attach = 0
        self.epoch = NO_EPOCH
        self.line = NO_CLOCK
        self.changed = True

    @property
    def name(self) -> str:
        """`CAMERA.axis`."""
        return self.job.spec.name

    @property
    def latch(self) -> Latch:
        """The stops that stand."""
        return self.stops.standing

    @property
    def planner(self) -> Planner:
        """Plans racks as the camera is set now."""
        return self._ahead.planner

    def plan_with(self, planner: Planner) -> None:
        """The camera is set otherwise: racks are planned by this from now on."""
        self._ahead.planner = planner

    @property
    def racks(self) -> tuple[PlannedRack, ...]:
        """Those of the track, in order."""
        return self._ahead.racks

    @property
    def by_cue(self) -> Mapping[str, PlannedRack]:
        """The racks by the cue each is of."""
        return self._ahead.by_cue

    @property
    def rest_lens(self) -> float:
        """Lens ring before the first rack."""
        return self._ahead.rest_lens

    @property
    def track(self) -> Track:
        """What is followed along show time."""
        return self._ahead.track

    def lens_at(self, motor_ring: float) -> float:
        """Lens ring under a motor that last moved in `direction`."""
        return motor_ring - self.direction * self.job.spec.backlash_ring / 2

    def plan(self, now_ns: int) -> AxisPlan:
        """The orders as motion reads them.

        While no clock runs, a splice is followed alone: what becomes of the track where a rack is fired is told when
        either is over, for the rack goes first.
        """
        if not self._withholds(now_ns):
            self._told_track = self.track
        return AxisPlan(
            follow=self.armed and self.engaged and not self.fault,
            track=self._told_track,
            splice=self.splice,
            on_loss=self.on_loss,
            depart_blocked_show_ns=self.blocked_show_ns,
            attach=self.attach,
            epoch=self.epoch,
        )

    def tell_withheld(self, now_ns: int) -> None:
        """A track that waited for a fired rack to be over is told then."""
        if self._told_track is not self.track and self.track.segments and not self._withholds(now_ns):
            self.changed = True

    def _withholds(self, now_ns: int) -> bool:
        return bool(self.cast) and self.epoch == NO_EPOCH and self.splice_active(now_ns)

    def state_at(self, host_ns: int, clock: Clock) -> State:
        """Commanded motor ring, ring/s and ring/s² of host time; what both sides know."""
        if not self.loose:
            if self.splice is not None and self.splice.from_ns <= host_ns < self.splice.until_ns:
                return self.splice.track.at(host_ns)
            line = clock if clock.running and clock.epoch == self.epoch else self.line
            if line is not NO_CLOCK and line.epoch == self.epoch and line.speed != 0.0:
                x, v, a = self.track.at(line.show_at(host_ns))
                return x, v * line.speed, a * line.speed * line.speed
            if self.splice is not None and host_ns >= self.splice.until_ns:
                return self.splice.track.at(self.splice.until_ns)[0], 0.0, 0.0
        if self.loose and 0 < host_ns - self._sent_ns < _STILL_AFTER_NS:
            return self.motor_ring, self._sent_speed, 0.0  # a stop is being carried out
        return self.motor_ring, 0.0, 0.0

    def turned_at(self, host_ns: int) -> int:
        """Which way the axis last moved by then: as its splice has, else as its track's last rack begun."""
        line, splice = self.line, self.splice
        if not self.loose and splice is not None and splice.from_ns <= host_ns < splice.until_ns:
            return turned_by(splice.track, host_ns, self._turned_before)
        if self.loose or line is NO_CLOCK or line.epoch != self.epoch or line.speed <= 0.0:
            return self.direction
        begun = bisect_right(self.racks, line.show_at(host_ns), key=lambda rack: rack.depart_ns - rack.takeup_ns)
        return direction_after(self.racks[:begun], self.direction)

    def sent(self, ring: float, stamp_ns: int) -> None:
        """Motion's word on a set-point that left; an axis that has let go is where its stop takes it."""
        span_ns = stamp_ns - self._sent_ns
        near = 0 < span_ns < _STILL_AFTER_NS
        self._sent_speed = (ring - self.last_sent_ring) * 1e9 / span_ns if near else 0.0
        self._sent_ns, self.last_sent_ring = stamp_ns, ring
        if self.loose:
            self.motor_ring = ring

    def release(self, motor_ring: float) -> None:
        """The axis stands still at `motor_ring` whatever the plan says (stop, loss, fault, not engaged)."""
        self.direction = self.turned_at(self._sent_ns)
        self.loose, self.motor_ring, self.splice, self.cast = True, motor_ring, None, ""
        self.changed = True

    def let_go(self) -> None:
        """The axis holds where it is, and follows nothing until an operator engages it."""
        self.wants_operator = True
        if self.engaged:
            self.engaged = False
            self.release(self.last_sent_ring)

    def stand_still(self) -> None:
        """Motion stood still: the axis rests at its last set-point, however fast it moved before."""
        self._sent_speed = 0.0
        self.release(self.last_sent_ring)

    def splice_active(self, now_ns: int) -> bool:
        """Whether host-time motion is under way."""
        return self.splice is not None and now_ns + self.job.spec.dead_ns < self.splice.until_ns

    def block(self, show_ns: int | None) -> None:
        """Nothing may depart at or after `show_ns`; None takes that back."""
        if self.blocked_show_ns != show_ns:
            self.blocked_show_ns, self.changed = show_ns, True

    def stands_at(self, motor_ring: float) -> None:
        """A report of an axis that we are not moving. As near its last set-point as a motor can tell, it is there."""
        self.known = True
        spec = self.job.spec
        told_to_ring = max(_STEP_COUNTS / spec.counts_span, spec.residual_backlash_ring)
        if self._sent_ns and abs(motor_ring - self.last_sent_ring) <= told_to_ring:
            motor_ring = self.last_sent_ring
        self.motor_ring = self.last_sent_ring = motor_ring
        if not self.racks:
            self._ahead.rest(self.lens_at(motor_ring), motor_ring)

    def fail(self, reason: str) -> None:
        """The motor is gone or does not answer: hold still, follow nothing until engaged again."""
        self.fault, self.engaged, self.known, self.wants_operator = reason, False, False, True
        self.assumed = not self.job.spec.feedback
        self.release(self.last_sent_ring)
        self._sent_ns = 0  # motion too goes by where the motor says it stands once it is back

    def back(self) -> None:
        """The motor answers again; it stays disengaged."""
        self.fault, self.changed, self._complaint = "", True, ""

    def complains_anew(self, reason: str) -> bool:
        """Whether the motor's complaint is another than its last one; how often it came, `(5×)`, does not matter."""
        plain = _OFTEN.sub("", reason)
        before, self._complaint = self._complaint, plain
        return plain != before

    def without(self, cue: str) -> None:
        """Take one rack that has not departed out; the next one leaves from where this one would have."""
        before = self.racks
        self._ahead.without(cue, self.direction)
        self._note(before)

    def recompile(
        self, kept: int, cut: tuple[int, int], later: Sequence[PlannedRack], closed_ns: int
    ) -> dict[str, str]:
        """Other racks in place of some of those ahead: as `RackLine.recompile`, which see."""
        before = self.racks
        refused = self._ahead.recompile(kept, cut, later, closed_ns, self.direction)
        self._note(before)
        return refused

    def _note(self, before: tuple[PlannedRack, ...]) -> None:
        self.changed = self.changed or self.racks is not before

    def take_hold(self, clock: Clock) -> None:
        """Plan counted anew: motion follows again. While no clock runs, its track is meant for none that may come."""
        self.attach += 1
        self.loose, self.changed = False, True
        if clock.running:
            self.epoch, self.line = clock.epoch, clock
        else:
            self.epoch, self.line = NO_EPOCH, NO_CLOCK

    def stay_until_next(self, racks: tuple[PlannedRack, ...], now_ns: int, clock: Clock) -> None:
        """Hold still where the axis is; the next of `racks` leaves from there. Motion under way comes to rest."""
        self.come_to_rest(now_ns, clock)
        self._ahead.replan(racks, self.rest_lens, self.direction)
        self.take_hold(clock)

    def settle(self, racks: tuple[PlannedRack, ...], rest_lens: float, now_ns: int, clock: Clock) -> None:
        """Follow the track of `racks` from `rest_lens`: move onto it at the settle speed, then follow."""
        start_ns = now_ns + self.job.spec.dead_ns
        state = self.state_at(start_ns, clock)
        self._turned_before = self.direction = self.turned_at(start_ns)
        self.cast = ""
        running = clock.running and clock.speed > 0.0
        show_ns = clock.show_at(start_ns) if running else None
        self._ahead.lay(racks, rest_lens, self.direction)
        if show_ns is not None and self.track.moving_until(show_ns) is not None:
            self.splice = joined(self.job.spec, self.track, state, start_ns, clock)
            self.take_hold(clock)
            return
        passed = [rack for rack in racks if show_ns is not None and rack.stop_ns <= show_ns]
        lens = passed[-1].band.target_ring if passed else rest_lens
        direction, motor_ring = self.direction, self.motor_ring
        self._rest_on(lens, state, start_ns, racks[len(passed) :])
        end_ns = self.splice.until_ns if self.splice is not None else start_ns
        if show_ns is not None and self._departs_before(clock.show_at(end_ns), show_ns):
            # No time to go there first: the next rack leaves from where the axis is, and lands in time.
            self.direction, self.motor_ring = direction, motor_ring
            self.stay_until_next(racks[len(passed) :], now_ns, clock)
            return
        self.take_hold(clock)

    def _rest_on(self, lens: float, state: State, start_ns: int, later: tuple[PlannedRack, ...]) -> None:
        """A splice to rest with the lens on `lens`; the slack is left on the side the move comes from."""
        half = self.job.spec.backlash_ring / 2
        x, v, _ = state
        if abs(x - (lens + self.direction * half)) > _THERE_RING or abs(v) > _THERE_RING:
            self.direction = 1 if lens + half > x and not (lens - half < x and self.direction < 0) else -1
        target = min(1.0, max(0.0, lens + self.direction * half))
        self._ahead.replan(later, lens, self.direction)
        if abs(x - target) <= _THERE_RING and abs(v) <= _THERE_RING:
            self.splice, self.motor_ring = None, target
            return
        segments = settle(state, target, self.job.spec, start_ns=start_ns)
        self.splice = Splice(Track(x, segments), start_ns, segments[-1].end_ns) if segments else None
        self.motor_ring = target

    def go_slowly(self, lens: float, later: tuple[PlannedRack, ...], now_ns: int, clock: Clock) -> None:
        """Move to lens ring `lens` at the settle speed, whatever comes; the first of `later` leaves from there."""
        start_ns = now_ns + self.job.spec.dead_ns
        state = self.state_at(start_ns, clock)
        self._turned_before = self.direction = self.turned_at(start_ns)
        self.why = "slowly, as its place was only assumed"
        self.cast = ""
        self._rest_on(lens, state, start_ns, later)
        self.take_hold(clock)

    def _departs_before(self, end_show_ns: int, show_ns: int) -> bool:
        return any(show_ns <= segment.start_ns < end_show_ns for segment in self.track.segments)

    def obey(self, on_loss: OnLoss) -> None:
        """What to do once the clock is no longer good."""
        if self.on_loss is not on_loss:
            self.on_loss, self.changed = on_loss, True

    def lay(self, splice: Splice, why: str) -> None:
        """Do this instead of what splice there is; up to where it begins nothing changes."""
        self._turned_before = self.turned_at(splice.from_ns)
        self.splice, self.why = splice, why
        self.motor_ring = splice.track.at(splice.until_ns)[0]

    def come_to_rest(self, now_ns: int, clock: Clock) -> tuple[float, int]:
        """End what motion there is; the lens ring it will stand on, and from when a new pull may leave (host ns)."""
        start_ns = now_ns + self.job.spec.dead_ns
        state, turned = self.state_at(start_ns, clock), self.turned_at(start_ns)
        self.splice = None
        if abs(state[1]) > _MOVING_RING_PER_S:
            self.splice = braked(self.job.spec, state, start_ns)
            self.motor_ring = self.splice.track.at(self.splice.until_ns)[0]
            self.direction = 1 if state[1] > 0 else -1
            start_ns = self.splice.until_ns
        else:
            self.motor_ring = state[0]
            self.direction = turned
        self._turned_before = self.direction
        self._ahead.rest_lens = self.lens_at(self.motor_ring)
        return self.rest_lens, start_ns

    def pull_now(self, rack: PlannedRack, later: tuple[PlannedRack, ...], clock: Clock) -> None:
        """After `come_to_rest`: follow a rack planned from there (compress, late), then `later` racks."""
        self._ahead.put_before(rack, later, self.direction)
        self.take_hold(clock)

    def trigger(self, rack: PlannedRack, later: tuple[PlannedRack, ...], now_ns: int, clock: Clock) -> None:
        """Lay a triggered rack (host time) over the track; the target is held until the first of `later` departs."""
        self.direction = self._turned_before = self.turned_at(now_ns + self.job.spec.dead_ns)
        laid = self.planner.track(self.name, (rack,), rack.from_ring, self.direction)
        until_ns = max((segment.end_ns for segment in laid.segments), default=rack.stop_ns)
        self.splice = Splice(laid, now_ns + self.job.spec.dead_ns, until_ns)
        self.why = f"cue {rack.cue} was fired"
        self.direction = direction_after((rack,), self.direction)
        self.motor_ring = laid.at(until_ns)[0]
        self._ahead.replan(later, rack.band.target_ring, self.direction)
        self.take_hold(clock)

    def keep_cast(self, later: tuple[PlannedRack, ...], clock: Clock) -> None:
        """Go on with the triggered rack under way; the first of `later` leaves from its target."""
        self._ahead.replan(later, self.rest_lens, self.direction)
        self.take_hold(clock)

    def lens_state(self, now_ns: int, clock: Clock) -> State:
        """The lens' commanded state one dead time after `now_ns`."""
        start_ns = now_ns + self.job.spec.dead_ns
        x, v, a = self.state_at(start_ns, clock)
        return x - self.turned_at(start_ns) * self.job.spec.backlash_ring / 2, v, a
