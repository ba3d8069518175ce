"""A planned rack: all the track, the session and the verdict need of one cue on one axis."""

from cuefocus.motion.track import Segment
from cuefocus.timebase.values import value


@value
class Band:
    """The sharp band round a target.

    Args:
        target_ring: where the lens is on its mark.
        near_ring, far_ring: its edges in ring (near_ring < target_ring < far_ring; ring 0 is close focus).
        target_dioptres, near_dioptres, far_dioptres: the same as 1/distance (near > target > far; 0 is ∞).
        blur_coc_per_dioptre: blur-circle diameter in circles of confusion per dioptre of error.
    """

    target_ring: float
    near_ring: float
    far_ring: float
    target_dioptres: float
    near_dioptres: float
    far_dioptres: float
    blur_coc_per_dioptre: float


@value
class PlannedRack:
    """One cue on one axis, planned from a known start. Times are show ns, or host ns from the trigger.

    Args:
        axis: `CAMERA.axis`.
        land_ns: when it must have landed.
        sharp_ns: when the band is entered (== land_ns for `sharp`).
        depart_ns, stop_ns: first and last moment of motion.
        leave_ns: when it was to leave, for racks that leave on an anchor; None otherwise.
        segments: the pull itself; where the axis still moved another way, the stop of that before it.
        tolerance_ns: early or late by more than this is no landing.
        landing: "sharp" or "stopped".
        on_jump: "settle", "skip", "compress" or "late".
        target: the mark's name or distance as written.
        anchor, leave_anchor: the word or beat as written, or "".
        target_mm: subject distance, None at ∞ or for iris and zoom.
        takeup_ns: how long before departure a reversal's slack is taken up; 0 without reversal.
        triggered: whether times count from a trigger.
    """

    cue: str
    name: str
    camera: str
    axis: str
    act: str
    land_ns: int
    sharp_ns: int
    depart_ns: int
    stop_ns: int
    leave_ns: int | None
    from_ring: float
    band: Band
    segments: tuple[Segment, ...]
    tolerance_ns: int
    landing: str
    on_jump: str
    kind: str
    target: str
    anchor: str
    leave_anchor: str
    target_mm: float | None
    stop: float | None
    focal_mm: float | None
    offset_ns: int
    takeup_ns: int
    triggered: bool
