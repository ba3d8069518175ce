"""Acts that may be scrubbed: wound to and fro, the axes show where the track is, and nothing is judged."""

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.engine.plan import Latch
from cuefocus.timebase.units import NS_PER_S
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import SOLO_RIG, cue, show_text
from tests.stories.told import ORIGIN_NS, Told

NEAR, MID, FAR, BACK = 0.3673, 0.5038, 0.7342, 0.8543
#: On near until 2.46 s, on far from 3.1 s, on near again from 5.1 s, on back from 7.1 s.
CUES = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 7, "back")
AXIS = "A.focus"


def scrubbed(folder: Path, playback: Playback, cues: str = CUES, *, act: str = "", takes: int = 1) -> Story:
    """A story in an act that may be scrubbed."""
    return Story(folder, show_text(cues, act=f"scrub: true{', ' if act else ''}{act}"), playback, takes=takes)


def clamps(told: Told, axis: str = AXIS) -> set[str]:
    """Every limit that ever cut a set-point; the plan itself is to keep them all, jerk too."""
    return {frame.clamped for frame in told.players[axis].frames if frame.clamped}


def scrubbing(told: Told) -> list[tuple[float, bool]]:
    """When the operator was told that scrubbing began and ended, host seconds after the sound began."""
    news = [(event["host_ns"], event["scrubbing"]) for event in told.happenings("state") if "scrubbing" in event]
    changes = [news[0], *(after for before, after in pairwise(news) if before[1] != after[1])]
    return [((int(str(at_ns)) - ORIGIN_NS) / NS_PER_S, bool(on)) for at_ns, on in changes]


def records(told: Told) -> Sequence[tuple[str, str]]:
    """Lives of all cues at the end."""
    return [(record.rack.cue, record.life.value) for record in told.records.values()]


def test_in_reverse_at_normal_speed_the_lens_goes_back_along_its_racks(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback().play(6.5).play(4.0, speed=-1.0)).tell()
    for step in range(120):
        media_s = 5.2 - step * 0.025
        forward, back = told.lens(AXIS, 1.0 + media_s), told.lens(AXIS, 6.5 + 5.5 - media_s)
        assert back == pytest.approx(forward, abs=0.004), f"at {media_s:.3f} s"
    assert clamps(told) == set()


def test_in_reverse_nothing_is_judged_and_nothing_begins(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback().play(6.5).play(4.0, speed=-1.0)).tell(until_s=10.4)
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    assert records(told) == [("1", "done"), ("2", "done"), ("3", "standing by")]


def test_back_to_play_after_reverse_is_a_new_pass_that_lands(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback().play(6.5).play(4.0, speed=-1.0).play(7.0)).tell()
    landed = {name: "landed" for name in ("1", "2", "2/1", "2/2", "2/3")}
    assert told.verdicts() == landed
    for number in ("1", "2"):
        first, second = told.row(number, pass_=1).error_ms, told.row(number, pass_=2).error_ms
        assert first is not None
        assert second == pytest.approx(first, abs=1.0)
    assert clamps(told) == set()


def test_a_rack_cut_by_reverse_is_held_and_its_axis_then_follows(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback().play(3.75).play(1.5, speed=-1.0)).tell()
    assert told.verdicts() == {"1": "held", "2": "missed", "3": "missed"}
    assert told.reason("1") == "playback runs backwards"
    assert told.lens(AXIS, 5.2) == pytest.approx(NEAR, abs=0.001)
    assert told.alarms == ["playback runs backwards; the axes follow it, no cue fires"]


def test_a_landing_just_before_reverse_is_not_spoilt_by_the_way_back(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback().play(4.25).play(2.0, speed=-1.0)).tell()
    assert told.verdicts()["1"] == "landed"
    assert told.lens(AXIS, 6.2) == pytest.approx(NEAR, abs=0.001)


def test_shuttled_forward_and_back_the_lens_is_where_the_track_is(tmp_path: Path) -> None:
    playback = Playback().play(1.5).play(2.0, speed=4.0).play(0.8, speed=-8.0)
    told = scrubbed(tmp_path, playback).tell(until_s=4.3)
    assert told.lens(AXIS, 2.4) == pytest.approx(FAR, abs=0.001), "at 4.1 s of the media"
    assert told.lens(AXIS, 2.9) == pytest.approx(NEAR, abs=0.001), "at 6.1 s"
    assert told.lens(AXIS, 3.5) == pytest.approx(BACK, abs=0.001), "at 8.5 s"
    assert told.lens(AXIS, 4.0) == pytest.approx(NEAR, abs=0.06), "at 4.5 s, wound too fast for the motor"
    rings = [place.lens_ring for place in told.logs[AXIS] if place.time_ns > ORIGIN_NS]
    assert NEAR - 0.001 < min(rings) <= max(rings) < BACK + 0.001, "no run-up, no overshoot"
    assert clamps(told) == set()
    assert all(record.life.value == "standing by" for record in told.records.values())
    assert told.rows == []


def test_scrubbing_is_told_with_where_playback_is(tmp_path: Path) -> None:
    story = scrubbed(tmp_path, Playback().play(3.0).play(2.0, speed=-1.0).play(1.0))
    told = story.at(4.0, lambda rig: rig.say("status")).tell(until_s=5.9)
    assert told.replies[-1].startswith("locating; scrubbing at 01:00:01:0")
    assert told.replies[-1].endswith(", -1.00×")
    told_at = scrubbing(told)
    assert [on for _, on in told_at] == [False, True, False]
    assert told_at[1][0] == pytest.approx(3.15, abs=0.1)
    assert told_at[2][0] == pytest.approx(5.1, abs=0.1)
    during = [event for event in told.happenings("state") if event.get("scrubbing")]
    assert {event["state"] for event in during} == {"locating"}
    assert all(float(str(event["speed"])) == pytest.approx(-1.0, abs=0.1) for event in during)
    assert len(during) >= 2, "and once a second"
    assert {str(event["timecode"])[:8] for event in during} == {"01:00:01", "01:00:00"}


def test_a_jog_through_zero_follows_to_and_fro(tmp_path: Path) -> None:
    """Over the rack that leaves at 2.46 s: on to 2.85 s, back to 2.4 s."""
    jog = Playback(at_s=2.0)
    for _ in range(2):
        jog.play(1.7, speed=0.5).wind(0.2, to=-0.5, begin=0.5).play(1.7, speed=-0.5).wind(0.2, to=0.5, begin=-0.5)
    told = scrubbed(tmp_path, jog).tell(until_s=7.6)
    places = jog.places()
    at_s = [index / 48_000 for index in range(0, len(places), 4800)]
    highest = max(at_s, key=lambda s: float(places[int(s * 48_000)]))
    assert told.lens(AXIS, highest) > 0.6
    assert told.lens(AXIS, 3.75) == pytest.approx(NEAR, abs=0.005)
    assert told.lens(AXIS, 7.55) == pytest.approx(NEAR, abs=0.005)
    assert told.rows == []
    assert clamps(told) == set()


def test_at_a_crawl_the_lens_creeps_along(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback(at_s=2.64).play(12.0, speed=0.03)).tell(until_s=11.9)
    assert told.lens(AXIS, 7.0) == pytest.approx(0.637, abs=0.01), "as when played, at 2.85 s"
    assert told.states()[-1] == "locating"
    rings = [frame.ring for frame in told.players[AXIS].frames if frame.write_ns > ORIGIN_NS + 7 * NS_PER_S]
    assert max(abs(after - before) for before, after in pairwise(rings)) < 0.002, "without stops and starts"


def test_when_timecode_stops_the_axis_stands_where_it_is(tmp_path: Path) -> None:
    """In the middle of the way back of the rack that leaves at 2.46 s; nothing goes on to anywhere."""
    told = scrubbed(tmp_path, Playback().play(4.5).play(0.65, speed=-1.0).pause(3.0)).tell()
    stopped_s = 4.5 + 0.65
    assert 0.47 < told.lens(AXIS, stopped_s + 0.25) < 0.636, "at 2.85 s, and not much further"
    assert told.moved(AXIS, stopped_s + 0.25, 8.1) < 1e-4
    assert clamps(told) == set()


def test_timecode_that_stops_and_goes_on_is_followed_on(tmp_path: Path) -> None:
    playback = Playback().play(4.5).play(0.75, speed=-1.0).pause(3.0).play(1.0, speed=-1.0)
    told = scrubbed(tmp_path, playback).tell(until_s=9.2)
    assert told.lens(AXIS, 9.1) == pytest.approx(NEAR, abs=0.001)


def located(folder: Path, wound_s: float) -> Told:
    """Playback is located while it is wound back, from near to back, which is no way a rack goes; then it stops."""
    playback = Playback().play(3.0).play(0.4, speed=-4.0).locate(12.0).play(wound_s, speed=-4.0).pause(2.0)
    return scrubbed(folder, playback).tell(until_s=3.4 + wound_s + 1.9)


def test_an_axis_far_from_the_track_goes_there_at_its_settle_speed(tmp_path: Path) -> None:
    told = located(tmp_path, 1.1)
    assert told.lens(AXIS, 3.4) == pytest.approx(NEAR, abs=0.001)
    assert told.lens(AXIS, 4.5) == pytest.approx(BACK, abs=0.001)
    frames = [frame for frame in told.players[AXIS].frames if frame.write_ns > ORIGIN_NS + 3.4 * NS_PER_S]
    spec = told.specs[AXIS]
    top = max(abs(frame.velocity_ring_per_s) for frame in frames)
    assert 0.2 * spec.speed_ring_per_s < top <= 1.05 * spec.settle_fraction * spec.speed_ring_per_s


def test_when_timecode_stops_an_axis_on_its_way_to_the_track_stops_too(tmp_path: Path) -> None:
    told = located(tmp_path, 0.25)
    assert NEAR + 0.05 < told.lens(AXIS, 4.0) < BACK - 0.1
    assert told.moved(AXIS, 3.9, 5.4) < 1e-4


def test_nothing_moves_that_is_not_armed(tmp_path: Path) -> None:
    told = scrubbed(tmp_path, Playback(at_s=4.0).play(3.0, speed=-1.0), takes=0).tell()
    assert told.moved(AXIS, 0.0, 3.0) < 1e-6


def test_nothing_moves_that_is_armed_but_not_engaged(tmp_path: Path) -> None:
    story = scrubbed(tmp_path, Playback(at_s=4.0).play(4.0, speed=-1.0), takes=0)
    told = story.at(0.5, lambda rig: rig.say("arm")).tell()
    assert told.moved(AXIS, 0.0, 4.0) < 1e-6


def test_an_axis_engaged_while_playback_is_wound_goes_to_the_track(tmp_path: Path) -> None:
    story = scrubbed(tmp_path, Playback(at_s=4.2).play(1.2, speed=-1.0).play(1.0, speed=-0.05), takes=0)
    story.at(0.2, lambda rig: rig.say("arm")).at(0.3, lambda rig: rig.say("engage"))
    told = story.tell(until_s=1.25)
    assert told.lens(AXIS, 1.0) == pytest.approx(FAR, abs=0.002)
    assert told.rows == []


def test_scrubbing_over_a_triggered_rack_does_not_fire_it_and_holds_its_target(tmp_path: Path) -> None:
    """Fired on 4.5 s, it holds mid until the scrubbing goes below the departure of cue 2 or cue 1 it came after."""
    cues = cue("1", 3, "far") + cue("T", None, "mid", "on: {manual: GO}") + cue("2", 9, "near")
    playback = Playback().play(7.0).play(2.0, speed=-1.0).play(2.0, speed=-1.0).play(1.0, speed=1.0)
    story = scrubbed(tmp_path, playback, cues).at(5.0, lambda rig: rig.say("go"))
    told = story.tell(until_s=11.9)
    assert told.lens(AXIS, 6.9) == pytest.approx(MID, abs=0.001)
    assert told.moved(AXIS, 6.9, 8.9) < 1e-4, "no uncued move back"
    assert told.lens(AXIS, 10.95) == pytest.approx(NEAR, abs=0.002), "below cue 1 the track holds again"
    fired = [record for record in told.records.values() if record.rack.cue == "T"]
    assert len(fired) == 1
    assert told.verdicts()["T"] == "landed"


def test_a_cue_fired_while_playback_is_wound_lands_and_holds(tmp_path: Path) -> None:
    cues = cue("1", 3, "far") + cue("T", None, "back", "on: {manual: GO}") + cue("2", 9, "near")
    playback = Playback().play(7.0).play(4.7, speed=-1.0)
    story = scrubbed(tmp_path, playback, cues).at(7.5, lambda rig: rig.say("go"))
    told = story.tell(until_s=11.6)
    assert told.verdicts()["T"] == "landed"
    assert told.lens(AXIS, 10.4) == pytest.approx(BACK, abs=0.001), "held while no other rack is scrubbed into"
    assert told.lens(AXIS, 11.55) == pytest.approx(NEAR, abs=0.002), "below cue 1 the track holds again"


def test_a_hand_while_scrubbing_takes_the_axis_and_keeps_it_after_resume(tmp_path: Path) -> None:
    playback = Playback().play(6.5).play(4.0, speed=-1.0).play(4.0)
    story = scrubbed(tmp_path, playback).at(7.2, lambda rig: rig.latch(Latch.HAND, AXIS))
    story.at(8.0, lambda rig: rig.say("resume"))
    told = story.tell()
    assert 0.38 < told.lens(AXIS, 7.5) < 0.73
    assert told.moved(AXIS, 7.45, 10.5) < 1e-4, "the next rack leaves from where the hand left it"
    assert told.verdicts()["2/1"] == "landed"


def test_after_a_hand_rejoin_now_scrubs_on(tmp_path: Path) -> None:
    story = scrubbed(tmp_path, Playback().play(6.5).play(4.0, speed=-1.0), act="rejoin: now")
    story.at(7.2, lambda rig: rig.latch(Latch.HAND, AXIS)).at(8.0, lambda rig: rig.say("resume"))
    told = story.tell(until_s=10.4)
    assert told.moved(AXIS, 7.45, 7.95) < 1e-4
    assert told.lens(AXIS, 8.8) == pytest.approx(FAR, abs=0.002)
    assert told.lens(AXIS, 10.3) == pytest.approx(NEAR, abs=0.002)


@pytest.mark.parametrize("verb", ["hold", "panic"])
def test_a_stop_while_scrubbing_stops(tmp_path: Path, verb: str) -> None:
    story = scrubbed(tmp_path, Playback().play(6.5).play(4.0, speed=-1.0)).at(7.2, lambda rig: rig.say(verb))
    told = story.tell(until_s=10.4)
    assert 0.38 < told.lens(AXIS, 7.5) < 0.73
    assert told.moved(AXIS, 7.45, 10.3) < 1e-4


@pytest.mark.parametrize("held_s", [8.365, 8.37, 8.375, 8.38, 8.385, 8.39])
def test_a_stop_before_a_splice_has_moved_leaves_the_slack_where_it_was(tmp_path: Path, held_s: float) -> None:
    """Before the scrub the axis went down, in it up; it stands, winding goes on, and it is stopped at once."""
    playback = Playback().play(6.5).play(0.75, speed=-1.0).pause(1.0).play(1.0, speed=-1.0)
    turned: list[int] = []
    story = scrubbed(tmp_path, playback).at(held_s, lambda rig: rig.latch(Latch.HOLD, AXIS))
    story.at(held_s + 0.1, lambda rig: turned.append(rig.session.stage.orders[AXIS].direction))
    told = story.tell(until_s=held_s + 0.2)
    assert told.lens(AXIS, held_s) > told.lens(AXIS, 6.6) + 0.1
    assert turned == [1]


def test_the_source_is_lost_while_scrubbing_and_the_axis_holds(tmp_path: Path) -> None:
    playback = Playback().play(6.5).play(0.75, speed=-1.0).play(2.0, speed=-1.0, heard=False)
    told = scrubbed(tmp_path, playback).tell()
    assert told.moved(AXIS, 7.5, 9.2) < 1e-4


def test_a_conductor_that_dies_while_scrubbing_leaves_the_axis_at_rest(tmp_path: Path) -> None:
    story = scrubbed(tmp_path, Playback().play(6.5).play(4.0, speed=-1.0)).at(7.2, StoryRig.kill_conductor)
    told = story.tell(until_s=10.4)
    assert told.moved(AXIS, 7.5, 10.3) < 1e-4
    assert clamps(told) == set()


def test_the_take_does_not_end_while_it_is_scrubbed(tmp_path: Path) -> None:
    playback = Playback(at_s=1.0).play(2.5).play(5.0, speed=-0.3).play(3.5)
    told = scrubbed(tmp_path, playback, act="take_end_s: 2").tell()
    assert told.verdicts()["2/1"] == "landed"


def test_a_steady_wrong_speed_is_scrubbed_where_that_is_allowed(tmp_path: Path) -> None:
    """Elsewhere it is refused by name (see test_speeds)."""
    told = scrubbed(tmp_path, Playback(at_s=-2.0).play(4.5, speed=2.0)).tell(until_s=4.4)
    assert told.rows == []
    assert told.lens(AXIS, 2.8) == pytest.approx(FAR, abs=0.01)
    assert told.lens(AXIS, 4.1) == pytest.approx(NEAR, abs=0.01)


def test_without_scrub_a_wound_act_holds(tmp_path: Path) -> None:
    told = Story(tmp_path, show_text(CUES), Playback().play(6.5).play(4.0, speed=-1.0)).tell()
    assert told.moved(AXIS, 6.7, 10.4) < 1e-4
    assert not any(event.get("scrubbing") for event in told.happenings("state"))
    assert told.alarms == ["playback runs backwards; the axes hold"]


@pytest.mark.parametrize("seed", range(8))
def test_however_it_is_wound_every_limit_is_kept_and_the_next_rack_lands(tmp_path: Path, seed: int) -> None:
    """0.03× to 10×, to and fro, evenly and in sweeps; the plan keeps the limits, so the limiter never has to."""
    dice = random.Random(seed)
    deck, before = Playback(at_s=dice.uniform(0.0, 8.0)).play(dice.uniform(0.0, 1.5)), 1.0
    for _ in range(dice.randint(4, 9)):
        speed = dice.choice([-1.0, 1.0]) * 10 ** dice.uniform(-1.5, 1.0)
        if dice.random() < 0.4:
            deck.wind(dice.uniform(0.2, 0.8), to=speed, begin=before)
        deck.play(dice.uniform(0.2, 1.2), speed=speed)
        if dice.random() < 0.2:
            deck.locate(dice.uniform(0.0, 8.0))
        before = speed
    wound_s = deck.seconds
    deck.pause(1.0).locate(1.0).play(3.0)
    told = scrubbed(tmp_path, deck).tell()
    wound_ns = ORIGIN_NS + round((wound_s + 1.0) * NS_PER_S)
    cut = [frame.clamped for frame in told.players[AXIS].frames if frame.clamped and frame.write_ns < wound_ns]
    assert cut == []
    assert [row.verdict for row in told.rows if row.cue == "1"][-1] == "landed"


def test_a_motor_with_lag_and_dead_time_shows_what_it_shows_in_play(tmp_path: Path) -> None:
    rig = SOLO_RIG.replace("dead_ms: 10", "dead_ms: 40").replace("lag_ms: 10", "lag_ms: 30")
    story = Story(tmp_path, show_text(CUES, act="scrub: true"), Playback().play(6.5).play(4.0, speed=-1.0), rig=rig)
    told = story.tell()
    for step in range(60):
        media_s = 5.2 - step * 0.05
        forward, back = told.lens(AXIS, 1.0 + media_s), told.lens(AXIS, 6.5 + 5.5 - media_s)
        assert back == pytest.approx(forward, abs=0.01), f"at {media_s:.3f} s"


@pytest.mark.parametrize("back_at_s", [5.5, 5.8, 6.05])
@pytest.mark.parametrize("rejoin", ["next-cue", "now"])
def test_wound_about_and_played_on_from_the_same_place_the_axis_goes_back_there(
    tmp_path: Path, rejoin: str, back_at_s: float
) -> None:
    """The clock goes on where it was; the lens was led to another place meanwhile, and belongs on the track again."""
    playback = Playback().play(6.5).play(2.4, speed=-1.0).locate(back_at_s).play(4.0)
    cues = cue("1", 3, "far") + cue("2", 5, "near") + cue("3", 8, "back")
    told = scrubbed(tmp_path, playback, cues, act=f"rejoin: {rejoin}").tell()
    assert told.lens(AXIS, 8.9) == pytest.approx(FAR, abs=0.01), "wound back to where the first rack had landed"
    assert told.lens(AXIS, 8.9 + 1.0) == pytest.approx(NEAR, abs=0.001)
    assert told.row("3").verdict == "landed"
    assert clamps(told) == set()
