"""What a conductor's successor finds: the same with a checkpoint as without one, whatever became of either file."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import JournalHeader, Step, encode_step
from cuefocus.engine.ports import Command
from cuefocus.engine.snapshot import Snapshots
from cuefocus.errors import JournalError
from cuefocus.shells.checkpoint import Checkpoints, code_print, make_sheets
from cuefocus.shells.conductor_config import ConductorConfig, Score
from cuefocus.shells.journal_file import JournalFileReader, JournalWriter
from cuefocus.shells.journal_spill import JournalSpill, make_spill
from cuefocus.shells.recall import Recalled, checkpoint_of, first_part, recall
from cuefocus.shells.source_config import PlayConfig
from cuefocus.shells.understudy import EVERY_NS, Understudy
from tests.shells.test_journal_file import disk_of
from tests.stories.alike import difference
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text

PLAYS = PlayConfig(("deck",), 1, wait_for_axes=True)


@dataclass
class Scene:
    """A run's journal that can be written again in part, and the sheets of its understudy."""

    config: ConductorConfig
    score: Score
    steps: Sequence[Step]
    now_ns: int = 0

    def __post_init__(self) -> None:
        self.understudy = self.another()

    def another(self) -> Understudy:
        return Understudy(self.config, self.score, lambda: self.now_ns)

    @property
    def path(self) -> Path:
        return self.config.journal_path

    def write(self, from_step: int, until_step: int) -> None:
        """As the conductor does."""
        writer = JournalWriter(self.path, self.score.header, now_ns=lambda: 0, on_trouble=_trouble)
        for step in self.steps[from_step:until_step]:
            writer.append(step.now_ns, step.inbox)
        writer.close()

    def looks(self) -> None:
        """The understudy looks, with time enough since its last checkpoint."""
        self.now_ns += 100 * EVERY_NS
        self.understudy.look()

    def recalled(self) -> Recalled:
        return recall(self.config, self.score)

    def assert_recalls(self, until_step: int, *, replayed: int) -> None:
        """The successor's state is that of a full replay of so many steps, and this many it had to take."""
        wanted = first_part(self.score, PLAYS)
        for step in self.steps[:until_step]:
            wanted.step(step)
        found = self.recalled()
        assert found.replayed == replayed, found.how
        wanted.how, wanted.replayed = found.how, found.replayed
        assert not difference(found, wanted)


def _trouble(text: str) -> None:
    raise AssertionError(text)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[JournalHeader, Sequence[Step]]:
    folder = tmp_path_factory.mktemp("told")
    story = Story(folder, show_text(cue("1", 2, "far") + cue("2", 3, "near")), Playback().play(5.0))
    story.journal = folder / "journal"
    story.at(4.5, lambda rig: rig.virtual.tell(Command("status", rig.clock.now_ns, id=41))).tell()
    with JournalFileReader(story.journal, version=None) as reader:
        return reader.header, list(reader.steps())


@pytest.fixture
def scene(told: tuple[JournalHeader, Sequence[Step]], tmp_path: Path) -> Iterator[Scene]:
    header, steps = told
    sheets = make_sheets()
    options = header.options
    seed = Seed(rings=dict(options["rings"]), auto_arm=options["auto_arm"], takes=options["takes"])
    config = ConductorConfig(-1, -1, -1, -1, "", str(tmp_path / "run.journal"), "ledger", plays=PLAYS, sheet_fds=sheets)
    made = Scene(config, Score(job_of_journal(header), seed, header), steps)
    yield made
    made.understudy.close()
    for fd in sheets:
        os.close(fd)


def test_a_run_without_a_journal_begins_at_the_beginning(scene: Scene) -> None:
    scene.looks()
    scene.assert_recalls(0, replayed=0)


def test_without_a_checkpoint_the_whole_journal_is_replayed_and_that_is_said(scene: Scene) -> None:
    scene.write(0, 700)
    scene.assert_recalls(700, replayed=700)
    assert scene.recalled().how == "700 steps replayed, no checkpoint could be used"


def test_what_came_after_the_checkpoint_is_replayed(scene: Scene) -> None:
    for until_step in (200, 400, 600):
        scene.write(until_step - 200, until_step)
        scene.looks()
    scene.write(600, 630)
    scene.assert_recalls(630, replayed=30)
    assert scene.recalled().how == "30 steps replayed, after a checkpoint at step 600"


def test_rows_commands_and_take_are_recalled_from_a_checkpoint(scene: Scene) -> None:
    scene.write(0, len(scene.steps))
    scene.looks()
    found = scene.recalled()
    assert found.replayed == 0
    assert [row.cue for row in found.rows] == ["1", "2"]
    assert found.next_id == 42
    assert found.playlist is not None
    assert found.playlist.played == 1
    assert found.outcome is not None


def test_checkpoints_are_not_written_more_often_than_is_cheap(scene: Scene) -> None:
    for step in range(0, 500, 50):
        scene.write(step, step + 50)
        scene.understudy.look()
    assert scene.understudy.written == 1
    scene.assert_recalls(500, replayed=450)


def test_a_successor_of_the_understudy_goes_on_from_its_sheet(scene: Scene) -> None:
    scene.write(0, 500)
    scene.looks()
    scene.understudy.close()
    scene.understudy = scene.another()
    scene.write(500, 600)
    scene.looks()
    scene.assert_recalls(600, replayed=0)


def test_a_line_cut_off_by_a_kill_is_read_when_it_is_whole(scene: Scene) -> None:
    """The journal ends in half a line; the successor cuts it off and writes another."""
    scene.write(0, 300)
    torn = encode_step(scene.steps[300].now_ns + 7, scene.steps[300].inbox)[:-5]
    with scene.path.open("ab") as file:
        file.write(torn)
    scene.looks()
    scene.assert_recalls(300, replayed=0)
    scene.write(300, 400)
    scene.looks()
    scene.assert_recalls(400, replayed=0)


def test_lines_that_a_full_disk_took_back_are_in_no_checkpoint(scene: Scene) -> None:
    """Of a batch that did not fit, whole lines stood in the file for a moment: the understudy has read them."""
    scene.write(0, 300)
    size = scene.path.stat().st_size
    scene.write(300, 350)
    scene.looks()
    os.truncate(scene.path, size)
    scene.assert_recalls(300, replayed=300)
    scene.write(400, 450)  # what came between is lost
    for _ in range(2):
        scene.looks()
    found, whole = scene.recalled(), _replayed(scene)
    assert found.replayed == 0
    assert not difference(found.session, whole.session)


@pytest.mark.parametrize("looked", [False, True])
def test_whoever_waits_for_a_successor_is_shown_each_step_that_it_replays(scene: Scene, looked: bool) -> None:
    scene.write(0, 200)
    if looked:
        scene.looks()
    scene.write(200, 300)
    waiting = make_spill()
    for step in scene.steps[300:340]:
        JournalSpill(waiting, scene.path).add(encode_step(step.now_ns, step.inbox))
    signs = list[int]()
    spill = JournalSpill(waiting, scene.path)
    recalled = recall(scene.config, scene.score, spill, gets_on=lambda: signs.append(1))
    os.close(waiting)
    assert recalled.steps == 340
    assert len(signs) == 1 + recalled.replayed == (141 if looked else 341)


def _replayed(scene: Scene) -> Recalled:
    return recall(replace(scene.config, sheet_fds=()), scene.score)


def test_a_disk_that_is_full_for_a_while_leaves_checkpoints_that_are_right(scene: Scene) -> None:
    told: list[str] = []
    clock = [0]
    writer = JournalWriter(scene.path, scene.score.header, now_ns=lambda: clock[0], on_trouble=told.append)
    full_at = scene.path.stat().st_size + 20_000
    for number, step in enumerate(scene.steps):
        clock[0] += EVERY_NS // 10
        with disk_of(full_at if 200 < number < 500 else 1 << 30):
            writer.append(step.now_ns, step.inbox)
        if number % 37 == 0:
            scene.looks()
    writer.close()
    assert len(told) == 2, "told when it was full, and when it no longer was"
    scene.looks()
    scene.assert_recalls(len(scene.steps), replayed=0)


def test_damage_before_the_checkpoint_does_no_harm_any_more_and_after_it_is_told(scene: Scene) -> None:
    scene.write(0, 300)
    scene.looks()
    content = bytearray(scene.path.read_bytes())
    content[content.index(b"\n") + 3] ^= 0x40
    scene.path.write_bytes(content)
    assert scene.recalled().replayed == 0
    with pytest.raises(JournalError):
        _replayed(scene)
    with scene.path.open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(JournalError, match="past byte"):
        scene.recalled()


def test_a_checkpoint_that_holds_no_state_leads_to_the_full_replay(scene: Scene) -> None:
    scene.write(0, 100)
    with JournalFileReader(scene.path, version=None) as reader:
        list(reader.steps())
        mark, state = checkpoint_of(scene.recalled(), code_print(), Snapshots(scene.score.job), reader)
    Checkpoints(scene.config.sheet_fds).write(mark, state[:-20])
    scene.assert_recalls(100, replayed=100)
    Checkpoints(scene.config.sheet_fds).write(replace(mark, steps=mark.steps + 1), state)
    scene.assert_recalls(100, replayed=0)


def test_a_checkpoint_of_other_code_leads_to_the_full_replay(scene: Scene) -> None:
    scene.write(0, 100)
    with JournalFileReader(scene.path, version=None) as reader:
        list(reader.steps())
        mark, state = checkpoint_of(scene.recalled(), "older code", Snapshots(scene.score.job), reader)
    Checkpoints(scene.config.sheet_fds).write(mark, state)
    scene.assert_recalls(100, replayed=100)
