"""The first move from a position that is only assumed: at the settle speed at most, whatever is cued.

An operator has looked and said that the motor stands where the last set-point left it. Should that be wrong, a slow
move shows it before anything is run into at full speed. A rack that would be quicker is refused, and the axis goes to
its mark slowly instead; from there on everything is as written.
"""

from cuefocus.chase.clock import Clock
from cuefocus.engine.orders import AxisOrders
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.retarget import settle_limits

MID_RACK = "engaged in mid-rack, and the first move from an assumed position is slow"
_PARTS = 32
_TO_BE_SEEN_RING = 0.01
_ROUNDING = 1.0 + 1e-6


def why_too_fast(orders: AxisOrders, rack: PlannedRack, clock: Clock) -> str:
    """Why a rack may not be the axis' first move, nor follow on it yet; empty when it may."""
    if not orders.cautious:
        return ""
    start_ns = rack.depart_ns - rack.takeup_ns
    departs_ns = start_ns if rack.triggered else clock.host_at(start_ns)
    if orders.splice is not None and departs_ns < orders.splice.until_ns:
        return "the slow first move from an assumed position is not over yet"
    peak, slow = _peak_ring_per_s(rack), settle_limits(orders.job.spec).speed
    peak *= 1.0 if rack.triggered else abs(clock.speed)
    if peak <= slow * _ROUNDING:
        return ""
    return (
        f"the first move from an assumed position runs at {slow:.0%}/s at most, not {peak:.0%}/s; it goes there slowly"
    )


def go_there_slowly(orders: AxisOrders, rack: PlannedRack, reason: str, now_ns: int, clock: Clock) -> None:
    """Go to the mark of a rack that was refused for `reason`, if that was its speed."""
    if not reason or why_too_fast(orders, rack, clock) != reason:
        return
    now_show_ns = clock.show_at(now_ns) if clock.running else None
    later = tuple(other for other in orders.racks if now_show_ns is None or other.depart_ns > now_show_ns)
    orders.go_slowly(rack.band.target_ring, later, now_ns, clock)


def tend(orders: AxisOrders, now_ns: int) -> None:
    """Once a first move is over that was one to be seen, the axis may do all it can."""
    splice = orders.splice
    if not orders.cautious or orders.loose or splice is None or now_ns < splice.until_ns:
        return
    if abs(splice.track.at(splice.until_ns)[0] - splice.track.at(splice.from_ns)[0]) >= _TO_BE_SEEN_RING:
        orders.cautious = False


def _peak_ring_per_s(rack: PlannedRack) -> float:
    """Greatest speed of the pull, ring per second of its own time base; taking up slack moves no lens."""
    return max(
        (
            abs(segment.at(segment.start_ns + segment.length_ns * part // _PARTS)[1])
            for segment in rack.segments
            for part in range(_PARTS + 1)
        ),
        default=0.0,
    )
