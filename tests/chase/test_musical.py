"""Positions in a song, by its tempo map, as readings of the act's timecode."""

from fractions import Fraction
from itertools import pairwise

import pytest

from cuefocus.chase.labels import word_rate
from cuefocus.chase.musical import MusicalReadings, Song
from cuefocus.timebase.frames import Timecode, unwrap_near
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from tests.chase.songs import CHANGING, quarters, song

HOST0_NS = 1_234_567_890_123_456
GROUP = 4


def played(
    readings: MusicalReadings,
    played_song: Song,
    positions: list[Fraction],
    speed: float = 1.0,
    origin_ns: int = HOST0_NS,
) -> list[Reading]:
    """Readings of positions that arrive exactly when they are due, a few at a time."""
    heard: list[Reading] = []
    for first in range(0, len(positions), GROUP):
        group = positions[first : first + GROUP]
        stamps = [origin_ns + round(played_song.time.media_ns(one) / speed) for one in group]
        heard += [one for one in readings.take(group, stamps) if isinstance(one, Reading)]
    return heard


def off_ns(reading: Reading, of: Song, speed: float = 1.0) -> float:
    """How far a reading's stamp is from when its frame began."""
    rate = word_rate(of.rate)
    media_ns = unwrap_near(reading.label.show_ns(rate), of.starts_show_ns, of.rate) - of.starts_show_ns
    return reading.stamp_ns - HOST0_NS - media_ns / speed


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97df", "29.97ndf", "30", "50", "59.94df"])
@pytest.mark.parametrize("starts", ["01:00:00:00", "23:59:57:00"])
def test_labels_are_the_acts_at_frame_starts_through_tempo_changes_and_midnight(rate: str, starts: str) -> None:
    one = song(time=CHANGING, rate=rate, starts=starts)
    heard = played(MusicalReadings("clock", [one]), one, quarters(24 * 24))
    words = word_rate(one.rate)
    assert len(heard) > 80
    for reading in heard:
        assert abs(off_ns(reading, one)) < 1000
        assert reading.frame_ns == pytest.approx(words.frame_ns, rel=1e-4)
        assert (reading.direction, reading.drop) == (1, one.rate.drop)
    steps = {b.label.frame_number(words) - a.label.frame_number(words) for a, b in pairwise(heard)}
    assert {step % words.frames_per_day for step in steps} == {2}


def test_another_tempo_than_the_maps_is_varispeed() -> None:
    one = song(time=CHANGING)
    heard = played(MusicalReadings("clock", [one]), one, quarters(24 * 40), speed=1.1)
    late = heard[-20:]
    assert [reading.frame_ns for reading in late] == pytest.approx([40 * NS_PER_MS / 1.1] * 20, rel=1e-4)
    assert max(abs(off_ns(reading, one, 1.1)) for reading in late) < 2000


def test_beats_alone_are_enough() -> None:
    one = song()
    readings = MusicalReadings("live", [one])
    heard = [r for beat in range(40) for r in readings.take([Fraction(beat)], [HOST0_NS + beat * NS_PER_S // 2])]
    assert len(heard) > 200
    assert max(abs(off_ns(r, one)) for r in heard if isinstance(r, Reading)) < 1000


def test_exact_host_times_are_taken_as_they_are() -> None:
    one = song(time=CHANGING)
    readings = MusicalReadings("link", [one])
    heard = []
    for step in range(-100, 400):
        at = Fraction(step, 50)
        heard += readings.take_exact(at, HOST0_NS + one.time.media_ns(at), sigma_ns=1000.0)
    found = [reading for reading in heard if isinstance(reading, Reading)]
    assert found[0].label.seconds == 59, "a count-in comes before the act starts"
    assert max(abs(off_ns(reading, one)) for reading in found) <= 1
    assert all(1000.0 <= reading.noise_ns < 3000.0 for reading in found)
    assert readings.take_exact(Fraction(1), HOST0_NS + 60 * NS_PER_S, sigma_ns=1000.0) == []


def test_a_step_back_is_a_new_line_elsewhere() -> None:
    one = song()
    readings = MusicalReadings("clock", [one])
    played(readings, one, quarters(200))
    again = played(readings, one, quarters(200), origin_ns=HOST0_NS + 60 * NS_PER_S)
    assert again[0].label < Timecode(1, 0, 0, 10)
    assert abs(off_ns(again[5], one) - 60 * NS_PER_S) < 1000


def test_a_locate_is_a_reading_without_motion_and_a_stop_says_so() -> None:
    readings = MusicalReadings("clock", [song(time=CHANGING)])
    [located] = readings.locate(Fraction(8), 55)
    assert located == Reading("clock", Timecode(1, 0, 4, 0), drop=False, stamp_ns=55, frame_ns=0.0, direction=0)
    assert readings.stop(66, "MIDI Stop") == [PlaybackStopped("clock", "MIDI Stop", 66)]


def test_labels_end_with_the_act_and_playback_with_them() -> None:
    one = song(until_s=10.0)
    readings = MusicalReadings("clock", [one])
    heard = []
    for at in range(0, 24 * 40, GROUP):
        group = quarters(GROUP, start=at)
        heard += readings.take(group, [HOST0_NS + one.time.media_ns(place) for place in group])
    labels = [reading.label for reading in heard if isinstance(reading, Reading)]
    assert labels[-1] == Timecode(1, 0, 10, 0)
    ends = [found for found in heard if isinstance(found, PlaybackStopped)]
    assert [found.reason for found in ends] == ["it plays on past the end of act song"]
    assert ends[0].stamp_ns == pytest.approx(HOST0_NS + 10.08 * NS_PER_S, abs=1000)
    assert isinstance(readings.locate(Fraction(100), 77)[0], PlaybackStopped)


def test_song_select_chooses_among_several_and_nothing_is_followed_before() -> None:
    first, second = song("first"), song("second", starts="02:00:00:00")
    readings = MusicalReadings("clock", [first, second])
    assert played(readings, first, quarters(100)) == []
    [unknown] = readings.begin(5)
    assert isinstance(unknown, Glitch)
    assert "0 is first, 1 is second" in unknown.reason
    readings.select(1, 6)
    assert {reading.label.hours for reading in played(readings, second, quarters(100))} == {2}
    assert readings.begin(7) == readings.select(1, 8) == []
    stopped, missing = readings.select(7, 9)
    assert isinstance(stopped, PlaybackStopped)
    assert isinstance(missing, Glitch)
    assert played(readings, second, quarters(100)) == []


def test_an_act_that_is_named_or_the_only_one_stays() -> None:
    first, second = song("first"), song("second", starts="02:00:00:00")
    for readings, only in (
        (MusicalReadings("clock", [first, second], act="second"), second),
        (MusicalReadings("clock", [second]), second),
    ):
        assert readings.select(0, 5) == readings.begin(5) == []
        assert readings.song is only


def test_a_place_is_named_by_bar_and_beat() -> None:
    assert song(time=CHANGING).place(Fraction(16 * 2 + 3, 2)) == "bar 5 beat 4"
