"""The timed cues of an axis in an act to racks, one after the other, each from where the one before it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuefocus.errors import CueFocusError
from cuefocus.files.complaint import Loc
from cuefocus.motion.act_work import ActWork, Findings
from cuefocus.motion.chain import Chain, overlap, too_fast
from cuefocus.motion.check import pre_roll_note, rack_findings
from cuefocus.motion.compile_track import direction_after
from cuefocus.motion.feasible import MARGIN, fits
from cuefocus.motion.optics_of import CameraInAct
from cuefocus.motion.planner import plan_rack
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest, TooFast
from cuefocus.motion.resolve import timed_request
from cuefocus.motion.room import MOST_SEGMENTS, without_room
from cuefocus.motor.axis import AxisSpec
from cuefocus.show.models import Cue, Show

_ROUGHLY_THERE_COUNTS = 2.0


@dataclass(slots=True)
class _Timed:
    """A timed cue with its place in the file."""

    index: int
    cue: Cue
    request: RackRequest


class AxisCompiler:
    """Plans axes, act after act.

    Args:
        show: the show.
        specs: of all axes.
        found: takes what is wrong.

    Attributes:
        requests: by cue. last_ring: by axis, where the acts before leave it.
    """

    def __init__(self, show: Show, specs: Mapping[str, AxisSpec], found: Findings) -> None:
        self._show, self._specs, self._found = show, specs, found
        self.requests: dict[str, RackRequest] = {}
        self.last_ring: dict[str, float] = {}

    def plan(self, work: ActWork, camera: CameraInAct, axis_name: str, cues: Sequence[tuple[int, Cue]]) -> None:
        """Plan an axis' cues; what could be is in the act's racks and chains.

        Args:
            work: the act.
            camera: the axis' camera in it.
            axis_name: `CAMERA.axis`, one of `specs`.
            cues: with their places in the file.
        """
        timed = [found for index, cue in cues if (found := self._resolve(work, camera, index, cue)) is not None]
        timed.sort(key=lambda item: (item.request.due_ns, item.index))
        self._refuse_too_many(work, axis_name, timed)
        self._chain(work, camera, axis_name, timed)

    def _refuse_too_many(self, work: ActWork, axis_name: str, timed: Sequence[_Timed]) -> None:
        """A track longer than motion keeps room for is an error at the first cue that is too many."""
        found = without_room(item.request for item in timed)
        if found is not None:
            first, needed = found
            problem = (
                f"too many racks on {axis_name} in act {work.act.act!r}: its track would take {needed} segments, "
                f"{MOST_SEGMENTS} fit, and this cue is the first that does not"
            )
            self._found.complain(("cues", timed[first].index), problem, "divide the act in two")

    def _resolve(self, work: ActWork, camera: CameraInAct, index: int, cue: Cue) -> _Timed | None:
        field = "land"

        def at(key: str) -> None:
            nonlocal field
            field = key

        try:
            request = timed_request(self._show, work.time, camera, cue, top_speed=work.top_speed, reading=at)
        except CueFocusError as error:
            self._found.refuse(work, cue, ("cues", index, field), error)
            return None
        self.requests[cue.cue] = request
        return _Timed(index, cue, request)

    def _chain(self, work: ActWork, camera: CameraInAct, axis_name: str, timed: Sequence[_Timed]) -> None:
        """Plan an axis' racks one after the other."""
        spec = self._specs[axis_name]
        if not timed:
            return
        ring = self._start_ring(work, camera, axis_name, timed[0])
        dues_ns = tuple(item.request.due_ns for item in timed)
        work.chains[axis_name] = Chain(tuple(item.cue.cue for item in timed), dues_ns, ring, work.bounds)
        racks: list[PlannedRack] = []
        for item in timed:
            self._check_from(work, camera, item, ring, racks[-1] if racks else None)
            rack = self._plan(work, spec, item, ring, direction_after(racks, 0))
            if rack is None:
                continue
            before = racks[-1] if racks else None
            if before is not None and rack.depart_ns < before.stop_ns:
                self._overlapping(work, item, rack, before)
                continue
            outside = work.bounds.outside(rack)
            if outside is not None:
                self._found.cannot(work, item.cue, ("cues", item.index), *outside)
                continue
            self._found.report(rack_findings(item.index, item.request, rack, before))
            early = pre_roll_note(work.bounds, item.index, rack) if before is None else None
            self._found.report([early] if early is not None else [])
            racks.append(rack)
            ring = rack.band.target_ring
        work.racks[axis_name] = tuple(racks)
        self.last_ring[axis_name] = ring

    def _start_ring(self, work: ActWork, camera: CameraInAct, axis_name: str, first: _Timed) -> float:
        """Where the axis stands before its first rack of the act."""
        if axis_name in work.opening:
            return work.opening[axis_name]
        if first.cue.from_ is not None:
            try:
                return camera.aim(self._show, work.act, first.cue.axis, first.cue.from_).ring
            except CueFocusError as error:
                self._found.complain(("cues", first.index, "from"), error.sentence, error.hint)
        act_index = self._show.acts.index(work.act)
        key = first.cue.camera if first.cue.axis == "focus" else axis_name
        if axis_name in self.last_ring:
            self._found.complain(
                ("acts", act_index),
                f"nothing says where {axis_name} stands when the act begins; taken to stand where the act before ends",
                f"write opening: {{{key}: …}}",
                "note",
            )
            return self.last_ring[axis_name]
        self._found.complain(
            ("acts", act_index),
            f"nothing says where {axis_name} stands when the act begins; taken to be half-way",
            f"write opening: {{{key}: …}}",
            "warning",
        )
        if first.cue.axis == "focus":
            lens_map = camera.focus_map()
            return 0.5 * (lens_map.near_ring + lens_map.far_ring)
        return 0.5

    def _check_from(
        self, work: ActWork, camera: CameraInAct, item: _Timed, ring: float, before: PlannedRack | None
    ) -> None:
        cue = item.cue
        if cue.from_ is None:
            return
        loc: Loc = ("cues", item.index, "from")
        try:
            expected = camera.aim(self._show, work.act, cue.axis, cue.from_).ring
        except CueFocusError as error:
            self._found.complain(loc, error.sentence, error.hint)
            return
        counts = abs(expected - ring) * camera.specs[cue.axis].counts_span
        if counts > _ROUGHLY_THERE_COUNTS:
            stands = f"cue {before.cue!r} leaves it on {before.target}" if before is not None else "it opens elsewhere"
            self._found.complain(
                loc, f"{cue.from_} is not where {item.request.axis} stands: {stands}", "correct from or to"
            )

    def _plan(self, work: ActWork, spec: AxisSpec, item: _Timed, ring: float, direction: int) -> PlannedRack | None:
        request, cue = item.request, item.cue
        try:
            rack = plan_rack(request, ring, spec, last_direction=direction)
        except TooFast as error:
            sentence = too_fast(error, work.bounds)
            key = "pull" if cue.form != "leave-land" else "land"
            self._found.cannot(work, cue, ("cues", item.index, key), sentence, "give it more time, or a nearer mark")
            return None
        except CueFocusError as error:
            self._found.refuse(work, cue, ("cues", item.index, "land" if cue.land is not None else "leave"), error)
            return None
        travel = rack.band.target_ring - ring
        pull_s = (rack.stop_ns - rack.depart_ns) * 1e-9 / request.top_speed
        if travel and not fits(request.profile, travel, pull_s / MARGIN, spec):
            key = "pull" if cue.form != "leave-land" else "land"
            self._found.complain(
                ("cues", item.index, key),
                f"at {request.top_speed:g} × speed the pull leaves the motor less than {MARGIN - 1:.0%} in hand",
                "make it a little longer",
                "warning",
            )
        return rack

    def _overlapping(self, work: ActWork, item: _Timed, rack: PlannedRack, before: PlannedRack) -> None:
        earliest_ns = before.stop_ns + max(0, rack.land_ns - rack.depart_ns)
        sentence = overlap(rack, before, work.bounds)
        hint = f"earliest landing {work.bounds.label_from(earliest_ns)}; shorten a pull or move a landing"
        self._found.cannot(work, item.cue, ("cues", item.index), sentence, hint)
