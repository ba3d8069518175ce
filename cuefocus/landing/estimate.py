"""Where a motor that reports nothing must have been: a model of it, run over the set-points that were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, expm1, inf, sqrt, tanh

from cuefocus.landing.evidence import Sample
from cuefocus.timebase.units import NS_PER_S

STEP_NS = 500_000
_RESTING_RING = 1e-9


@dataclass(frozen=True, slots=True)
class MotorModel:
    """What is known of a motor.

    Args:
        dead_ns: last byte of a set-point to first movement.
        lag_ns: first-order time constant of its position loop.
        speed_ring_per_s, accel_ring_per_s2: the motor's own limits (not those that are kept for set-points, which it is
            there to exceed); infinity where unknown.
    """

    dead_ns: int
    lag_ns: int
    speed_ring_per_s: float = inf
    accel_ring_per_s2: float = inf


def ripple_ns(period_ns: int, lag_ns: int) -> float:
    """How far off in time a motor is that is moved by set-points, each held for a while: standard deviation, ns.

    A motor with little lag goes in steps, and reports that are no denser than its set-points do not show them. Off the
    even motion meant, in units of its speed, it is by the sawtooth T/2 - t through a first-order lag τ, of mean square
    τ² + T²/12 - τ·T/2·coth(T/2τ). That of the two reports that a moment is found between comes on top: at an even
    place between them, two thirds as much.
    """
    square = period_ns**2 / 12.0
    if lag_ns > 0:
        square += lag_ns**2 - 0.5 * lag_ns * period_ns / tanh(0.5 * period_ns / lag_ns)
    return sqrt(max(0.0, square) * 5.0 / 3.0)


def estimated_samples(
    setpoints: Sequence[Sample],
    model: MotorModel,
    *,
    until_ns: int,
    step_ns: int = STEP_NS,
    start_ring: float | None = None,
) -> list[Sample]:
    """Motor positions while it moves, `step_ns` apart and where each set-point takes hold; two for each rest.

    The motor holds each set-point until the next.

    Args:
        setpoints: (host_ns of the last byte, ring), in order of time.
        model: the motor.
        until_ns: end of the estimate.
        step_ns: between positions while it moves.
        start_ring: where the motor stands when the first set-point takes hold; None: on it.
    """
    if not setpoints:
        return []
    if model.lag_ns == 0 and model.speed_ring_per_s == inf and model.accel_ring_per_s2 == inf:
        step_ns = 1  # it jumps
    arrivals = [(sent_ns + model.dead_ns, ring) for sent_ns, ring in setpoints]
    time_ns, ring = arrivals[0]
    ring, velocity = ring if start_ring is None else start_ring, 0.0
    samples: list[Sample] = [(time_ns, ring)]
    for index, (begins_ns, target) in enumerate(arrivals):
        ends_ns = min(until_ns, arrivals[index + 1][0] if index + 1 < len(arrivals) else until_ns)
        time_ns = max(time_ns, begins_ns)
        while time_ns < ends_ns:
            if abs(target - ring) < _RESTING_RING and abs(velocity) * STEP_NS < _RESTING_RING * NS_PER_S:
                ring, velocity, time_ns = target, 0.0, ends_ns
            else:
                length_ns = min(step_ns, ends_ns - time_ns)
                ring, velocity = _moved(ring, velocity, target, length_ns / NS_PER_S, model)
                time_ns += length_ns
            samples.append((time_ns, ring))
    return samples


def after_hold(ring: float, held_to: float, held_ns: int, model: MotorModel) -> float:
    """Where a motor at `ring` is once a set-point has been held for so long; its acceleration is left out of it."""
    if held_ns <= 0 or ring == held_to:
        return ring
    gap = held_to - ring
    travel = abs(gap) * (-expm1(-held_ns / model.lag_ns) if model.lag_ns > 0 else 1.0)
    return ring + copysign(min(travel, model.speed_ring_per_s * held_ns / NS_PER_S), gap)


def _moved(ring: float, velocity: float, target: float, span_s: float, model: MotorModel) -> tuple[float, float]:
    """Position and speed after one step towards a set-point."""
    gap, lag_s = target - ring, model.lag_ns / NS_PER_S
    wanted = gap * (-expm1(-span_s / lag_s) if lag_s > 0.0 else 1.0) / span_s
    fastest = model.speed_ring_per_s
    accel = model.accel_ring_per_s2
    if accel < inf:
        fastest = min(fastest, sqrt(2.0 * accel * abs(gap)))
    wanted = copysign(min(abs(wanted), fastest), wanted)
    if accel < inf:
        change = accel * span_s
        wanted = velocity + min(change, max(-change, wanted - velocity))
    return ring + wanted * span_s, wanted
