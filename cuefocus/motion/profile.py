"""The shape of a pull: a unit curve from 0 to 1 over the pull's own time, as quintic pieces.

Every shape begins and ends at rest; shapes that would need infinite acceleration (linear, Bézier, recorded) get ramps.
Plain Python: sampled where set-points are planned, thousands of times a second.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from cuefocus.errors import PlanError
from cuefocus.motion.track import Coefficients, Segment

NAMED_SHAPES = ("linear", "ease-in", "ease-out", "s-curve", "minimum-jerk")
_NODES_PER_PIECE = 16
_BRIEF_RAMP = 0.15  # share of the pull a "hard" end takes: as even as a geared motor can follow
_LONG_RAMP = 0.70
_FIT_PIECES = 16
_MOST_SAMPLES = 256
_EASINGS = 60
_SMOOTHING = 0.20  # width of the kernel that gives drawn curves a start and an end at rest, share of the pull


@dataclass(frozen=True, slots=True)
class UnitPiece:
    """One polynomial piece: Σ cₖ·uᵏ with u = (fraction − start)/length in [0, 1]."""

    start: float
    length: float
    coefficients: Coefficients

    def at(self, fraction: float) -> float:
        """Value at a fraction of the pull inside this piece."""
        u = (fraction - self.start) / self.length
        c0, c1, c2, c3, c4, c5 = self.coefficients
        return c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5))))

    def derivatives(self, u: float) -> tuple[float, float, float, float]:
        """First to fourth derivative by fraction of the pull, at u in [0, 1]."""
        _, c1, c2, c3, c4, c5 = self.coefficients
        per = 1.0 / self.length
        first = c1 + u * (2 * c2 + u * (3 * c3 + u * (4 * c4 + u * 5 * c5)))
        second = 2 * c2 + u * (6 * c3 + u * (12 * c4 + u * 20 * c5))
        third = 6 * c3 + u * (24 * c4 + u * 60 * c5)
        fourth = 24 * c4 + u * 120 * c5
        return first * per, second * per**2, third * per**3, fourth * per**4


@dataclass(frozen=True, eq=False)
class Profile:
    """A pull's shape from (0, 0) to (1, 1), at rest at both ends, with continuous acceleration inside.

    Args:
        name: as written in the show.
        pieces: contiguous from 0 to 1.
    """

    name: str
    pieces: tuple[UnitPiece, ...]

    @cached_property
    def _starts(self) -> list[float]:
        return [piece.start for piece in self.pieces]

    def at(self, fraction: float) -> float:
        """Share of the travel done at a fraction of the pull; clamped to [0, 1] outside."""
        if fraction <= 0.0:
            return 0.0
        if fraction >= 1.0:
            return 1.0
        return self.pieces[bisect_right(self._starts, fraction) - 1].at(fraction)

    @cached_property
    def nodes(self) -> tuple[tuple[float, float, float, float], ...]:
        """First to fourth derivatives along the shape, dense enough to find the peaks of any mix of them."""
        per_piece = max(6, 4 * _NODES_PER_PIECE // len(self.pieces))
        return tuple(piece.derivatives(index / per_piece) for piece in self.pieces for index in range(per_piece + 1))

    @cached_property
    def peaks(self) -> tuple[float, float, float]:
        """Greatest speed, acceleration and jerk for unit travel in unit time (1.875, 5.77, 60 for minimum jerk)."""
        speed, accel, jerk = (max(abs(node[order]) for node in self.nodes) for order in range(3))
        return speed, accel, jerk

    @cached_property
    def overshoot(self) -> float:
        """How far the shape goes past 1 or below 0, share of the travel."""
        steps = 64
        values = [piece.at(piece.start + piece.length * i / steps) for piece in self.pieces for i in range(steps + 1)]
        return max(0.0, max(values) - 1.0, -min(values))

    @cached_property
    def monotone(self) -> bool:
        """Whether the shape never turns back."""
        return all(node[0] >= -1e-9 for node in self.nodes)

    def entry_fraction(self, low: float, high: float = 2.0) -> float:
        """Fraction of the pull after which the shape stays within [low, high] for good; 0 if it never is outside.

        `low` and `high` are shares of the travel, low <= 1 <= high.
        """
        if low <= 0.0 and self.overshoot <= 0.0:
            return 0.0
        for piece in reversed(self.pieces):
            outside = self._last_outside(piece, low, high)
            if outside is not None:
                return outside
        return 0.0

    def _last_outside(self, piece: UnitPiece, low: float, high: float) -> float | None:
        """Where within a piece the shape is last outside [low, high]; None if it is inside all along."""
        if self.monotone and piece.at(piece.start) >= low and high > 1.0:
            return None
        steps = 1 if self.monotone and high > 1.0 else _NODES_PER_PIECE
        inside = piece.start + piece.length
        for index in range(steps - 1, -1, -1):
            outside = piece.start + piece.length * index / steps
            if not low <= piece.at(outside) <= high:
                break
            inside = outside
        else:
            return None
        for _ in range(60):
            middle = 0.5 * (inside + outside)
            if middle in (inside, outside):
                break
            if low <= piece.at(middle) <= high:
                inside = middle
            else:
                outside = middle
        return inside

    def segments(self, start_ring: float, target_ring: float, depart_ns: int, pull_ns: int) -> tuple[Segment, ...]:
        """The pull itself over a time base; none for no travel or no time.

        Raises: PlanError if the pull is shorter than the shape has pieces for.
        """
        travel = target_ring - start_ring
        if travel == 0.0:
            return ()
        if pull_ns < 1_000 * len(self.pieces):
            raise PlanError(f"a pull of {pull_ns} ns is no pull", hint="give it at least a millisecond")
        made: list[Segment] = []
        for piece in self.pieces:
            begin = depart_ns + round(piece.start * pull_ns)
            end = depart_ns + round((piece.start + piece.length) * pull_ns)
            c0, c1, c2, c3, c4, c5 = (travel * c for c in piece.coefficients)
            made.append(Segment(begin, end - begin, (start_ring + c0, c1, c2, c3, c4, c5)))
        return tuple(made)


def _quintic(
    start: float, length: float, begin: tuple[float, float, float], end: tuple[float, float, float]
) -> UnitPiece:
    """The quintic that meets value, first and second derivative at both ends."""
    p0, v0, a0 = begin[0], begin[1] * length, begin[2] * length**2
    p1, v1, a1 = end[0], end[1] * length, end[2] * length**2
    gap = p1 - p0
    c3 = 10 * gap - 6 * v0 - 4 * v1 - 1.5 * a0 + 0.5 * a1
    c4 = -15 * gap + 8 * v0 + 7 * v1 + 1.5 * a0 - a1
    c5 = 6 * gap - 3 * (v0 + v1) - 0.5 * a0 + 0.5 * a1
    return UnitPiece(start, length, (p0, v0, 0.5 * a0, c3, c4, c5))


def _ramped(name: str, up: float, down: float) -> Profile:
    """Speed rises smoothly over `up`, stays, and falls smoothly over `down` (shares of the pull)."""
    speed = 1.0 / (1.0 - 0.5 * (up + down))
    rise, fall, cruise = speed * up, speed * down, speed * (1.0 - up - down)
    done = 0.5 * rise
    return Profile(
        name,
        (
            UnitPiece(0.0, up, (0.0, 0.0, 0.0, rise, -0.5 * rise, 0.0)),
            UnitPiece(up, 1.0 - up - down, (done, cruise, 0.0, 0.0, 0.0, 0.0)),
            UnitPiece(1.0 - down, down, (done + cruise, fall, 0.0, -fall, 0.5 * fall, 0.0)),
        ),
    )


def _seven_segments() -> Profile:
    """Constant jerk in seven pieces: two ramps of a third, each cut in thirds, and a cruise of a third."""
    lengths = (1 / 9, 1 / 9, 1 / 9, 1 / 3, 1 / 9, 1 / 9, 1 / 9)
    jerk = 60.75  # makes the travel 1: speed 1.5, acceleration 6.75
    signs = (1, 0, -1, 0, -1, 0, 1)
    start = position = velocity = acceleration = 0.0
    pieces = []
    for length, sign in zip(lengths, signs, strict=True):
        c1, c2, c3 = velocity * length, 0.5 * acceleration * length**2, sign * jerk * length**3 / 6
        pieces.append(UnitPiece(start, length, (position, c1, c2, c3, 0.0, 0.0)))
        position += c1 + c2 + c3
        velocity += acceleration * length + 0.5 * sign * jerk * length**2
        acceleration += sign * jerk * length
        start += length
    return Profile("s-curve", tuple(pieces))


@lru_cache(maxsize=256)
def named_profile(name: str) -> Profile:
    """One of the shapes with a name.

    Raises: PlanError naming the known shapes.
    Source: minimum jerk is Flash & Hogan, J. Neurosci. 5(7), 1985, 1688-1703.
    """
    if name == "minimum-jerk":
        return Profile(name, (UnitPiece(0.0, 1.0, (0.0, 0.0, 0.0, 10.0, -15.0, 6.0)),))
    if name == "s-curve":
        return _seven_segments()
    ramps = {
        "linear": (_BRIEF_RAMP, _BRIEF_RAMP),
        "ease-in": (_LONG_RAMP, _BRIEF_RAMP),
        "ease-out": (_BRIEF_RAMP, _LONG_RAMP),
    }
    if name not in ramps:
        raise PlanError(f"no shape {name!r}", hint=f"shapes are {', '.join(NAMED_SHAPES)}")
    return _ramped(name, *ramps[name])


@lru_cache(maxsize=256)
def bezier_profile(x1: float, y1: float, x2: float, y2: float) -> Profile:
    """A timing curve as animators draw it: cubic Bézier from (0, 0) to (1, 1), time across, travel up.

    Raises: PlanError unless 0 <= x1, x2 <= 1 (time must not run back).
    """
    if not (0.0 <= x1 <= 1.0 and 0.0 <= x2 <= 1.0):
        raise PlanError(f"Bézier times {x1:g} and {x2:g} must lie in 0…1", hint="write [x1, y1, x2, y2]")
    if not (abs(y1) <= 10.0 and abs(y2) <= 10.0):
        raise PlanError(f"Bézier travels {y1:g} and {y2:g} are far outside 0…1")
    points: list[tuple[float, float]] = []
    for index in range(65):
        s = index / 64
        w1, w2, w3 = 3 * s * (1 - s) ** 2, 3 * s * s * (1 - s), s**3
        time, value = w1 * x1 + w2 * x2 + w3, w1 * y1 + w2 * y2 + w3
        if not points or time > points[-1][0] + 1e-9:
            points.append((time, value))
    points[-1] = (1.0, 1.0)
    return _fitted(f"bezier {x1:g} {y1:g} {x2:g} {y2:g}", points)


@lru_cache(maxsize=256)
def recorded_profile(name: str, samples: tuple[tuple[float, float], ...]) -> Profile:
    """A recorded pull, normalised: its first sample becomes (0, 0), its last (1, 1).

    Samples are (time, position) in any units, times rising; long recordings are thinned to what a lens can show.

    Raises: PlanError for fewer than two samples, times that do not rise, or no travel between the ends.
    """
    if len(samples) < 2:
        raise PlanError(f"recording {name!r} has {len(samples)} samples", hint="it needs two at least")
    (t0, p0), (t1, p1) = samples[0], samples[-1]
    times = [time for time, _ in samples]
    if any(not later > earlier for earlier, later in pairwise(times)):
        raise PlanError(f"recording {name!r}: times must rise from sample to sample")
    if not abs(p1 - p0) > 0.0:
        raise PlanError(f"recording {name!r} ends where it began", hint="trim it to one pull")
    step = max(1, len(samples) // _MOST_SAMPLES)
    kept = [*samples[:-1:step], samples[-1]]
    return _fitted(f"recorded {name}", [((t - t0) / (t1 - t0), (p - p0) / (p1 - p0)) for t, p in kept])


def _fitted(name: str, points: Sequence[tuple[float, float]]) -> Profile:
    """Quintics through a polyline smoothed by a quadratic B-spline kernel, so that it starts and ends at rest.

    A kernel is a weighted mean: what was monotone stays so, and nothing is overshot that was not overshot before.
    """
    box = _SMOOTHING / 3
    inner = [(_SMOOTHING / 2 + (1 - _SMOOTHING) * time, value) for time, value in points]
    slopes = [(v1 - v0) / (t1 - t0) for (t0, v0), (t1, v1) in pairwise(inner)]
    bends = [(t, after - before) for (t, _), before, after in zip(inner, [0.0, *slopes], [*slopes, 0.0], strict=True)]

    def smooth(at: float) -> tuple[float, float, float]:
        value = first = second = 0.0
        for time, bend in bends:
            for weight, shift in ((1, -1.5), (-3, -0.5), (3, 0.5), (-1, 1.5)):
                past = at - time - shift * box
                if past > 0.0:
                    scaled = weight * bend / box**3
                    value += scaled * past**4 / 24
                    first += scaled * past**3 / 6
                    second += scaled * past**2 / 2
        return value, first, second

    marks = [smooth(index / _FIT_PIECES) for index in range(_FIT_PIECES + 1)]
    marks[0], marks[-1] = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)
    low, high = min(value for _, value in points), max(value for _, value in points)
    return Profile(name, _held_within(marks, low, high))


def _held_within(marks: list[tuple[float, float, float]], low: float, high: float) -> tuple[UnitPiece, ...]:
    """Quintics through (value, slope, bend) at even places; slopes are eased where one would stray past the curve."""
    length = 1 / _FIT_PIECES
    marks = [(min(high, max(low, value)), slope, bend) for value, slope, bend in marks]
    for _ in range(_EASINGS):
        pieces = [_quintic(index * length, length, *ends) for index, ends in enumerate(pairwise(marks))]
        strays = [
            index
            for index, piece in enumerate(pieces)
            if not all(low <= piece.at(piece.start + length * i / 64) <= high for i in range(1, 64))
        ]
        if not strays:
            break
        for index in {mark for stray in strays for mark in (stray, stray + 1)}:
            value, slope, bend = marks[index]
            marks[index] = (value, 0.5 * slope, 0.5 * bend)
    return tuple(pieces)
