"""Show, rig, lenses and anchors to planned racks: every act, axis by axis, each rack from where the last one ended.

Whatever cannot be done is a complaint at its place in the show file, and its cue is listed as infeasible; the rest
stands.
"""

import contextlib
from collections.abc import Mapping, Sequence

from cuefocus.anchors.act_anchors import NO_ANCHORS, ActAnchors
from cuefocus.errors import CueFocusError, TimecodeError
from cuefocus.files.complaint import Loc, in_file_order
from cuefocus.files.load import Loaded
from cuefocus.motion.act_work import ActWork, Findings
from cuefocus.motion.chain import ActBounds
from cuefocus.motion.compile_axis import AxisCompiler
from cuefocus.motion.compile_triggered import TriggeredCues
from cuefocus.motion.compiled import CompiledAct, CompiledShow
from cuefocus.motion.live import Glass, Live
from cuefocus.motion.moments import ActTime
from cuefocus.motion.optics_of import CameraInAct, LensMaps, camera_in_act
from cuefocus.motion.show_planner import ShowPlanner
from cuefocus.optics.lens_map import LensMap
from cuefocus.rig.loader import LoadedRig
from cuefocus.show.models import Act, Cue, Show

_SCALE_AXES_FIRST = ("iris", "zoom", "focus")  # focus wants to know stop and focal length at its landings


def compile_show(
    show: Loaded[Show],
    rig: LoadedRig,
    anchors: Mapping[str, ActAnchors] | None = None,
    *,
    live: Mapping[str, Live] | None = None,
) -> CompiledShow:
    """Everything planned that can be; nothing raised. `anchors` by act, `live` stops and focal lengths by camera."""
    return _Compiler(show, rig, anchors or {}, live or {}).compiled()


class _Compiler:
    def __init__(
        self, show: Loaded[Show], rig: LoadedRig, anchors: Mapping[str, ActAnchors], live: Mapping[str, Live]
    ) -> None:
        self._show, self._rig, self._live = show.value, rig, live
        self._anchors = anchors
        self._specs = rig.rig.value.axis_specs()
        self._maps = LensMaps()
        self._found = Findings(show)
        self._axes = AxisCompiler(self._show, self._specs, self._found)

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
        fired = TriggeredCues(self._show, self._specs, self._found)
        for index, cue in triggered:
            fired.plan(index, cue, rig_cameras.get(cue.camera))
            fired.find_word(index, cue, self._anchors)
            for work in works:
                fired.plan_in_act(work.act, work.cameras.get(cue.camera), index, cue)
        requests = {**self._axes.requests, **fired.requests}
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
            complaints=tuple(in_file_order(self._found.complaints)),
            cannot_land=frozenset(self._found.cannot_land),
        )

    def _work(self, index: int, act: Act) -> ActWork | None:
        try:
            start_ns = self._show.start_show_ns(act)
        except TimecodeError as error:
            self._found.complain(("acts", index, "starts"), error.sentence, error.hint)
            return None
        time = ActTime(self._show, act, self._anchors.get(act.act, NO_ANCHORS), self._show.rate_of(act), start_ns)
        return ActWork(act, time, float(act.speed.high), self._bounds(act, time))

    def _bounds(self, act: Act, time: ActTime) -> ActBounds:
        ends_ns = None
        if act.ends is not None:
            with contextlib.suppress(TimecodeError):  # the loader has complained of it
                ends_ns = self._show.label_show_ns(act, act.ends)
        preroll_ns = act.preroll.ns(time.rate) or 0
        return ActBounds(act.act, time.rate, time.start_ns, preroll_ns, str(act.preroll), ends_ns, act.ends or "")

    def _camera(self, camera_id: str, work: ActWork | None, loc: Loc | None) -> CameraInAct | None:
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
                self._found.complain(loc, error.sentence, error.hint)
        if work is not None:
            work.cameras[camera_id] = found
        return found

    def _plan_act(self, work: ActWork) -> None:
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
                self._found.complain(here, f"camera {camera_id} has no motor on {axis or 'focus'}", "add it to the rig")
                continue
            try:
                work.opening[axis_name] = camera.aim(self._show, work.act, axis or "focus", target).ring
            except CueFocusError as error:
                self._found.complain(here, error.sentence, error.hint)
        for axis in _SCALE_AXES_FIRST:
            for axis_name, cues in work.cues.items():
                if axis_name.rpartition(".")[2] == axis:
                    self._plan_axis(work, axis_name, cues)
            if axis != "focus":
                for camera_id, camera in work.cameras.items():
                    if camera is not None:
                        self._let_focus_know(work, camera_id, camera, axis)
        for axis_name, ring in work.opening.items():
            self._axes.last_ring.setdefault(axis_name, ring)

    def _let_focus_know(self, work: ActWork, camera_id: str, camera: CameraInAct, axis: str) -> None:
        """Stop (or focal length) over time, from the camera's own track, where it has one."""
        name = f"{camera_id}.{axis}"
        racks, opening = work.racks.get(name, ()), work.opening.get(name)
        if not racks and opening is None:
            return
        scale = self._maps.scale(camera.lens, axis)
        start = opening if opening is not None else racks[0].from_ring
        camera.follow_scale(axis, scale, start, racks)

    def _plan_axis(self, work: ActWork, axis_name: str, cues: Sequence[tuple[int, Cue]]) -> None:
        camera_id, _, axis = axis_name.rpartition(".")
        camera = self._camera(camera_id, work, ("cues", cues[0][0], "camera"))
        if camera is None:
            for _, cue in cues:
                work.infeasible[cue.cue] = f"camera {camera_id} cannot be used"
            return
        if axis_name not in self._specs:
            for index, cue in cues:
                self._found.complain(
                    ("cues", index, "axis" if axis != "focus" else "camera"),
                    f"camera {camera_id} has no motor on {axis}",
                    "add it to the rig",
                )
                work.infeasible[cue.cue] = f"no motor on {axis}"
            return
        self._axes.plan(work, camera, axis_name, cues)


def _compiled(work: ActWork) -> CompiledAct:
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
