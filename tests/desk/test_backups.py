"""A backup is a whole store, and whether it can be read is found out before it is needed."""

import sqlite3
from contextlib import closing
from pathlib import Path

from cuefocus.desk.backups import back_up, damage_of, newest_copy


def _store(path: Path, rows: int) -> Path:
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("create table if not exists landings (n integer)")
        store.executemany("insert into landings values (?)", [(n,) for n in range(rows)])
    return path


def test_a_backup_holds_every_row_and_only_the_newest_are_kept(tmp_path: Path) -> None:
    store = _store(tmp_path / "takes.sqlite", 3)
    copies = [back_up(store, kept=2) for _ in range(4)]
    assert copies[-1] is not None
    with closing(sqlite3.connect(copies[-1])) as copy:
        assert copy.execute("select count(*) from landings").fetchone() == (3,)
    assert sorted((tmp_path / "backups").iterdir()) == copies[2:]


def test_a_copy_that_somebody_put_beside_them_is_left_alone(tmp_path: Path) -> None:
    store = _store(tmp_path / "takes.sqlite", 1)
    (tmp_path / "backups").mkdir()
    own = _store(tmp_path / "backups" / "takes-2026-before-the-premiere.sqlite", 1)
    dated = _store(tmp_path / "backups" / "takes-2026.sqlite", 1)
    copies = [back_up(store, kept=1) for _ in range(3)]
    assert set((tmp_path / "backups").iterdir()) == {own, dated, copies[-1]}


def test_without_a_store_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    assert back_up(tmp_path / "takes.sqlite") is None
    assert not (tmp_path / "backups").exists()


def test_the_newest_copy_is_the_one_that_must_be_readable(tmp_path: Path) -> None:
    store = _store(tmp_path / "takes.sqlite", 2000)
    assert newest_copy(store) is None
    back_up(store)
    newest = back_up(store)
    assert newest is not None
    assert newest_copy(store) == newest
    before = newest.read_bytes()
    assert damage_of(newest) == ""
    assert newest.read_bytes() == before
    assert sorted(newest.parent.iterdir()) == sorted(newest.parent.glob("takes-*.sqlite")), "nothing is left beside it"
    newest.write_bytes(before[: len(before) // 2])
    assert damage_of(newest)
