"""What `run` starts and then dies at once, before the process has come so far as to look who its parent is."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.shells.checkpoint import make_sheets
from cuefocus.shells.conductor_config import ConductorConfig, Score
from cuefocus.shells.journal_file import JournalFileReader
from cuefocus.shells.motion_config import AxisConfig, MotionConfig
from cuefocus.shells.parent import told_parent
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.sound_ring import SoundRing
from tests.shells.motion_rig import Line, tilta_spec
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text

_PATIENCE_S: Final = 30.0


def understudy(folder: Path) -> tuple[tuple[str, ...], tuple[int, ...]]:
    story = Story(folder, show_text(cue("1", 1, "far")), Playback().play(1.5))
    story.journal = folder / "journal"
    story.tell()
    with JournalFileReader(story.journal, version=None) as reader:
        header = reader.header
    score_fd, sheets = Score(job_of_journal(header), Seed(), header).sealed(), make_sheets()
    config = ConductorConfig(-1, -1, -1, score_fd, "", str(story.journal), "", sheet_fds=sheets)
    config.write(folder / "conductor.json")
    return ("cuefocus.shells.understudy", "--config", str(folder / "conductor.json")), (score_fd, *sheets)


def motion(folder: Path) -> tuple[tuple[str, ...], tuple[int, ...]]:
    line = Line(folder / "tilta")
    line.plug()
    axis = AxisConfig(tilta_spec("A"), "tilta", f"serial:{line.link}")
    memory = SharedMemory.create([axis.spec.name])
    MotionConfig((axis,), lock=False).write(folder / "motion.json")
    words = ("cuefocus.shells.motion_main", "--fd", str(memory.fd), "--config", str(folder / "motion.json"))
    return words, memory.handed_down


def ears(folder: Path) -> tuple[tuple[str, ...], tuple[int, ...]]:
    del folder
    fd, bell = SoundRing.create().handed_down
    where = ("--fd", str(fd), "--bell", str(bell), "--device", "jack:nobody", "--patient")
    return ("cuefocus.shells.ears_main", *where), (fd, bell)


def _started_by_one_that_dies(words: Sequence[str], fds: Sequence[int], log: Path) -> int:
    """Its process id."""
    pid_end, said_end = os.pipe()
    if (run := os.fork()) == 0:
        with log.open("wb") as out:
            argv = (sys.executable, "-m", *words, *told_parent())
            child = subprocess.Popen(argv, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        os.write(said_end, str(child.pid).encode())
        os._exit(0)
    os.waitpid(run, 0)
    os.close(said_end)
    with os.fdopen(pid_end) as said:
        return int(said.read())


@pytest.mark.parametrize("made", [understudy, motion, ears])
def test_it_does_not_outlive_a_run_that_died_while_it_was_starting(
    made: Callable[[Path], tuple[Sequence[str], Sequence[int]]], tmp_path: Path
) -> None:
    words, fds = made(tmp_path)
    pid = _started_by_one_that_dies(words, fds, tmp_path / "log")
    for fd in fds:
        os.close(fd)
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = select.select([watch], [], [], _PATIENCE_S)[0]
    if not ended:
        signal.pidfd_send_signal(watch, signal.SIGKILL)
    os.close(watch)
    said = (tmp_path / "log").read_text()
    assert ended, said
    assert "Traceback" not in said
