"""I5 and I6: set-points come from the newest orders only, and every motion has a cause that the run itself logs."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from cuefocus.chase.clock import Clock
from cuefocus.engine.cues import Life
from cuefocus.engine.frame import Frame
from cuefocus.engine.plan import AxisPlan, Latch
from cuefocus.engine.session import TICK_NS
from cuefocus.engine.takebook import CueRecord
from cuefocus.motion.kinematics import setpoint_limits
from cuefocus.motor.axis import AxisSpec
from tests.stories.told import Told
from tests.stories.watched_player import WatchedPlayer

STOPS = Latch.HOLD | Latch.HAND | Latch.PANIC | Latch.RELEASE
STILL_RING = 1e-9
#: Set-points of the same orders for the same moment are the same sums; this is far below a count.
_SAME_RING = 1e-10
#: What a rack of these verdicts did after its fate is no longer its own doing.
_CUT = ("held", "overridden", "replaced", "skipped")


def longest_stop_ns(spec: AxisSpec) -> int:
    """The longest that any stop within the limits may take, and two set-points to begin and to end it."""
    limits = setpoint_limits(spec)
    return round((limits.speed / limits.accel + 2 * limits.accel / limits.jerk) * 1e9) + 2 * spec.period_ns


# --- I5 ---


def only_the_newest_orders_reach_the_motor(told: Told, axis: str, player: WatchedPlayer) -> None:
    """I5: no set-point from an older plan or clock epoch follows one of a newer; once those are out, none goes."""
    generations = _generations(told, axis)
    times = [moment.now_ns for moment in told.moments]
    newest = (-1, -1, -1)
    for frame, basis in zip(player.frames, player.bases, strict=True):
        used = _age(generations, basis.orders, basis.clock)
        assert all(now >= before for now, before in zip(used, newest, strict=True)), f"{axis}: older orders came back"
        newest = used
        index = bisect_left(times, frame.write_ns) - 1
        if index >= 0:
            outcome = told.moments[index].outcome
            in_force = _age(generations, outcome.plan.axes.get(axis), outcome.clock)
            assert all(now >= then for now, then in zip(used, in_force, strict=True)), f"{axis}: orders were stale"
    _values_are_of_the_newest_orders(told.specs[axis], player)


def _generations(told: Told, axis: str) -> dict[int, int]:
    """When each of the axis' orders came out: the plan's generation by the orders' identity."""
    generations: dict[int, int] = {}
    for moment in told.moments:
        orders = moment.outcome.plan.axes.get(axis)
        if orders is not None:
            generations.setdefault(id(orders), moment.outcome.plan.generation)
    return generations


def _age(generations: dict[int, int], orders: AxisPlan | None, clock: Clock) -> tuple[int, int, int]:
    if orders is None:
        return -1, -1, clock.epoch
    return generations[id(orders)], orders.attach, clock.epoch


def _values_are_of_the_newest_orders(spec: AxisSpec, player: WatchedPlayer) -> None:
    """A moving set-point lies on the newest orders' path, or on none: a stop's, a hand's, the limiter's."""
    seen: list[AxisPlan] = []
    lines: dict[int, Clock] = {}
    for held, frame, basis in player.steps():
        orders, clock = basis.orders, basis.clock
        if clock.running:
            lines[clock.epoch] = clock
        moves = abs(frame.ring - held) > STILL_RING
        if orders is None:
            continue
        if moves and orders.follow and not basis.latch & STOPS and not frame.clamped:
            if not _on_path(spec, frame, orders, lines.get(orders.epoch)):
                older = [(old, lines.get(old.epoch)) for old in seen if old is not orders]
                older += [(orders, line) for epoch, line in lines.items() if epoch < clock.epoch]
                came_back = any(_on_path(spec, frame, old, line) for old, line in older)
                assert not came_back, f"{spec.name}: a set-point of older orders at {frame.write_ns}"
        if not seen or seen[-1] is not orders:
            seen.append(orders)


def _on_path(spec: AxisSpec, frame: Frame, orders: AxisPlan, line: Clock | None) -> bool:
    """Whether orders ask for this very set-point at its moment, by their splice or by their track."""
    moment_ns, lag_s = frame.at_ns + spec.dead_ns, spec.lag_ns * 1e-9
    wanted: list[float] = []
    if orders.splice is not None and orders.splice.from_ns <= moment_ns:
        x, v, _ = orders.splice.track.at(moment_ns)
        wanted.append(x + lag_s * v)
    if line is not None:
        x, v, _ = orders.track.at(line.show_at(moment_ns))
        wanted.append(x + lag_s * v * line.speed)
    return any(abs(frame.ring - min(1.0, max(0.0, ring))) <= _SAME_RING for ring in wanted)


# --- I6 ---


@dataclass(frozen=True, slots=True)
class Cause:
    """Something the run has logged, and the host time for which it explains motion."""

    words: str
    from_ns: int
    until_ns: int


def every_motion_has_a_logged_cause(told: Told, axis: str, player: WatchedPlayer) -> None:
    """I6: a rack that has its row, a move that was told, a stop, a hand, the end of what was followed."""
    logged = [*_racks(told, axis), *_moves(told, axis), *_stops(told, axis), *_ends(told, axis)]
    for held, frame, _ in player.steps():
        if abs(frame.ring - held) > STILL_RING:
            known = any(cause.from_ns <= frame.write_ns <= cause.until_ns for cause in logged)
            assert known, f"{axis} moved at {frame.write_ns} and nothing logged says why"


def _racks(told: Told, axis: str) -> Iterator[Cause]:
    """Racks that left and have their row, or cannot have it yet as the conductor went before they could be judged."""
    spec, last_ns = told.specs[axis], told.moments[-1].now_ns
    rows = {(row["take"], row["pass"], row["cue"]): _host_ns(row["host_ns"]) for row in told.happenings("landing")}
    for key, record in told.records.items():
        if record.axis != axis or record.departed_ns is None:
            continue
        to_come = record.life is Life.PULLING and (record.watch_until_ns is None or record.watch_until_ns > last_ns)
        if key[:3] not in rows and not to_come:
            continue
        from_ns = record.departed_ns - 2 * TICK_NS - spec.lead_ns - spec.period_ns
        until_ns = _standstill_ns(record, record.departed_ns)
        if record.fate is not None and record.fate.verdict in _CUT:
            until_ns = min(until_ns, rows[key[:3]] + longest_stop_ns(spec))
        yield Cause(f"cue {record.rack.cue}", from_ns, until_ns + spec.period_ns)


def _standstill_ns(record: CueRecord, departed_ns: int) -> int:
    rack = record.rack
    if rack.triggered:
        return rack.stop_ns
    if record.land_host_ns is not None and record.speed:
        return record.land_host_ns + round((rack.stop_ns - rack.land_ns) / abs(record.speed))
    return departed_ns + 2 * (rack.stop_ns - rack.depart_ns + rack.takeup_ns)  # half speed is the slowest declared


def _moves(told: Told, axis: str) -> Iterator[Cause]:
    """Moves no cue asked for, each told with its cause and its end; while playback is wound, that it is."""
    spec, states = told.specs[axis], told.happenings("state")
    for fields in states:
        if fields.get("moves") == axis:
            assert fields["cause"], "a move without a cause"
            from_ns, until_ns = _host_ns(fields["host_ns"]), _host_ns(fields["until_ns"])
            yield Cause(str(fields["cause"]), from_ns - spec.period_ns, until_ns + spec.period_ns)
    wound = [(_host_ns(fields["host_ns"]), fields["scrubbing"]) for fields in states if "scrubbing" in fields]
    for (from_ns, winding), (until_ns, _) in pairwise([*wound, (told.moments[-1].now_ns, False)]):
        if winding:
            yield Cause("playback is wound", from_ns, until_ns + longest_stop_ns(spec))


def _host_ns(field: object) -> int:
    assert isinstance(field, int)
    return field


def _stops(told: Told, axis: str) -> Iterator[Cause]:
    """Latches: a stop is carried out, a hand drives until it is taken away."""
    longest_ns = longest_stop_ns(told.specs[axis])
    for at_ns, name, latch in told.latchings:
        if name not in ("", axis):
            continue
        until_ns = at_ns
        if latch & Latch.HAND:
            later = (m.now_ns for m in told.moments if m.now_ns > at_ns and not m.latches[axis] & Latch.HAND)
            until_ns = next(later, told.moments[-1].now_ns)
        yield Cause(str(latch.name), at_ns, until_ns + longest_ns)


def _ends(told: Told, axis: str) -> Iterator[Cause]:
    """Take, engagement or timecode came to an end, and it was told: what moved then comes to rest."""
    longest_ns = longest_stop_ns(told.specs[axis])

    def cause(words: str, at: object) -> Cause:
        at_ns = _host_ns(at)
        return Cause(words, at_ns - 2 * TICK_NS, at_ns + longest_ns)

    for fields in told.happenings("take"):
        if fields.get("state") == "ended":
            yield cause("take ended", fields["host_ns"])
    states = told.happenings("state")
    for fields in states:
        if "chase" in fields:
            yield cause(f"timecode {fields['chase']}", fields["host_ns"])
    engagements = [(fields["host_ns"], fields["engaged"]) for fields in states if "engaged" in fields]
    for (_, before), (at_ns, after) in pairwise(engagements):
        assert isinstance(before, list)
        assert isinstance(after, list)
        if axis in before and axis not in after:
            yield cause("disengaged", at_ns)
