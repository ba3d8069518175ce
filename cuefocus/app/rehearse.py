"""`cuefocus rehearse`: the whole path on a virtual clock. Same decoder, session, players, codecs; simulated motors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from math import inf
from pathlib import Path

from cuefocus.app.check import check
from cuefocus.app.job import build_job, journal_files, refuse_mistakes
from cuefocus.app.ltc_channel import timecode_channel
from cuefocus.app.source_choice import source_ids
from cuefocus.app.version import code_version
from cuefocus.engine.job import ActJob, Job, Seed
from cuefocus.engine.journal import JournalHeader
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.player import AxisPlayer
from cuefocus.engine.ports import Command, InboxEvent, SourceEvent
from cuefocus.engine.session import Session
from cuefocus.errors import DeviceError, InputError, SoundFileError
from cuefocus.files.collector import collector_paused
from cuefocus.landing.rows import LandingRow
from cuefocus.motor.driver import QUERY_NS, LensMotor
from cuefocus.rig.models import Rig
from cuefocus.rig.motors import Motor
from cuefocus.shells.file_source import LtcInput
from cuefocus.shells.journal_file import JournalWriter
from cuefocus.shells.sound_file import SoundFile
from cuefocus.show.models import Show
from cuefocus.sim.lens_motor import MotorCharacter
from cuefocus.sim.sim_motor import make_sim_motor
from cuefocus.sim.virtual_rig import VirtualAxis, VirtualClock, VirtualRig
from cuefocus.timebase.frames import parse_timecode, unwrap_near
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading
from cuefocus.wire.ltc.compiled import kernels_for

#: As many as a sound card with a large buffer hands over; more would only delay the readings.
BLOCK_SAMPLES = 2048
_BLOCKS_AT_ONCE = 64
_START_NS = 10 * NS_PER_S
#: Until every motor has said where it stands, and for the ends of a move.
_WAKING_NS = NS_PER_S
_AFTER_SOUND_NS = 15 * NS_PER_S
#: A moment that the clock did not show, because it began or jumped past it, is no moment to fire at.
_LATE_FIRING_NS = NS_PER_S


@dataclass(frozen=True, slots=True)
class Firing:
    """A cue to be fired when the clock shows a moment."""

    cue: str
    show_ns: int
    act: str


@dataclass(slots=True)
class Rehearsed:
    """What came of a rehearsal.

    Args:
        take: its number.
        alarms: what the operator would have been told.
        troubles: what went wrong with a file of ours, e.g. a journal on a full disk.
    """

    take: int
    rows: list[LandingRow] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def wrong_timecode(self) -> str:
        """Why the timecode is another show's, where every rack was refused for its labels; empty otherwise."""
        reasons = {row.reason or "" for row in self.rows}
        refused = all(row.verdict == "refused" for row in self.rows)
        return reasons.pop() if refused and len(reasons) == 1 and min(reasons).startswith("timecode ") else ""

    def hear(self, outcome: Outcome) -> None:
        """Keep what a step told."""
        self.rows.extend(outcome.rows)
        self.alarms.extend(str(event.fields["text"]) for event in outcome.events if event.kind == "alarm")


def rehearse(
    show_path: Path,
    rig_path: Path,
    timecode: Sequence[Path],
    *,
    fire: Sequence[str] = (),
    journal: Path | None = None,
    warn: Callable[[str], object] = lambda _: None,
) -> Rehearsed:
    """Rehearse a show against a sound file with LTC, armed and engaged.

    Args:
        show_path: show file.
        rig_path: rig file.
        timecode: sound files with LTC, the one that is followed first before the others; all begin at once.
        fire: `CUE@TIMECODE` for triggered cues; without any, the show's own `rehearse:` list stands in.
        journal: where to write the journal, so that it can be replayed.
        warn: told, in a sentence, if the sound file is not whole.

    Raises: InputError subclasses for files that cannot be used, DeviceError for a journal that cannot be written.
    """
    checked = check(show_path, rig_path)
    refuse_mistakes(checked)
    if checked.show is None or checked.rig is None:
        raise InputError("the show cannot be rehearsed")
    in_use = [(source, "file") for source in source_ids(checked.rig.rig.value, len(timecode))]
    job = build_job(checked, in_use)
    sounds = [SoundFile.open(path) for path in timecode]
    for sound in sounds:
        sound.warn(warn)
    firings = firings_of(checked.show.value, job, fire)
    seed = Seed(rings=start_rings(checked.rig.rig.value), auto_arm=True, takes=1)
    troubles: list[str] = []
    writer = None
    if journal is not None:
        options: dict[str, object] = {
            "auto_arm": True,
            "takes": 1,
            "rings": dict(seed.rings),
            "sources": [[*one] for one in in_use],
        }
        header = JournalHeader(code_version(), "rehearsal", journal_files(show_path, rig_path, checked), options)
        writer = _begun(journal, header, troubles)
    try:
        origin_ns = origin_of_sound_ns(job, seed)
        blocks = merge(
            *(
                heard(sound, source, origin_ns=origin_ns, latency_ns=-job.latencies_ns.get(source, 0))
                for sound, source in zip(sounds, job.sources, strict=True)
            ),
            key=lambda block: block[0],
        )
        rig = RehearsalRig(job, seed, checked.rig.rig.value, blocks, firings, writer, keeps_logs=False)
        with collector_paused():
            rig.run(origin_ns + round(max(sound.duration_s for sound in sounds) * NS_PER_S) + _AFTER_SOUND_NS)
    finally:
        if writer is not None:
            writer.close()
    if not rig.readings:
        where = ", ".join(map(str, timecode))
        raise SoundFileError("there is no LTC in it", where=where, hint="is this the timecode track?")
    rig.result.alarms[:0] = [str(complaint) for complaint in checked.complaints if complaint.severity == "error"]
    rig.result.alarms.extend(f"cue {f.cue} was not fired: its moment never came" for f in rig.waiting)
    rig.result.troubles.extend(troubles)
    return rig.result


def _begun(path: Path, header: JournalHeader, troubles: list[str]) -> JournalWriter:
    """A new journal. Raises: InputError where a file is already, DeviceError where none can be written."""
    if path.is_file() and path.stat().st_size:
        raise InputError("there is a file already", where=str(path), hint="name a new one for the journal")
    writer = JournalWriter(path, header, now_ns=lambda: 0, on_trouble=troubles.append)
    if troubles:
        trouble = troubles[0].partition("; ")[0]  # what `run` would do about it is no matter here
        raise DeviceError(f"no rehearsal without the journal that was asked for: {trouble}", hint="name another file")
    return writer


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
        self.result.hear(outcome)
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
    sound: SoundFile, source: str, *, origin_ns: int, latency_ns: int = 0
) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
    """The sound file as a card would deliver it, its first sample at `origin_ns`, `latency_ns` taken off the stamps."""
    kernels = kernels_for(sound.duration_s)
    listener = LtcInput(source, sound.sample_rate, latency_ns=latency_ns, kernels=kernels)
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


def firings_of(show: Show, job: Job, fire: Sequence[str]) -> list[Firing]:
    """What is fired when: from `--fire`, else from the show's `rehearse:` list.

    Raises: InputError for a firing that names no triggered cue or no moment.
    """
    firings: list[Firing] = []
    for text in fire:
        cue, mark, label = text.rpartition("@")
        if not mark:
            raise InputError(f"{text!r} is no firing", hint="write CUE@HH:MM:SS:FF")
        firings.append(_firing(job, cue, label, None))
    if fire:
        return firings
    for item in show.rehearse:
        if item.at.label is not None:
            firings.append(_firing(job, item.cue, item.at.label, item.act))
        else:
            act = job.acts[item.act or next(iter(job.acts))]
            firings.append(Firing(item.cue, act.chase.starts_show_ns + (item.at.media_ns or 0), act.name))
    return firings


def _firing(job: Job, cue: str, label: str, act_name: str | None) -> Firing:
    if cue not in job.triggered:
        known = ", ".join(job.triggered) or "none"
        raise InputError(f"no triggered cue {cue!r} to fire", hint=f"have {known}")
    candidates = [job.acts[act_name]] if act_name is not None else list(job.acts.values())
    act = next((one for one in candidates if _holds(one, label)), candidates[0])
    return Firing(cue, _show_ns(act, label), act.name)


def _holds(act: ActJob, label: str) -> bool:
    return act.chase.starts_show_ns - act.chase.preroll_ns <= _show_ns(act, label) <= act.chase.end_show_ns


def _show_ns(act: ActJob, label: str) -> int:
    rate = act.chase.rate
    return unwrap_near(parse_timecode(label, rate).show_ns(rate), act.chase.starts_show_ns, rate)
