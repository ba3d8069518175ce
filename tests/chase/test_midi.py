"""Sources such as MTC: a word every two frames, no frame length of its own, stamps that come late."""

from dataclasses import replace
from statistics import fmean, pstdev

from cuefocus.chase.clock import ClockState
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.chase.simulated import HOST0_NS, Source, act, follow, truth


def test_usb_polling_and_scheduling_delays_leave_a_tenth_of_a_millisecond() -> None:
    """Goal 8 of reference/timecode.md §7: std ≤ 0.1 ms and worst ≤ 0.5 ms about the constant delay."""
    config = act()
    about: list[float] = []
    for seed in range(3):
        source = Source(config.rate, seed, noise_ns=0.0)
        chance = source.chance
        readings = []
        for reading in source.play("01:00:00:00", 30)[::2]:
            late_ns = chance.uniform(0, 1e6) + abs(chance.gauss(0, 3e5))
            late_ns += chance.uniform(3e6, 20e6) if chance.random() < 0.01 else 0.0
            readings.append(replace(reading, stamp_ns=reading.stamp_ns + round(late_ns), frame_ns=0.0, noise_ns=5e5))
        run = follow(Follower(config), readings, block_ns=70 * NS_PER_MS)
        assert run.kinds() == [ChaseKind.LOCKED]
        assert run.clocks[-1].state is ClockState.LOCKED
        late = [clock for clock in run.clocks if clock.host_ns > HOST0_NS + 10 * NS_PER_S]
        errors = [(clock.show_ns - truth("01:00:00:00", config.rate, clock)) / NS_PER_MS for clock in late]
        constant = fmean(errors)
        about += [error - constant for error in errors]
    assert pstdev(about) <= 0.1
    assert max(map(abs, about)) <= 0.5
