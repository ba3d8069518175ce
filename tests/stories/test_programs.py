"""A playback program that only says where it is, when its screen is drawn: what lands by it, and what is not tried."""

from pathlib import Path

import numpy as np
import pytest

from cuefocus.chase.clock import ClockState
from tests.app.test_songs import midi_file
from tests.chase.songs import song
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.program_decks import LINK_RIG, LIVE_RIG, REAPER_RIG, LinkDeck, LiveDeck, ReaperDeck
from tests.stories.scenes import cue, show_text
from tests.stories.told import ORIGIN_NS, Told

LONG = show_text(cue("1", 4.5, "far", "pull: 1.2 s") + cue("2", 7, "near") + cue("3", 12, "far"))
AFTER_LOCK_S = 2.0


MUSIC = LONG.replace("{act: song,", "{act: song, media: {beats: song.mid},")


def told_of(folder: Path, deck: Playback, show: str = LONG) -> Told:
    return Story(folder, show, deck, rig=REAPER_RIG).tell()


def sung(folder: Path, deck: Playback, rig: str) -> Told:
    (folder / "song.mid").write_bytes(midi_file(500_000))
    return Story(folder, MUSIC, deck, rig=rig).tell()


def clock_errors_ms(told: Told, *, after_s: float) -> list[float]:
    """How far the clock that racks go by was from the truth, while it ran."""
    assert told.playback is not None
    places, errors = told.playback.places(), []
    for moment in told.moments:
        at_s = (moment.now_ns - ORIGIN_NS) / 1e9
        clock = moment.outcome.clock
        if after_s <= at_s < told.playback.seconds - 0.1 and clock.state is ClockState.LOCKED:
            true_ns = told.starts_show_ns + float(places[int(at_s * 48_000)]) * 1e9
            errors.append((clock.show_at(moment.now_ns) - true_ns) / 1e6)
    return errors


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_racks_land_by_reaper_though_it_speaks_every_33_ms(tmp_path: Path, seed: int) -> None:
    told = told_of(tmp_path, ReaperDeck(seed=seed).play(15.0))
    assert set(told.verdicts().values()) == {"landed"}
    errors = clock_errors_ms(told, after_s=1.0 + AFTER_LOCK_S)
    assert len(errors) > 500
    assert np.std(errors) < 0.6
    assert np.max(np.abs(errors)) < 3.1, "what is stated as its uncertainty"
    assert all(row.uncertainty_ms is not None and row.uncertainty_ms >= 3.1 for row in told.rows)


def test_a_rack_that_asks_for_more_is_not_made_ready(tmp_path: Path) -> None:
    """A quarter of its tolerance is less than what REAPER's positions are worth; the others land."""
    show = show_text(cue("1", 4.5, "far", "pull: 1.2 s, tolerance: 10 ms") + cue("2", 9, "back"))
    told = told_of(tmp_path, ReaperDeck().play(12.0), show)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert told.reason("1").startswith("the clock is known to ±3.1")


def test_a_stop_in_mid_rack_ends_it_at_once(tmp_path: Path) -> None:
    told = told_of(tmp_path, ReaperDeck().play(5.1).pause(4.0))
    assert told.verdicts()["1"] == "missed"
    assert "REAPER stopped" in told.reason("1")
    stopped = [moment for moment in told.moments if moment.outcome.clock.state is ClockState.HOLDING]
    assert stopped
    assert (stopped[0].now_ns - ORIGIN_NS) / 1e9 < 5.1 + 0.1, "no freewheel"


def test_a_jump_skips_what_it_passes_and_the_next_rack_lands(tmp_path: Path) -> None:
    told = told_of(tmp_path, ReaperDeck().play(4.0).locate(8.0).play(6.0))
    assert told.verdicts() == {"1": "skipped", "2": "skipped", "3": "landed"}


def test_each_round_of_a_loop_is_a_pass(tmp_path: Path) -> None:
    show = show_text(cue("1", 4.5, "far") + cue("2", 7, "near"))
    told = told_of(tmp_path, ReaperDeck().play(9.0).locate(1.0).play(8.0), show)
    assert told.verdicts() == {"1": "landed", "2": "landed", "2/1": "landed", "2/2": "landed"}


def test_a_restart_from_elsewhere_after_a_stop(tmp_path: Path) -> None:
    told = told_of(tmp_path, ReaperDeck().play(6.5).pause(2.0).locate(9.0).pause(1.0).play(5.0))
    assert told.verdicts() == {"1": "landed", "2": "skipped", "3": "landed"}


@pytest.mark.parametrize("seed", [1, 2])
def test_racks_land_by_live_though_it_speaks_every_100_ms(tmp_path: Path, seed: int) -> None:
    told = sung(tmp_path, LiveDeck(seed=seed, songs=[song()]).play(15.0), LIVE_RIG)
    assert set(told.verdicts().values()) == {"landed"}
    errors = clock_errors_ms(told, after_s=1.0 + AFTER_LOCK_S)
    assert np.std(errors) < 0.8
    assert np.max(np.abs(errors)) < 3.1, "what is stated as its uncertainty"


def test_live_that_stops_in_mid_rack_and_starts_elsewhere(tmp_path: Path) -> None:
    deck = LiveDeck(songs=[song()]).play(5.1).pause(2.0).locate(9.0).pause(1.0).play(5.0)
    told = sung(tmp_path, deck, LIVE_RIG)
    assert told.verdicts() == {"1": "missed", "2": "skipped", "3": "landed"}
    assert "Live stopped" in told.reason("1")


def test_racks_land_by_a_link_session_to_the_microsecond(tmp_path: Path) -> None:
    told = sung(tmp_path, LinkDeck(songs=[song()]).play(15.0), LINK_RIG)
    assert set(told.verdicts().values()) == {"landed"}
    errors = clock_errors_ms(told, after_s=1.5)
    assert np.max(np.abs(errors)) < 0.03, "a sample of the deck's own clock"
    assert all(row.uncertainty_ms is not None and row.uncertainty_ms >= 1.0 for row in told.rows)


def test_a_link_session_that_is_stopped_in_mid_rack(tmp_path: Path) -> None:
    told = sung(tmp_path, LinkDeck(songs=[song()]).play(5.1).pause(4.0), LINK_RIG)
    assert told.verdicts()["1"] == "missed"
    assert "Link stopped" in told.reason("1")
