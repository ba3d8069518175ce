from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cuefocus.shells.motion_watch import FollowingWatch
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.motion_rig import pull, tilta_spec

SPEC = replace(tilta_spec("A.focus"), dead_ns=20 * NS_PER_MS, lag_ns=15 * NS_PER_MS, readback_ns=4 * NS_PER_MS)


def played(watch: FollowingWatch, *, delay_ns: int, stuck_at: float | None = None) -> str:
    """A pull over 0.8 of the travel in 600 ms; the motor is late by `delay_ns`, or stuck."""
    segment = pull(0.1, 0.9, NS_PER_S, 600 * NS_PER_MS)
    for at_ns in range(500 * NS_PER_MS, 3 * NS_PER_S, 20 * NS_PER_MS):
        watch.sent(segment.at(at_ns)[0], at_ns)
        ring = segment.at(at_ns - delay_ns)[0]
        wrong = watch.reported(ring if stuck_at is None else min(ring, stuck_at), at_ns)
        if wrong:
            return wrong
    return ""


@given(delay_ms=st.integers(0, 150))
def test_a_motor_that_follows_however_its_delay_was_measured_is_left_alone(delay_ms: int) -> None:
    assert not played(FollowingWatch(SPEC), delay_ns=delay_ms * NS_PER_MS)


@given(stuck_at=st.floats(0.1, 0.84))
def test_a_jammed_motor_is_noticed(stuck_at: float) -> None:
    assert "does not follow" in played(FollowingWatch(SPEC), delay_ns=40 * NS_PER_MS, stuck_at=stuck_at)


def test_without_a_set_point_nothing_is_expected() -> None:
    watch = FollowingWatch(SPEC)
    assert not any(watch.reported(n / 100, n * 20 * NS_PER_MS) for n in range(100))


def test_a_long_rest_ends_in_the_place_it_was_sent_to() -> None:
    watch = FollowingWatch(SPEC)
    watch.sent(0.5, NS_PER_S)
    assert not any(watch.reported(0.5, (1 + n) * NS_PER_S) for n in range(1, 100))
    assert not watch.reported(0.7, 200 * NS_PER_S)
    assert watch.reported(0.7, 201 * NS_PER_S)
