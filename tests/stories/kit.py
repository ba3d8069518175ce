"""A story: a small show on a small rig, a deck that plays, hands that interfere; told by the real path in virtual time.

Everything between the sound and the motors' bytes is the daemon's own: LTC decoder, chase, session, players, drivers,
codecs, simulated motors with true logs. After every story the invariants are checked (see `invariants`).
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from cuefocus.app.check import check
from cuefocus.app.job import build_job, journal_files
from cuefocus.app.rehearsal_rig import RehearsalRig, start_rings
from cuefocus.app.version import code_version
from cuefocus.engine.job import Job, Seed
from cuefocus.engine.journal import JournalHeader
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Command, InboxEvent, Latched, Trigger
from cuefocus.engine.takebook import CueRecord
from cuefocus.rig.models import Rig
from cuefocus.shells.journal_file import JournalWriter
from cuefocus.timebase.units import NS_PER_S
from tests.stories.playback import Playback
from tests.stories.restless import TurningRig
from tests.stories.scenes import LENS, SOLO_RIG
from tests.stories.told import ORIGIN_NS, Moment, Told
from tests.stories.watched_player import WatchedPlayer


class StoryRig(RehearsalRig):
    """A rehearsal whose every step is kept, and whose hands may wait for a show time."""

    def __init__(self, story: "Story", job: Job, seed: Seed, rig: Rig, journal: JournalWriter | None) -> None:
        heard = story.playback.heard(job.sources[0], ORIGIN_NS) if story.playback is not None else iter(())
        super().__init__(job, seed, rig, heard, (), journal)
        if story.turns is not None:
            self.virtual = TurningRig(story.turns, self.session, self.axes, self.clock, heard, self._stepped)
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

    def say(
        self,
        verb: str,
        target: str = "",
        value: str = "",
        *,
        source: str = "tell",
        age_s: float = 0.0,
        in_s: float = 0.0,
        route: int = 0,
    ) -> None:
        """An operator's command, or a desk's; `in_s`: meant for so much later."""
        stamp_ns, due_ns = self._stamps(age_s, in_s)
        self.virtual.tell(Command(verb, stamp_ns, target, value, source, 1, due_ns, route=route))

    def hear(
        self,
        kind: str,
        key: str,
        *,
        source: str = "desk",
        age_s: float = 0.0,
        in_s: float = 0.0,
        travel_ns: int | None = None,
    ) -> None:
        """A trigger from a desk; `in_s`: meant for so much later."""
        stamp_ns, due_ns = self._stamps(age_s, in_s)
        self.virtual.tell(Trigger(kind, key, stamp_ns, source, due_ns, travel_ns))

    def _stamps(self, age_s: float, in_s: float) -> tuple[int, int]:
        now_ns = self.clock.now_ns
        return now_ns - round(age_s * NS_PER_S), now_ns + round(in_s * NS_PER_S) if in_s else 0

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
        turns: how long a conductor's turns take, where steps come as in its loop; None: every tick.
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
        turns: random.Random | None = None,
    ) -> None:
        self.folder, self.show, self.rig, self.playback, self.takes = folder, show, rig, playback, takes
        self.turns = turns
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

    def stage(self) -> StoryRig:
        """The scene, with nobody's hands in it."""
        job, rig, *_ = _scene(self.folder, self.show, self.rig)
        return StoryRig(self, job, self._seed(rig), rig, None)

    def account(self, stage: StoryRig) -> Told:
        """What has happened on it."""
        job = stage.session.job
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
            data=[reply.data for moment in stage.moments for reply in moment.outcome.replies],
            finished=stage.moments[-1].outcome.finished,
        )

    def _seed(self, rig: Rig) -> Seed:
        return Seed(rings=start_rings(rig), auto_arm=self.takes > 0, takes=self.takes)

    def _told(self, until_s: float | None) -> Told:
        job, rig, show_path, rig_path = _scene(self.folder, self.show, self.rig)
        seed = self._seed(rig)
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
        return self.account(stage)


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
