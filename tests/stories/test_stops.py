"""HOLD, PANIC, RELEASE and a hand: motion obeys within one tick, whoever is alive; nothing moves at the grab."""

import random
from functools import partial
from pathlib import Path

import pytest

from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Latched
from cuefocus.timebase.units import NS_PER_S
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, SOLO_RIG, cue, show_text
from tests.stories.told import ORIGIN_NS, Told

#: Camera A leaves at about 2.47 s and is in full motion on 2.75 s.
CUES = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 7, "back")
MID_RACK_S = 1.0 + 2.75


def frames_after(told: Told, at_s: float) -> list[float]:
    """Set-points that went out from a moment on."""
    at_ns = ORIGIN_NS + round(at_s * NS_PER_S)
    return [frame.ring for frame in told.players["A.focus"].frames if frame.write_ns >= at_ns]


def test_hold_in_mid_rack_holds_and_after_resume_the_next_cue_lands(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0))
    story.at(MID_RACK_S, lambda rig: rig.say("hold")).at(4.6, lambda rig: rig.say("resume"))
    told = story.tell()
    assert told.verdicts() == {"1": "held", "2": "landed", "3": "landed"}
    assert told.reason("1") == "HOLD"
    assert told.moved("A.focus", 4.2, 5.3) < 1e-4
    assert 0.40 < told.lens("A.focus", 4.5) < 0.73


def test_a_rack_that_should_leave_during_hold_is_held_too(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0))
    story.at(MID_RACK_S, lambda rig: rig.say("hold")).at(6.6, lambda rig: rig.say("resume"))
    told = story.tell()
    assert told.verdicts() == {"1": "held", "2": "held", "3": "landed"}


def test_after_hold_the_next_cue_leaves_from_where_the_lens_is_and_does_not_creep(tmp_path: Path) -> None:
    """The last rack turned the axis, so its motor stands on the other side of its play than when the take began."""
    much_play = SOLO_RIG.replace("backlash_counts: 40", "backlash_counts: 600", 1)
    story = Story(tmp_path, show_text(cue("1", 3, "far") + cue("2", 7, "back")), Playback().play(9.0), rig=much_play)
    told = story.at(4.8, lambda rig: rig.say("hold")).at(5.2, lambda rig: rig.say("resume")).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    [rack] = [record.rack for record in told.records.values() if record.rack.cue == "2"]
    assert rack.from_ring == pytest.approx(told.lens("A.focus", 5.0), abs=2e-4)
    assert rack.takeup_ns == 0, "it goes on the way it went"
    departs_s = 1.0 + (rack.depart_ns - told.starts_show_ns) / NS_PER_S
    assert told.moved("A.focus", 4.6, departs_s) < 1e-4


def test_hold_after_a_landing_leaves_it_landed(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0))
    story.at(4.3, lambda rig: rig.say("hold")).at(4.6, lambda rig: rig.say("resume"))
    assert story.tell().verdicts() == {"1": "landed", "2": "landed", "3": "landed"}


def test_hold_on_one_camera_leaves_the_other_alone(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("B1", 3, "far", "camera: B")
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(5.0), rig=RIG)
    told = story.at(MID_RACK_S, lambda rig: rig.say("hold", "A")).at(7.0, lambda rig: rig.say("resume")).tell()
    assert told.verdicts() == {"1": "held", "B1": "landed"}


@pytest.mark.parametrize("dead", [False, True])
def test_panic_stops_everything_within_one_tick_though_the_conductor_is_dead(tmp_path: Path, dead: bool) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0), takes=2)
    if dead:
        story.at(MID_RACK_S - 0.02, StoryRig.kill_conductor)
    told = story.at(MID_RACK_S, lambda rig: rig.latch(Latch.PANIC)).tell()
    assert 0.40 < told.lens("A.focus", 4.5) < 0.73
    assert told.moved("A.focus", MID_RACK_S + 0.15, 9.0) < 1e-4
    if not dead:
        assert told.verdicts() == {"1": "held"}
        assert told.reason("1") == "PANIC"
        assert told.armings[-1][1] is False, "PANIC disarms, and nothing arms by itself again"


def test_panic_by_command_ends_the_take_and_needs_resume_arm_and_engage(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0), takes=2)
    story.at(MID_RACK_S, lambda rig: rig.say("panic")).at(4.2, lambda rig: rig.say("resume"))
    story.at(4.3, lambda rig: rig.say("arm"))
    told = story.at(6.8, lambda rig: rig.say("engage")).tell()
    assert told.verdicts() == {"1": "held", "2/1/1": "skipped", "2/1/2": "refused", "2/1/3": "landed"}
    assert told.moved("A.focus", 4.2, 6.8) < 1e-4, "armed, but not engaged"


@pytest.mark.parametrize("verb", ["panic", "release"])
@pytest.mark.parametrize("target", ["A", "A.focus", ""])
def test_panic_on_one_axis_disarms_all_says_so_and_arm_alone_moves_nothing(
    tmp_path: Path, verb: str, target: str
) -> None:
    cues = "".join(cue(one, at, to) for one, at, to in (("1", 3, "far"), ("2", 8, "near")))
    cues += "".join(cue(one, at, to, "camera: B") for one, at, to in (("B1", 3, "far"), ("B2", 8, "near")))
    story = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(12.0), rig=RIG, takes=2)
    story.at(MID_RACK_S, lambda rig: rig.say(verb, target)).at(MID_RACK_S + 0.001, lambda rig: rig.say("engage", "B"))
    story.at(5.0, lambda rig: rig.say("resume")).at(5.1, lambda rig: rig.say("arm"))
    told = story.at(10.0, lambda rig: rig.say("take_end")).at(10.1, lambda rig: rig.say("arm")).tell()
    stopped = f"{verb.upper()} on {'A.focus' if target else 'every axis'}"
    assert told.replies[0] == f"{stopped}; all disarmed and disengaged; resume takes back the stop alone"
    assert told.replies[1] == "arm first; then engage", "at once"
    assert {told.verdicts()[one] for one in ("1", "B1")} == {"held"}
    for axis in ("A.focus", "B.focus"):
        assert told.moved(axis, MID_RACK_S + 0.2, 14.0) < 1e-4


def test_disarming_lets_go_where_the_take_is_over_already(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0), takes=5)
    story.at(4.6, lambda rig: rig.say("take_end")).at(4.7, lambda rig: rig.say("disarm"))
    told = story.at(6.0, lambda rig: rig.say("arm")).tell()
    assert told.replies[1] == "nothing was armed; the axes are disengaged now"
    assert [armed for _, armed in told.armings] == [False, True, False, True, False], "none by itself"
    assert told.moved("A.focus", 4.8, 9.0) < 1e-4


@pytest.mark.parametrize("verb", ["panic", "release"])
def test_a_take_that_panic_cut_short_counts_for_none(tmp_path: Path, verb: str) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0), takes=1)
    told = story.at(MID_RACK_S, lambda rig: rig.say(verb)).at(4.2, lambda rig: rig.say("resume")).tell()
    assert told.verdicts() == {"1": "held"}
    assert not told.finished, "the daemon stays"
    assert told.armings[-1][1] is False, "until an operator arms it"
    playback = Playback().play(9.0).pause(3.0).locate(-1.0).play(9.0)
    again = Story(tmp_path, show_text(CUES, act="take_end_s: 2"), playback, takes=1)
    again.at(MID_RACK_S, lambda rig: rig.say(verb)).at(4.2, lambda rig: rig.say("resume"))
    told = again.at(11.0, lambda rig: rig.say("arm")).at(11.1, lambda rig: rig.say("engage")).tell()
    assert told.verdicts() == {"1": "held", "2/1/1": "landed", "2/1/2": "landed", "2/1/3": "landed"}
    assert told.finished


def test_a_take_whose_racks_were_all_done_counts_though_panic_ended_it(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(12.0), takes=1)
    story.at(9.5, lambda rig: rig.say("panic"))
    told = story.at(10.5, lambda rig: rig.say("resume")).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert told.finished
    assert 10.4 < (told.moments[-1].now_ns - ORIGIN_NS) / NS_PER_S < 10.7, "not before it was taken back"


def test_release_takes_the_torque_off_and_no_set_point_follows(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0), takes=2)
    told = story.at(MID_RACK_S, lambda rig: rig.say("release")).tell()
    assert told.verdicts() == {"1": "held"}
    assert told.reason("1") == "RELEASE"
    assert frames_after(told, MID_RACK_S + 0.03) == []


@pytest.mark.parametrize("dead", [False, True])
def test_a_hand_grabs_in_mid_rack_and_nothing_moves_at_the_grab(tmp_path: Path, dead: bool) -> None:
    """The set-points brake from the speed they had; no step, no turning back. Then the hand drives, relative."""
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0))
    if dead:
        story.at(MID_RACK_S - 0.02, StoryRig.kill_conductor)
    story.at(MID_RACK_S, lambda rig: rig.latch(Latch.HAND, "A.focus"))
    for step in range(20):
        story.at(4.2 + step * 0.02, lambda rig: rig.axes["A.focus"].player.hand_by(0.002))
    told = story.at(6.9, lambda rig: rig.say("resume")).tell()
    before = [f for f in told.players["A.focus"].frames if f.write_ns < ORIGIN_NS + round(MID_RACK_S * NS_PER_S)][-1]
    first = frames_after(told, MID_RACK_S)[0]
    assert 0.0 <= first - before.ring <= abs(before.velocity_ring_per_s) * 0.011
    assert told.moved("A.focus", 3.95, 4.2) < 1e-3
    assert told.lens("A.focus", 4.9) - told.lens("A.focus", 4.15) == pytest.approx(0.04, abs=0.002)
    if not dead:
        assert told.verdicts() == {"1": "overridden", "2": "overridden", "3": "landed"}


def test_the_daemon_hears_a_hand_and_resumes_only_on_request(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0))
    told = story.at(MID_RACK_S, lambda rig: rig.say("hand", "A")).tell(until_s=12.0)
    assert told.verdicts() == {"1": "overridden", "2": "overridden", "3": "overridden"}
    assert told.moved("A.focus", 4.2, 9.0) < 1e-4


def test_a_dead_conductor_lets_the_rack_in_flight_land_and_nothing_else_leaves(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0))
    told = story.at(MID_RACK_S, StoryRig.kill_conductor).tell(until_s=9.0)
    assert told.lens("A.focus", 4.3) == pytest.approx(0.7342, abs=0.002)
    assert told.moved("A.focus", 4.2, 9.0) < 1e-4


@pytest.mark.parametrize("verb", ["disarm", "panic", "hold", "take_end"])
@pytest.mark.parametrize("after_ms", [0, 8, 12, 15, 25])
def test_a_stop_just_after_a_landing_holds_what_no_report_tells_of(tmp_path: Path, verb: str, after_ms: int) -> None:
    rig = SOLO_RIG.replace("readback_ms: 2", "readback_ms: 30").replace(
        "quantum_counts: 4", "quantum_counts: 4, readback_ms: 30"
    )
    story = Story(tmp_path, show_text(cue("1", 3, "far")), Playback().play(5.0), rig=rig)
    told = story.at(4.0 + after_ms / 1000, lambda rig: rig.say(verb)).tell()
    assert told.verdicts()["1"] in ("held", "landed")
    if told.verdicts()["1"] == "held":
        assert "position reports ended" not in told.reason("1")


def test_after_the_conductor_was_stopped_over_a_departure_the_reason_says_so(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0)).at(3.2, StoryRig.kill_conductor)
    told = story.at(4.4, lambda rig: rig.wake_conductor("A.focus")).tell()
    assert told.verdicts() == {"1": "missed", "2": "landed", "3": "landed"}
    assert told.reason("1") == "nobody conducted over its departure"


def test_a_stop_while_nobody_conducted_is_told_as_one_though_it_is_heard_long_after_the_landing(tmp_path: Path) -> None:
    stopped_ns: list[int] = []

    def stop(rig: StoryRig) -> None:
        rig.latch(Latch.PANIC)
        stopped_ns.append(rig.clock.now_ns)

    def wake(rig: StoryRig) -> None:
        rig.wake_conductor()
        rig.virtual.tell(Latched("A.focus", stopped_ns[0], Latch.PANIC))  # it waited in the shared memory

    cues = cue("T", None, "far", "on: {manual: GO}")
    story = Story(tmp_path, show_text(cues), Playback().play(9.0)).at(3.0, lambda rig: rig.say("go"))
    told = story.at(3.2, StoryRig.kill_conductor).at(3.3, stop).at(6.5, wake).tell()
    assert told.verdicts() == {"T": "held"}
    assert told.reason("T") == "PANIC"


def test_a_stop_over_a_departure_is_told_as_a_stop_though_nobody_conducted_later(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(CUES), Playback().play(9.0)).at(3.2, lambda rig: rig.say("hold"))
    story.at(4.0, lambda rig: rig.say("resume")).at(4.3, StoryRig.kill_conductor)
    told = story.at(4.5, StoryRig.wake_conductor).tell()
    assert told.verdicts()["1"] == "held"
    assert told.reason("1") == "HOLD"


@pytest.mark.parametrize("turns", [None, 1])
@pytest.mark.parametrize("stop", ["panic", "release", "hold", "hand"])
def test_a_stop_that_was_taken_back_before_motion_told_of_it_ends_nothing_begun_since(
    tmp_path: Path, stop: str, turns: int | None
) -> None:
    """Stop, resume, arm and engage in one packet: motion tells of the stop once all four were obeyed."""
    dice = random.Random(turns) if turns is not None else None
    cues = cue("1", 3, "far") + cue("T", None, "back", "on: {manual: GO}, pull: 800 ms") + cue("2", 7, "near")
    story = Story(tmp_path, show_text(cues), Playback().play(9.0), takes=0, turns=dice)
    for at_s, words in ((0.2, ("arm", "engage")), (4.2, ("go",)), (4.5, (stop, "resume", "arm", "engage"))):
        for word in words:
            story.at(at_s, partial(StoryRig.say, verb=word))
    told = story.at(8.9, lambda rig: rig.say("disarm")).tell()
    disarms = stop in ("panic", "release")
    assert next(row.verdict for row in told.rows if row.cue == "T") == ("overridden" if stop == "hand" else "held")
    assert [row.verdict for row in told.rows if row.cue == "2"] == ["landed"]
    assert [armed for _, armed in told.armings] == [False, True, False]
    assert [event["take"] for event in told.happenings("take") if event["state"] == "begins"] == [1, 2][: 1 + disarms]
