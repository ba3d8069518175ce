"""The server's word for when a cycle began is taken while it is settled; after an xrun, when it called us."""

import numpy as np

from cuefocus.chase.cycle_stamps import SETTLED_NS, CycleStamps
from cuefocus.chase.sample_clock import SampleClock
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

PERIOD_NS = 5_333_333
PERIOD = 256


def test_a_settled_server_is_believed_however_late_it_calls() -> None:
    stamps, at_ns = CycleStamps(), 10 * NS_PER_S
    stamps.stamp(at_ns, at_ns + 1000)
    later_ns = at_ns + SETTLED_NS + NS_PER_S
    stamp = stamps.stamp(later_ns, later_ns + 3 * NS_PER_MS)
    assert (stamp.stamp_ns, stamp.two_sided) == (later_ns, True)


def test_an_unsettled_server_is_not() -> None:
    stamps, at_ns = CycleStamps(), 10 * NS_PER_S
    stamp = stamps.stamp(at_ns - 2 * NS_PER_MS, at_ns)
    assert (stamp.stamp_ns, stamp.two_sided) == (at_ns, False)


def test_a_server_without_times_leaves_the_call() -> None:
    stamps = CycleStamps()
    for cycle in range(10_000):
        called_ns = cycle * PERIOD_NS
        assert stamps.stamp(None, called_ns).stamp_ns == called_ns


def test_a_cycle_that_begins_well_after_we_were_called_for_it_disturbs() -> None:
    stamps, at_ns = CycleStamps(), 0
    for _ in range(2000):
        at_ns += PERIOD_NS
        stamps.stamp(at_ns, at_ns + 20_000)
    assert stamps.stamp(at_ns, at_ns + 20_000).two_sided
    assert not stamps.stamp(at_ns + NS_PER_MS, at_ns).two_sided
    assert not stamps.stamp(at_ns + PERIOD_NS, at_ns + PERIOD_NS + 20_000).two_sided


def test_after_an_xrun_show_time_does_not_creep_with_the_servers_loop() -> None:
    """jackd's loop as in JackFrameTimer: an xrun leaves it 3 ms off, and it creeps back at 0.125 Hz."""
    random, stamps, clock = np.random.default_rng(1), CycleStamps(), SampleClock(48_000)
    worst_ns = 0.0
    for cycle in range(8000):
        true_ns = cycle * PERIOD * NS_PER_S // 48_000
        called_ns = true_ns + 15_000 + round(abs(random.normal(0, 20_000)))
        since_s = (cycle - 4000) * PERIOD_NS / 1e9
        off_ns = 0.0 if cycle < 4000 else 3e6 * np.exp(-0.55 * since_s) * np.cos(0.55 * since_s)
        if cycle == 4000:
            stamps.disturb()
            clock.reanchor()
        stamp = stamps.stamp(true_ns + round(off_ns), called_ns)
        clock.feed(cycle * PERIOD, stamp.stamp_ns, two_sided=stamp.two_sided)
        if cycle > 1000:
            worst_ns = max(worst_ns, abs(clock.host_at(cycle * PERIOD) - true_ns))
    assert worst_ns < 100_000


def test_stamps_of_a_server_that_wander_are_not_averaged_into_false_certainty() -> None:
    clock, late_only = SampleClock(48_000), SampleClock(48_000)
    for cycle in range(4000):
        stamp_ns = cycle * PERIOD * NS_PER_S // 48_000 + round(30_000 * np.sin(cycle / 300))
        clock.feed(cycle * PERIOD, stamp_ns, two_sided=True)
        late_only.feed(cycle * PERIOD, stamp_ns)
    assert clock.reanchored == 0
    assert abs(clock.rate_ppm) < 20
    assert clock.uncertainty_ns() > late_only.uncertainty_ns()


def test_a_two_sided_stamp_far_too_early_is_gated_like_one_too_late() -> None:
    clock = SampleClock(48_000)
    for cycle in range(1000):
        clock.feed(cycle * PERIOD, cycle * PERIOD * NS_PER_S // 48_000, two_sided=True)
    before_ns = clock.host_at(1000 * PERIOD)
    assert not clock.feed(1000 * PERIOD, before_ns - 2 * NS_PER_MS, two_sided=True)
    assert abs(clock.host_at(1000 * PERIOD) - before_ns) < 1000
