"""A new way from wherever the axis is: to a target at rest, or onto a moving track. Time-optimal, or as slow as asked.

Uses ruckig's single-target trajectories only (its intermediate waypoints call a remote service). Values in and out are
lens ring; limits are for the time base the segments are wanted on.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cuefocus.errors import PlanError
from cuefocus.motion.kinematics import JerkPiece, MotionLimits, ended_at, jerk_segments, lens_limits
from cuefocus.motion.track import Segment
from cuefocus.motor.axis import AxisSpec

State = tuple[float, float, float]
"""Ring, ring per second, ring per second²."""
_JOIN_TRIES = 24
_SAME_NS = 1_000


@lru_cache(maxsize=1)
def _ruckig() -> Any:
    import ruckig

    return ruckig


class Retargeter:
    """Trajectories of one axis between two states; reusable, as its working objects cost more than the sums."""

    def __init__(self) -> None:
        ruckig = _ruckig()
        self._solver = ruckig.Ruckig(1)
        self._input = ruckig.InputParameter(1)
        self._trajectory = ruckig.Trajectory(1)
        self._good = (ruckig.Result.Working, ruckig.Result.Finished)
        self._error = (ruckig.RuckigError, ValueError)  # it raises the latter for states it cannot solve

    def pieces(
        self, start: State, target: State, limits: MotionLimits, *, minimum_s: float | None = None
    ) -> list[JerkPiece]:
        """Constant-jerk pieces from state to state, the quickest, or stretched to `minimum_s`.

        Raises: PlanError where no such path exists.
        """
        given = self._input
        given.current_position, given.current_velocity, given.current_acceleration = ([value] for value in start)
        given.target_position, given.target_velocity, given.target_acceleration = ([value] for value in target)
        given.max_velocity = [max(limits.speed, abs(target[1]) * 1.0001)]
        given.max_acceleration = [max(limits.accel, abs(target[2]) * 1.0001)]
        given.max_jerk = [limits.jerk]
        given.minimum_duration = minimum_s
        try:
            result = self._solver.calculate(given, self._trajectory)
        except self._error as error:
            raise PlanError(f"no way from ring {start[0]:.4f} to {target[0]:.4f}: {error}") from None
        if result not in self._good:
            raise PlanError(f"no way from ring {start[0]:.4f} to {target[0]:.4f} within the limits ({result.name})")
        profile = self._trajectory.profiles[0][0]
        return [
            *zip(profile.brake.t, profile.brake.j, strict=False),
            *zip(profile.t, profile.j, strict=False),
        ]


class Pursuit:
    """The quickest way onto a target that moves on with constant acceleration, one step at a time."""

    def __init__(self, limits: MotionLimits) -> None:
        ruckig = _ruckig()
        self._limits = limits
        self._solver = ruckig.Ruckig(1)
        self._input = ruckig.InputParameter(1)
        self._trajectory = ruckig.Trajectory(1)
        self._input.max_jerk = [limits.jerk]
        self._good = (ruckig.Result.Working, ruckig.Result.Finished)
        self._error = (ruckig.RuckigError, ValueError)  # it raises the latter for states it cannot solve

    def after(self, start: State, target: State, span_s: float) -> State:
        """State `span_s` after `start`, where the target is then at `target`; seen from the target's own motion.

        Raises: PlanError where there is no such way.
        """
        limits, given = self._limits, self._input
        speed, accel = target[1], target[2]
        before = speed - accel * span_s  # the target's speed now
        there = target[0] - span_s * (speed - 0.5 * accel * span_s)
        given.current_position = [start[0] - there]
        given.current_velocity = [start[1] - before]
        given.current_acceleration = [start[2] - accel]
        top = max(abs(speed), abs(before))
        slow, weak = 0.02 * limits.speed, 0.1 * limits.accel
        given.max_velocity = [max(slow, limits.speed - (top if speed > 0.0 else 0.0))]
        given.min_velocity = [min(-slow, -limits.speed + (top if speed < 0.0 else 0.0))]
        given.max_acceleration = [max(weak, limits.accel - accel)]
        given.min_acceleration = [min(-weak, -limits.accel - accel)]
        try:
            result = self._solver.calculate(given, self._trajectory)
        except self._error as error:
            raise PlanError(f"no way to the target: {error}") from None
        if result not in self._good:
            raise PlanError(f"no way to the target ({result.name})")
        (position,), (velocity,), (acceleration,) = self._trajectory.at_time(span_s)
        return position + target[0], velocity + speed, acceleration + accel


@lru_cache(maxsize=1)
def _shared() -> Retargeter:
    return Retargeter()


def to_rest(
    start: State, target_ring: float, limits: MotionLimits, *, start_ns: int, minimum_ns: int | None = None
) -> tuple[Segment, ...]:
    """From any state to standstill on `target_ring`; none when already there.

    Raises: PlanError where the state or the limits are no numbers.
    """
    if start == (target_ring, 0.0, 0.0):
        return ()
    minimum_s = minimum_ns * 1e-9 if minimum_ns is not None and minimum_ns > 0 else None
    pieces = _shared().pieces(start, (target_ring, 0.0, 0.0), limits, minimum_s=minimum_s)
    return ended_at(jerk_segments(*start, pieces, start_ns=start_ns), target_ring)


def settle(
    start: State, target_ring: float, spec: AxisSpec, *, start_ns: int, minimum_ns: int | None = None
) -> tuple[Segment, ...]:
    """A move no cue asked for, over host time: at the axis' settle share of its speed."""
    return to_rest(start, target_ring, settle_limits(spec), start_ns=start_ns, minimum_ns=minimum_ns)


def settle_limits(spec: AxisSpec) -> MotionLimits:
    """What moves that no cue asked for keep to: the axis' settle share of its speed and acceleration."""
    full = lens_limits(spec)
    return MotionLimits(full.speed * spec.settle_fraction, full.accel * spec.settle_fraction, full.jerk)


def join(
    start: State,
    track_at: Callable[[int], State],
    limits: MotionLimits,
    *,
    start_ns: int,
    not_before_ns: int | None = None,
) -> tuple[tuple[Segment, ...], int]:
    """From any state onto a moving track: position, speed and acceleration all meet.

    Returns: the way, and when it meets the track (its last segment's end), at or after `not_before_ns`.
    Raises: PlanError if no meeting was found (the track outruns the limits).
    """
    retargeter = _shared()
    join_ns = max(start_ns + _SAME_NS, not_before_ns or 0)
    for attempt in range(_JOIN_TRIES):
        target = track_at(join_ns)
        pieces = retargeter.pieces(start, target, limits, minimum_s=(join_ns - start_ns) * 1e-9)
        arrive_ns = start_ns + round(sum(length for length, _ in pieces) * 1e9)
        if arrive_ns <= join_ns + _SAME_NS:
            segments = jerk_segments(*start, pieces, start_ns=start_ns)
            return ended_at(segments, target[0]), join_ns if not segments else segments[-1].end_ns
        join_ns = arrive_ns + attempt * 1_000_000
    raise PlanError("the track moves away faster than this axis can catch up", hint="join it where it rests")
