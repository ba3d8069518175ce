"""Timecode drops out and comes back: what lands, what does not leave, where the axes stand meanwhile."""

from pathlib import Path

import pytest

from cuefocus.chase.events import ChaseKind
from cuefocus.timebase.units import NS_PER_S
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import ORIGIN_NS, Told

POLICIES = ("finish", "hold", "run")


def kinds(told: Told, until_s: float) -> set[str]:
    """Everything the chase had to tell in words, up to a moment of the sound."""
    until_ns = ORIGIN_NS + round(until_s * NS_PER_S)
    events = [event for m in told.moments if m.now_ns < until_ns for event in m.outcome.events]
    return {str(event.fields["chase"]) for event in events if "chase" in event.fields}


def epochs(told: Told) -> set[int]:
    return {moment.outcome.clock.epoch for moment in told.moments}


@pytest.mark.parametrize("on_loss", POLICIES)
@pytest.mark.parametrize("cut_at_s", [2.3, 3.6])
def test_a_dropout_of_400_ms_is_ridden_out_and_is_no_event(tmp_path: Path, on_loss: str, cut_at_s: float) -> None:
    """2.3 s: the rack leaves and is under way without timecode. 3.6 s: between racks."""
    show = show_text(cue("1", 3, "far") + cue("2", 5, "near"), act=f"on_loss: {on_loss}")
    playback = Playback().play(1.0 + cut_at_s).cut(0.4).play(3.2)
    told = Story(tmp_path, show, playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert "freewheeling" in told.states()
    assert epochs(told) == {0}
    assert told.alarms == []
    assert not kinds(told, playback.seconds) & {ChaseKind.LOST, ChaseKind.JUMP, ChaseKind.RETURNED}


LONG_PULL = cue("1", 4.5, "far", "pull: 2.4 s") + cue("2", 6, "near") + cue("3", 10, "back")


def test_5_s_lost_in_mid_rack_under_finish_the_rack_lands_the_next_does_not_leave(tmp_path: Path) -> None:
    playback = Playback().play(3.7).cut(5.0).play(3.5)
    told = Story(tmp_path, show_text(LONG_PULL, act="on_loss: finish"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "missed", "3": "landed"}
    assert "lost" in told.reason("2")
    assert "no timecode" in told.reason("1")
    assert told.moved("A.focus", 6.0, 8.7) < 1e-4, "nothing departs after depart_ms"


def test_5_s_lost_in_mid_rack_under_hold_the_rack_is_held_where_it_stands(tmp_path: Path) -> None:
    playback = Playback().play(3.7).cut(5.0).play(3.5)
    told = Story(tmp_path, show_text(LONG_PULL, act="on_loss: hold"), playback).tell()
    assert told.verdicts() == {"1": "held", "2": "missed", "3": "landed"}
    assert told.moved("A.focus", 5.1, 8.7) < 1e-4
    assert 0.40 < told.lens("A.focus", 6.0) < 0.70, "on its way, not at its end"


def test_5_s_lost_in_mid_rack_under_run_the_show_goes_on(tmp_path: Path) -> None:
    playback = Playback().play(3.7).cut(5.0).play(3.5)
    told = Story(tmp_path, show_text(LONG_PULL, act="on_loss: run"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert epochs(told) == {0}


@pytest.mark.parametrize(("on_loss", "second"), [("finish", "missed"), ("hold", "missed"), ("run", "landed")])
def test_5_s_lost_between_racks(tmp_path: Path, on_loss: str, second: str) -> None:
    cues = cue("1", 3, "far") + cue("2", 6, "near") + cue("3", 10, "back")
    playback = Playback().play(4.5).cut(5.0).play(3.0)
    told = Story(tmp_path, show_text(cues, act=f"on_loss: {on_loss}"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": second, "3": "landed"}
    if on_loss != "run":
        assert told.moved("A.focus", 4.5, 9.5) < 1e-4


def test_a_rack_may_leave_within_depart_ms_of_the_last_reading_and_lands_unseen(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(cue("1", 3, "far")), Playback().play(3.2).cut(6.0)).tell()
    assert told.verdicts() == {"1": "landed"}


@pytest.mark.parametrize("lost_s", [0.47, 0.55, 0.62, 0.75])
def test_a_rack_does_not_leave_after_depart_ms_though_timecode_comes_back_in_its_span(
    tmp_path: Path, lost_s: float
) -> None:
    """It departs 2.47 s into the song; readings end `lost_s` before that and are back while it would be under way."""
    cut_at_s = 2.47 - lost_s
    playback = Playback().play(1.0 + cut_at_s).cut(lost_s + 0.2).play(4.0)
    told = Story(tmp_path, show_text(cue("1", 3, "far") + cue("2", 5, "near")), playback).tell()
    expected = "landed" if lost_s < 0.5 else "missed"
    assert told.verdicts() == {"1": expected, "2": "landed"}
    if expected == "missed":
        assert told.moved("A.focus", 2.5, 4.5) < 1e-4, "no uncued move when timecode is back"


@pytest.mark.parametrize(
    ("rejoin", "second", "third"),
    [("next-cue", "missed", "landed"), ("now", "missed", "landed"), ("operator", "missed", "held")],
)
def test_rejoin_after_a_loss(tmp_path: Path, rejoin: str, second: str, third: str) -> None:
    """`next-cue` stays until cue 3 leaves, `now` goes to where the track is at once, `operator` waits for a word."""
    cues = cue("1", 3, "far") + cue("2", 6, "near") + cue("3", 9.5, "back")
    playback = Playback().play(4.5).cut(3.5).play(4.0)
    told = Story(tmp_path, show_text(cues, act=f"rejoin: {rejoin}"), playback).tell()
    assert told.verdicts() == {"1": "landed", "2": second, "3": third}
    far, near = 0.7342, 0.3673
    where = told.lens("A.focus", 9.6)
    assert where == pytest.approx(near if rejoin == "now" else far, abs=0.005)


def test_rejoin_by_the_operator_follows_from_the_next_cue_after_resume(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("2", 6, "near") + cue("3", 9.5, "back")
    playback = Playback().play(4.5).cut(3.5).play(4.0)
    story = Story(tmp_path, show_text(cues, act="rejoin: operator"), playback)
    told = story.at(9.0, lambda rig: rig.say("resume")).tell()
    assert told.verdicts() == {"1": "landed", "2": "missed", "3": "landed"}


def test_a_loss_that_never_ends_leaves_the_rest_of_the_take_missed(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("2", 6, "near")
    told = Story(tmp_path, show_text(cues), Playback().play(4.5).cut(4.0)).tell()
    assert told.verdicts() == {"1": "landed", "2": "missed"}
    assert told.finished
