"""A focus track: a pure total function from time to ring position, held as quintic segments.

The same type serves tracks (over show time) and splices (over host time).
Loaded by the motion process: plain Python only.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import is_

from cuefocus.timebase.values import value

Coefficients = tuple[float, float, float, float, float, float]


@value
class Segment:
    """One polynomial piece: ring = Σ cₖ·uᵏ with u = (t − start)/length in [0, 1].

    Args:
        start_ns, length_ns: span on the track's time base; length > 0.
        coefficients: c₀ … c₅, ring.
    """

    start_ns: int
    length_ns: int
    coefficients: Coefficients

    @property
    def end_ns(self) -> int:
        """First moment after the segment."""
        return self.start_ns + self.length_ns

    def at(self, time_ns: int) -> tuple[float, float, float]:
        """Ring position, ring per second and ring per second² of the track's own time; clamped to the span."""
        u = (time_ns - self.start_ns) / self.length_ns
        if u < 0.0:
            u = 0.0
        elif u > 1.0:
            u = 1.0
        c0, c1, c2, c3, c4, c5 = self.coefficients
        per_s = 1e9 / self.length_ns
        position = c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5))))
        velocity = (c1 + u * (2 * c2 + u * (3 * c3 + u * (4 * c4 + u * 5 * c5)))) * per_s
        acceleration = (2 * c2 + u * (6 * c3 + u * (12 * c4 + u * 20 * c5))) * per_s * per_s
        return position, velocity, acceleration

    @property
    def start_ring(self) -> float:
        """Position where the segment begins."""
        return self.coefficients[0]

    @property
    def end_ring(self) -> float:
        """Position where the segment ends."""
        return sum(self.coefficients)


@value
class LandingInstant:
    """A moment that deserves a set-point of its own.

    Args:
        at_ns: when the axis must be there, on the track's time base.
        edge_ring: where: the band edge, or the target for `landing: stopped`.
        target_ring: the side to round to is the side of the target.
    """

    at_ns: int
    edge_ring: float
    target_ring: float


@value
class TrackRoom:
    """How much of a track there is room for: segments, and landing instants."""

    segments: int
    landings: int


class Track:
    """Segments in order of time, resting between them.

    Before the first segment it rests at that segment's start, after each at its end, until the next begins.

    Args:
        starts: where the segments begin, if the caller has the list at hand (it is kept); else it is made.
    """

    __slots__ = ("_starts", "landings", "rest_ring", "segments")

    def __init__(
        self,
        rest_ring: float,
        segments: Sequence[Segment] = (),
        landings: Sequence[LandingInstant] = (),
        starts: list[int] | None = None,
    ) -> None:
        self.rest_ring = rest_ring
        self.segments = tuple(segments)
        self.landings = tuple(landings)
        self._starts = [segment.start_ns for segment in self.segments] if starts is None else starts

    @property
    def starts_ns(self) -> Sequence[int]:
        """When each segment begins, on the track's time base."""
        return self._starts

    def with_stretch(
        self,
        rest_ring: float,
        cut: tuple[int, int],
        segments: Sequence[Segment],
        landings_cut: tuple[int, int],
        landings: Sequence[LandingInstant],
    ) -> "Track":
        """The same with other segments and landings from the first to before the second of each pair of indices.

        What is not cut is shared, and nothing is done a segment at a time: quick however long the track is.
        """
        (first, last), (first_landing, last_landing) = cut, landings_cut
        return Track(
            rest_ring,
            (*self.segments[:first], *segments, *self.segments[last:]),
            (*self.landings[:first_landing], *landings, *self.landings[last_landing:]),
            [*self._starts[:first], *(segment.start_ns for segment in segments), *self._starts[last:]],
        )

    def at(self, time_ns: int) -> tuple[float, float, float]:
        """Ring, ring/s, ring/s² at a moment of the track's time base; total: every moment has an answer."""
        index = bisect_right(self._starts, time_ns) - 1
        if index < 0:
            return (self.segments[0].coefficients[0] if self.segments else self.rest_ring), 0.0, 0.0
        segment = self.segments[index]
        if time_ns >= segment.start_ns + segment.length_ns:
            return segment.end_ring, 0.0, 0.0
        return segment.at(time_ns)

    def moving_until(self, time_ns: int) -> int | None:
        """End of the unbroken run of segments that holds `time_ns`; None at rest."""
        index = bisect_right(self._starts, time_ns) - 1
        if index < 0 or time_ns >= self.segments[index].end_ns:
            return None
        while index + 1 < len(self.segments) and self.segments[index + 1].start_ns <= self.segments[index].end_ns:
            index += 1
        return self.segments[index].end_ns

    def comes_to(self, time_ns: int, ring: float, speed: float) -> float | None:
        """Where the motion that holds `time_ns` rests or turns next; None at rest, and where a segment turns itself.

        Args:
            time_ns: on the track's time base.
            ring: where the track is then.
            speed: how fast it moves, and to which side.
        """
        index = bisect_right(self._starts, time_ns) - 1
        segments = self.segments
        if index < 0 or time_ns >= segments[index].end_ns:
            return None
        end_ring = segments[index].end_ring
        if (end_ring - ring) * speed <= 0.0:
            return None
        while index + 1 < len(segments) and segments[index + 1].start_ns <= segments[index].end_ns:
            index += 1
            further_ring = segments[index].end_ring
            if (further_ring - end_ring) * speed < 0.0:
                break
            end_ring = further_ring
        return end_ring

    def moving_since(self, time_ns: int) -> int | None:
        """Start of the unbroken run of segments that holds `time_ns`; None at rest."""
        index = bisect_right(self._starts, time_ns) - 1
        if index < 0 or time_ns >= self.segments[index].end_ns:
            return None
        while index > 0 and self.segments[index - 1].end_ns >= self.segments[index].start_ns:
            index -= 1
        return self.segments[index].start_ns


def same_ends(new: Sequence[object], old: Sequence[object]) -> tuple[int, int]:
    """How many objects at the beginning, and of the rest at the end, are the very same in both; quick for thousands."""
    least = min(len(new), len(old))
    head = bytes(map(is_, new, old)).find(0)
    head = head if head >= 0 else least
    tail = bytes(map(is_, reversed(new[head:]), reversed(old[head:]))).find(0)
    return head, tail if tail >= 0 else least - head
