"""Racks planned anew at run time, from the requests the show was compiled from."""

from collections.abc import Mapping, Sequence

from cuefocus.errors import PlanError
from cuefocus.motion.compile_track import compile_track, replan
from cuefocus.motion.feasible import fits
from cuefocus.motion.planner import default_land_after_ns, plan_rack, plan_triggered, takeup_length_ns
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest, TooFast
from cuefocus.motion.retarget import State
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec


class ShowPlanner:
    """Plans the cues of one show on its axes.

    Args:
        specs: axes by name.
        requests: every cue as it was asked for, by cue id.
    """

    def __init__(self, specs: Mapping[str, AxisSpec], requests: Mapping[str, RackRequest]) -> None:
        self._specs, self._requests = dict(specs), dict(requests)

    def track(self, axis: str, racks: Sequence[PlannedRack], rest_ring: float, direction: int) -> Track:
        """The motor track of racks in order, from lens ring `rest_ring`, last moved in `direction`."""
        top_speed = self._requests[racks[0].cue].top_speed if racks else 1.0
        return compile_track(self._specs[axis], racks, rest_ring, direction, top_speed=top_speed)

    def replan(
        self, axis: str, racks: Sequence[PlannedRack], start_ring: float, direction: int
    ) -> tuple[PlannedRack, ...]:
        """The same racks, the first leaving from `start_ring`; `problem` says what has become impossible."""
        if not racks:
            return ()
        spec = self._specs[axis]
        try:
            return tuple(replan(spec, racks, self._requests, start_ring, last_direction=direction))
        except TooFast:
            request = self._requests[racks[0].cue]
            return (plan_rack(request, start_ring, spec, last_direction=direction, checked=False), *racks[1:])

    def problem(self, axis: str, rack: PlannedRack) -> str:
        """Why the axis cannot make this rack as planned, or empty."""
        request = self._requests[rack.cue]
        travel = rack.band.target_ring - rack.from_ring
        pull_s = (rack.stop_ns - rack.depart_ns) * 1e-9 / request.top_speed
        if rack.triggered or fits(request.profile, travel, pull_s, self._specs[axis]):
            return ""
        return f"{abs(travel):.0%} of the ring in {pull_s:.2f} s is more than {axis} can do from where it stands"

    def compress(self, rack: PlannedRack, start_ring: float, depart_ns: int) -> PlannedRack | None:
        """The rack shortened to leave at `depart_ns` and still land in time; None where the limits forbid it."""
        try:
            return plan_rack(
                self._requests[rack.cue], start_ring, self._specs[rack.axis], not_before_ns=depart_ns, may_shorten=True
            )
        except PlanError:
            return None

    def late(self, rack: PlannedRack, start_ring: float, depart_ns: int) -> PlannedRack:
        """The written pull, leaving at `depart_ns`."""
        request, spec = self._requests[rack.cue], self._specs[rack.axis]
        return plan_rack(request, start_ring, spec, depart_ns=depart_ns, checked=False)

    def triggered(self, cue: str, start: State, trigger_ns: int, now_ns: int, direction: int) -> PlannedRack:
        """A triggered cue's rack in host time, from the lens' state one dead time after `now_ns`.

        Raises: PlanError when it cannot land as written.
        """
        request = self._requests[cue]
        spec = self._specs[request.axis]
        moving = abs(start[1]) > 1e-6
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
