"""`cuefocus replay`: a take again from its journal. The same journal gives the same rows, on any day."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cuefocus.app.job import job_of_journal, options_of
from cuefocus.app.rehearsed import Rehearsed
from cuefocus.app.version import code_version
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import JournalDecoder, JournalHeader, Step
from cuefocus.engine.session import Session
from cuefocus.errors import JournalError
from cuefocus.shells.journal_file import JournalFileReader


@dataclass(slots=True)
class Replayed(Rehearsed):
    """What came of a replay.

    Args:
        damage: what ended it before the journal did; the rows are of what stands before. None for a sound journal.
    """

    damage: JournalError | None = None


def replay(path: Path) -> Replayed:
    """Run every step of a journal through a new session, up to the first line that makes no sense.

    Raises: JournalError when it is no journal, or one of another version.
    """
    try:
        with JournalFileReader(path, version=code_version()) as reader:
            return _played(path, reader.header, reader.steps(), reader)
    except JournalError as damage:
        if not os.path.isfile(path):  # unlike Path.is_file, no error for a name that cannot be
            raise
        return _before(path, damage)


def _before(path: Path, damage: JournalError) -> Replayed:
    """Once more line by line: the reader hands nothing out of a piece that has a damaged line. Raises: `damage`."""
    decoder = JournalDecoder(version=code_version())
    try:
        with path.open("rb") as stream:
            decoder.feed(stream.readline())
            if decoder.header is None:
                raise damage
            result = _played(path, decoder.header, _whole_steps(stream, decoder), decoder)
    except (JournalError, OSError):
        raise damage from None
    result.damage = damage
    return result


def _whole_steps(lines: Iterator[bytes], decoder: JournalDecoder) -> Iterator[Step]:
    for line in lines:
        try:
            steps = decoder.feed(line)
        except JournalError:
            return
        yield from steps


def _played(
    path: Path, header: JournalHeader, steps: Iterator[Step], source: JournalFileReader | JournalDecoder
) -> Replayed:
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
    result = Replayed(seed.take + 1)
    for step in steps:
        outcome = session.step(step.now_ns, step.inbox)
        result.hear(outcome, session.act.chase.rate)
    if session.book.armed:
        result.alarms.append(f"{path}: the journal ends in mid-take; what was not judged by then has no row")
    if source.torn_bytes:
        result.alarms.append(f"{path}: the journal is torn: its last line, cut off in writing, is left out")
    if source.lost_lines:
        result.alarms.append(f"{path}: {source.lost_lines} steps were lost on a full disk; this is not all of it")
    return result
