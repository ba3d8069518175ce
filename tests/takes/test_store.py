import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuefocus.takes.ingest import ingest
from cuefocus.takes.opening import open_store, open_store_in_memory, open_store_to_read
from cuefocus.takes.store import PassInfo, TakeInfo
from cuefocus.takes.trouble import NoSuchTake, TakeStoreError
from tests.takes.ledgers import lines, row, rows, write_ledger

MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)


def test_rows_come_back_as_they_went_in(tmp_path: Path) -> None:
    with open_store(tmp_path / "t.db") as store:
        assert store.add(lines(rows())) == 6
        assert store.rows() == [one.as_dict() for one in rows()]
        assert store.rows([2]) == [one.as_dict() for one in rows() if one.take == 2]
        assert store.last_take() == 2
    with open_store(tmp_path / "t.db") as again:
        assert again.rows() == [one.as_dict() for one in rows()]
        assert again.warnings == ()


def test_adding_twice_is_adding_once() -> None:
    with open_store_in_memory() as store:
        assert store.add(lines(rows())) == 6
        assert store.add(lines(rows())) == 0
        assert store.add(lines(rows(), run="run-2")) == 6
        assert store.add([]) == 0


def test_the_same_cue_may_land_twice_in_a_pass() -> None:
    with open_store_in_memory() as store:
        assert store.add(lines([row(), row()])) == 2


def test_takes_and_passes_are_listed_and_corrected() -> None:
    with open_store_in_memory() as store:
        store.add(lines(rows(takes=2, passes=2)))
        store.correct_take(2, scene="12", slate="B", shown_take=7, note="wind")
        store.correct_take(2, slate="C")
        store.mark_pass(2, 1, "ng", "boom in shot")
        store.mark_pass(2, 2, "good")
        assert store.takes() == [
            TakeInfo(1, 1, "", "", "", (PassInfo(1, "", "", 3), PassInfo(2, "", "", 3))),
            TakeInfo(2, 7, "12", "C", "wind", (PassInfo(1, "ng", "boom in shot", 3), PassInfo(2, "good", "", 3))),
        ]
        assert [info.label for info in store.takes()] == ["take 1", "12 C take 7"]
        assert {one["take"] for one in store.rows([7])} == {7}
        store.add(lines([row(take=2, cue="9")], run="later"))
        assert store.rows([7])[-1]["cue"] == "3"
        assert [one["cue"] for one in store.rows([7])].count("9") == 1


def test_what_is_not_there_is_named_with_what_is() -> None:
    with open_store_in_memory() as store:
        store.add(lines(rows()))
        with pytest.raises(NoSuchTake, match="there is no take 5; there are: 1, 2"):
            store.rows([1, 5])
        with pytest.raises(NoSuchTake, match="no take 5"):
            store.correct_take(5, scene="1")
        with pytest.raises(NoSuchTake, match="no pass 3 of take 1"):
            store.mark_pass(1, 3, "good")


def test_text_that_sqlite_would_refuse_is_kept_all_the_same() -> None:
    with open_store_in_memory() as store:
        assert store.add(lines([row(cue="\ud800", name="naïve ∞ \ud800")])) == 1
        assert store.rows()[0]["name"] == "naïve ∞ \ud800"


@pytest.mark.parametrize(
    "damage", [b"this is no database at all, not even nearly" * 100, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_damaged_store_is_set_aside_and_filled_again_from_its_ledger(tmp_path: Path, damage: bytes) -> None:
    path, ledger = tmp_path / "t.db", tmp_path / "l.jsonl"
    write_ledger(ledger, rows())
    with open_store(path) as store:
        ingest(store, ledger)
    path.write_bytes(damage)
    with open_store(path) as store:
        assert "damaged" in store.warnings[0]
        assert "t.db.damaged-1" in store.warnings[0]
        assert ingest(store, ledger).new == 6
        assert store.rows() == [one.as_dict() for one in rows()]
    assert (tmp_path / "t.db.damaged-1").read_bytes() == damage
    path.write_bytes(damage)
    with open_store(path):
        assert (tmp_path / "t.db.damaged-2").exists()


def test_a_store_with_damaged_pages_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with open_store(path) as store:
        store.add(lines(rows(takes=40, cues=20)))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 9000] = b"\x5a" * 9000
    path.write_bytes(content)
    with pytest.raises(TakeStoreError, match="is damaged"):
        open_store_to_read(path)
    with open_store(path) as store:
        assert store.warnings
        assert store.rows() == []


def test_a_newer_store_and_another_programs_are_left_alone(tmp_path: Path) -> None:
    newer, other = tmp_path / "n.db", tmp_path / "o.db"
    open_store(newer).close()
    for path, statement in ((newer, "PRAGMA user_version=99"), (other, "CREATE TABLE songs (name)")):
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()
    before = newer.read_bytes(), other.read_bytes()
    with pytest.raises(TakeStoreError, match="schema 99"):
        open_store(newer)
    with pytest.raises(TakeStoreError, match="another program's"):
        open_store(other)
    assert before == (newer.read_bytes(), other.read_bytes())


def test_no_folder_and_no_store_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(TakeStoreError, match="cannot be opened"):
        open_store(tmp_path / "none" / "t.db")
    with pytest.raises(TakeStoreError, match="no take store here"):
        open_store_to_read(tmp_path / "t.db")
    assert list(tmp_path.iterdir()) == []


def test_a_store_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    with open_store(tmp_path / "t.db") as writer, open_store_to_read(tmp_path / "t.db") as reader:
        writer.add(lines(rows(takes=1)))
        assert len(reader.rows()) == 3
        with writer.transaction():
            assert len(reader.rows()) == 3
        with pytest.raises(TakeStoreError, match="cannot be written"):
            reader.add(lines(rows(), run="other"))


def test_a_full_disk_is_an_error_and_costs_nothing_that_was_there(tmp_path: Path) -> None:
    path, ledger = tmp_path / "t.db", tmp_path / "l.jsonl"
    write_ledger(ledger, rows(takes=1))
    with open_store(path) as store:
        ingest(store, ledger)
        many = rows(takes=200, cues=20)
        write_ledger(ledger, many, run="run-2")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(TakeStoreError, match="cannot be written"):
                ingest(store, ledger)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(store.rows()) == 3
        assert ingest(store, ledger).new == len(many)
        assert ingest(store, ledger).new == 0


@pytest.mark.parametrize("name", ["takes?mode=ro.db", "takes#2.db", "takes%20of.db", "Prüfung: 1.db"])
def test_a_store_may_be_called_anything(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path / name) as store:
        assert store.takes() == []
    assert (tmp_path / name).exists()
    with open_store_to_read(tmp_path / name) as store:
        assert store.takes() == []


def test_a_ledger_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    with open_store_in_memory() as store:
        assert ingest(store, tmp_path / "none").new == 0


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 200), st.booleans()), min_size=1, max_size=8))
@MANY
def test_each_line_is_taken_once_however_writing_and_reading_interleave(
    tmp_path: Path, turns: list[tuple[int, int, bool]]
) -> None:
    """The writer may be cut off within a line at any moment, and goes on with the line's rest later."""
    ledger, waiting, written = tmp_path / "l.jsonl", b"", 0
    ledger.unlink(missing_ok=True)
    scratch = tmp_path / "s.jsonl"
    with open_store_in_memory() as store:
        for count, cut, read_twice in turns:
            scratch.unlink(missing_ok=True)
            write_ledger(scratch, [row(cue=str(written + n)) for n in range(count)], first=written)
            written += count
            whole = waiting + scratch.read_bytes()
            with ledger.open("ab") as stream:
                stream.write(whole[: len(whole) - cut])
            waiting = whole[len(whole) - cut :] if cut else b""
            for _ in range(1 + read_twice):
                ingest(store, ledger)
        with ledger.open("ab") as stream:
            stream.write(waiting)
        assert ingest(store, ledger).waiting_bytes == 0
        assert [one["cue"] for one in store.rows()] == [str(number) for number in range(written)]


def test_a_torn_line_is_counted_and_the_next_is_read(tmp_path: Path) -> None:
    ledger = tmp_path / "l.jsonl"
    write_ledger(ledger, [row()])
    with ledger.open("ab") as stream:
        stream.write(b'{"run":"run-1","number":1,"ro\n[1]\n{"run":"x","number":-1,"row":{}}\n')
    write_ledger(ledger, [row(cue="2")], first=1)
    with open_store_in_memory() as store:
        result = ingest(store, ledger)
        assert (result.new, result.torn, result.waiting_bytes) == (2, 3, 0)


def test_a_ledger_that_became_shorter_is_read_from_its_start(tmp_path: Path) -> None:
    ledger = tmp_path / "l.jsonl"
    write_ledger(ledger, rows())
    with open_store_in_memory() as store:
        assert ingest(store, ledger).new == 6
        ledger.unlink()
        write_ledger(ledger, [row(cue="9")], run="run-2")
        assert ingest(store, ledger).new == 1


def test_a_reader_killed_in_full_flight_neither_loses_nor_doubles_a_line(tmp_path: Path) -> None:
    ledger, path = tmp_path / "l.jsonl", tmp_path / "t.db"
    many = rows(takes=300, cues=20)
    code = """
import sys
from pathlib import Path
import cuefocus.takes.ingest as reading
from cuefocus.takes.opening import open_store
reading._PIECE_BYTES = 20_000
store = open_store(Path(sys.argv[2]))
print("going", flush=True)
reading.ingest(store, Path(sys.argv[1]))
print("done", flush=True)
"""
    write_ledger(ledger, many)
    for wait_rows in (1, 1500):
        with subprocess.Popen([sys.executable, "-c", code, str(ledger), str(path)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"going\n"
            while child.poll() is None:
                with open_store_to_read(path) as watcher:
                    if len(watcher.rows()) >= wait_rows:
                        break
            child.send_signal(signal.SIGKILL)
    with open_store(path) as store:
        assert store.warnings == ()
        ingest(store, ledger)
        assert store.rows() == [one.as_dict() for one in many]
