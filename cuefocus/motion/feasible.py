"""How short a pull may be: set-points x + τ·ẋ inside speed, acceleration and jerk of the axis.

A pull that fits at 1.05 × the highest declared speed is feasible; one that fits only at 1 × is, with a warning.
"""

from functools import lru_cache
from math import cbrt, sqrt

from cuefocus.motion.profile import Profile
from cuefocus.motor.axis import AxisSpec

MARGIN = 1.05
"""Design §7: feasible means inside the limits at this multiple of the highest declared speed."""
_ROUNDS = 12
_ALL_LAG = 1e6  # a pull this much shorter than the lag fits nowhere
_BETWEEN_NODES = 1.0005  # peaks may lie between the places looked at


@lru_cache(maxsize=4096)
def _peaks(profile: Profile, lag_share: float) -> tuple[float, float, float]:
    """Greatest speed, acceleration, jerk of the set-point for unit travel in unit time; lag as a share of the pull."""
    speed = accel = jerk = 0.0
    for first, second, third, fourth in profile.nodes:
        speed = max(speed, abs(first + lag_share * second))
        accel = max(accel, abs(second + lag_share * third))
        jerk = max(jerk, abs(third), abs(third + lag_share * fourth))
    return speed * _BETWEEN_NODES, accel * _BETWEEN_NODES, jerk * _BETWEEN_NODES


def _needed_s(profile: Profile, travel: float, spec: AxisSpec, lag_share: float) -> float:
    speed, accel, jerk = _peaks(profile, lag_share)
    return max(
        travel * speed / spec.speed_ring_per_s,
        sqrt(travel * accel / spec.accel_ring_per_s2),
        cbrt(travel * jerk / spec.jerk_ring_per_s3),
    )


def fits(profile: Profile, travel_ring: float, pull_s: float, spec: AxisSpec) -> bool:
    """Whether a pull of `pull_s` host seconds keeps the limits."""
    if pull_s <= 0.0:
        return travel_ring == 0.0
    return _needed_s(profile, abs(travel_ring), spec, _share(spec, pull_s)) <= pull_s * (1 + 1e-9)


@lru_cache(maxsize=8192)
def shortest_pull_s(profile: Profile, travel_ring: float, spec: AxisSpec) -> float:
    """The shortest pull that keeps the limits, host seconds."""
    travel = abs(travel_ring)
    if travel == 0.0:
        return 0.0
    low = high = _needed_s(profile, travel, spec, 0.0)
    while not fits(profile, travel, high, spec):
        low, high = high, 1.5 * high
    for _ in range(_ROUNDS):
        if high - low < 1e-4 * high:
            break
        middle = 0.5 * (low + high)
        if fits(profile, travel, middle, spec):
            high = middle
        else:
            low = middle
    return high


def shortest_pull_ns(
    profile: Profile, travel_ring: float, spec: AxisSpec, *, top_speed: float = 1.0, margin: float = MARGIN
) -> int:
    """The shortest pull in show ns for playback at up to `top_speed`."""
    return round(shortest_pull_s(profile, travel_ring, spec) * margin * top_speed * 1e9)


def _share(spec: AxisSpec, pull_s: float) -> float:
    """The lag as a share of the pull, rounded up a little so that equal pulls share their peaks."""
    if spec.lag_ns <= 0:
        return 0.0
    exact = min(_ALL_LAG, spec.lag_ns * 1e-9 / pull_s)
    return (int(exact * 2048) + 1) / 2048
