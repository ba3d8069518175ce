"""Playback jumps: back, forward over racks, and into the middle of one."""

from pathlib import Path

import pytest

from cuefocus.motion.planner import takeup_length_ns
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import SOLO_RIG, cue, show_text
from tests.stories.told import Told

FAR = 0.7342
MUCH_PLAY = SOLO_RIG.replace("backlash_counts: 40", "backlash_counts: 600", 1)


def test_a_jump_back_is_a_second_pass_that_lands_the_same(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("2", 4.5, "near") + cue("3", 20, "far")
    playback = Playback().play(6.5).locate(0.5).play(5.5)
    told = Story(tmp_path, show_text(cues), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "2/1": "landed", "2/2": "landed", "2/3": "missed"}
    for number in ("1", "2"):
        first, second = told.row(number, pass_=1).error_ms, told.row(number, pass_=2).error_ms
        assert first is not None
        assert second == pytest.approx(first, abs=1.0)


def test_a_jump_forward_skips_the_racks_it_passes(tmp_path: Path) -> None:
    cues = cue("1", 2.5, "far") + cue("2", 5, "near") + cue("3", 6, "back") + cue("4", 9, "far")
    playback = Playback().play(4.5).locate(7).play(3.5)
    told = Story(tmp_path, show_text(cues), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "skipped", "3": "skipped", "4": "landed"}
    assert "jumped" in told.reason("2")


@pytest.mark.parametrize("begins", ["10 %", "90 %"])
def test_after_a_jump_the_lens_is_where_playing_would_have_brought_it_though_that_is_within_the_play(
    tmp_path: Path, begins: str
) -> None:
    """The last rack turned the axis, so its motor stands on the other side of its play than when the take began."""
    play = SOLO_RIG.replace("backlash_counts: 40", "backlash_counts: 3000", 1)
    rig = play.replace("{quantum_counts: 4}", f"{{quantum_counts: 4, start: {begins}}}")
    show = show_text(cue("1", 3, "far") + cue("2", 6, "more")).replace("far: 3 m", "far: 3 m, more: 3.2 m")
    played = Story(tmp_path, show, Playback().play(9.0), rig=rig).tell()
    jumped = Story(tmp_path, show, Playback().play(5.0).locate(8).play(4.0), rig=rig).tell()
    assert jumped.verdicts() == {"1": "landed", "2": "skipped"}
    assert 0.01 < played.moved("A.focus", 4.5, 8.0) < played.specs["A.focus"].backlash_ring
    assert jumped.lens("A.focus", 8.0) == pytest.approx(played.lens("A.focus", 8.0), abs=2e-4)


def test_a_jump_that_is_no_more_than_a_blip_changes_nothing(tmp_path: Path) -> None:
    """Two stray frames elsewhere are not believed."""
    playback = Playback().play(3.0).locate(7.0).play(0.07).locate(2.07).play(3.0)
    told = Story(tmp_path, show_text(cue("1", 4, "far") + cue("2", 7, "near")), playback).tell()
    assert told.verdicts()["1"] == "landed"
    assert {moment.outcome.clock.epoch for moment in told.moments} == {0}


def test_a_jump_back_in_mid_rack_cuts_it_and_it_lands_in_the_next_pass(tmp_path: Path) -> None:
    playback = Playback().play(3.75).locate(0.0).play(5.0)
    told = Story(tmp_path, show_text(cue("1", 3, "far")), playback).tell()
    assert told.verdicts() == {"1": "skipped", "2/1": "landed"}
    assert "jumped" in told.reason("1", pass_=1)


def into(tmp_path: Path, on_jump: str, to_s: float) -> Told:
    """Jumps from 3 s into a rack that would leave at about 4.2 s and land on 6 s; another lands on 8 s."""
    cues = cue("1", 6, "far", f"pull: 2 s, on_jump: {on_jump}") + cue("2", 8, "near")
    playback = Playback().play(4.0).locate(to_s).play(9.0 - to_s)
    return Story(tmp_path, show_text(cues), playback).tell()


def test_into_a_rack_settle_moves_onto_the_track_and_follows_it(tmp_path: Path) -> None:
    told = into(tmp_path, "settle", 4.8)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert "jumped" in told.reason("1")


def test_into_a_rack_skip_stays_until_the_next_departure(tmp_path: Path) -> None:
    told = into(tmp_path, "skip", 4.8)
    assert told.verdicts() == {"1": "skipped", "2": "landed"}
    assert told.moved("A.focus", 3.0, 6.2) < 1e-4


def test_into_a_rack_compress_shortens_the_pull_and_lands_in_time(tmp_path: Path) -> None:
    told = into(tmp_path, "compress", 5.0)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    row = told.row("1")
    assert row.error_ms is not None
    assert abs(row.error_ms) < 5.0


def test_into_a_rack_compress_that_the_motor_cannot_do_is_skipped(tmp_path: Path) -> None:
    told = into(tmp_path, "compress", 5.75)
    assert told.verdicts() == {"1": "skipped", "2": "landed"}
    assert "too little time" in told.reason("1")
    assert told.moved("A.focus", 3.0, 5.5) < 1e-4


def test_into_a_rack_late_makes_the_written_pull_and_is_late(tmp_path: Path) -> None:
    told = into(tmp_path, "late", 4.4)
    assert told.verdicts() == {"1": "late", "2": "landed"}
    error_ms = told.row("1").error_ms
    assert error_ms is not None
    assert 200 < error_ms < 500


@pytest.mark.parametrize("to_s", [6.3, 6.6, 7.0])
@pytest.mark.parametrize("on_jump", ["compress", "late"])
def test_into_a_rack_that_turns_the_slack_is_taken_up_no_sooner_than_the_axis_may_move(
    tmp_path: Path, on_jump: str, to_s: float
) -> None:
    """Begun in its middle, the take-up of a motor with much play is a leap that the limits have to cut."""
    cues = cue("1", 3, "far") + cue("2", 8, "near", f"pull: 2 s, on_jump: {on_jump}") + cue("3", 10, "back")
    playback = Playback().play(5.0).locate(to_s).play(11.0 - to_s)
    told = Story(tmp_path, show_text(cues), playback, rig=MUCH_PLAY).tell()
    row = told.row("2")
    assert row.reason in ("playback jumped", f"reached the band only {row.error_ms or 0:.0f} ms after; playback jumped")
    jumped_ns = next(moment.now_ns for moment in told.moments if moment.outcome.clock.epoch > 0)
    frames = [frame for frame in told.players["A.focus"].frames if frame.write_ns > jumped_ns]
    assert not any(frame.clamped for frame in frames)
    [rack] = [record.rack for record in told.records.values() if record.rack.cue == "2"]
    spec = told.specs["A.focus"]
    assert rack.takeup_ns == takeup_length_ns(spec, 1.0, 1, -1.0), "all of the play, not half of it"
    may_move_ns = next(m.outcome.clock for m in told.moments if m.now_ns == jumped_ns).show_at(jumped_ns + spec.dead_ns)
    assert rack.depart_ns - rack.takeup_ns >= may_move_ns
    if on_jump == "compress":
        assert abs(row.error_ms or 99.0) < 5.0


def test_into_the_last_moments_of_a_rack_settle_does_not_hurry(tmp_path: Path) -> None:
    """0.1 s before its landing the track cannot be caught at the settle speed; the lens goes to its end calmly."""
    told = into(tmp_path, "settle", 5.9)
    assert told.verdicts()["2"] == "landed"
    assert told.verdicts()["1"] == "short", "in its band more than 500 ms after land_at"
    assert told.lens("A.focus", 5.2) == pytest.approx(FAR, abs=0.005)


def test_jumping_while_the_axis_moves_joins_without_a_step(tmp_path: Path) -> None:
    """From the middle of one rack into the middle of another."""
    cues = cue("1", 3, "back", "pull: 1.2 s") + cue("2", 6, "near", "pull: 2 s") + cue("3", 8, "far")
    playback = Playback().play(3.4).locate(4.6).play(4.5)
    told = Story(tmp_path, show_text(cues), playback).tell()
    assert told.verdicts() == {"1": "skipped", "2": "landed", "3": "landed"}


@pytest.mark.parametrize("rejoin", ["next-cue", "now"])
def test_playback_that_waited_while_the_clock_ran_on_makes_a_second_pass_of_what_has_landed(
    tmp_path: Path, rejoin: str
) -> None:
    """A deck that pauses may look like a dropout: under `run` the rack lands without it, and once more with it."""
    show = show_text(cue("1", 3, "far") + cue("2", 4, "near"), act=f"on_loss: run, rejoin: {rejoin}")
    told = Story(tmp_path, show, Playback().play(2.4).pause(2.5).play(4.0)).tell()
    rows = [(row.cue, row.pass_, row.verdict) for row in told.rows]
    assert rows == [("1", 1, "landed"), ("2", 1, "landed"), ("1", 2, "landed"), ("2", 2, "landed")]
