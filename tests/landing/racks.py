"""Racks, bands and lens paths for the landing tests: the planner's own types, and motors that do as they are told."""

from collections.abc import Callable
from dataclasses import replace

from cuefocus.landing.evidence import Circumstances, Evidence, Sample
from cuefocus.motion.racks import Band, PlannedRack
from cuefocus.motion.track import Segment

MS = 1_000_000
S = 1_000 * MS
LAND_HOST_NS = 100 * S
LAND_NS = 3610 * S
SPAN = 4000
PULL_NS = 600 * MS
MINIMUM_JERK = (0.0, 0.0, 0.0, 10.0, -15.0, 6.0)

Curve = Callable[[float], float]


def dioptres_at(ring: float) -> float:
    """1/distance of a lens that goes from 0.5 m to 10 m, evenly in dioptres."""
    return 2.0 - 1.9 * ring


def band_at(target: float, half: float = 0.01) -> Band:
    return Band(
        target,
        target - half,
        target + half,
        dioptres_at(target),
        dioptres_at(target - half),
        dioptres_at(target + half),
        20.0,
    )


def share_to_band(start: float, target: float, half: float) -> float:
    """Share of a minimum-jerk pull after which the band is entered."""
    goal = 1 - half / abs(target - start)
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if middle**3 * (10 - 15 * middle + 6 * middle * middle) < goal:
            low = middle
        else:
            high = middle
    return high


def rack(
    start: float = 0.3,
    target: float = 0.7,
    *,
    half: float = 0.01,
    landing: str = "sharp",
    tolerance_ns: int = 20 * MS,
    leave: bool = False,
    triggered: bool = False,
    land_ns: int = LAND_NS,
) -> PlannedRack:
    """A minimum-jerk rack that is sharp (or at rest) at `land_ns`."""
    before_ns = PULL_NS if landing == "stopped" else round(share_to_band(start, target, half) * PULL_NS)
    depart_ns = land_ns - before_ns
    first, *rest = (coefficient * (target - start) for coefficient in MINIMUM_JERK)
    segment = Segment(depart_ns, PULL_NS, (start + first, rest[0], rest[1], rest[2], rest[3], rest[4]))
    return PlannedRack(
        cue="1",
        name='Ana to Ben on the second "goodbye"',
        camera="A",
        axis="A.focus",
        act="song",
        land_ns=land_ns,
        sharp_ns=land_ns,
        depart_ns=depart_ns,
        stop_ns=depart_ns + PULL_NS,
        leave_ns=depart_ns if leave else None,
        from_ring=start,
        band=band_at(target, half),
        segments=(segment,),
        tolerance_ns=tolerance_ns,
        landing=landing,
        on_jump="settle",
        kind="dialogue",
        target="ben",
        anchor="goodbye",
        leave_anchor="alone" if leave else "",
        target_mm=1000.0 / dioptres_at(target),
        stop=2.0,
        focal_mm=40.0,
        offset_ns=0,
        takeup_ns=0,
        triggered=triggered,
    )


def circumstances(**changes: object) -> Circumstances:
    usual = Circumstances(
        take=1,
        pass_=1,
        camera_fps=25.0,
        counts_span=SPAN,
        base_ns=3600 * S,
        land_at="01:00:10:00",
        source="ltc",
        dioptres_at=dioptres_at,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def planned_curve(planned: PlannedRack, *, late_ns: float = 0.0, speed: float = 1.0) -> Curve:
    """Host time → ring of a lens that carries the plan out, `late_ns` late."""
    segment = planned.segments[0]

    def ring_at(host_ns: float) -> float:
        show_ns = planned.land_ns + (host_ns - late_ns - LAND_HOST_NS) * speed
        return segment.at(round(show_ns))[0]

    return ring_at


def sampled(
    curve: Curve,
    *,
    every_ns: int = 20 * MS,
    phase_ns: int = 7 * MS,
    span: int = SPAN,
    from_ns: int = LAND_HOST_NS - 2 * S,
    to_ns: int = LAND_HOST_NS + 1100 * MS,
) -> list[Sample]:
    """What a motor that counts would have reported."""
    return [(at_ns, round(curve(at_ns) * span) / span) for at_ns in range(from_ns + phase_ns, to_ns, every_ns)]


def evidence(samples: list[Sample], **changes: object) -> Evidence:
    usual = Evidence(
        land_host_ns=LAND_HOST_NS, until_ns=LAND_HOST_NS + S, samples=samples, measured_at="motor", speed=1.0
    )
    return replace(usual, **changes)  # type: ignore[arg-type]
