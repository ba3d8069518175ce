"""Takes and passes are counted, begun and ended as an operator would; and a take replays byte for byte."""

import json
from pathlib import Path

from cuefocus.app.replay import replay
from cuefocus.engine.commands import BETWEEN_RACKS
from cuefocus.timebase.units import NS_PER_S
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.stacked import say
from tests.stories.told import ORIGIN_NS, Told

CUES = cue("1", 3, "far") + cue("2", 5, "near")


def takes(told: Told) -> list[tuple[object, object]]:
    return [(event["take"], event["state"]) for event in told.happenings("take") if "state" in event]


def test_a_take_ends_two_seconds_after_the_sound(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(CUES), Playback().play(7.0)).tell()
    assert takes(told) == [(1, "begins"), (1, "ended")]
    assert told.finished
    assert 1.9 < (told.moments[-1].now_ns - told.armings[0][0]) / 1e9 - 4.0 - 7.0 < 2.1


def test_racks_after_the_end_of_the_sound_are_missed(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(CUES), Playback().play(4.6)).tell()
    assert told.verdicts() == {"1": "landed", "2": "missed"}
    assert told.reason("2") == "the sound ended"


def test_two_takes_one_after_the_other(tmp_path: Path) -> None:
    playback = Playback().play(7.0).pause(3.0).locate(-1.0).play(7.0)
    told = Story(tmp_path, show_text(CUES, act="take_end_s: 2"), playback, takes=2).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "2/1/1": "landed", "2/1/2": "landed"}
    assert takes(told) == [(1, "begins"), (1, "ended"), (2, "begins"), (2, "ended")]
    assert told.finished


def test_passes_count_within_a_take_and_begin_anew_with_the_next(tmp_path: Path) -> None:
    playback = Playback().play(4.5).locate(1.0).play(3.5).pause(3.0).locate(1.0).play(3.5)
    told = Story(tmp_path, show_text(cue("1", 3, "far"), act="take_end_s: 2"), playback, takes=2).tell()
    assert told.verdicts() == {"1": "landed", "2/1": "landed", "2/1/1": "landed"}


def test_disarm_ends_the_take_and_the_axes_hold(tmp_path: Path) -> None:
    told = (
        Story(tmp_path, show_text(CUES), Playback().play(7.0), takes=3).at(3.75, lambda rig: rig.say("disarm")).tell()
    )
    assert told.verdicts() == {"1": "held"}
    assert takes(told) == [(1, "begins"), (1, "ended")]
    assert told.moved("A.focus", 4.1, 7.0) < 1e-4


def test_a_disarm_between_racks_waits_for_the_one_under_way(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(7.0), takes=3)
    for seconds in (3.75, 4.2):  # cue 1 is pulling, then has just landed
        story.at(seconds, lambda rig: rig.say("disarm", value=BETWEEN_RACKS))
    told = story.tell()
    assert told.replies == ["under way: cue 1 on A.focus"] * 2
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_a_disarm_between_racks_ends_the_take_and_spoils_none(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(7.0), takes=3)
    told = story.at(4.7, lambda rig: rig.say("disarm", value=BETWEEN_RACKS)).tell()
    assert told.replies == ["disarmed; the axes hold"]
    assert told.verdicts() == {"1": "landed"}
    assert takes(told) == [(1, "begins"), (1, "ended")]
    assert told.moved("A.focus", 4.8, 7.0) < 1e-4


def test_take_end_in_mid_song_begins_the_next_take_where_playback_is(tmp_path: Path) -> None:
    told = (
        Story(tmp_path, show_text(CUES), Playback().play(7.0), takes=2).at(5.0, lambda rig: rig.say("take_end")).tell()
    )
    assert told.verdicts() == {"1": "landed", "2/1/1": "skipped", "2/1/2": "landed"}


def test_unarmed_running_is_a_rehearsal_nothing_moves_and_nothing_is_told(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(CUES), Playback().play(7.0), takes=0).tell()
    assert told.rows == []
    assert told.moved("A.focus", -3.0, 7.0) < 1e-4
    assert "locked" in told.states()


def test_armed_in_mid_song_the_passed_racks_are_skipped_and_the_rest_land(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(7.0), takes=0)
    told = story.at(4.6, lambda rig: rig.say("arm")).at(4.7, lambda rig: rig.say("engage")).tell()
    assert told.verdicts() == {"1": "skipped", "2": "landed"}
    assert "armed after it" in told.reason("1")


def test_a_third_pass_lands_each_cue_once_more(tmp_path: Path) -> None:
    playback = Playback(at_s=1.0).play(3.5).locate(1.0).play(3.5).locate(1.0).play(3.5)
    told = Story(tmp_path, show_text(cue("1", 3, "far")), playback).tell()
    assert told.verdicts() == {"1": "landed", "2/1": "landed", "3/1": "landed"}


def test_the_journal_of_a_take_replays_to_identical_bytes(tmp_path: Path) -> None:
    cues = "".join(
        cue(f"{c}{number}", at_s, to, f"camera: {c}")
        for number, at_s, to in ((1, 3, "far"), (2, 6, "near"))
        for c in "AB"
    )
    cues += cue("T", None, "mid", "camera: A, on: {manual: GO}")
    playback = Playback().play(3.7).cut(0.4).play(1.4).locate(1.0).play(6.5)
    story = Story(tmp_path, show_text(cues, cameras="AB"), playback, rig=RIG)
    story.at(4.8, lambda rig: rig.say("go")).at(9.9, lambda rig: rig.say("hold", "B"))
    story.at(10.4, lambda rig: rig.say("resume"))
    story.journal = tmp_path / "take.journal"
    told = story.tell()
    first, second = replay(story.journal), replay(story.journal)

    def written(rows: list[object]) -> bytes:
        return json.dumps(rows).encode()

    live = written([row.as_dict() for row in told.rows])
    assert len(told.rows) >= 7
    assert written([row.as_dict() for row in first.rows]) == live
    assert written([row.as_dict() for row in second.rows]) == live
    assert first.alarms == second.alarms == told.alarms


def ends(told: Told) -> list[object]:
    return [event["reason"] for event in told.happenings("take") if event.get("state") == "ended"]


def test_a_take_that_went_well_ends_because_the_sound_did(tmp_path: Path) -> None:
    assert ends(Story(tmp_path, show_text(CUES), Playback().play(7.0)).tell()) == ["the sound ended"]


def test_a_take_that_a_wrong_speed_ends_says_that_and_not_that_timecode_stopped(tmp_path: Path) -> None:
    playback = Playback().play(4.0).play(8.0, speed=0.3)
    told = Story(tmp_path, show_text(CUES, act="take_end_s: 3"), playback).tell()
    ended = [event["reason"] for event in told.happenings("take") if event.get("state") == "ended"]
    assert len(ended) == 1
    assert "0.3" in str(ended[0])
    assert "stopped" not in str(ended[0])


def test_the_track_is_told_when_it_is_armed_and_changes_of_it_once_a_fired_rack_is_over(tmp_path: Path) -> None:
    """A long track is not in motion's hands in no time, and a rack that is fired waits for none."""
    stage = Story(tmp_path, show_text(CUES + cue("T", None, "far", "on: {manual: GO}")), Playback().play(1.0)).stage()
    orders = stage.session.stage.orders["A.focus"]
    heard: list[tuple[bool, bool]] = []
    for before_s in (3.9, 1.0, 0.9, 0.1):  # it moves to its opening, stands there, is fired from there, stands again
        until_ns = ORIGIN_NS - round(before_s * NS_PER_S)
        stage.run(until_ns)
        told = stage.moments[-1].outcome.plan.axes["A.focus"].track
        assert told.segments
        heard.append((orders.splice_active(until_ns), told is orders.track))
        if before_s == 1.0:
            stage.say("go", "T")
    assert heard == [(True, True), (False, True), (True, False), (False, True)]


def test_the_next_take_begins_when_the_rows_of_the_last_one_are_told(tmp_path: Path) -> None:
    both = cue("1", 3, "far") + cue("2", 3.1, "far", "camera: B")
    story = Story(tmp_path, show_text(both, cameras="AB"), Playback().play(7.0), rig=RIG, takes=0)
    for at_s, word in ((0.1, "arm"), (0.2, "engage"), (4.5, "take_start")):
        story.at(at_s, say(word))
    told = story.tell()
    events = [event for moment in told.moments for event in moment.outcome.events if event.kind in ("take", "landing")]
    order = [event.fields.get("state") or f"{event.fields['take']}/{event.fields['cue']}" for event in events]
    assert order[:5] == ["begins", "1/1", "1/2", "ended", "begins"]
