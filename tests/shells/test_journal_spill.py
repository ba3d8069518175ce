"""Journal lines that wait for the disk outlive their writer, and reach the disk once, in order."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from cuefocus.engine.journal import JournalHeader, Step, encode_gap, encode_step
from cuefocus.engine.ports import Feedback
from cuefocus.errors import JournalError
from cuefocus.shells.journal_file import JournalFileReader, JournalWriter
from cuefocus.shells.journal_spill import JournalSpill, make_spill

HEADER = JournalHeader("1.2.3", "run-1")


@pytest.fixture
def fd() -> Iterator[int]:
    made = make_spill()
    yield made
    os.close(made)


def step(number: int) -> Step:
    return Step(number, (Feedback("A.focus", number, number),))


def written(path: Path, numbers: range, spill: JournalSpill, waiting: tuple[bytes, ...] = ()) -> JournalWriter:
    """A writer that was given these steps, and is killed: it is never closed."""
    writer = JournalWriter(path, HEADER, now_ns=lambda: 0, on_trouble=lambda _: None, spill=spill, waiting=waiting)
    for number in numbers:
        writer.append(number, step(number).inbox)
    return writer


def steps_in(path: Path) -> list[Step]:
    with JournalFileReader(path, version="1.2.3") as reader:
        return list(reader.steps())


def test_what_a_killed_writer_could_not_write_its_successor_finds_and_writes(tmp_path: Path, fd: int) -> None:
    path = tmp_path / "takes" / "j"
    written(path, range(5), JournalSpill(fd, path))
    spill = JournalSpill(fd, path)
    lines, steps = spill.waiting(HEADER, None)
    assert steps == [step(number) for number in range(5)]
    path.parent.mkdir()
    written(path, range(5, 7), spill, tuple(lines))
    assert steps_in(path) == [step(number) for number in range(7)]
    assert JournalSpill(fd, path).waiting(HEADER, None) == ([], []), "nothing waits any more"


def test_a_second_successor_finds_the_lines_of_both(tmp_path: Path, fd: int) -> None:
    path = tmp_path / "takes" / "j"
    written(path, range(3), JournalSpill(fd, path))
    spill = JournalSpill(fd, path)
    written(path, range(3, 6), spill, tuple(spill.waiting(HEADER, None)[0]))
    assert JournalSpill(fd, path).waiting(HEADER, None)[1] == [step(number) for number in range(6)]


def test_lines_that_reached_the_disk_just_before_the_kill_are_not_taken_twice(tmp_path: Path, fd: int) -> None:
    path = tmp_path / "j"
    spill = JournalSpill(fd, path)
    for number in range(4):
        spill.add(encode_step(number, step(number).inbox))
    lines, steps = JournalSpill(fd, path).waiting(HEADER, 1)
    assert steps == [step(2), step(3)]
    assert lines == [encode_step(number, step(number).inbox) for number in (2, 3)]


def test_lines_of_another_journal_are_let_go(tmp_path: Path, fd: int) -> None:
    JournalSpill(fd, tmp_path / "run.journal").add(encode_step(1, ()))
    afresh = JournalSpill(fd, tmp_path / "run.2.journal")
    assert afresh.waiting(HEADER, None) == ([], [])


def test_a_torn_line_is_no_line(tmp_path: Path, fd: int) -> None:
    spill = JournalSpill(fd, tmp_path / "j")
    spill.add(encode_step(1, ()))
    spill.add(b"[2,")
    assert JournalSpill(fd, tmp_path / "j").waiting(HEADER, None)[1] == [Step(1, ())]


def test_more_than_it_may_hold_leaves_a_gap_that_says_how_much(tmp_path: Path, fd: int) -> None:
    line = encode_step(10, ())
    room = len(os.fsencode(tmp_path / "j")) + 1 + 3 * len(line)
    spill = JournalSpill(fd, tmp_path / "j", most_bytes=room)
    for number in range(10, 14):
        spill.add(encode_step(number, ()))
    lines, steps = JournalSpill(fd, tmp_path / "j").waiting(HEADER, None)
    assert lines == [encode_gap(3), encode_step(13, ())]
    assert steps == [Step(13, ())]


def test_damage_is_said_as_of_any_journal(tmp_path: Path, fd: int) -> None:
    JournalSpill(fd, tmp_path / "j").add(b"no step\n")
    with pytest.raises(JournalError, match="no step"):
        JournalSpill(fd, tmp_path / "j").waiting(HEADER, None)


def test_memory_that_refuses_costs_the_journal_nothing(tmp_path: Path, fd: int) -> None:
    path = tmp_path / "takes" / "j"
    spill = JournalSpill(fd, path)
    writer = written(path, range(2), spill)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.fstat(fd).st_size, hard))
    try:
        writer.append(2, step(2).inbox)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    writer.append(3, step(3).inbox)
    assert JournalSpill(fd, path).waiting(HEADER, None)[1] == [step(0), step(1)], "no step after one that is missing"
    path.parent.mkdir()
    writer.close()
    assert steps_in(path) == [step(number) for number in range(4)]
