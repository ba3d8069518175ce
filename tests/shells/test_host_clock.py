import os
import resource
from time import thread_time_ns

import pytest

from cuefocus.shells.host_clock import DescriptorWait, HostClock, now_ns, spin_within
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


@pytest.mark.parametrize("spin_ns", [0, 200_000, 5_000_000])
def test_a_wait_never_ends_early(spin_ns: int) -> None:
    clock = HostClock(spin_ns)
    for ahead_ns in (-5, 0, 1_000, 300_000, 2_000_000):
        deadline_ns = now_ns() + ahead_ns
        assert clock.wait_until(deadline_ns) >= deadline_ns


def test_a_descriptor_ends_the_wait() -> None:
    wait, bells = DescriptorWait(), [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(3)]
    assert wait.wait_until(now_ns() + NS_PER_MS) == ()
    for bell in bells:
        wait.watch(bell)
        wait.watch(bell)
    begun_ns = now_ns()
    assert wait.wait_until(begun_ns + NS_PER_MS) == ()
    assert now_ns() >= begun_ns + NS_PER_MS
    os.eventfd_write(bells[1], 1)
    assert wait.wait_until(now_ns() + 60 * NS_PER_S) == (bells[1],)
    wait.forget(bells[1])
    assert wait.wait_until(0) == ()
    os.eventfd_write(bells[2], 1)
    assert wait.wait_until(0) == (bells[2],)
    for bell in bells:
        os.close(bell)


def test_a_closed_peer_ends_the_wait() -> None:
    reading, writing = os.pipe()
    wait = DescriptorWait()
    wait.watch(reading)
    os.close(writing)
    assert wait.wait_until(now_ns() + 60 * NS_PER_S) == (reading,)
    os.close(reading)


def test_the_spin_leaves_the_core_time_for_others() -> None:
    assert spin_within(1_000_000) == 200_000
    assert spin_within(250_000) == 75_000


def test_a_wait_for_more_than_the_system_looks_at_sleeps_hears_and_says_so_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    wait, bells = DescriptorWait(), [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(3)]
    for bell in bells:
        wait.watch(bell)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (2, limits[1]))
    try:
        for _ in range(2):
            begun_ns, spent_ns = now_ns(), thread_time_ns()
            assert wait.wait_until(begun_ns + 50 * NS_PER_MS) == ()
            assert now_ns() >= begun_ns + 50 * NS_PER_MS
            assert thread_time_ns() - spent_ns < 25 * NS_PER_MS
        os.eventfd_write(bells[2], 1)
        assert wait.wait_until(now_ns() + 60 * NS_PER_S) == (bells[2],)
        assert wait.wait_until(0) == (bells[2],)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert capfd.readouterr().err.count("cannot wait for 3 descriptors at once") == 1
    for bell in bells:
        os.close(bell)
