"""The line through the readings: a two-state Kalman filter (show time, speed) over host time.

How much the speed may wander is learnt: a crystal's walk is a few 10⁻⁸ per √s, a tape with wow needs 10⁻², and a filter
set for one is useless for the other. Innovations that are too big open it, quiet ones close it again.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from cuefocus.chase.speed_doubt import SpeedDoubt
from cuefocus.timebase.units import NS_PER_S

# Speed walk per √s: real crystals (reference/realtime.md §6), and 1 % of wow at a few Hz or a ramp of 10 % in a second.
WALK_STEADY = 3e-8
WALK_WILD = 3e-2
# Above this the speed is not a constant any more.
WALK_UNSTEADY = 3e-5
_FIRST_WALK = 1e-5
_CALM, _ROUGH = 1.4, 3.0
# Quiet readings close it by this much each: slowly while the speed is lively, so that wow does not lull it.
_CLOSE, _CLOSE_LIVELY, _LIVELY = 0.85, 0.97, 3e-4
# Standard deviations are stated larger than the filter believes them: a speed that wanders is no random walk.
_MODESTY, _MODESTY_UNSTEADY = 1.15, 2.0
# A lean of this many standard deviations in the mean of the last innovations is a change of speed, not noise.
_LEAN_SHARE, _LEANING = 0.2, 1.3
# A manoeuvre is taken to have lasted this many readings when it shows.
_MANOEUVRE_READINGS = 5
_MOST_SURPRISE = 9.0
_HISTORY = 64
_HISTORY_NS = NS_PER_S


@dataclass(frozen=True, slots=True)
class Point:
    """One reading on the way into a line: host time, show time, and the spread of the former (all ns)."""

    host_ns: int
    show_ns: int
    noise_ns: float


class Line:
    """Show time as a line over host time, with its covariance.

    Args:
        first: where it begins.
        speed, speed_sigma: what is believed of the speed beforehand.
    """

    def __init__(self, first: Point, speed: float, speed_sigma: float, *, walk: float = _FIRST_WALK) -> None:
        self._host_ns, self._show_ns, self._rest_ns = first.host_ns, first.show_ns, 0.0
        self.speed = speed
        self.walk = walk
        self._p00, self._p01, self._p11 = (first.noise_ns * max(abs(speed), 0.05)) ** 2, 0.0, speed_sigma**2
        self._unrest = 1.0
        self._lean = 0.0
        self.readings = 1
        self.history: deque[Point] = deque((first,), maxlen=_HISTORY)
        self._doubt = SpeedDoubt()

    @property
    def host_ns(self) -> int:
        """Host time of the newest reading in it."""
        return self._host_ns

    @property
    def show_ns(self) -> int:
        """Show time there."""
        return self._show_ns

    @property
    def steady(self) -> bool:
        """Whether the speed is a constant as far as can be told."""
        return self.walk < WALK_UNSTEADY

    @property
    def speed_sigma(self) -> float:
        """One standard deviation of `speed`, as readings are judged by: their errors are taken for independent."""
        return float((self._p11 * max(self._unrest, 1.0)) ** 0.5)

    @property
    def stated_speed_sigma(self) -> float:
        """One standard deviation of `speed` against the source's lasting one, where stamps may wander."""
        return float((self._p11 * max(self._unrest, self._doubt.inflation)) ** 0.5)

    def show_at(self, host_ns: int) -> int:
        """Show time along the line."""
        return self._show_ns + round(self._rest_ns + self.speed * (host_ns - self._host_ns))

    def sigma_at(self, host_ns: int) -> float:
        """One standard deviation of `show_at(host_ns)`, ns."""
        modesty = _MODESTY if self.walk < WALK_UNSTEADY else _MODESTY_UNSTEADY
        return modesty * float((self._variance(host_ns - self._host_ns) * max(self._unrest, 1.0)) ** 0.5)

    def innovation(self, point: Point) -> tuple[float, float]:
        """How far a reading lies ahead of the line (show ns), and the standard deviation that was to be expected."""
        span_ns = point.host_ns - self._host_ns
        ahead_ns = (point.show_ns - self._show_ns) - self._rest_ns - self.speed * span_ns
        return ahead_ns, float((self._variance(span_ns) + self._noise(point)) ** 0.5)

    def take(self, point: Point) -> None:
        """Let a reading move the line. Whether to believe it is decided outside."""
        span_ns = point.host_ns - self._host_ns
        ahead_ns = (point.show_ns - self._show_ns) - self._rest_ns - self.speed * span_ns
        walk, size_ns = self.walk * self.walk / NS_PER_S, abs(span_ns)
        p11 = self._p11 + walk * size_ns
        p01 = self._p01 + self._p11 * span_ns + walk * span_ns * size_ns / 2.0
        p00 = self._variance(span_ns)
        total = p00 + self._noise(point)
        gain, speed_gain = p00 / total, p01 / total
        step_ns = self.speed * span_ns + self._rest_ns + gain * ahead_ns
        whole_ns = round(step_ns)
        self._host_ns, self._show_ns, self._rest_ns = point.host_ns, self._show_ns + whole_ns, step_ns - whole_ns
        self.speed += speed_gain * ahead_ns
        self._p00 = p00 * (1.0 - gain)
        self._p01 = p01 * (1.0 - gain)
        self._p11 = max(p11 - speed_gain * p01, 1e-20)
        self.readings += 1
        self.history.append(point)
        self._doubt.take(ahead_ns / total**0.5, span_ns / NS_PER_S, self.speed, self._p11)
        self._adapt(ahead_ns, total, span_ns)

    def coast(self) -> None:
        """Prepare to go on without readings: at the mean speed of the last second if the speed is not a constant.

        The newest speed of a source with wow is its momentary one; that of a ramp is the best there is.
        """
        points = [point for point in self.history if self._host_ns - point.host_ns <= _HISTORY_NS]
        if self.steady:
            self.walk = WALK_STEADY
        if self.steady or len(points) < 5:
            return
        middle = len(points) // 2
        early, late = _slope(points[: middle + 1]), _slope(points[middle:])
        if early < late < self.speed or early > late > self.speed:
            self._p11 = max(self._p11, (self.speed - late) ** 2)
            return
        mean = _slope(points)
        pieces = [_slope(points[at : at + 3]) for at in range(len(points) - 2)]
        self._p11 = max(sum((piece - mean) ** 2 for piece in pieces) / len(pieces), 1e-20)
        self._p01, self.speed = 0.0, mean

    def mean_speed(self) -> float:
        """Speed over the last second of readings."""
        points = [point for point in self.history if self._host_ns - point.host_ns <= _HISTORY_NS]
        return _slope(points) if len(points) > 2 else self.speed

    def _adapt(self, ahead_ns: float, expected: float, span_ns: float) -> None:
        """Open the filter as far as the innovation asks for, close it slowly when they are quiet."""
        surprise = min(ahead_ns * ahead_ns / expected, _MOST_SURPRISE)
        self._unrest += (surprise - self._unrest) * 0.12
        self._lean += (ahead_ns / expected**0.5 - self._lean) * _LEAN_SHARE
        rough = self._unrest > _ROUGH and surprise > 1.0
        if (rough or abs(self._lean) > _LEANING) and span_ns > 0:
            lasted_s = _MANOEUVRE_READINGS * span_ns / NS_PER_S
            asked = abs(ahead_ns) / NS_PER_S * (3.0 / lasted_s**3) ** 0.5
            self.walk = max(self.walk, min(asked, WALK_WILD))
        elif self._unrest < _CALM:
            close = _CLOSE_LIVELY if self.walk > _LIVELY else _CLOSE
            self.walk = max(self.walk * close, WALK_STEADY)

    def _variance(self, span_ns: float) -> float:
        walk = self.walk * self.walk / NS_PER_S
        grown = self._p00 + 2.0 * self._p01 * span_ns + self._p11 * span_ns * span_ns
        return max(grown + walk * abs(span_ns) ** 3 / 3.0, 0.0)

    def _noise(self, point: Point) -> float:
        return max((point.noise_ns * self.speed) ** 2, 1.0)


def line_through(
    points: Iterable[Point], speed: float, speed_sigma: float, *, walk: float = _FIRST_WALK, noise_ns: float = 0.0
) -> Line:
    """The line that takes all of `points`, from what is believed of the speed beforehand.

    Args:
        points: at least one, in order.
        speed: what is believed of it beforehand.
        speed_sigma: how surely.
        walk: how much it may wander at first, per √s.
        noise_ns: the least spread to allow the points (what was learnt since they came).
    """
    line: Line | None = None
    for point in points:
        wide = Point(point.host_ns, point.show_ns, max(point.noise_ns, noise_ns))
        if line is None:
            line = Line(wide, speed, speed_sigma, walk=walk)
        else:
            line.take(wide)
    if line is None:
        raise ValueError("a line needs a point")
    return line


def _slope(points: list[Point]) -> float:
    span_ns = points[-1].host_ns - points[0].host_ns
    return (points[-1].show_ns - points[0].show_ns) / span_ns if span_ns else 0.0
