"""A story: a small show on a small rig, a deck that plays, hands that interfere; told by the real path in virtual time.

Everything between the sound and the motors' bytes is the daemon's own: LTC decoder, chase, session, players, drivers,
codecs, simulated motors with true logs. After every story the invariants are checked (see `invariants`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cuefocus.app.check import check
from cuefocus.app.job import build_job, journal_files
from cuefocus.app.rehearse import RehearsalRig, start_rings
from cuefocus.app.version import code_version
from cuefocus.chase.clock import Clock
from cuefocus.engine.job import Job, Seed
from cuefocus.engine.journal import JournalHeader
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import AxisPlan, Latch
from cuefocus.engine.player import AxisPlayer, Frame
from cuefocus.engine.ports import Command, InboxEvent, Latched, Trigger
from cuefocus.engine.takebook import CueRecord
from cuefocus.landing.rows import LandingRow
from cuefocus.motor.axis import AxisSpec
from cuefocus.rig.models import Rig
from cuefocus.shells.journal_file import JournalWriter
from cuefocus.sim.lens_motor import TruePosition
from cuefocus.timebase.units import NS_PER_S
from tests.stories.playback import Playback

#: Host time of the sound's first sample: axes have moved to their openings by then.
ORIGIN_NS = 14 * NS_PER_S

LENS = """schema: cuefocus-lens/1
name: prime
serial: "1"
focal_length: 75 mm
t_stop: T2
close_focus: 0.70 m
marks:
  - {distance: 0.70 m, ring: 0.0}
  - {distance: 0.95 m, ring: 0.2458}
  - {distance: 1.15 m, ring: 0.3673}
  - {distance: 1.50 m, ring: 0.5038}
  - {distance: 2.00 m, ring: 0.6178}
  - {distance: 3.00 m, ring: 0.7342}
  - {distance: 6.00 m, ring: 0.8543}
  - {distance: ∞, ring: 0.985}
"""

#: Camera A reports positions (bridge), camera B does not (Tilta).
RIG = """schema: cuefocus-rig/1
lenses: [lens.yaml]
sources:
  - {id: deck, kind: file}
cameras:
  A: {lens: prime#1, stop: T2.8, sensor: super-35, fps: "25", axes: {focus: {motor: bridge}}}
  B: {lens: prime#1, stop: T2.8, sensor: super-35, fps: "25", axes: {focus: {motor: tilta}}}
motors:
  bridge:
    driver: bridge
    port: sim
    setpoints_hz: 100
    travel: 0..65535
    limits: {speed: 240 %/s, acceleration: 4000 %/s2, jerk: 100000 %/s3}
    backlash_counts: 40
    residual_backlash_counts: 8
    dead_ms: 10
    lag_ms: 10
    readback_ms: 2
    measured: "2026-11-20"
    simulated: {quantum_counts: 4}
  tilta:
    driver: tilta
    port: sim
    address: 1
    setpoints_hz: 50
    travel: 0..9999
    limits: {speed: 220 %/s, acceleration: 3000 %/s2, jerk: 80000 %/s3}
    backlash_counts: 12
    residual_backlash_counts: 2
    dead_ms: 22
    lag_ms: 14
    measured: "2026-11-20"
"""

#: Only camera A; quicker to tell.
SOLO_RIG = RIG.replace(
    '  B: {lens: prime#1, stop: T2.8, sensor: super-35, fps: "25", axes: {focus: {motor: tilta}}}\n', ""
).partition("  tilta:\n")[0]

MARKS = "{near: 1.15 m, mid: 1.50 m, far: 3 m, back: 6 m}"


def show_text(
    cues: str, *, act: str = "", rate: str = "25", starts: str = "01:00:00:00", cameras: str = "A", defaults: str = ""
) -> str:
    """A show of one act, `song`, that opens on `near`; `act` and `defaults` hold more keys of theirs."""
    marks = ", ".join(f"{camera}: {MARKS}" for camera in cameras)
    opening = ", ".join(f"{camera}: near" for camera in cameras)
    extra = f", {act}" if act else ""
    shared = f", {defaults}" if defaults else ""
    return (
        f'schema: cuefocus-show/1\nrate: "{rate}"\nmarks: {{{marks}}}\n'
        f"defaults: {{camera: A, pull: 600 ms, tolerance: 0.5 frame{shared}}}\n"
        f'acts:\n  - {{act: song, starts: "{starts}", opening: {{{opening}}}{extra}}}\n'
        f"cues:\n{cues}"
    )


def cue(number: str, at_s: float | None, to: str, more: str = "") -> str:
    """One cue line; `at_s` is its landing in media seconds, None for a cue that waits for a trigger."""
    land = "" if at_s is None else f', act: song, land: {{at: "+{at_s:.3f} s"}}'
    return f'  - {{cue: "{number}"{land}, to: {to}{", " + more if more else ""}}}\n'


@dataclass(slots=True)
class Moment:
    """A step as it was: for looking back."""

    now_ns: int
    outcome: Outcome
    latches: dict[str, Latch]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a set-point was computed from."""

    orders: AxisPlan | None
    clock: Clock
    latch: Latch
    silent: bool


class WatchedPlayer(AxisPlayer):
    """A player whose set-points are kept, before they are rounded, each with what it was computed from."""

    def __init__(self, spec: AxisSpec, *, grid_origin_ns: int, start_ring: float, start_known: bool) -> None:
        super().__init__(spec, grid_origin_ns=grid_origin_ns, start_ring=start_ring, start_known=start_known)
        self.start_ring = start_ring
        self.frames: list[Frame] = []
        self.starts: dict[int, float] = {}
        self.bases: list[Basis] = []
        self._prepared: tuple[Frame | None, Basis] | None = None

    def observe(self, ring: float, stamp_ns: int) -> None:
        """At first, after a fault and after RELEASE a report says where the next set-points start."""
        before = self.ring
        super().observe(ring, stamp_ns)
        if self.ring != before:
            self.starts[len(self.frames)] = self.ring

    def prepare(
        self, now_ns: int, clock: Clock, plan: AxisPlan | None, latch: Latch, *, conductor_silent: bool
    ) -> Frame | None:
        """Remember from what."""
        frame = super().prepare(now_ns, clock, plan, latch, conductor_silent=conductor_silent)
        self._prepared = frame, Basis(plan, clock, latch, conductor_silent)
        return frame

    def sent(self, frame: Frame) -> None:
        """Keep it."""
        assert self._prepared is not None
        assert self._prepared[0] is frame
        self.frames.append(frame)
        self.bases.append(self._prepared[1])
        super().sent(frame)

    def steps(self) -> Iterator[tuple[float, Frame, Basis]]:
        """Each set-point with what it was computed from, and where the axis stood before it."""
        held = self.start_ring
        for index, (frame, basis) in enumerate(zip(self.frames, self.bases, strict=True)):
            yield self.starts.get(index, held), frame, basis
            held = frame.ring


@dataclass(slots=True)
class Told:
    """A story that has been told."""

    rows: list[LandingRow]
    alarms: list[str]
    moments: list[Moment]
    records: dict[tuple[int, int, str, int], CueRecord]
    specs: dict[str, AxisSpec]
    players: dict[str, WatchedPlayer]
    logs: dict[str, list[TruePosition]]
    playback: Playback | None
    starts_show_ns: int
    armings: list[tuple[int, bool]] = field(default_factory=list)
    latchings: list[tuple[int, str, Latch]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    finished: bool = False

    def verdicts(self) -> dict[str, str]:
        """Verdict by cue, `PASS/CUE` for later passes than the first, `TAKE/PASS/CUE` for later takes."""
        named: dict[str, str] = {}
        for row in self.rows:
            name = row.cue if row.pass_ <= 1 and row.take == 1 else f"{row.pass_}/{row.cue}"
            name = name if row.take == 1 else f"{row.take}/{row.pass_}/{row.cue}"
            while name in named:
                name += "'"
            named[name] = row.verdict
        return named

    def row(self, cue: str, *, pass_: int | None = None, take: int = 1) -> LandingRow:
        """The row of a cue; of the only pass that has one unless a pass is named."""
        found = [r for r in self.rows if r.cue == cue and r.take == take and pass_ in (None, r.pass_)]
        assert len(found) == 1, f"{len(found)} rows of cue {cue}"
        return found[0]

    def reason(self, cue: str, *, pass_: int | None = None) -> str:
        """The reason in a cue's row."""
        return self.row(cue, pass_=pass_).reason or ""

    def lens(self, axis: str, host_s: float) -> float:
        """Where the lens truly was, host seconds after the sound began."""
        at_ns = ORIGIN_NS + round(host_s * NS_PER_S)
        before = [place for place in self.logs[axis] if place.time_ns <= at_ns]
        return before[-1].lens_ring

    def moved(self, axis: str, from_s: float, until_s: float) -> float:
        """How far the lens truly went between two moments, host seconds after the sound began."""
        first_ns, last_ns = (ORIGIN_NS + round(s * NS_PER_S) for s in (from_s, until_s))
        rings = [p.lens_ring for p in self.logs[axis] if first_ns <= p.time_ns <= last_ns]
        rings.append(self.lens(axis, from_s))
        return max(rings) - min(rings)

    def states(self) -> list[str]:
        """The chase's states, each change once."""
        words: list[str] = []
        for moment in self.moments:
            word = moment.outcome.clock.state.word
            if not words or words[-1] != word:
                words.append(word)
        return words

    def happenings(self, kind: str) -> list[dict[str, object]]:
        """Events of a kind, in order."""
        return [event.fields for m in self.moments for event in m.outcome.events if event.kind == kind]


class StoryRig(RehearsalRig):
    """A rehearsal whose every step is kept, and whose hands may wait for a show time."""

    def __init__(self, story: "Story", job: Job, seed: Seed, rig: Rig, journal: JournalWriter | None) -> None:
        heard = story.playback.heard(job.sources[0], ORIGIN_NS) if story.playback is not None else iter(())
        super().__init__(job, seed, rig, heard, (), journal)
        self.moments: list[Moment] = []
        self.armings: list[tuple[int, bool]] = []
        self.latchings: list[tuple[int, str, Latch]] = []
        self.records: dict[tuple[int, int, str, int], CueRecord] = {}
        self.players: dict[str, WatchedPlayer] = {}
        for name, side in self.axes.items():
            ring = rig.motor_of(name).simulated.start.fraction
            player = WatchedPlayer(side.player.spec, grid_origin_ns=side.query_ns, start_ring=ring, start_known=True)
            side.player = self.players[name] = player

    def _stepped(self, now_ns: int, inbox: Sequence[InboxEvent], outcome: Outcome) -> Sequence[InboxEvent]:
        book = self.session.book
        for record in (*book.timed.values(), *book.fired):
            self.records.setdefault((record.take, record.pass_, record.rack.cue, record.base_ns), record)
        if not self.armings or self.armings[-1][1] is not book.armed:
            self.armings.append((now_ns, book.armed))
        self.latchings += [(now_ns, axis, latch) for axis, latch, on in outcome.latches if on]
        latches = {name: side.latch for name, side in self.axes.items()}
        self.moments.append(Moment(now_ns, outcome, latches))
        return super()._stepped(now_ns, inbox, outcome)

    # --- hands ---

    def say(self, verb: str, target: str = "", value: str = "") -> None:
        """An operator's command."""
        self.virtual.tell(Command(verb, self.clock.now_ns, target, value, "tell", 1))

    def hear(self, kind: str, key: str, *, source: str = "desk", age_s: float = 0.0) -> None:
        """A trigger from a desk."""
        stamp_ns = self.clock.now_ns - round(age_s * NS_PER_S)
        self.virtual.tell(Trigger(kind, key, stamp_ns, source))

    def latch(self, latch: Latch, axis: str = "", *, on: bool = True) -> None:
        """A stop latch, as motion's own socket sets it."""
        self.latchings.append((self.clock.now_ns, axis, latch))
        self.virtual.set_latch(axis, latch, on=on)

    def unplug(self, axis: str) -> None:
        """A plug is pulled."""
        self.axes[axis].link.unplug()

    def plug(self, axis: str) -> None:
        """It is put back, and the motor answers."""
        self.axes[axis].link.plug()
        self.virtual.plugged_again(axis)

    def stop_motion(self, seconds: float) -> None:
        """The motion process is stopped for so long."""
        self.virtual.stop_motion(round(seconds * NS_PER_S))

    def kill_conductor(self) -> None:
        """The conductor falls silent."""
        self.virtual.conductor_dead_since_ns = self.clock.now_ns

    def wake_conductor(self, *missed: str) -> None:
        """It goes on after having been stopped, and plans axes anew that missed a departure, as its loop does."""
        self.virtual.conductor_dead_since_ns = None
        for axis in missed:
            self.virtual.tell(Latched(axis, self.clock.now_ns, Latch.HOLD))
            self.virtual.tell(Command("resume", self.clock.now_ns, axis, source="conductor"))


Hand = Callable[[StoryRig], None]


class Story:
    """Sets a scene.

    Args:
        folder: where its files go.
        show: text of the show file.
        rig: text of the rig file.
        files: more files beside the show, by name.
        takes: the session's, armed and engaged by itself; 0 for an operator who says when.
    """

    def __init__(
        self,
        folder: Path,
        show: str,
        playback: Playback | None = None,
        *,
        rig: str = SOLO_RIG,
        takes: int = 1,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.show, self.rig, self.playback, self.takes = folder, show, rig, playback, takes
        self._hands: list[tuple[float, Hand]] = []
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        self.journal: Path | None = None

    def at(self, seconds: float, hand: Hand) -> "Story":
        """Have a hand do something, host seconds after the sound's first sample."""
        self._hands.append((seconds, hand))
        return self

    def tell(self, *, until_s: float | None = None) -> Told:
        """Let it happen, and check the invariants."""
        from tests.stories.invariants import check_invariants

        told = self._told(until_s)
        check_invariants(told)
        return told

    def _told(self, until_s: float | None) -> Told:
        job, rig, show_path, rig_path = _scene(self.folder, self.show, self.rig)
        seed = Seed(rings=start_rings(rig), auto_arm=self.takes > 0, takes=self.takes)
        writer = None
        if self.journal is not None:
            options: dict[str, object] = {"auto_arm": seed.auto_arm, "takes": seed.takes, "rings": dict(seed.rings)}
            files = journal_files(show_path, rig_path, check(show_path, rig_path))
            header = JournalHeader(code_version(), "story", files, options)
            writer = JournalWriter(self.journal, header, now_ns=lambda: 0, on_trouble=_trouble)
        stage = StoryRig(self, job, seed, rig, writer)
        for seconds, hand in self._hands:
            stage.virtual.at(ORIGIN_NS + round(seconds * NS_PER_S), _acting(hand, stage))
        length_s = self.playback.seconds if self.playback is not None else 0.0
        stage.run(ORIGIN_NS + round((until_s if until_s is not None else length_s + 4.0) * NS_PER_S))
        if writer is not None:
            writer.close()
        return Told(
            rows=stage.result.rows,
            alarms=stage.result.alarms,
            moments=stage.moments,
            records=stage.records,
            specs={name: axis.spec for name, axis in job.axes.items()},
            players=stage.players,
            logs={name: list(side.link.log()) for name, side in stage.axes.items()},
            playback=self.playback,
            starts_show_ns=next(iter(job.acts.values())).chase.starts_show_ns,
            armings=stage.armings,
            latchings=stage.latchings,
            replies=[reply.text for moment in stage.moments for reply in moment.outcome.replies],
            finished=stage.moments[-1].outcome.finished,
        )


def _acting(hand: Hand, stage: StoryRig) -> Callable[[], None]:
    return lambda: hand(stage)


def _trouble(text: str) -> None:
    raise AssertionError(text)


@lru_cache(maxsize=64)
def _compiled(show_path: Path, rig_path: Path, show: str, rig: str) -> tuple[Job, Rig]:
    show_path.write_text(show, encoding="utf-8")
    rig_path.write_text(rig, encoding="utf-8")
    (rig_path.parent / "lens.yaml").write_text(LENS, encoding="utf-8")
    checked = check(show_path, rig_path)
    wrong = [str(complaint) for complaint in checked.complaints if complaint.severity == "error"]
    assert checked.rig is not None, wrong
    assert checked.show is not None, wrong
    return build_job(checked), checked.rig.rig.value


def _scene(folder: Path, show: str, rig: str) -> tuple[Job, Rig, Path, Path]:
    show_path, rig_path = folder / "show.yaml", folder / "rig.yaml"
    job, model = _compiled(show_path, rig_path, show, rig)
    return job, model, show_path, rig_path


__all__ = ["ORIGIN_NS", "RIG", "SOLO_RIG", "Hand", "Moment", "Playback", "Story", "Told", "cue", "show_text"]
