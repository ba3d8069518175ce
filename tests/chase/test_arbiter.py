from dataclasses import replace
from itertools import pairwise

import pytest

from cuefocus.chase.arbiter import Arbiter
from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Reading
from tests.chase.simulated import HOST0_NS, TICK_NS, Source, act, follow, truth


def played(
    source: str, until_s: float, *, from_s: float = 0.0, late_ns: int = 0, start: str = "01:00:00:00"
) -> list[Reading]:
    """Readings of a source that plays the same thing, some of it unheard, its stamps late by a constant."""
    machine = Source(act().rate, len(source), noise_ns=2_000.0, source=source)
    readings = machine.play(start, until_s)
    return [
        replace(reading, stamp_ns=reading.stamp_ns + late_ns)
        for reading in readings
        if reading.stamp_ns >= HOST0_NS + from_s * NS_PER_S
    ]


def run(arbiter: Arbiter, readings: list[Reading], until_s: float) -> tuple[list[Clock], list[ChaseEvent]]:
    known = sorted(readings, key=lambda reading: reading.stamp_ns)
    clocks: list[Clock] = []
    events: list[ChaseEvent] = []
    now_ns, at = HOST0_NS, 0
    while now_ns < HOST0_NS + until_s * NS_PER_S:
        while at < len(known) and known[at].stamp_ns + 48 * NS_PER_MS <= now_ns:
            arbiter.feed(known[at])
            at += 1
        clock, happened = arbiter.step(now_ns)
        clocks.append(clock)
        events += happened
        now_ns += TICK_NS
    return clocks, events


def kinds(events: list[ChaseEvent]) -> list[ChaseKind]:
    return [event.kind for event in events]


def test_one_source_is_followed_as_by_its_follower() -> None:
    readings = played("ltc", 4)
    arbiter = Arbiter(["ltc"], act())
    alone = follow(Arbiter(["ltc"], act()).follower, readings)
    clocks, events = run(arbiter, readings, 4.0)
    assert kinds(events) == alone.kinds()
    assert clocks[-1].state is ClockState.LOCKED


@pytest.mark.parametrize("late_ns", [0, 3 * NS_PER_MS, -15 * NS_PER_MS])
def test_a_qualified_standby_takes_over_without_a_step(late_ns: int) -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    clocks, events = run(arbiter, played("ltc", 4) + played("mtc", 9, late_ns=late_ns), 8.5)
    assert kinds(events) == [ChaseKind.LOCKED, ChaseKind.DROPOUT, ChaseKind.HANDED_OVER]
    assert arbiter.leader == "mtc"
    assert {clock.epoch for clock in clocks} == {0}
    running = [clock for clock in clocks if clock.running]
    for before, after in pairwise(running):
        assert abs(after.show_ns - before.show_at(after.host_ns)) <= 0.051 * TICK_NS + 100_000
    assert abs(clocks[-1].show_ns - truth("01:00:00:00", act().rate, clocks[-1]) + late_ns) < 150_000


def test_the_constant_difference_of_a_standby_is_learnt_and_shown() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    run(arbiter, played("ltc", 6) + played("mtc", 6, late_ns=5 * NS_PER_MS), 6.0)
    standby = arbiter.standbys["mtc"]
    assert standby.qualified
    assert standby.difference_ns == pytest.approx(-5 * NS_PER_MS, abs=20_000)


def test_a_standby_that_has_not_agreed_for_two_seconds_may_not_lead() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    clocks, events = run(arbiter, played("ltc", 4) + played("mtc", 9, from_s=2.8), 8.0)
    assert ChaseKind.HANDED_OVER not in kinds(events)
    assert kinds(events)[-2:] == [ChaseKind.LOST, ChaseKind.DISAGREE]
    assert clocks[-1].state is ClockState.DISAGREE
    assert not clocks[-1].running


def test_a_standby_that_says_something_else_may_not_lead() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    clocks, events = run(arbiter, played("ltc", 4) + played("mtc", 9, start="01:00:01:00"), 8.0)
    assert not arbiter.standbys["mtc"].qualified
    assert kinds(events)[-1] is ChaseKind.DISAGREE
    assert clocks[-1].state is ClockState.DISAGREE


def test_the_leader_that_comes_back_ends_the_disagreement() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    back = [one for one in played("ltc", 9) if not 4.0 < (one.stamp_ns - HOST0_NS) / NS_PER_S < 7.0]
    clocks, events = run(arbiter, back + played("mtc", 9, start="01:00:01:00"), 8.5)
    assert kinds(events)[-2:] == [ChaseKind.RETURNED, ChaseKind.LOCKED]
    assert clocks[-1].state is ClockState.LOCKED
    assert arbiter.leader == "ltc"


def test_the_operator_may_choose_any_source() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    run(arbiter, played("ltc", 4) + played("mtc", 4, start="01:00:01:00"), 4.0)
    arbiter.choose("mtc")
    clock, _ = arbiter.step(HOST0_NS + 4 * NS_PER_S)
    assert clock.epoch == 1
    assert clock.state is ClockState.LOCKED
    assert abs(clock.show_ns - truth("01:00:01:00", act().rate, clock)) < 50_000


def test_before_anything_ran_the_first_source_that_is_good_leads() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act())
    clocks, events = run(arbiter, played("mtc", 3), 3.0)
    assert kinds(events) == [ChaseKind.HANDED_OVER]
    assert clocks[-1].running
    assert arbiter.leader == "mtc"


def test_each_source_has_its_own_latency() -> None:
    arbiter = Arbiter(["ltc", "mtc"], act(), latencies_ns={"mtc": 9 * NS_PER_MS})
    run(arbiter, played("ltc", 4) + played("mtc", 4, late_ns=9 * NS_PER_MS), 4.0)
    difference_ns = arbiter.standbys["mtc"].difference_ns
    assert difference_ns is not None
    assert abs(difference_ns) < 20_000


def test_readings_of_strangers_are_ignored() -> None:
    arbiter = Arbiter(["ltc"], act())
    clocks, events = run(arbiter, played("who", 2), 2.0)
    assert events == []
    assert clocks[-1].state is ClockState.NO_SIGNAL
