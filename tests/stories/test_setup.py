"""Stop and focal length set while the show runs: what has not departed is planned for them, what moves goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import build_job, job_of_journal, options_of
from cuefocus.app.replay import replay
from cuefocus.app.version import code_version
from cuefocus.engine.job import Seed
from cuefocus.engine.ports import Command
from cuefocus.engine.session import TICK_NS, Session
from cuefocus.motion.chain import Link, link
from cuefocus.motion.live import Live
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.shells.journal_file import JournalFileReader
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import LENS, MARKS, SOLO_RIG, cue, show_text
from tests.stories.told import Told

CUES = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 7, "back")
GO = "on: {manual: GO}"
OPEN, STOPPED_DOWN = "stop=2.8", "stop=11"
#: Within 0.254 s this motor makes the pull from near to far at T11, where the band is wide, and not at T2.8.
TIGHT = '  - {cue: "T", act: song, leave: {at: "+3.746 s"}, land: {at: "+4 s"}, to: far}\n'
STOPPED_DOWN_RIG = SOLO_RIG.replace("stop: T2.8", "stop: T11")
ZOOM_LENS = (
    LENS.replace("name: prime", "name: zoom")
    .replace("focal_length: 75 mm", "focal_length: [24 mm, 75 mm]")
    .replace("0.3673", "0.4")
)
TWO_LENSES_RIG = SOLO_RIG.replace("[lens.yaml]", "[lens.yaml, zoom.yaml]")


def sets(value: str, camera: str = "A") -> Callable[[StoryRig], None]:
    """An assistant says what the lens is set to."""
    return lambda rig: rig.say("setup", camera, value)


def go(rig: StoryRig) -> None:
    rig.say("go")


def rack(told: Told, number: str) -> PlannedRack:
    """What was pulled for a cue."""
    return next(record.rack for key, record in told.records.items() if key[2] == number)


def stops(told: Told) -> dict[str, float | None]:
    return {row.cue: row.stop for row in told.rows}


def played(tmp_path: Path, *hands: tuple[float, str], cues: str = CUES, rig: str = SOLO_RIG) -> Told:
    """Nine seconds of the song, with settings at host seconds (media seconds and one)."""
    story = Story(tmp_path, show_text(cues), Playback().play(9.0), rig=rig)
    for at_s, value in hands:
        story.at(at_s, sets(value))
    return story.tell()


# --- racks before, under way and after ---


def test_racks_ahead_are_planned_for_the_stop_last_set_and_land(tmp_path: Path) -> None:
    told, plain = played(tmp_path, (2.0, STOPPED_DOWN)), played(tmp_path)
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert stops(told) == {"1": 11.0, "2": 11.0, "3": 11.0}
    for number in "123":
        assert rack(told, number).land_ns == rack(plain, number).land_ns
        assert rack(told, number).depart_ns > rack(plain, number).depart_ns, "a wider band is entered sooner"
    assert "limited" not in told.reason("1")


def test_a_rack_under_way_is_never_bent(tmp_path: Path) -> None:
    told, plain = played(tmp_path, (3.8, STOPPED_DOWN)), played(tmp_path)
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert stops(told) == {"1": 2.8, "2": 11.0, "3": 11.0}
    assert rack(told, "1") == rack(plain, "1")


@pytest.mark.parametrize("before_s", [0.05, 0.02, 0.0, -0.02])
def test_a_rack_about_to_leave_goes_as_it_was_planned(tmp_path: Path, before_s: float) -> None:
    plain = played(tmp_path)
    leaves_s = (rack(plain, "1").depart_ns - plain.starts_show_ns) * 1e-9
    told = played(tmp_path, (1.0 + leaves_s - before_s, STOPPED_DOWN))
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert (rack(told, "1"), stops(told)["1"], stops(told)["2"]) == (rack(plain, "1"), 2.8, 11.0)


def test_between_racks_the_next_one_is_another_and_the_axis_stays_still(tmp_path: Path) -> None:
    told = played(tmp_path, (4.5, STOPPED_DOWN))
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert stops(told) == {"1": 2.8, "2": 11.0, "3": 11.0}
    assert told.moved("A.focus", 4.4, 5.2) < 1e-4


def test_clear_goes_back_to_what_the_files_say(tmp_path: Path) -> None:
    told, plain = played(tmp_path, (2.0, STOPPED_DOWN), (4.5, "clear")), played(tmp_path)
    assert stops(told) == {"1": 11.0, "2": 2.8, "3": 2.8}
    assert [rack(told, number) for number in "23"] == [rack(plain, number) for number in "23"]


def test_before_playback_and_before_arming(tmp_path: Path) -> None:
    told = played(tmp_path, (-3.0, STOPPED_DOWN))
    assert stops(told) == {"1": 11.0, "2": 11.0, "3": 11.0}
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0), takes=0).at(-3.0, sets(STOPPED_DOWN))
    told = story.at(-2.0, lambda rig: rig.say("arm")).at(-1.9, lambda rig: rig.say("engage")).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert stops(told) == {"1": 11.0, "2": 11.0, "3": 11.0}


# --- too near to its departure for the new band ---


def narrowed_just_before(tmp_path: Path, pull: str, before_s: float) -> Told:
    """T11 to T2.8 at a moment when cue 1 as it was has still to wait, and as it ought to be has not."""
    cues = cue("1", 3, "far", f"pull: {pull}") + cue("2", 5, "near")
    plain = played(tmp_path, cues=cues, rig=STOPPED_DOWN_RIG)
    first = rack(plain, "1")
    leaves_s = (first.depart_ns - first.takeup_ns - plain.starts_show_ns) * 1e-9
    return played(tmp_path, (1.0 + leaves_s - before_s, OPEN), cues=cues, rig=STOPPED_DOWN_RIG)


def test_a_pull_that_would_have_to_leave_too_soon_is_shortened_and_lands(tmp_path: Path) -> None:
    told = narrowed_just_before(tmp_path, "600 ms", 0.115)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert stops(told)["1"] == 2.8
    pulled = rack(told, "1")
    assert 500e6 < pulled.stop_ns - pulled.depart_ns < 600e6
    assert "limited" not in told.reason("1")


def test_one_that_cannot_be_shortened_is_refused_and_the_next_leaves_from_where_the_axis_is(tmp_path: Path) -> None:
    told = narrowed_just_before(tmp_path, "300 ms", 0.1)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert "needs" in told.reason("1")
    assert any("cue 1 cannot land" in alarm for alarm in told.alarms)
    assert told.moved("A.focus", 1.0, 5.0) < 1e-4


# --- what can land no longer, or can now ---


def test_a_rack_that_can_no_longer_land_is_refused_with_the_reason(tmp_path: Path) -> None:
    cues = TIGHT + cue("2", 7, "mid")
    assert played(tmp_path, cues=cues, rig=STOPPED_DOWN_RIG).verdicts() == {"T": "landed", "2": "landed"}
    told = played(tmp_path, (2.0, OPEN), cues=cues, rig=STOPPED_DOWN_RIG)
    assert told.verdicts() == {"T": "refused", "2": "landed"}
    assert "at least; earliest landing 01:00:04" in told.reason("T")
    assert any("cue T cannot land" in alarm for alarm in told.alarms)
    assert rack(told, "2").from_ring == pytest.approx(0.3673), "it leaves from where the refused one would have"


def test_what_was_set_wrong_and_put_right_in_time_lands(tmp_path: Path) -> None:
    told = played(tmp_path, (2.0, OPEN), (3.0, STOPPED_DOWN), cues=TIGHT, rig=STOPPED_DOWN_RIG)
    assert told.verdicts() == {"T": "landed"}


def test_a_rack_that_now_can_land_does(tmp_path: Path) -> None:
    assert played(tmp_path, cues=TIGHT + cue("2", 7, "mid")).verdicts() == {"T": "refused", "2": "landed"}
    told = played(tmp_path, (-3.0, STOPPED_DOWN), cues=TIGHT + cue("2", 7, "mid"))
    assert told.verdicts() == {"T": "landed", "2": "landed"}


def test_a_cue_told_refused_stays_so_in_its_pass_and_lands_in_the_next(tmp_path: Path) -> None:
    playback = Playback().play(6.5).locate(1.0).play(7.0)
    story = Story(tmp_path, show_text(TIGHT + cue("2", 5, "mid")), playback).at(3.0, sets(STOPPED_DOWN))
    assert story.tell().verdicts() == {"T": "refused", "2": "landed", "2/T": "landed", "2/2": "landed"}


def test_a_take_that_ends_first_tells_why_the_rack_was_refused(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(TIGHT), Playback().play(3.0), rig=STOPPED_DOWN_RIG).at(2.0, sets(OPEN))
    assert story.tell().verdicts() == {"T": "refused"}


# --- acts ---

ACTS = f"""schema: cuefocus-show/1
rate: "25"
marks: {{A: {MARKS}}}
defaults: {{camera: A, pull: 600 ms, tolerance: 0.5 frame}}
acts:
  - {{act: song, starts: "01:00:00:00", ends: "01:00:20:00", opening: {{A: near}}}}
  - act: dance
    starts: "02:00:00:00"
    ends: "02:00:20:00"
    setup: {{A: {{lens: zoom#1, stop: T4, focal: 35 mm, marks: {{stage: 2 m}}}}}}
    opening: {{A: mid}}
cues:
  - {{cue: "1", act: song, land: {{at: "+3 s"}}, to: far}}
  - {{cue: "2", act: dance, land: {{at: "+2 s"}}, to: back}}
  - {{cue: "G", on: {{manual: GO}}, to: far}}
"""
DANCE_S = 3600.0


def acts(tmp_path: Path, *hands: tuple[float, Callable[[StoryRig], None]], show: str = ACTS) -> Told:
    """Five and a half seconds of the song, then the dance from just before its start."""
    playback = Playback().play(5.5).locate(DANCE_S - 0.5).play(7.0)
    story = Story(tmp_path, show, playback, rig=TWO_LENSES_RIG, files={"zoom.yaml": ZOOM_LENS})
    for at_s, hand in hands:
        story.at(at_s, hand)
    return story.tell()


def test_the_value_last_set_goes_before_the_next_acts_setup_until_it_is_cleared(tmp_path: Path) -> None:
    assert stops(acts(tmp_path)) == {"1": 2.8, "2": 4.0}
    assert stops(acts(tmp_path, (2.0, sets(STOPPED_DOWN)))) == {"1": 11.0, "2": 11.0}
    assert stops(acts(tmp_path, (2.0, sets(STOPPED_DOWN)), (5.2, sets("clear")))) == {"1": 11.0, "2": 4.0}


def test_a_focal_length_that_the_next_acts_lens_has_not_does_not_count_there(tmp_path: Path) -> None:
    focals = {row.cue: row.focal_mm for row in acts(tmp_path, (6.8, sets("focal_mm=50"))).rows}
    assert focals == {"1": 75.0, "2": 50.0}
    told = acts(tmp_path, (2.0, sets("focal_mm=50")))
    assert told.replies == ["50 mm is outside prime#1: it is a 75 mm prime"]


def test_the_stop_of_an_act_that_is_not_played_yet_is_planned_too(tmp_path: Path) -> None:
    """Cue 2 of the other act, and a jump there right after the value was set."""
    told = acts(tmp_path, (5.45, sets(STOPPED_DOWN)))
    assert told.verdicts() == {"1": "landed", "2/2": "landed"}
    assert stops(told)["2"] == 11.0


# --- triggered cues ---


def test_a_triggered_cue_uses_the_lens_and_stop_of_the_act_that_is_played(tmp_path: Path) -> None:
    told = acts(tmp_path, (5.0, go), show=ACTS)
    assert (told.row("G").stop, told.row("G").focal_mm) == (2.8, 75.0)
    told = acts(tmp_path, (10.5, go), show=ACTS)
    assert told.row("G").verdict == "landed"
    assert (told.row("G").stop, told.row("G").focal_mm) == (4.0, 35.0)


def test_a_triggered_cue_goes_to_the_mark_where_it_stands_in_the_act(tmp_path: Path) -> None:
    moved = ACTS.replace("marks: {stage: 2 m}", "marks: {far: 1.5 m}").replace("lens: zoom#1, ", "")
    moved = moved.replace("focal: 35 mm, ", "")
    told = acts(tmp_path, (10.5, go), show=moved)
    assert told.row("G").verdict == "landed"
    assert rack(told, "G").target_mm == 1500.0
    assert told.lens("A.focus", 11.6) == pytest.approx(0.5038, abs=0.002)


def test_a_triggered_cue_uses_the_value_last_set(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("G", None, "mid", GO)
    story = Story(tmp_path, show_text(cues), Playback().play(7.0)).at(4.5, sets(STOPPED_DOWN)).at(5.0, go)
    told = story.tell()
    assert told.verdicts() == {"1": "landed", "G": "landed"}
    assert stops(told) == {"1": 2.8, "G": 11.0}


def test_a_triggered_rack_under_way_is_left_alone(tmp_path: Path) -> None:
    cues = cue("G", None, "far", GO) + cue("2", 6, "near")
    story = Story(tmp_path, show_text(cues), Playback().play(8.0)).at(3.0, go).at(3.3, sets(STOPPED_DOWN))
    told = story.tell()
    assert told.verdicts() == {"G": "landed", "2": "landed"}
    assert stops(told) == {"G": 2.8, "2": 11.0}


# --- asked, refused, told ---


@pytest.mark.parametrize(
    ("camera", "value", "answer"),
    [
        ("Z", STOPPED_DOWN, "no camera 'Z'; have A"),
        ("", STOPPED_DOWN, "no camera ''; have A"),
        ("A", "stop=1.4", "T1.4 is outside prime#1: it opens to T2"),
        ("A", "focal_mm=50", "50 mm is outside prime#1: it is a 75 mm prime"),
        ("A", "stop=nan", "'stop=nan' is no setting; say stop=2.8, focal_mm=85 or clear"),
        ("A", "stop=0", "'stop=0' is no setting; say stop=2.8, focal_mm=85 or clear"),
        ("A", "iris wide", "'iris wide' is no setting; say stop=2.8, focal_mm=85 or clear"),
    ],
)
def test_what_cannot_be_set_is_refused_with_a_sentence(tmp_path: Path, camera: str, value: str, answer: str) -> None:
    story = Story(tmp_path, show_text(cue("1", 3, "far")), Playback().play(5.0)).at(2.0, sets(value, camera))
    told = story.tell()
    assert told.replies == [answer]
    assert stops(told) == {"1": 2.8}


def test_what_is_set_is_answered_told_and_in_the_status(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(cue("1", 3, "far")), Playback().play(5.0)).at(1.5, sets(""))
    story.at(2.0, sets(STOPPED_DOWN)).at(2.5, lambda rig: rig.say("status")).at(4.6, sets("clear"))
    told = story.tell()
    assert told.replies == [
        "A: T2.8 (rig), 75 mm (rig)",
        "A: T11 (last set), 75 mm (rig)",
        "locked; A: T11 (last set), 75 mm (rig)",
        "A: T2.8 (rig), 75 mm (rig)",
    ]
    setups = [event["setup"]["A"]["stop_by"] for event in told.happenings("state") if "setup" in event]  # type: ignore[index]
    assert "set" in setups
    assert (setups[0], setups[-1]) == ("rig", "rig")


# --- replay, and a conductor that begins again ---


def test_the_journal_of_a_take_with_settings_replays_to_identical_rows_and_plans(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0)).at(2.0, sets(STOPPED_DOWN)).at(4.5, sets("clear"))
    story.at(6.0, sets("stop=5.6"))
    story.journal = tmp_path / "take.journal"
    told = story.tell()
    assert stops(told) == {"1": 11.0, "2": 2.8, "3": 5.6}
    assert [row.as_dict() for row in replay(story.journal).rows] == [row.as_dict() for row in told.rows]


def test_a_successor_that_replays_the_journal_has_the_same_plan_at_every_step(tmp_path: Path) -> None:
    """So a conductor that was killed in the middle goes on without a step in any set-point."""
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0)).at(2.0, sets(STOPPED_DOWN))
    story.journal = tmp_path / "take.journal"
    moments = story.tell().moments
    with JournalFileReader(story.journal, version=code_version()) as reader:
        auto_arm, takes = options_of(reader.header.options)
        rings = {str(name): float(ring) for name, ring in dict(reader.header.options["rings"]).items()}
        session = Session(job_of_journal(reader.header), Seed(rings=rings, auto_arm=auto_arm, takes=takes))
        steps = list(reader.steps())
    assert len(steps) == len(moments)
    for step, moment in zip(steps, moments, strict=True):
        outcome, before = session.step(step.now_ns, step.inbox), moment.outcome
        assert (outcome.clock, outcome.events, outcome.rows) == (before.clock, before.events, before.rows)
        for axis, orders in outcome.plan.axes.items():
            was = before.plan.axes[axis]
            assert (orders.track.segments, orders.attach) == (was.track.segments, was.attach)
    assert session.settings.live == {"A": Live(stop=11.0)}


# --- long shows ---


def test_a_long_show_is_planned_a_bounded_number_of_racks_a_step_the_nearest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("far", "mid", "back", "near")
    cues = "".join(cue(str(n), 5 + n, names[n % 4]) for n in range(600)) + TIGHT.replace("+3.", "+3.0")
    for name, text in (("show", show_text(cues)), ("rig", SOLO_RIG), ("lens", LENS)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    files = tmp_path / "show.yaml", tmp_path / "rig.yaml"
    session, planned = Session(build_job(check(*files)), Seed()), list[str]()

    def counted(request: RackRequest, *rest: Any) -> Link:
        planned.append(request.cue)
        return link(request, *rest)

    monkeypatch.setattr("cuefocus.engine.settings.link", counted)
    session.step(0, [Command("setup", 0, "A", STOPPED_DOWN)])
    assert 0 < len(planned) <= 64
    assert planned[:3] == ["T", "0", "1"]
    for tick in range(1, 40):
        before = len(planned)
        session.step(tick * TICK_NS, [])
        assert len(planned) - before <= 32
    assert len(planned) == 601
    wanted = check(*files, live={"A": Live(stop=11.0)}).compiled
    assert wanted is not None
    assert session.settings.racks(session.act, "A.focus") == wanted.acts["song"].racks["A.focus"]
    assert session.settings.infeasible(session.act) == wanted.acts["song"].infeasible
    session.step(40 * TICK_NS, [Command("setup", 0, "A", "clear")])
    for tick in range(41, 80):
        session.step(tick * TICK_NS, [])
    assert session.settings.racks(session.act, "A.focus") == session.act.racks["A.focus"]
    assert session.settings.infeasible(session.act) == session.act.infeasible


def test_a_stop_that_no_lens_has_is_refused(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(cue("1", 3, "far"))).at(1.0, lambda rig: rig.say("setup", "A", "stop=99"))
    assert story.tell(until_s=2.0).replies == ["T99 is no stop of a lens: none closes beyond T64"]
