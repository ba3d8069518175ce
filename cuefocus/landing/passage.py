"""How a lens passed through its band: entries, exits, rest, overshoot; seen so that every rack climbs to its target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cuefocus.landing.evidence import BandLike, RackLike, Sample, SegmentLike
from cuefocus.landing.trace import UNSEEN_NS, Crossing, Path, unseen_crossing
from cuefocus.timebase.units import NS_PER_MS

#: A report this many counts past an edge may still stand for a lens inside it: reports are whole counts.
_CHATTER_COUNTS = 0.5
#: Standing still and setting off are timed where the pull has this share of its travel left (or done): its ends are so
#: flat that the crossing of a count or two would be known only to tens of milliseconds.
_FLAT_SHARE = 0.01
_FLAT_COUNTS = 2.0
#: A lens that went no farther in that time has come to rest: reports are whole counts.
_STILL_COUNTS = 1.5
_STILL_NS = 20 * NS_PER_MS
_EDGE_SLACK = 1e-9
_MET_NS = 100


@dataclass(frozen=True, slots=True)
class Exit:
    """The lens left the band: `far` past the target, else back where it came from."""

    at_ns: float
    far: bool
    peak_ring: float


@dataclass(frozen=True, slots=True)
class Passage:
    """What the lens did between departure and the end of the watch.

    Args:
        entries: crossings into the band, in order.
        exits: crossings out of it, in order.
        inside_from_start: the band held the lens already when the rack departed.
        nearest_ring: smallest distance short of the band, ring; 0 once entered.
        overshoot_ring: farthest past the target, ≥ 0.
        last_ns: time of the last report.
    """

    entries: tuple[Crossing, ...]
    exits: tuple[Exit, ...]
    inside_from_start: bool
    nearest_ring: float
    overshoot_ring: float
    last_ns: int

    @property
    def left(self) -> Exit | None:
        """How the lens left the band for good; None if it was in it at last, or never."""
        times_in = len(self.entries) + self.inside_from_start
        return self.exits[-1] if self.exits and len(self.exits) == times_in else None


@dataclass(frozen=True, slots=True)
class _Climb:
    """The band seen so that the rack climbs: `low` edge first, target at 0, `high` edge beyond."""

    sign: float
    target_ring: float
    low: float
    high: float

    def height(self, ring: float) -> float:
        return (ring - self.target_ring) * self.sign

    def ring(self, height: float) -> float:
        return self.target_ring + height * self.sign


def _climb(band: BandLike, from_ring: float) -> _Climb:
    if from_ring <= band.target_ring:
        return _Climb(1.0, band.target_ring, band.near_ring - band.target_ring, band.far_ring - band.target_ring)
    return _Climb(-1.0, band.target_ring, band.target_ring - band.far_ring, band.target_ring - band.near_ring)


def follow_passage(path: Path, rack: RackLike, *, departed_ns: int, until_ns: int, counts_span: int) -> Passage | None:
    """The rack's way through its band; None without a report between departure and `until_ns`."""
    first = max(0, path.index_at(departed_ns))
    last = path.index_at(until_ns)
    if last < 0 or path.times_ns[last] < departed_ns:
        return None
    start_ring, band = path.rings[first], rack.band
    outside = start_ring < band.near_ring or start_ring > band.far_ring
    climb = _climb(band, start_ring if outside else rack.from_ring)
    chatter = _CHATTER_COUNTS / counts_span
    heights = [climb.height(ring) for ring in path.rings[first : last + 1]]
    entries: list[Crossing] = []
    exits: list[Exit] = []
    inside = inside_from_start = climb.low - _EDGE_SLACK <= heights[0] <= climb.high + _EDGE_SLACK
    if inside and path.times_ns[first] - departed_ns > UNSEEN_NS:  # it came there, or was there: nobody saw
        entries.append(unseen_crossing(departed_ns, path.times_ns[first]))
        inside_from_start = False
    for step, height in enumerate(heights):
        if step == 0:
            continue
        index, before = first + step - 1, heights[step - 1]
        if not inside and _meets_band(before, height, climb):
            edge = climb.low if before < climb.low else climb.high
            entries.append(path.crossing(index, climb.ring(edge)))
            inside = True
        if inside and (height < climb.low - chatter or height > climb.high + chatter):
            far = height > climb.high
            edge = climb.high if far else climb.low
            passes = _between(before, height, edge)
            at_ns = path.crossing(index, climb.ring(edge)).soonest_ns if passes else path.times_ns[index]
            exits.append(Exit(at_ns, far, abs(height - edge)))
            inside = False
        elif not inside and exits:
            edge = climb.high if exits[-1].far else climb.low
            exits[-1] = Exit(exits[-1].at_ns, exits[-1].far, max(exits[-1].peak_ring, abs(height - edge)))
    return Passage(
        entries=tuple(entries),
        exits=tuple(exits),
        inside_from_start=inside_from_start,
        nearest_ring=0.0 if entries or inside_from_start else max(0.0, climb.low - max(heights)),
        overshoot_ring=max(0.0, *heights),
        last_ns=path.times_ns[last],
    )


def _meets_band(before: float, after: float, climb: _Climb) -> bool:
    """Whether a lens outside the band before a step is in it after, or went through it on the way."""
    if climb.low - _EDGE_SLACK <= after <= climb.high + _EDGE_SLACK:
        return True
    return (before < climb.low) != (after < climb.low)


def _between(before: float, after: float, level: float) -> bool:
    return min(before, after) <= level <= max(before, after)


def flat_ring(rack: RackLike, counts_span: int) -> float:
    """How near to its rest a lens counts as all but there (and how far from it as having set off), ring."""
    travel_ring = abs(rack.band.target_ring - rack.from_ring)
    return max(_FLAT_COUNTS / counts_span, _FLAT_SHARE * travel_ring)


def standstill(
    path: Path, rack: RackLike, *, stop_host_ns: float, until_ns: int, speed: float, counts_span: int
) -> Crossing | None:
    """When the lens came to rest, None if it never moved or never rested.

    The rest is what the later half of the reports after the planned one agrees on, but for those before a time without
    any; its target where the watch ended while it moved still.
    The last moment farther than `flat_ring` from its final rest, plus the time the planned pull takes from that far to
    its own end: on a pull carried out as planned this is the planned stop, whatever the size of a count.
    """
    last = path.index_at(until_ns)
    if last < 1:
        return None
    just_before = max(0, path.index_at(path.times_ns[last] - _STILL_NS))
    after, moves = 0, abs(path.rings[last] - path.rings[just_before]) > _STILL_COUNTS / counts_span
    if until_ns - path.times_ns[last] > UNSEEN_NS:
        if moves:
            return None
        after = last
    elif path.longest_ns > UNSEEN_NS:
        after = next((index + 1 for index in range(last - 1, -1, -1) if path.unseen_after(index)), 0)
    resting = [path.rings[index] for index in range(after, last + 1) if path.times_ns[index] >= stop_host_ns]
    settled = sorted(resting[len(resting) // 2 :]) or [path.rings[last]]
    rest_ring = rack.band.target_ring if moves else settled[len(settled) // 2]
    near = flat_ring(rack, counts_span)
    away = last
    while away >= 0 and abs(path.rings[away] - rest_ring) <= near:
        away -= 1
    if away < 0 or away == last:
        return None
    level = rest_ring + (near if path.rings[away] > rest_ring else -near)
    met = path.crossing(away, level)
    tail_ns = _planned_tail_ns(rack.segments, near) / speed
    return replace(met, at_ns=met.at_ns + tail_ns)


def departure(
    path: Path, rack: RackLike, *, passage: Passage, departed_ns: int, speed: float, counts_span: int
) -> Crossing | None:
    """When the lens set off, None if it was not seen at rest before or never moved; timed like `standstill`."""
    far_enough = flat_ring(rack, counts_span)
    arrived_ns = passage.entries[0].at_ns if passage.entries else float(passage.last_ns)
    found_ring = path.rings[max(0, path.index_at(departed_ns))]
    for home in (rack.from_ring, found_ring):
        index = last = path.index_at(arrived_ns)
        while index >= 0 and abs(path.rings[index] - home) > far_enough:
            index -= 1
        if 0 <= index < last:
            level = home + (far_enough if path.rings[index + 1] > home else -far_enough)
            met = path.crossing(index, level)
            head_ns = _planned_head_ns(rack.segments, far_enough) / speed
            return replace(met, at_ns=met.at_ns - head_ns)
    return None


def _planned_tail_ns(segments: Sequence[SegmentLike], near: float) -> float:
    """How long before its end the plan is last farther than `near` from where it ends."""
    if not segments:
        return 0.0
    end_ns = segments[-1].start_ns + segments[-1].length_ns
    end_ring = segments[-1].at(end_ns)[0]
    for segment in reversed(segments):
        if abs(segment.at(segment.start_ns)[0] - end_ring) > near:
            segment_end_ns = segment.start_ns + segment.length_ns
            return float(end_ns - _met(segment, end_ring, near, away_ns=segment.start_ns, close_ns=segment_end_ns)[1])
    return 0.0


def _planned_head_ns(segments: Sequence[SegmentLike], far_enough: float) -> float:
    """How long after its start the plan is first farther than `far_enough` from where it starts."""
    if not segments:
        return 0.0
    start_ns = segments[0].start_ns
    start_ring = segments[0].at(start_ns)[0]
    for segment in segments:
        end_ns = segment.start_ns + segment.length_ns
        if abs(segment.at(end_ns)[0] - start_ring) > far_enough:
            met_ns, _ = _met(segment, start_ring, far_enough, away_ns=end_ns, close_ns=segment.start_ns)
            return float(met_ns - start_ns)
    return 0.0


def _met(segment: SegmentLike, ring: float, near: float, *, away_ns: int, close_ns: int) -> tuple[int, int]:
    """Two moments, too close to tell apart, between which a segment ceases to be `near`, or begins to be."""
    while abs(away_ns - close_ns) > _MET_NS:
        middle_ns = (away_ns + close_ns) // 2
        if abs(segment.at(middle_ns)[0] - ring) > near:
            away_ns = middle_ns
        else:
            close_ns = middle_ns
    return away_ns, close_ns


def samples_until(samples: Sequence[Sample], until_ns: int) -> list[Sample]:
    """The reports up to the end of the watch."""
    return [sample for sample in samples if sample[0] <= until_ns]
