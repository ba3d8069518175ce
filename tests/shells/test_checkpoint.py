"""Sheets that are torn, of other code, of another journal, or full: never a wrong state, at worst none."""

import os
import resource
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.shells.checkpoint import Checkpoints, Mark, code_print, make_sheets, states_of

FIRST = Mark("code", "run.journal", 1000, "the end", 10)


@pytest.fixture
def sheets() -> Iterator[tuple[int, int]]:
    made = make_sheets()
    yield made
    for fd in made:
        os.close(fd)


def found(sheets: tuple[int, ...], *, code: str = "code", journal: str = "run.journal") -> list[tuple[int, bytes]]:
    return [(mark.steps, state) for mark, state in states_of(sheets, code=code, journal=journal)]


def written(sheets: tuple[int, int], *states: bytes) -> None:
    writer = Checkpoints(sheets)
    for number, state in enumerate(states):
        writer.write(replace(FIRST, steps=number), state)


def test_empty_sheets_hold_nothing(sheets: tuple[int, int]) -> None:
    assert found(sheets) == []
    assert found(()) == []


def test_the_newest_comes_first_and_the_one_before_it_is_still_there(sheets: tuple[int, int]) -> None:
    written(sheets, b"first" * 9000, b"second", b"third, shorter")
    assert found(sheets) == [(2, b"third, shorter"), (1, b"second")]


def test_a_new_writer_goes_on_with_the_older_sheet(sheets: tuple[int, int]) -> None:
    written(sheets, b"first", b"second", b"third")
    Checkpoints(sheets).write(replace(FIRST, steps=3), b"fourth")
    assert found(sheets) == [(3, b"fourth"), (2, b"third")]


def test_a_state_of_other_code_or_of_another_journal_is_none(sheets: tuple[int, int]) -> None:
    written(sheets, b"first", b"second")
    assert found(sheets, code="other") == []
    assert found(sheets, journal="run.2.journal") == []


@given(data=st.data())
def test_a_sheet_torn_anywhere_is_passed_over(data: st.DataObject) -> None:
    sheets = make_sheets()
    try:
        written(sheets, b"first" * 100, b"second" * 100)
        torn = sheets[1]
        size = os.fstat(torn).st_size
        if data.draw(st.booleans(), label="cut off"):
            os.ftruncate(torn, data.draw(st.integers(0, size - 1)))
        else:
            at = data.draw(st.one_of(st.integers(0, 200), st.integers(4096, size - 1)))
            old = os.pread(torn, 1, at)
            os.pwrite(torn, bytes([old[0] ^ data.draw(st.integers(1, 255))]), at)
        assert found(sheets) in ([(0, b"first" * 100)], [(1, b"second" * 100), (0, b"first" * 100)])
        assert (0, b"first" * 100) in found(sheets)
    finally:
        for fd in sheets:
            os.close(fd)


def test_full_memory_leaves_the_sheet_before(sheets: tuple[int, int]) -> None:
    written(sheets, b"first")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            Checkpoints(sheets).write(replace(FIRST, steps=1), b"second" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert found(sheets) == [(0, b"first")]


def test_the_print_of_the_code_is_the_same_until_a_file_changes() -> None:
    assert code_print() == code_print()
    assert len(code_print()) == 32
