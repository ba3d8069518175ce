"""The take store: every landing of every take, in one SQLite file that survives being killed at any moment.

It is fed from ledgers (`ingest.py`), which hold everything it holds: a store that is lost or damaged is filled again
from them. What only it knows are a person's corrections and marks.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from cuefocus.landing.ledger import LedgerLine
from cuefocus.takes.tables import landings, offsets, passes, takes
from cuefocus.takes.trouble import NoSuchTake, store_error

Mark = Literal["", "good", "ng"]


@dataclass(frozen=True, slots=True)
class PassInfo:
    """One pass of a take and what a person said of it."""

    pass_: int
    mark: Mark
    note: str
    landings: int


@dataclass(frozen=True, slots=True)
class TakeInfo:
    """One take.

    Args:
        take: as counted by the daemon; the handle for corrections.
        shown_take: the number to show, after correction.
    """

    take: int
    shown_take: int
    scene: str
    slate: str
    note: str
    passes: tuple[PassInfo, ...]

    @property
    def label(self) -> str:
        """Scene, slate and take as far as they are known: `12 B take 3`."""
        return " ".join(part for part in (self.scene, self.slate, f"take {self.shown_take}") if part)


class TakeStore:
    """An open take store.

    Attributes:
        warnings: sentences about what was found when it was opened.
    """

    def __init__(self, engine: Engine, path: Path | None, warnings: Sequence[str] = ()) -> None:
        self._engine, self.path, self.warnings = engine, path, tuple(warnings)

    # Writing

    def add(self, lines: Iterable[LedgerLine]) -> int:
        """Keep landings; those that are there already are not added again. How many were new."""
        with self.transaction() as connection:
            return add_landings(connection, lines)

    def correct_take(
        self,
        take: int,
        *,
        scene: str | None = None,
        slate: str | None = None,
        shown_take: int | None = None,
        note: str | None = None,
    ) -> None:
        """Put right what was written of a take; None leaves a field as it is.

        Raises: NoSuchTake.
        """
        given = {"scene": scene, "slate": slate, "shown_take": shown_take, "note": note}
        values = {column: value for column, value in given.items() if value is not None}
        with self.transaction() as connection:
            if connection.execute(select(takes.c.take).where(takes.c.take == take)).first() is None:
                raise NoSuchTake(f"there is no take {take}", hint="`cuefocus report` lists them")
            if values:
                connection.execute(takes.update().where(takes.c.take == take).values(**values))

    def mark_pass(self, take: int, pass_: int, mark: Mark, note: str | None = None) -> None:
        """Call a pass good, NG (no good) or neither.

        Raises: NoSuchTake.
        """
        values: dict[str, str] = {"mark": mark} if note is None else {"mark": mark, "note": note}
        with self.transaction() as connection:
            changed = connection.execute(
                passes.update().where(passes.c.take == take, passes.c["pass"] == pass_).values(**values)
            )
            if changed.rowcount == 0:
                raise NoSuchTake(f"there is no pass {pass_} of take {take}", hint="`cuefocus report` lists them")

    # Reading

    def takes(self) -> list[TakeInfo]:
        """All takes with their passes, in order."""
        with self._reading() as connection:
            found = connection.execute(select(takes).order_by(takes.c.take)).mappings().all()
            counts = (
                select(landings.c.take, landings.c["pass"], func.count().label("landings"))
                .group_by(landings.c.take, landings.c["pass"])
                .subquery()
            )
            joined = passes.outerjoin(counts, (passes.c.take == counts.c.take) & (passes.c["pass"] == counts.c["pass"]))
            query = select(passes, func.coalesce(counts.c.landings, 0).label("landings")).select_from(joined)
            query = query.order_by(passes.c.take, passes.c["pass"])
            by_take: dict[int, list[PassInfo]] = {}
            for row in connection.execute(query).mappings():
                info = PassInfo(row["pass"], row["mark"], row["note"], row["landings"])
                by_take.setdefault(row["take"], []).append(info)
        return [
            TakeInfo(
                row["take"],
                row["take"] if row["shown_take"] is None else row["shown_take"],
                row["scene"],
                row["slate"],
                row["note"],
                tuple(by_take.get(row["take"], ())),
            )
            for row in found
        ]

    def rows(self, wanted: Sequence[int] = ()) -> list[dict[str, Any]]:
        """Landing keys in order of judgement, with takes as corrected; of the takes shown as `wanted`, or of all.

        Raises: NoSuchTake naming a take that is not there.
        """
        return [row for _, row in self.landings(wanted)]

    def landings(self, wanted: Sequence[int] = ()) -> list[tuple[TakeInfo, dict[str, Any]]]:
        """As `rows`, each with its take.

        Raises: NoSuchTake naming a take that is not there.
        """
        infos = {info.take: info for info in self.takes()}
        shown = {info.shown_take for info in infos.values()}
        absent = [number for number in wanted if number not in shown]
        if absent:
            known = ", ".join(str(number) for number in sorted(shown)) or "none"
            raise NoSuchTake(f"there is no take {absent[0]}", hint=f"there are: {known}")
        query = select(landings.c.take, landings.c.row).order_by(landings.c.take, landings.c["pass"], landings.c.id)
        if wanted:
            query = query.where(landings.c.take.in_([take for take in infos if infos[take].shown_take in wanted]))
        with self._reading() as connection:
            found = connection.execute(query).all()
        return [
            (infos[take], {**json.loads(row), "take": infos[take].shown_take}) for take, row in found if take in infos
        ]

    def last_take(self) -> int:
        """Highest take number so far, as counted by the daemon; 0 if none."""
        with self._reading() as connection:
            return int(connection.execute(select(func.coalesce(func.max(takes.c.take), 0))).scalar_one())

    def offset(self, ledger: str) -> int:
        """How many bytes of a ledger have been read."""
        with self._reading() as connection:
            found = connection.execute(select(offsets.c.offset).where(offsets.c.ledger == ledger)).scalar()
        return found or 0

    # Life

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction: all of it is kept, or nothing.

        Raises: TakeStoreError when the disk is full or read-only, or the file is busy or damaged.
        """
        with self._complaining("written"), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def __enter__(self) -> "TakeStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._complaining("read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _complaining(self, done: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as problem:
            raise store_error(self.path, done, problem) from problem


def add_landings(connection: Connection, lines: Iterable[LedgerLine]) -> int:
    """Within a transaction: landings that are not there yet, with their takes and passes. How many were new."""
    found = list(lines)
    if not found:
        return 0
    before = connection.execute(select(func.count()).select_from(landings)).scalar_one()
    connection.execute(
        insert(takes).on_conflict_do_nothing(),
        [{"take": take} for take in sorted({line.row["take"] for line in found})],
    )
    pairs = sorted({(line.row["take"], line.row["pass"]) for line in found})
    connection.execute(
        insert(passes).on_conflict_do_nothing(), [{"take": take, "pass": pass_} for take, pass_ in pairs]
    )
    connection.execute(insert(landings).on_conflict_do_nothing(), [_columns(line) for line in found])
    return int(connection.execute(select(func.count()).select_from(landings)).scalar_one() - before)


def _columns(line: LedgerLine) -> dict[str, Any]:
    row = line.row
    kept = {**row, "show": line.show} if line.show else row
    error_ms = row.get("error_ms")
    return {
        "run": _storable(line.run),
        "number": line.number,
        "take": row["take"],
        "pass": row["pass"],
        **{key: _storable(row[key]) for key in ("cue", "camera", "axis", "verdict")},
        "error_ms": error_ms if isinstance(error_ms, (int, float)) else None,
        "row": json.dumps(kept, separators=(",", ":")),
    }


def _storable(text: str) -> str:
    """Text without the lone surrogates that SQLite refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
