"""Planning anew at run time, by cue: from other starts, shortened, late, or on a trigger. Pure.

One planner is made per show; what cameras are set to during the show makes another of it (`under`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cuefocus.errors import PlanError
from cuefocus.motion.compile_track import Laid, direction_after, lay
from cuefocus.motion.feasible import fits
from cuefocus.motion.live import NO_OFFSETS, NOTHING_SET, Glass, Live, Offsets, later, seen_with, under
from cuefocus.motion.planner import default_land_after_ns, plan_rack, plan_triggered, takeup_length_ns
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.retarget import State
from cuefocus.motion.track import Track
from cuefocus.motor.axis import AxisSpec

_MOVING_RING_PER_S = 1e-6
_THERE_RING = 1e-9  # what rounding leaves of a lens ring that was worked out from the motor's
#: Cues under what is set now, made when asked for: to let go of thousands at once, at the next setting, takes too long.
_REQUESTS_KEPT = 256


class ShowPlanner:
    """The racks of a show, ready to be planned from wherever an axis stands.

    Args:
        specs: axes by name.
        requests: timed and triggered cues by id.
        in_acts: triggered cues that are others in an act, by (act, cue): the request, or why it has none.
        glass: what cameras wear, by (act, camera); under the act "" as the rig has them.
        live: what cameras were last set to.
        offsets: how much later everything, cameras and cues were last told to land.
    """

    def __init__(
        self,
        specs: Mapping[str, AxisSpec],
        requests: Mapping[str, RackRequest],
        in_acts: Mapping[tuple[str, str], RackRequest | str],
        glass: Mapping[tuple[str, str], Glass],
        live: Mapping[str, Live] | None = None,
        offsets: Offsets = NO_OFFSETS,
    ) -> None:
        self._specs, self._written, self._in_acts, self._glass = specs, requests, in_acts, glass
        self._live, self._offsets = dict(live or {}), offsets
        self._requests: dict[str, RackRequest] = {}

    def under(self, live: Mapping[str, Live], offsets: Offsets = NO_OFFSETS) -> "ShowPlanner":
        """The planner once cameras are set so; what is in neither is as the files say."""
        return ShowPlanner(self._specs, self._written, self._in_acts, self._glass, live, offsets)

    def offset_ns(self, cue: str) -> int:
        """How much later a cue was last told to land, ns."""
        written = self._written.get(cue)
        return self._offsets.of(written.camera, cue) if written is not None else 0

    def glass(self, act: str, camera: str) -> Glass | None:
        """What a camera wears in an act; None for a camera that cannot be used."""
        return self._glass.get((act, camera)) or self._glass.get(("", camera))

    def request(self, cue: str) -> RackRequest | None:
        """A timed cue as its camera is set now; None for one that could not be resolved."""
        if not (self._live or self._offsets):
            return self._written.get(cue)
        found = self._requests.get(cue)
        if found is None and (written := self._written.get(cue)) is not None:
            glass = self.glass(written.act, written.camera)
            live = self._live.get(written.camera, NOTHING_SET)
            if len(self._requests) >= _REQUESTS_KEPT:
                self._requests.clear()
            found = under(written, glass.worn(live) if glass is not None else live)
            found = self._requests[cue] = later(found, self.offset_ns(cue))
        return found

    def track(self, axis: str, racks: Sequence[PlannedRack], rest_ring: float, direction: int) -> Track:
        """The motor track of racks in order; the lens rests at `rest_ring` and last moved to far (+1) or near (-1)."""
        return self.lay(axis, racks, rest_ring, direction).track

    def lay(
        self, axis: str, racks: Sequence[PlannedRack], rest_ring: float, direction: int, known: Laid | None = None
    ) -> Laid:
        """The same and what it is made of, quick where most of that is `known` from the track before."""
        requests = (self._written.get(rack.cue) for rack in racks)
        speed = next((request.top_speed for request in requests if request is not None), 1.0)  # an act has one
        return lay(self._specs[axis], racks, rest_ring, direction, speed, known)

    def replan(
        self, axis: str, racks: Sequence[PlannedRack], start_ring: float, direction: int
    ) -> tuple[PlannedRack, ...]:
        """The same racks, the first leaving from `start_ring` (lens, last moved in `direction`), at its own moment.

        Never refuses: ask `problem` of the first.
        """
        request = self.request(racks[0].cue) if racks else None
        if request is None:
            return tuple(racks)
        again = plan_rack(request, start_ring, self._specs[axis], last_direction=direction, checked=False)
        return (again, *racks[1:])

    def in_line(
        self, axis: str, racks: Sequence[PlannedRack], start_ring: float, direction: int
    ) -> tuple[PlannedRack, ...]:
        """Racks of which some may be missing: each is planned from where the one before it ends."""
        line: list[PlannedRack] = []
        for rack in racks:
            planned = rack
            if rack.from_ring != start_ring:
                planned = self.replan(axis, (rack,), start_ring, direction_after(line, direction))[0]
            line.append(planned)
            start_ring = planned.band.target_ring
        return tuple(line)

    def in_time(
        self, axis: str, rack: PlannedRack, start_ring: float, direction: int, not_before_ns: int, free_ns: int | None
    ) -> PlannedRack:
        """The rack from `start_ring`; shortened, to land all the same, where it would move too early.

        Nothing moves before `not_before_ns`, and it departs after the rack before it, if any, has stopped at `free_ns`.

        Raises: PlanError where the limits forbid that.
        """
        again = self.replan(axis, (rack,), start_ring, direction)[0]
        request = self.request(rack.cue)
        moves_ns, earliest_ns = again.depart_ns - again.takeup_ns, not_before_ns + again.takeup_ns
        if free_ns is not None and moves_ns < free_ns:  # no room: the slack is taken up during the pull
            moves_ns, earliest_ns = again.depart_ns, max(not_before_ns, free_ns)
        free = free_ns is None or again.depart_ns >= free_ns
        if request is None or (free and moves_ns >= not_before_ns):
            return again
        spec = self._specs[axis]
        return plan_rack(
            request, start_ring, spec, not_before_ns=earliest_ns, may_shorten=True, last_direction=direction
        )

    def problem(self, axis: str, rack: PlannedRack) -> str:
        """Why the axis cannot make this rack as planned, or empty."""
        request = self.request(rack.cue)
        travel = rack.band.target_ring - rack.from_ring
        if request is None or travel == 0.0:
            return ""
        pull_s = (rack.stop_ns - rack.depart_ns) * 1e-9 / (1.0 if rack.triggered else request.top_speed)
        if fits(request.profile, travel, pull_s, self._specs[axis]):
            return ""
        return f"from where it stands, {pull_s:.2f} s is too short for this motor"

    def compress(self, rack: PlannedRack, start_ring: float, direction: int, not_before_ns: int) -> PlannedRack | None:
        """The rack shortened to move no earlier than `not_before_ns` and still land in time.

        On a turn (the lens last moved in `direction`) the slack is taken up first. None where the limits forbid it.
        """
        request = self.request(rack.cue)
        if request is None or request.land_ns is None:
            return None
        spec, written = self._specs[rack.axis], _without_leave(request)
        depart_ns = not_before_ns + _slack_ns(request, start_ring, spec, direction)
        try:
            return plan_rack(
                written, start_ring, spec, not_before_ns=depart_ns, may_shorten=True, last_direction=direction
            )
        except PlanError:
            return None

    def late(self, rack: PlannedRack, start_ring: float, direction: int, not_before_ns: int) -> PlannedRack:
        """The written pull as soon as it may move, slack first; its landing stays the written one, missed by that."""
        spec = self._specs[rack.axis]
        request = self.request(rack.cue)
        if request is None:
            return rack
        written = _without_leave(request, pull_ns=rack.stop_ns - rack.depart_ns)
        depart_ns = not_before_ns + _slack_ns(request, start_ring, spec, direction)
        return plan_rack(written, start_ring, spec, depart_ns=depart_ns, last_direction=direction, checked=False)

    def triggered(
        self,
        cue: str,
        start: State,
        trigger_ns: int,
        now_ns: int,
        direction: int,
        *,
        act: str = "",
        show_ns: int | None = None,
        land_ns: int | None = None,
        pull_ns: int | None = None,
        anew: bool = False,
    ) -> PlannedRack:
        """A triggered cue's rack in host time, from the lens' state one dead time after `now_ns`.

        At rest it leaves as late as its pull allows, after taking up slack; moving, it leaves at once. Marks, lens,
        stop and focal length are those of `act` (at `show_ns`, where iris and zoom have tracks; None without timecode).
        It lands at `land_ns`; None: as the cue counts from its trigger, or, `anew`, when its pull allows. Its pull
        takes `pull_ns`; None: as written.

        Raises: PlanError when it cannot land as written.
        """
        request = self._fired(cue, act, show_ns)
        if pull_ns is not None:
            request = replace(request, pull_ns=pull_ns, pull_ring_per_s=None, land_after_ns=None)
        spec = self._specs[request.axis]
        moving = abs(start[1]) > _MOVING_RING_PER_S
        if not moving and abs(request.aim.ring - start[0]) < _THERE_RING:
            start = (request.aim.ring, start[1], start[2])  # it is there: no slack to take up
        slack_ns = 0 if moving else takeup_length_ns(spec, 1.0, direction, request.aim.ring - start[0])
        request = replace(request, land_after_ns=None) if anew else request
        after_ns = request.land_after_ns if land_ns is None else land_ns - trigger_ns
        if after_ns is None:
            after_ns = default_land_after_ns(request, start[0], spec) + slack_ns
        if land_ns is None and not anew:
            after_ns += self.offset_ns(cue)
        return plan_triggered(
            request,
            start,
            spec,
            trigger_ns=trigger_ns,
            now_ns=now_ns + spec.dead_ns - spec.lead_ns + slack_ns,
            land_after_ns=after_ns,
            last_direction=direction,
        )

    def _fired(self, cue: str, act: str, show_ns: int | None) -> RackRequest:
        """A triggered cue as it is in an act. Raises: PlanError."""
        request = self._in_acts.get((act, cue)) or self._written[cue]
        if isinstance(request, str):
            raise PlanError(request)
        request = later(request, self.offset_ns(cue))
        glass = self.glass(act, request.camera)
        if glass is None:
            return request
        (stop, _), (focal_mm, _) = glass.seen(self._live.get(request.camera, NOTHING_SET), show_ns)
        return seen_with(request, stop, focal_mm)


def _slack_ns(request: RackRequest, start_ring: float, spec: AxisSpec, direction: int) -> int:
    """How long a rack from there takes up slack before it departs."""
    travel = request.aim.band(start_ring).target_ring - start_ring
    return takeup_length_ns(spec, request.top_speed, direction, travel)


def _without_leave(request: RackRequest, pull_ns: int | None = None) -> RackRequest:
    """A rack that leaves when it must, not on its own anchor."""
    if request.pull_ns is None and request.pull_ring_per_s is None and pull_ns is None:
        pull_ns = (request.land_ns or 0) - (request.leave_ns or 0)
    if pull_ns is None:
        return replace(request, leave_ns=None)
    return replace(request, leave_ns=None, pull_ns=pull_ns, pull_ring_per_s=None)
