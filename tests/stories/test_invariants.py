"""Each checker of the invariants fails on a run that breaks what it checks; the run they are shown is a sound one."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace

import pytest

from cuefocus.engine.plan import Latch
from tests.stories.accounted_for import every_motion_has_a_logged_cause, only_the_newest_orders_reach_the_motor
from tests.stories.invariants import (
    a_stop_is_as_quick_as_the_limits_allow,
    check_invariants,
    each_cue_is_told_once,
    nothing_moves_unless_armed_and_engaged,
)
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import ORIGIN_NS, Told
from tests.stories.watched_player import WatchedPlayer
from tests.stories.within_limits import every_set_point_is_inside_the_limits, spline_peak

AXIS = "A.focus"
CUES = cue("1", 3, "far") + cue("2", 5, "near") + cue("T", None, "mid", "on: {manual: GO}")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A rack, a trigger that cuts the next one, and a HOLD in its middle."""
    story = Story(tmp_path_factory.mktemp("sound"), show_text(CUES), Playback().play(8.0))
    story.at(4.75, lambda rig: rig.say("go")).at(5.1, lambda rig: rig.latch(Latch.HOLD, AXIS))
    return story.at(6.5, StoryRig.kill_conductor).tell(until_s=7.0)


def altered(told: Told) -> WatchedPlayer:
    """The axis' player with lists of its own."""
    player = copy(told.players[AXIS])
    player.frames, player.bases, player.starts = list(player.frames), list(player.bases), dict(player.starts)
    return player


def at(player: WatchedPlayer, host_s: float) -> int:
    """The first set-point after a host time, seconds after the sound began."""
    return next(i for i, frame in enumerate(player.frames) if frame.write_ns >= ORIGIN_NS + round(host_s * 1e9))


def moved_by(player: WatchedPlayer, index: int, ring: float) -> None:
    frame = player.frames[index]
    player.frames[index] = replace(frame, ring=frame.ring + ring)


def test_the_run_itself_is_sound(sound: Told) -> None:
    check_invariants(sound)
    assert sound.verdicts()["1"] == "landed"


@pytest.mark.parametrize(
    ("step_ring", "what"),
    [(0.9, "position"), (0.05, "speed"), (0.0022, "acceleration"), (0.0012, "jerk")],
)
def test_one_set_point_astray_breaks_a_limit(sound: Told, step_ring: float, what: str) -> None:
    player = altered(sound)
    moved_by(player, at(player, 4.3), step_ring)  # at rest on `far`
    with pytest.raises(AssertionError, match=what):
        every_set_point_is_inside_the_limits(sound.specs[AXIS], player)


def test_the_peak_of_a_regular_spline_is_three_quarters() -> None:
    assert spline_peak((0.0, 1.0, 2.0, 3.0)) == pytest.approx(0.75)
    assert spline_peak((0.0, 0.5, 1.0, 1.5)) == pytest.approx(1.5)


def test_two_rows_of_a_cue_are_noticed(sound: Told) -> None:
    with pytest.raises(AssertionError):
        each_cue_is_told_once([*sound.rows, sound.row("1")])


def test_motion_of_an_unarmed_axis_is_noticed(sound: Told) -> None:
    unarmed = replace(sound, armings=[(0, False)])
    with pytest.raises(AssertionError, match="moved unasked"):
        nothing_moves_unless_armed_and_engaged(unarmed, AXIS, sound.players[AXIS])


def test_creeping_on_after_a_stop_is_noticed(sound: Told) -> None:
    player = altered(sound)
    moved_by(player, at(player, 5.9), 1e-6)
    with pytest.raises(AssertionError, match="did not stop"):
        a_stop_is_as_quick_as_the_limits_allow(sound, AXIS, player)


def stale_by_record(player: WatchedPlayer, index: int) -> None:
    player.bases[index] = player.bases[index - 40]


def stale_by_value(player: WatchedPlayer, index: int) -> None:
    """The trigger is ignored for one set-point: it comes from the track that the splice was laid over."""
    frame, clock, spec = player.frames[index], player.bases[index].clock, player.spec
    old = player.bases[at(player, 4.7)].orders
    assert old is not None
    x, v, _ = old.track.at(clock.show_at(frame.at_ns + spec.dead_ns))
    player.frames[index] = replace(frame, ring=x + spec.lag_ns * 1e-9 * v * clock.speed)


@pytest.mark.parametrize("stale", [stale_by_record, stale_by_value])
def test_a_set_point_from_older_orders_is_noticed(sound: Told, stale: Callable[[WatchedPlayer, int], None]) -> None:
    player = altered(sound)
    stale(player, at(player, 4.9))
    with pytest.raises(AssertionError, match=r"older orders|stale"):
        only_the_newest_orders_reach_the_motor(sound, AXIS, player)


def test_motion_that_nothing_logged_explains_is_noticed(sound: Told) -> None:
    player = altered(sound)
    moved_by(player, at(player, 4.3), 1e-6)
    with pytest.raises(AssertionError, match="nothing logged says why"):
        every_motion_has_a_logged_cause(sound, AXIS, player)


def test_a_move_that_was_not_told_is_noticed(sound: Told) -> None:
    untold = replace(
        sound,
        moments=[
            replace(m, outcome=replace(m.outcome, events=tuple(e for e in m.outcome.events if "moves" not in e.fields)))
            for m in sound.moments
        ],
    )
    with pytest.raises(AssertionError, match="nothing logged says why"):
        every_motion_has_a_logged_cause(untold, AXIS, sound.players[AXIS])
