"""One axis in the motion process: its player, its motor, its plan, the frame that goes out next, and its faults."""

from dataclasses import replace
from typing import Final

from cuefocus.chase.clock import Clock
from cuefocus.engine.frame import Frame
from cuefocus.engine.overslept import OVERSLEPT_NS, DeadlineWatch
from cuefocus.engine.plan import AxisPlan, Latch
from cuefocus.engine.player import AxisPlayer
from cuefocus.errors import LinkError, TravelError
from cuefocus.motor.axis import AxisSpec
from cuefocus.motor.driver import LensMotor
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.motion_port import Heard, MotionPort
from cuefocus.shells.motion_status import SentFilter, TroubleLimit
from cuefocus.shells.motion_watch import FollowingWatch
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_motion import AxisFlag
from cuefocus.shells.shm_ring import StatusWriter
from cuefocus.timebase.units import NS_PER_MS

NEVER_NS: Final = 1 << 62
OFF_THE_TICK_NS: Final = 370_000
"""Frames are written this long after whole ms: the kernel's own tick falls on multiples of 1, 4 or 10 ms of the same
clock and takes the core for some 20 µs, just when a frame on a round time would be due."""
STALL_NS: Final = 100 * NS_PER_MS
"""A line that has taken no set-point for so long is stalled (EtherCAT's process-data watchdog has the same default)."""
SILENCE_NS: Final = 150 * NS_PER_MS
NO_END_STOPS: Final = "the motor does not know its end stops; let it find them, then engage"
SILENCE_QUERIES: Final = 4
"""A motor is silent when so many questions and so much time went by without an answer."""
_DROPS_ENGAGE: Final = Latch.PANIC | Latch.RELEASE
_SENDS_NOTHING: Final = AxisFlag.FAULT | AxisFlag.RELEASED


class MotionAxis:
    """One axis. The loop calls it in this order: `take_in`, `prepare`, at the deadline `write`, then `settle`.

    Args:
        spec: the axis.
        motor: its driver, on `port`'s link.
        port: the line it is on.
        memory: the shared memory; `status`: motion's end of its ring.
        start_ring: where its motor says it stands; None: nobody knows, and a predecessor's last set-point is assumed.
    """

    def __init__(
        self,
        index: int,
        spec: AxisSpec,
        motor: LensMotor,
        port: MotionPort,
        memory: SharedMemory,
        status: StatusWriter,
        *,
        start_ring: float | None,
    ) -> None:
        self.index, self.spec, self.motor, self.port = index, spec, motor, port
        self._status, self._words = status, memory.axis_words[index]
        self._latches, self._reader = memory.latches, memory.plan_reader(index)
        self._filter, self._watch = SentFilter(status, index), FollowingWatch(spec)
        self._deadlines = DeadlineWatch()
        self._complained, self._dropped = TroubleLimit(), TroubleLimit()
        self._ring = start_ring
        self._flags = AxisFlag.NONE
        self._inert = self._releasing = False
        self.latch = Latch.NONE
        self._orders: AxisPlan | None = None
        self._plan: AxisPlan | None = None
        self._pending = False
        self._data = b""
        self._stamp_ns = self._last_due_ns = self._heard_ns = self._failing_since_ns = 0
        self.frame: Frame | None = None
        self.write_ns, self.service_ns = NEVER_NS, 0
        self.stale, self.urgent = True, False
        restarted = self._words.engage_epoch > 0
        if start_ring is None and restarted and self._words.sent_ns:
            self._ring = self._words.ring
            status.sent(index, self._words.sent_ns, self._words.ring, self._words.counts)  # where exactly it left off
        self._words.begin()
        self._epoch = self._words.drop_engage(status.next_index)
        if restarted:
            status.trouble(index, now_ns(), "fault", "motion was restarted: engage again")
        self._known = start_ring is not None
        self.player = self._new_player()
        status.trouble(index, now_ns(), "back", self._standing)

    # --- orders ---------------------------------------------------------------------------------------------------

    @property
    def faulted(self) -> bool:
        """Whether its port or its motor is out of order; nothing is sent then."""
        return bool(self._flags & AxisFlag.FAULT)

    @property
    def at_rest(self) -> bool:
        """Whether nothing of a motion is left to send."""
        frame = self.frame
        return not self.stale and (
            frame is None
            or (self.player.holding and frame.velocity_ring_per_s == 0.0 and frame.ring == self.player.ring)
        )

    def look(self, now: int, pieces: int, *, extra: Latch) -> int:
        """Take in stops and orders that changed; returns how many pieces of a track may still be decoded."""
        latch = self._latches.of(self.index) | extra
        if latch != self.latch:
            self._latch(latch, now)
        reader = self._reader
        if reader.stale:
            pieces = reader.refresh(pieces)
            self._pending = reader.stale
        if reader.plan is not self._orders:
            self._orders = reader.plan
            self._gate()
        return pieces

    @property
    def pending(self) -> bool:
        """Whether a long track is still being decoded."""
        return self._pending

    def move_by(self, ring_delta: float) -> None:
        """A person moves the axis; only while HAND is latched."""
        self.player.hand_by(ring_delta)
        self.stale = True

    def _latch(self, latch: Latch, now: int) -> None:
        risen, fallen = latch & ~self.latch, self.latch & ~latch
        self.latch = latch
        self._releasing = bool(latch & Latch.RELEASE)
        self.stale = True
        if risen & _DROPS_ENGAGE:
            self._drop_engage()
        if fallen & Latch.RELEASE:
            self._set_flags(self._flags & ~AxisFlag.RELEASED)
            self.player = self._new_player()
        self._status.latched(self.index, now, latch)

    def _gate(self) -> None:
        """ENGAGE holds under its own epoch only: not after a fault, a PANIC or a restart it was not given after."""
        orders = self._orders
        if orders is not None and orders.follow and self._reader.engage_epoch != self._epoch:
            orders = replace(orders, follow=False)
        before, self._plan = self._plan, orders
        self.stale = True
        self._clear_way(before)
        following = orders is not None and orders.follow
        self._set_flags(self._flags | AxisFlag.FOLLOWING if following else self._flags & ~AxisFlag.FOLLOWING)

    def _clear_way(self, before: AxisPlan | None) -> None:
        """A splice that begins at rest does not wait behind a frame that only says again where the axis stands."""
        frame, splice = self.frame, self._plan.splice if self._plan is not None else None
        if splice is None or frame is None or frame.velocity_ring_per_s or frame.ring != self.player.ring:
            return
        former = before.splice if before is not None else None
        if former is None or (former.from_ns, former.until_ns) != (splice.from_ns, splice.until_ns):
            self.frame, self.write_ns, self.urgent = None, NEVER_NS, True

    def _drop_engage(self) -> None:
        self._epoch = self._words.drop_engage(self._status.next_index)
        self._gate()

    def _set_flags(self, flags: AxisFlag) -> None:
        if flags != self._flags:
            self._flags = flags
            self._inert = bool(flags & _SENDS_NOTHING)
            self._words.set_flags(flags)

    # --- set-points -----------------------------------------------------------------------------------------------

    def prepare(self, now: int, clock: Clock, *, conductor_silent: bool) -> None:
        """Make, or make anew, the frame that goes out next."""
        self.wake(now)
        self.stale = self.urgent = False
        frame = None
        if not self._inert:
            if self._releasing and self._release(now):
                self.write_ns, self.frame = NEVER_NS, None
                self._deadlines.expect(None)
                return
            if self._ring is None and self._plan is not None and self._plan.follow:
                self._begin_with(self._plan, now, clock)
            frame = self.player.prepare(now, clock, self._plan, self.latch, conductor_silent=conductor_silent)
        old, self.frame = self.frame, frame
        self._deadlines.expect(frame)
        if frame is None:
            self.write_ns, self._last_due_ns = NEVER_NS, 0
            return
        self.write_ns = frame.write_ns
        if old is None or old.counts != frame.counts or not self._data:
            try:
                self._data = self.motor.encode(frame.counts)
            except TravelError as problem:
                self.frame, self.write_ns = None, NEVER_NS
                self._complain(now, problem.sentence)

    def _begin_with(self, plan: AxisPlan, now: int, clock: Clock) -> None:
        """Nobody knows where it stands: its first set-point is where its plan has it, not a rush from one end."""
        at_ns, splice = now + self.spec.lead_ns, plan.splice
        if splice is not None:
            self._ring = splice.track.at(min(at_ns, splice.until_ns))[0]
        else:
            self._ring = plan.track.at(clock.show_at(at_ns) if clock.epoch == plan.epoch else 0)[0]
        self.player.observe(self._ring, now)

    def write(self, now: int) -> bool | None:
        """Write the prepared frame; None when it is so late that the next one is better. Raises LinkError."""
        frame = self.frame
        assert frame is not None  # noqa: S101 - the loop asks only for frames that are there
        self.write_ns = NEVER_NS
        late_ns = now - frame.write_ns
        if late_ns > OVERSLEPT_NS or (late_ns > self.spec.period_ns and not frame.landing):
            self._stamp_ns = 0
            return None
        sent = self.motor.send(self._data)
        self._data = b""
        self._stamp_ns = now_ns() if sent else 0
        return sent

    def settle(self, outcome: bool | None, now: int) -> None:
        """Book what became of the frame; the next one is wanted."""
        frame, self.frame = self.frame, None
        self.stale = True
        if frame is None:
            return
        lost = self._lost_before(frame) + (outcome is None)
        if lost:
            self._words.count_lost(lost)
        self._last_due_ns = frame.due_ns
        if frame.clamped:
            self._words.count_clamped()
        if outcome:
            self._failing_since_ns = 0
            stamp_ns = self._stamp_ns + self.spec.line_ns
            self._words.note_sent(frame.ring, frame.counts, stamp_ns)
            self._filter.sent(frame, stamp_ns)
            if self.spec.feedback:
                self._watch.sent(frame.ring, stamp_ns)
            self.player.sent(frame)
            self._ring = frame.ring
            self.service_ns = stamp_ns
            return
        self.player.dropped(frame)
        if outcome is None:
            return
        self._words.count_dropped()
        told = self._dropped.count(now)
        if told:
            self._status.trouble(self.index, now, "dropped", f"the line was full: {told} set-points not sent")
        if not self._failing_since_ns:
            self._failing_since_ns = now
        elif now - self._failing_since_ns > STALL_NS:
            self.port.throw_away()
            self.trip(now, f"the line has taken nothing for {(now - self._failing_since_ns) // NS_PER_MS} ms")

    def _lost_before(self, frame: Frame) -> int:
        """Grid points between the last frame and this one that motion was too late for."""
        last_ns = self._last_due_ns
        if not last_ns or frame.landing:
            return 0
        missed = (frame.due_ns - last_ns - self.spec.period_ns // 2) // self.spec.period_ns
        return max(0, missed)

    def wake(self, now: int) -> None:
        """Let go if set-points were slept over: the axis stands at the last one until it is planned anew."""
        since_ns = self._deadlines.overslept(now)
        if since_ns is None:
            return
        self._filter.flush()
        self._words.count_lost((now - since_ns) // self.spec.period_ns)
        self.frame, self.write_ns, self._data = None, NEVER_NS, b""
        self._last_due_ns = self._failing_since_ns = 0
        self.player.fault(self._orders)
        self._drop_engage()
        self._status.stalled(self.index, now, since_ns)

    def _release(self, now: int) -> bool:
        """Take torque off where the family can; whether it did."""
        if not self.motor.can_release:
            return False
        try:
            released = self.motor.release()
        except LinkError as problem:
            self.trip(now, problem.sentence)
            return True
        if released:
            self._set_flags(self._flags | AxisFlag.RELEASED)
        self.stale = not released
        return released

    # --- the motor's own words ------------------------------------------------------------------------------------

    def hear(self, heard: Heard, stamp: int) -> None:
        """Take in what the line said of this motor."""
        reports, complaints = heard.for_address(self.motor.address)
        if complaints:
            self._complain(stamp, complaints[-1], len(complaints))
        for report in reports:
            self._status.feedback(self.index, stamp, report.counts)
        self._words.count_heard(len(reports), len(complaints))
        if reports:
            self.motor.unanswered = 0
            self._heard_ns = stamp
            if not reports[-1].calibrated:
                self._doubt_zero(stamp)
                return
            self._ring, self._known = self.spec.ring_at(reports[-1].counts), True
            if self.faulted and not self.port.gone:
                self.recover(stamp)
                return
            self._set_flags(self._flags & ~AxisFlag.ASSUMED)
            astray = "" if self._inert else self._watch.reported(self._ring, stamp)
            if astray:
                self.trip(stamp, astray)
            elif self.player.holding:  # under a plan the first set-point may be on its way: no new start then
                self.player.observe(self._ring, stamp)

    def _doubt_zero(self, stamp: int) -> None:
        """Where a motor stands that does not know its end stops is anybody's guess: nothing is sent to it."""
        if self.faulted:
            self._complain(stamp, NO_END_STOPS)
        else:
            self.trip(stamp, NO_END_STOPS)

    def service(self, now: int, free_until: int) -> None:
        """Ask for the position, keep the motor awake, notice its silence. Raises LinkError."""
        if now < self.service_ns:
            return
        motor = self.motor
        if not motor.maybe_query(now, free_until):
            motor.maybe_keep_alive(now, free_until)
        if motor.unanswered >= SILENCE_QUERIES and not self._flags & AxisFlag.FAULT:
            silent_ns = now - self._heard_ns
            if silent_ns > SILENCE_NS:
                since = f"has not answered for {silent_ns // NS_PER_MS} ms"
                never = "has not answered yet; is it switched on, and is this its port?"
                self.trip(now, f"the motor {since if self._heard_ns else never}")

    def trip(self, now: int, reason: str) -> None:
        """A fault of this axis: it lets go, sends nothing more, and follows again only when it is engaged anew."""
        if self._flags & AxisFlag.FAULT:
            return
        self._filter.flush()
        self._set_flags((self._flags | AxisFlag.FAULT) & ~AxisFlag.RELEASED)
        self.frame, self.write_ns, self._data = None, NEVER_NS, b""
        self._last_due_ns = self._failing_since_ns = 0
        self._known = False
        self._deadlines.expect(None)
        self.player.fault()
        self._drop_engage()
        self._status.trouble(self.index, now, "fault", reason)

    def recover(self, now: int) -> None:
        """The fault is over; the axis stands where its motor says, or is assumed to stand at its last set-point."""
        self._set_flags(self._flags & ~AxisFlag.FAULT)
        self._heard_ns, self.motor.unanswered = now, 0
        self.player = self._new_player()
        self.stale = True
        self._status.trouble(self.index, now, "back", self._standing)

    @property
    def _standing(self) -> str:
        if self._known and self._ring is not None:
            return f"position read: {self.spec.counts_at(self._ring)} counts"
        return "position assumed" if self._ring is not None else "position unknown"

    def _new_player(self) -> AxisPlayer:
        self._watch.begin()
        self._set_flags(self._flags & ~AxisFlag.ASSUMED if self._known else self._flags | AxisFlag.ASSUMED)
        ring = 0.0 if self._ring is None else min(1.0, max(0.0, self._ring))
        origin_ns = OFF_THE_TICK_NS + self.spec.line_ns
        return AxisPlayer(self.spec, grid_origin_ns=origin_ns, start_ring=ring, start_known=self._known)

    def _complain(self, now: int, reason: str, times: int = 1) -> None:
        told = self._complained.count(now, times)
        if told:
            self._status.trouble(self.index, now, "refused", f"{reason} ({told}×)" if told > 1 else reason)
