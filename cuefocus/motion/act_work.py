"""What is known of an act while it is compiled, and what is found wrong meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cuefocus.errors import CueFocusError
from cuefocus.files.complaint import Complaint, Loc, Severity
from cuefocus.files.load import Loaded
from cuefocus.files.strict import Finding
from cuefocus.motion.chain import ActBounds, Chain
from cuefocus.motion.moments import ActTime
from cuefocus.motion.optics_of import CameraInAct
from cuefocus.motion.racks import PlannedRack
from cuefocus.show.models import Act, Cue, Show


@dataclass(slots=True)
class ActWork:
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


class Findings:
    """What is wrong with a show, each at its place in the file.

    Attributes:
        complaints: as they were found. cannot_land: those of racks that their axis cannot make.
    """

    def __init__(self, show: Loaded[Show]) -> None:
        self._located = show.located
        self.complaints: list[Complaint] = []
        self.cannot_land: set[Complaint] = set()

    def complain(self, loc: Loc, problem: str, hint: str = "", severity: Severity = "error") -> None:
        """Something is wrong there."""
        self.complaints.append(self._located.complaint(loc, problem, hint, severity=severity))

    def report(self, findings: Iterable[Finding]) -> None:
        """What a check has found."""
        for loc, severity, problem, hint in findings:
            self.complain(loc, problem, hint, severity)

    def cannot(self, work: ActWork, cue: Cue, loc: Loc, problem: str, hint: str) -> None:
        """A rack that its axis cannot make, as everything stands."""
        self.complain(loc, problem, hint)
        self.cannot_land.add(self.complaints[-1])
        work.infeasible[cue.cue] = problem

    def refuse(self, work: ActWork, cue: Cue, loc: Loc, error: CueFocusError) -> None:
        """A rack that is not one."""
        self.complain(loc, error.sentence, error.hint)
        work.infeasible.setdefault(cue.cue, error.sentence)
