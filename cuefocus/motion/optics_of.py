"""Which lens, stop and focal length a camera has in an act, and where its targets are on the ring."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log

from cuefocus.errors import CueFocusError, PlanError, RigFileError
from cuefocus.motion.aims import Aim, FocusAim, ScaleAim
from cuefocus.motion.live import Glass, Live, ScaleTrack
from cuefocus.motion.racks import PlannedRack
from cuefocus.motor.axis import AxisSpec
from cuefocus.optics.lens_map import LensMap
from cuefocus.optics.scale_map import IRIS_BAND_STOPS, ZOOM_BAND, ScaleMap, stops_of
from cuefocus.optics.sharp_band import Eye
from cuefocus.rig.lens import Lens
from cuefocus.rig.loader import LoadedRig
from cuefocus.rig.models import Camera
from cuefocus.show.models import Act, Show
from cuefocus.show.values import Target

#: Only dates that sort as they follow each other can be compared.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_APPROACH_SIDE = {"near": -0.5, "far": 0.5, "either": 0.0}


@dataclass(slots=True)
class CameraInAct:
    """One camera as it stands during one act (or, without an act, as the rig has it).

    Args:
        stop_by, focal_by: "act" or "rig": who says the stop and the focal length.
        iris, zoom: the camera's own tracks, where it has them: stop and focal length by show time.
    """

    camera_id: str
    camera: Camera
    lens: Lens
    specs: Mapping[str, AxisSpec]
    maps: "LensMaps"
    stop: float
    focal_mm: float
    stop_by: str = "rig"
    focal_by: str = "rig"
    iris: ScaleTrack | None = None
    zoom: ScaleTrack | None = None
    _aims: dict[tuple[str, float, float, float], FocusAim] = field(default_factory=dict)

    @property
    def offset_ns(self) -> int:
        """How much later everything lands on this camera; frames are its own."""
        offset = self.camera.offset
        return (offset.ns(self.camera.fps) or 0) if offset.amount else 0

    def eye_at(self, show_ns: int | None) -> Eye:
        """What decides sharpness at a moment."""
        stop = self.stop if self.iris is None or show_ns is None else self.iris.at(show_ns)
        focal = self.focal_mm if self.zoom is None or show_ns is None else self.zoom.at(show_ns)
        return Eye(focal, stop, self.camera.coc_mm, self.camera.sharp_coc)

    def follow_scale(self, axis: str, scale: ScaleMap, start_ring: float, racks: Sequence[PlannedRack]) -> None:
        """Take stop (or focal length) from the camera's own iris (or zoom) track from now on."""
        track = ScaleTrack(axis, scale, start_ring, tuple(racks))
        if axis == "iris":
            self.iris = track
        else:
            self.zoom = track

    def glass(self) -> Glass:
        """What it wears, as a plain value."""
        stops = [t_number for _, t_number in self.lens.iris_points()]
        focals_mm = [focal.mm for focal in self.lens.focal_length]
        return Glass(
            lens=self.lens.key,
            stop=self.stop,
            focal_mm=self.focal_mm,
            stop_by=self.stop_by,
            focal_by=self.focal_by,
            stops=(min(stops, default=self.lens.t_stop.t_number), max(stops, default=inf)),
            focals_mm=(min(focals_mm), max(focals_mm)),
            iris=self.iris,
            zoom=self.zoom,
        )

    def focus_map(self) -> LensMap:
        """Its lens on its focus motor. Raises: RigFileError."""
        return self.maps.focus(self.lens, self.specs["focus"])

    def aim(self, show: Show, act: Act | None, axis: str, target: Target, show_ns: int | None = None) -> Aim:
        """Where a target stands on an axis.

        Raises: PlanError or RigFileError saying why it cannot be reached.
        """
        spec = self.specs[axis]
        if axis == "focus":
            return self._focus_aim(show, act, target, spec, show_ns)
        if target.counts is not None:
            scale = self.maps.scale(self.lens, axis)
            ring = self._raw_ring(target, spec)
            return self._scale_aim(axis, scale, scale.value_at(ring), ring, spec)
        scale = self.maps.scale(self.lens, axis)
        stop, focal = target.stop, target.focal
        if axis == "iris" and stop is not None:
            value = stops_of(stop.t_number)
        elif axis == "zoom" and focal is not None:
            value = log(focal.mm)
        else:
            raise PlanError(f"{target} is no place for {axis}")
        try:
            ring = scale.ring_at(value)
        except PlanError:
            raise PlanError(
                f"{target} lies outside the {axis} marks of {self.lens.key}", hint="mark the lens further"
            ) from None
        return self._scale_aim(axis, scale, value, ring, spec)

    def _scale_aim(self, axis: str, scale: ScaleMap, value: float, ring: float, spec: AxisSpec) -> ScaleAim:
        half = IRIS_BAND_STOPS if axis == "iris" else ZOOM_BAND
        return ScaleAim(scale, ring, value, half, 1.0 / max(1, spec.counts_span))

    def _focus_aim(self, show: Show, act: Act | None, target: Target, spec: AxisSpec, show_ns: int | None) -> FocusAim:
        lens_map, eye = self.focus_map(), self.eye_at(show_ns)
        if target.counts is not None:
            ring = self._raw_ring(target, spec)
            dioptres = lens_map.dioptres_at(ring)
        else:
            distance = show.distance_of(target, self.camera_id, act)
            if distance is None:
                raise PlanError(f"no mark {target.text!r}")
            dioptres = distance.dioptres
        key = ("focus", dioptres, eye.stop, eye.focal_mm)
        if key not in self._aims:
            count_ring = 1.0 / max(1, spec.counts_span)
            ring = lens_map.ring_at(dioptres)
            self._aims[key] = FocusAim(lens_map, eye, ring, dioptres, count_ring, spec.residual_backlash_ring)
        return self._aims[key]

    def _raw_ring(self, target: Target, spec: AxisSpec) -> float:
        if target.lens not in (self.lens.key, self.lens.name):
            raise PlanError(
                f"{target} holds only for {target.lens}, camera {self.camera_id} wears {self.lens.key}",
                hint="name a mark or a distance instead",
            )
        measured = max((mark.date for mark in self.lens.marks if _DATE.fullmatch(mark.date)), default="")
        if _DATE.fullmatch(target.calibrated) and target.calibrated < measured:
            raise PlanError(
                f"{target} are of {target.calibrated}, {self.lens.key} was measured again on {measured}",
                hint="look where it is sharp now, or name a mark",
            )
        ring = spec.ring_at(target.counts or 0)
        if not 0.0 <= ring <= 1.0:
            ends = f"{min(spec.counts_near, spec.counts_far)} to {max(spec.counts_near, spec.counts_far)}"
            raise PlanError(f"{target} lies outside the motor's travel", hint=f"it runs from {ends}")
        return ring


class LensMaps:
    """Curves of lenses on motors, made once each."""

    def __init__(self) -> None:
        self._focus: dict[tuple[str, str], LensMap] = {}
        self._scales: dict[tuple[str, str], ScaleMap] = {}

    def focus(self, lens: Lens, spec: AxisSpec) -> LensMap:
        """A lens's focus scale; marks made from one side are brought back to the middle of the motor's slack."""
        key = (lens.key, spec.motor)
        if key not in self._focus:
            marks = [
                (
                    mark.ring_on(lens.travel) + _APPROACH_SIDE[mark.approach] * spec.backlash_ring,
                    mark.distance.dioptres,
                )
                for mark in lens.marks
            ]
            self._focus[key] = LensMap(marks, trim_dioptres=lens.back_focus_trim_dioptres)
        return self._focus[key]

    def scale(self, lens: Lens, axis: str) -> ScaleMap:
        """A lens's iris scale in stops, or its zoom scale in logarithms. Raises: RigFileError where it has none."""
        key = (lens.key, axis)
        if key not in self._scales:
            points = (
                [(ring, stops_of(t_number)) for ring, t_number in lens.iris_points()]
                if axis == "iris"
                else [(ring, log(focal)) for ring, focal in lens.zoom_points()]
            )
            if len(points) < 2:
                raise RigFileError(f"lens {lens.key} has no {axis} marks", hint=f"add {axis}: to its file")
            self._scales[key] = ScaleMap(points)
        return self._scales[key]


def camera_in_act(
    rig: LoadedRig,
    specs: Mapping[str, AxisSpec],
    maps: LensMaps,
    camera_id: str,
    act: Act | None,
    live: Live | None = None,
) -> CameraInAct:
    """A camera with its lens, stop and focal length: last told, else the act's setup, else the rig.

    Raises: CueFocusError for a camera or lens that is not there.
    """
    cameras = rig.rig.value.cameras
    if camera_id not in cameras:
        raise CueFocusError(f"the rig has no camera {camera_id!r}", hint=f"it has {', '.join(cameras) or 'none'}")
    camera = cameras[camera_id]
    setup = act.setup.get(camera_id) if act is not None else None
    lens_key = (setup.lens if setup is not None else None) or camera.lens
    if lens_key not in rig.lenses:
        known = ", ".join(rig.lenses) or "none"
        raise CueFocusError(f"the rig has no lens {lens_key!r}; have {known}", hint="add its file under lenses:")
    lens = rig.lenses[lens_key].value
    stop = camera.stop.t_number
    focal = camera.focal.mm if camera.focal is not None else lens.focal_mm
    stop_by = focal_by = "rig"
    if setup is not None and setup.lens is not None and setup.lens != camera.lens:
        focal, focal_by = lens.focal_mm, "act"
    if setup is not None and setup.stop is not None:
        stop, stop_by = setup.stop.t_number, "act"
    if setup is not None and setup.focal is not None:
        focal, focal_by = setup.focal.mm, "act"
    if live is not None:
        stop, focal = live.stop or stop, live.focal_mm or focal
    own = {name.rpartition(".")[2]: spec for name, spec in specs.items() if name.rpartition(".")[0] == camera_id}
    return CameraInAct(camera_id, camera, lens, own, maps, stop, focal, stop_by, focal_by)
