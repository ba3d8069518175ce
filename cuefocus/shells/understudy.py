"""The understudy process: `python -m cuefocus.shells.understudy --config FILE`, started by `run`.

It reads the journal while the conductor writes it, takes the same steps in a session of its own, and now and then puts
the state on a sheet (see `checkpoint`). A killed conductor's successor begins from there, so it is as quick in the
third hour as in the first minute. The conductor never waits for it and does nothing for it; without it, or after it
has fallen behind, more is replayed, that is all.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cuefocus.engine.snapshot import Snapshots
from cuefocus.errors import CueFocusError, InputError, JournalError
from cuefocus.shells.checkpoint import Checkpoints, code_print
from cuefocus.shells.conductor_config import ConductorConfig, Score, read_conductor_config, read_score
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.journal_file import JournalFileReader
from cuefocus.shells.log_line import log_line
from cuefocus.shells.parent import hear_parent, is_orphan
from cuefocus.shells.recall import Recalled, checkpoint_of, first_part, from_checkpoint
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

LOOK_NS: Final = 100 * NS_PER_MS
EVERY_NS: Final = NS_PER_S
"""Between two checkpoints at least this, and twenty times what the last one took: a big show costs a twentieth too."""
_SHARE: Final = 20
_NICE: Final = 10


class Understudy:
    """Follows one journal.

    Args:
        config: of the conductor whose journal it is.
        score: what its session is made from.
        now_ns: host clock.
    """

    def __init__(self, config: ConductorConfig, score: Score, now_ns: Callable[[], int] = now_ns) -> None:
        self._config, self._score, self._now_ns = config, score, now_ns
        self._sheets, self._code = Checkpoints(config.sheet_fds), code_print()
        self._snapshots = Snapshots(score.job)
        self._reader: JournalFileReader | None = None
        self._part: Recalled | None = None
        self._kept_steps = 0
        self._next_ns = 0
        self._tail = ""
        self.written = 0

    def look(self) -> None:
        """Take the steps that have come, and keep a checkpoint if one is due.

        Raises: JournalError when the journal is damaged.
        """
        if self._reader is None or self._part is None:
            if not self._open():
                return
        elif self._reader.tail(self._reader.position) != self._tail:
            self.close()  # a disk that was full took lines back that we had read: once more from the beginning
            return
        self._follow()

    def close(self) -> None:
        """Let go of the journal."""
        if self._reader is not None:
            self._reader.close()
        self._reader = self._part = None

    def _open(self) -> bool:
        path = self._config.journal_path
        if not path.exists() or path.stat().st_size == 0:
            return False
        try:
            reader = JournalFileReader(path, version=self._score.header.version)
        except JournalError as problem:
            if "ends within" in problem.sentence:  # it is being written
                return False
            raise
        part = from_checkpoint(self._config.sheet_fds, self._snapshots, reader)
        self._part = part if part is not None else first_part(self._score, self._config.plays)
        self._reader, self._kept_steps = reader, self._part.steps
        return True

    def _follow(self) -> None:
        reader, part = self._reader, self._part
        if reader is None or part is None:
            return
        while (steps := reader.more()) is not None:
            for step in steps:
                part.step(step)
            self._keep(reader, part)
        self._tail = reader.tail(reader.position)
        self._keep(reader, part)

    def _keep(self, reader: JournalFileReader, part: Recalled) -> None:
        begun_ns = self._now_ns()
        if part.steps == self._kept_steps or begun_ns < self._next_ns:
            return
        try:
            self._sheets.write(*checkpoint_of(part, self._code, self._snapshots, reader))
            self.written += 1
        except OSError as problem:  # memory is full: the sheet before this one still stands
            log_line(f"understudy: no checkpoint: {problem}")
        ended_ns = self._now_ns()
        self._next_ns = ended_ns + max(EVERY_NS, _SHARE * (ended_ns - begun_ns))
        self._kept_steps = part.steps


def main(argv: Sequence[str]) -> int:
    """Be the understudy; the exit status."""
    parser = argparse.ArgumentParser(prog="understudy")
    parser.add_argument("--config", type=Path, required=True)
    hear_parent(parser)
    given = parser.parse_args(argv)
    os.nice(_NICE)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    try:
        _study(given.config, given.parent, stopping)
    except CueFocusError as problem:
        log_line(f"understudy: {problem}")
        return 1 if isinstance(problem, InputError) else 3
    return 0


def _study(path: Path, parent: int, stopping: list[int]) -> None:
    """Until told to stop, or until `run` has gone; another journal when the conductor begins one."""
    wait, config = DescriptorWait(), read_conductor_config(path)
    whole = read_score(config.score_fd)
    understudy: Understudy | None = _of(config, whole)
    while not stopping and not is_orphan(parent):
        if understudy is not None:
            try:
                understudy.look()
            except (JournalError, OSError) as problem:
                log_line(f"understudy: {problem}; no more checkpoints of this journal")
                understudy.close()
                understudy = None
        wait.wait_until(now_ns() + LOOK_NS)  # or until a signal
        if (now := _reread(path, config)) != config:
            if understudy is not None:
                understudy.close()
            config, understudy = now, _of(now, whole)
    if understudy is not None:
        understudy.close()
        log_line(f"understudy: {understudy.written} checkpoints")


def _of(config: ConductorConfig, score: Score) -> Understudy:
    return Understudy(config, score.unarmed() if config.afresh else score)


def _reread(path: Path, config: ConductorConfig) -> ConductorConfig:
    try:
        return read_conductor_config(path)
    except InputError:  # being written, or taken away at the end of the run
        return config


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
