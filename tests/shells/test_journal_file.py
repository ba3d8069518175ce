import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuefocus.engine.journal import JournalHeader, Step, encode_header, encode_step
from cuefocus.engine.ports import Feedback, InboxEvent
from cuefocus.errors import JournalError
from cuefocus.landing.rows import LandingRow
from cuefocus.shells.journal_file import RETRY_NS, JournalFileReader, JournalWriter
from cuefocus.shells.ledger_file import LedgerWriter, read_ledger
from cuefocus.shells.line_file import LineFile

HEADER = JournalHeader("1.2.3", "run-1")
OPENING = b'{"run":'


class Desk:
    """A clock that stands still, and what it was told."""

    def __init__(self) -> None:
        self.now, self.told = 0, list[str]()

    def writer(self, path: Path, header: JournalHeader = HEADER, *, kept_lines: int = 100) -> JournalWriter:
        return JournalWriter(path, header, now_ns=lambda: self.now, on_trouble=self.told.append, kept_lines=kept_lines)


def row(take: int = 1, cue: str = "1") -> LandingRow:
    return LandingRow(take, 1, cue, None, "A", "focus", "ben", None, None, "landed", error_ms=0.5)


def inbox(number: int) -> tuple[InboxEvent, ...]:
    return (Feedback("A.focus", number, number),)


def steps_in(path: Path) -> list[Step]:
    with JournalFileReader(path, version="1.2.3") as reader:
        return list(reader.steps())


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes: a write that crosses it is taken in part, the next refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_steps_come_back_as_they_were_kept(tmp_path: Path) -> None:
    desk = Desk()
    writer = desk.writer(tmp_path / "j")
    for number in range(10):
        writer.append(number, inbox(number))
    writer.close()
    assert steps_in(tmp_path / "j") == [Step(number, inbox(number)) for number in range(10)]
    assert desk.told == []


def test_each_step_is_on_disk_before_the_next_line_of_code(tmp_path: Path) -> None:
    writer = Desk().writer(tmp_path / "j")
    writer.append(1, inbox(1))
    assert (tmp_path / "j").read_bytes() == encode_header(HEADER) + encode_step(1, inbox(1))
    writer.close()


def test_a_reader_follows_a_growing_journal(tmp_path: Path) -> None:
    writer = Desk().writer(tmp_path / "j")
    with JournalFileReader(tmp_path / "j", version="1.2.3") as reader:
        assert list(reader.steps()) == []
        writer.append(1, inbox(1))
        writer.append(2, ())
        assert list(reader.steps()) == [Step(1, inbox(1)), Step(2, ())]
        writer.append(3, ())
        assert list(reader.steps()) == [Step(3, ())]
        assert reader.header == HEADER
    writer.close()


def test_a_successor_goes_on_with_the_journal_and_cuts_a_torn_line(tmp_path: Path) -> None:
    first = Desk().writer(tmp_path / "j")
    first.append(1, ())
    first.close()
    with (tmp_path / "j").open("ab") as stream:
        stream.write(b"[2,[")
    with JournalFileReader(tmp_path / "j", version="1.2.3") as reader:
        assert list(reader.steps()) == [Step(1, ())]
        assert reader.torn_bytes == 4
    second = Desk().writer(tmp_path / "j")
    second.append(3, ())
    second.close()
    assert steps_in(tmp_path / "j") == [Step(1, ()), Step(3, ())]


@given(st.integers(0, 120))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_successor_reads_on_wherever_its_predecessor_was_killed(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "j"
    whole = encode_header(HEADER) + b"".join(encode_step(number, ()) for number in range(5))
    path.write_bytes(whole[: min(kept, len(whole))])
    writer = Desk().writer(path)
    writer.append(99, ())
    writer.close()
    steps = steps_in(path)
    assert steps[-1] == Step(99, ())
    assert steps[:-1] == [Step(number, ()) for number in range(len(steps) - 1)]


def test_the_journal_of_another_run_is_left_alone(tmp_path: Path) -> None:
    Desk().writer(tmp_path / "j").close()
    with pytest.raises(JournalError, match="journal of run run-1"):
        Desk().writer(tmp_path / "j", JournalHeader("1.2.3", "run-2"))


@pytest.mark.parametrize("content", [b"RIFF....WAVE", b"schema: cuefocus-show/1\n", b"\x00" * 5000])
def test_a_file_that_is_no_journal_is_never_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="not one of ours"):
        Desk().writer(path)
    with pytest.raises(JournalError, match="not one of ours"):
        LedgerWriter(path, run="r")
    assert path.read_bytes() == content


def test_a_full_disk_raises_nothing_loses_nothing_and_is_reported_once(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "j"
    writer = desk.writer(path)
    with disk_of(path.stat().st_size + 40):
        for number in range(20):
            writer.append(number, inbox(number))
            desk.now += RETRY_NS // 4
        assert len(desk.told) == 1
        assert "cannot be written" in desk.told[0]
        assert writer.kept_lines > 15
        assert path.read_bytes().endswith(b"\n")
    desk.now += RETRY_NS
    writer.append(20, inbox(20))
    assert writer.kept_lines == 0
    assert len(desk.told) == 2
    assert "written again" in desk.told[1]
    writer.append(21, inbox(21))
    writer.close()
    assert steps_in(path) == [Step(number, inbox(number)) for number in range(22)]


def test_what_memory_could_not_hold_is_a_gap_in_the_journal(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "j"
    writer = desk.writer(path, kept_lines=5)
    with disk_of(path.stat().st_size):
        for number in range(12):
            writer.append(number, ())
    desk.now += RETRY_NS
    writer.append(12, ())
    writer.close()
    with JournalFileReader(path, version="1.2.3") as reader:
        assert list(reader.steps()) == [Step(number, ()) for number in range(8, 13)]
        assert reader.lost_lines == writer.lost_lines == 8


def test_a_folder_that_comes_later_gets_the_whole_journal(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "takes" / "j"
    writer = desk.writer(path)
    writer.append(1, ())
    assert len(desk.told) == 1
    path.parent.mkdir()
    writer.close()
    assert steps_in(path) == [Step(1, ())]


def test_a_writer_killed_in_full_flight_leaves_whole_steps_and_at_most_one_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "j"
    code = """
import sys
from pathlib import Path
from cuefocus.engine.journal import JournalHeader
from cuefocus.engine.ports import Feedback
from cuefocus.shells.journal_file import JournalWriter
writer = JournalWriter(Path(sys.argv[1]), JournalHeader("1.2.3", "run-1"), now_ns=lambda: 0, on_trouble=print)
number = 0
while True:
    writer.append(number, [Feedback("A.focus", number, number)] * 20)
    number += 1
    if number == 500:
        print("going", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"going\n"
        child.send_signal(signal.SIGKILL)
    steps = steps_in(path)
    assert len(steps) >= 500
    assert [step.now_ns for step in steps] == list(range(len(steps)))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        (b"", "journal is empty"),
        (encode_header(HEADER)[:-1], "ends within its header"),
        (b"[1]\n", "not a CueFocus journal"),
        (encode_header(JournalHeader("0.1", "r")), "written by CueFocus 0.1"),
    ],
)
def test_a_file_that_cannot_be_replayed_says_why(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "j").write_bytes(content)
    with pytest.raises(JournalError, match=sentence) as caught:
        JournalFileReader(tmp_path / "j", version="1.2.3")
    assert str(tmp_path / "j") in caught.value.where


def test_a_damaged_line_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(encode_header(HEADER) + b"nonsense\n")
    with pytest.raises(JournalError, match="line 2: this line is no step"):
        steps_in(tmp_path / "j")


# The ledger.


def test_landings_come_back_with_run_and_number(tmp_path: Path) -> None:
    for run in ("a", "b"):
        ledger = LedgerWriter(tmp_path / "l", run=run)
        ledger.append(row(take=1 + (run == "b")))
        ledger.append(row(cue="2"))
        assert ledger.count == 2
        ledger.close()
    lines = list(read_ledger(tmp_path / "l"))
    assert [(line.run, line.number, line.row["cue"]) for line in lines] == [
        ("a", 0, "1"),
        ("a", 1, "2"),
        ("b", 0, "1"),
        ("b", 1, "2"),
    ]
    assert lines[0].row == row().as_dict()
    last = LedgerWriter(tmp_path / "l", run="c")
    assert last.count == 0
    last.close()


def test_a_restarted_run_adds_only_what_is_missing(tmp_path: Path) -> None:
    rows = [row(cue=str(number)) for number in range(5)]
    first = LedgerWriter(tmp_path / "l", run="a")
    for landed in rows[:3]:
        first.append(landed)
    first.close()
    with (tmp_path / "l").open("r+b") as stream:  # killed in the middle of its third line
        stream.truncate((tmp_path / "l").stat().st_size - 9)
    second = LedgerWriter(tmp_path / "l", run="a")
    assert second.count == 2
    assert second.catch_up(rows) == 3
    assert second.catch_up(rows) == 0
    second.close()
    assert [line.row["cue"] for line in read_ledger(tmp_path / "l")] == ["0", "1", "2", "3", "4"]


def test_a_ledger_on_a_full_disk_raises_and_holds_nothing_of_the_row(tmp_path: Path) -> None:
    ledger = LedgerWriter(tmp_path / "l", run="a")
    ledger.append(row())
    with disk_of((tmp_path / "l").stat().st_size + 100), pytest.raises(OSError, match="File too large"):
        ledger.append(row(cue="2"))
    assert (tmp_path / "l").read_bytes().count(b"\n") == 1
    ledger.append(row(cue="2"))
    ledger.close()
    assert [(line.number, line.row["cue"]) for line in read_ledger(tmp_path / "l")] == [(0, "1"), (1, "2")]


def test_no_ledger_has_no_lines(tmp_path: Path) -> None:
    assert list(read_ledger(tmp_path / "none")) == []


def test_a_line_file_closes_once(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "l", OPENING)
    file.close()
    file.close()
    assert os.stat(tmp_path / "l").st_mode & 0o777 == 0o640 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
