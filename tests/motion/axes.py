"""An axis, a lens and racks to plan, for the tests of this room."""

from collections.abc import Sequence
from dataclasses import replace

from cuefocus.motion.aims import FocusAim
from cuefocus.motion.profile import named_profile
from cuefocus.motion.requests import RackRequest
from cuefocus.motor.axis import AxisSpec
from cuefocus.optics.lens_map import LensMap
from cuefocus.optics.sharp_band import Eye

MS = 1_000_000
SPEC = AxisSpec(
    name="A.focus", motor="m", speed_ring_per_s=2.5, accel_ring_per_s2=30.0, jerk_ring_per_s3=600.0,
    settle_fraction=0.3, counts_near=0, counts_far=9999, period_ns=20 * MS, line_ns=1_500_000, dead_ns=20 * MS,
    lag_ns=15 * MS, readback_ns=0, backlash_ring=0.002, residual_backlash_ring=0.0002, feedback=True,
)  # fmt: skip
LENS = LensMap([(0.0, 1.6), (0.25, 1.2), (0.5, 0.8), (0.75, 0.4), (1.0, 0.0)])
SHAPES = ("linear", "ease-in", "ease-out", "s-curve", "minimum-jerk")


def spec(**changes: object) -> AxisSpec:
    """The axis with other numbers."""
    return replace(SPEC, **changes)  # type: ignore[arg-type]


def request(dioptres: float, land_ns: int | None = 2_000 * MS, *, axis: AxisSpec = SPEC, **more: object) -> RackRequest:
    """A rack to a distance; 600 ms, minimum jerk, sharp, unless told."""
    aim = FocusAim(
        LENS,
        Eye(40, 1.8, 0.025),
        LENS.ring_at(dioptres),
        dioptres,
        1 / axis.counts_span,
        axis.residual_backlash_ring,
    )
    plain = RackRequest(
        cue="1", name="", camera="A", axis="A.focus", act="song", aim=aim, profile=named_profile("minimum-jerk"),
        land_ns=land_ns, leave_ns=None, pull_ns=600 * MS, pull_ring_per_s=None, landing="sharp",
        tolerance_ns=20 * MS, top_speed=1.0, on_jump="settle", kind="", target="ben", anchor="", leave_anchor="",
        target_mm=1000 / dioptres if dioptres else None, stop=1.8, focal_mm=40.0, offset_ns=0, triggered=False,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def divided_differences(times_ns: Sequence[int], values: Sequence[float]) -> tuple[float, float, float]:
    """Greatest speed, acceleration and jerk of samples at uneven times."""
    ahead = range(len(values))
    speed = [(values[i + 1] - values[i]) * 1e9 / (times_ns[i + 1] - times_ns[i]) for i in ahead[:-1]]
    accel = [(speed[i + 1] - speed[i]) * 2e9 / (times_ns[i + 2] - times_ns[i]) for i in ahead[:-2]]
    jerk = [(accel[i + 1] - accel[i]) * 3e9 / (times_ns[i + 3] - times_ns[i]) for i in ahead[:-3]]
    return max(map(abs, speed)), max(map(abs, accel)), max(map(abs, jerk))
