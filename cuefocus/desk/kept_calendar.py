"""What of the calendar has been done, in a file that lives as long as the run: a desk that was killed goes on by it."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cuefocus.rig.calendar import Entry

_REMEMBERED: Final = timedelta(days=40)


def entry_id(index: int, entry: Entry) -> str:
    """What an entry is called where a program must know it again."""
    return f"{index + 1} {entry.do} {entry.at}"


class KeptCalendar:
    """Up to when each entry is settled, and at which moments it was done: never twice at the same.

    Args:
        path: the file; what cannot be written there is only forgotten if the desk dies.
        since: the moment from which the calendar is kept, where the file does not say (UTC).
    """

    def __init__(self, path: Path, since: datetime) -> None:
        self._path = path
        self._since, self._settled, self._done = since, dict[str, datetime](), dict[str, list[datetime]]()
        self._under_way: dict[str, list[datetime]] = {}
        self._read()

    def settled(self, entry: str) -> datetime:
        """What was due up to here is done, or was told to be missed."""
        return self._settled.get(entry, self._since)

    def was_done(self, entry: str, due: datetime) -> bool:
        """Whether it was done at that moment already, or is being done for it."""
        return due in self._done.get(entry, ()) or due in self._under_way.get(entry, ())

    def note_begun(self, entry: str, dues: Iterable[datetime]) -> None:
        """It is being done now, for these moments; a desk that dies with it leaves them to the next one to judge."""
        self._under_way.setdefault(entry, []).extend(dues)

    def note_done(self, entry: str, dues: Iterable[datetime]) -> None:
        """It was done, or came to nothing and that is told, for these moments."""
        self._under_way.pop(entry, None)
        done = self._done.setdefault(entry, [])
        done += dues
        newest = max(done)
        done[:] = [due for due in done if newest - due < _REMEMBERED]
        self._settled[entry] = newest
        self._write()

    def note_missed(self, entry: str, due: datetime) -> None:
        """It came too late for that moment: should the clock be put back, it may still be done."""
        self._under_way.pop(entry, None)
        self._settled[entry] = due
        done = self._done.get(entry, [])
        if due in done:
            done.remove(due)
        self._write()

    def put_back(self, now: datetime) -> None:
        """The clock shows `now`, and will show again what it has shown."""
        self._since = min(self._since, now)
        self._settled = {entry: min(until, now) for entry, until in self._settled.items()}
        self._write()

    def _read(self) -> None:
        try:
            fields = json.loads(self._path.read_text(encoding="utf-8"))
            since = datetime.fromisoformat(fields["since"])
            settled = {entry: datetime.fromisoformat(text) for entry, text in fields["settled"].items()}
            done = {entry: [datetime.fromisoformat(text) for text in texts] for entry, texts in fields["done"].items()}
        except FileNotFoundError:
            self._write()
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            self._write()  # torn: as if the run began now
        else:
            self._since, self._settled, self._done = since, settled, done

    def _write(self) -> None:
        fields = {
            "since": self._since.isoformat(),
            "settled": {entry: until.isoformat() for entry, until in self._settled.items()},
            "done": {entry: [due.isoformat() for due in dues] for entry, dues in self._done.items()},
        }
        fresh = self._path.with_suffix(".part")
        try:
            fresh.write_text(json.dumps(fields), encoding="utf-8")
            fresh.replace(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)
