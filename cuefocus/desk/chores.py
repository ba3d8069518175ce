"""What the calendar's entries do. Of all that the conductor obeys it says one word, `disarm`, and asks one, `status`.

A chore says what came of it; what it could not do is a `CueFocusError` with the reason. Chores run in threads of their
own and may take their time: nothing waits for them.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, Final

from cuefocus.desk import self_test
from cuefocus.desk.backups import back_up
from cuefocus.desk.calendar_keeper import Told
from cuefocus.desk.children import Children
from cuefocus.desk.run_files import RunFile, changes, read_through
from cuefocus.engine.commands import BETWEEN_RACKS, CALENDAR
from cuefocus.errors import CueFocusError, DeviceError
from cuefocus.rig.calendar import Chore, Entry
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.local_socket import ask
from cuefocus.timebase.units import NS_PER_S

_DISARM_PATIENCE_NS: Final = 60 * NS_PER_S
_AGAIN_S: Final = 0.25
_CHECK_PATIENCE_S: Final = 120
_DOCTOR_PATIENCE_S: Final = 180


@dataclass(frozen=True, slots=True)
class RunNow:
    """The run whose calendar it is.

    Args:
        show, rig: its files.
        files: what it was made from, as it was then.
        conductor: the conductor's socket.
        takes: folder of journals, ledger and store. store: the take store.
    """

    show: Path
    rig: Path
    files: tuple[RunFile, ...]
    conductor: Path
    takes: Path
    store: Path


class Chores:
    """Does the calendar's chores.

    Args:
        run: the run.
        tell: takes what there is to say, from whatever thread.
        meters: the last meter of each sound input.
        ending: set when the desk ends.
    """

    def __init__(
        self, run: RunNow, tell: Callable[[Told], None], meters: Mapping[str, Mapping[str, Any]], ending: Event
    ) -> None:
        self._run, self._tell, self._meters, self._ending = run, tell, meters, ending
        self._children = Children(ending)
        self._by_name: dict[Chore, Callable[[Entry], Told]] = {
            "check": self._check,
            "preload": self._preload,
            "remind": lambda entry: Told("remind", entry.text, alarm=True),
            "disarm": self._disarm,
            "self-test": self._self_test,
            "backup": self._backup,
        }

    def do(self, entry: Entry) -> None:
        """Do one, and say what came of it."""
        try:
            self._tell(self._by_name[entry.do](entry))
        except CueFocusError as problem:
            self._tell(Told(entry.do, f"{entry.said}: {problem}", alarm=True))

    def _check(self, entry: Entry) -> Told:
        errors, said = self._checked(entry)
        changed = changes(self._run.files) if entry.show is None else []
        if changed:
            said += f"; since the run began {', '.join(changed)}: it goes on with what it read then, start it anew"
        return Told(entry.do, f"{entry.do} of {self._show(entry).name}: {said}", alarm=bool(errors or changed))

    def _preload(self, entry: Entry) -> Told:
        """A check, and every file of the run read, so that the disk is awake and has them in memory."""
        checked = self._check(entry)
        read = read_through(self._run.files, self._ending)
        return Told(entry.do, f"{checked.text}; {len(self._run.files)} files read, {read / 1e6:.1f} MB", checked.alarm)

    def _checked(self, entry: Entry) -> tuple[int, str]:
        words = ("check", str(self._show(entry)), "--rig", str(self._run.rig), "--json")
        rows = _rows(self._children.verb(words, patience_s=_CHECK_PATIENCE_S))
        counts = {word: sum(row.get("severity") == word for row in rows) for word in ("error", "warning")}
        said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items())
        worst = next((row for row in rows if row.get("severity") == "error"), None)
        if worst is not None:
            place = f"{worst.get('file')}:{worst['line']}" if worst.get("line") else f"{worst.get('file')}"
            said += f"; {': '.join(filter(None, (place, worst.get('where'), worst.get('problem'))))}"
        return counts["error"], said

    def _show(self, entry: Entry) -> Path:
        return self._run.show if entry.show is None else self._run.rig.parent / entry.show

    def _disarm(self, entry: Entry) -> Told:
        """Between racks, in the patience that a disarm is worth; later it would fall on another take."""
        until_ns, why = now_ns() + _DISARM_PATIENCE_NS, ""
        while now_ns() < until_ns:
            try:
                ok, why, _ = self._said("disarm", BETWEEN_RACKS)
            except DeviceError as problem:
                ok, why = False, str(problem)
            if ok:
                return Told(entry.do, f"{entry.said}: {why}")
            if self._ending.wait(_AGAIN_S):
                break
        raise DeviceError(f"not done: {why}", hint="disarm by hand")

    def _self_test(self, entry: Entry) -> Told:
        moment = datetime.now(UTC)
        try:
            _, _, status = self._said("status")
            rows = self_test.of_axes(status)
        except DeviceError as problem:
            status, rows = {}, [self_test.row("error", "conductor", str(problem), "look at its log")]
        run = self._run
        words = ["doctor", "--rig", str(run.rig), "--show", str(run.show), "--journal", str(run.takes), "--json"]
        if status.get("armed", True):
            words.append("--no-timing")
            rows.append(self_test.row("note", "timing", "not measured: it would disturb a take, and one is armed"))
        rows += self_test.of_ports(_rows(self._children.verb(words, patience_s=_DOCTOR_PATIENCE_S)))
        rows += self_test.of_sound(self._meters)
        rows.append(self_test.of_backup(run.store))
        said, bad = self_test.summary(rows)
        try:
            where = f"all of it in {self_test.keep(rows, run.takes, moment)}"
        except OSError as problem:
            where, bad = f"it could not be kept: {problem.strerror}", True
        return Told(entry.do, f"self-test: {said}; {where}", alarm=bad)

    def _backup(self, entry: Entry) -> Told:
        try:
            copy = back_up(self._run.store)
        except (OSError, sqlite3.Error) as problem:
            raise DeviceError(f"no copy was made: {problem}", where=str(self._run.store)) from None
        return Told(entry.do, f"backup: {copy}" if copy is not None else "backup: there is no take store yet")

    def _said(self, verb: str, value: str = "") -> tuple[bool, str, dict[str, Any]]:
        """The conductor's answer. Raises: DeviceError when there is none."""
        answer = ask(self._run.conductor, {"verb": verb, "target": "", "value": value, "source": CALENDAR})
        data = answer.get("data")
        text = str(answer.get("text") or answer.get("problem") or "")
        return answer.get("ok") is True, text, data if isinstance(data, dict) else {}


def _rows(printed: str) -> list[dict[str, Any]]:
    """The findings a verb printed. Raises: DeviceError."""
    try:
        rows = json.loads(printed)
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "severity" in row for row in rows):
        raise DeviceError("what it printed makes no sense")
    return rows
