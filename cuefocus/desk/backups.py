"""Copies of the take store beside it, made whole, the newest kept; and whether they can be read."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

BACKUPS_KEPT: Final = 7
BACKUPS_DIR: Final = "backups"


def back_up(store: Path, kept: int = BACKUPS_KEPT) -> Path | None:
    """A whole copy of the take store beside it, the newest `kept` of them kept; None while there is no store.

    The copy is made by SQLite's own backup, which waits for nobody and may be taken during a take.
    """
    if not store.exists():
        return None
    folder = store.parent / BACKUPS_DIR
    folder.mkdir(exist_ok=True)
    number = max(_copies(folder, store), default=0) + 1
    copy = folder / f"{store.stem}-{number:06d}{store.suffix}"
    fresh = copy.with_suffix(".part")
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(fresh)) as target:
        source.backup(target)
    fresh.replace(copy)
    copies = _copies(folder, store)
    for old in sorted(copies)[:-kept]:
        copies[old].unlink(missing_ok=True)
    return copy


def newest_copy(store: Path) -> Path | None:
    """The last copy that was made of this store."""
    folder = store.parent / BACKUPS_DIR
    copies = _copies(folder, store) if folder.is_dir() else {}
    return copies[max(copies)] if copies else None


def damage_of(copy: Path) -> str:
    """What SQLite finds wrong with a copy when it reads all of it; empty for a sound one. Nothing is written."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(copy))}?mode=ro&immutable=1", uri=True)) as opened:
            [said] = opened.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as problem:
        return str(problem)
    return "" if said == "ok" else str(said)


def _copies(folder: Path, store: Path) -> dict[int, Path]:
    """Copies of this store that we made, by their number; whatever else lies there is somebody's own."""
    ours = re.compile(re.escape(store.stem) + r"-([0-9]{6,})" + re.escape(store.suffix))
    return {int(match[1]): path for path in folder.iterdir() if (match := ours.fullmatch(path.name))}
