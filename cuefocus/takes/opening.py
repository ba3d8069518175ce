"""Opening a take store: checked, brought up to date, or set aside if it is damaged."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from cuefocus.takes.store import TakeStore
from cuefocus.takes.tables import SCHEMA_VERSION, metadata
from cuefocus.takes.trouble import NotATakeStore, TakeStoreError, store_error

#: "CFoc", in the header of every take store.
_APPLICATION_ID: Final = 0x43466F63
_BUSY_S: Final = 3.0
_USUAL: Final = "`cuefocus run` keeps its own in takes/takes.db"
_SIDE_FILES: Final = ("", "-wal", "-shm", "-journal")


def open_store(path: Path) -> TakeStore:
    """The store at `path`, made if it is not there.

    A damaged file is set aside under another name and a new one begun, with a warning; the ledgers fill it again.

    Raises: TakeStoreError when the disk is full or read-only, or a newer version wrote the file.
    """
    warnings: list[str] = []
    engine = _engine(URL.create("sqlite", database=str(path)))
    try:
        damage = _prepare(engine, path)
        if damage is not None:
            engine.dispose()
            aside = _set_aside(path)
            warnings.append(
                f"{path}: the take store was damaged ({damage}); it is now {aside.name}, a new one is begun"
            )
            damage = _prepare(engine, path)
        if damage is not None:
            raise TakeStoreError(f"the take store cannot be used ({damage})", where=str(path))
    except (SQLAlchemyError, sqlite3.Error, OSError) as problem:
        engine.dispose()
        raise store_error(path, "opened", problem) from problem
    except TakeStoreError:
        engine.dispose()
        raise
    return TakeStore(engine, path, warnings)


def open_store_to_read(path: Path) -> TakeStore:
    """The store at `path` as it is, also from a disk that cannot be written.

    Raises: TakeStoreError if there is none, it is damaged, or a newer version wrote it; NotATakeStore for an empty
        database and for another program's.
    """
    if not path.exists():
        raise TakeStoreError("there is no take store here", where=str(path), hint="`cuefocus run` begins one")
    problem: Exception | None = None
    for access in ({"mode": "ro"}, {"mode": "ro", "immutable": "1"}):
        name = f"file:{quote(str(path.resolve()))}"
        engine = _engine(URL.create("sqlite", database=name, query={**access, "uri": "true"}))
        try:
            damage = _check(engine, path)
            if damage is None:
                _refuse_bare(engine, path)
        except (SQLAlchemyError, sqlite3.Error) as caught:
            engine.dispose()
            problem = caught
            continue
        except TakeStoreError:
            engine.dispose()
            raise
        if damage is not None:
            engine.dispose()
            raise TakeStoreError(f"the take store is damaged ({damage})", where=str(path), hint="its ledger is not")
        return TakeStore(engine, path)
    raise store_error(path, "read", problem or OSError("unable to open"))


def open_store_in_memory() -> TakeStore:
    """A store that leaves nothing behind: for reports straight from a ledger."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    return TakeStore(engine, None)


def _engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_S})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def _check(engine: Engine, path: Path) -> str | None:
    """What is wrong with the file if it is damaged. Raises: TakeStoreError if it is from the future or not ours."""
    try:
        with engine.begin() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            _refuse_foreign(connection, path)
            if version > SCHEMA_VERSION:
                raise TakeStoreError(
                    f"the take store is of schema {version}, this CueFocus knows schemas up to {SCHEMA_VERSION}",
                    where=str(path),
                    hint="use the newer version, or name another file",
                )
            findings = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
            missing = sorted(set(metadata.tables) - set(inspect(connection).get_table_names()))
    except DatabaseError as error:
        text = str(error.orig)
        if "not a database" in text or "malformed" in text:
            return text
        raise
    if findings != ["ok"]:
        return str(findings[0] if findings else "it cannot be checked")
    return f"it has no table of {', '.join(missing)}" if version and missing else None


def _refuse_foreign(connection: Connection, path: Path) -> None:
    """Leave another program's database alone."""
    ours = connection.exec_driver_sql("PRAGMA application_id").scalar_one() == _APPLICATION_ID
    if not ours and connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise NotATakeStore("this is another program's database", where=str(path), hint=f"name another file; {_USUAL}")


def _refuse_bare(engine: Engine, path: Path) -> None:
    """A database that nobody has made a take store of yet: a file that was only just created."""
    with engine.connect() as connection:
        if not connection.exec_driver_sql("PRAGMA user_version").scalar_one():
            raise NotATakeStore(
                "this is an empty database: no take was ever stored in it",
                where=str(path),
                hint=f"name the store of a run that has had a take; {_USUAL}",
            )


def _prepare(engine: Engine, path: Path) -> str | None:
    """Check the file and bring it up to date; what is wrong with it if it is damaged."""
    damage = _check(engine, path)
    if damage is not None:
        return damage
    with engine.connect() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    if version < SCHEMA_VERSION:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id={_APPLICATION_ID}")
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    return None


def _set_aside(path: Path) -> Path:
    number = 1
    while path.with_name(f"{path.name}.damaged-{number}").exists():
        number += 1
    aside = path.with_name(f"{path.name}.damaged-{number}")
    for ending in _SIDE_FILES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside
