"""Sums over a path of segments: when it is in a band for good, and the same path with an offset blended in."""

from collections.abc import Sequence

from cuefocus.motion.track import Segment

_STEPS = 16


def shifted(segment: Segment, ring: float) -> Segment:
    """The same segment displaced by `ring`."""
    c0, c1, c2, c3, c4, c5 = segment.coefficients
    return Segment(segment.start_ns, segment.length_ns, (c0 + ring, c1, c2, c3, c4, c5))


def entry_ns(path: Sequence[Segment], near_ring: float, far_ring: float, start_ns: int) -> int:
    """First moment from which the path stays in [near, far] to its end; `start_ns` if it never is outside."""
    for segment in reversed(path):
        inside_ns = segment.end_ns
        for step in range(_STEPS - 1, -1, -1):
            at_ns = segment.start_ns + segment.length_ns * step // _STEPS
            if not near_ring <= segment.at(at_ns)[0] <= far_ring:
                outside_ns = at_ns
                while inside_ns - outside_ns > 1:
                    middle_ns = (inside_ns + outside_ns) // 2
                    if near_ring <= segment.at(middle_ns)[0] <= far_ring:
                        inside_ns = middle_ns
                    else:
                        outside_ns = middle_ns
                return inside_ns
            inside_ns = at_ns
    return start_ns


def blended(path: Sequence[Segment], before_ring: float, after_ring: float) -> list[Segment]:
    """The path plus an offset that goes smoothly from one value to the other over its whole length."""
    if not path:
        return []
    start_ns, end_ns = path[0].start_ns, path[-1].end_ns
    span_ns, step = end_ns - start_ns, after_ring - before_ring
    made = []
    for segment in path:
        u0, share = (segment.start_ns - start_ns) / span_ns, segment.length_ns / span_ns
        p0, v0, a0 = _smooth(u0)
        p1, v1, a1 = _smooth(u0 + share)
        v0, v1, a0, a1 = v0 * share, v1 * share, a0 * share**2, a1 * share**2
        gap = p1 - p0
        extra = (
            p0,
            v0,
            0.5 * a0,
            10 * gap - 6 * v0 - 4 * v1 - 1.5 * a0 + 0.5 * a1,
            -15 * gap + 8 * v0 + 7 * v1 + 1.5 * a0 - a1,
            6 * gap - 3 * (v0 + v1) - 0.5 * a0 + 0.5 * a1,
        )
        c0, c1, c2, c3, c4, c5 = (c + step * e for c, e in zip(segment.coefficients, extra, strict=True))
        made.append(Segment(segment.start_ns, segment.length_ns, (c0 + before_ring, c1, c2, c3, c4, c5)))
    return made


def _smooth(u: float) -> tuple[float, float, float]:
    """Minimum-jerk step and its first two derivatives."""
    return (
        u**3 * (10.0 + u * (-15.0 + 6.0 * u)),
        30.0 * u**2 * (1.0 - u) ** 2,
        60.0 * u * (1.0 - u) * (1.0 - 2.0 * u),
    )
