"""The journal's disk is full and the conductor is killed in mid-rack: its successor knows all that it knew."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cuefocus.app.replay import replay
from cuefocus.shells.ledger_file import read_ledger
from tests.app.running import CUES, daemon

pytestmark = [
    pytest.mark.serial,
    pytest.mark.timeout(90),
    pytest.mark.skipif(os.getuid() != 0, reason="mounts a small disk"),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room there is; the file that does."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def test_a_rack_in_flight_lands_though_the_journal_lacks_the_last_steps(tmp_path: Path, small_disk: Path) -> None:
    with daemon(tmp_path, journal=str(small_disk / "takes")) as running:
        event = running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
        origin_ns = int(event["host_ns"])
        running.at_show_s(2.6, origin_ns)
        ballast = fill(small_disk)
        running.until(lambda event: event["event"] == "alarm" and "cannot be written" in event["text"])
        running.at_show_s(3.6, origin_ns)  # B2 is in mid-rack
        conductor = running.pid("conductor")
        os.kill(conductor, signal.SIGKILL)
        running.another("conductor", conductor)
        running.at_show_s(5.6, origin_ns)
        ballast.unlink()
        assert running.end() == 0, running.told()
        rows = running.landings()
        assert {rows[cue]["take"] for cue in rows} == {1}
        landed = ("B1", "C1", "B2", "B3", "C3")  # C2 departs while nobody conducts: nothing new does
        assert {rows[cue]["verdict"] for cue in landed} == {"landed"}, running.told()
        takes = small_disk / "takes"
        assert sorted(line.row["cue"] for line in read_ledger(takes / "ledger.jsonl")) == sorted(CUES)
        [journal] = takes.glob("*.journal")
        assert sorted(row.cue for row in replay(journal).rows) == sorted(CUES)


def test_a_disk_that_is_full_from_the_start_stops_no_rack(tmp_path: Path, small_disk: Path) -> None:
    fill(small_disk)
    with daemon(tmp_path, journal=str(small_disk / "takes")) as running:
        running.until(lambda event: event["event"] == "alarm" and "cannot be written" in event["text"])
        assert running.until(lambda event: event["event"] == "landing" and event["cue"] == "B1")["verdict"] == "landed"
        assert running.end() == 0, running.told()
