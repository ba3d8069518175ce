"""Two sources of timecode: who leads, who stands in, and what the lens makes of it. Decks start 1 s before the act."""

from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import Told
from tests.stories.two_lines import LEADER, SPARE, TWO_SOURCES, TwoLines

SHOW = show_text(cue("1", 4.5, "far", "pull: 1.2 s") + cue("2", 7, "near"))
NINE_S = 10.0


def told_of(folder: Path, playback: Playback, show: str = SHOW) -> Told:
    return Story(folder, show, playback, rig=TWO_SOURCES).tell()


def spare() -> Playback:
    return Playback().play(NINE_S)


def source_of(told: Told) -> dict[str, str | None]:
    return {row.cue: row.source for row in told.rows}


def undisturbed_ms(folder: Path) -> dict[str, float | None]:
    folder.mkdir()
    told = told_of(folder, TwoLines(spare()).play(NINE_S))
    return {row.cue: row.error_ms for row in told.rows}


@pytest.mark.parametrize("cut_at_s", [3.4, 3.9, 4.3, 5.5])
def test_the_leader_is_unplugged_in_mid_rack_and_it_lands_where_it_would_have(tmp_path: Path, cut_at_s: float) -> None:
    playback = TwoLines(spare()).play(1.0 + cut_at_s).cut(NINE_S - 1.0 - cut_at_s)
    told = told_of(tmp_path, playback)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    for name, error_ms in undisturbed_ms(tmp_path / "undisturbed").items():
        assert told.row(name).error_ms == pytest.approx(error_ms, abs=1.0)
    assert {moment.outcome.clock.epoch for moment in told.moments} == {0}
    assert told.alarms == [alarm for alarm in told.alarms if "spare leads" in alarm]
    assert len(told.alarms) == 1
    assert source_of(told)["2"] == SPARE


@pytest.mark.parametrize("confirmed", [False, True])
def test_what_a_standby_is_late_by_is_taken_off_only_when_the_operator_confirms(
    tmp_path: Path, confirmed: bool
) -> None:
    playback = TwoLines(spare(), late_ms=4.0, handed_at_s=None if confirmed else 4.5).play(4.5).cut(5.5)
    story = Story(tmp_path, SHOW, playback, rig=TWO_SOURCES)
    if confirmed:
        story.at(4.2, lambda rig: rig.say("source", SPARE, "confirm"))
    told = story.tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.replies == ["spare is taken to be +4.000 ms late against deck from now on"] * confirmed
    apart_ms = float(told.alarms[0].partition("(")[2].partition(" ms")[0])
    assert apart_ms == pytest.approx(0.0 if confirmed else -4.0, abs=0.05)
    assert source_of(told) == {"1": SPARE, "2": SPARE}


def test_sources_that_differ_are_told_and_none_stands_in(tmp_path: Path) -> None:
    ahead = Playback(at_s=0.0).play(NINE_S)
    told = told_of(tmp_path, TwoLines(ahead).play(4.9).cut(6.0))
    assert "spare is 1.000 s ahead of deck; it cannot stand in" in told.alarms
    assert "deck is gone, spare did not agree with it and goes on" in told.alarms
    assert told.verdicts() == {"1": "landed", "2": "missed"}
    assert "disagree" in told.states()
    assert told.moved("A.focus", 6.0, 10.0) < 1e-4


@pytest.mark.parametrize(
    ("second", "refusal", "later"),
    [
        (Playback(rate="24").play(NINE_S), "timecode counts to 23 (24 fps), act says 25", ""),
        (
            Playback(rate="29.97df").play(NINE_S),
            "timecode is drop-frame, act says 25",
            "timecode counts to 29 (30 fps), act says 25",
        ),
        (Playback().play(NINE_S, speed=1.1), "playback runs at 1.100×, act says 1×", ""),
    ],
    ids=["24", "29.97df", "fast"],
)
def test_a_standby_that_may_not_be_followed_is_told_at_once_and_when_it_is_asked_for(
    tmp_path: Path, second: Playback, refusal: str, later: str
) -> None:
    story = Story(tmp_path, SHOW, TwoLines(second).play(4.9).cut(6.0), rig=TWO_SOURCES)
    told = story.at(5.0, lambda rig: rig.say("source", SPARE)).tell()
    assert [alarm for alarm in told.alarms if "spare" in alarm][-1] == f"spare: {refusal}; it cannot stand in"
    assert told.replies == [f"spare is the first in order, but cannot be followed as it is: {later or refusal}"]
    assert told.verdicts() == {"1": "landed", "2": "missed"}


def test_a_leader_that_comes_back_stands_by_and_stands_in_again(tmp_path: Path) -> None:
    playback = TwoLines(Playback().play(6.5).cut(3.5)).play(3.0).cut(0.5).play(6.5)
    told = told_of(tmp_path, playback)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert source_of(told) == {"1": SPARE, "2": LEADER}
    assert [alarm.split(",")[1].split("(")[0].strip() for alarm in told.alarms] == ["spare leads", "deck leads"]


def test_without_the_first_source_the_second_leads_from_the_start(tmp_path: Path) -> None:
    told = told_of(tmp_path, TwoLines(spare()).cut(NINE_S))
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.alarms == ["deck has no timecode, spare leads"]
    assert {row.pass_ for row in told.rows} == {1}


def test_a_first_source_that_starts_a_little_later_leads_all_the_same(tmp_path: Path) -> None:
    told = told_of(tmp_path, TwoLines(spare()).cut(0.3).play(9.7))
    assert told.alarms == []
    assert source_of(told) == {"1": LEADER, "2": LEADER}


def test_the_next_run_waits_for_the_first_source_again(tmp_path: Path) -> None:
    """The deck's line is mended while everything stands still: it leads from then on."""
    second = Playback().play(6.0).pause(3.0).play(5.0)
    told = told_of(tmp_path, TwoLines(second).play(3.0).cut(3.0).pause(3.0).play(5.0))
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert source_of(told) == {"1": SPARE, "2": LEADER}
    assert {row.pass_ for row in told.rows} == {1}


def test_a_deck_that_stops_is_stopped_though_the_other_goes_on(tmp_path: Path) -> None:
    told = told_of(tmp_path, TwoLines(spare()).play(5.6).wind(0.5, to=0.02).pause(3.9))
    assert told.verdicts() == {"1": "landed", "2": "missed"}
    assert told.alarms == ["deck stopped, spare did not agree with it and goes on"]
    assert told.moved("A.focus", 6.3, 10.0) < 1e-4


@pytest.mark.parametrize(
    ("second", "ended"),
    [
        (Playback().play(5.6).wind(0.5, to=0.02).pause(7.9), "stopped"),
        (Playback().play(5.6).cut(8.4), "is gone"),
    ],
    ids=["stop", "silence"],
)
def test_a_first_source_known_to_disagree_begins_nothing_when_the_leader_ends(
    tmp_path: Path, second: Playback, ended: str
) -> None:
    """The deck comes 3 s behind while the spare leads: its labels pass both cues again after the spare's end."""
    deck = TwoLines(second, handed_at_s=0.0).cut(4.0).locate(0.0).play(10.0)
    told = told_of(tmp_path, deck)
    assert told.alarms == [
        "deck has no timecode, spare leads",
        "deck is 3.000 s behind spare; it cannot stand in",
        f"spare {ended}, deck did not agree with it and goes on",
    ]
    assert told.verdicts() == {"1": "landed", "2": "missed"}
    assert source_of(told)["1"] == SPARE
    assert told.moved("A.focus", 6.3, 13.0) < 1e-4


def test_a_first_source_that_disagreed_leads_the_next_run_once_it_has_been_still(tmp_path: Path) -> None:
    second = Playback().play(6.9).wind(0.5, to=0.02).pause(7.2)
    deck = TwoLines(second).cut(5.6).locate(1.0).play(3.0).pause(2.0).locate(5.0).play(4.0)
    told = told_of(tmp_path, deck)
    assert told.verdicts() == {"1": "landed", "2/1": "skipped", "2/2": "landed"}
    assert [row.source for row in told.rows] == [SPARE, LEADER, LEADER]
    assert told.alarms[-1] == "spare has no timecode, deck leads"


def test_the_operator_lets_a_first_source_lead_that_disagreed_when_the_leader_stopped(tmp_path: Path) -> None:
    second = Playback().play(6.9).wind(0.5, to=0.02).pause(6.6)
    story = Story(tmp_path, SHOW, TwoLines(second).cut(5.6).locate(2.6).play(8.4), rig=TWO_SOURCES)
    told = story.at(8.5, lambda rig: rig.say("source", LEADER)).tell()
    assert told.alarms[-2:] == [
        "spare stopped, deck did not agree with it and goes on",
        "spare has no timecode, deck leads",
    ]
    assert told.verdicts() == {"1": "landed", "2/1": "skipped", "2/2": "landed"}
    assert [row.source for row in told.rows] == [SPARE, LEADER, LEADER]


def test_a_source_that_disagrees_does_not_change_the_act_either(tmp_path: Path) -> None:
    """It goes on in the other act when the leader has stopped."""
    second = Playback().play(5.6).wind(0.5, to=0.02).pause(6.9)
    deck = TwoLines(second, handed_at_s=0.0).cut(4.0).locate(3600.0).play(9.0)
    told = told_of(tmp_path, deck, TWO_ACTS)
    assert told.verdicts() == {"1": "landed"}
    assert told.moved("A.focus", 6.3, 12.0) < 1e-4


def test_the_operator_lets_the_other_lead_without_a_step(tmp_path: Path) -> None:
    story = Story(tmp_path, SHOW, TwoLines(spare()).play(NINE_S), rig=TWO_SOURCES)
    story.at(5.0, lambda rig: rig.say("source", SPARE))
    told = story.tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert source_of(told)["2"] == SPARE
    assert {moment.outcome.clock.epoch for moment in told.moments} == {0}
    assert "spare leads" in told.replies


def test_the_operator_lets_a_source_lead_that_is_elsewhere(tmp_path: Path) -> None:
    """Playback jumps, to the session: the rack that the new leader has passed is skipped, the next one lands."""
    ahead = Playback(at_s=2.5).play(NINE_S)
    story = Story(tmp_path, SHOW, TwoLines(ahead, handed_at_s=2.51).play(NINE_S), rig=TWO_SOURCES)
    story.at(2.5, lambda rig: rig.say("source", SPARE))
    told = story.tell()
    assert told.verdicts() == {"1": "skipped", "2": "landed"}


def test_a_source_that_is_silent_does_not_take_the_lead_in_mid_run(tmp_path: Path) -> None:
    story = Story(tmp_path, SHOW, TwoLines(Playback().cut(NINE_S)).play(NINE_S), rig=TWO_SOURCES)
    story.at(3.0, lambda rig: rig.say("source", SPARE)).at(3.1, lambda rig: rig.say("source", "who"))
    told = story.tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.replies[0] == "spare has no timecode now; it is the first in order from the next start on"
    assert told.replies[1] == "no source 'who'; have deck, spare"


def test_what_cannot_be_confirmed_says_why(tmp_path: Path) -> None:
    story = Story(tmp_path, SHOW, TwoLines(spare()).play(NINE_S), rig=TWO_SOURCES)
    story.at(1.0, lambda rig: rig.say("source", SPARE, "confirm")).at(
        4.0, lambda rig: rig.say("source", LEADER, "confirm")
    )
    told = story.tell()
    assert told.replies == [
        "spare has not run beside deck and agreed with it for two seconds yet",
        "deck leads; only what a source that stands by is late by can be taken off",
    ]


def test_dropouts_in_turn_are_ridden_out(tmp_path: Path) -> None:
    deck = TwoLines(Playback().play(5.5).cut(0.3).play(4.2)).play(3.0).cut(0.3).play(4.7).cut(0.3).play(1.7)
    told = told_of(tmp_path, deck)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert {moment.outcome.clock.epoch for moment in told.moments} == {0}


def test_the_end_of_one_file_is_not_the_end_of_the_take(tmp_path: Path) -> None:
    deck = TwoLines(spare())
    told = Story(tmp_path, SHOW, deck.play(3.5), rig=TWO_SOURCES).tell(until_s=14.0)
    assert told.verdicts() == {"1": "landed", "2": "landed"}


TWO_ACTS = """schema: cuefocus-show/1
rate: "25"
marks: {A: {near: 1.15 m, mid: 1.50 m, far: 3 m, back: 6 m}}
defaults: {camera: A, pull: 600 ms, tolerance: 0.5 frame}
acts:
  - {act: song, starts: "01:00:00:00", opening: {A: near}}
  - {act: dance, starts: "02:00:00:00", opening: {A: near}}
cues:
  - {cue: "1", act: song, land: {at: "+3.000 s"}, to: far}
  - {cue: "2", act: dance, land: {at: "+4.000 s"}, to: far}
"""


def test_only_the_leader_changes_the_act(tmp_path: Path) -> None:
    """The second line carries the other act all the while."""
    told = told_of(tmp_path, TwoLines(Playback(starts="02:00:00:00").play(6.0)).play(6.0), TWO_ACTS)
    assert told.verdicts() == {"1": "landed"}
    assert {moment.outcome.clock.epoch for moment in told.moments} == {0}


def test_who_led_in_one_act_leads_in_the_next(tmp_path: Path) -> None:
    """The first line is dead throughout; what is confirmed or chosen in one act counts in the next, too."""
    second = Playback().play(5.0).locate(3600.0 - 1.0).play(7.0)
    deck = TwoLines(second, handed_at_s=0.0).cut(12.0)
    told = told_of(tmp_path, deck, TWO_ACTS)
    assert told.verdicts() == {"1": "landed", "2/2": "landed"}
    assert source_of(told) == {"1": SPARE, "2": SPARE}


def test_a_refused_leader_is_not_gone_round(tmp_path: Path) -> None:
    """Playback at the wrong speed on the first line, at the right one on the second: nobody asked for the second."""
    deck = TwoLines(spare()).play(5.0, speed=2.0).play(5.0, speed=2.0)
    told = told_of(tmp_path, deck)
    assert set(told.verdicts().values()) == {"refused"}
    assert told.moved("A.focus", 0.0, 10.0) < 1e-4
