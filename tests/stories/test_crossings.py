"""Triggered racks that timecode fires as it runs over their moment: once, and only forward."""

from pathlib import Path

import pytest

from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import Told

AT = 'on: {at: "01:00:04:00"}, land_after: 800 ms'
EITHER = 'on: [{manual: GO}, {at: "01:00:04:00"}], land_after: 800 ms'
LEAD_S = 1.0


def say(verb: str, target: str = "") -> Hand:
    return lambda rig: rig.say(verb, target)


def told_of(
    tmp_path: Path, cues: str, playback: Playback, *hands: tuple[float, Hand], act: str = "", takes: int = 1
) -> Told:
    """Hands do things at seconds of the deck."""
    story = Story(tmp_path, show_text(cues, act=act), playback, takes=takes)
    for at_s, hand in hands:
        story.at(LEAD_S + at_s, hand)
    return story.tell()


def unfired(told: Told) -> list[object]:
    return [one["why"] for one in told.happenings("state") if "unfired" in one]


@pytest.mark.parametrize(
    ("on", "act", "crossed_s"),
    [
        ('on: {at: "01:00:04:00"}', "", 4.0),
        ('on: {at: "01:00:04:13"}', "", 4.52),
        ("act: song, on: {at: +4.333 s}", "", 4.333),
        ('on: {at: "01:00:04:00"}', "offset: 120 ms", 4.12),
    ],
)
def test_timecode_fires_a_rack_to_the_nanosecond_of_its_moment(
    tmp_path: Path, on: str, act: str, crossed_s: float
) -> None:
    told = told_of(tmp_path, cue("1", None, "far", f"{on}, land_after: 800 ms"), Playback().play(7.0), act=act)
    assert told.verdicts() == {"1": "landed"}
    row = told.row("1")
    assert row.source == "timecode"
    assert row.planned_s == pytest.approx(0.8, abs=1e-6)
    record = next(iter(told.records.values()))
    assert record.land_host_ns is not None
    clock = next(one for one in told.moments if one.now_ns >= record.base_ns).outcome.clock
    assert (clock.show_at(record.base_ns) - told.starts_show_ns) * 1e-9 == pytest.approx(crossed_s, abs=0.001)


@pytest.mark.parametrize(
    ("rate", "starts", "at", "crossed_s"),
    [
        ("25", "23:59:58:00", "00:00:01:13", 3.52),
        ("25", "00:00:01:00", "23:59:59:12", -1.52),
        ("29.97df", "23:59:58;00", "00:00:01;00", 3.003),
        ("29.97df", "01:08:58;00", "01:09:00;02", 2.002),  # ;00 and ;01 of that minute do not exist
        ("29.97df", "01:09:58;00", "01:10:00;00", 2.002),
        ("23.976", "00:59:58:00", "01:00:00:00", 2.002),
        ("59.94", "23:59:58:00", "00:00:00:30", 2.5025),
    ],
)
def test_a_moment_is_met_over_midnight_and_at_every_minute_of_any_rate(
    tmp_path: Path, rate: str, starts: str, at: str, crossed_s: float
) -> None:
    show = show_text(cue("1", None, "far", f'on: {{at: "{at}"}}, land_after: 800 ms'), rate=rate, starts=starts)
    told = Story(tmp_path, show, Playback(rate=rate, starts=starts, at_s=-3.0).play(9.0)).tell()
    assert told.verdicts() == {"1": "landed"}
    (record,) = told.records.values()
    clock = next(one for one in told.moments if one.now_ns >= record.base_ns).outcome.clock
    assert (clock.show_at(record.base_ns) - told.starts_show_ns) * 1e-9 == pytest.approx(crossed_s, abs=0.001)


def test_timecode_located_past_the_moment_fires_nothing_and_back_before_it_fires_again(tmp_path: Path) -> None:
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(3.0).locate(5.0).play(3.0))
    assert told.rows == []
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(6.0).locate(2.0).play(4.5))
    assert told.verdicts() == {"1": "landed", "2/1": "landed"}


@pytest.mark.parametrize("scrub", ["", "scrub: true"])
def test_reverse_and_shuttle_fire_nothing(tmp_path: Path, scrub: str) -> None:
    playback = Playback().locate(5.0).play(2.0).play(4.0, speed=-1.0)
    told = told_of(tmp_path, cue("1", None, "far", AT), playback, act=scrub)
    assert told.rows == []


def test_a_moment_in_a_short_dropout_is_crossed_all_the_same(tmp_path: Path) -> None:
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(3.8).cut(0.4).play(3.0))
    assert told.verdicts() == {"1": "landed"}


def test_a_moment_over_which_timecode_was_lost_fires_nothing(tmp_path: Path) -> None:
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(2.5).cut(3.0).play(3.0))
    assert told.rows == []
    assert "cue 1 is not fired: timecode was lost over its moment" in told.alarms


def test_a_go_and_timecode_for_the_same_cue_are_one_whoever_is_first(tmp_path: Path) -> None:
    cues = cue("1", None, "far", EITHER) + cue("2", None, "mid", "on: {manual: GO}")
    for go_s, by in ((2.5, "tell"), (3.9, "tell"), (4.1, "timecode")):
        told = told_of(tmp_path, cues, Playback().play(7.0), (go_s, say("go")))
        assert [(row.cue, row.source) for row in told.rows] == [("1", by)], f"GO at {go_s}"
    told = told_of(tmp_path, cues, Playback().play(8.0), (2.5, say("go")), (5.5, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert unfired(told) == ["cue 1 was fired by tell in this pass already"]


def test_a_go_that_was_refused_leaves_its_cue_to_timecode(tmp_path: Path) -> None:
    hands = ((2.0, say("hold")), (2.5, say("go")), (3.0, say("resume")))
    told = told_of(tmp_path, cue("1", None, "far", EITHER), Playback().play(7.0), *hands)
    assert told.verdicts() == {"1": "refused", "1'": "landed"}


def test_only_what_is_crossed_while_armed_is_fired(tmp_path: Path) -> None:
    hands = ((4.5, say("arm")), (4.6, say("engage")))
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(7.0), *hands, takes=0)
    assert told.rows == []
    hands = ((1.0, say("arm")), (1.1, say("engage")))
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(7.0), *hands, takes=0)
    assert told.verdicts() == {"1": "landed"}


def test_what_timecode_crossed_while_nobody_conducted_is_told_and_not_fired(tmp_path: Path) -> None:
    hands = ((3.5, StoryRig.kill_conductor), (5.5, StoryRig.wake_conductor))
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(9.0), *hands)
    assert told.rows == []
    assert any(text.startswith("cue 1 is not fired: ") for text in told.alarms)


def test_timecode_that_runs_on_when_the_take_is_over_has_nothing_to_be_awaited(tmp_path: Path) -> None:
    told = told_of(tmp_path, cue("1", None, "far", AT), Playback().play(7.0), (2.0, say("disarm")))
    assert told.rows == []
    awaited = [moment for moment in told.moments if (moment.outcome.punctual_ns or moment.now_ns) < moment.now_ns]
    assert not awaited, "each step would be due at once"
