"""What a conductor must put right when nobody conducted for a while: it was killed, stopped, or starved.

After 50 ms of silence motion lets racks in flight land, lets nothing depart, and follows again only under a newer
attach count. So an axis that still stands where its track is gets a newer count; one whose departure was let pass must
be planned anew from where it is; one that some stop holds is nobody's business here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cuefocus.chase.clock import Clock
from cuefocus.engine.plan import AxisPlan, Latch, Plan
from cuefocus.motor.axis import AxisSpec
from cuefocus.shells.motion_loop import CONDUCTOR_SILENT_NS
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

NOTICED_NS: Final = CONDUCTOR_SILENT_NS - 5 * NS_PER_MS
"""From this silence on motion may have acted on it."""
_NEAR_RING: Final = 0.004


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What an absence did.

    Args:
        kept: axes that go on as planned. missed: axes whose departure was let pass.
    """

    kept: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


def aftermath(
    memory: SharedMemory, specs: Mapping[str, AxisSpec], plan: Plan, clock: Clock, since_ns: int, now_ns: int
) -> Aftermath:
    """Which axes go on, and which missed a departure.

    Args:
        memory: where motion says where each axis stands.
        specs: axes by name.
        plan: the orders published last.
        clock: the clock published last.
        since_ns: the last sign of life before the absence.
        now_ns: its end.
    """
    kept: list[str] = []
    missed: list[str] = []
    for index, name in enumerate(memory.axes):
        orders = plan.axes.get(name)
        if orders is None or not orders.follow or memory.latches.of(index) is not Latch.NONE:
            continue
        words = memory.axis_words[index].read()
        if not words.sent_ns:
            continue
        if not clock.running or clock.epoch != orders.epoch or clock.speed <= 0.0:
            kept.append(name)
            continue
        departure_ns = _departure(orders, specs[name], clock, since_ns + CONDUCTOR_SILENT_NS, now_ns)
        if departure_ns is not None:
            if abs(orders.track.at(departure_ns)[0] - words.ring) < _NEAR_RING:
                missed.append(name)
        elif _on_track(orders, specs[name], clock, words.ring, words.sent_ns):
            kept.append(name)
    return Aftermath(tuple(kept), tuple(missed))


def _departure(orders: AxisPlan, spec: AxisSpec, clock: Clock, from_ns: int, until_ns: int) -> int | None:
    """Show time of the first departure between two host times; None without one."""
    first_ns, last_ns = clock.show_at(from_ns + spec.dead_ns), clock.show_at(until_ns + spec.dead_ns)
    for segment in orders.track.segments:
        if first_ns <= segment.start_ns <= last_ns and orders.track.moving_since(segment.start_ns) == segment.start_ns:
            return segment.start_ns
    return None


def _on_track(orders: AxisPlan, spec: AxisSpec, clock: Clock, ring: float, sent_ns: int) -> bool:
    """Whether the last set-point is the track's, however coarsely the set-points follow it."""
    x, v, _ = orders.track.at(clock.show_at(sent_ns + spec.dead_ns))
    slack_s = (spec.lag_ns + 2 * spec.period_ns) / NS_PER_S
    return abs(x - ring) < _NEAR_RING + abs(v) * slack_s
