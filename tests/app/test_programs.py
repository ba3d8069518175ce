"""A whole daemon that follows a playback program by OSC, sent by another process as its screen is drawn."""

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.app.clock_check import worst_clock_ms
from tests.app.running import daemon
from tests.app.test_message_sources import assert_all_land, came, deck

pytestmark = pytest.mark.serial


def own_address() -> str:
    """An address of this machine that no other test uses."""
    return f"127.11.{os.getpid() % 250}.{threading.get_native_id() % 250 + 1}"


def test_racks_land_by_reaper_even_when_the_conductor_is_killed(tmp_path: Path) -> None:
    place = f"{own_address()}:9000"
    with deck("reaper", place) as play, daemon(tmp_path, sources=[f"reaper:{place}"]) as running:
        running.until(lambda event: came(event, "opened"))
        origin_ns = play()
        running.at_show_s(5.0, origin_ns)
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert_all_land(running)
        assert worst_clock_ms(running.takes, origin_ns) < 3.1
    said = (tmp_path / "stderr").read_text()
    assert "REAPER says where it is when its screen is drawn, so time is uncertain by ±3.1 ms" in said


def test_a_port_that_is_taken_ends_the_run_with_a_cure(tmp_path: Path) -> None:
    place = f"{own_address()}:9000"
    with daemon(tmp_path, sources=[f"reaper:{place}"]) as first:
        first.until(lambda event: came(event, "opened"))
        (tmp_path / "other").mkdir()
        with daemon(tmp_path / "other", sources=[f"reaper:{place}"]) as second:
            assert second.end() == 3
    assert "UDP port 9000 is taken by another program" in (tmp_path / "other" / "stderr").read_text()
