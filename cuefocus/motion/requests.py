"""A rack as it is asked for: everything resolved to numbers but where it leaves from."""

from dataclasses import dataclass

from cuefocus.errors import PlanError
from cuefocus.motion.aims import Aim
from cuefocus.motion.profile import Profile


@dataclass(frozen=True, slots=True)
class RackRequest:
    """One cue on one axis. Times are show ns; of a triggered cue, host ns from its trigger.

    Args:
        land_ns: when it must have landed; None where it only leaves, or waits for a trigger.
        leave_ns: when it leaves; None where it is worked back from its landing.
        pull_ns: departure to standstill; None where `pull_ring_per_s` or leave and land give it.
        pull_ring_per_s: mean ring speed instead of a time.
        land_after_ns: triggered: trigger to landing; None for pull and latency.
        top_speed: highest declared playback speed, show time per host time.
        offset_ns: sum of act, camera and cue offsets, already in `land_ns` and `leave_ns`.
        stop_tracked, focal_tracked: the camera's own iris or zoom track says the stop or focal length.
    """

    cue: str
    name: str
    camera: str
    axis: str
    act: str
    aim: Aim
    profile: Profile
    land_ns: int | None
    leave_ns: int | None
    pull_ns: int | None
    pull_ring_per_s: float | None
    landing: str
    tolerance_ns: int
    top_speed: float
    on_jump: str
    kind: str
    target: str
    anchor: str
    leave_anchor: str
    target_mm: float | None
    stop: float | None
    focal_mm: float | None
    offset_ns: int
    triggered: bool
    land_after_ns: int | None = None
    stop_tracked: bool = False
    focal_tracked: bool = False

    @property
    def due_ns(self) -> int:
        """What to order racks by before they are planned: the landing, else the departure."""
        return self.land_ns if self.land_ns is not None else self.leave_ns or 0

    @property
    def wanted_ns(self) -> int:
        """When it was to land, before it is planned; of one that only leaves, when its pull would be over."""
        return self.due_ns + (0 if self.land_ns is not None else self.pull_ns or 0)


class TooFast(PlanError):
    """A rack that its axis cannot do in the time.

    Args:
        needs_ns: the shortest pull, show ns.
        earliest_ns: the earliest landing, leaving when it can; show ns.
    """

    def __init__(self, sentence: str, *, needs_ns: int, earliest_ns: int, hint: str = "") -> None:
        self.needs_ns, self.earliest_ns = needs_ns, earliest_ns
        super().__init__(sentence, hint=hint)
