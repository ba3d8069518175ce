"""Lock, rate and speed: what is followed, and what is refused by name."""

from fractions import Fraction

import pytest

from cuefocus.chase.clock import ClockState
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.speeds import Speeds, speeds_between
from cuefocus.timebase.frames import RATES, rate_named
from tests.chase.simulated import HOST0_NS, Source, act, exactly, follow, truth

JITTERS = [1_000.0, 30_000.0, 1_000_000.0]
FOLLOWED = {ChaseKind.LOCKED, ChaseKind.CHECKING}


@pytest.mark.parametrize("noise_ns", JITTERS)
@pytest.mark.parametrize("rate", list(RATES))
def test_every_rate_locks_and_shows_the_right_time(rate: str, noise_ns: float) -> None:
    config = act(rate)
    source = Source(config.rate, 5, ppm=40, noise_ns=noise_ns)
    run = follow(Follower(config), source.play("01:00:00:00", 6))
    assert set(run.kinds()) <= FOLLOWED
    assert run.clocks[-1].state is ClockState.LOCKED
    for clock in run.clocks[-200:]:
        error_ns = abs(clock.show_ns - truth("01:00:00:00", config.rate, clock, 1 + 40e-6))
        assert error_ns <= 0.5 * noise_ns + 200


def test_two_agreeing_readings_lock() -> None:
    config = act("25")
    readings = Source(config.rate).play("01:00:00:00", 0.08)
    assert len(readings) == 2
    follower = Follower(config)
    follower.feed(readings[0])
    assert follower.step(HOST0_NS + 50_000_000)[0].state is ClockState.NO_SIGNAL
    follower.feed(readings[1])
    clock, events = follower.step(HOST0_NS + 90_000_000)
    assert clock.state is ClockState.LOCKED
    assert [event.kind for event in events] == [ChaseKind.LOCKED]


def test_two_readings_that_disagree_do_not() -> None:
    config = act("25")
    source = Source(config.rate)
    readings = [source.play(start, 0.04)[0] for start in ("01:00:00:00", "02:10:00:00", "01:00:01:00", "05:00:00:07")]
    run = follow(Follower(config), readings)
    assert run.events == []
    assert run.clocks[-1].state is ClockState.NO_SIGNAL


def test_pairs_count_half_on_the_wire() -> None:
    config = act("50")
    run = follow(Follower(config), Source(config.rate, noise_ns=100.0).play("01:00:00:12", 1))
    assert abs(run.clocks[-1].show_ns - truth("01:00:00:12", config.rate, run.clocks[-1])) < 1000
    assert truth("01:00:00:12", config.rate, run.clocks[0]) == 3600 * 10**9 + 24 * 20_000_000


@pytest.mark.parametrize("noise_ns", JITTERS)
@pytest.mark.parametrize("speed", ["1/2", "2", "26/25", "25/24", "1000/1001"])
def test_a_declared_speed_is_followed(speed: str, noise_ns: float) -> None:
    config = act("25", speeds=exactly(speed))
    run = follow(
        Follower(config), Source(config.rate, 2, noise_ns=noise_ns).play("01:00:00:00", 5, float(Fraction(speed)))
    )
    assert set(run.kinds()) == {ChaseKind.LOCKED}
    assert run.clocks[-1].speed == pytest.approx(float(Fraction(speed)), rel=3e-4)


@pytest.mark.parametrize("noise_ns", JITTERS)
@pytest.mark.parametrize(("speed", "named"), [(2.0, "2.0"), (0.5, "0.5"), (1.04, "1.04")])
def test_an_undeclared_speed_is_refused_and_named(speed: float, named: str, noise_ns: float) -> None:
    config = act("25")
    follower = Follower(config)
    run = follow(follower, Source(config.rate, 2, noise_ns=noise_ns).play("01:00:00:00", 5, speed))
    refused = run.first(ChaseKind.WRONG_SPEED)
    assert refused.refused
    assert refused.reason.startswith("playback runs at ")
    assert refused.reason.endswith("×, act says 1×")
    if noise_ns < 1e5:
        assert f"playback runs at {named}" in refused.reason
    assert follower.refusal
    assert not run.clocks[-1].running
    assert run.clocks[-1].speed == 0.0


def test_several_declared_speeds_are_all_followed() -> None:
    config = act("25", speeds=exactly("1", "2"))
    for speed in (1.0, 2.0):
        assert follow(Follower(config), Source(config.rate).play("01:00:00:00", 2, speed)).kinds() == [ChaseKind.LOCKED]
    assert (
        follow(Follower(config), Source(config.rate).play("01:00:00:00", 2, 1.5)).first(ChaseKind.WRONG_SPEED).refused
    )


def test_a_refused_speed_is_accepted_once_it_is_right() -> None:
    config = act("25")
    source, follower = Source(config.rate), Follower(config)
    run = follow(follower, source.play("01:00:00:00", 2, 1.04) + source.play(50, 2))
    source = Source(config.rate)
    readings = source.play("01:00:00:00", 2, 1.04)
    follower = Follower(config)
    run = follow(follower, readings + source.play(source.next_word, 2))
    assert ChaseKind.ACCEPTED in run.kinds()
    assert follower.refusal == ""
    assert run.clocks[-1].state is ClockState.LOCKED


def test_a_wrong_speed_during_a_take_is_an_alarm_and_ends_the_clock() -> None:
    config = act("25")
    source, follower = Source(config.rate), Follower(config)
    follower.in_take = True
    readings = source.play("01:00:00:00", 3)
    run = follow(follower, readings + source.play(source.next_word, 2, 1.04))
    alarm = run.first(ChaseKind.WRONG_SPEED)
    assert not alarm.refused
    assert (alarm.stamp_ns - HOST0_NS) / 1e9 < 3.6
    assert run.clocks[-1].state is ClockState.HOLDING
    assert run.clocks[-1].good_until_ns <= alarm.stamp_ns


def test_a_machine_that_starts_up_is_waited_for() -> None:
    config = act("25")
    readings = Source(config.rate).play("01:00:00:00", 3, lambda at_s: min(0.2 + at_s, 1.0))
    run = follow(Follower(config), readings)
    assert set(run.kinds()) == {ChaseKind.LOCKED}
    assert 0.7 < (run.first(ChaseKind.LOCKED).stamp_ns - HOST0_NS) / 1e9 < 1.3


@pytest.mark.parametrize(
    ("played", "declared", "said"),
    [
        ("25", "24", "25 fps"),
        ("24", "25", "24 fps"),
        ("30", "24", "30 fps"),
        ("24", "30", "24 fps"),
        ("30", "25", "30 fps"),
    ],
)
@pytest.mark.parametrize("speeds", [Speeds(), speeds_between(0.5, 2.0)], ids=["fixed", "range"])
def test_a_rate_wrong_by_its_labels_is_refused(played: str, declared: str, said: str, speeds: Speeds) -> None:
    config = act(declared, speeds=speeds)
    follower = Follower(config)
    run = follow(follower, Source(rate_named(played)).play("01:00:00:00", 3.5))
    refused = run.first(ChaseKind.WRONG_RATE)
    assert refused.refused
    assert said in refused.reason
    assert declared in refused.reason
    assert run.kinds().count(ChaseKind.WRONG_RATE) == 1
    assert follower.refusal == refused.reason
    assert run.clocks[-1].state is ClockState.HOLDING


@pytest.mark.parametrize(
    ("played", "declared"), [("29.97df", "29.97ndf"), ("29.97ndf", "29.97df"), ("59.94df", "59.94")]
)
def test_a_drop_frame_flag_that_contradicts_is_refused(played: str, declared: str) -> None:
    config = act(declared)
    run = follow(Follower(config), Source(rate_named(played)).play("01:00:00:00", 2))
    assert run.first(ChaseKind.WRONG_RATE).refused
    assert not run.clocks[-1].running


def test_labels_that_drop_frame_skips_are_refused_though_the_flag_is_set() -> None:
    config = act("29.97df")
    source = Source(rate_named("29.97ndf"), drop_flag=True)
    run = follow(Follower(config), source.play("01:00:58:00", 4))
    assert "does not exist" in run.first(ChaseKind.WRONG_RATE).reason


@pytest.mark.parametrize(
    ("played", "declared"),
    [("24", "23.976"), ("23.976", "24"), ("30", "29.97ndf"), ("29.97ndf", "30"), ("60", "59.94")],
)
@pytest.mark.parametrize("noise_ns", [300.0, 30_000.0])
def test_a_twin_rate_is_told_by_its_period_and_refused(played: str, declared: str, noise_ns: float) -> None:
    config = act(declared)
    run = follow(Follower(config), Source(rate_named(played), 3, ppm=80, noise_ns=noise_ns).play("01:00:00:00", 3))
    assert run.kinds() == [ChaseKind.CHECKING, ChaseKind.WRONG_RATE]
    refused = run.first(ChaseKind.WRONG_RATE)
    assert refused.refused
    assert "timecode runs at " in refused.reason
    assert run.clocks[-1].state is ClockState.HOLDING


def test_a_twin_rate_after_a_departure_is_an_alarm_and_followed() -> None:
    config = act("24")
    follower = Follower(config)
    follower.departed = True
    run = follow(follower, Source(rate_named("23.976")).play("01:00:00:00", 3))
    alarm = run.first(ChaseKind.WRONG_RATE)
    assert not alarm.refused
    assert run.kinds().count(ChaseKind.WRONG_RATE) == 1
    assert run.clocks[-1].running
    assert run.clocks[-1].speed == pytest.approx(1000 / 1001, rel=1e-5)


def test_the_right_twin_is_checking_first_and_then_locked() -> None:
    config = act("23.976")
    run = follow(Follower(config), Source(config.rate, ppm=80).play("01:00:00:00", 2))
    assert run.kinds() == [ChaseKind.CHECKING, ChaseKind.LOCKED]
    assert run.states() == ["no_signal", "checking", "locked"]


def test_a_pull_down_that_is_declared_is_no_wrong_rate() -> None:
    config = act("24", speeds=exactly("1", "1000/1001"))
    run = follow(Follower(config), Source(rate_named("23.976")).play("01:00:00:00", 2))
    assert run.kinds() == [ChaseKind.LOCKED]


def test_a_single_impossible_label_refuses_nothing() -> None:
    config = act("24")
    source = Source(rate_named("25"), noise_ns=100.0)
    stray = source.play("01:00:00:24", 0.01)
    readings = Source(config.rate, noise_ns=100.0).play("01:00:00:00", 3)
    at = readings[30]
    readings[30] = type(at)(at.source, stray[0].label, False, at.stamp_ns, at.frame_ns, 1, at.noise_ns)
    follower = Follower(config)
    run = follow(follower, readings)
    assert set(run.kinds()) <= FOLLOWED
    assert follower.refusal == ""
    assert follower.ignored == 1


@pytest.mark.parametrize("speed", [1.0, 0.95, 1.08])
def test_any_speed_of_a_declared_range_is_followed(speed: float) -> None:
    config = act("25", speeds=speeds_between(0.9, 1.1))
    assert follow(Follower(config), Source(config.rate).play("01:00:00:00", 2, speed)).kinds() == [ChaseKind.LOCKED]


def test_a_latency_is_taken_off_the_stamps() -> None:
    plain, late = act("25"), act("25", latency_ns=7_000_000)
    readings = Source(plain.rate, noise_ns=10.0).play("01:00:00:00", 2)
    shown, shifted = follow(Follower(plain), readings).clocks[-1], follow(Follower(late), readings).clocks[-1]
    assert shifted.show_ns - shown.show_ns == pytest.approx(7_000_000, abs=100)
