"""What breaks a run: dropouts, jumps, stops, reverse; and what does not: midnight, drop-frame minutes, lone errors."""

from dataclasses import replace
from itertools import pairwise

import pytest

from cuefocus.chase.clock import ClockState
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading
from tests.chase.simulated import HOST0_NS, Source, act, follow, label, truth

JITTERS = [1_000.0, 1_000_000.0]


def playing(noise_ns: float = 1_000.0, seconds: float = 4.0, rate: str = "25") -> tuple[Source, list[Reading]]:
    source = Source(act(rate).rate, 3, noise_ns=noise_ns)
    return source, source.play("01:00:00:00", seconds)


@pytest.mark.parametrize("noise_ns", JITTERS)
def test_a_dropout_of_400_ms_is_freewheeled_through_without_an_event(noise_ns: float) -> None:
    source, readings = playing(noise_ns)
    source.wait(0.4)
    readings += source.play(source.next_word + 10, 2)
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.DROPOUT]
    assert run.states() == ["no_signal", "locked", "freewheeling", "locked"]
    assert {clock.epoch for clock in run.clocks} == {0}


@pytest.mark.parametrize("noise_ns", JITTERS)
def test_a_dropout_of_5_s_is_lost_and_returns_on_its_line(noise_ns: float) -> None:
    source, readings = playing(noise_ns)
    source.wait(5.0)
    readings += source.play(source.next_word + 125, 2)
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.DROPOUT, ChaseKind.LOST, ChaseKind.RETURNED, ChaseKind.LOCKED]
    assert {clock.epoch for clock in run.clocks} == {0}
    lost = run.at(6.0)
    assert lost.state is ClockState.NO_SIGNAL
    assert lost.speed == 0.0
    assert (run.first(ChaseKind.LOST).stamp_ns - HOST0_NS) / 1e9 == pytest.approx(4.96, abs=0.02)


def test_the_clock_is_good_for_freewheel_ms_after_the_last_good_reading() -> None:
    _, readings = playing()
    run = follow(Follower(act()), readings, until_s=4.5)
    last_ns = readings[-1].stamp_ns
    assert run.clocks[-1].state is ClockState.FREEWHEELING
    assert run.clocks[-1].good_until_ns == last_ns + NS_PER_S
    follower = Follower(act(depart_ns=300 * NS_PER_MS))
    follow(follower, readings, until_s=4.5)
    assert follower.depart_until_ns == last_ns + 300 * NS_PER_MS


def test_uncertainty_grows_in_freewheel() -> None:
    _, readings = playing(20_000.0)
    run = follow(Follower(act(freewheel_ns=20 * NS_PER_S)), readings, until_s=14)
    assert run.at(3.9).uncertainty_ns < run.at(6).uncertainty_ns < run.at(10).uncertainty_ns < run.at(13).uncertainty_ns


def test_ten_seconds_of_freewheel_cost_less_than_20_microseconds() -> None:
    config = act("25", freewheel_ns=20 * NS_PER_S)
    for seed in range(20):
        ppm = (-1.0, 0.0, 1.0)[seed % 3]
        source = Source(config.rate, seed, ppm=ppm, noise_ns=300.0)
        run = follow(Follower(config), source.play("01:00:00:00", 8), until_s=18)
        clock = run.clocks[-1]
        error_ns = abs(clock.show_ns - truth("01:00:00:00", config.rate, clock, 1 + ppm * 1e-6))
        assert clock.state is ClockState.FREEWHEELING
        assert error_ns <= 20_000
        assert error_ns <= 4 * clock.uncertainty_ns


def test_one_late_reading_before_a_dropout_does_not_bend_the_freewheel() -> None:
    source, readings = playing(300.0)
    late = readings[-1]
    readings[-1] = replace(late, stamp_ns=late.stamp_ns + 3 * NS_PER_MS)
    run = follow(Follower(act()), readings, until_s=4.9)
    clock = run.clocks[-1]
    assert clock.state is ClockState.FREEWHEELING
    assert abs(clock.show_ns - truth("01:00:00:00", source.rate, clock)) < 20_000


def test_a_backlog_taken_in_turns_teaches_no_patience_beyond_the_freewheel() -> None:
    """Nobody conducts for 8 s; then messages come a turn's worth at a time, the newest of the first seconds old."""
    _, readings = playing(seconds=12.0)
    follower, turns = Follower(act()), range(4, len(readings) + 4, 4)
    for reading in readings[:100]:
        follower.feed(reading)
        follower.step(reading.stamp_ns + 50 * NS_PER_MS)
    now_ns = readings[-1].stamp_ns + 50 * NS_PER_MS
    for end in turns:
        for reading in readings[100:][end - 4 : end]:
            follower.feed(reading)
        clock, _ = follower.step(now_ns := now_ns + NS_PER_MS // 10)
    assert clock.state is ClockState.LOCKED
    while clock.running:
        clock, _ = follower.step(now_ns := now_ns + 10 * NS_PER_MS)
        assert now_ns <= readings[-1].stamp_ns + NS_PER_S + 20 * NS_PER_MS, "it is followed longer than it is good"


def test_a_clock_told_to_run_on_never_expires() -> None:
    _, readings = playing()
    run = follow(Follower(act(on_loss="run")), readings, until_s=15)
    assert run.clocks[-1].state is ClockState.FREEWHEELING
    assert run.clocks[-1].good_until_ns > run.clocks[-1].host_ns
    assert ChaseKind.LOST not in run.kinds()


def test_a_return_half_a_frame_off_slews_without_a_step() -> None:
    source, readings = playing()
    source.wait(0.42)
    readings += source.play(source.next_word + 10, 3)
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.DROPOUT]
    clocks = [clock for clock in run.clocks if clock.running]
    for before, after in pairwise(clocks):
        assert after.epoch == before.epoch
        step_ns = after.show_ns - before.show_at(after.host_ns)
        assert abs(step_ns) <= 0.051 * (after.host_ns - before.host_ns) + 100_000
    expected_ns = truth("01:00:00:00", source.rate, clocks[-1]) - 20 * NS_PER_MS
    assert abs(clocks[-1].show_ns - expected_ns) < 200_000


@pytest.mark.parametrize("noise_ns", JITTERS)
@pytest.mark.parametrize("step", [50, 5, -75, 90_000])
def test_a_jump_is_believed_after_three_readings(step: int, noise_ns: float) -> None:
    source, readings = playing(noise_ns)
    after = source.play(source.next_word + step, 2)
    run = follow(Follower(act()), readings + after)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.JUMP]
    jump = run.first(ChaseKind.JUMP)
    assert jump.backwards is (step < 0)
    assert jump.epoch == 1
    assert jump.stamp_ns == after[2].stamp_ns
    assert jump.from_show_ns is not None
    assert jump.to_show_ns is not None
    assert jump.to_show_ns - jump.from_show_ns == pytest.approx(step * 40 * NS_PER_MS, abs=3 * noise_ns + 1000)
    assert jump.heard_show_ns == 3600 * NS_PER_S + 99 * 40 * NS_PER_MS
    assert {clock.epoch for clock in run.clocks} == {0, 1}
    until_known = [clock for clock in run.clocks if clock.epoch == 0 and clock.running]
    for clock in until_known[20:]:
        assert abs(clock.show_ns - truth("01:00:00:00", source.rate, clock)) < noise_ns + 2000


def test_a_skipped_frame_is_no_jump() -> None:
    source, readings = playing()
    run = follow(Follower(act()), readings + source.play(source.next_word + 1, 3))
    assert run.kinds() == [ChaseKind.LOCKED]
    assert abs(run.clocks[-1].show_ns - truth("01:00:00:01", source.rate, run.clocks[-1])) < 100_000


@pytest.mark.parametrize("false", ["01:00:07:00", "13:59:59:24", "00:00:00:00", "01:00:02:08"])
def test_a_false_reading_never_moves_the_clock(false: str) -> None:
    source, readings = playing(300.0)
    for at in (40, 41, 60, 63):
        readings[at] = replace(readings[at], label=label(false if at != 41 else "23:00:00:00", source.rate))
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED]
    for clock in run.clocks[40:]:
        assert abs(clock.show_ns - truth("01:00:00:00", source.rate, clock)) < 5_000


@pytest.mark.parametrize("noise_ns", JITTERS)
def test_a_label_twice_is_a_stop_at_once(noise_ns: float) -> None:
    source, readings = playing(noise_ns)
    stood = source.play(source.next_word - 1, 0.04)
    run = follow(Follower(act()), readings + stood, until_s=6)
    stopped = run.first(ChaseKind.STOPPED)
    assert "twice" in stopped.reason
    assert stopped.stamp_ns == stood[0].stamp_ns
    assert run.states() == ["no_signal", "locked", "holding"]
    assert run.clocks[-1].speed == 0.0
    assert run.clocks[-1].show_ns == 3600 * NS_PER_S + 99 * 40 * NS_PER_MS
    assert run.clocks[-1].good_until_ns <= stopped.stamp_ns


def test_a_reading_delivered_twice_is_no_stop() -> None:
    _, readings = playing()
    doubled = [readings[at // 2] for at in range(2 * len(readings))]
    nearly = [replace(one, stamp_ns=one.stamp_ns + at % 2 * 1000) for at, one in enumerate(doubled)]
    for again in (doubled, nearly):
        assert follow(Follower(act()), again).kinds() == [ChaseKind.LOCKED]


@pytest.mark.parametrize("noise_ns", [1_000.0, 100_000.0, 1_000_000.0])
@pytest.mark.parametrize("rest_s", [0.3, 0.6, 1.5])
def test_winding_down_is_a_stop(rest_s: float, noise_ns: float) -> None:
    source, readings = playing(noise_ns)
    readings += source.play(source.next_word, rest_s + 0.3, lambda at_s: max(1 - at_s / rest_s, 0.02))
    run = follow(Follower(act()), readings, until_s=7)
    stopped = run.first(ChaseKind.STOPPED if rest_s < 1 else run.kinds()[1])
    assert (stopped.stamp_ns - HOST0_NS) / NS_PER_S < 4.0 + 0.75 * rest_s
    assert ChaseKind.LOST not in run.kinds()
    assert ChaseKind.JUMP not in run.kinds()
    assert run.clocks[-1].speed == 0.0


def test_stop_and_go_on_from_there_is_a_return() -> None:
    source, readings = playing()
    readings += source.play(source.next_word - 1, 0.04)
    source.wait(2.0)
    readings += source.play(source.next_word, 2)
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.STOPPED, ChaseKind.RETURNED, ChaseKind.LOCKED]
    assert run.first(ChaseKind.RETURNED).epoch == 1


@pytest.mark.parametrize(("again", "backwards"), [("01:00:01:00", True), ("01:00:30:00", False)])
def test_stop_and_go_on_elsewhere_is_a_jump(again: str, backwards: bool) -> None:
    source, readings = playing()
    readings += source.play(source.next_word - 1, 0.04)
    source.wait(2.0)
    readings += source.play(again, 2)
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.STOPPED, ChaseKind.JUMP, ChaseKind.LOCKED]
    assert run.first(ChaseKind.JUMP).backwards is backwards


def test_a_pause_without_a_word_goes_back_to_where_it_was_heard_last() -> None:
    source, readings = playing()
    source.wait(5.0)
    readings += source.play(source.next_word, 2)
    run = follow(Follower(act()), readings)
    jump = run.first(ChaseKind.JUMP)
    assert not jump.backwards, "the clock ran on ahead; playback itself never went back"
    assert jump.heard_show_ns == 3600 * NS_PER_S + 99 * 40 * NS_PER_MS
    assert jump.to_show_ns == 3600 * NS_PER_S + 102 * 40 * NS_PER_MS


@pytest.mark.parametrize("noise_ns", JITTERS)
@pytest.mark.parametrize("speed", [1.0, 0.3, 6.0])
def test_reverse_is_locating(speed: float, noise_ns: float) -> None:
    source, readings = playing(min(noise_ns, 40e6 / speed / 25))
    begun = source.next_word
    back = source.play(source.next_word, 1.5, speed, -1)
    run = follow(Follower(act(scrub=True)), readings + back)
    assert ChaseKind.REVERSE in run.kinds()
    allowed = {ChaseKind.LOCKED, ChaseKind.REVERSE, ChaseKind.SHUTTLE}
    # Three slow words take longer than silence is borne.
    assert set(run.kinds()) <= allowed | ({ChaseKind.DROPOUT} if speed < 0.5 else set())
    clock = run.clocks[-1]
    assert clock.state is ClockState.LOCATING
    assert not clock.running
    assert clock.speed == pytest.approx(-speed, rel=0.1)
    # The later edge of word w is where w begins: a reel played backwards shows the same picture at the same place.
    reached_ns = 3600 * NS_PER_S + (begun - 90_000) * 40 * NS_PER_MS + 40 * NS_PER_MS
    expected_ns = reached_ns - (clock.host_ns - HOST0_NS - 4 * NS_PER_S) * speed
    assert abs(clock.show_ns - expected_ns) < 60 * NS_PER_MS * max(speed, 1)


def test_forward_again_after_reverse_is_a_backward_jump() -> None:
    source, readings = playing()
    readings += source.play(source.next_word, 1.0, 2.0, -1)
    readings += source.play(source.next_word, 2.0)
    run = follow(Follower(act()), readings)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.REVERSE, ChaseKind.JUMP, ChaseKind.LOCKED]
    assert run.first(ChaseKind.JUMP).backwards
    assert run.clocks[-1].running


@pytest.mark.parametrize("speed", [5.0, 20.0])
def test_shuttle_is_locating(speed: float) -> None:
    source, readings = playing()
    run = follow(Follower(act()), readings + source.play(source.next_word, 2.0, speed))
    assert ChaseKind.SHUTTLE in run.kinds()
    assert run.clocks[-1].state is ClockState.LOCATING


@pytest.mark.parametrize(
    ("rate", "starts", "first"),
    [
        ("25", "23:59:00:00", "23:59:58:00"),
        ("29.97df", "23:59:00:02", "23:59:58:00"),
        ("60", "23:59:00:00", "23:59:58:00"),
    ],
)
def test_midnight_is_continuous(rate: str, starts: str, first: str) -> None:
    config = act(rate, starts)
    run = follow(Follower(config), Source(config.rate, noise_ns=300.0).play(first, 5))
    assert set(run.kinds()) <= {ChaseKind.LOCKED, ChaseKind.CHECKING}
    clock = run.clocks[-1]
    assert clock.show_ns > config.rate.day_ns
    assert abs(clock.show_ns - truth(first, config.rate, clock)) < 2_000


def test_an_act_that_starts_after_midnight_is_found_before_it() -> None:
    config = act("25", "00:00:10:00")
    run = follow(Follower(config), Source(config.rate).play("23:59:58:00", 4))
    assert run.at(1).show_ns < 0
    assert run.kinds() == [ChaseKind.LOCKED]


@pytest.mark.parametrize("rate", ["29.97df", "59.94df"])
@pytest.mark.parametrize("first", ["01:00:57:00", "01:09:57:00"])
def test_a_drop_frame_minute_is_continuous(rate: str, first: str) -> None:
    config = act(rate)
    run = follow(Follower(config), Source(config.rate, noise_ns=300.0).play(first, 6))
    assert run.kinds() == [ChaseKind.CHECKING, ChaseKind.LOCKED]
    assert abs(run.clocks[-1].show_ns - truth(first, config.rate, run.clocks[-1])) < 2_000


@pytest.mark.parametrize(("kind", "state"), [("stopped", ClockState.HOLDING), ("lost", ClockState.FREEWHEELING)])
def test_a_source_may_say_itself_that_it_stopped_or_is_gone(kind: str, state: ClockState) -> None:
    _, readings = playing()
    follower = Follower(act())
    follow(follower, readings)
    follower.notice(kind, readings[-1].stamp_ns + 50 * NS_PER_MS)
    clock, events = follower.step(readings[-1].stamp_ns + 60 * NS_PER_MS)
    assert clock.state is state
    assert [event.kind for event in events] == [ChaseKind.STOPPED if kind == "stopped" else ChaseKind.DROPOUT]


def test_the_end_of_a_sound_file_lets_racks_under_way_land() -> None:
    _, readings = playing()
    follower = Follower(act())
    follow(follower, readings)
    follower.notice("ended", readings[-1].stamp_ns + 50 * NS_PER_MS)
    clock, events = follower.step(readings[-1].stamp_ns + 60 * NS_PER_MS)
    assert clock.state is ClockState.FREEWHEELING
    assert [event.kind for event in events] == [ChaseKind.ENDED, ChaseKind.DROPOUT]


def test_a_full_frame_message_ends_the_run_and_shows_where_it_points() -> None:
    source, readings = playing()
    follower = Follower(act())
    follow(follower, readings)
    at_ns = readings[-1].stamp_ns + 50 * NS_PER_MS
    follower.feed(Reading("mtc", label("01:00:20:00", source.rate), False, at_ns, 0.0, 0))
    clock, events = follower.step(at_ns + NS_PER_MS)
    assert clock.state is ClockState.HOLDING
    assert clock.show_ns == 3620 * NS_PER_S
    assert [event.kind for event in events] == [ChaseKind.STOPPED, ChaseKind.LOCATED]
    source.wait(1.0)
    run = follow(follower, source.play("01:00:20:00", 1))
    assert run.kinds() == [ChaseKind.JUMP, ChaseKind.LOCKED]
    assert not run.first(ChaseKind.JUMP).backwards


def test_predicted_uncertainty_is_small_while_readings_come_and_grows_without() -> None:
    _, readings = playing(20_000.0)
    follower = Follower(act(freewheel_ns=60 * NS_PER_S))
    follow(follower, readings)
    ahead_ns = 3630 * NS_PER_S
    calm_ns = follower.predicted_uncertainty(ahead_ns)
    assert calm_ns < 20_000
    follower.step(readings[-1].stamp_ns + 2 * NS_PER_S)
    assert follower.predicted_uncertainty(ahead_ns) > 4 * calm_ns
