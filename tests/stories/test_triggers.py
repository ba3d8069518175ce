"""Triggered racks: against the track, without timecode, one after another, and once each."""

from functools import partial
from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.engine.plan import Latch
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import MARKS, RIG, cue, show_text
from tests.stories.told import Told

GO = "on: {manual: GO}"
HOUSE = (
    'schema: cuefocus-show/1\nrate: "25"\nmarks: {A: {near: 1.15 m, mid: 1.50 m, far: 3 m, back: 6 m}}\n'
    "defaults: {camera: A, pull: 600 ms}\ncues:\n"
)
FAR, NEAR, MID = 0.7342, 0.3673, 0.5038


def go(rig: StoryRig) -> None:
    rig.say("go")


def fire(number: str) -> Hand:
    def hand(rig: StoryRig) -> None:
        rig.say("go", number)

    return hand


def against_the_track(tmp_path: Path, conflict: str, fired_at_s: float) -> Told:
    """Cue 1 leaves at about 4.47 s and lands on 5 s; GO comes at `fired_at_s`; cue 2 lands on 7.5 s."""
    cues = cue("1", 5, "far") + cue("T", None, "mid", f"{GO}, conflict: {conflict}") + cue("2", 7.5, "near")
    return Story(tmp_path, show_text(cues), Playback().play(9.5)).at(1.0 + fired_at_s, go).tell()


def test_a_trigger_wins_against_the_track_and_the_target_is_held_until_the_next_timed_rack(tmp_path: Path) -> None:
    told = against_the_track(tmp_path, "trigger", 4.2)
    assert told.verdicts() == {"1": "replaced", "T": "landed", "2": "landed"}
    assert "T" in told.reason("1")
    assert told.moved("A.focus", 6.2, 7.8) < 1e-4, "no uncued move back"
    assert told.lens("A.focus", 7.0) == pytest.approx(MID, abs=0.002)


def test_the_track_wins_against_a_trigger(tmp_path: Path) -> None:
    told = against_the_track(tmp_path, "track", 4.2)
    assert told.verdicts() == {"1": "landed", "T": "refused", "2": "landed"}
    assert "cue 1" in told.reason("T")


@pytest.mark.parametrize("conflict", ["trigger", "track"])
def test_a_trigger_that_lands_before_the_next_departure_is_no_conflict(tmp_path: Path, conflict: str) -> None:
    told = against_the_track(tmp_path, conflict, 2.5)
    assert told.verdicts() == {"T": "landed", "1": "landed", "2": "landed"}


@pytest.mark.parametrize("fired_at_s", [4.6, 4.75, 4.9])
def test_a_trigger_cuts_a_timed_rack_under_way(tmp_path: Path, fired_at_s: float) -> None:
    told = against_the_track(tmp_path, "trigger", fired_at_s)
    assert told.verdicts() == {"1": "replaced", "T": "landed", "2": "landed"}


def test_a_trigger_just_after_a_landing_leaves_the_landing_landed(tmp_path: Path) -> None:
    told = against_the_track(tmp_path, "trigger", 5.2)
    assert told.verdicts() == {"1": "landed", "T": "landed", "2": "landed"}


def test_without_any_timecode_go_lands_racks(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    told = Story(tmp_path, HOUSE + cues).at(1.0, go).at(3.0, go).tell(until_s=6.0)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    row = told.row("1")
    assert row.land_at is None
    assert row.speed is None
    assert row.planned_s is not None
    assert row.arrived_s == pytest.approx(row.planned_s, abs=0.005)


def test_land_after_says_when_counted_from_the_trigger_stamp(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, land_after: 1.2 s")
    told = Story(tmp_path, HOUSE + cues).at(1.0, go).tell(until_s=4.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.row("1").arrived_s == pytest.approx(1.2, abs=0.005)


def test_a_late_trigger_lands_by_its_own_stamp_all_the_same(tmp_path: Path) -> None:
    """The datagram was stamped 60 ms before the session hears of it."""
    cues = cue("1", None, "far", "on: {osc: /desk/1}, land_after: 1 s")
    told = Story(tmp_path, HOUSE + cues).at(1.0, lambda rig: rig.hear("osc", "/desk/1", age_s=0.06)).tell(until_s=4.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.row("1").arrived_s == pytest.approx(1.0, abs=0.005)


def test_a_cue_fired_by_the_landing_of_another(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("2", None, "mid", 'on: {after: "1"}, land_after: 1 s')
    cues += cue("3", None, "near", 'on: {after: "2"}')
    told = Story(tmp_path, show_text(cues), Playback().play(7.0)).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert told.row("2").arrived_s == pytest.approx(1.0, abs=0.005)


def test_a_double_press_of_go_is_one(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    told = Story(tmp_path, HOUSE + cues).at(1.0, go).at(1.2, go).tell(until_s=4.0)
    assert told.verdicts() == {"1": "landed"}
    assert any("too soon" in reply for reply in told.replies)


def test_one_cue_by_two_routes_is_one_trigger(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: [{osc: /desk/1}, {msc: 1}]")
    story = Story(tmp_path, HOUSE + cues).at(1.0, lambda rig: rig.hear("osc", "/desk/1"))
    told = story.at(1.1, lambda rig: rig.hear("msc", "go 1")).tell(until_s=4.0)
    assert told.verdicts() == {"1": "landed"}
    assert any(event.get("suppressed") == "1" for event in told.happenings("state"))


def test_the_same_trigger_after_the_repeat_guard_counts_again(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: {osc: /desk/1}") + cue("2", None, "near", "on: {osc: /desk/2}")
    story = Story(tmp_path, HOUSE + cues)
    for at_s, key in ((1.0, "/desk/1"), (2.5, "/desk/2"), (4.0, "/desk/1")):
        story.at(at_s, lambda rig, key=key: rig.hear("osc", key))  # type: ignore[misc]
    told = story.tell(until_s=6.5)
    assert [row.verdict for row in told.rows] == ["landed", "landed", "landed"]


def test_a_trigger_cuts_a_triggered_rack_under_way(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "mid", GO)
    told = Story(tmp_path, HOUSE + cues).at(1.0, go).at(1.4, go).tell(until_s=4.0)
    assert told.verdicts() == {"1": "replaced", "2": "landed"}


def test_a_trigger_in_a_dropout_lands_all_the_same(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("T", None, "mid", GO) + cue("2", 9, "near")
    playback = Playback().play(4.5).cut(4.0).play(3.0)
    told = Story(tmp_path, show_text(cues), playback).at(6.5, go).tell()
    assert told.verdicts() == {"1": "landed", "T": "landed", "2": "landed"}


def test_a_trigger_lands_though_timecode_is_lost_and_returns_while_it_is_under_way(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("T", None, "mid", f"{GO}, pull: 1.5 s") + cue("2", 9, "near")
    playback = Playback().play(4.5).cut(2.5).play(4.5)
    told = Story(tmp_path, show_text(cues), playback).at(6.2, go).tell()
    assert told.verdicts() == {"1": "landed", "T": "landed", "2": "landed"}


def test_a_trigger_while_nothing_is_armed_moves_nothing(tmp_path: Path) -> None:
    told = Story(tmp_path, HOUSE + cue("1", None, "far", GO), takes=0).at(1.0, go).tell(until_s=3.0)
    assert told.rows == []
    assert any("nothing is armed" in reply for reply in told.replies)


def test_a_trigger_for_an_axis_that_is_not_engaged_is_refused(tmp_path: Path) -> None:
    story = Story(tmp_path, HOUSE + cue("1", None, "far", GO), takes=0)
    told = story.at(0.5, lambda rig: rig.say("arm")).at(1.0, go).tell(until_s=3.0)
    assert told.verdicts() == {"1": "refused"}
    assert told.reason("1") == "A.focus is not engaged"


def test_arm_and_engage_by_hand_then_go(tmp_path: Path) -> None:
    story = Story(tmp_path, HOUSE + cue("1", None, "far", GO), takes=0)
    story.at(0.5, lambda rig: rig.say("arm")).at(0.6, lambda rig: rig.say("engage"))
    told = story.at(1.0, go).tell(until_s=3.5)
    assert told.verdicts() == {"1": "landed"}


def test_a_jump_while_a_triggered_rack_is_under_way_leaves_it_alone(tmp_path: Path) -> None:
    cues = cue("1", 2.5, "far") + cue("T", None, "mid", f"{GO}, pull: 1.2 s") + cue("2", 9, "near")
    playback = Playback().play(5.0).locate(6.0).play(5.0)
    told = Story(tmp_path, show_text(cues), playback).at(4.6, go).tell()
    assert told.verdicts() == {"1": "landed", "T": "landed", "2": "landed"}


def test_a_go_while_nothing_is_armed_leaves_its_cue_on_standby(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    story = Story(tmp_path, HOUSE + cues, takes=0).at(0.4, go).at(0.8, lambda rig: rig.say("take_start"))
    told = story.at(0.85, lambda rig: rig.say("engage")).at(0.9, go).at(3.0, go).tell(until_s=5.0)
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_a_go_that_is_refused_has_its_row_and_leaves_its_cue_on_standby(tmp_path: Path) -> None:
    """After the repeat guard the same GO is taken."""
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    story = Story(tmp_path, HOUSE + cues, takes=0).at(0.5, lambda rig: rig.say("arm")).at(1.0, go)
    told = story.at(1.2, lambda rig: rig.say("engage")).at(1.6, go).at(4.0, go).tell(until_s=6.5)
    assert told.verdicts() == {"1": "refused", "1'": "landed", "2": "landed"}


def test_a_go_under_hold_is_refused_and_leaves_its_cue_on_standby(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    story = Story(tmp_path, HOUSE + cues).at(0.5, lambda rig: rig.say("hold")).at(1.0, go)
    told = story.at(1.2, lambda rig: rig.say("resume")).at(1.6, go).tell(until_s=4.0)
    assert told.verdicts() == {"1": "refused", "1'": "landed"}


@pytest.mark.parametrize(
    ("never", "why"),
    [
        (cue("1", None, "far", f"{GO}, land_after: 100 ms"), "needs"),
        (cue("1", None, "0.50 m", GO), "cannot be reached"),
    ],
)
def test_go_on_a_cue_that_cannot_land_says_why_and_stands_by_on_the_next(tmp_path: Path, never: str, why: str) -> None:
    story = Story(tmp_path, HOUSE + never + cue("2", None, "mid", GO)).at(1.0, go).at(2.0, go)
    told = story.tell(until_s=4.5)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert why in told.reason("1")
    assert told.replies[0].startswith("cue 1 is refused: ")
    assert told.replies[0].endswith("; cue 2 stands by")
    assert told.row("1").target in ("far", "0.50 m")


def test_a_refused_cue_by_two_routes_is_told_once(tmp_path: Path) -> None:
    cues = cue("1", None, "0.50 m", "on: [{osc: /desk/1}, {msc: 1}]")
    story = Story(tmp_path, HOUSE + cues).at(1.0, lambda rig: rig.hear("osc", "/desk/1"))
    told = story.at(1.1, lambda rig: rig.hear("msc", "go 1")).tell(until_s=3.0)
    assert told.verdicts() == {"1": "refused"}


@pytest.mark.parametrize("hindered", ["hold", "disengage", "panic"])
def test_a_trigger_by_two_routes_that_a_still_axis_refuses_is_told_once(tmp_path: Path, hindered: str) -> None:
    """Its cue goes on standing by: after the repeat guard a GO is a trigger of its own."""
    cues = cue("1", None, "far", "on: [{manual: GO}, {osc: /desk/1}, {msc: 1}]") + cue("2", None, "mid", GO)
    story = Story(tmp_path, HOUSE + cues).at(0.5, lambda rig: rig.say(hindered))
    story = story.at(0.8, lambda rig: rig.say("arm")).at(1.0, lambda rig: rig.hear("osc", "/desk/1"))
    story = story.at(1.02, lambda rig: rig.hear("msc", "go 1", source="msc")).at(1.1, go)
    story = story.at(1.5, lambda rig: rig.say("resume")).at(1.6, lambda rig: rig.say("engage")).at(2.0, go)
    told = story.tell(until_s=4.5)
    assert [(row.cue, row.verdict) for row in told.rows] == [("1", "refused"), ("1", "landed")]
    again = [one for one in told.happenings("state") if "suppressed" in one]
    assert [(one["suppressed"], one["route"], one.get("refused")) for one in again] == [
        ("1", "msc", True),
        ("1", "tell", True),
    ]
    assert "cue 1 was refused to desk 100.0 ms before: one trigger" in told.replies


@pytest.mark.parametrize("camera", ["A", "B"])
@pytest.mark.parametrize("after_s", [0.6, 0.9, 1.0, 1.1, 1.3, 1.6, 2.0, 3.0])
def test_a_rack_that_turns_one_back_lands_when_it_was_promised(tmp_path: Path, camera: str, after_s: float) -> None:
    """The first has hardly begun, or is well under way: it is stopped, the slack taken up, and pulled back in time."""
    marks = f"marks: {{A: {MARKS}, B: {MARKS}}}"
    cues = cue("1", None, "near", f"{GO}, camera: {camera}")
    cues += cue("2", None, "far", f"on: {{manual: X}}, pull: 4 s, camera: {camera}")
    cues += cue("3", None, "near", f"on: {{manual: Y}}, camera: {camera}")
    show = HOUSE.replace("marks: {A: {near: 1.15 m, mid: 1.50 m, far: 3 m, back: 6 m}}", marks) + cues
    story = Story(tmp_path, show, rig=RIG).at(0.5, fire("1"))
    story = story.at(4.0, fire("2")).at(4.0 + after_s, fire("3"))
    told = story.tell(until_s=9.0)
    assert told.verdicts() == {"1": "landed", "2": "replaced", "3": "landed"}
    row, record = told.row("3"), next(one for one in told.records.values() if one.rack.cue == "3")
    assert record.rack.sharp_ns == record.rack.land_ns
    assert f"lands in {(row.planned_s or 0) * 1e3:.3f}"[:13] in told.replies[-1]
    near, far = record.rack.band.near_ring, record.rack.band.far_ring
    lens = told.lens(f"{camera}.focus", 4.0 + after_s + (row.planned_s or 0) + 0.025)
    assert near - 1e-4 <= lens <= far + 1e-4


def test_a_rack_to_where_the_lens_stands_has_nothing_to_pull(tmp_path: Path) -> None:
    """Set-points lead the motor past the place where a settling move ends: the lens does not follow them there."""
    show = HOUSE.replace("marks: {A:", "marks: {B:").replace("camera: A", "camera: B")
    show += cue("1", None, "far", "on: {manual: X}, pull: 300 ms") + cue("2", None, "far", GO)
    story = Story(tmp_path, show, rig=RIG).at(1.0, fire("1")).at(3.0, lambda rig: rig.say("disengage"))
    told = story.at(3.5, lambda rig: rig.say("engage", "B", "confirm")).at(5.0, go).tell(until_s=8.0)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert told.reason("2") == "nothing to pull: it was there already"


def test_what_tell_turned_down_is_refused_and_says_why_in_words(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "mid", "on: {manual: X}")
    story = Story(tmp_path, HOUSE + cues).at(1.0, lambda rig: rig.latch(Latch.HOLD | Latch.HAND, "A.focus"))
    story = story.at(1.2, fire("1")).at(1.3, lambda rig: rig.say("status")).at(1.4, lambda rig: rig.say("resume"))
    story = story.at(1.6, lambda rig: rig.unplug("A.focus")).at(3.0, fire("2")).at(3.1, lambda rig: rig.say("status"))
    told = story.tell(until_s=5.0)
    assert told.verdicts() == {"1": "refused", "2": "refused"}
    assert told.reason("1") == "A.focus is stopped by HOLD and HAND"
    assert told.reason("2").startswith("motor fault: ")
    assert [reply for reply in told.replies if "stopped by HOLD and HAND" in reply and reply.startswith("no_signal")]
    assert told.replies[-1].startswith("no_signal; A.focus: ")


@pytest.mark.parametrize(
    ("slate", "says"),
    [
        ("12 B", "slate 12 B"),
        ("", "needs a text"),
        (" ", "needs a text"),
        ("a\nb", "control characters"),
        ("x" * 201, "200 letters, not 201"),
    ],
)
def test_a_slate_is_a_line(tmp_path: Path, slate: str, says: str) -> None:
    story = Story(tmp_path, HOUSE + cue("1", None, "far", GO)).at(1.0, lambda rig: rig.say("slate", "", slate))
    assert says in story.tell(until_s=2.0).replies[-1]


def test_a_rack_by_speed_to_where_the_lens_is_already_has_nothing_to_pull(tmp_path: Path) -> None:
    cues = cue("T", None, "far", f"{GO}, pull: {{speed: 40 %/s}}")
    story = Story(tmp_path, f"{HOUSE}{cues}", takes=1)
    for number in range(3):
        story.at(1.0 + 3.0 * number, fire("T"))
    told = story.tell(until_s=11.0)
    assert [row.verdict for row in told.rows] == ["landed"] * 3


@pytest.mark.parametrize(
    ("land_after_ms", "severity", "said"),
    [
        (600, None, ""),
        (550, None, ""),
        (540, "note", "from near the pull is shortened to 597 ms, to land in time"),
        (400, "note", "from near the pull is shortened to 440 ms, to land in time"),
        (300, "note", "from near the pull is shortened to 327 ms, to land in time"),
        (278, "note", "from near the pull is shortened to 302 ms, to land in time"),
        (270, "warning", "from near it needs 274 ms at least, latency included"),
        (100, "warning", "from near it needs 274 ms at least, latency included"),
    ],
)
def test_check_says_where_a_rack_lands_in_time_by_a_shorter_pull_and_where_it_cannot(
    tmp_path: Path, land_after_ms: int, severity: str | None, said: str
) -> None:
    """From the farthest mark, once it was reached in the direction in which no slack is taken up."""
    cues = cue("0", None, "0.8 m", "on: {osc: /by}") + cue("1", None, "near", "on: {osc: /from}")
    cues += cue("2", None, "far", f"on: {{osc: /go}}, land_after: {land_after_ms} ms")
    tale = Story(tmp_path, HOUSE + cues)
    for at_s, key in ((1.0, "/by"), (3.0, "/from"), (5.0, "/go")):
        tale.at(at_s, partial(hear, key))
    told = tale.tell(until_s=8.0)
    assert told.verdicts()["2"] == ("refused" if severity == "warning" else "landed")
    found = check(tmp_path / "show.yaml", tmp_path / "rig.yaml").complaints
    of_landing = [one for one in found if one.where == "cues.2.land_after"]
    assert [one.severity for one in of_landing] == [severity] * bool(severity)
    assert all(said in one.problem for one in of_landing), of_landing


def hear(key: str, rig: StoryRig) -> None:
    rig.hear("osc", key)
