"""Racks fired for a moment of the music land when the clock shows it, or not at all where it does not come."""

import json
from pathlib import Path

import pytest

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import decode_journal
from cuefocus.engine.session import Session
from tests.stories.kit import Hand, Story
from tests.stories.playback import Playback
from tests.stories.scenes import MARKS, cue, show_text
from tests.stories.told import Told

WORDS = json.dumps({"words": [{"word": "goodbye", "start_s": 8.0}, {"word": "amen", "start_s": 30.0}]})
BEATS = json.dumps({"beats": [{"bar": 1 + n // 4, "beat": 1 + n % 4, "time_s": 0.5 * n} for n in range(40)]})
FILES = {"w.json": WORDS, "b.json": BEATS}
MEDIA = "media: {words: w.json, beats: b.json}"
GOODBYE = "land_on: {word: goodbye}"
VARISPEED = f"{MEDIA}, speed: 0.9..1.1"
NOBODY_KNOWS = 'no timecode runs forward any more, so nobody can say when "goodbye" is'


def say(verb: str, target: str = "") -> Hand:
    return lambda rig: rig.say(verb, target)


def fired(tmp_path: Path, deck: Playback, landing: str = GOODBYE, *, act: str = MEDIA, go_s: float = 3.5) -> Told:
    """GO comes `go_s` after the deck, which stands a second before the song, begins."""
    cues = cue("1", None, "far", f"on: {{manual: GO}}, {landing}")
    story = Story(tmp_path, show_text(cues, act=act), deck, files=FILES).at(go_s, say("go"))
    story.journal = tmp_path / "story.journal"
    return story.tell()


def landed_at_s(told: Told) -> float:
    """Song seconds that the clock showed when the lens came into its band."""
    (row,) = told.rows
    record = next(one for one in told.records.values() if one.rack.cue == row.cue)
    assert row.arrived_s is not None
    assert row.planned_s is not None
    at_ns = record.base_ns + round(row.arrived_s * 1e9)
    moment = next(one for one in told.moments if one.now_ns >= at_ns)
    return (moment.outcome.clock.show_at(at_ns) - told.starts_show_ns) * 1e-9


def assert_still(told: Told, after_s: float, verdict: str, reason: str) -> None:
    row = told.row("1")
    assert (row.verdict, row.reason) == (verdict, reason)
    assert f"cue 1 does not leave: {reason}" in told.alarms
    assert told.moved("A.focus", after_s, 14.0) < 1e-6


@pytest.mark.parametrize(
    ("landing", "deck", "lands_s"),
    [
        (GOODBYE, Playback().play(3.0).wind(2.0, begin=1.0, to=1.08).play(7.0, speed=1.08), 8.0),
        (GOODBYE, Playback().play(3.0).wind(2.0, begin=1.0, to=0.92).play(9.0, speed=0.92), 8.0),
        ("land_after: 8 beats", Playback().play(3.0).wind(1.0, begin=1.0, to=0.92).play(7.0, speed=0.92), None),
    ],
)
def test_the_landing_follows_the_speed_of_playback(
    tmp_path: Path, landing: str, deck: Playback, lands_s: float | None
) -> None:
    told = fired(tmp_path, deck, landing, act=VARISPEED)
    assert told.verdicts() == {"1": "landed"}
    if lands_s is None:
        record = next(iter(told.records.values()))
        moment = next(one for one in told.moments if one.now_ns >= record.base_ns)
        lands_s = (moment.outcome.clock.show_at(record.base_ns) - told.starts_show_ns) * 1e-9 + 4.0
    assert landed_at_s(told) == pytest.approx(lands_s, abs=0.004)


def test_a_deck_that_is_a_little_off_is_followed_all_the_same(tmp_path: Path) -> None:
    told = fired(tmp_path, Playback().play(4.0).play(8.0, speed=1.0015))
    assert told.verdicts() == {"1": "landed"}
    assert landed_at_s(told) == pytest.approx(8.0, abs=0.003)


def test_playback_that_jumps_past_the_word_leaves_the_lens_where_it_is(tmp_path: Path) -> None:
    told = fired(tmp_path, Playback().play(5.0).locate(10.0).play(9.0))
    assert_still(told, 3.6, "skipped", 'playback jumped past "goodbye"')


@pytest.mark.parametrize("to_s", [1.0, 6.0])
def test_playback_that_jumps_before_the_word_lands_on_it_where_it_comes(tmp_path: Path, to_s: float) -> None:
    told = fired(tmp_path, Playback().play(5.0).locate(to_s).play(10.0))
    assert [row.verdict for row in told.rows] == ["landed"]
    assert landed_at_s(told) == pytest.approx(8.0, abs=0.004)
    assert told.reason("1") == "playback jumped before it was to land"


def test_a_word_that_a_jump_puts_far_away_is_not_waited_for(tmp_path: Path) -> None:
    deck = Playback(at_s=9.0).play(5.0).locate(-2.0).play(7.0)
    told = fired(tmp_path, deck, "land_on: {word: amen}", act=MEDIA)
    (row,) = told.rows
    assert row.verdict == "skipped"
    assert str(row.reason).startswith('playback jumped, and "amen" would come only in 3')


@pytest.mark.parametrize("deck", [Playback().play(5.0).pause(8.0), Playback().play(5.0).pause(4.0).play(6.0)])
def test_playback_that_stops_leaves_the_lens_where_it_is(tmp_path: Path, deck: Playback) -> None:
    assert_still(fired(tmp_path, deck), 3.6, "missed", NOBODY_KNOWS)


def test_a_short_dropout_is_nothing_to_it(tmp_path: Path) -> None:
    told = fired(tmp_path, Playback().play(5.0).cut(0.8).play(7.0))
    assert told.verdicts() == {"1": "landed"}
    assert landed_at_s(told) == pytest.approx(8.0, abs=0.004)


def test_timecode_that_is_lost_for_long_when_it_must_leave_keeps_it_there(tmp_path: Path) -> None:
    told = fired(tmp_path, Playback().play(7.6).cut(3.0).play(3.0))
    assert_still(told, 3.6, "missed", "timecode was lost over its departure")


def test_playback_that_goes_to_another_act_leaves_the_lens_where_it_is(tmp_path: Path) -> None:
    show = f"""schema: cuefocus-show/1
rate: "25"
marks: {{A: {MARKS}}}
defaults: {{camera: A, pull: 600 ms, tolerance: 0.5 frame}}
acts:
  - {{act: one, starts: "01:00:00:00", ends: "01:00:10:00", opening: {{A: near}}, media: {{words: w.json}}}}
  - {{act: two, starts: "01:00:20:00", ends: "01:00:40:00", opening: {{A: near}}}}
cues:
  - {{cue: "1", on: {{manual: GO}}, to: far, {GOODBYE}}}
  - {{cue: "2", act: two, land: {{at: "+19 s"}}, to: mid}}
"""
    story = Story(tmp_path, show, Playback().play(5.0).locate(20.0).play(9.0), files=FILES).at(3.5, say("go"))
    assert_still(story.tell(), 3.6, "skipped", 'playback went to another act before "goodbye"')


def test_a_rack_under_way_is_judged_by_when_its_word_came(tmp_path: Path) -> None:
    """Playback slows down in mid-pull: the pull stays as it was, and the row says how early it was."""
    told = fired(tmp_path, Playback().play(8.5).wind(0.1, begin=1.0, to=0.9).play(5.0, speed=0.9), act=VARISPEED)
    (row,) = told.rows
    assert row.verdict == "early"
    assert row.error_ms == pytest.approx(-50.0, abs=8.0)


@pytest.mark.parametrize(
    ("deck", "reason"),
    [
        (Playback().play(8.8).locate(12.0).play(5.0), 'playback jumped past "goodbye"'),
        (Playback().play(8.8).locate(1.0).play(5.0), 'playback jumped, and "goodbye" would come only in '),
    ],
)
def test_a_rack_under_way_when_playback_jumps_lands_and_says_so(tmp_path: Path, deck: Playback, reason: str) -> None:
    told = fired(tmp_path, deck)
    (row,) = told.rows
    assert row.verdict == "landed"
    assert str(row.reason).startswith(reason)


def test_replayed_it_says_the_same(tmp_path: Path) -> None:
    told = fired(tmp_path, Playback().play(5.0).locate(1.0).play(10.0, speed=1.05), act=VARISPEED)
    header, steps, _ = decode_journal((tmp_path / "story.journal").read_bytes(), version=None)
    session = Session(job_of_journal(header), Seed(rings=header.options["rings"], auto_arm=True, takes=1))
    again = [event for step in steps for event in session.step(step.now_ns, step.inbox).events]
    assert again == [event for moment in told.moments for event in moment.outcome.events]
