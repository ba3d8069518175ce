"""The cue stack: every trigger once and in time, cues that wait and follow, and pulls as long as a desk says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import decode_journal
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Latched
from cuefocus.engine.session import Session
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.scenes import RIG, SOLO_RIG, cue
from tests.stories.stacked import BOTH, GO, HOT, HOUSE, THREE, hear, say, story, suppressed
from tests.stories.told import Told

# --- once ---


def test_a_double_go_is_told_with_its_routes_and_other_lists_are_free(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "mid", GO) + cue("b", None, "far", "camera: B, on: {manual: B}")
    tale = Story(tmp_path, BOTH + cues, rig=RIG).at(1.0, say("go")).at(1.2, say("go", source="osc:desk"))
    told = tale.at(1.25, say("go", value="B")).tell(until_s=4.0)
    assert told.verdicts() == {"1": "landed", "b": "landed"}
    assert suppressed(told) == [("GO GO", "osc:desk", "tell")]
    event = next(one for one in told.happenings("state") if "suppressed" in one)
    assert event["age_ms"] == pytest.approx(200.0, abs=0.01)


def test_one_cue_by_two_networks_and_msc_is_one_and_each_other_route_is_named(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: [{osc: /desk/1}, {msc: 1}]") + cue("2", None, "mid", GO)
    first, second = hear("osc", "/desk/1", "osc:10.0.0.5"), hear("osc", "/desk/1", "osc:10.1.0.5")
    told = story(tmp_path, cues, (1.0, first), (1.002, second), (1.05, hear("msc", "go 1", "msc")), until_s=3.0)
    assert told.verdicts() == {"1": "landed"}
    assert suppressed(told) == [("1", "osc:10.1.0.5", "osc:10.0.0.5"), ("1", "msc", "osc:10.0.0.5")]
    assert [one["unfired"] for one in told.happenings("state") if "unfired" in one] == ["1", "1"]


def test_go_just_after_the_desk_fired_its_cue_was_meant_for_that_cue(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: [{manual: GO}, {osc: /desk/1}]") + cue("2", None, "mid", GO)
    told = story(tmp_path, cues, (1.0, hear("osc", "/desk/1")), (1.1, say("go")), (3.0, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert suppressed(told) == [("1", "tell", "desk")]
    assert told.row("2").source == "tell"
    assert told.replies[0] == "cue 1 was fired by desk 100.0 ms before: one trigger"


def test_the_desk_just_after_go_fired_its_cue_was_meant_for_that_cue(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: [{manual: GO}, {osc: /desk/1}]") + cue("2", None, "mid", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (1.1, hear("osc", "/desk/1")), (2.0, say("go")))
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_a_desk_that_sends_every_packet_twice_says_each_word_once(tmp_path: Path) -> None:
    twice = [(1.0, "next"), (1.0005, "next"), (1.3, "next"), (1.3005, "next"), (1.6, "back"), (1.6005, "back")]
    hands = [(at_s, say(word, source="osc:companion")) for at_s, word in twice]
    told = story(tmp_path, THREE, *hands, (2.0, say("standby")), until_s=3.0)
    assert told.replies[-1] == "cue 2 stands by in GO"
    assert told.replies[0] == told.replies[1], "the copy is answered as the word was"
    assert [what for what, _, _ in suppressed(told)] == ["next", "next", "back"]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("a:disarm a:arm a:disarm", id="the last word counts"),
        pytest.param("a:arm a:disarm a:arm", id="whichever it is"),
        pytest.param("a:arm a:arm* a:disarm a:disarm a:arm a:arm*", id="a desk that says all twice"),
        pytest.param("a:disarm a:arm a2:disarm* a2:arm*", id="a second network brings all of it"),
        pytest.param("a:disarm a2:disarm* a:arm a2:arm* a:disarm a2:disarm*", id="or at the same time"),
        pytest.param("a:disarm a:arm b:disarm a2:disarm a2:arm*", id="somebody else's disarm stands"),
        pytest.param("a:disarm a:arm b:disarm b:arm", id="another desk says the same"),
        pytest.param("a:arm b:arm* a2:arm* b2:arm*", id="what does not disarm is one, whoever says it"),
        pytest.param("a:disarm a:arm b:arm* b:disarm b:arm", id="what comes in another order is meant"),
        pytest.param("a:disarm b:arm a:disarm", id="two desks that do not agree"),
        pytest.param("a:disarm tell:arm a:disarm", id="somebody at the machine"),
        pytest.param("a:resume a:hold a:resume", id="a stop comes between anything"),
        pytest.param("a:hold a:resume b:hold b:resume", id="and is obeyed each time"),
        pytest.param("a:next a:back a:next", id="one standby"),
        pytest.param("a:next a:arm a:next*", id="another thing does not count"),
    ],
)
def test_a_word_is_a_copy_only_while_nothing_else_was_said_of_the_same(tmp_path: Path, words: str) -> None:
    """Within a few milliseconds; a star marks what is a copy, a 2 what came by the second network of who said it."""
    spoken = [one.split(":") for one in words.split()]
    hands = [
        (1.0 + 0.001 * at, say(what.rstrip("*"), source=who.rstrip("2"), route=int(who.endswith("2"))))
        for at, (who, what) in enumerate(spoken)
    ]
    told = story(tmp_path, THREE, *hands, until_s=2.0, takes=9)
    assert len(told.replies) == len(spoken)
    copies = [(what.rstrip("*"), who.rstrip("2")) for who, what in spoken if what.endswith("*")]
    assert [(what, route) for what, route, _ in suppressed(told)] == copies


@pytest.mark.parametrize("stop", ["hold", "panic", "release", "disarm", "disengage"])
@pytest.mark.parametrize("lift", ["resume", "arm", "engage"])
@pytest.mark.parametrize("route", ["osc:a", "tell"])
def test_a_stop_that_overtakes_an_earlier_word_on_its_way_stands(
    tmp_path: Path, stop: str, lift: str, route: str
) -> None:
    """Stops have a way of their own, past all that waits: what was said before them is heard after them."""
    hands = (1.0, say(stop, source="osc:b")), (1.001, say(lift, source=route, age_s=0.01)), (1.5, say("status"))
    told = story(tmp_path, THREE, *hands, until_s=2.0, takes=9)
    assert told.replies[1] == f"{lift} was said before {stop}, which holds; say it again if it is still meant"
    assert told.happenings("state")[-1]["engaged"] == [] or stop == "hold"
    assert f"{route}: {told.replies[1]}" in told.alarms
    later = story(tmp_path, THREE, hands[0], (1.1, say(lift, source=route)), until_s=2.0, takes=9)
    assert "was said before" not in later.replies[1]


@pytest.mark.parametrize("stop", ["hold", "panic", "release"])
@pytest.mark.parametrize("lift", ["resume", "arm", "engage"])
def test_a_stop_that_only_motion_has_heard_overtakes_earlier_words_too(tmp_path: Path, stop: str, lift: str) -> None:
    """While nobody conducts stops go to motion, and all else waits for the successor."""

    def stops(rig: StoryRig) -> None:
        rig.latch(Latch[stop.upper()])

    hands = (1.0, stops), (1.01, say(lift, source="osc:b", age_s=0.05))
    told = story(tmp_path, THREE, *hands, until_s=2.0, takes=9)
    assert told.replies[0] == f"{lift} was said before {stop}, which holds; say it again if it is still meant"
    later = story(tmp_path, THREE, hands[0], (1.1, say(lift, source="osc:b")), until_s=2.0, takes=9)
    assert "was said before" not in later.replies[0]


@pytest.mark.parametrize(
    ("stops", "lift", "by"),
    [
        ("hold A", "resume B", ""),
        ("hold A.focus", "resume B.focus", ""),
        ("hand A", "resume B", ""),
        ("disengage A", "engage B", ""),
        ("hold A", "resume A.focus", "hold A"),
        ("hold A", "resume", "hold A"),
        ("hold A", "engage A", "hold A"),
        ("hold A", "arm", "hold A"),
        ("hold", "resume B", "hold"),
        ("hold,hold A", "resume B", "hold"),
        ("hold Z", "resume B", "hold Z"),
        ("hold B,hold A", "resume B", "hold B"),
        ("panic A", "resume B", "panic A"),
        ("release A", "engage B", "release A"),
        ("disarm", "resume B", "disarm"),
    ],
)
def test_a_stop_overtakes_words_of_the_axes_that_it_holds(tmp_path: Path, stops: str, lift: str, by: str) -> None:
    """Whoever lets another axis move again does not wait for this one; what disarms is for all."""
    cues = BOTH + cue("1", None, "far", GO)
    story_ = Story(tmp_path, cues, rig=RIG, takes=9)
    for at, stop in enumerate(stops.split(",")):
        story_.at(1.0 + 0.001 * at, say(*stop.split(), source="osc:b"))
    story_.at(1.01, say(*lift.split(), source="osc:a", age_s=0.03))
    told = story_.tell(until_s=2.0)
    if by:
        assert told.replies[-1] == f"{lift} was said before {by}, which holds; say it again if it is still meant"
    else:
        assert "was said before" not in told.replies[-1]


def test_a_stop_of_one_axis_that_only_motion_has_heard_overtakes_words_of_that_axis(tmp_path: Path) -> None:
    def answered(lift: str, latch: Latch) -> str:
        story_ = Story(tmp_path, BOTH + cue("1", None, "far", GO), rig=RIG, takes=9)
        story_.at(1.0, lambda rig: rig.latch(latch, "A.focus"))
        return story_.at(1.01, say(*lift.split(), source="osc:a", age_s=0.05)).tell(until_s=2.0).replies[0]

    assert "resume A was said before hold" in answered("resume A", Latch.HOLD)
    assert "was said before" not in answered("resume B", Latch.HOLD)
    assert "resume B was said before panic" in answered("resume B", Latch.PANIC)


def said_again(latch: Latch, ago_ms: int = 0) -> Callable[[StoryRig], None]:
    """The conductor finds that somebody has had motion obey a stop, so long ago; it may have stood already."""
    return lambda rig: rig.virtual.tell(Latched("A.focus", rig.clock.now_ns - ago_ms * NS_PER_MS, latch, latch))


@pytest.mark.parametrize("stop", ["hold", "panic", "release", "hand"])
def test_a_stop_that_stands_already_counts_from_when_it_was_said_last(tmp_path: Path, stop: str) -> None:
    """PANIC, resume, and PANIC once more while nobody conducted: the resume is older than what it would take back."""
    latch = Latch[stop.upper()]

    def answered(again_ms: int, resume_ms: int) -> Told:
        """A stop at 1 s, heard of at 1.5 s when it had been said again, and a resume that waited meanwhile."""
        resume = say("resume", source="osc:b", age_s=(1500 - resume_ms) / 1000)
        hands = (1.0, lambda rig: rig.latch(latch)), (1.5, said_again(latch, 1500 - again_ms)), (1.5, resume)
        return story(tmp_path, THREE, *hands, until_s=2.0, takes=9)

    told = answered(again_ms=1300, resume_ms=1200)
    assert told.replies == [f"resume was said before {stop}, which holds; say it again if it is still meant"]
    assert told.replies[0] in told.alarms[-1]
    for again_ms in (1000, 1300):
        assert "may move again" in answered(again_ms, resume_ms=1400).replies[0]


def test_a_stop_that_others_say_just_after_one_that_was_said_here_is_another(tmp_path: Path) -> None:
    hands = (1.0, say("panic", source="osc:b")), (1.5, said_again(Latch.PANIC, 420)), (1.5, say("resume", age_s=0.45))
    told = story(tmp_path, THREE, *hands, until_s=2.0, takes=9)
    assert told.replies[-1] == "resume was said before panic, which holds; say it again if it is still meant"


@pytest.mark.parametrize(("ago_ms", "armed"), [(0, False), (400, True)], ids=["said again", "heard of already"])
def test_panic_said_again_takes_back_what_was_said_meanwhile(tmp_path: Path, ago_ms: int, armed: bool) -> None:
    panic = Latch.PANIC
    hands = (1.0, lambda rig: rig.latch(panic)), (1.0, said_again(panic)), (1.2, say("arm"))
    told = story(tmp_path, THREE, *hands, (1.4, said_again(panic, ago_ms)), until_s=2.0, takes=9)
    assert told.armings[-1][1] is armed


def test_a_stop_that_was_refused_overtakes_nothing(tmp_path: Path) -> None:
    hands = (1.0, say("disengage", "Z", source="osc:b")), (1.001, say("arm", source="osc:a", age_s=0.01))
    told = story(tmp_path, THREE, *hands, until_s=2.0, takes=9)
    assert [reply.partition(";")[0] for reply in told.replies] == ["no axis or camera 'Z'", "take 1 is armed already"]


def test_of_stops_that_only_motion_has_heard_the_last_said_counts_whichever_is_told_first(tmp_path: Path) -> None:
    def stops(rig: StoryRig) -> None:
        now_ns = rig.clock.now_ns
        rig.virtual.tell(Latched("A.focus", now_ns - 200 * NS_PER_MS, Latch.HOLD))
        rig.virtual.tell(Latched("A.focus", now_ns - 300 * NS_PER_MS, Latch.HOLD | Latch.PANIC))

    told = story(tmp_path, THREE, (1.0, stops), (1.01, say("arm", source="osc:b", age_s=0.25)), until_s=2.0, takes=9)
    assert told.replies == ["arm was said before hold, which holds; say it again if it is still meant"]


def test_what_was_said_while_nobody_conducted_is_not_overtaken_by_the_hold_of_a_missed_departure(
    tmp_path: Path,
) -> None:
    def wakes(rig: StoryRig) -> None:
        rig.wake_conductor("A.focus")

    told = story(
        tmp_path,
        THREE,
        (1.0, StoryRig.kill_conductor),
        (1.3, wakes),
        (1.31, say("arm", source="osc:b", age_s=0.1)),
        until_s=2.0,
        takes=9,
    )
    assert not [reply for reply in told.replies if "was said before" in reply]


def test_a_copied_go_is_one_where_no_guard_stands_and_two_presses_are_two(tmp_path: Path) -> None:
    rig = SOLO_RIG + "safety: {go_guard_ms: 0}\n"
    desk = say("go", source="osc:companion")
    tale = Story(tmp_path, HOUSE + THREE, rig=rig).at(1.0, desk).at(1.0005, desk).at(1.1, desk)
    told = tale.tell(until_s=4.0)
    assert [row.cue for row in told.rows] == ["1", "2"]
    assert suppressed(told) == [("go", "osc:companion", "osc:companion")]
    assert told.replies[0] == told.replies[1], "the copy is answered as the word was"


def test_at_the_machine_itself_a_key_may_be_as_quick_as_it_is(tmp_path: Path) -> None:
    told = story(tmp_path, THREE, (1.0, say("next", source="key")), (1.005, say("next", source="key")), until_s=2.0)
    assert told.replies == ["cue 2 stands by in GO", "cue 3 stands by in GO"]


def test_the_same_cue_fired_forty_times_in_a_broadcast_lands_forty_times(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: {osc: /1}, pull: 400 ms") + cue("2", None, "mid", "on: {osc: /2}, pull: 400 ms")
    hands = [(1.0 + 0.5 * index, hear("osc", f"/{1 + index % 2}")) for index in range(80)]
    told = story(tmp_path, cues, *hands, until_s=43.0)
    assert [row.verdict for row in told.rows] == ["landed"] * 80
    assert [row.cue for row in told.rows].count("1") == 40


def test_a_trigger_that_fires_nothing_is_told_with_its_reason(tmp_path: Path) -> None:
    told = story(tmp_path, HOT, (1.0, hear("note", "60")), takes=0, until_s=2.0)
    events = [one for one in told.happenings("state") if "unfired" in one]
    assert [(one["unfired"], one["heard"], one["route"]) for one in events] == [("H", "note 60", "desk")]
    assert events[0]["why"] == "cue H heard, but nothing is armed"


def test_a_manual_trigger_is_the_go_of_its_list(tmp_path: Path) -> None:
    told = story(tmp_path, THREE, (1.0, hear("manual", "GO")), (3.0, hear("manual", "GO")), until_s=5.0)
    assert told.verdicts() == {"1": "landed", "2": "landed"}


# --- too late ---


@pytest.mark.parametrize("verb", ["disarm", "disengage", "hold", "panic"])
def test_what_disarms_or_stops_is_never_too_late(tmp_path: Path, verb: str) -> None:
    hands = ((1.0, say(verb, source="osc:desk", age_s=3.0)), (1.5, say("go")))
    told = story(tmp_path, THREE, *hands, until_s=3.0)
    assert not any("expired" in one for one in told.happenings("state"))
    assert told.moved("A.focus", 1.1, 3.0) < 1e-6
    assert "landed" not in told.verdicts().values()


def test_a_desks_word_that_is_heard_too_late_is_told_and_not_obeyed(tmp_path: Path) -> None:
    hands = [(1.0, say("go", source="osc:desk", age_s=0.6)), (1.1, hear("note", "60", age_s=0.501))]
    hands += [(1.2, say("next", source="osc:desk", age_s=2.0)), (1.3, say("standby"))]
    told = story(tmp_path, THREE + HOT, *hands, until_s=3.0)
    assert told.rows == []
    assert told.replies[0] == "go is 600 ms old and expired; say it again if it is still meant"
    assert told.replies[-1] == "cue 1 stands by in GO"
    expired = [one for one in told.happenings("state") if "expired" in one]
    assert [(one["expired"], one["route"]) for one in expired] == [
        ("go", "osc:desk"),
        ("note 60", "desk"),
        ("next", "osc:desk"),
    ]
    assert told.moved("A.focus", 0.5, 3.0) < 1e-6


def test_a_burst_of_old_words_is_one_alarm_a_second_and_no_cue(tmp_path: Path) -> None:
    """A network that stood still lets go of everything at once."""
    told = Story(tmp_path, HOUSE + THREE)
    for number in range(40):
        told.at(1.0, say("go", "123"[number % 3], source="osc:desk", age_s=20.0 - 0.4 * number))
    tale = told.tell(until_s=3.0)
    assert tale.rows == []
    assert len([text for text in tale.alarms if "expired" in text]) == 1
    assert len([one for one in tale.happenings("state") if "expired" in one]) == 40


def test_stops_and_the_operators_own_words_never_expire(tmp_path: Path) -> None:
    hands = [(1.0, say("next", age_s=2.0)), (3.0, say("hold", source="osc:desk", age_s=5.0))]
    told = story(tmp_path, THREE, *hands, (3.2, say("status")), until_s=5.0)
    assert told.replies[0] == "cue 2 stands by in GO"
    assert "HOLD on every axis" in told.replies[1]
    assert "A.focus is stopped by HOLD" in told.replies[2]


# --- waits ---


def waiting(told: Told) -> list[list[object]]:
    """What waited to go in each state that was told, each change once; racks on their way to their moment have gone."""
    shown: list[list[object]] = []
    for one in told.happenings("state"):
        waits = one.get("waiting")
        if isinstance(waits, list):
            cues = [wait["cue"] for wait in waits if wait["for"] != "its moment"]
            if not shown or shown[-1] != cues:
                shown.append(cues)
    return shown


def test_a_pre_wait_is_from_the_trigger_to_where_the_rack_begins(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 1.5 s, land_after: 1 s")
    told = story(tmp_path, cues, (1.0, say("go")), until_s=5.5)
    assert told.verdicts() == {"1": "landed"}
    assert told.replies == ["cue 1 goes in 1.5 s"]
    assert told.moved("A.focus", 0.5, 2.5) < 1e-6
    far = told.lens("A.focus", 5.0)
    assert abs(told.lens("A.focus", 3.52) - far) < 0.02, "it lands 2.5 s after GO"
    assert abs(told.lens("A.focus", 3.2) - far) > 0.02
    assert waiting(told) == [[], ["1"], []]


def test_auto_continue_goes_a_post_wait_after_its_cue_goes(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 500 ms, continue: auto-continue, post_wait: 2 s, land_after: 1 s")
    cues += cue("2", None, "mid", f"{GO}, land_after: 1 s") + cue("3", None, "near", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (1.2, say("standby")), (6.0, say("go")), until_s=8.0)
    assert told.verdicts() == {"1": "landed", "2": "landed", "3": "landed"}
    assert told.replies[1] == "cue 3 stands by in GO", "what goes by itself does not wait for GO"
    assert told.row("2").source == "auto-continue of 1"
    assert told.moved("A.focus", 2.6, 3.5) < 1e-3
    assert abs(told.lens("A.focus", 4.55) - told.lens("A.focus", 5.5)) < 0.02, "it lands 3.5 s after GO"


def test_auto_follow_goes_a_post_wait_after_the_landing_and_so_on(tmp_path: Path) -> None:
    chain = f"{GO}, continue: auto-follow, land_after: 1 s"
    cues = cue("1", None, "far", f"{chain}, post_wait: 500 ms") + cue("2", None, "mid", chain)
    cues += cue("3", None, "near", f"{GO}, land_after: 1 s") + cue("4", None, "back", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (1.1, say("standby")), until_s=7.0)
    assert [(row.cue, row.verdict, row.source) for row in told.rows] == [
        ("1", "landed", "tell"),
        ("2", "landed", "auto-follow of 1"),
        ("3", "landed", "auto-follow of 2"),
    ]
    assert told.replies[1] == "cue 4 stands by in GO"
    assert abs(told.lens("A.focus", 4.52) - told.lens("A.focus", 6.0)) < 0.02, "it lands 1 + 0.5 + 1 + 1 s after GO"
    assert waiting(told) == [[], ["2"], []]


def test_a_chain_goes_along_the_list_whose_go_began_it(tmp_path: Path) -> None:
    both = "on: [{manual: GO}, {manual: A}], continue: auto-follow"
    cues = cue("1", None, "far", both) + cue("g", None, "mid", GO) + cue("a", None, "back", "on: {manual: A}")
    told = story(tmp_path, cues, (1.0, say("go", value="A")), until_s=4.0)
    assert [row.cue for row in told.rows] == ["1", "a"]
    assert [row.cue for row in story(tmp_path, cues, (1.0, say("go")), until_s=4.0).rows] == ["1", "g"]


def test_a_long_chain_goes_on_along_that_list(tmp_path: Path) -> None:
    both = "on: [{manual: GO}, {manual: A}], continue: auto-follow, pull: 300 ms"
    cues = cue("1", None, "far", both) + cue("2", None, "mid", both)
    cues += cue("g", None, "near", GO) + cue("a", None, "back", "on: {manual: A}")
    told = story(tmp_path, cues, (1.0, say("go", value="A")), until_s=6.0)
    assert [row.cue for row in told.rows] == ["1", "2", "a"]


def test_a_go_in_the_midst_of_a_chain_is_the_next_cue_and_the_chain_goes_on(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-follow, post_wait: 2 s") + cue("2", None, "mid", GO)
    cues += cue("3", None, "back", GO) + cue("4", None, "near", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (2.0, say("go")), (4.5, say("standby")), until_s=7.0)
    assert [row.cue for row in told.rows] == ["1", "3", "2"]
    assert told.replies[-1] == "cue 4 stands by in GO", "what went by itself takes nothing back"


def test_a_cue_fired_by_hand_while_it_was_to_follow_goes_once(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-continue, post_wait: 3 s") + cue("2", None, "mid", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (2.5, say("go", "2")), until_s=6.0)
    assert [row.cue for row in told.rows] == ["1", "2"]


BEGUN_ANEW = [
    pytest.param("post_wait: 3 s", "", ((4.6, say("go", "1")),), id="by its number"),
    pytest.param("post_wait: 3 s", "", ((4.4, say("back")), (4.45, say("back")), (4.6, say("go"))), id="by GO"),
    pytest.param("post_wait: 3 s", ", pre_wait: 1 s", ((5.0, say("go", "1")),), id="and waits first"),
    pytest.param("post_wait: 0 s", ", pre_wait: 2 s", ((3.5, say("go", "1")),), id="before it has landed"),
]


@pytest.mark.parametrize(("post", "pre", "again"), BEGUN_ANEW)
def test_a_chain_that_is_begun_anew_is_not_cut_by_what_was_to_follow_before(
    tmp_path: Path, post: str, pre: str, again: tuple[tuple[float, Hand], ...]
) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-follow, pull: 1 s, {post}{pre}")
    cues += cue("2", None, "back", GO) + cue("3", None, "near", GO)
    told = story(tmp_path, cues, (1.0, say("go")), *again, until_s=14.0)
    assert [(row.cue, row.verdict) for row in told.rows] == [("1", "landed"), ("1", "landed"), ("2", "landed")]
    assert told.row("2").source == "auto-follow of 1"
    assert not [alarm for alarm in told.alarms if "does not follow" in alarm]
    (unfired,) = (one for one in told.happenings("state") if "unfired" in one)
    assert (unfired["unfired"], unfired["heard"]) == ("2", "auto-follow of 1")
    assert unfired["why"] == "cue 1 was fired anew"


def test_a_chain_that_is_begun_anew_takes_back_what_still_waits_further_on(tmp_path: Path) -> None:
    chain = f"{GO}, continue: auto-continue"
    cues = cue("1", None, "far", f"{chain}, post_wait: 1 s") + cue("2", None, "mid", f"{chain}, post_wait: 3 s")
    cues += cue("3", None, "back", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (4.5, say("go", "1")), until_s=11.0)
    assert [row.cue for row in told.rows] == ["1", "2", "1", "2", "3"]
    assert [row.verdict for row in told.rows] == ["landed"] * 5


def test_a_chain_that_could_not_be_begun_anew_goes_on_as_it_was(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-follow, post_wait: 3 s, pull: 1 s") + cue("2", None, "back", GO)
    hands = (1.0, say("go")), (3.0, say("go", "1", "travel_ms=20")), (3.5, say("disengage")), (3.6, say("go", "1"))
    told = story(tmp_path, cues, *hands, (3.7, say("engage")), until_s=9.0)
    assert [(row.cue, row.verdict) for row in told.rows][-1] == ("2", "landed")


def test_a_follower_that_is_refused_is_an_alarm_and_so_is_the_end_of_its_chain(tmp_path: Path) -> None:
    chain = f"{GO}, continue: auto-follow, post_wait: 500 ms"
    cues = cue("1", None, "far", chain) + cue("2", None, "mid", chain) + cue("3", None, "back", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (1.8, say("disengage")), until_s=6.0)
    assert told.verdicts()["2"] == "refused"
    assert told.alarms == [
        "cue 2 is refused: A.focus is not engaged",
        "cue 3 does not follow: cue 2 was refused; go 3 fires it",
    ]


def test_a_cue_in_its_pre_wait_is_not_fired_again(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 2 s")
    told = story(tmp_path, cues, (1.0, say("go")), (2.0, say("go", "1")), until_s=6.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.replies[1] == "cue 1 waits already: it goes in 1.0 s"


def test_hold_freezes_a_wait_and_resume_goes_on_with_the_rest_of_it(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 2 s, land_after: 1 s")
    hands = ((1.0, say("go")), (2.0, say("hold")), (2.5, say("status")), (5.0, say("resume")))
    told = story(tmp_path, cues, *hands, until_s=9.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.moved("A.focus", 0.5, 5.9) < 1e-6
    assert abs(told.lens("A.focus", 7.1) - told.lens("A.focus", 8.5)) < 0.02
    held = [one["waiting"] for one in told.happenings("state") if one.get("waiting")][1]
    assert isinstance(held, list)
    assert held[0]["held"] is True
    assert held[0]["due_in_s"] == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("at_s", [1.991, 1.995, 1.999, 2.0])
def test_a_wait_that_would_be_over_before_motion_has_heard_of_a_hold_is_frozen_too(tmp_path: Path, at_s: float) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 1 s")
    told = story(tmp_path, cues, (1.0, say("go")), (at_s, say("hold")), (3.0, say("resume")), until_s=6.0)
    assert told.verdicts() == {"1": "landed"}
    assert told.moved("A.focus", 0.5, 3.0) < 1e-6


@pytest.mark.parametrize(
    ("word", "reason"), [("panic", "PANIC"), ("disarm", "disarmed"), ("take_end", "take ended by")]
)
def test_what_ends_the_take_ends_its_waits_and_says_so(tmp_path: Path, word: str, reason: str) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 2 s")
    told = story(tmp_path, cues, (1.0, say("go")), (1.5, say(word)), takes=1, until_s=5.0)
    assert told.rows == []
    assert told.moved("A.focus", 0.5, 5.0) < 1e-6
    alarm = next(text for text in told.alarms if "goes no more" in text)
    assert alarm.startswith(reason)
    assert alarm.endswith("cue 1 (in 1.5 s)")


def test_what_was_overdue_when_the_take_ended_is_told_as_such(tmp_path: Path) -> None:
    """Nobody conducted when it was to go, and the first word heard again ends the take."""
    hands = (1.0, say("go")), (1.1, lambda rig: rig.say("next", source="osc:desk", in_s=2.0))
    silence = (2.0, StoryRig.kill_conductor), (5.0, StoryRig.wake_conductor), (5.0, say("disarm"))
    told = story(tmp_path, cue("1", None, "far", f"{GO}, pre_wait: 2 s"), *hands, *silence, until_s=6.0)
    assert any(text.endswith("goes no more: cue 1 (overdue by 2.0 s)") for text in told.alarms)
    assert any(text.endswith("forgotten: next (overdue by 1.9 s)") for text in told.alarms)


def test_a_chain_breaks_off_where_its_cue_was_held_and_says_so(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-follow, pull: 2 s") + cue("2", None, "mid", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (2.0, say("hold", "A.focus")), until_s=6.0)
    assert told.verdicts() == {"1": "held"}
    assert "cue 2 does not follow: cue 1 was held; go 2 fires it, resume lets both go on" in told.alarms


@pytest.mark.parametrize("link", ["auto-continue", "auto-follow"])
@pytest.mark.parametrize("stop", ["hold", "disengage"])
def test_a_chain_that_never_began_says_so(tmp_path: Path, link: str, stop: str) -> None:
    """Along the list whose GO was to begin it."""
    both = f"on: [{{manual: GO}}, {{manual: A}}], continue: {link}"
    cues = cue("1", None, "far", both) + cue("2", None, "mid", GO) + cue("a", None, "back", "on: {manual: A}")
    told = story(tmp_path, cues, (1.0, say(stop)), (2.0, say("go", value="A")), until_s=4.0)
    assert told.verdicts() == {"1": "refused"}
    assert told.alarms == ["cue a does not follow: cue 1 was refused; go a fires it"]


@pytest.mark.parametrize("link", ["auto-continue", "auto-follow"])
def test_a_chain_that_a_refused_cue_ends_after_its_pre_wait_says_so(tmp_path: Path, link: str) -> None:
    """By then what was to go by itself stands by no more."""
    cues = cue("1", None, "far", f"{GO}, pre_wait: 1 s, land_after: 100 ms, continue: {link}")
    cues += cue("2", None, "mid", GO) + cue("3", None, "near", GO)
    told = story(tmp_path, cues, (1.0, say("go")), until_s=4.0)
    assert told.verdicts() == {"1": "refused"}
    assert "cue 2 does not follow: cue 1 was refused; go 2 fires it" in told.alarms


def test_a_cue_that_was_to_follow_still_does_where_firing_it_by_hand_was_in_vain(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, continue: auto-continue, post_wait: 2 s") + cue("2", None, "mid", GO)
    hands = (1.0, say("go")), (2.0, say("disengage")), (2.1, say("go", "2")), (2.5, say("engage"))
    told = story(tmp_path, cues, *hands, until_s=6.0)
    assert [(row.cue, row.verdict, row.source) for row in told.rows] == [
        ("2", "refused", "tell"),
        ("1", "landed", "tell"),
        ("2", "landed", "auto-continue of 1"),
    ]


def test_a_chain_ends_at_a_cue_that_is_refused_and_the_one_after_it_stands_by(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, land_after: 100 ms, continue: auto-continue") + cue("2", None, "mid", GO)
    told = story(tmp_path, cues, (1.0, say("go")), (2.0, say("standby")), until_s=4.0)
    assert told.verdicts() == {"1": "refused"}
    assert told.replies[0].endswith("; cue 2 stands by")
    assert told.replies[1] == "cue 2 stands by in GO"


def test_a_wait_that_was_over_while_nobody_conducted_fires_nothing_and_has_its_row(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 1 s") + cue("2", None, "mid", "on: {note: 1}, pre_wait: 2.2 s")
    tale = Story(tmp_path, HOUSE + cues).at(1.0, say("go")).at(1.05, hear("note", "1"))
    told = tale.at(1.2, StoryRig.kill_conductor).at(3.0, StoryRig.wake_conductor).tell(until_s=6.0)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert told.reason("1").startswith("it was to go 1000 ms before anybody conducted")


@pytest.mark.parametrize("by", ["pre-wait", "auto-continue"])
def test_a_wait_that_was_over_a_little_before_anybody_conducted_again_is_refused_for_that(
    tmp_path: Path, by: str
) -> None:
    quick = "land_after: 300 ms, pull: 300 ms"
    if by == "pre-wait":
        cues, late = cue("1", None, "far", f"{GO}, pre_wait: 3 s, {quick}"), "1"
    else:
        cues = cue("1", None, "near", f"{GO}, continue: auto-continue, post_wait: 3 s")
        cues, late = cues + cue("2", None, "far", f"{GO}, {quick}"), "2"
    tale = Story(tmp_path, HOUSE + cues).at(1.0, say("go"))
    told = tale.at(3.5, StoryRig.kill_conductor).at(4.3, StoryRig.wake_conductor).tell(until_s=6.0)
    assert told.verdicts()[late] == "refused"
    assert re.match(r"it was to go 3\d\d ms before anybody conducted again: the pull has ", told.reason(late))


def test_the_same_steps_give_the_same_waits_and_rows(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 500 ms, continue: auto-follow, post_wait: 300 ms")
    cues += cue("2", None, "mid", GO) + cue("3", None, "near", "on: {osc: /3}")
    tale = Story(tmp_path, HOUSE + cues).at(1.0, say("go")).at(1.3, say("hold")).at(2.0, say("resume"))
    tale.at(2.25, hear("osc", "/3", "osc:a")).at(2.26, hear("osc", "/3", "osc:b"))
    tale.journal = tmp_path / "story.journal"
    told = tale.tell(until_s=7.0)
    header, steps, _ = decode_journal(tale.journal.read_bytes(), version=None)
    session = Session(job_of_journal(header), Seed(rings=header.options["rings"], auto_arm=True, takes=1))
    outcomes = [session.step(step.now_ns, step.inbox) for step in steps]
    assert [event for one in outcomes for event in one.events] == [
        event for moment in told.moments for event in moment.outcome.events
    ]
    assert told.verdicts() == {"1": "replaced", "3": "landed"}


@pytest.mark.parametrize("written", ["pre_wait: 2 s", "land_after: 3 s"])
def test_the_calendar_disarms_nothing_while_a_cue_waits(tmp_path: Path, written: str) -> None:
    disarm = say("disarm", value="between-racks", source="calendar")
    hands = (1.0, say("go")), (1.5, disarm), (6.5, disarm)
    told = story(tmp_path, cue("1", None, "far", f"{GO}, {written}"), *hands, until_s=8.0)
    assert told.verdicts() == {"1": "landed"}
    why = "pre-wait" if "pre_wait" in written else "its moment"
    assert told.replies[1:] == [f"under way: cue 1 on A.focus ({why})", "disarmed; the axes hold"]


# --- a desk that says how long ---


@pytest.mark.parametrize("pull_s", [0.6, 2.0])
def test_a_desk_may_say_how_long_the_pull_takes(tmp_path: Path, pull_s: float) -> None:
    value = "" if pull_s == 0.6 else f"travel_ms={pull_s * 1000:.0f}"
    cues = cue("1", None, "far", GO)
    told = story(tmp_path, cues, (1.0, say("go", "1", value, source="midi:desk")), until_s=5.0)
    assert told.verdicts() == {"1": "landed"}
    planned_s = told.rows[0].planned_s
    assert planned_s is not None
    assert pull_s * 0.85 < planned_s < pull_s + 0.3


def test_the_time_of_a_desk_holds_for_that_firing_only_and_through_a_pre_wait(tmp_path: Path) -> None:
    cues = cue("1", None, "far", f"{GO}, pre_wait: 500 ms") + cue("2", None, "near", GO)
    hands = (1.0, say("go", value="travel_ms=2000", source="midi:desk")), (5.0, say("go")), (7.0, say("go", "1"))
    told = story(tmp_path, cues, *hands, until_s=10.0)
    lengths = [(row.cue, row.verdict, row.planned_s) for row in told.rows]
    assert [(name, verdict) for name, verdict, _ in lengths] == [("1", "landed"), ("2", "landed"), ("1", "landed")]
    long_s, short_s = lengths[0][2], lengths[2][2]
    assert long_s is not None
    assert short_s is not None
    assert long_s - short_s == pytest.approx(1.4, abs=0.15)


def test_the_time_of_a_desk_is_for_the_list_it_names(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("b", None, "far", "on: {manual: '2'}")
    hands = (1.0, say("go", value="2 travel_ms=2000", source="midi:desk")), (2.0, say("go", value="3 travel_ms=900"))
    told = story(tmp_path, cues, *hands, until_s=6.0)
    assert told.verdicts() == {"b": "landed"}
    assert told.replies[-1] == "no GO list '3'; have GO, 2"


@pytest.mark.parametrize("wait", ["", ", pre_wait: 500 ms"])
def test_a_cue_that_waits_for_a_timed_go_takes_the_time_that_this_carries(tmp_path: Path, wait: str) -> None:
    cues = cue("1", None, "far", "on: {msc: timed-go 40}" + wait)
    lengths_s = []
    for travel_ns in (2 * NS_PER_S, None):
        told = story(tmp_path, cues, (1.0, hear("msc", "timed-go 40", "midi:desk", travel_ns=travel_ns)), until_s=6.0)
        assert told.verdicts() == {"1": "landed"}
        lengths_s.append(told.rows[0].planned_s or 0.0)
    assert lengths_s[0] - lengths_s[1] == pytest.approx(1.4, abs=0.15)


def test_no_time_at_all_is_as_written_and_one_too_short_is_refused(tmp_path: Path) -> None:
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    hands = (1.0, say("go", "1", "travel_ms=0", source="midi:desk")), (3.0, say("go", "2", "travel_ms=20"))
    told = story(tmp_path, cues, *hands, until_s=6.0)
    assert told.verdicts() == {"1": "landed", "2": "refused"}
    assert "needs" in str(told.rows[-1].reason)


def test_what_follows_a_cue_that_no_go_has_fired_is_as_it_was_in_the_take_before(tmp_path: Path) -> None:
    """In the first take it was the GO of list X that fired it; which list that was ends with the take."""
    both = 'on: [{manual: GO}, {manual: X}, {after: "0"}], continue: auto-continue, post_wait: 1 s'
    cues = cue("0", None, "near", "on: {osc: /zero}") + cue("1", None, "far", both)
    cues += cue("2", None, "mid", GO) + cue("x", None, "back", "on: {manual: X}")
    ready = (0.2, say("arm")), (0.3, say("engage"))
    hands = (1.0, say("go", value="X")), (5.0, say("take_start")), (6.0, hear("osc", "/zero"))
    told = story(tmp_path, cues, *ready, *hands, until_s=12.0, takes=0)
    assert [(row.take, row.cue) for row in told.rows] == [(1, "1"), (1, "x"), (2, "0"), (2, "1"), (2, "2")]


def test_who_is_told_of_a_refusal_by_an_alarm_knows_so_by_its_answer(tmp_path: Path) -> None:
    desk = "midi:desk"
    cues = cue("1", None, "far", GO) + cue("2", None, "near", GO)
    hands = (
        (1.0, say("go", "1", "travel_ms=20", source=desk)),
        (1.01, say("go", "1", "travel_ms=20", source=desk)),
        (2.0, say("go", "2", source=desk, age_s=2.0)),
        (3.0, say("hold", source=desk)),
        (3.1, say("resume", source=desk, age_s=0.2)),
        (4.0, say("go", "9", source=desk)),
    )
    told = story(tmp_path, cues, *hands, until_s=6.0)
    replies = [reply for moment in told.moments for reply in moment.outcome.replies]
    assert [(reply.ok, reply.alarmed) for reply in replies] == [
        (False, True), (False, True), (False, True), (True, False), (False, True), (False, False),
    ]  # fmt: skip
    for reply in replies:
        assert any(reply.text in alarm for alarm in told.alarms) is reply.alarmed
