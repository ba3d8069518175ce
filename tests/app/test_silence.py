"""When a process that runs is given up: seen silent for too long, by one who was awake himself."""

import pytest

from cuefocus.app.silence import GIVEN_UP_NS, STUCK_NS, Silence
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

EVERY_NS = 100 * NS_PER_MS
PID = 7


def given_up_after(
    silence: Silence, beat_ns: int, from_ns: int, *, pid: int = PID, every_ns: int = EVERY_NS, looks: int = 120
) -> tuple[int, int]:
    """How long after `from_ns` hope ends, and how long a silence that is said to be; zeros for never."""
    for look in range(1, looks + 1):
        if silent_ns := silence.ends_hope(pid, beat_ns, 0, from_ns + look * every_ns):
            return look * every_ns, silent_ns
    return 0, 0


def begun(now_ns: int = NS_PER_S) -> Silence:
    """One that has seen the process live."""
    silence = Silence()
    silence.ends_hope(PID, 0, 0, now_ns - EVERY_NS)
    silence.ends_hope(PID, now_ns, 0, now_ns)
    return silence


def test_hope_ends_once_after_three_seconds_without_a_sign_of_life() -> None:
    silence = begun()
    assert given_up_after(silence, NS_PER_S, NS_PER_S) == (GIVEN_UP_NS + EVERY_NS, GIVEN_UP_NS)
    assert given_up_after(silence, NS_PER_S, 5 * NS_PER_S) == (0, 0)


def test_the_first_of_all_may_take_its_time_to_start() -> None:
    assert given_up_after(Silence(), 0, NS_PER_S, looks=6000) == (0, 0)


@pytest.mark.parametrize("signs", [0, 1, 500])
def test_a_successor_is_given_up_ten_seconds_after_it_last_got_on_with_its_start(signs: int) -> None:
    """However long it replays: each sign that it gets on begins the time anew."""
    silence, now_ns = begun(), 2 * NS_PER_S
    silence.ends_hope(PID + 1, NS_PER_S, 0, now_ns)
    for sign in range(1, signs + 1):
        for _ in range(95):
            now_ns += EVERY_NS
            assert not silence.ends_hope(PID + 1, NS_PER_S, sign, now_ns)
    silent_ns = 94 * EVERY_NS if signs else 0
    while not (given_up := silence.ends_hope(PID + 1, NS_PER_S, signs, now_ns := now_ns + EVERY_NS)):
        silent_ns += EVERY_NS
        assert silent_ns <= STUCK_NS
    assert (silent_ns, given_up) == (STUCK_NS, STUCK_NS)


def test_a_successor_that_conducts_is_given_up_as_any() -> None:
    silence = begun()
    silence.ends_hope(PID + 1, NS_PER_S, 0, 2 * NS_PER_S)
    silence.ends_hope(PID + 1, NS_PER_S, 5, 2 * NS_PER_S)
    silence.ends_hope(PID + 1, 2 * NS_PER_S, 5, 2 * NS_PER_S)
    gone = given_up_after(silence, 2 * NS_PER_S, 2 * NS_PER_S, pid=PID + 1)
    assert gone == (GIVEN_UP_NS + 2 * EVERY_NS, GIVEN_UP_NS)


def test_who_slept_too_has_seen_no_silence() -> None:
    assert given_up_after(begun(), NS_PER_S, NS_PER_S, every_ns=60 * NS_PER_S, looks=10) == (0, 0)


def test_one_that_shows_life_now_and_then_is_not_given_up() -> None:
    silence = begun()
    for second in range(1, 20):
        assert not silence.ends_hope(PID, second * 2 * NS_PER_S, 0, second * 2 * NS_PER_S)
        assert given_up_after(silence, second * 2 * NS_PER_S, second * 2 * NS_PER_S, looks=15) == (0, 0)
