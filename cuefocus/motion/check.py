"""What show, rig, lens and anchors say together about one planned rack: warnings and notes, and what is too early."""

from collections.abc import Iterator

from cuefocus.files.complaint import Loc
from cuefocus.files.strict import Finding
from cuefocus.motion.aims import FocusAim
from cuefocus.motion.chain import ActBounds
from cuefocus.motion.feasible import MARGIN, fits, shortest_pull_s
from cuefocus.motion.optics_of import CameraInAct
from cuefocus.motion.planner import entry_fraction
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.optics.lens_map import LensMap, distance_text
from cuefocus.show.models import Cue, Show


def rack_findings(index: int, request: RackRequest, rack: PlannedRack, before: PlannedRack | None) -> Iterator[Finding]:
    """Doubts about a rack that can be done: slack, sharpness, the motor's steps."""
    if before is not None and rack.depart_ns - rack.takeup_ns < before.stop_ns:
        room, slack = ms_text(rack.depart_ns - before.stop_ns), ms_text(rack.takeup_ns)
        yield (
            ("cues", index),
            "warning",
            f"{room} after cue {before.cue!r} is too short to take up the slack of the turn ({slack})",
            "leave more time between them; the slack is taken up during the pull",
        )
    to: Loc = ("cues", index, "to")
    if rack.band.near_ring <= rack.from_ring <= rack.band.far_ring:
        hint = "take the cue out, or open the iris"
        yield to, "warning", f"nothing to pull: {rack.target} is sharp already", hint
    elif isinstance(request.aim, FocusAim):
        yield from _motor_findings(to, request.aim, rack)


def _motor_findings(to: Loc, aim: FocusAim, rack: PlannedRack) -> Iterator[Finding]:
    band, limit = aim.sharp_band(rack.from_ring), aim.eye.blur_limit_dioptres
    steps = max(2 * aim.count_ring, aim.residual_backlash_ring) * -aim.lens_map.slope_at(aim.ring)
    if band.too_coarse:
        yield (
            to,
            "warning",
            f"the motor is too coarse for {rack.target}: its steps and backlash blur by {steps / limit:.1f} × the "
            f"sharp limit at T{aim.eye.stop:g}",
            "stop down, or use a finer motor",
        )
    elif band.near_dioptres - band.target_dioptres > limit * 1.001:
        blur = (band.near_dioptres - band.target_dioptres) * band.blur_coc_per_dioptre
        yield (
            to,
            "note",
            f"a travel this long counts as sharp within 1 % of itself: a blur of {blur:.1f} circles of confusion",
            "stop down, or rack from nearer, if that shows",
        )


def pre_roll_note(act: ActBounds, index: int, rack: PlannedRack) -> Finding | None:
    """From when timecode must run for the first rack of an act, where that is before the act begins."""
    leaves_ns = rack.depart_ns - rack.takeup_ns
    if leaves_ns >= act.start_ns + act.preroll_ns:
        return None
    needed = act.label(leaves_ns - act.preroll_ns)
    problem = f"timecode must run from {needed} for the pre-roll ({act.preroll}) of act {act.act!r}"
    return ("cues", index), "note", problem, "start playback before it"


def triggered_findings(
    show: Show, index: int, cue: Cue, camera: CameraInAct, request: RackRequest
) -> Iterator[Finding]:
    """A triggered rack may leave from anywhere; what is known are its camera's marks."""
    spec = camera.specs[cue.axis]
    if cue.axis != "focus" or request.pull_ns is None:
        return
    lens_map = camera.focus_map()
    marks = mark_rings(show, cue.camera, lens_map)
    far = max(marks, key=lambda name: abs(marks[name] - request.aim.ring), default=None)
    if far is None:
        return
    start = marks[far]
    if start != request.aim.ring and not fits(
        request.profile, request.aim.ring - start, request.pull_ns * 1e-9 / MARGIN, spec
    ):
        problem = f"from {far} ({distance_text(lens_map.dioptres_at(start))}) the pull is too short for this motor"
        yield ("cues", index, "pull"), "warning", problem, "make it longer, or fire it only from nearer marks"
    fraction = 1.0
    if cue.landing == "sharp":
        fraction = entry_fraction(request.profile, start, request.aim.band(start))
    shortest_ns = round(shortest_pull_s(request.profile, request.aim.ring - start, spec) * 1e9)
    needed_ns = round(fraction * shortest_ns) + spec.dead_ns
    here: Loc = ("cues", index, "land_after")
    if request.land_after_ns is None:
        return
    if request.land_after_ns < needed_ns:
        yield here, "warning", f"from {far} it needs {ms_text(needed_ns)} at least, latency included", "land later"
    elif request.land_after_ns < round(fraction * request.pull_ns) + spec.dead_ns:
        shortened = ms_text(round((request.land_after_ns - spec.dead_ns) / fraction))
        problem = f"from {far} the pull is shortened to {shortened}, to land in time"
        yield here, "note", problem, "land later to keep it as it is written"


def mark_rings(show: Show, camera: str, lens_map: LensMap) -> dict[str, float]:
    """Where a camera's marks stand on the lens ring, by name; those that the lens reaches."""
    return {
        name: lens_map.ring_at(distance.dioptres)
        for name, distance in show.marks_of(camera).items()
        if lens_map.reaches(distance.dioptres)
    }


def ms_text(duration_ns: int) -> str:
    """A length of time for a sentence."""
    return f"{duration_ns / 1e6:.0f} ms" if abs(duration_ns) < 10**10 else f"{duration_ns / 1e9:.1f} s"
