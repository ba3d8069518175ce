"""Stop and focal length of a camera: who says them, and what they make of its racks. Plain values.

In order: the camera's own iris (zoom) track, the value last set, the act's setup, the rig (design §5).
"""

from collections.abc import Mapping
from dataclasses import field, replace
from math import exp

from cuefocus.motion.aims import FocusAim
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.optics.scale_map import ScaleMap
from cuefocus.timebase.values import value

_SAME_FOCAL = 0.005
"""A prime is not set; its focal length said again, rounded, is no other one."""
#: View-camera lenses close to 64; cine lenses to 22 or 32.
_NARROWEST_STOP = 64.0
_SAME_STOP = 0.02


@value
class Live:
    """What a camera's lens was last told or heard to be set to; None where nothing was."""

    stop: float | None = None
    focal_mm: float | None = None

    def __bool__(self) -> bool:
        return self.stop is not None or self.focal_mm is not None


NOTHING_SET = Live()


@value
class Offsets:
    """How much later everything, a camera or a cue was last told to land, ns; below 0 earlier. They add up."""

    every_ns: int = 0
    cameras: Mapping[str, int] = field(default_factory=dict)
    cues: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.every_ns or self.cameras or self.cues)

    def of(self, camera: str, cue: str) -> int:
        """A cue's, on its camera."""
        return self.every_ns + self.cameras.get(camera, 0) + self.cues.get(cue, 0)

    @property
    def latest_ns(self) -> int:
        """No cue is told to land later than this."""
        return sum(
            max(0, *ones) for ones in ((self.every_ns, 0), (0, *self.cameras.values()), (0, *self.cues.values()))
        )


NO_OFFSETS = Offsets()


@value
class ScaleTrack:
    """An iris or zoom over show time: where its own racks take it.

    Args:
        axis: "iris" or "zoom".
        start_ring: where it stands before the first of `racks`.
    """

    axis: str
    scale: ScaleMap
    start_ring: float
    racks: tuple[PlannedRack, ...]

    def at(self, show_ns: int) -> float:
        """T-number, or focal length in mm."""
        ring = self.start_ring
        for rack in self.racks:
            if show_ns < rack.depart_ns:
                break
            ring = next((s.at(show_ns)[0] for s in rack.segments if show_ns < s.end_ns), rack.band.target_ring)
        value = self.scale.value_at(ring)
        return float(2.0 ** (value / 2.0)) if self.axis == "iris" else exp(value)


@value
class Glass:
    """What a camera wears in an act, or by the rig alone.

    Args:
        lens: `name#serial`.
        stop, focal_mm: by the files; `stop_by` and `focal_by` say whether "act" or "rig".
        stops, focals_mm: what the lens can be set to, least and greatest.
        iris, zoom: its own tracks in this act.
    """

    lens: str
    stop: float
    focal_mm: float
    stop_by: str
    focal_by: str
    stops: tuple[float, float]
    focals_mm: tuple[float, float]
    iris: ScaleTrack | None = None
    zoom: ScaleTrack | None = None

    def refusal(self, live: Live) -> str:
        """Why this lens cannot be set so, or empty."""
        if live.stop is not None and live.stop > _NARROWEST_STOP:
            return f"T{live.stop:g} is no stop of a lens: none closes beyond T{_NARROWEST_STOP:g}"
        if live.stop is not None and not _within(live.stop, self.stops, _SAME_STOP):
            wide, narrow = self.stops
            reach = f"it opens to T{wide:g}" if live.stop < wide else f"its iris is marked to T{narrow:g}"
            return f"T{live.stop:g} is outside {self.lens}: {reach}"
        if live.focal_mm is not None and not _within(live.focal_mm, self.focals_mm, _SAME_FOCAL):
            short, long = self.focals_mm
            reach = f"it goes from {short:g} mm to {long:g} mm" if short < long else f"it is a {short:g} mm prime"
            return f"{live.focal_mm:g} mm is outside {self.lens}: {reach}"
        return ""

    def worn(self, live: Live) -> Live:
        """What of `live` this lens can be set to: a value meant for another act's lens does not count."""
        stop, focal_mm = Live(stop=live.stop), Live(focal_mm=live.focal_mm)
        return Live(
            live.stop if not self.refusal(stop) else None, live.focal_mm if not self.refusal(focal_mm) else None
        )

    def seen(self, live: Live, show_ns: int | None) -> tuple[tuple[float, str], tuple[float, str]]:
        """Stop and focal length at a moment (None: without timecode), each with who says so."""
        worn = self.worn(live)
        stop, focal_mm = (self.stop, self.stop_by), (self.focal_mm, self.focal_by)
        if worn.stop is not None:
            stop = (worn.stop, "set")
        if worn.focal_mm is not None:
            focal_mm = (worn.focal_mm, "set")
        if self.iris is not None and show_ns is not None:
            stop = (self.iris.at(show_ns), "track")
        if self.zoom is not None and show_ns is not None:
            focal_mm = (self.zoom.at(show_ns), "track")
        return stop, focal_mm


def _within(value: float, ends: tuple[float, float], slack: float) -> bool:
    return ends[0] * (1 - slack) <= value <= ends[1] * (1 + slack)


def seen_with(request: RackRequest, stop: float | None, focal_mm: float | None) -> RackRequest:
    """The request as sharpness is judged at a stop and focal length; its target stays where it is."""
    if stop == request.stop and focal_mm == request.focal_mm:
        return request
    aim = request.aim
    if isinstance(aim, FocusAim) and stop is not None and focal_mm is not None:
        aim = replace(aim, eye=replace(aim.eye, stop=stop, focal_mm=focal_mm))
    return replace(request, aim=aim, stop=stop, focal_mm=focal_mm)


def later(request: RackRequest, offset_ns: int) -> RackRequest:
    """The request with all its moments so much later."""
    if not offset_ns:
        return request
    land_ns = None if request.land_ns is None else request.land_ns + offset_ns
    leave_ns = None if request.leave_ns is None else request.leave_ns + offset_ns
    return replace(request, land_ns=land_ns, leave_ns=leave_ns, offset_ns=request.offset_ns + offset_ns)


def under(request: RackRequest, live: Live) -> RackRequest:
    """A timed request under a value last set, but for what its camera's own tracks say."""
    stop = request.stop if request.stop_tracked or live.stop is None else live.stop
    focal_mm = request.focal_mm if request.focal_tracked or live.focal_mm is None else live.focal_mm
    return seen_with(request, stop, focal_mm)
