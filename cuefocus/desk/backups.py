"""Calendar chores: what is due by the wall clock and harms nothing when it is late. Never a rack.

APScheduler drops a job that is a second late unless told otherwise; here a chore may be an hour late, is done once
however often it was missed, and one that was missed or failed is said.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

LATE_S: Final = 3600
BACKUP_HOUR: Final = 4
BACKUPS_KEPT: Final = 7
BACKUPS_DIR: Final = "backups"


def scheduler(say: Callable[[str], None]) -> BackgroundScheduler:
    """A scheduler for chores, not started; `say` hears of those that were missed or failed."""
    made = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": LATE_S, "max_instances": 1},
    )

    def tell_of(event: JobExecutionEvent) -> None:
        what = f"failed: {event.exception}" if event.code == EVENT_JOB_ERROR else "was missed"
        say(f"the chore {event.job_id!r} due {event.scheduled_run_time:%Y-%m-%d %H:%M} {what}")

    made.add_listener(tell_of, EVENT_JOB_MISSED | EVENT_JOB_ERROR)
    return made


def add_backup(chores: BackgroundScheduler, store: Path) -> None:
    """Back the take store up every night."""
    chores.add_job(
        back_up,
        CronTrigger(hour=BACKUP_HOUR),
        args=(store,),
        id="take-store-backup",
        replace_existing=True,
    )


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


def _copies(folder: Path, store: Path) -> dict[int, Path]:
    """Copies of this store that we made, by their number; whatever else lies there is somebody's own."""
    ours = re.compile(re.escape(store.stem) + r"-([0-9]{6,})" + re.escape(store.suffix))
    return {int(match[1]): path for path in folder.iterdir() if (match := ours.fullmatch(path.name))}
