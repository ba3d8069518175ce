"""A sound file is heard as a sound card would be: stamped at release, lost when nobody fetches, never rewound."""

import numpy as np
import pytest

from cuefocus.engine.ports import SourceEvent
from cuefocus.errors import SoundFileError
from cuefocus.shells.file_source import BLOCK_SAMPLES, FileSource, Heard, Playback
from cuefocus.shells.sound_file import SoundFile, write_sound_file
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, Reading
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc

RATE = RATES["25"]
START = Timecode(1, 0, 0, 0)
FRAMES = 100
SAMPLE_RATE = 48_000
ORIGIN_NS = 7 * NS_PER_S
FRAME_NS = NS_PER_S // 25


class Hand:
    """A clock turned by hand."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SoundFile:
    path = tmp_path_factory.mktemp("ltc") / "song.wav"
    position = np.arange(FRAMES * SAMPLE_RATE // 25) * (25 / SAMPLE_RATE)
    write_sound_file(path, SAMPLE_RATE, [render_ltc(LtcSound(RATE, START), position)])
    return SoundFile.open(path)


def _play(source: FileSource, hand: Hand, *, late_ns: int = 0, until_ns: int | None = None) -> list[Heard]:
    heard: list[Heard] = []
    while (due_ns := source.next_due_ns) is not None and (until_ns is None or due_ns < until_ns):
        hand.now_ns = max(hand.now_ns, due_ns + late_ns)
        heard += source.pump()
    return heard


def _true_ns(reading: Reading) -> int:
    return ORIGIN_NS + (reading.label.frame_number(RATE) - START.frame_number(RATE)) * FRAME_NS


def _source(sound: SoundFile, hand: Hand) -> FileSource:
    return FileSource("ltc", sound, 0, hand)


def test_every_frame_is_heard_at_the_moment_it_was_on_air(sound: SoundFile) -> None:
    hand = Hand()
    source = _source(sound, hand)
    source.play(Playback(1, ORIGIN_NS))
    heard = _play(source, hand, late_ns=40_000)
    readings = [event for event in heard if isinstance(event, Reading)]
    assert len(readings) >= FRAMES - 2
    errors_ns = [reading.stamp_ns - _true_ns(reading) for reading in readings]
    assert all(abs(error_ns - 40_000) < 15_000 for error_ns in errors_ns)
    assert all(abs(reading.frame_ns - FRAME_NS) < 20_000 for reading in readings)
    assert heard[0] == SourceEvent("ltc", ORIGIN_NS, "opened", "sample 0 is on air")
    assert heard[-1] == SourceEvent("ltc", ORIGIN_NS + FRAMES * FRAME_NS, "ended", "the sound is over")
    assert not source.playing


def test_blocks_are_released_when_their_last_sample_was_converted_not_before(sound: SoundFile) -> None:
    hand = Hand()
    source = _source(sound, hand)
    source.play(Playback(1, ORIGIN_NS))
    hand.now_ns = ORIGIN_NS
    source.pump()
    due_ns = ORIGIN_NS + BLOCK_SAMPLES * NS_PER_S // SAMPLE_RATE
    assert source.next_due_ns == due_ns
    hand.now_ns = due_ns - 1
    assert source.pump() == []
    assert source.next_due_ns == due_ns


def test_sound_that_nobody_fetched_is_lost_and_what_follows_is_stamped_right(sound: SoundFile) -> None:
    hand = Hand()
    source = _source(sound, hand)
    source.play(Playback(1, ORIGIN_NS))
    before = _play(source, hand, until_ns=ORIGIN_NS + NS_PER_S)
    hand.now_ns = ORIGIN_NS + 2 * NS_PER_S
    after = _play(source, hand)
    assert [event for event in after if isinstance(event, Glitch)]
    assert source.overruns == 1
    readings = [event for event in (*before, *after) if isinstance(event, Reading)]
    assert 65 < len(readings) < 80
    assert all(abs(reading.stamp_ns - _true_ns(reading)) < 25_000 for reading in readings)


def test_a_restarted_conductor_hears_what_is_on_air_now(sound: SoundFile) -> None:
    hand = Hand()
    hand.now_ns = ORIGIN_NS + 1_500 * NS_PER_MS
    source = _source(sound, hand)
    source.resume(Playback(1, ORIGIN_NS))
    heard = _play(source, hand)
    readings = [event for event in heard if isinstance(event, Reading)]
    assert readings[0].label in (Timecode(1, 0, 1, 13), Timecode(1, 0, 1, 14))
    assert all(abs(reading.stamp_ns - _true_ns(reading)) < 25_000 for reading in readings)
    assert not [event for event in heard if isinstance(event, SourceEvent) and event.kind == "opened"]


def test_a_conductor_back_after_the_end_says_the_sound_is_over(sound: SoundFile) -> None:
    hand = Hand()
    hand.now_ns = ORIGIN_NS + 60 * NS_PER_S
    source = _source(sound, hand)
    source.resume(Playback(1, ORIGIN_NS))
    [*_, last] = source.pump()
    assert last == SourceEvent("ltc", ORIGIN_NS + FRAMES * FRAME_NS, "ended", "the sound is over")


def test_the_same_sound_plays_again_from_its_start(sound: SoundFile) -> None:
    hand = Hand()
    source = _source(sound, hand)
    first, second = (_readings_of(source, hand, Playback(n, ORIGIN_NS + n * 10 * NS_PER_S)) for n in (1, 2))
    assert [reading.label for reading in first] == [reading.label for reading in second]


def _readings_of(source: FileSource, hand: Hand, playback: Playback) -> list[Reading]:
    source.play(playback)
    return [event for event in _play(source, hand) if isinstance(event, Reading)]


def test_a_channel_that_is_not_there_is_refused_at_once(sound: SoundFile) -> None:
    with pytest.raises(SoundFileError, match=r"no channel 4; .*channels count from 1"):
        FileSource("ltc", sound, 3, Hand())
