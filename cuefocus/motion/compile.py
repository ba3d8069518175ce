"""Show, rig, lenses and anchors to planned racks: every act, axis by axis, each rack from where the last one ended.

Whatever cannot be done is a complaint at its place in the show file, and its cue is listed as infeasible; the rest
stands.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cuefocus.anchors.act_anchors import NO_ANCHORS, ActAnchors
from cuefocus.errors import CueFocusError, TimecodeError
from cuefocus.files.complaint import Complaint, Loc, Severity, in_file_order
from cuefocus.files.load import Loaded
from cuefocus.files.strict import Finding
from cuefocus.motion.chain import ActBounds, Chain, overlap, too_fast
from cuefocus.motion.check import pre_roll_note, rack_findings
from cuefocus.motion.compile_track import direction_after
from cuefocus.motion.compile_triggered import TriggeredCues
from cuefocus.motion.compiled import CompiledAct, CompiledShow
from cuefocus.motion.feasible import MARGIN, fits
from cuefocus.motion.live import Glass, Live
from cuefocus.motion.moments import ActTime
from cuefocus.motion.optics_of import CameraInAct, LensMaps, camera_in_act
from cuefocus.motion.planner import plan_rack
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest, TooFast
from cuefocus.motion.resolve import timed_request
from cuefocus.motion.room import MOST_SEGMENTS, without_room
from cuefocus.motion.show_planner import ShowPlanner
from cuefocus.motor.axis import AxisSpec
from cuefocus.optics.lens_map import LensMap
from cuefocus.rig.loader import LoadedRig
from cuefocus.show.models import Act, Cue, Show

_SCALE_AXES_FIRST = ("iris", "zoom", "focus")  # focus wants to know stop and focal length at its landings
_ROUGHLY_THERE_COUNTS = 2.0


def compile_show(
    show: Loaded[Show],
    rig: LoadedRig,
    anchors: Mapping[str, ActAnchors] | None = None,
    *,
    live: Mapping[str, Live] | None = None,
) -> CompiledShow:
    """Everything planned that can be; nothing raised. `anchors` by act, `live` stops and focal lengths by camera."""
    return _Compiler(show, rig, anchors or {}, live or {}).compiled()


@dataclass(slots=True)
class _Timed:
    """A timed cue with its place in the file."""

    index: int
    cue: Cue
    request: RackRequest


@dataclass(slots=True)
class _ActWork:
    """What is known of an act while it is compiled."""

    act: Act
    time: ActTime
    top_speed: float
    bounds: ActBounds
    cameras: dict[str, CameraInAct | None] = field(default_factory=dict)
    cues: dict[str, list[tuple[int, Cue]]] = field(default_factory=dict)
    racks: dict[str, tuple[PlannedRack, ...]] = field(default_factory=dict)
    opening: dict[str, float] = field(default_factory=dict)
    infeasible: dict[str, str] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)


class _Compiler:
    def __init__(
        self, show: Loaded[Show], rig: LoadedRig, anchors: Mapping[str, ActAnchors], live: Mapping[str, Live]
    ) -> None:
        self._loaded, self._show, self._rig, self._live = show, show.value, rig, live
        self._anchors = anchors
        self._specs = rig.rig.value.axis_specs()
        self._maps = LensMaps()
        self._requests: dict[str, RackRequest] = {}
        self._complaints: list[Complaint] = []
        self._cannot_land: set[Complaint] = set()
        self._last_ring: dict[str, float] = {}

    def compiled(self) -> CompiledShow:
        works = [work for index, act in enumerate(self._show.acts) if (work := self._work(index, act)) is not None]
        by_act = {work.act.act: work for work in works}
        triggered: list[tuple[int, Cue]] = []
        for index, cue in enumerate(self._show.cues):
            if cue.triggered:
                triggered.append((index, cue))
            elif cue.act in by_act:
                by_act[cue.act].cues.setdefault(cue.axis_name, []).append((index, cue))
        works.sort(key=lambda work: work.time.start_ns)
        for work in works:
            self._plan_act(work)
        rig_cameras = {camera: self._camera(camera, None, None) for camera in self._rig.rig.value.cameras}
        fired = TriggeredCues(self._loaded, self._specs)
        for index, cue in triggered:
            fired.plan(index, cue, rig_cameras.get(cue.camera))
            fired.find_word(index, cue, self._anchors)
            for work in works:
                fired.plan_in_act(work.act, work.cameras.get(cue.camera), index, cue)
        requests = {**self._requests, **fired.requests}
        ordered = {act.act: _compiled(by_act[act.act]) for act in self._show.acts if act.act in by_act}
        rig_glass = _glass(rig_cameras)
        glass = {("", camera): one for camera, one in rig_glass.items()}
        glass.update(((name, camera), one) for name, act in ordered.items() for camera, one in act.glass.items())
        return CompiledShow(
            specs=self._specs,
            acts=ordered,
            requests=requests,
            refused=fired.refused,
            lens_maps=_focus_maps(rig_cameras),
            glass=rig_glass,
            planner=ShowPlanner(self._specs, requests, fired.in_acts, glass),
            complaints=tuple(in_file_order([*self._complaints, *fired.complaints])),
            cannot_land=frozenset(self._cannot_land),
        )

    def _complain(self, loc: Loc, problem: str, hint: str = "", severity: Severity = "error") -> None:
        self._complaints.append(self._loaded.located.complaint(loc, problem, hint, severity=severity))

    def _cannot(self, work: _ActWork, cue: Cue, loc: Loc, problem: str, hint: str) -> None:
        """A rack that its axis cannot make, as everything stands."""
        self._complain(loc, problem, hint)
        self._cannot_land.add(self._complaints[-1])
        work.infeasible[cue.cue] = problem

    def _report(self, findings: Iterable[Finding]) -> None:
        for loc, severity, problem, hint in findings:
            self._complain(loc, problem, hint, severity)

    def _refuse(self, work: _ActWork | None, index: int, key: str, cue: Cue, error: CueFocusError) -> None:
        self._complain(("cues", index, key), error.sentence, error.hint)
        if work is not None:
            work.infeasible.setdefault(cue.cue, error.sentence)

    def _work(self, index: int, act: Act) -> _ActWork | None:
        try:
            start_ns = self._show.start_show_ns(act)
        except TimecodeError as error:
            self._complain(("acts", index, "starts"), error.sentence, error.hint)
            return None
        time = ActTime(self._show, act, self._anchors.get(act.act, NO_ANCHORS), self._show.rate_of(act), start_ns)
        return _ActWork(act, time, float(act.speed.high), self._bounds(act, time))

    def _bounds(self, act: Act, time: ActTime) -> ActBounds:
        ends_ns = None
        if act.ends is not None:
            with contextlib.suppress(TimecodeError):  # the loader has complained of it
                ends_ns = self._show.label_show_ns(act, act.ends)
        preroll_ns = act.preroll.ns(time.rate) or 0
        return ActBounds(act.act, time.rate, time.start_ns, preroll_ns, str(act.preroll), ends_ns, act.ends or "")

    def _camera(self, camera_id: str, work: _ActWork | None, loc: Loc | None) -> CameraInAct | None:
        if work is not None and camera_id in work.cameras:
            return work.cameras[camera_id]
        act = work.act if work is not None else None
        found: CameraInAct | None = None
        try:
            found = camera_in_act(self._rig, self._specs, self._maps, camera_id, act, self._live.get(camera_id))
            if "focus" in found.specs:
                found.focus_map()
        except CueFocusError as error:
            found = None
            if loc is not None:
                self._complain(loc, error.sentence, error.hint)
        if work is not None:
            work.cameras[camera_id] = found
        return found

    def _plan_act(self, work: _ActWork) -> None:
        act_index = self._show.acts.index(work.act)
        for camera_id in work.act.setup:
            self._camera(camera_id, work, ("acts", act_index, "setup", camera_id))
        for name, target in work.act.opening.items():
            camera_id, _, axis = name.partition(".")
            here: Loc = ("acts", act_index, "opening", name)
            camera = self._camera(camera_id, work, here)
            axis_name = f"{camera_id}.{axis or 'focus'}"
            if camera is None:
                continue
            if axis_name not in self._specs:
                self._complain(here, f"camera {camera_id} has no motor on {axis or 'focus'}", "add it to the rig")
                continue
            try:
                work.opening[axis_name] = camera.aim(self._show, work.act, axis or "focus", target).ring
            except CueFocusError as error:
                self._complain(here, error.sentence, error.hint)
        for axis in _SCALE_AXES_FIRST:
            for axis_name, cues in work.cues.items():
                if axis_name.rpartition(".")[2] == axis:
                    self._plan_axis(work, axis_name, cues)
            if axis != "focus":
                for camera_id, camera in work.cameras.items():
                    if camera is not None:
                        self._let_focus_know(work, camera_id, camera, axis)
        for axis_name, ring in work.opening.items():
            self._last_ring.setdefault(axis_name, ring)

    def _let_focus_know(self, work: _ActWork, camera_id: str, camera: CameraInAct, axis: str) -> None:
        """Stop (or focal length) over time, from the camera's own track, where it has one."""
        name = f"{camera_id}.{axis}"
        racks, opening = work.racks.get(name, ()), work.opening.get(name)
        if not racks and opening is None:
            return
        scale = self._maps.scale(camera.lens, axis)
        start = opening if opening is not None else racks[0].from_ring
        camera.follow_scale(axis, scale, start, racks)

    def _plan_axis(self, work: _ActWork, axis_name: str, cues: Sequence[tuple[int, Cue]]) -> None:
        camera_id, _, axis = axis_name.rpartition(".")
        camera = self._camera(camera_id, work, ("cues", cues[0][0], "camera"))
        if camera is None:
            for _, cue in cues:
                work.infeasible[cue.cue] = f"camera {camera_id} cannot be used"
            return
        if axis_name not in self._specs:
            for index, cue in cues:
                self._complain(
                    ("cues", index, "axis" if axis != "focus" else "camera"),
                    f"camera {camera_id} has no motor on {axis}",
                    "add it to the rig",
                )
                work.infeasible[cue.cue] = f"no motor on {axis}"
            return
        timed = [found for index, cue in cues if (found := self._resolve(work, camera, index, cue)) is not None]
        timed.sort(key=lambda item: (item.request.due_ns, item.index))
        self._refuse_too_many(work, axis_name, timed)
        self._chain(work, camera, axis_name, timed)

    def _refuse_too_many(self, work: _ActWork, axis_name: str, timed: Sequence[_Timed]) -> None:
        """A track longer than motion keeps room for is an error at the first cue that is too many."""
        found = without_room(item.request for item in timed)
        if found is not None:
            first, needed = found
            problem = (
                f"too many racks on {axis_name} in act {work.act.act!r}: its track would take {needed} segments, "
                f"{MOST_SEGMENTS} fit, and this cue is the first that does not"
            )
            self._complain(("cues", timed[first].index), problem, "divide the act in two")

    def _resolve(self, work: _ActWork, camera: CameraInAct, index: int, cue: Cue) -> _Timed | None:
        keys = iter(("land", "leave", "to", "shape"))
        self._key = next(keys)

        def at(key: str) -> None:
            self._key = key

        try:
            request = timed_request(self._show, work.time, camera, cue, top_speed=work.top_speed, reading=at)
        except CueFocusError as error:
            self._refuse(work, index, self._key, cue, error)
            return None
        self._requests[cue.cue] = request
        return _Timed(index, cue, request)

    def _chain(self, work: _ActWork, camera: CameraInAct, axis_name: str, timed: Sequence[_Timed]) -> None:
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
                self._cannot(work, item.cue, ("cues", item.index), *outside)
                continue
            self._report(rack_findings(item.index, item.request, rack, before))
            early = pre_roll_note(work.bounds, item.index, rack) if before is None else None
            self._report([early] if early is not None else [])
            racks.append(rack)
            ring = rack.band.target_ring
        work.racks[axis_name] = tuple(racks)
        self._last_ring[axis_name] = ring

    def _start_ring(self, work: _ActWork, camera: CameraInAct, axis_name: str, first: _Timed) -> float:
        """Where the axis stands before its first rack of the act."""
        if axis_name in work.opening:
            return work.opening[axis_name]
        if first.cue.from_ is not None:
            try:
                return camera.aim(self._show, work.act, first.cue.axis, first.cue.from_).ring
            except CueFocusError as error:
                self._complain(("cues", first.index, "from"), error.sentence, error.hint)
        act_index = self._show.acts.index(work.act)
        key = first.cue.camera if first.cue.axis == "focus" else axis_name
        if axis_name in self._last_ring:
            self._complain(
                ("acts", act_index),
                f"nothing says where {axis_name} stands when the act begins; taken to stand where the act before ends",
                f"write opening: {{{key}: …}}",
                "note",
            )
            return self._last_ring[axis_name]
        self._complain(
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
        self, work: _ActWork, camera: CameraInAct, item: _Timed, ring: float, before: PlannedRack | None
    ) -> None:
        cue = item.cue
        if cue.from_ is None:
            return
        loc: Loc = ("cues", item.index, "from")
        try:
            expected = camera.aim(self._show, work.act, cue.axis, cue.from_).ring
        except CueFocusError as error:
            self._complain(loc, error.sentence, error.hint)
            return
        counts = abs(expected - ring) * camera.specs[cue.axis].counts_span
        if counts > _ROUGHLY_THERE_COUNTS:
            stands = f"cue {before.cue!r} leaves it on {before.target}" if before is not None else "it opens elsewhere"
            self._complain(loc, f"{cue.from_} is not where {item.request.axis} stands: {stands}", "correct from or to")

    def _plan(self, work: _ActWork, spec: AxisSpec, item: _Timed, ring: float, direction: int) -> PlannedRack | None:
        request, cue = item.request, item.cue
        try:
            rack = plan_rack(request, ring, spec, last_direction=direction)
        except TooFast as error:
            sentence = too_fast(error, work.bounds)
            key = "pull" if cue.form != "leave-land" else "land"
            self._cannot(work, cue, ("cues", item.index, key), sentence, "give it more time, or a nearer mark")
            return None
        except CueFocusError as error:
            self._refuse(work, item.index, "land" if cue.land is not None else "leave", cue, error)
            return None
        travel = rack.band.target_ring - ring
        pull_s = (rack.stop_ns - rack.depart_ns) * 1e-9 / request.top_speed
        if travel and not fits(request.profile, travel, pull_s / MARGIN, spec):
            key = "pull" if cue.form != "leave-land" else "land"
            self._complain(
                ("cues", item.index, key),
                f"at {request.top_speed:g} × speed the pull leaves the motor less than {MARGIN - 1:.0%} in hand",
                "make it a little longer",
                "warning",
            )
        return rack

    def _overlapping(self, work: _ActWork, item: _Timed, rack: PlannedRack, before: PlannedRack) -> None:
        earliest_ns = before.stop_ns + max(0, rack.land_ns - rack.depart_ns)
        sentence = overlap(rack, before, work.bounds)
        hint = f"earliest landing {work.bounds.label(earliest_ns)}; shorten a pull or move a landing"
        self._cannot(work, item.cue, ("cues", item.index), sentence, hint)


def _compiled(work: _ActWork) -> CompiledAct:
    return CompiledAct(
        act=work.act.act,
        start_show_ns=work.time.start_ns,
        racks=work.racks,
        opening=work.opening,
        infeasible=work.infeasible,
        lens_maps=_focus_maps(work.cameras),
        chains=work.chains,
        glass=_glass(work.cameras),
    )


def _glass(cameras: Mapping[str, CameraInAct | None]) -> dict[str, Glass]:
    return {name: camera.glass() for name, camera in cameras.items() if camera is not None}


def _focus_maps(cameras: Mapping[str, CameraInAct | None]) -> dict[str, LensMap]:
    return {
        name: camera.focus_map() for name, camera in cameras.items() if camera is not None and "focus" in camera.specs
    }
