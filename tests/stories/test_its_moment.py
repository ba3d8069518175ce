"""Racks that are fired long before they must leave: until their moment comes the track goes on."""

import json
from pathlib import Path

import pytest

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import decode_journal
from cuefocus.engine.plan import Latch
from cuefocus.engine.session import Session
from cuefocus.timebase.units import NS_PER_S
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.told import ORIGIN_NS, Told

GO = "on: {manual: GO}"
FAR, NEAR, MID, BACK = 0.7342, 0.3673, 0.5038, 0.8543
#: Timed racks land on 3 s, 5 s and 9 s of the song; its first second is silent.
SONG = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 9, "far")
LEAD_S = 1.0


def say(verb: str, target: str = "", value: str = "") -> Hand:
    return lambda rig: rig.say(verb, target, value)


def fired(
    tmp_path: Path, cues: str, *hands: tuple[float, Hand], play_s: float = 11.0, act: str = "", takes: int = 1
) -> Told:
    """Hands do things at seconds of the song."""
    story = Story(tmp_path, show_text(cues, act=act), Playback().play(play_s), takes=takes)
    for at_s, hand in hands:
        story.at(LEAD_S + at_s, hand)
    return story.tell()


def waits(told: Told) -> list[dict[str, object]]:
    """Each state in which something waited for its moment."""
    return [
        wait
        for one in told.happenings("state")
        for wait in one.get("waiting", [])  # type: ignore[attr-defined]
        if wait["for"] == "its moment"
    ]


def test_the_track_goes_on_until_a_far_landing_must_be_left_for(tmp_path: Path) -> None:
    told = fired(tmp_path, SONG + cue("T", None, "mid", f"{GO}, land_after: 5.5 s"), (1.5, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed", "T": "landed", "3": "landed"}
    row = told.row("T")
    assert row.arrived_s == pytest.approx(5.5, abs=0.005)
    assert told.replies[0].startswith("cue T lands in 5")
    left = next(one for one in told.happenings("departure") if one["cue"] == "T")
    wait = waits(told)[0]
    assert (wait["cue"], wait["held"], wait["route"]) == ("T", False, "tell")
    assert float(str(wait["due_in_s"])) == pytest.approx(4.8, abs=0.2)
    assert left["host_ns"] > next(one for one in told.happenings("landing") if one["cue"] == "1")["host_ns"]  # type: ignore[operator]


def test_a_land_on_far_away_lets_racks_before_it_land(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(json.dumps({"words": [{"word": "amen", "start_s": 7.0}]}), encoding="utf-8")
    cues = SONG + cue("T", None, "mid", f"{GO}, land_on: {{word: amen}}")
    told = fired(tmp_path, cues, (1.5, say("go")), act="media: {words: w.json}")
    assert told.verdicts() == {"1": "landed", "2": "landed", "T": "landed", "3": "landed"}
    assert told.row("T").anchor == '"amen"'
    assert told.row("T").arrived_s == pytest.approx(5.5, abs=0.006)


@pytest.mark.parametrize("land_after_s", [3.3, 3.45, 3.6, 3.8, 3.95])
def test_only_the_timed_racks_in_its_way_are_displaced_and_never_begin(tmp_path: Path, land_after_s: float) -> None:
    """Cue 2 leaves at about 4.47 s and lands on 5 s; T would land at 4.8 s to 5.45 s."""
    told = fired(tmp_path, SONG + cue("T", None, "mid", f"{GO}, land_after: {land_after_s} s"), (1.5, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "replaced", "T": "landed", "3": "landed"}
    assert told.reason("2") == "cue T was fired"
    assert told.row("T").arrived_s == pytest.approx(land_after_s, abs=0.005)
    assert "2" not in [one["cue"] for one in told.happenings("departure")]


@pytest.mark.parametrize("land_after_s", [4.3, 4.4, 4.6, 4.8])
def test_what_has_landed_by_then_has_landed(tmp_path: Path, land_after_s: float) -> None:
    told = fired(tmp_path, SONG + cue("T", None, "mid", f"{GO}, land_after: {land_after_s} s"), (1.5, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed", "T": "landed", "3": "landed"}


def test_a_conflict_that_the_track_wins_is_refused_at_the_trigger(tmp_path: Path) -> None:
    cues = SONG + cue("T", None, "mid", f"{GO}, conflict: track, land_after: 3.6 s")
    told = fired(tmp_path, cues, (1.5, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed", "T": "refused", "3": "landed"}
    assert told.reason("T") == "cue 2 leaves before it would have landed"
    assert told.replies[0] == "cue 2 leaves before it would have landed"
    assert not waits(told)


def test_a_conflict_is_judged_for_the_moment_of_departure(tmp_path: Path) -> None:
    """Two timed racks leave and land between the trigger and the departure: that is none."""
    cues = SONG + cue("T", None, "mid", f"{GO}, conflict: track, land_after: 5.5 s")
    told = fired(tmp_path, cues, (1.5, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed", "T": "landed", "3": "landed"}


def test_a_conflict_that_shows_only_later_is_refused_then(tmp_path: Path) -> None:
    """Playback is located while the rack waits: cue 2 comes into its way."""
    cues = SONG + cue("T", None, "mid", f"{GO}, conflict: track, land_after: 2.3 s")
    deck = Playback().play(2.0).locate(3.2).play(8.0)
    told = Story(tmp_path, show_text(cues), deck).at(LEAD_S + 0.1, say("go")).tell()
    row = told.row("T")
    assert (row.verdict, row.reason) == ("refused", "cue 2 leaves before it would have landed")
    assert told.verdicts()["2"] == "landed"
    assert "cue T does not leave: cue 2 leaves before it would have landed" in told.alarms


def test_it_leaves_from_where_the_track_has_brought_the_axis(tmp_path: Path) -> None:
    told = fired(tmp_path, SONG + cue("T", None, "back", f"{GO}, land_after: 2.5 s"), (1.5, say("go")))
    assert told.verdicts() == {"1": "landed", "T": "landed", "2": "landed", "3": "landed"}
    record = next(one for one in told.records.values() if one.rack.cue == "T")
    assert record.rack.from_ring == pytest.approx(FAR, abs=0.002)


def test_another_trigger_of_the_axis_replaces_what_still_waits(tmp_path: Path) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 5 s") + cue("U", None, "far", f"{GO}, land_after: 2 s")
    told = fired(tmp_path, cues, (1.5, say("go")), (2.5, say("go")))
    assert told.verdicts() == {"T": "replaced", "U": "landed"}
    assert told.reason("T") == "cue U was fired"


def test_a_trigger_that_is_refused_replaces_nothing(tmp_path: Path) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 5 s") + cue("U", None, "far", f"{GO}, land_after: 100 ms")
    told = fired(tmp_path, cues, (1.5, say("go")), (2.5, say("go")))
    assert told.verdicts() == {"T": "landed", "U": "refused"}


def test_the_same_cue_again_is_a_trigger_of_its_own(tmp_path: Path) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 3 s")
    told = fired(tmp_path, cues, (1.5, say("go", "T")), (2.5, say("go", "T")))
    assert [row.verdict for row in told.rows] == ["replaced", "landed"]


def test_a_far_one_lets_the_rack_that_was_fired_before_it_land(tmp_path: Path) -> None:
    cues = cue("U", None, "far", f"{GO}, pull: 1.5 s") + cue("T", None, "mid", f"{GO}, land_after: 4 s")
    told = fired(tmp_path, cues, (1.5, say("go")), (2.0, say("go")))
    assert told.verdicts() == {"U": "landed", "T": "landed"}


@pytest.mark.parametrize(("until_s", "verdict"), [(4.0, "landed"), (8.0, "held")])
def test_hold_does_not_move_its_landing(tmp_path: Path, until_s: float, verdict: str) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 5 s")
    told = fired(tmp_path, cues, (1.5, say("go")), (2.5, say("hold")), (until_s, say("resume")))
    assert told.verdicts() == {"T": verdict}
    if verdict == "held":
        assert told.reason("T") == "HOLD"
        assert "cue T does not leave: HOLD" in told.alarms
        assert told.moved("A.focus", LEAD_S + 1.6, 12.0) < 1e-6
    else:
        assert told.row("T").arrived_s == pytest.approx(5.0, abs=0.005)


@pytest.mark.parametrize("early_ms", [0, 1, 3])
def test_a_hold_that_motion_has_yet_to_hear_of_at_its_moment_holds_it(tmp_path: Path, early_ms: int) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 5 s")
    whole = fired(tmp_path, cues, (1.5, say("go")))
    leaves_ns = next(int(str(one["host_ns"])) for one in whole.happenings("departure") if one["cue"] == "T")
    leaves_s = (leaves_ns - ORIGIN_NS) / NS_PER_S - LEAD_S
    told = fired(tmp_path, cues, (1.5, say("go")), (leaves_s - early_ms / 1000, say("hold")))
    assert (told.verdicts(), told.reason("T")) == ({"T": "held"}, "HOLD")


def test_a_hand_on_the_axis_at_its_moment_has_it(tmp_path: Path) -> None:
    hand: Hand = lambda rig: rig.latch(Latch.HAND, "A.focus")  # noqa: E731
    told = fired(tmp_path, cue("T", None, "mid", f"{GO}, land_after: 5 s"), (1.5, say("go")), (2.5, hand))
    assert told.verdicts() == {"T": "overridden"}


@pytest.mark.parametrize("word", ["panic", "disarm", "take_end"])
def test_what_ends_the_take_ends_it_with_its_row(tmp_path: Path, word: str) -> None:
    told = fired(tmp_path, cue("T", None, "mid", f"{GO}, land_after: 5 s"), (1.5, say("go")), (2.5, say(word)))
    assert told.verdicts() == {"T": "held"}
    assert told.moved("A.focus", LEAD_S + 1.6, 12.0) < 1e-6
    assert any("goes no more: cue T (in " in text for text in told.alarms)


def test_without_timecode_it_waits_just_so(tmp_path: Path) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 3 s")
    told = Story(tmp_path, show_text(cues)).at(1.0, say("go")).tell(until_s=6.0)
    assert told.verdicts() == {"T": "landed"}
    assert told.row("T").arrived_s == pytest.approx(3.0, abs=0.005)


def test_the_time_a_desk_gave_is_kept(tmp_path: Path) -> None:
    cues = cue("1", 3, "far", "pull: 300 ms") + cue("T", None, "mid", f"{GO}, land_on: {{next: bar}}")
    beats = json.dumps({"beats": [{"bar": 1 + n // 4, "beat": 1 + n % 4, "time_s": 1.0 + n} for n in range(24)]})
    (tmp_path / "b.json").write_text(beats, encoding="utf-8")
    story = Story(tmp_path, show_text(cues, act="media: {beats: b.json}"), Playback().play(11.0))
    told = story.at(LEAD_S + 1.5, say("go", "T", "travel_ms=1500")).tell()
    assert told.verdicts() == {"1": "landed", "T": "landed"}
    record = next(one for one in told.records.values() if one.rack.cue == "T")
    assert record.rack.stop_ns - record.rack.depart_ns == pytest.approx(1.5e9, abs=2e6)


def test_a_moment_that_came_while_nobody_conducted_is_told(tmp_path: Path) -> None:
    cues = cue("T", None, "mid", f"{GO}, land_after: 3 s")
    tale = Story(tmp_path, show_text(cues)).at(1.0, say("go")).at(1.5, StoryRig.kill_conductor)
    told = tale.at(4.5, StoryRig.wake_conductor).tell(until_s=7.0)
    assert told.verdicts() == {"T": "refused"}
    assert "before anybody conducted again" in told.reason("T")


def test_an_axis_of_another_camera_is_none_of_its_business(tmp_path: Path) -> None:
    cues = cue("1", 3, "far", "camera: B") + cue("T", None, "mid", f"{GO}, land_after: 2.2 s")
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(7.0), rig=RIG)
    assert story.at(LEAD_S + 1.0, say("go")).tell().verdicts() == {"1": "landed", "T": "landed"}


def test_the_same_steps_give_the_same_moments(tmp_path: Path) -> None:
    cues = SONG + cue("T", None, "mid", f"{GO}, land_after: 5.5 s")
    tale = Story(tmp_path, show_text(cues), Playback().play(11.0)).at(LEAD_S + 1.5, say("go"))
    tale.journal = tmp_path / "story.journal"
    told = tale.tell()
    header, steps, _ = decode_journal(tale.journal.read_bytes(), version=None)
    session = Session(job_of_journal(header), Seed(rings=header.options["rings"], auto_arm=True, takes=1))
    again = [event for step in steps for event in session.step(step.now_ns, step.inbox).events]
    assert again == [event for moment in told.moments for event in moment.outcome.events]
