"""Racks carried out by a simulated motor, set-point by set-point, and what its sparse reports tell of them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cuefocus.landing.evidence import Sample
from cuefocus.motion.profile import named_profile
from cuefocus.motion.racks import PlannedRack
from cuefocus.sim.lens_motor import LensMotorModel, MotorCharacter, TruePosition
from tests.landing.racks import LAND_HOST_NS, LAND_NS, MS, S, rack


@dataclass(frozen=True, slots=True)
class Pull:
    """A rack and the motor that makes it.

    Args:
        start, target: lens ring. half: of the band, share of the travel.
        shape: a named profile. pull_ms: departure to standstill.
        every_ms, phase_ms: set-points. lag_ms, counts: of the motor.
        speed_ring_per_s, accel_ring_per_s2: its own limits; it falls behind where the pull asks for more.
    """

    start: float
    target: float
    half: float
    shape: str = "minimum-jerk"
    pull_ms: float = 600.0
    every_ms: float = 20.0
    phase_ms: float = 0.0
    lag_ms: float = 15.0
    counts: int = 4095
    landing: str = "sharp"
    speed_ring_per_s: float = float("inf")
    accel_ring_per_s2: float = float("inf")

    def rack(self) -> PlannedRack:
        """As planned."""
        travel = self.target - self.start
        half = max(self.half * abs(travel), 2 / self.counts)
        one = rack(self.start, self.target, half=half, landing=self.landing, leave=True)
        profile = named_profile(self.shape)
        fraction = 1.0 if self.landing == "stopped" else profile.entry_fraction(1.0 - half / abs(travel))
        pull_ns = round(self.pull_ms * MS)
        depart_ns = LAND_NS - round(fraction * pull_ns)
        return replace(
            one,
            depart_ns=depart_ns,
            leave_ns=depart_ns,
            stop_ns=depart_ns + pull_ns,
            segments=profile.segments(self.start, self.target, depart_ns, pull_ns),
        )

    def carried_out(self) -> "Course":
        """The motor's true course."""
        planned, lag_s = self.rack(), self.lag_ms * 1e-3
        character = MotorCharacter(
            counts_far=self.counts,
            dead_ns=20 * MS,
            lag_ns=round(self.lag_ms * MS),
            speed_ring_per_s=self.speed_ring_per_s,
            accel_ring_per_s2=self.accel_ring_per_s2,
            start_ring=self.start,
        )
        host_ns = LAND_HOST_NS - LAND_NS
        from_ns, to_ns = planned.depart_ns + host_ns - 300 * MS, planned.stop_ns + host_ns + 1200 * MS
        motor = LensMotorModel(character, now_ns=from_ns)
        every_ns = round(self.every_ms * MS)
        for at_ns in range(from_ns + round(self.phase_ms * MS), to_ns, every_ns):
            ring, speed = _planned_at(planned, at_ns + every_ns // 2 - host_ns)
            motor.command_counts(at_ns - character.dead_ns, round((ring + lag_s * speed) * self.counts))
        motor.advance_to(to_ns)
        log = motor.take_log()
        return Course(planned, self.counts, [row.time_ns for row in log], log, to_ns)


@dataclass(frozen=True, slots=True)
class Course:
    """A motor's true course."""

    planned: PlannedRack
    counts: int
    times_ns: Sequence[int]
    log: Sequence[TruePosition]
    to_ns: int

    def at(self, host_ns: int) -> float:
        """Where it truly was."""
        index = bisect_right(self.times_ns, host_ns) - 1
        before, after = self.log[index], self.log[min(index + 1, len(self.log) - 1)]
        if after.time_ns == before.time_ns:
            return before.lens_ring
        share = (host_ns - before.time_ns) / (after.time_ns - before.time_ns)
        return before.lens_ring + share * (after.lens_ring - before.lens_ring)

    def sharp_ns(self) -> float:
        """When it truly came into its band for good."""
        band, last = self.planned.band, None
        for before, after in zip(self.log, self.log[1:], strict=False):
            was = band.near_ring <= before.lens_ring <= band.far_ring
            if not was and band.near_ring <= after.lens_ring <= band.far_ring:
                edge = band.near_ring if before.lens_ring < band.near_ring else band.far_ring
                share = (edge - before.lens_ring) / (after.lens_ring - before.lens_ring)
                last = before.time_ns + share * (after.time_ns - before.time_ns)
        assert last is not None
        return last

    def reports(self, every_ms: float, phase_ms: float) -> list[Sample]:
        """What the motor says of it, in whole counts."""
        first_ns = self.times_ns[0] + round(phase_ms * MS)
        return [
            (at_ns, round(self.at(at_ns) * self.counts) / self.counts)
            for at_ns in range(first_ns, min(self.to_ns, LAND_HOST_NS + S), round(every_ms * MS))
        ]


def _planned_at(planned: PlannedRack, show_ns: int) -> tuple[float, float]:
    if show_ns <= planned.segments[0].start_ns:
        return planned.from_ring, 0.0
    for segment in planned.segments:
        if show_ns < segment.end_ns:
            ring, speed, _ = segment.at(show_ns)
            return ring, speed
    return planned.segments[-1].end_ring, 0.0
