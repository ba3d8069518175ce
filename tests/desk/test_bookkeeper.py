"""The desk keeps the store up with the ledger, and a store it cannot write costs nothing."""

from pathlib import Path

from cuefocus.desk.bookkeeper import Bookkeeper
from cuefocus.shells.ledger_file import LedgerWriter
from cuefocus.takes.opening import open_store
from cuefocus.timebase.units import NS_PER_S
from tests.takes.ledgers import row


def _ledger(tmp_path: Path) -> LedgerWriter:
    return LedgerWriter(tmp_path / "ledger.jsonl", run="run-1")


def test_landings_come_into_the_store_once_whoever_is_killed(tmp_path: Path) -> None:
    ledger, said = _ledger(tmp_path), list[str]()
    first = Bookkeeper(tmp_path / "ledger.jsonl", tmp_path / "takes.db", said.append)
    ledger.append(row(cue="1"))
    assert first.tend(0) == 1
    assert first.tend(1) == 0
    ledger.append(row(cue="2"))
    successor = Bookkeeper(tmp_path / "ledger.jsonl", tmp_path / "takes.db", said.append)
    assert successor.tend(0) == 1
    successor.close()
    first.close()
    ledger.close()
    with open_store(tmp_path / "takes.db") as store:
        assert [kept["cue"] for kept in store.rows()] == ["1", "2"]
    assert said == []


def test_a_mark_waits_for_its_pass_and_is_kept(tmp_path: Path) -> None:
    ledger = _ledger(tmp_path)
    books = Bookkeeper(tmp_path / "ledger.jsonl", tmp_path / "takes.db", lambda _: None)
    landed = row(cue="1")
    books.hear([{"event": "take", "take": landed.take, "pass": landed.pass_, "mark": "ng"}, {"event": "landing"}])
    books.tend(0)
    ledger.append(landed)
    books.hear([{"event": "take", "take": landed.take, "slate": "12B"}])
    books.tend(1)
    books.close()
    ledger.close()
    with open_store(tmp_path / "takes.db") as store:
        [take] = store.takes()
    assert take.passes[0].mark == "ng"
    assert take.slate == "12B"


def test_a_folder_that_cannot_be_made_is_said_once_and_tried_again(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "takes").write_text("in the way")
    books = Bookkeeper(tmp_path / "ledger.jsonl", tmp_path / "takes" / "takes.db", said.append)
    assert books.tend(0) == books.tend(5 * NS_PER_S) == 0
    assert len(said) == 1
    assert "takes" in said[0]
    (tmp_path / "takes").unlink()
    books.tend(10 * NS_PER_S)
    assert (tmp_path / "takes" / "takes.db").exists()
    books.close()


def test_a_store_that_cannot_be_is_said_once_and_tried_again(tmp_path: Path) -> None:
    ledger, said = _ledger(tmp_path), list[str]()
    ledger.append(row(cue="1"))
    ledger.close()
    blocked = tmp_path / "takes.db"
    blocked.mkdir()
    books = Bookkeeper(tmp_path / "ledger.jsonl", blocked, said.append)
    for second in range(6):
        assert books.tend(second * NS_PER_S) == 0
    assert len(said) == 1
    blocked.rmdir()
    assert books.tend(60 * NS_PER_S) == 1
    assert said[1].endswith("written again")
    books.close()
