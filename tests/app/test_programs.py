"""A whole daemon that follows a playback program, another process: by OSC as its screen is drawn, or by Link."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

from cuefocus.timebase.units import NS_PER_S
from tests.app.beside import BETWEEN_RACKS_S, deck, musical_show, own_address, program
from tests.app.clock_check import worst_clock_ms
from tests.app.running import RACKS_UNDER_WAY_S, assert_all_land, came, daemon

pytestmark = pytest.mark.serial


def test_racks_land_by_reaper_even_when_the_conductor_is_killed(tmp_path: Path) -> None:
    place = f"{own_address(11)}:9000"
    with deck("reaper", place) as play, daemon(tmp_path, sources=[f"reaper:{place}"]) as running:
        running.until(lambda event: came(event, "opened"))
        origin_ns = play()
        running.at_show_s(RACKS_UNDER_WAY_S, origin_ns)
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert_all_land(running)
        assert worst_clock_ms(running.takes, origin_ns) < 3.1
    said = (tmp_path / "stderr").read_text()
    assert "REAPER says where it is when its screen is drawn, so time is uncertain by ±3.1 ms" in said


def test_a_port_that_is_taken_ends_the_run_with_a_cure(tmp_path: Path) -> None:
    place = f"{own_address(11)}:9000"
    with daemon(tmp_path, sources=[f"reaper:{place}"]) as first:
        first.until(lambda event: came(event, "opened"))
        (tmp_path / "other").mkdir()
        with daemon(tmp_path / "other", sources=[f"reaper:{place}"]) as second:
            assert second.end() == 3
    assert "UDP port 9000 is taken by another program" in (tmp_path / "other" / "stderr").read_text()


def test_racks_land_by_live_which_is_asked_for_its_place(tmp_path: Path) -> None:
    host = own_address(11)
    with program("ableton_program", host, "11000") as (heard, told):
        assert heard() == "ready"
        with daemon(tmp_path, sources=[f"ableton:{host}"], show=musical_show(tmp_path)) as running:
            running.until(lambda event: came(event, "opened"))
            origin_ns = int(told("play"))
            running.until(lambda event: event.get("song", {}).get("bar") == 3)
            assert_all_land(running)
            # 3.1 ms are stated as one standard deviation; this is the worst, on a line that is two seconds old at first
            assert worst_clock_ms(running.takes, origin_ns - 2 * NS_PER_S, 4.0) < 3 * 3.1
    assert "Live says where it is when its screen is drawn" in (tmp_path / "stderr").read_text()


def test_live_that_does_not_answer_is_told_with_a_cure(tmp_path: Path) -> None:
    sources = [f"ableton:{own_address(11)}"]
    with daemon(tmp_path, sources=sources, show=musical_show(tmp_path), arm=False, takes=0) as running:
        lost = running.until(lambda event: came(event, "lost"))
    assert "does not answer: is Live running" in lost["text"]


@pytest.mark.skipif(importlib.util.find_spec("link") is None, reason="needs LinkPython (pip install 'cuefocus[link]')")
def test_racks_land_by_a_link_session_with_another_program(tmp_path: Path) -> None:
    show = musical_show(tmp_path)
    with daemon(tmp_path, sources=["link:"], show=show) as running, program("link_program", "150") as (heard, told):
        if heard() != "ready":
            pytest.skip("no multicast between programs of this machine, which Link needs")
        running.until(lambda event: came(event, "opened"))
        assert float(told("tempo")) == 150.0, "who listens sets no tempo, though it was there first"
        first_ns = int(told("play"))
        running.until(lambda event: event.get("song", {}).get("bar") == 3)
        running.at_show_s(BETWEEN_RACKS_S, first_ns - 2 * NS_PER_S)
        os.kill(running.pid("conductor"), signal.SIGKILL)
        running.at_show_s(9.5, first_ns - 2 * NS_PER_S)
        told("stop")
        assert_all_land(running)
        assert worst_clock_ms(running.takes, first_ns - 2 * NS_PER_S, 3.0) < 1.0


def test_a_song_that_cannot_be_told_from_others_is_refused(tmp_path: Path) -> None:
    show = Path(musical_show(tmp_path))
    more = 'acts:\n  - {act: dance, starts: "02:00:00:00", media: {beats: song.mid}, opening: {B: ana, C: ana}}\n'
    show.write_text(show.read_text().replace("acts:\n", more))
    for source in ("link:", "ableton:"):
        with daemon(tmp_path, sources=[source], show=str(show)) as running:
            assert running.end() == 1
        assert "several acts have beats, and it cannot say which" in (tmp_path / "stderr").read_text()
