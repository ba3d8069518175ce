"""The nightly self-test: everything that can be looked at without moving a motor, kept as a file beside the takes."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cuefocus.desk.backups import damage_of, newest_copy
from cuefocus.desk.own_ports import is_ours

FOLDER: Final = "self-tests"
_KEPT: Final = 30
_QUIET_DBFS: Final = -60.0
"""What a line input without a signal is well below."""
_GOOD_LOCK: Final = 0.8
_ORDER: Final = ("error", "warning", "note")

Row = dict[str, str]
"""severity, what, problem, hint: as `doctor --json` has them."""


def of_backup(store: Path) -> Row:
    """Whether the newest copy of the take store can be read."""
    if not store.exists():
        return row("note", "backup", "there is no take store yet")
    copy = newest_copy(store)
    if copy is None:
        return row("warning", "backup", "the take store was never backed up", "is `backup` in the calendar?")
    damage = damage_of(copy)
    if damage:
        return row("error", "backup", f"{copy.name} cannot be read: {damage}", "look after the disk; copy the ledger")
    return row("note", "backup", f"{copy.name} can be read")


def of_axes(status: Mapping[str, Any]) -> list[Row]:
    """Which motors do not answer, by the conductor's word."""
    faults = dict(status.get("faults") or {})
    silent = [axis for axis in status.get("assumed") or () if axis not in faults]
    found = [row("error", axis, str(why), "see to its motor before the show") for axis, why in faults.items()]
    if silent:
        problem = f"{', '.join(silent)}: where it stands is assumed, no motor has reported it"
        found.append(row("note", "axes", problem, "look before you engage"))
    if not found:
        found.append(row("note", "axes", "every motor that reports does"))
    return found


def of_sound(meters: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """What is on the sound inputs that carry LTC, by their last meters."""
    found = []
    for source, meter in meters.items():
        what = f"source {source}"
        level_dbfs, lock = float(meter.get("level_dbfs", _QUIET_DBFS)), float(meter.get("lock", 0.0))
        told = f"{level_dbfs:.1f} dBFS, lock {100.0 * lock:.0f} %"
        if lock > _GOOD_LOCK:
            found.append(row("note", what, f"timecode at {told}"))
        elif level_dbfs > _QUIET_DBFS:
            hint = "run cuefocus doctor --listen on it"
            found.append(row("warning", what, f"something is heard that is no timecode: {told}", hint))
        else:
            found.append(row("note", what, f"silent: {told}"))
    return found


def of_ports(rows: Iterable[Row]) -> list[Row]:
    """What `doctor` has found, without a warning of what is taken by the run itself."""
    return [
        row("note", one["what"], "this run has the port")
        if one["severity"] == "warning" and is_ours(one["what"])
        else one
        for one in rows
    ]


def row(severity: str, what: str, problem: str, hint: str = "") -> Row:
    """One finding."""
    return {"severity": severity, "what": what, "problem": problem, "hint": hint}


def summary(rows: list[Row]) -> tuple[str, bool]:
    """The whole in a sentence, the worst by name, and whether anything is an error."""
    rows.sort(key=lambda one: _ORDER.index(one["severity"]))
    counts = {word: sum(one["severity"] == word for one in rows) for word in _ORDER}
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items())
    worst = rows[0] if rows and rows[0]["severity"] != "note" else None
    return said + (f"; {worst['what']}: {worst['problem']}" if worst else ""), bool(counts["error"])


def keep(rows: list[Row], takes: Path, moment: datetime) -> Path:
    """Write the findings into a file of their own; the newest are kept. Raises: OSError."""
    folder = takes / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{moment:%Y%m%dT%H%M%SZ}.json"
    told = json.dumps({"at": moment.isoformat(), "findings": rows}, ensure_ascii=False, indent=1)
    path.write_text(f"{told}\n", encoding="utf-8")
    for old in sorted(folder.glob("????????T??????Z.json"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    return path
