"""Live's answers by a tempo map: readings of the moment each frame of the act began."""

from fractions import Fraction

import numpy as np
import pytest

from cuefocus.chase.ableton import AbletonInput
from cuefocus.chase.labels import word_rate
from cuefocus.chase.musical import Heard, Song
from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from tests.chase.songs import CHANGING, EVEN, song
from tests.osc_programs import Live

HOST0_NS = 5_000_000_000_000


def quarters_at(of: Song, media_s: float) -> float:
    """Where a song is at a moment of its media, by halving."""
    low, high = Fraction(-64), Fraction(4096)
    while high - low > Fraction(1, 1 << 20):
        middle = (low + high) / 2
        low, high = (middle, high) if of.time.media_ns(middle) <= media_s * NS_PER_S else (low, middle)
    return float(low)


def heard(live: Live, listener: AbletonInput, seconds: float) -> list[Heard]:
    found: list[Heard] = []
    for at_s, data in live.packets(seconds):
        found += listener.feed(data, HOST0_NS + round(at_s * NS_PER_S))
    return found


def late_ms(found: list[Heard], of: Song, after_s: float) -> list[float]:
    late = []
    for reading in found:
        if isinstance(reading, Reading) and reading.direction:
            true_ns = HOST0_NS + reading.label.show_ns(word_rate(of.rate)) - of.starts_show_ns
            if true_ns > HOST0_NS + after_s * NS_PER_S:
                late.append((reading.stamp_ns - true_ns) / NS_PER_MS)
    return late


@pytest.mark.parametrize("one", [song(time=EVEN), song(time=CHANGING, rate="29.97df"), song(time=CHANGING, rate="50")])
def test_readings_have_the_stamps_of_the_acts_frames(one: Song) -> None:
    live = Live(lambda at_s: quarters_at(one, at_s))
    found = heard(live, AbletonInput("live", [one]), 40.0)
    late = late_ms(found, one, 6.0)
    assert len(late) > 300
    assert all(isinstance(each, Reading) for each in found)
    assert np.std(late) < 0.6
    assert np.max(np.abs(late)) < 2.5


def test_beats_alone_will_do_but_count_only_alone() -> None:
    one = song()
    alone = late_ms(heard(Live(lambda at_s: 2 * at_s, fine=False), AbletonInput("live", [one]), 60.0), one, 20.0)
    assert len(alone) > 300
    assert np.max(np.abs(alone)) < 40.0, "a beat is said up to a drawing of the screen after it began"
    assert min(alone) > -5.0


def test_a_stop_is_told_at_once_and_a_move_after_it_has_no_motion() -> None:
    def quarters(at_s: float) -> float:
        return min(2 * at_s, 12.0) if at_s < 8.0 else 4.0

    listener = AbletonInput("live", [song()])
    found = heard(Live(quarters), listener, 10.0)
    stops = [each for each in found if isinstance(each, PlaybackStopped)]
    assert [each.reason for each in stops] == ["Live stopped"]
    assert HOST0_NS + 6 * NS_PER_S <= stops[0].stamp_ns < HOST0_NS + round(6.2 * NS_PER_S)
    after = found[found.index(stops[0]) + 1 :]
    assert [each.label for each in after if isinstance(each, Reading)][-1] == Timecode(1, 0, 2, 0)
    assert all(isinstance(each, Reading) and each.direction == 0 for each in after)
    assert listener.tempo_bpm == 120.0


def test_a_jump_begins_a_new_line() -> None:
    one = song()
    found = heard(Live(lambda at_s: 2 * at_s if at_s < 5.0 else 2 * at_s + 32), AbletonInput("live", [one]), 12.0)
    for reading in (each for each in found if isinstance(each, Reading)):
        at_s = (reading.stamp_ns - HOST0_NS) / NS_PER_S
        said = (reading.label.show_ns(one.rate) - one.starts_show_ns) / NS_PER_S
        assert min(abs(said - at_s), abs(said - at_s - 16.0)) < 0.05


def test_with_several_songs_and_none_named_nothing_is_followed_and_it_says_so() -> None:
    listener = AbletonInput("live", [song("a"), song("b", starts="02:00:00:00")])
    found = heard(Live(lambda at_s: 2 * at_s), listener, 3.0)
    assert [type(each) for each in found] == [Glitch]
    named = AbletonInput("live", [song("a"), song("b", starts="02:00:00:00")], act="b")
    labels = [each.label for each in heard(Live(lambda at_s: 2 * at_s), named, 3.0) if isinstance(each, Reading)]
    assert {label.hours for label in labels} == {2}


def test_what_was_away_begins_anew() -> None:
    listener = AbletonInput("live", [song()])
    heard(Live(lambda at_s: min(2 * at_s, 4.0)), listener, 4.0)
    listener.restart()
    assert listener.tempo_bpm is None
    assert len(heard(Live(lambda at_s: 2 * at_s), listener, 4.0)) > 30
