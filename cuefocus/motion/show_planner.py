"""Planning anew at run time, by cue: from other starts, shortened, late, or on a trigger. Pure, made once per show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cuefocus.errors import PlanError
from cuefocus.motion.compile_track import compile_track
from cuefocus.motion.feasible import fits
from cuefocus.motion.planner import default_land_after_ns, plan_rack, plan_triggered, takeup_length_ns
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.retarget import State
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec

_MOVING_RING_PER_S = 1e-6


class ShowPlanner:
    """The racks of a show, ready to be planned from wherever an axis stands.

    Args:
        specs: axes by name.
        requests: timed and triggered cues by id.
    """

    def __init__(self, specs: Mapping[str, AxisSpec], requests: Mapping[str, RackRequest]) -> None:
        self._specs, self._requests = specs, requests

    def track(self, axis: str, racks: Sequence[PlannedRack], rest_ring: float, direction: int) -> Track:
        """The motor track of racks in order; the lens rests at `rest_ring` and last moved to far (+1) or near (-1)."""
        speed = max((self._requests[rack.cue].top_speed for rack in racks if rack.cue in self._requests), default=1.0)
        return compile_track(self._specs[axis], racks, rest_ring, direction, top_speed=speed)

    def replan(
        self, axis: str, racks: Sequence[PlannedRack], start_ring: float, direction: int
    ) -> tuple[PlannedRack, ...]:
        """The same racks, the first leaving from `start_ring` (lens, last moved in `direction`), at its own moment.

        Never refuses: ask `problem` of the first.
        """
        if not racks or racks[0].cue not in self._requests:
            return tuple(racks)
        request = self._requests[racks[0].cue]
        again = plan_rack(request, start_ring, self._specs[axis], last_direction=direction, checked=False)
        return (again, *racks[1:])

    def problem(self, axis: str, rack: PlannedRack) -> str:
        """Why the axis cannot make this rack as planned, or empty."""
        request = self._requests.get(rack.cue)
        travel = rack.band.target_ring - rack.from_ring
        if request is None or travel == 0.0:
            return ""
        pull_s = (rack.stop_ns - rack.depart_ns) * 1e-9 / (1.0 if rack.triggered else request.top_speed)
        if fits(request.profile, travel, pull_s, self._specs[axis]):
            return ""
        return f"from where it stands, {pull_s:.2f} s is too short for this motor"

    def compress(self, rack: PlannedRack, start_ring: float, depart_ns: int) -> PlannedRack | None:
        """The rack shortened to leave at `depart_ns` and still land in time; None where the limits forbid it."""
        request = self._requests.get(rack.cue)
        if request is None or request.land_ns is None:
            return None
        try:
            return plan_rack(
                _without_leave(request), start_ring, self._specs[rack.axis], not_before_ns=depart_ns, may_shorten=True
            )
        except PlanError:
            return None

    def late(self, rack: PlannedRack, start_ring: float, depart_ns: int) -> PlannedRack:
        """The written pull, leaving at `depart_ns`; its landing stays the written one, missed by that much."""
        spec = self._specs[rack.axis]
        request = _without_leave(self._requests[rack.cue], pull_ns=rack.stop_ns - rack.depart_ns)
        return plan_rack(request, start_ring, spec, depart_ns=depart_ns, checked=False)

    def triggered(self, cue: str, start: State, trigger_ns: int, now_ns: int, direction: int) -> PlannedRack:
        """A triggered cue's rack in host time, from the lens' state one dead time after `now_ns`.

        At rest it leaves as late as its pull allows, after taking up slack; moving, it leaves at once.

        Raises: PlanError when it cannot land as written.
        """
        request = self._requests[cue]
        spec = self._specs[request.axis]
        moving = abs(start[1]) > _MOVING_RING_PER_S
        slack_ns = 0 if moving else takeup_length_ns(spec, 1.0, direction, request.aim.ring - start[0])
        after_ns = request.land_after_ns
        if after_ns is None:
            after_ns = default_land_after_ns(request, start[0], spec) + slack_ns
        return plan_triggered(
            request,
            start,
            spec,
            trigger_ns=trigger_ns,
            now_ns=now_ns + spec.dead_ns - spec.lead_ns + slack_ns,
            land_after_ns=after_ns,
            last_direction=direction,
        )


def _without_leave(request: RackRequest, pull_ns: int | None = None) -> RackRequest:
    """A rack that leaves when it must, not on its own anchor."""
    if request.pull_ns is None and request.pull_ring_per_s is None and pull_ns is None:
        pull_ns = (request.land_ns or 0) - (request.leave_ns or 0)
    if pull_ns is None:
        return replace(request, leave_ns=None)
    return replace(request, leave_ns=None, pull_ns=pull_ns, pull_ring_per_s=None)
