"""What did nothing is kept, and nothing else is."""

import json
from pathlib import Path

import pytest

from cuefocus.app import dropped_log
from cuefocus.app.dropped_log import DroppedLog

COPY = {"event": "state", "host_ns": 1, "suppressed": "2", "route": "midi:desk", "by": "osc:é", "age_ms": 3.0}
LATE = {"event": "state", "host_ns": 2, "expired": "go", "route": "osc:é", "age_ms": 900.0}


def test_copies_and_what_came_too_late_are_kept_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "run.dropped.jsonl"
    log = DroppedLog(path)
    log.take({"event": "state", "state": "chasing"})
    assert not path.exists()
    for event in (COPY, {"event": "alarm", "expired": "no"}, LATE):
        log.take(event)
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [COPY, LATE]


def test_a_flood_fills_no_disk_and_a_disk_that_refuses_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropped_log, "_MOST_BYTES", 1000)
    path = tmp_path / "run.dropped.jsonl"
    for _ in range(100):
        DroppedLog(path).take(COPY)
    assert 800 < path.stat().st_size <= 1000
    DroppedLog(tmp_path / "gone" / "run.dropped.jsonl").take(COPY)
