"""A lens motor in virtual time: dead time, lag, limits, backlash. Its course does not depend on how often it is asked.

The motor is a first-order position loop, dx/dt = (u − x)/τ, cut by speed and acceleration limits. Without an
acceleration limit the course is exact in closed form (noted every millisecond); with one it is integrated on a fixed
0.5 ms grid of host time.
"""

from collections import deque
from dataclasses import dataclass
from math import copysign, exp, inf, sqrt

FREE_STEP_NS = 1_000_000
BOUNDED_STEP_NS = 500_000
_AT_REST_RING = 1e-6  # a hundredth of a count of the finest family but the bridge's


@dataclass(frozen=True, slots=True)
class MotorCharacter:
    """What one motor is like.

    Args:
        counts_near, counts_far: encoder counts at ring 0 and 1.
        dead_ns: last byte of a set-point to first movement.
        lag_ns: first-order time constant of its position loop.
        speed_ring_per_s, accel_ring_per_s2: its own limits; infinity for none.
        backlash_ring: play between motor and lens ring, whole width; the ring stands half of it behind the motor.
        readback_ns: age of a position report when its last byte arrives (at least its line time).
        start_ring: where it stands at first.
        quantum_counts: smallest step of its encoder, for what it goes to and what it reports.
    """

    counts_near: int = 0
    counts_far: int = 9999
    dead_ns: int = 20_000_000
    lag_ns: int = 15_000_000
    speed_ring_per_s: float = inf
    accel_ring_per_s2: float = inf
    backlash_ring: float = 0.0
    readback_ns: int = 4_000_000
    start_ring: float = 0.0
    quantum_counts: int = 1


@dataclass(frozen=True, slots=True)
class TruePosition:
    """Where motor and lens ring really were."""

    time_ns: int
    motor_ring: float
    lens_ring: float


class LensMotorModel:
    """One motor with a lens ring on it.

    Args:
        character: what it is like.
        now_ns: host time at which it stands at `start_ring`.
        keeps_log: note true positions while it moves (every step, and where a movement begins and ends).
    """

    def __init__(self, character: MotorCharacter, *, now_ns: int = 0, keeps_log: bool = True) -> None:
        self.character = character
        self.commands = 0
        self._time_ns = now_ns
        self._motor_ring = self._target_ring = character.start_ring
        self._velocity_ring_per_s = 0.0
        self._lens_ring = character.start_ring
        self._waiting: deque[tuple[int, float | None]] = deque()
        self._keeps_log = keeps_log
        self._log: list[tuple[int, float, float]] = []
        self._note(now_ns)
        self._lag_s = character.lag_ns * 1e-9
        self._loop_ring = character.speed_ring_per_s * self._lag_s if self._lag_s else 0.0
        self._tame_ring = character.accel_ring_per_s2 * self._lag_s**2 if self._lag_s else 0.0
        self._bounded = character.accel_ring_per_s2 < inf
        self._step_ns = BOUNDED_STEP_NS if self._bounded else FREE_STEP_NS
        self._step_s = self._step_ns * 1e-9
        self._step_decay = exp(-self._step_s / self._lag_s) if self._lag_s else 0.0
        # speed below which it can stand still within one step
        self._settled_ring_per_s = character.accel_ring_per_s2 * self._step_s
        self._instant = not self._bounded and not self._lag_s and character.speed_ring_per_s == inf

    def command(self, arrival_ns: int, ring: float | None) -> None:
        """A set-point whose last byte arrives at `arrival_ns`; None takes torque off (it stays where it is).

        Arrivals come in order; what lies past an end stop runs into it.
        """
        effect_ns = arrival_ns + self.character.dead_ns
        if self._waiting:
            effect_ns = max(effect_ns, self._waiting[-1][0])
        self.commands += 1
        self._waiting.append((effect_ns, None if ring is None else min(1.0, max(0.0, ring))))

    def command_counts(self, arrival_ns: int, counts: int) -> None:
        """A set-point in encoder counts; it goes to the step of its encoder nearest to them."""
        near, far, quantum = self.character.counts_near, self.character.counts_far, self.character.quantum_counts
        if quantum > 1:
            counts = near + round((counts - near) / quantum) * quantum
        self.command(arrival_ns, (counts - near) / (far - near))

    def seize(self, now_ns: int) -> None:
        """It stops dead at `now_ns`; set-points heard but not yet acted on are lost."""
        self._motor_ring, self._lens_ring = self.position_at(now_ns)
        self._waiting.clear()
        self._time_ns = max(self._time_ns, now_ns)
        self._obey(None)

    def advance_to(self, now_ns: int) -> None:
        """Let time pass up to the last grid point or set-point at or before `now_ns`."""
        while self._waiting and self._waiting[0][0] <= now_ns:
            effect_ns, ring = self._waiting.popleft()
            self._run_to(effect_ns)
            self._obey(ring)
        self._run_to(max(self._time_ns, now_ns - now_ns % self._step_ns))

    def position_at(self, now_ns: int) -> tuple[float, float]:
        """Motor ring and lens ring at `now_ns` (time passes up to then)."""
        self.advance_to(now_ns)
        span_s = (now_ns - self._time_ns) * 1e-9
        motor = self._stepped(span_s)[0] if span_s > 0.0 else self._motor_ring
        return motor, self._dragged(motor)

    def counts_at(self, now_ns: int) -> int:
        """What the encoder reads at `now_ns`."""
        near, far, quantum = self.character.counts_near, self.character.counts_far, self.character.quantum_counts
        return near + round(self.position_at(now_ns)[0] * (far - near) / quantum) * quantum

    @property
    def moving(self) -> bool:
        """Whether it moves, or has heard something that will make it move."""
        return bool(self._waiting) or not self._at_rest()

    def log(self) -> list[TruePosition]:
        """True positions so far; between two of them it moved smoothly or stood still."""
        return [TruePosition(*row) for row in self._log]

    def take_log(self) -> list[TruePosition]:
        """As `log`, and forget them."""
        rows, self._log = self.log(), []
        return rows

    def _obey(self, ring: float | None) -> None:
        if ring is None:
            self._target_ring, self._velocity_ring_per_s = self._motor_ring, 0.0
            self._note(self._time_ns)
            return
        if ring != self._target_ring and self._at_rest():
            self._note(self._time_ns)
        self._target_ring = ring
        if self._instant:
            self._motor_ring, self._lens_ring = ring, self._dragged(ring)
            self._note(self._time_ns)

    def _at_rest(self) -> bool:
        return self._motor_ring == self._target_ring and self._velocity_ring_per_s == 0.0

    def _note(self, time_ns: int) -> None:
        row = (time_ns, self._motor_ring, self._lens_ring)
        if self._keeps_log and self._log[-1:] != [row]:
            self._log.append(row)

    def _run_to(self, until_ns: int) -> None:
        step_ns = self._step_ns
        while self._time_ns < until_ns:
            if self._at_rest():
                self._time_ns = until_ns
                return
            past_grid_ns = self._time_ns % step_ns
            if (
                not past_grid_ns
                and not self._bounded
                and 0.0 < abs(self._target_ring - self._motor_ring) < self._loop_ring
            ):
                steps = (until_ns - self._time_ns) // step_ns
                if steps:
                    self._close_in(steps)
                    continue
            next_ns = min(until_ns, self._time_ns - past_grid_ns + step_ns)
            motor, velocity = self._stepped((next_ns - self._time_ns) * 1e-9)
            if abs(self._target_ring - motor) < _AT_REST_RING and abs(velocity) < self._settled_ring_per_s:
                motor, velocity = self._target_ring, 0.0
            self._motor_ring, self._velocity_ring_per_s, self._time_ns = motor, velocity, next_ns
            self._lens_ring = self._dragged(motor)
            self._note(next_ns)

    def _close_in(self, steps: int) -> None:
        """Up to that many whole steps of the free loop, or until it stands: the greater part of all motion."""
        target, decay, lens, half = (
            self._target_ring,
            self._step_decay,
            self._lens_ring,
            self.character.backlash_ring / 2,
        )
        gap, motor, time_ns, step_ns = target - self._motor_ring, self._motor_ring, self._time_ns, self._step_ns
        note = self._log.append if self._keeps_log else None
        for _ in range(steps):
            gap *= decay
            time_ns += step_ns
            resting = -_AT_REST_RING < gap < _AT_REST_RING
            motor = target if resting else target - gap
            if lens < motor - half:
                lens = motor - half
            elif lens > motor + half:
                lens = motor + half
            if note is not None:
                note((time_ns, motor, lens))
            if resting:
                gap = 0.0
                break
        self._motor_ring, self._lens_ring, self._time_ns = motor, lens, time_ns
        self._velocity_ring_per_s = gap / self._lag_s

    def _dragged(self, motor_ring: float) -> float:
        half = self.character.backlash_ring / 2
        return min(motor_ring + half, max(motor_ring - half, self._lens_ring))

    def _stepped(self, span_s: float) -> tuple[float, float]:
        """Motor ring and velocity after `span_s` of the present target."""
        if self._bounded:
            return self._stepped_with_inertia(span_s)
        gap = self._target_ring - self._motor_ring
        speed = self.character.speed_ring_per_s
        lag_s = self._lag_s
        rushed = abs(gap) - self._loop_ring  # what must be run at full speed before the loop takes over
        if rushed > 0.0:
            rush_s = rushed / speed if speed < inf else 0.0
            if span_s <= rush_s:
                return self._motor_ring + copysign(speed * span_s, gap), copysign(speed, gap)
            span_s, gap = span_s - rush_s, copysign(self._loop_ring, gap)
        if lag_s == 0.0:
            return self._target_ring, 0.0
        decay = self._step_decay if span_s == self._step_s else exp(-span_s / lag_s)
        return self._target_ring - gap * decay, gap * decay / lag_s

    def _stepped_with_inertia(self, span_s: float) -> tuple[float, float]:
        """As `_stepped` under an acceleration limit: the loop's own motion where the limit allows it."""
        gap, lag_s, velocity = self._target_ring - self._motor_ring, self._lag_s, self._velocity_ring_per_s
        reach = self.character.accel_ring_per_s2 * span_s
        speed = self.character.speed_ring_per_s
        if (
            lag_s
            and abs(gap) <= self._tame_ring
            and abs(gap) <= self._loop_ring
            and abs(gap / lag_s - velocity) <= reach
        ):
            decay = self._step_decay if span_s == self._step_s else exp(-span_s / lag_s)
            return self._target_ring - gap * decay, gap * decay / lag_s
        rest = gap - velocity * span_s
        after = velocity + min(
            reach, max(-reach, copysign(min(speed, self._approach(abs(rest), span_s)), rest) - velocity)
        )
        moved = (velocity + after) / 2 * span_s
        if abs(moved) >= abs(gap) and moved * gap >= 0.0 and abs(velocity) <= reach:
            return self._target_ring, 0.0
        return self._motor_ring + moved, after

    def _approach(self, gap: float, span_s: float) -> float:
        """Speed from which the gap can be closed: the loop's own near the target, the braking curve before that."""
        accel, lag_s = self.character.accel_ring_per_s2, max(self._lag_s, span_s)
        tame = accel * lag_s * lag_s  # nearer than this the loop brakes less than the limit
        return gap / lag_s if gap <= tame else sqrt(2.0 * accel * (gap - tame / 2))
