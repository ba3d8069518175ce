"""The measured columns of a row: when the lens was there, how far off it was, and how well that is known. Pure."""

from dataclasses import dataclass
from typing import Any

from cuefocus.landing.evidence import Circumstances, Evidence, RackLike
from cuefocus.landing.passage import Passage
from cuefocus.landing.trace import Crossing
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

#: Width of an even distribution to its standard deviation.
_UNIFORM = 12**0.5


@dataclass(frozen=True, slots=True)
class _Late:
    """When the judged moment was, against when it should have been."""

    error_ns: float
    uncertainty_ns: float


def step_ns(rack: RackLike, circumstances: Circumstances, evidence: Evidence) -> float:
    """How long the lens, as planned, goes through one of its motor's steps as it meets the band; host time, 0 if brief.

    A pull of a few counts is so slow there that the motor makes it in steps, each of which takes longer than the
    tolerance: which of them enters the band, rounding decides.
    """
    at_edge = next((one for one in rack.segments if one.start_ns <= rack.land_ns < one.start_ns + one.length_ns), None)
    if at_edge is None or rack.landing == "stopped":
        return 0.0
    ring_per_s = abs(at_edge.at(rack.land_ns)[1] * (evidence.speed or 1.0))
    lasts_ns = circumstances.step_ring / ring_per_s * NS_PER_S if ring_per_s > 0.0 else 0.0
    return lasts_ns if lasts_ns > rack.tolerance_ns else 0.0


def place(rack: RackLike, circumstances: Circumstances, ring: float | None) -> dict[str, Any]:
    """How far off the lens was at `land_at`, where its ring was; nothing if that is not known."""
    if ring is None or circumstances.dioptres_at is None:
        return {}
    dioptres = circumstances.dioptres_at(ring)
    error_dioptres = dioptres - rack.band.target_dioptres
    error_mm = rack.target_mm - 1000.0 / dioptres if rack.target_mm is not None and dioptres > 0.0 else None
    blur_coc = abs(error_dioptres) * rack.band.blur_coc_per_dioptre
    return {"error_dioptres": error_dioptres, "error_mm": error_mm, "blur_coc": blur_coc}


def times(
    rack: RackLike,
    circumstances: Circumstances,
    evidence: Evidence,
    sharp: Crossing | None,
    stopped: Crossing | None,
    arrived: Crossing | None,
) -> dict[str, Any]:
    """When it was sharp and stopped, and how late the moment was that is judged: `arrived`."""
    base_ns = circumstances.base_ns
    found: dict[str, Any] = {
        "sharp_s": _show_s(sharp, rack.land_ns - base_ns, evidence),
        "stopped_s": _show_s(stopped, rack.land_ns - base_ns, evidence),
        "arrived_s": _show_s(arrived, rack.land_ns - base_ns, evidence),
    }
    if arrived is None:
        return found
    steps_ns = step_ns(rack, circumstances, evidence) / _UNIFORM
    late = _lateness(arrived, evidence.land_host_ns, circumstances, evidence, steps_ns)
    found["error_ms"] = late.error_ns / NS_PER_MS
    found["uncertainty_ms"] = late.uncertainty_ns / NS_PER_MS
    found["error_frames"] = _frames(late, circumstances)
    return found


def departure_columns(
    rack: RackLike, circumstances: Circumstances, evidence: Evidence, left: Crossing | None
) -> dict[str, Any]:
    """How late it left, for a rack whose departure was called too; nothing if that was not seen."""
    if left is None or rack.leave_ns is None:
        return {}
    leave_host_ns = evidence.land_host_ns + round((rack.leave_ns - rack.land_ns) / (evidence.speed or 1.0))
    late = _lateness(left, leave_host_ns, circumstances, evidence)
    return {
        "leave_arrived_s": _show_s(left, rack.land_ns - circumstances.base_ns, evidence),
        "leave_error_ms": late.error_ns / NS_PER_MS,
        "leave_uncertainty_ms": late.uncertainty_ns / NS_PER_MS,
        "leave_error_frames": _frames(late, circumstances),
    }


def held_s(passage: Passage, sharp: Crossing | None) -> float | None:
    """How long the lens was seen to stay in the band since `sharp`."""
    if sharp is None:
        return None
    until_ns = passage.last_ns if passage.left is None else passage.left.at_ns
    return max(0.0, (until_ns - sharp.at_ns) / NS_PER_S)


def _lateness(
    crossing: Crossing,
    planned_host_ns: int,
    circumstances: Circumstances,
    evidence: Evidence,
    steps_ns: float = 0.0,
) -> _Late:
    resolution_ring = 0.0 if evidence.estimated else 1.0 / circumstances.counts_span
    squares = (
        crossing.uncertainty_ns(resolution_ring) ** 2
        + evidence.clock_uncertainty_ns**2
        + evidence.other_uncertainty_ns**2
        + steps_ns**2
    )
    return _Late(crossing.at_ns - planned_host_ns, float(squares**0.5))


def _frames(late: _Late, circumstances: Circumstances) -> float | None:
    return None if circumstances.camera_fps is None else late.error_ns / NS_PER_S * circumstances.camera_fps


def _show_s(crossing: Crossing | None, land_from_base_ns: int, evidence: Evidence) -> float | None:
    """The moment in show seconds from the act's start (host seconds from the trigger)."""
    if crossing is None:
        return None
    return (land_from_base_ns + (crossing.at_ns - evidence.land_host_ns) * (evidence.speed or 1.0)) / NS_PER_S
