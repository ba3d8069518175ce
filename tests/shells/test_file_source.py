"""A sound file is heard as a sound card would be: stamped when on air, lost when nobody fetches, never rewound."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.engine.ports import SourceEvent
from cuefocus.errors import SoundFileError
from cuefocus.shells.file_source import BLOCK_SAMPLES, Block, FileSource, Heard, Playback
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


@pytest.mark.parametrize("late_ns", [0, 40_000, 4 * NS_PER_MS, 100 * NS_PER_MS])
def test_every_frame_is_heard_at_the_moment_it_was_on_air(sound: SoundFile, late_ns: int) -> None:
    hand = Hand()
    source = _source(sound, hand)
    source.play(Playback(1, ORIGIN_NS))
    heard = _play(source, hand, late_ns=late_ns)
    readings = [event for event in heard if isinstance(event, Reading)]
    assert len(readings) >= FRAMES - 2
    assert all(abs(reading.stamp_ns - _true_ns(reading)) < 15_000 for reading in readings)
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


@pytest.mark.parametrize("late_ms", [3, 46, 149, 400])
def test_a_conductor_that_comes_back_late_and_has_to_catch_up_hears_it_at_the_moment_it_was_on_air(
    sound: SoundFile, late_ms: int
) -> None:
    hand = Hand()
    hand.now_ns = ORIGIN_NS + 500 * NS_PER_MS
    source = _source(sound, hand)
    source.resume(Playback(1, ORIGIN_NS))
    heard: list[Heard] = []
    for pause_ns in (late_ms * NS_PER_MS, 9 * NS_PER_MS, 31 * NS_PER_MS, 140 * NS_PER_MS):
        hand.now_ns += pause_ns
        heard += source.pump()
    heard += _play(source, hand)
    readings = [event for event in heard if isinstance(event, Reading)]
    assert len(readings) > 70
    assert all(abs(reading.stamp_ns - _true_ns(reading)) < 25_000 for reading in readings)


def test_what_a_conductor_missed_while_it_was_dead_is_no_jump_however_late_it_comes_back(sound: SoundFile) -> None:
    hand, follower = Hand(), Follower(ChaseConfig(RATE, START.show_ns(RATE), START.show_ns(RATE) + 10 * NS_PER_S))
    kinds: list[ChaseKind] = []

    def hear(events: Iterable[Heard]) -> None:
        for event in events:
            if isinstance(event, Reading):
                follower.feed(event)
        kinds.extend(event.kind for event in follower.step(hand.now_ns)[1])

    first = _source(sound, hand)
    first.play(Playback(1, ORIGIN_NS))
    hear(_play(first, hand, until_ns=ORIGIN_NS + 500 * NS_PER_MS))
    hand.now_ns = ORIGIN_NS + 2035 * NS_PER_MS
    hear([])
    successor = _source(sound, hand)
    successor.resume(Playback(1, ORIGIN_NS))
    for late_ms in (147, 71, 89, 70):
        hand.now_ns += late_ms * NS_PER_MS
        hear(successor.pump())
    hear(_play(successor, hand))
    assert ChaseKind.RETURNED in kinds
    assert ChaseKind.JUMP not in kinds


@pytest.mark.parametrize("before_end_ms", [1, 0, -100])
def test_a_conductor_back_as_the_sound_ends_says_it_is_over_and_not_lost(sound: SoundFile, before_end_ms: int) -> None:
    hand = Hand()
    hand.now_ns = ORIGIN_NS + FRAMES * FRAME_NS - before_end_ms * NS_PER_MS
    source = _source(sound, hand)
    source.resume(Playback(1, ORIGIN_NS))
    assert _play(source, hand) == [SourceEvent("ltc", ORIGIN_NS + FRAMES * FRAME_NS, "ended", "the sound is over")]


def test_a_long_sound_is_taken_up_without_reading_all_that_is_before(
    sound: SoundFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    blocks = SoundFile.blocks

    def counted(self: SoundFile, channel: int, block_samples: int = 1, *, first_sample: int = 0) -> Iterator[Block]:
        for block in blocks(self, channel, block_samples, first_sample=first_sample):
            read.append(len(block))
            yield block

    monkeypatch.setattr(SoundFile, "blocks", counted)
    hand = Hand()
    hand.now_ns = ORIGIN_NS + 3_900 * NS_PER_MS
    source = _source(sound, hand)
    source.resume(Playback(1, ORIGIN_NS))
    _play(source, hand)
    assert sum(read) < SAMPLE_RATE // 10


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
