"""Moments of a Link session as readings: exact, from the count-in on; a start that nobody saw gives none."""

import numpy as np
import pytest

from cuefocus.chase.link import LinkInput
from cuefocus.chase.musical import Heard
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.link import LinkMoment
from tests.chase.songs import song

HOST0_NS = 5_000_000_000_000
LOOK_NS = 20 * NS_PER_MS


def heard(listener: LinkInput, seconds: float, *, bpm: float = 120.0, begin_s: float = -1.0) -> list[Heard]:
    """A song whose first beat is at host second 0; looks come when they come, and are stamped as they are."""
    chance = np.random.default_rng(5)
    found: list[Heard] = []
    at_ns = round(begin_s * NS_PER_S)
    while at_ns < seconds * NS_PER_S:
        moment = LinkMoment(at_ns / NS_PER_S * bpm / 60, bpm, True, 1)
        found += listener.feed(moment.packed(), HOST0_NS + at_ns)
        at_ns += LOOK_NS + round(float(chance.exponential(3e6)))
    return found


def readings(found: list[Heard]) -> list[Reading]:
    return [one for one in found if isinstance(one, Reading)]


def test_frames_have_the_host_times_of_their_beats_from_the_count_in_on() -> None:
    one = song()
    found = readings(heard(LinkInput("link", [one]), 20.0))
    late_us = [(r.stamp_ns - HOST0_NS - (r.label.show_ns(one.rate) - one.starts_show_ns)) / 1000 for r in found]
    assert len(found) > 200
    assert max(map(abs, late_us)) < 2.0
    assert found[0].label.seconds == 59


def test_another_tempo_is_another_speed() -> None:
    found = readings(heard(LinkInput("link", [song()]), 10.0, bpm=132.0))
    assert np.median([reading.frame_ns for reading in found]) == pytest.approx(40 * NS_PER_MS / 1.1, rel=1e-3)


def test_a_stop_is_told_and_a_start_nobody_saw_is_said_once() -> None:
    listener = LinkInput("link", [song()])
    heard(listener, 2.0)
    [stopped] = listener.feed(LinkMoment(None, 120.0, False, 1).packed(), HOST0_NS + 3 * NS_PER_S)
    assert stopped == PlaybackStopped("link", "Link stopped", HOST0_NS + 3 * NS_PER_S)
    unseen = [listener.feed(LinkMoment(None, 120.0, True, 1).packed(), HOST0_NS + n * NS_PER_S) for n in range(4, 9)]
    assert [len(one) for one in unseen] == [1, 0, 0, 0, 0]
    assert isinstance(unseen[0][0], Glitch)
    assert "stop it and start it again" in unseen[0][0].reason


def test_beats_that_are_mapped_anew_are_a_jump_and_not_a_speed() -> None:
    listener = LinkInput("link", [song()])
    heard(listener, 2.0)
    for step in range(100):
        at_ns = 2 * NS_PER_S + (step + 2) * LOOK_NS
        for reading in readings(
            listener.feed(LinkMoment(40 + at_ns / NS_PER_S * 2, 120.0, True, 1).packed(), HOST0_NS + at_ns)
        ):
            assert reading.frame_ns == pytest.approx(40 * NS_PER_MS, rel=1e-3)
            assert reading.label.seconds >= 20


def test_it_is_told_where_the_song_is() -> None:
    listener = LinkInput("link", [song()])
    assert listener.told() is None
    heard(listener, 4.2)
    assert listener.told() == {"act": "song", "bar": 3, "beat": 1, "tempo": 120.0, "running": True}
    listener.restart()
    assert listener.told() is None
    assert isinstance(listener.feed(b"what", 5)[0], Glitch)


def test_a_session_that_never_plays_waits_and_says_once_why_that_may_be() -> None:
    listener = LinkInput("link", [song()])
    found = [
        (second, one.reason)
        for second in range(100)
        for one in listener.feed(LinkMoment(None, 121.0, False, 2).packed(), HOST0_NS + second * NS_PER_S)
        if isinstance(one, Glitch)
    ]
    assert [second for second, _ in found] == [30]
    assert "turn on start and stop sync in each program" in found[0][1]
    told = listener.told()
    assert told is not None
    assert (told["tempo"], told["running"], told["waits"]) == (121.0, False, "waits for a start")


def test_one_that_has_played_is_only_stopped() -> None:
    listener = LinkInput("link", [song()])
    heard(listener, 2.0)
    for second in range(3, 100):
        found = listener.feed(LinkMoment(None, 120.0, False, 1).packed(), HOST0_NS + second * NS_PER_S)
        assert not [one for one in found if isinstance(one, Glitch)]
