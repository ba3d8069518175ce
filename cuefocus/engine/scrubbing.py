"""Scrubbing: while playback is wound to and fro in an act that allows it, the axes show where the track is.

No cue fires, no rack departs and no verdict is made: there is no running clock. Every few milliseconds a short splice
is laid from the commanded state to where the track will be; it ends at rest, so an axis whose next splice does not come
(timecode stopped, conductor dead) stands still by itself. An axis is first brought to the track at its settle speed, as
any move no cue asked for; once on it, it may use what its racks may: at -1× the lens shows what it shows in play.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.orders import AxisOrders
from cuefocus.engine.plan import Splice
from cuefocus.motion.kinematics import lens_limits
from cuefocus.motion.retarget import State, settle_limits
from cuefocus.motion.scrub_path import braked_segments, inside_travel, scrub_segments, still_ahead
from cuefocus.motion.track import Segment, Track
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: How far ahead of its beginning a splice meets the track.
_AHEAD_NS = 30 * NS_PER_MS
#: A splice is laid over the last one no sooner than this.
_EVERY_NS = 8 * NS_PER_MS
#: From a step until motion has its splice: set-points up to then are left as they were.
_HANDOVER_NS = 6 * NS_PER_MS
#: A clock that is this much elsewhere than it ran was located: the axes go there calmly.
_LEAP_NS = NS_PER_S
_LEAP_SPAN_NS = 500 * NS_PER_MS
_SAME_RING, _THERE_RING = 1e-6, 1e-10
#: So near the track there is nowhere to rush to.
_NEAR_RING = 0.01
_STILL_RING_PER_S = 1e-4
#: Slower than this an axis has no direction to tell the side of the slack by.
_SIDED_RING_PER_S = 1e-3


@dataclass(slots=True)
class _Axis:
    """One axis that scrubs.

    Args:
        track: lens ring over show time; None before the first rack where no opening says where the lens stands.
        met: it has been on the track since scrubbing began.
        planned_ns: when its splice was laid.
    """

    track: Track
    opens_ns: int | None
    splice: Splice | None = None
    met: bool = False
    planned_ns: int = 0


class Scrubbing:
    """What scrubs at present."""

    def __init__(self) -> None:
        self.active = False
        self._axes: dict[str, _Axis] = {}
        self._stays: set[str] = set()
        self._clock: Clock | None = None

    def end(self) -> None:
        """Playback is followed again, or another act is played: the axes are placed by what that means."""
        self.active, self._clock = False, None
        self._axes.clear()
        self._stays.clear()

    def step(self, session: "Session", until_ns: int | None) -> None:
        """Lay the next splices.

        Args:
            session: whose clock and axes.
            until_ns: until when the clock may be scrubbed along, host ns; None where it is not wound.
        """
        clock, now_ns = session.clock, session.now_ns
        if clock.running:
            self.end()
            return
        self.active = until_ns is not None and now_ns <= until_ns
        if until_ns is None or not self.active:
            self._let_rest(session)
            return
        if self._clock is not None and _leapt(self._clock, clock, now_ns):
            for axis in self._axes.values():
                axis.met = False
        self._clock = clock
        chase = session.act.chase
        if not chase.starts_show_ns - chase.preroll_ns <= clock.show_at(now_ns) <= chase.end_show_ns:
            self._let_rest(session)  # outside the act there is nothing to show: the axes hold
            return
        for orders in session.stage.orders.values():
            self._follow(session, orders)

    # --- one axis ---

    def _follow(self, session: "Session", orders: AxisOrders) -> None:
        name, now_ns = orders.name, session.now_ns
        if not self._may_scrub(session, orders) or self._cast_holds(session, orders):
            self._axes.pop(name, None)
            return
        axis = self._axes.get(name)
        if axis is None or orders.loose or orders.splice is not axis.splice:
            axis = self._taken(session, orders)
        if axis is None or now_ns - axis.planned_ns < _EVERY_NS:
            return
        if axis.opens_ns is not None and session.clock.show_at(now_ns) < axis.opens_ns:
            return
        self._plan(orders, axis, session.clock, now_ns)

    def _may_scrub(self, session: "Session", orders: AxisOrders) -> bool:
        """Armed, engaged, and not held by a stop; one that was is left to `rejoin`, as after any stop."""
        if not orders.armed or not orders.engaged or orders.fault:
            self._stays.discard(orders.name)
            return False
        if orders.latch and session.act.rejoin != "now":
            self._stays.add(orders.name)
        return not orders.latch and orders.name not in self._stays

    def _cast_holds(self, session: "Session", orders: AxisOrders) -> bool:
        """A triggered rack is under way, or its target is held until the clock passes into another timed rack."""
        if not orders.cast:
            return False
        axis = self._axes.get(orders.name)
        if orders.splice_active(session.now_ns) and (axis is None or orders.splice is not axis.splice):
            return True
        begun = session.stage.last_begun(session, orders)
        if orders.cast_after is None:
            orders.cast_after = begun
        if orders.cast_after == begun:
            return True
        orders.cast = ""
        return False

    def _taken(self, session: "Session", orders: AxisOrders) -> _Axis | None:
        """Begin to move an axis; not before a stop under way has been carried out."""
        now_ns = session.now_ns
        if orders.loose and abs(orders.state_at(now_ns, NO_CLOCK)[1]) > _STILL_RING_PER_S:
            return None
        act = session.act
        racks = session.settings.racks(act, orders.name)
        opening = act.opening.get(orders.name)
        if opening is None and not racks:
            return None
        rest_lens = racks[0].from_ring if opening is None else opening
        track = Track(rest_lens, [segment for rack in racks for segment in rack.segments])
        opens_ns = racks[0].depart_ns if opening is None else None
        session.book.end_watch(orders.name, now_ns)
        orders.take_hold(NO_CLOCK)
        self._axes[orders.name] = axis = _Axis(track, opens_ns, orders.splice)
        return axis

    def _plan(self, orders: AxisOrders, axis: _Axis, clock: Clock, now_ns: int) -> None:
        spec = orders.job.spec
        branch_ns = _branch_ns(orders, now_ns)
        state = orders.state_at(branch_ns, NO_CLOCK)
        target = _target(orders, axis.track, state, clock, branch_ns + _AHEAD_NS)
        if _there(state, target):
            axis.met = True
            return
        axis.met = axis.met or abs(state[0] - target[0]) <= _NEAR_RING
        limits = lens_limits(spec) if axis.met and not orders.cautious else settle_limits(spec)
        segments, in_time = scrub_segments(state, target, limits, start_ns=branch_ns, ahead_ns=_AHEAD_NS)
        axis.met = axis.met or in_time
        axis.planned_ns = now_ns
        axis.splice = _laid(orders, segments, state, now_ns, branch_ns)

    # --- the end ---

    def _let_rest(self, session: "Session") -> None:
        """Timecode has stopped, or may not be followed: what moves comes to rest where it is."""
        now_ns = session.now_ns
        for name, axis in self._axes.items():
            orders = session.stage.orders[name]
            if orders.loose or orders.splice is not axis.splice or not orders.splice_active(now_ns):
                continue
            branch_ns = _branch_ns(orders, now_ns)
            state = orders.state_at(branch_ns, NO_CLOCK)
            segments = braked_segments(state, lens_limits(orders.job.spec), start_ns=branch_ns)
            if segments and abs(segments[-1].end_ring - orders.motor_ring) <= _SAME_RING:
                continue  # it is coming to rest there already
            _laid(orders, segments, state, now_ns, branch_ns)
        self._axes.clear()
        self._clock = None


def _branch_ns(orders: AxisOrders, now_ns: int) -> int:
    """The first moment of motion that no set-point has been made for when a splice planned now is in motion's hands."""
    spec = orders.job.spec
    return now_ns + spec.lead_ns + spec.period_ns // 2 + _HANDOVER_NS


def _target(orders: AxisOrders, track: Track, state: State, clock: Clock, at_ns: int) -> State:
    """The motor's state that has the lens on the track at a host time, the slack on the side it moves to."""
    lens, speed, accel = track.at(clock.show_at(at_ns))
    speed, accel = speed * clock.speed, accel * clock.speed * clock.speed
    half = orders.job.spec.backlash_ring / 2
    if abs(speed) > _SIDED_RING_PER_S:
        side = 1 if speed > 0.0 else -1
    else:
        side = _side_at_rest(orders.direction, state[0] - lens, half)
    return inside_travel((lens + side * half, speed, accel))


def _side_at_rest(last: int, off_ring: float, half_ring: float) -> int:
    """Which side the slack is on at rest: no move is made only to change it.

    Args:
        last: which way the axis moved last, as far as known.
        off_ring: how far beyond the lens' place the motor stands, signed.
        half_ring: half the slack.
    """
    for side in (last, 1, -1):
        if abs(off_ring - side * half_ring) <= _SAME_RING:
            return side
    if abs(off_ring - last * half_ring) <= half_ring:
        return last
    return 1 if off_ring < 0.0 else -1


def _there(state: State, target: State) -> bool:
    near = abs(state[0] - target[0]) <= _THERE_RING
    return near and abs(state[1]) <= _STILL_RING_PER_S and target[1] == 0.0 == target[2]


def _laid(
    orders: AxisOrders, segments: tuple[Segment, ...], state: State, now_ns: int, branch_ns: int
) -> Splice | None:
    """Lay a way that begins at `branch_ns` over what the axis does; up to there nothing changes."""
    old = orders.splice.track if orders.splice is not None else None
    kept = still_ahead(old, now_ns, branch_ns) if old is not None else ()
    whole = (*kept, *segments)
    if whole:
        orders.lay(Splice(Track(state[0], whole), now_ns, max(whole[-1].end_ns, branch_ns)), "playback is wound")
    if abs(state[1]) > _SIDED_RING_PER_S:
        orders.direction = 1 if state[1] > 0.0 else -1
    orders.changed = True
    return orders.splice


def _leapt(before: Clock, clock: Clock, now_ns: int) -> bool:
    """Whether the clock is far from where it ran on to."""
    allowed_ns = max(_LEAP_NS, round(_LEAP_SPAN_NS * max(abs(before.speed), abs(clock.speed))))
    return abs(clock.show_at(now_ns) - before.show_at(now_ns)) > allowed_ns
