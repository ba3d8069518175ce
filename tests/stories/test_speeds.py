"""Acts played slower, faster, backwards; labels that wrap, drop, or count at another rate."""

from fractions import Fraction
from pathlib import Path

import pytest

from cuefocus.timebase.units import NS_PER_S
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.told import ORIGIN_NS
from tests.stories.within_limits import every_set_point_is_inside_the_limits

CUES = cue("1", 3, "far") + cue("2", 5, "near")


@pytest.mark.parametrize("speed", ["1/2", "2", "25/24"])
def test_a_declared_speed_lands_everything(tmp_path: Path, speed: str) -> None:
    factor = Fraction(speed)
    playback = Playback(at_s=-2.0).play(9.0 / float(factor), speed=factor)
    told = Story(tmp_path, show_text(CUES, act=f"speed: {speed}"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.row("1").speed == pytest.approx(float(factor), rel=1e-4)
    for row in told.rows:
        assert row.error_ms is not None
        assert abs(row.error_ms) < 5.0


@pytest.mark.parametrize(("speed", "words"), [("1/2", "0.500×"), ("2", "2.000×"), ("25/24", "1.042×")])
def test_an_undeclared_speed_is_refused_and_named(tmp_path: Path, speed: str, words: str) -> None:
    factor = Fraction(speed)
    playback = Playback(at_s=-2.0).play(9.0 / float(factor), speed=factor)
    told = Story(tmp_path, show_text(CUES), playback).tell()
    assert told.verdicts() == {"1": "refused", "2": "refused"}
    for number in ("1", "2"):
        assert told.reason(number) == f"playback runs at {words}, act says 1×"
    assert told.moved("A.focus", 0.0, 5.0) < 1e-4
    assert any(words in alarm for alarm in told.alarms)


def test_a_range_of_speeds_lands_whatever_lies_in_it(tmp_path: Path) -> None:
    playback = Playback(at_s=-1.0).play(3.0, speed=0.93).play(4.5, speed=1.08)
    told = Story(tmp_path, show_text(CUES, act="speed: 0.9..1.1"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_a_speed_outside_the_range_is_refused(tmp_path: Path) -> None:
    playback = Playback(at_s=-1.0).play(5.5, speed=1.3)
    told = Story(tmp_path, show_text(CUES, act="speed: 0.9..1.1"), playback).tell()
    assert told.verdicts() == {"1": "refused", "2": "refused"}
    assert told.reason("1") == "playback runs at 1.300×, act says 0.9…1.1×"


def test_a_wrong_speed_during_the_take_is_an_alarm_and_the_loss_policy(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("2", 8, "near")
    playback = Playback(at_s=-1.0).play(5.0).play(3.0, speed=2.0)
    told = Story(tmp_path, show_text(cues), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "missed"}
    assert any("2.000×" in alarm for alarm in told.alarms)
    assert "2.000×" in told.reason("2")
    ends = [event for event in told.happenings("take") if event.get("state") == "ended"]
    assert "2.000×" in str(ends[0]["reason"])


@pytest.mark.parametrize(("pull", "at_s"), [("600 ms", 6.7), ("900 ms", 6.8)])
def test_a_rack_in_whose_middle_playback_doubles_its_speed_does_not_pass_its_target(
    tmp_path: Path, pull: str, at_s: float
) -> None:
    """Its motor cannot follow as fast, comes later than planned, and brakes in time for the mark."""
    show = show_text(cue("1", 6, "far", f"pull: {pull}, camera: B"), cameras="AB")
    story = Story(tmp_path, show, Playback().play(at_s).play(4.0, speed=2.0), rig=RIG)
    stage = story.stage()
    stage.run(ORIGIN_NS + 14 * NS_PER_S)
    told = story.account(stage)
    every_set_point_is_inside_the_limits(told.specs["B.focus"], told.players["B.focus"])
    row = told.row("1")
    assert (row.verdict, row.overshoot_counts) == ("late", 0)
    assert "limited by acceleration" in (row.reason or "")
    assert max(place.lens_ring for place in told.logs["B.focus"]) < 0.7342 + 3 / 9999


def test_reverse_play_moves_nothing_and_fires_nothing(tmp_path: Path) -> None:
    playback = Playback(at_s=6.0).play(6.0, speed=-1.0)
    told = Story(tmp_path, show_text(CUES), playback).tell()
    assert told.rows == []
    assert told.moved("A.focus", 0.0, 6.0) < 1e-4
    assert "locating" in told.states()


def test_rewinding_in_mid_song_holds_the_axis_and_the_next_run_is_a_second_pass(tmp_path: Path) -> None:
    playback = Playback().play(5.0).play(2.5, speed=-1.0).play(5.0)
    told = Story(tmp_path, show_text(cue("1", 3, "far") + cue("2", 6, "near")), playback).tell()
    assert told.verdicts() == {"1": "landed", "2/1": "landed", "2/2": "landed"}
    assert told.moved("A.focus", 5.2, 7.4) < 1e-4, "the axes hold in reverse"
    assert any("backwards" in alarm for alarm in told.alarms)


def test_a_song_over_midnight(tmp_path: Path) -> None:
    starts = "23:59:57:00"
    told = Story(tmp_path, show_text(CUES, starts=starts), Playback(starts=starts).play(7.5)).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.row("1").land_at == "00:00:00:00"
    assert told.row("2").land_at == "00:00:02:00"


def test_racks_on_both_sides_of_a_drop_frame_minute(tmp_path: Path) -> None:
    starts = "01:00:57;00"
    cues = (
        '  - {cue: "1", act: song, land: {at: "01:00:59;29"}, to: far}\n'
        '  - {cue: "2", act: song, land: {at: "01:01:01;02"}, to: near}\n'
    )
    show = show_text(cues, rate="29.97df", starts=starts)
    told = Story(tmp_path, show, Playback(rate="29.97df", starts=starts, at_s=-2.0).play(8.0)).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    first, second = told.row("1"), told.row("2")
    assert (first.land_at, second.land_at) == ("01:00:59;29", "01:01:01;02")
    assert first.planned_s is not None
    assert second.planned_s is not None
    assert second.planned_s - first.planned_s == pytest.approx(31 * 1001 / 30000, abs=1e-6), "two labels do not exist"


def test_a_landing_on_the_first_label_of_a_drop_frame_minute(tmp_path: Path) -> None:
    starts = "01:00:57;00"
    cues = '  - {cue: "1", act: song, land: {at: "01:01:00;02"}, to: far}\n'
    show = show_text(cues, rate="29.97df", starts=starts)
    told = Story(tmp_path, show, Playback(rate="29.97df", starts=starts).play(6.0)).tell()
    assert told.verdicts() == {"1": "landed"}


def test_timecode_that_counts_24_is_refused_for_an_act_at_25(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(CUES), Playback(rate="24").play(7.0)).tell()
    assert told.verdicts() == {"1": "refused", "2": "refused"}
    assert told.reason("1") == "timecode counts to 23 (24 fps), act says 25"
    assert told.moved("A.focus", 0.0, 7.0) < 1e-4


@pytest.mark.parametrize(("act", "sound"), [("24", "23.976"), ("23.976", "24")])
def test_23_976_and_24_are_told_apart_before_the_first_departure(tmp_path: Path, act: str, sound: str) -> None:
    playback = Playback(rate=sound, at_s=-2.0).play(8.0)
    told = Story(tmp_path, show_text(CUES, rate=act), playback).tell()
    assert told.verdicts() == {"1": "refused", "2": "refused"}
    assert f"act says {act}" in told.reason("1")


@pytest.mark.parametrize("rate", ["23.976", "24", "29.97ndf", "30", "50", "59.94"])
def test_each_rate_lands(tmp_path: Path, rate: str) -> None:
    told = Story(tmp_path, show_text(CUES, rate=rate), Playback(rate=rate, at_s=-2.0).play(8.0)).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}


@pytest.mark.parametrize(("before", "after"), [(1.0, 0.5), (1.0, 0.7), (1.0, 1.5), (2.0, 1.0), (0.5, 2.0), (1.0, 0.25)])
def test_a_change_of_speed_within_the_range_holds_no_rack_up(tmp_path: Path, before: float, after: float) -> None:
    """From the third word of the new speed on the clock is right again, and it is the same pass."""
    cues = cue("1", 3, "far") + cue("2", 6, "near") + cue("3", 8, "far")
    playback = Playback(at_s=-1.0).play(5.0 / before, speed=before).play(5.0 / after, speed=after)
    told = Story(tmp_path, show_text(cues, act="speed: 0.2..2"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    for row in told.rows:
        assert row.error_ms == pytest.approx(0.0, abs=5.0)


def test_a_deck_that_slows_down_has_not_gone_back(tmp_path: Path) -> None:
    """Labels never go back, so it is the same pass, though the clock had run on ahead of them."""
    told = Story(tmp_path, show_text(CUES), Playback().play(4.5).play(3.0, speed=0.3).play(4.0)).tell()
    assert {row.pass_ for row in told.rows} == {1}


def test_a_landing_right_after_a_change_of_speed_says_why_it_is_off(tmp_path: Path) -> None:
    """The words that show the change are known when they are over; what the clock missed is let out slowly."""
    cues = cue("1", 3, "far") + cue("2", 6, "near")
    playback = Playback(at_s=-1.0).play(3.75 / 0.9, speed=0.9).play(6.0, speed=1.1)
    told = Story(tmp_path, show_text(cues, act="speed: 0.9..1.1"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert "ms behind playback, whose speed or source had just changed" in told.reason("1")
    assert told.row("2").reason is None
