"""When a process that runs is given up: seen silent for three seconds, by one who was awake himself."""

from cuefocus.app.silence import GIVEN_UP_NS, Silence
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

EVERY_NS = 100 * NS_PER_MS
PID = 7


def given_up_after(silence: Silence, beat_ns: int, from_ns: int, *, every_ns: int = EVERY_NS, looks: int = 60) -> int:
    """How long after `from_ns` hope ends; 0 for never."""
    for look in range(1, looks + 1):
        if silence.ends_hope(PID, beat_ns, from_ns + look * every_ns):
            return look * every_ns
    return 0


def begun(now_ns: int = NS_PER_S) -> Silence:
    """One that has seen the process live."""
    silence = Silence()
    silence.ends_hope(PID, 0, now_ns - EVERY_NS)
    silence.ends_hope(PID, now_ns, now_ns)
    return silence


def test_hope_ends_once_after_three_seconds_without_a_sign_of_life() -> None:
    silence = begun()
    assert given_up_after(silence, NS_PER_S, NS_PER_S) == GIVEN_UP_NS + EVERY_NS
    assert given_up_after(silence, NS_PER_S, 5 * NS_PER_S) == 0


def test_a_process_that_starts_may_take_its_time() -> None:
    silence = begun()
    assert not silence.ends_hope(PID + 1, NS_PER_S, 2 * NS_PER_S)
    for look in range(600):
        assert not silence.ends_hope(PID + 1, NS_PER_S, 2 * NS_PER_S + look * EVERY_NS)


def test_who_slept_too_has_seen_no_silence() -> None:
    assert given_up_after(begun(), NS_PER_S, NS_PER_S, every_ns=60 * NS_PER_S, looks=10) == 0


def test_one_that_shows_life_now_and_then_is_not_given_up() -> None:
    silence = begun()
    for second in range(1, 20):
        assert not silence.ends_hope(PID, second * 2 * NS_PER_S, second * 2 * NS_PER_S)
        assert given_up_after(silence, second * 2 * NS_PER_S, second * 2 * NS_PER_S, looks=15) == 0
