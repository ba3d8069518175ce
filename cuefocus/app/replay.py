"""`cuefocus replay`: a take again from its journal. The same journal gives the same rows, on any day."""

from pathlib import Path

from cuefocus.app.job import job_of_journal, options_of
from cuefocus.app.rehearse import Rehearsed
from cuefocus.app.version import code_version
from cuefocus.engine.job import Seed
from cuefocus.engine.session import Session
from cuefocus.shells.journal_file import JournalFileReader


def replay(path: Path) -> Rehearsed:
    """Run every step of a journal through a new session.

    Raises: JournalError when it is no journal, or one of another version.
    """
    with JournalFileReader(path, version=code_version()) as reader:
        header = reader.header
        auto_arm, takes = options_of(header.options)
        rings = header.options.get("rings", {})
        first_take = header.options.get("take", 0)
        seed = Seed(
            take=first_take if isinstance(first_take, int) else 0,
            rings={str(name): float(ring) for name, ring in dict(rings).items()},
            auto_arm=auto_arm,
            takes=takes,
        )
        session = Session(job_of_journal(header), seed)
        result = Rehearsed(seed.take + 1)
        for step in reader.steps():
            result.hear(session.step(step.now_ns, step.inbox))
        if reader.torn_bytes:
            result.alarms.append(f"{path}: the journal is torn: its last line, cut off in writing, is left out")
        if reader.lost_lines:
            result.alarms.append(f"{path}: {reader.lost_lines} steps were lost on a full disk; this is not all of it")
    return result
