"""A session is joined only when it is clearly older than one that would begin now; noise announces nobody."""

from hypothesis import given
from hypothesis import strategies as st

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.link_presence import LinkPresence

#: An announcement of a Link program, as it was caught on a network: header, time to live 5 s, group 0, its name.
ALIVE = bytes.fromhex("5f617364705f7601 01 05 0000 5c42613a5d33424e 746d6c6e")
BYE = bytes.fromhex("5f617364705f7601 03 00 0000 5c42613a5d33424e")
PERIOD_NS = 250 * NS_PER_MS


def test_a_session_is_old_enough_after_a_second() -> None:
    presence = LinkPresence()
    assert [presence.hears(ALIVE, n * PERIOD_NS) for n in range(6)] == [False] * 4 + [True] * 2


def test_who_left_and_who_was_silent_is_new_again() -> None:
    for pause in ([BYE], []):
        presence = LinkPresence()
        for n in range(4):
            presence.hears(ALIVE, n * PERIOD_NS)
        for data in pause:
            presence.hears(data, NS_PER_S)
        again_ns = NS_PER_S if pause else 3 * NS_PER_S
        assert [presence.hears(ALIVE, again_ns + n * PERIOD_NS) for n in range(5)] == [False] * 4 + [True]


def test_each_program_has_an_age_of_its_own() -> None:
    presence, other = LinkPresence(), ALIVE[:12] + b"elsewise" + ALIVE[20:]
    for n in range(4):
        presence.hears(ALIVE, n * PERIOD_NS)
    assert not presence.hears(other, NS_PER_S)
    assert presence.hears(ALIVE, NS_PER_S)
    presence.forget()
    assert not presence.hears(ALIVE, NS_PER_S + PERIOD_NS)


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_noise_announces_nobody(noise: list[bytes]) -> None:
    presence = LinkPresence()
    assert not any(presence.hears(data, n * NS_PER_S // 2) for n, data in enumerate(noise))
    assert not any(presence.hears(ALIVE[:8] + b"\x02" + ALIVE[9:], n * NS_PER_S) for n in range(3))
