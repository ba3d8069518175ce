"""When a rack leaves and how it moves: worked back from its landing, or forward from its leaving.

`sharp` racks are in the sharp band at `land_ns` to the nanosecond and stay; `stopped` racks stand still then.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from math import ceil, floor

from cuefocus.errors import PlanError
from cuefocus.motion.feasible import fits, shortest_pull_ns
from cuefocus.motion.kinematics import jerk_segments, lens_limits
from cuefocus.motion.paths import entry_ns
from cuefocus.motion.profile import Profile, named_profile
from cuefocus.motion.racks import Band, PlannedRack
from cuefocus.motion.requests import RackRequest, TooFast
from cuefocus.motion.retarget import State, to_rest
from cuefocus.motion.stop import stop_distance, stop_pieces
from cuefocus.motion.track import Segment
from cuefocus.motor.axis import AxisSpec

_AT_REST_RING_PER_S = 1e-6
_AT_REST_RING_PER_S2 = 1e-4
_SOLVES = 24
_SOLVED_NS = 10_000
_IN_TIME_NS = 1_000_000
_LONGEST = 4  # a path from motion that enters its band when asked takes no longer than so many times that


@lru_cache(maxsize=8192)
def entry_fraction(profile: Profile, start_ring: float, band: Band) -> float:
    """Fraction of the pull after which focus is in the band for good; 1 where the band already holds the start."""
    travel = band.target_ring - start_ring
    if travel == 0.0 or band.near_ring <= start_ring <= band.far_ring:
        return 1.0
    near, far = (band.near_ring - start_ring) / travel, (band.far_ring - start_ring) / travel
    low, high = (near, far) if travel > 0.0 else (far, near)
    return profile.entry_fraction(low, high if profile.overshoot > 0.0 else 2.0)


def plan_rack(
    request: RackRequest,
    start_ring: float,
    spec: AxisSpec,
    *,
    land_ns: int | None = None,
    depart_ns: int | None = None,
    not_before_ns: int | None = None,
    may_shorten: bool = False,
    last_direction: int = 0,
    checked: bool = True,
) -> PlannedRack:
    """A rack from a standing start. It lands at `land_ns`; None: when the request says.

    `depart_ns` leaves then, whatever the landing (the pull as written): `on_jump: late`. `not_before_ns` is when it may
    leave at the earliest, `may_shorten` lets it pull faster to keep its landing then (`compress`). With `checked` off,
    the limits are not looked at (the caller has). `last_direction` (-1, 0, 1) decides whether slack is taken up first.

    Raises: TooFast where the axis cannot do it in the time, PlanError where there is no time at all.
    """
    band = request.aim.band(start_ring)
    travel = band.target_ring - start_ring
    fraction = 1.0 if request.landing == "stopped" else entry_fraction(request.profile, start_ring, band)
    leave_ns = request.leave_ns if depart_ns is None else depart_ns
    pull_ns = _pull_ns(request, travel, fraction, spec, fixed=depart_ns is None, holds_start=_holds(band, start_ring))
    wanted_ns = request.land_ns if land_ns is None else land_ns
    if leave_ns is None:
        if wanted_ns is None:
            raise PlanError(f"cue {request.cue} has neither a landing nor a departure")
        leave_ns = wanted_ns - _until_sharp_ns(pull_ns, fraction)
        if not_before_ns is not None and leave_ns < not_before_ns and may_shorten:
            leave_ns = not_before_ns
            pull_ns = _pull_for_ns(wanted_ns - not_before_ns, fraction)
    if wanted_ns is None or depart_ns is not None:
        sharp_ns = leave_ns + _until_sharp_ns(pull_ns, fraction)
        wanted_ns = sharp_ns if wanted_ns is None else wanted_ns
    else:
        sharp_ns = wanted_ns
    needs_ns = (
        shortest_pull_ns(request.profile, travel, spec, top_speed=request.top_speed, margin=1.0)
        if (checked and not fits(request.profile, travel, pull_ns * 1e-9 / request.top_speed, spec))
        else 0
    )
    late_start = not_before_ns is not None and leave_ns < not_before_ns
    if needs_ns > pull_ns or late_start:
        needs_ns = needs_ns or shortest_pull_ns(request.profile, travel, spec, top_speed=request.top_speed, margin=1.0)
        earliest_leave_ns = max(leave_ns, not_before_ns if not_before_ns is not None else leave_ns)
        raise TooFast(
            f"the pull has {_seconds(pull_ns)} and needs {_seconds(needs_ns)} at least"
            if needs_ns > pull_ns
            else f"it would have to leave {_seconds((not_before_ns or 0) - leave_ns)} before it can",
            needs_ns=needs_ns,
            earliest_ns=earliest_leave_ns + _until_sharp_ns(needs_ns, fraction),
        )
    takeup_ns = takeup_length_ns(spec, request.top_speed, last_direction, travel)
    segments = request.profile.segments(start_ring, band.target_ring, leave_ns, pull_ns)
    return _planned(request, start_ring, band, segments, wanted_ns, sharp_ns, leave_ns, leave_ns + pull_ns, takeup_ns)


def longest_until_sharp_ns(request: RackRequest, pull_ns: int, starts: Iterable[float]) -> int:
    """Departure to landing of a pull, from that of some lens rings from which it takes longest; of none, all of it."""
    if request.landing == "stopped":
        return pull_ns
    bands = ((start, request.aim.band(start)) for start in starts)
    fractions = (entry_fraction(request.profile, start, band) for start, band in bands if not _holds(band, start))
    return _until_sharp_ns(pull_ns, max(fractions, default=1.0))


def _until_sharp_ns(pull_ns: int, fraction: float) -> int:
    """Departure to sharp; a nanosecond in hand, as segments begin and end on whole ones."""
    return pull_ns if fraction >= 1.0 else ceil(fraction * pull_ns) + 1


def _pull_for_ns(until_sharp_ns: int, fraction: float) -> int:
    """The longest pull that is sharp so long after its departure."""
    return max(0, until_sharp_ns if fraction >= 1.0 else floor((until_sharp_ns - 1) / fraction))


def _holds(band: Band, ring: float) -> bool:
    """Whether the lens is sharp there already: there is nothing to pull."""
    return band.near_ring <= ring <= band.far_ring


def _pull_ns(
    request: RackRequest, travel: float, fraction: float, spec: AxisSpec, *, fixed: bool, holds_start: bool
) -> int:
    """Length of the pull, departure to standstill. By a mean speed what is sharp already takes as long as it must."""
    if request.pull_ring_per_s is not None:
        by_speed_ns = max(1, round(abs(travel) / request.pull_ring_per_s * 1e9))
        if not holds_start:
            return by_speed_ns
        return max(by_speed_ns, shortest_pull_ns(request.profile, travel, spec, top_speed=request.top_speed))
    if fixed and request.leave_ns is not None and request.land_ns is not None:
        if request.land_ns <= request.leave_ns:
            raise PlanError(
                f"it lands {_seconds(request.leave_ns - request.land_ns)} before it leaves",
                hint="swap leave and land, or move one",
            )
        return _pull_for_ns(request.land_ns - request.leave_ns, fraction)
    if request.pull_ns is None:
        raise PlanError(f"cue {request.cue} has no pull", hint="write pull: 600 ms")
    return request.pull_ns


def takeup_length_ns(spec: AxisSpec, top_speed: float, last_direction: int, travel: float) -> int:
    """How long before departure a reversal begins to take up its slack; 0 without one."""
    direction = (travel > 0.0) - (travel < 0.0)
    if spec.backlash_ring <= 0.0 or direction == 0 or direction == last_direction:
        return 0
    slack = spec.backlash_ring if last_direction else 0.5 * spec.backlash_ring
    return max(1_000_000, shortest_pull_ns(named_profile("minimum-jerk"), slack, spec, top_speed=top_speed))


def default_land_after_ns(request: RackRequest, start_ring: float, spec: AxisSpec) -> int:
    """Trigger to landing where the cue does not say: its pull and the axis' latency."""
    if request.land_after_ns is not None:
        return request.land_after_ns
    holds_start = request.pull_ring_per_s is not None and _holds(request.aim.band(start_ring), start_ring)
    travel = request.aim.ring - start_ring
    return _pull_ns(request, travel, 1.0, spec, fixed=False, holds_start=holds_start) + spec.lead_ns


def plan_triggered(
    request: RackRequest,
    start: State,
    spec: AxisSpec,
    *,
    trigger_ns: int,
    now_ns: int | None = None,
    land_after_ns: int | None = None,
    last_direction: int = 0,
) -> PlannedRack:
    """A triggered rack in host time.

    `start` is the lens ring, speed and acceleration of the axis at the earliest departure, which is the latency of the
    axis after `now_ns` (default the trigger). At rest, it leaves as late as its pull allows; moving, it leaves at
    once, or comes to rest at once where the target is not ahead.

    Raises: TooFast where it cannot land in time (its `earliest_ns` is when it could).
    """
    earliest_ns = (trigger_ns if now_ns is None else now_ns) + spec.lead_ns
    after_ns = default_land_after_ns(request, start[0], spec) if land_after_ns is None else land_after_ns
    land_ns = trigger_ns + after_ns
    if abs(start[1]) < _AT_REST_RING_PER_S and abs(start[2]) < _AT_REST_RING_PER_S2:
        return plan_rack(
            _at_host_time(request),
            start[0],
            spec,
            land_ns=land_ns,
            not_before_ns=earliest_ns,
            may_shorten=True,
            last_direction=last_direction,
        )
    return _from_motion(request, start, spec, earliest_ns, land_ns, last_direction)


def _at_host_time(request: RackRequest) -> RackRequest:
    """A request whose landing is given in host time, whatever it says itself. One of a triggered cue is such a one."""
    if request.triggered and request.leave_ns is None and request.top_speed == 1.0:
        return request
    return replace(request, leave_ns=None, top_speed=1.0, triggered=True)


def _from_motion(
    request: RackRequest, start: State, spec: AxisSpec, depart_ns: int, land_ns: int, last_direction: int
) -> PlannedRack:
    """A rack that begins while the axis moves.

    Where the target lies ahead the pull goes on into it; else the axis comes to rest, takes up its slack and pulls
    back: on a path that only turned the lens would stand still, unaccounted for, while the motor goes through its play.
    """
    ahead = stop_distance(start[1], start[2], lens_limits(spec, speed=1.05))
    towards = (ahead > 0.0) - (ahead < 0.0) or last_direction
    rest_ring = start[0] + ahead
    stretched: PlannedRack | None = None
    if (request.aim.band(start[0]).target_ring - rest_ring) * towards > 0.0:
        stretched = _stretched(request, start, spec, depart_ns, land_ns)
        if land_ns - stretched.sharp_ns <= _IN_TIME_NS:
            return stretched
    try:
        return _after_a_stop(request, start, spec, depart_ns, land_ns, towards)
    except PlanError:
        return stretched if stretched is not None else _stretched(request, start, spec, depart_ns, land_ns)


def _after_a_stop(
    request: RackRequest, start: State, spec: AxisSpec, depart_ns: int, land_ns: int, towards: int
) -> PlannedRack:
    """To rest as soon as the limits allow, then a pull from there as from any standstill; shortened where it must be.

    Raises: TooFast, PlanError.
    """
    pieces = stop_pieces(start[1], start[2], lens_limits(spec, speed=1.05))
    stop = jerk_segments(*start, pieces, start_ns=depart_ns)
    rest_ring, free_ns = (stop[-1].end_ring, stop[-1].end_ns) if stop else (start[0], depart_ns)
    slack_ns = takeup_length_ns(spec, 1.0, towards, request.aim.band(rest_ring).target_ring - rest_ring)
    rack = plan_rack(
        _at_host_time(request),
        rest_ring,
        spec,
        land_ns=land_ns,
        not_before_ns=free_ns + slack_ns,
        may_shorten=True,
        last_direction=towards,
    )
    return replace(rack, segments=(*stop, *rack.segments))


def _stretched(request: RackRequest, start: State, spec: AxisSpec, depart_ns: int, land_ns: int) -> PlannedRack:
    """A jerk-limited path stretched until it enters the band at `land_ns`. Raises: TooFast, PlanError."""
    band = request.aim.band(start[0])
    limits = lens_limits(spec, speed=1.05)
    quickest = to_rest(start, band.target_ring, limits, start_ns=depart_ns)

    def sharp_at(path: tuple[Segment, ...]) -> int:
        if request.landing == "stopped":
            return path[-1].end_ns if path else depart_ns
        return entry_ns(path, band.near_ring, band.far_ring, depart_ns)

    best, sharp_ns = quickest, sharp_at(quickest)
    if sharp_ns > land_ns:
        raise TooFast(
            f"from where it moves now it needs {_seconds(sharp_ns - depart_ns)} at least",
            needs_ns=sharp_ns - depart_ns,
            earliest_ns=sharp_ns,
        )
    shortest_ns = early_ns = quickest[-1].end_ns - depart_ns if quickest else 0
    late_ns = _LONGEST * (land_ns - depart_ns)
    length_ns = max(shortest_ns, land_ns - depart_ns)
    for _ in range(_SOLVES):
        path = to_rest(start, band.target_ring, limits, start_ns=depart_ns, minimum_ns=length_ns)
        at_ns = sharp_at(path)
        if at_ns <= land_ns:
            early_ns = length_ns
            if at_ns >= sharp_ns:
                best, sharp_ns = path, at_ns
            if land_ns - at_ns < _SOLVED_NS:
                break
        else:
            late_ns = length_ns
        length_ns = round(length_ns * (land_ns - depart_ns) / max(1, at_ns - depart_ns))
        if not early_ns < length_ns < late_ns:
            length_ns = (early_ns + late_ns) // 2
    stop_ns = best[-1].end_ns if best else depart_ns
    timed = _at_host_time(request)
    return _planned(timed, start[0], band, best, land_ns, sharp_ns, depart_ns, stop_ns, 0)


def _planned(
    request: RackRequest,
    start_ring: float,
    band: Band,
    segments: tuple[Segment, ...],
    land_ns: int,
    sharp_ns: int,
    depart_ns: int,
    stop_ns: int,
    takeup_ns: int,
) -> PlannedRack:
    return PlannedRack(
        cue=request.cue,
        name=request.name,
        camera=request.camera,
        axis=request.axis,
        act=request.act,
        land_ns=land_ns,
        sharp_ns=sharp_ns,
        depart_ns=depart_ns,
        stop_ns=stop_ns,
        leave_ns=request.leave_ns,
        from_ring=start_ring,
        band=band,
        segments=segments,
        tolerance_ns=request.tolerance_ns,
        landing=request.landing,
        on_jump=request.on_jump,
        kind=request.kind,
        target=request.target,
        anchor=request.anchor,
        leave_anchor=request.leave_anchor,
        target_mm=request.target_mm,
        stop=request.stop,
        focal_mm=request.focal_mm,
        offset_ns=request.offset_ns,
        takeup_ns=takeup_ns,
        triggered=request.triggered,
    )


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:.2f} s"
