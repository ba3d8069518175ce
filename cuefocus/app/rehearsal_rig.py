"""A session on simulated motors and a virtual clock, and the sound that it hears."""

from collections.abc import Iterator, Sequence
from math import inf

from cuefocus.app.firings import Firing
from cuefocus.app.ltc_channel import timecode_channel
from cuefocus.app.rehearsed import Rehearsed
from cuefocus.engine.job import Job, Seed
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.player import AxisPlayer
from cuefocus.engine.ports import Command, InboxEvent, SourceEvent
from cuefocus.engine.session import Session
from cuefocus.motor.driver import QUERY_NS, LensMotor
from cuefocus.rig.models import Rig
from cuefocus.rig.motors import Motor
from cuefocus.shells.file_source import LtcInput
from cuefocus.shells.journal_file import JournalWriter
from cuefocus.shells.sound_file import SoundFile
from cuefocus.sim.lens_motor import MotorCharacter
from cuefocus.sim.sim_motor import make_sim_motor
from cuefocus.sim.virtual_rig import VirtualAxis, VirtualClock, VirtualRig
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading
from cuefocus.wire.ltc.compiled import kernels_for

#: As many as a sound card with a large buffer hands over; more would only delay the readings.
BLOCK_SAMPLES = 2048
_BLOCKS_AT_ONCE = 64
_START_NS = 10 * NS_PER_S
#: Until every motor has said where it stands, and for the ends of a move.
_WAKING_NS = NS_PER_S
#: A moment that the clock did not show, because it began or jumped past it, is no moment to fire at.
_LATE_FIRING_NS = NS_PER_S


class RehearsalRig:
    """A session on simulated motors made from a rig file, on a virtual clock.

    Args:
        job, seed: the session's.
        rig: the motors are made from it.
        blocks: what the timecode source says, in order of time (`heard`).
        firings: triggered cues, fired when the clock shows their moment.
        journal: takes every step.
        keeps_logs: the simulators note their true positions.
    """

    def __init__(
        self,
        job: Job,
        seed: Seed,
        rig: Rig,
        blocks: Iterator[tuple[int, Sequence[InboxEvent]]],
        firings: Sequence[Firing] = (),
        journal: JournalWriter | None = None,
        *,
        keeps_logs: bool = True,
    ) -> None:
        self.clock = VirtualClock(_START_NS)
        self.session = Session(job, seed)
        self.axes = simulated_axes(rig, job, self.clock, keeps_logs=keeps_logs)
        self.virtual = VirtualRig(self.session, self.axes, self.clock, blocks, self._stepped)
        self.result = Rehearsed(seed.take + 1)
        self.outcomes: list[Outcome] = []
        self.readings = 0
        self._firings = sorted(firings, key=lambda firing: firing.show_ns)
        self._journal = journal

    @property
    def waiting(self) -> Sequence[Firing]:
        """Firings whose moment has not come."""
        return tuple(self._firings)

    def run(self, until_ns: int) -> None:
        """Let it play until then, or until its takes are done."""
        self.virtual.run(until_ns)

    def _stepped(self, now_ns: int, inbox: Sequence[InboxEvent], outcome: Outcome) -> Sequence[InboxEvent]:
        if self._journal is not None:
            self._journal.append(now_ns, inbox)
        self.readings += sum(isinstance(event, Reading) for event in inbox)
        self.result.hear(outcome, self.session.act.chase.rate)
        return self._fired(outcome, now_ns)

    def _fired(self, outcome: Outcome, now_ns: int) -> list[InboxEvent]:
        """GOs whose moment has come, stamped with it."""
        commands: list[InboxEvent] = []
        clock = outcome.clock
        if not clock.running or clock.speed <= 0.0:
            return commands
        newest_ns, oldest_ns = clock.show_at(now_ns), clock.show_at(now_ns - _LATE_FIRING_NS)
        due = [f for f in self._firings if f.act == self.session.act.name and oldest_ns <= f.show_ns <= newest_ns]
        for firing in due:
            self._firings.remove(firing)
            commands.append(Command("go", clock.host_at(firing.show_ns), target=firing.cue, source="rehearse"))
        return commands


def origin_of_sound_ns(job: Job, seed: Seed) -> int:
    """Host time of the sound's first sample: every axis has moved to where its first act begins by then."""
    opening = next(iter(job.acts.values())).opening
    longest_s = max(
        (
            abs(ring - seed.rings[name]) / (job.axes[name].spec.speed_ring_per_s * job.axes[name].spec.settle_fraction)
            for name, ring in opening.items()
        ),
        default=0.0,
    )
    return _START_NS + 2 * _WAKING_NS + round(longest_s * NS_PER_S)


def heard(
    sound: SoundFile, source: str, channel: int | None = None, *, origin_ns: int, latency_ns: int = 0
) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
    """The sound file as a card would deliver it, its first sample at `origin_ns`, `latency_ns` taken off the stamps."""
    kernels = kernels_for(sound.duration_s)
    listener = LtcInput(source, sound.sample_rate, latency_ns=latency_ns, kernels=kernels)
    if channel is None:
        channel = timecode_channel(sound) if sound.channels > 1 else 0
    yield origin_ns, (SourceEvent(source, origin_ns, "opened", ""),)
    samples = 0
    for blocks in sound.blocks(channel, BLOCK_SAMPLES * _BLOCKS_AT_ONCE):
        ends = [min(end, len(blocks)) for end in range(BLOCK_SAMPLES, len(blocks) + BLOCK_SAMPLES, BLOCK_SAMPLES)]
        stamps = [origin_ns + (samples + end) * NS_PER_S // sound.sample_rate for end in ends]
        samples += len(blocks)
        yield from zip(stamps, listener.feed_many(blocks, list(zip(ends, stamps, strict=True))), strict=True)
    end_ns = origin_ns + samples * NS_PER_S // sound.sample_rate
    yield end_ns, (*listener.flush(), SourceEvent(source, end_ns, "ended", "the sound is over"))


def start_rings(rig: Rig) -> dict[str, float]:
    """Where the simulated motors stand at first, by axis."""
    return {name: rig.motor_of(name).simulated.start.fraction for name in rig.axis_names()}


def simulated_axes(rig: Rig, job: Job, clock: VirtualClock, *, keeps_logs: bool = True) -> dict[str, VirtualAxis]:
    """A player, a driver and a simulated motor for each axis of the rig."""
    axes: dict[str, VirtualAxis] = {}
    for index, (name, axis) in enumerate(job.axes.items()):
        motor, spec = rig.motor_of(name), axis.spec
        codec, character = motor.codec(), character_of(motor)
        address = codec.default_address if motor.address is None else motor.address
        link = make_sim_motor(
            motor.driver,
            clock,
            {address: character},
            baud=motor.baud,
            command=motor.command,
            answers=spec.feedback,
            keeps_log=keeps_logs,
            name=spec.motor,
        )
        driver = LensMotor(
            link,
            codec,
            counts_near=spec.counts_near,
            counts_far=spec.counts_far,
            address=address,
            query_period_ns=QUERY_NS if spec.feedback else 0,
            baud=motor.baud or 0,
        )
        ring = motor.simulated.start.fraction
        origin_ns = clock.now_ns + index * 1_000_000
        player = AxisPlayer(spec, grid_origin_ns=origin_ns, start_ring=ring, start_known=True)
        axes[name] = VirtualAxis(name, player, driver, link, query_ns=origin_ns)
    return axes


def character_of(motor: Motor) -> MotorCharacter:
    """How the simulator behind a motor behaves: as the rig believes, but for what `simulated:` says otherwise."""
    odd, ends = motor.simulated, motor.near_to_far
    backlash_counts = motor.backlash_counts if odd.backlash_counts is None else odd.backlash_counts
    return MotorCharacter(
        counts_near=ends.near,
        counts_far=ends.far,
        dead_ns=round((motor.dead_ms if odd.dead_ms is None else odd.dead_ms) * 1e6),
        lag_ns=round((motor.lag_ms if odd.lag_ms is None else odd.lag_ms) * 1e6),
        speed_ring_per_s=(odd.speed or motor.limits.speed).ring_per_s,
        accel_ring_per_s2=odd.acceleration.ring_per_s2 if odd.acceleration is not None else inf,
        backlash_ring=backlash_counts / ends.span,
        readback_ns=round((motor.readback_ms if odd.readback_ms is None else odd.readback_ms) * 1e6),
        start_ring=odd.start.fraction,
        quantum_counts=odd.quantum_counts,
    )
