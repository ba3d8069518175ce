"""I1: no set-point outside position, speed, acceleration and jerk; measured on the unrounded set-points, as they stand.

Differences are divided by the true spacing of the moments the set-points stand for, which is uneven where a landing has
a set-point of its own. The n-th divided difference of any path, times n!, is the mean of its n-th derivative under a
B-spline of those n + 1 moments (Peano kernel; de Boor, A Practical Guide to Splines, 1978, ch. X): a path within the
limits keeps them at any spacing, and nothing need be left out or fitted.

What is allowed beyond the limits is arithmetic alone:
- Moments are whole nanoseconds: host time is rounded by up to half a nanosecond, show time by as much again of its own,
  a whole host nanosecond at half speed. A set-point may be off by what the axis covers in that time at full speed, and
  a difference by the sum of its weights times that.
- A motor with lag τ is sent u = x + τ·ẋ, and the jerk that its limit is about is that of x. Integrated by parts, the
  mean of τ·x⁗ under the quadratic B-spline is at most jerk · τ · 2 · its peak.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cuefocus.motion.kinematics import setpoint_limits
from cuefocus.motor.axis import AxisSpec
from tests.stories.watched_player import WatchedPlayer

#: Half a host nanosecond, and half a show nanosecond at half speed, the slowest that a story declares.
_GRAIN_S = 1.5e-9
#: After this many periods without a set-point the motor stands on its last one.
_SILENCE_PERIODS = 6
_FACTORIAL = {1: 1.0, 2: 2.0, 3: 6.0}


@dataclass(frozen=True, slots=True)
class Difference:
    """A divided difference times n!: the mean of a derivative over some set-points.

    Args:
        value: ring per secondⁿ.
        grain: how far rounding may have moved it, for a set-point off by 1.
        times_s: the moments, from the first.
    """

    value: float
    grain: float
    times_s: tuple[float, ...]


def every_set_point_is_inside_the_limits(spec: AxisSpec, player: WatchedPlayer) -> None:
    """I1 and I4: as the moments they stand for follow each other; after a fault as at any time."""
    limits, frames = setpoint_limits(spec), player.frames
    assert all(0.0 <= frame.ring <= 1.0 for frame in frames), "position"
    assert all(before.at_ns < after.at_ns for before, after in pairwise(frames)), "two set-points for one moment"
    off_ring = limits.speed * _GRAIN_S
    for times_ns, rings in _runs(spec, player):
        for order, most, name in ((1, limits.speed, "speed"), (2, limits.accel, "acceleration"), (3, 0.0, "jerk")):
            for difference in differences(times_ns, rings, order):
                allowed = most if order < 3 else limits.jerk * _swing(difference.times_s, spec.lag_ns * 1e-9)
                over = abs(difference.value) - allowed - difference.grain * off_ring
                assert over <= 0.0, f"{spec.name}: {name} {abs(difference.value):.4f}, allowed {allowed:.4f}"


def _runs(spec: AxisSpec, player: WatchedPlayer) -> Iterator[tuple[list[int], list[float]]]:
    """Set-points without a silence between them, each run behind three at rest on where the axis stood before."""
    times_ns: list[int] = []
    rings: list[float] = []
    for held, frame, _ in player.steps():
        silent = not times_ns or frame.at_ns - times_ns[-1] > _SILENCE_PERIODS * spec.period_ns
        if silent or held != rings[-1]:
            if times_ns:
                yield times_ns, rings
            times_ns = [frame.at_ns - ago * spec.period_ns for ago in (3, 2, 1)]
            rings = [held] * 3
        times_ns.append(frame.at_ns)
        rings.append(frame.ring)
    if times_ns:
        yield times_ns, rings


def differences(times_ns: Sequence[int], rings: Sequence[float], order: int) -> Iterator[Difference]:
    """Every divided difference of an order, times its factorial."""
    for first in range(len(times_ns) - order):
        times_s = tuple((at_ns - times_ns[first]) * 1e-9 for at_ns in times_ns[first : first + order + 1])
        weights = [_weight(times_s, index) * _FACTORIAL[order] for index in range(order + 1)]
        value = sum(weight * ring for weight, ring in zip(weights, rings[first:], strict=False))
        yield Difference(value, sum(map(abs, weights)), times_s)


def _weight(times_s: tuple[float, ...], index: int) -> float:
    product = 1.0
    for other, at_s in enumerate(times_s):
        if other != index:
            product *= times_s[index] - at_s
    return 1.0 / product


def _swing(times_s: tuple[float, ...], lag_s: float) -> float:
    """Greatest third difference of x + τ·ẋ per greatest jerk of x: 1 + 2·τ·(peak of the quadratic B-spline)."""
    return 1.0 + 2.0 * lag_s * spline_peak(times_s)


def spline_peak(times_s: tuple[float, ...]) -> float:
    """Peak of the quadratic B-spline of four moments whose integral is 1, per second.

    Its slope is 3/(t₃ − t₀) times the difference of the two hats (integral 1) on its first and last three moments, so
    it peaks where they cross, between the two in the middle.
    """
    t0, t1, t2, t3 = times_s
    left, right = t2 - t0, t3 - t1
    share = right / (left + right)  # of the way from t1 to t2, where the falling hat meets the rising one
    falling = 1.0 - (1.0 - share) ** 2 * (t2 - t1) / left
    rising = share**2 * (t2 - t1) / right
    return 3.0 / (t3 - t0) * (falling - rising)
