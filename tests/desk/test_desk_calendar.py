"""The desk's calendar counts from when the run began, however late the desk itself is up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

from cuefocus.app.daemon import Places, RunFiles, desk_child
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.desk.config import DeskConfig, read_desk_config
from cuefocus.desk.main import DeskCalendar
from cuefocus.rig.calendar import Calendar
from cuefocus.shells.event_pipe import EventReader, EventWriter, event_pair
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


def reminded(tmp_path: Path, began: datetime | None, due: datetime) -> list[str]:
    """What is said by a desk that is up now, of a reminder."""
    calendar = {"timezone": "UTC", "entries": [{"do": "remind", "at": f"{due:%H:%M:%S}", "text": "caps"}]}
    began_text = "" if began is None else began.isoformat()
    kept = str(tmp_path / "calendar.json")
    ours, theirs = event_pair()
    reader, writer = EventReader(ours), EventWriter(theirs.detach())
    desk = DeskCalendar(DeskConfig("ledger", "store", kept=kept, calendar=calendar, began=began_text), writer)
    said, until_ns = list[str](), now_ns() + NS_PER_S
    try:
        while not said and now_ns() < until_ns:
            desk.tend()
            said += [str(event["text"]) for event in reader.take() if event["event"] == "alarm"]
            HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)
    finally:
        desk.close()
        reader.close()
        writer.close()
    return said


def test_what_fell_due_while_the_desk_was_not_up_yet_is_done(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    due = now - timedelta(seconds=5)
    assert reminded(tmp_path, now - timedelta(seconds=20), due) == ["caps"]


def test_what_fell_due_so_long_ago_that_it_is_worth_nothing_is_told_as_missed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    (missed,) = reminded(tmp_path, now - timedelta(seconds=200), now - timedelta(seconds=150))
    assert "(caps) was missed" in missed


def test_what_fell_due_before_the_run_began_is_none_of_its_business(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert reminded(tmp_path, now - timedelta(seconds=20), now - timedelta(seconds=30)) == []


def test_a_clock_that_was_put_back_since_counts_from_now(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert reminded(tmp_path, now + timedelta(hours=1), now - timedelta(seconds=5)) == []


def test_the_desk_is_told_when_the_run_began(tmp_path: Path) -> None:
    began = datetime(2026, 11, 22, 19, 24, 59, tzinfo=UTC)
    files = RunFiles(tmp_path, tmp_path, (), Calendar(), began=began)
    wires = Mock(heard_fd=3, events_fd=4, page_fd=5)
    desk_child(wires, RuntimeDir(tmp_path), Places(tmp_path, "run"), files)
    assert read_desk_config(tmp_path / "desk.json").began == began.isoformat()
