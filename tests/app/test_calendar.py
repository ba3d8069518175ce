"""The calendar in a run: kept beside a take, and whatever the clock on the wall is set to, no rack goes by it."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.coming import calendar_rows
from cuefocus.app.doctor import examine_files
from cuefocus.app.replay import replay
from cuefocus.rig.calendar import Calendar
from cuefocus.rig.loader import load_rig
from cuefocus.shells.ledger_file import read_ledger
from tests.app.running import CUES, LENS, RIG, Daemon, assert_all_land, daemon

DOUBTS = 3.0
"""How many of their standard uncertainties two measurements of one landing may differ by.

Of normal errors 1 pair in 370 does by more. Of the 468 pairs that 13 runs of this show make without a step, 9 in 10
agreed within 1.64 of them (0.6 ms in the median), as normal errors do; the last few were a busy machine's pauses.
"""
_QUARTER_FRAME_MS = 10.0
Rows = dict[str, dict[str, Any]]
CALENDAR = "calendar:\n  timezone: Europe/Vienna\n  entries:\n"


def _faketime() -> str:
    """Where PyPI's libfaketime is; empty where it is not.

    Debian's is built to fake sleeps as well, and shifts waits on CLOCK_MONOTONIC by the step whatever it is told.
    """
    spec = importlib.util.find_spec("libfaketime")
    if spec is None or spec.origin is None:
        return ""
    return next((str(path) for path in Path(spec.origin).parent.glob("vendor/**/libfaketime.so.1")), "")


def _rig(tmp_path: Path, calendar: str) -> Path:
    path = tmp_path / "rig.yaml"
    path.write_text(RIG.format(lens=LENS) + calendar)
    return path


def test_what_comes_is_listed_by_the_clock_at_home(tmp_path: Path) -> None:
    lines = '    - {do: disarm, at: "23:00"}\n    - {do: remind, at: "19:25", days: [mon], text: caps}\n'
    rig = load_rig(_rig(tmp_path, CALENDAR + lines)).rig.value
    rows = calendar_rows(rig, datetime(2026, 11, 22, 18, tzinfo=UTC))
    assert [(row.at_home, row.entry, row.ahead) for row in rows] == [
        ("Sun 2026-11-22 23:00 CET", "disarm at 23:00", "4 h 0 min"),
        ("Mon 2026-11-23 04:00 CET", "backup at 04:00", "9 h 0 min"),
        ("Mon 2026-11-23 19:25 CET", "remind at 19:25 (caps)", "1 d 0 h"),
    ]
    assert rows[0].as_dict()["due"] == "2026-11-22T22:00:00+00:00"


def test_doctor_lists_what_comes(tmp_path: Path) -> None:
    path = _rig(tmp_path, f'{CALENDAR}    - {{do: disarm, at: "23:00"}}\n')
    notes = [finding.problem for finding in examine_files(path)[0] if finding.what == "calendar"]
    assert [note.partition(" next on ")[0] for note in sorted(notes)] == ["backup at 04:00", "disarm at 23:00"]


def test_a_calendar_is_the_same_after_its_way_to_the_desk(tmp_path: Path) -> None:
    lines = '    - {do: check, at: "7:05:30", days: sun}\n    - {do: remind, at: "19:25", text: "caps: off"}\n'
    calendar = load_rig(_rig(tmp_path, CALENDAR + lines)).rig.value.calendar
    assert Calendar.model_validate(json.loads(json.dumps(calendar.model_dump(mode="json")))) == calendar


def _calendar_says(running: Daemon, words: str) -> dict[str, Any]:
    return running.until(lambda event: event.get("source") == "calendar" and words in event["text"])


def differing(rows: Rows, before: Rows) -> set[str]:
    """Racks that are not shown to land when they did in another run, as far as the rows' own uncertainties allow.

    Two rows that cannot be told apart within a quarter of a frame show nothing.
    """
    doubts_ms = {cue: DOUBTS * hypot(row["uncertainty_ms"], before[cue]["uncertainty_ms"]) for cue, row in rows.items()}
    apart_ms = {cue: abs(row["error_ms"] - before[cue]["error_ms"]) for cue, row in rows.items()}
    return {cue for cue in rows if doubts_ms[cue] >= _QUARTER_FRAME_MS or apart_ms[cue] > doubts_ms[cue]}


@dataclass(frozen=True, slots=True)
class Wall:
    """The clock on the wall of the runs of a test, which may be set while they run, and entries half an hour on."""

    library: str
    file: Path
    at: str = field(default_factory=lambda: f"{datetime.now(UTC) + timedelta(minutes=30):%H:%M}")

    @contextmanager
    def run(self, folder: Path, takes: int = 1) -> Iterator[Daemon]:
        """The small show by this clock, in a folder of its own; by two takes it waits for one that does not come."""
        folder.mkdir()
        environ = {
            "LD_PRELOAD": self.library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        lines = f'[{{do: check, at: "{self.at}"}}, {{do: remind, at: "{self.at}", text: lens caps}}]'
        self.step(0)
        with daemon(folder, f"calendar: {{timezone: UTC, entries: {lines}}}\n", environ, takes=takes) as running:
            yield running

    def step(self, seconds: int) -> None:
        """Set it, to so much ahead of the time."""
        self.file.write_text(f"{seconds:+d}")


def stepped(wall: Wall, folder: Path) -> Rows:
    """The rows of a run in which the clock is put an hour on and back while racks are under way."""
    with wall.run(folder, takes=2) as running:
        opened = running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
        running.at_show_s(1.0, int(opened["host_ns"]))
        wall.step(3600)  # B1 and C1 depart
        forward = _calendar_says(running, "the clock was put forward by 1 h 0 min")
        missed = _calendar_says(running, "was missed")
        _calendar_says(running, "check of show.yaml: 0 errors")
        running.at_show_s(6.2, int(opened["host_ns"]))
        wall.step(0)  # B3 and C3 depart
        back = _calendar_says(running, "the clock was put back by 1 h 0 min")
        while len(running.landings()) < len(CUES):
            running.until(lambda event: event["event"] == "landing")
        running.process.terminate()
        assert running.end() == 0, running.told()
    assert f"between lay check at {wall.at}, remind at {wall.at} (lens caps)" in forward["text"]
    assert f"remind at {wall.at} (lens caps) was missed" in missed["text"]
    assert "what was done is not done again" in back["text"]
    assert f"next remind at {wall.at}" in back["text"], "it was not done: its true time is to come"
    rows = running.landings()
    assert {cue: (row["verdict"], row["reason"]) for cue, row in rows.items()} == dict.fromkeys(CUES, ("landed", None))
    kept = {line.row["cue"]: line.row for line in read_ledger(running.takes / "ledger.jsonl")}
    [journal] = running.takes.glob("*.journal")
    assert {row.cue: row.as_dict() for row in replay(journal).rows} == kept
    return rows


@pytest.mark.serial
@pytest.mark.timeout(180)
def test_a_clock_set_an_hour_on_and_back_during_a_take_moves_no_landing(tmp_path: Path) -> None:
    """Each rack lands when it does while nobody sets the clock.

    A machine that stands still for a moment moves a landing, or its measurement, too, but not that of the same rack in
    the next run: what the clock on the wall did to a rack would be there in each.
    """
    library = _faketime()
    if not library:
        pytest.skip("libfaketime is not installed")
    wall = Wall(library, tmp_path / "wall")
    moved, before = set(CUES), list[Rows]()
    for attempt in range(3):
        with wall.run(tmp_path / f"steady{attempt}") as running:
            before.append(assert_all_land(running))
        rows = stepped(wall, tmp_path / f"stepped{attempt}")
        for steady in before:
            moved &= differing(rows, steady)
        if not moved:
            return
    raise AssertionError(f"{moved} land at another time each time the clock is set: {rows}, and not {before}")
