"""Triggered cues to requests: as the rig and the show have their cameras, and again for acts that say otherwise."""

from collections.abc import Mapping

from cuefocus.anchors.act_anchors import ActAnchors
from cuefocus.anchors.anchor import AnchorMissing
from cuefocus.errors import CueFocusError
from cuefocus.files.complaint import Loc
from cuefocus.motion.act_work import Findings
from cuefocus.motion.check import triggered_findings
from cuefocus.motion.optics_of import CameraInAct
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.resolve import triggered_request
from cuefocus.motor.axis import AxisSpec
from cuefocus.show.models import Act, Cue, Show


class TriggeredCues:
    """Gathers them, cue by cue.

    Args:
        show: the show.
        specs: of all axes.
        found: takes what is wrong.

    Attributes:
        requests: by cue. refused: those that cannot be used, and why.
        in_acts: by act and cue, where the act says something else of the camera: a request, or why there is none.
    """

    def __init__(self, show: Show, specs: Mapping[str, AxisSpec], found: Findings) -> None:
        self._show, self._specs, self._found = show, specs, found
        self.requests: dict[str, RackRequest] = {}
        self.refused: dict[str, str] = {}
        self.in_acts: dict[tuple[str, str], RackRequest | str] = {}

    def plan(self, index: int, cue: Cue, camera: CameraInAct | None) -> None:
        """By the rig and the show's own marks."""
        if camera is None or cue.axis_name not in self._specs:
            what = f"the rig has no camera {cue.camera!r} that can be used"
            if camera is not None:
                what = f"camera {cue.camera} has no motor on {cue.axis}"
            self._found.complain(("cues", index, "camera"), what, "add it to the rig")
            self.refused[cue.cue] = what
            return
        try:
            request = triggered_request(self._show, camera, cue)
        except CueFocusError as error:
            self._found.complain(("cues", index, "to"), error.sentence, error.hint)
            self.refused[cue.cue] = error.sentence
            return
        self.requests[cue.cue] = request
        self._found.report(triggered_findings(self._show, index, cue, camera, request))

    def find_word(self, index: int, cue: Cue, anchors: Mapping[str, ActAnchors]) -> None:
        """The word it is to land on is said in an act. Acts whose words cannot be read may say it."""
        phrase = cue.land_on.word if cue.land_on is not None else None
        with_words = [act.act for act in self._show.acts if act.media.words is not None]
        spoken = [anchors[act].words if act in anchors else None for act in with_words]
        if phrase is None or not spoken or None in spoken:
            return
        missing: list[AnchorMissing] = []
        for words in filter(None, spoken):
            try:
                words.find(phrase)
            except AnchorMissing as error:
                missing.append(error)
        if len(missing) == len(spoken):
            loc: Loc = ("cues", index, "land_on", "word")
            self._found.complain(loc, missing[0].sentence, missing[0].hint)

    def plan_in_act(self, act: Act, camera: CameraInAct | None, index: int, cue: Cue) -> None:
        """By what an act says of the camera: lens, stop, focal length, marks, or tracks of its iris and zoom."""
        tracked = camera is not None and (camera.iris is not None or camera.zoom is not None)
        if cue.cue not in self.requests or not (cue.camera in act.setup or tracked):
            return
        key = (act.act, cue.cue)
        if camera is None:
            self.in_acts[key] = f"camera {cue.camera} cannot be used in act {act.act!r}"
            return
        try:
            self.in_acts[key] = triggered_request(self._show, camera, cue, act)
        except CueFocusError as error:
            problem = f"not in act {act.act!r}: {error.sentence}"
            self._found.complain(("cues", index, "to"), problem, error.hint, "warning")
            self.in_acts[key] = problem
