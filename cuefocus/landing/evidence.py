"""What a verdict is made from: the rack as planned, the circumstances, and where the lens was when."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cuefocus.timebase.values import value

#: (host_ns, lens ring), in order of time.
Sample = tuple[int, float]


class BandLike(Protocol):
    """The sharp band round a target; ring 0 is close focus, so near_ring < target_ring < far_ring."""

    @property
    def target_ring(self) -> float:
        """Where the lens is on its mark."""

    @property
    def near_ring(self) -> float:
        """Edge towards close focus."""

    @property
    def far_ring(self) -> float:
        """Edge towards ∞."""

    @property
    def target_dioptres(self) -> float:
        """1/distance of the mark; 0 at ∞."""

    @property
    def blur_coc_per_dioptre(self) -> float:
        """Blur-circle diameter in circles of confusion per dioptre of error."""


class SegmentLike(Protocol):
    """A piece of the planned motion."""

    @property
    def start_ns(self) -> int:
        """When it begins, on the rack's time base."""

    @property
    def length_ns(self) -> int:
        """How long it lasts."""

    def at(self, time_ns: int, /) -> tuple[float, float, float]:
        """Ring, ring/s, ring/s²; clamped to its span."""


class RackLike(Protocol):
    """The part of a planned rack that a verdict needs (`motion.racks.PlannedRack` is one)."""

    @property
    def cue(self) -> str:
        """Cue number as written."""

    @property
    def name(self) -> str:
        """What the cue is called, or empty."""

    @property
    def camera(self) -> str:
        """Camera."""

    @property
    def axis(self) -> str:
        """`CAMERA.axis`."""

    @property
    def land_ns(self) -> int:
        """When it must have landed; show time, or host time from the trigger."""

    @property
    def depart_ns(self) -> int:
        """First moment of motion."""

    @property
    def stop_ns(self) -> int:
        """Last moment of motion."""

    @property
    def leave_ns(self) -> int | None:
        """When it was to leave, if that was called."""

    @property
    def from_ring(self) -> float:
        """Where it leaves from."""

    @property
    def band(self) -> BandLike:
        """Where it lands."""

    @property
    def segments(self) -> Sequence[SegmentLike]:
        """The pull."""

    @property
    def tolerance_ns(self) -> int:
        """Early or late by more than this is no landing."""

    @property
    def landing(self) -> str:
        """`sharp` or `stopped`."""

    @property
    def target(self) -> str:
        """The mark or distance as written."""

    @property
    def anchor(self) -> str:
        """The word or beat it lands on, or empty."""

    @property
    def leave_anchor(self) -> str:
        """The word or beat it leaves on, or empty."""

    @property
    def target_mm(self) -> float | None:
        """Subject distance; None at ∞, for iris and for zoom."""

    @property
    def stop(self) -> float | None:
        """T-stop at the landing."""

    @property
    def focal_mm(self) -> float | None:
        """Focal length at the landing."""

    @property
    def offset_ns(self) -> int:
        """All offsets together."""

    @property
    def triggered(self) -> bool:
        """Whether times count from a trigger."""


@value
class Circumstances:
    """What a row says besides the rack itself.

    Args:
        camera_fps: frames per second of the camera, for `error_frames`; None if unknown.
        counts_span: counts between the axis' end stops.
        base_ns: show time of the act's start; 0 for triggered racks.
        land_at, leave_at: timecodes as shown; None when triggered.
        source: the timecode source, or the trigger's route.
        dioptres_at: measured ring → 1/distance in dioptres, past the outermost marks too; None for iris and zoom.
        step_ring: what the motor's steps and play leave open of where the lens is; 0 if unknown.
    """

    take: int
    pass_: int
    camera_fps: float | None
    counts_span: int
    base_ns: int = 0
    land_at: str | None = None
    leave_at: str | None = None
    source: str | None = None
    dioptres_at: Callable[[float], float] | None = None
    step_ring: float = 0.0


@value
class Fate:
    """What became of a rack that cannot be judged by where the lens went."""

    verdict: str
    reason: str


@value
class Evidence:
    """Where the lens was, and what the clock said.

    Args:
        land_host_ns: host time at which the clock showed `land_at` (triggered: trigger + land time).
        until_ns: end of the watch: the next departure, or 1 s after the landing.
        samples: lens positions, read-back delay and backlash already taken off.
        measured_at: "motor", "lens" or "none".
        estimated: the samples come from a model.
        speed: show time per host time at the landing; None when triggered.
        clock_uncertainty_ns: standard deviation of the clock there (host time).
        other_uncertainty_ns: of read-back, dead time, model or the steps of its set-points, where known.
        departed_ns: host time at which motion began; worked out from the plan when None.
        clamped: names of the limits that cut a set-point of this rack.
        notes: what else happened on the way, most telling first ("playback jumped").
        fate: a verdict that stands whatever the samples say.
    """

    land_host_ns: int
    until_ns: int
    samples: Sequence[Sample] = ()
    measured_at: str = "none"
    estimated: bool = False
    speed: float | None = None
    clock_uncertainty_ns: float = 0.0
    other_uncertainty_ns: float = 0.0
    departed_ns: int | None = None
    clamped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fate: Fate | None = None
