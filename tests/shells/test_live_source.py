"""Live sound comes through the ring as it was, sample for sample, and is stamped and told of as it should be."""

import os
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from cuefocus.engine.ports import SourceEvent
from cuefocus.errors import DeviceError
from cuefocus.shells.file_source import Heard
from cuefocus.shells.live_source import TOLD_NS, LiveSource
from cuefocus.shells.ring_reader import copied
from cuefocus.shells.sound_ring import RING_BLOCKS, RING_SAMPLES, RingWriter, SoundRing, State, place_of
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, Reading
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc

RATE, SAMPLE_RATE, BLOCK = RATES["25"], 48_000, 256
START = Timecode(1, 0, 0, 0)
ORIGIN_NS = 50 * NS_PER_S
Sound = npt.NDArray[np.float32]


@pytest.fixture
def ring() -> Iterator[SoundRing]:
    made = SoundRing.create()
    yield made
    os.close(made.bell)


def ltc(seconds: float) -> Sound:
    position = np.arange(round(seconds * SAMPLE_RATE)) * (25 / SAMPLE_RATE)
    return render_ltc(LtcSound(RATE, START, SAMPLE_RATE), position)


def raw(sound: Sound) -> memoryview:
    return np.ascontiguousarray(sound).data.cast("B")


class Rig:
    """Ears whose sound is made, and the conductor's end."""

    def __init__(self, ring: SoundRing, channels: int = 1, channel: int | None = None) -> None:
        self.writer, self.now_ns = RingWriter(ring), ORIGIN_NS
        self.writer.describe(sample_rate=SAMPLE_RATE, channels=channels)
        self.writer.tell(State.OPEN, "a made device")
        self.source = LiveSource("ltc", ring, channel, clock_ns=lambda: self.now_ns)

    def play(self, sound: Sound, *, first: int = 0, late_ns: int = 0, two_sided: bool = True) -> list[Heard]:
        heard: list[Heard] = []
        rows = np.atleast_2d(sound)
        for at in range(0, rows.shape[1] - BLOCK + 1, BLOCK):
            stamp_ns = ORIGIN_NS + (first + at) * NS_PER_S // SAMPLE_RATE + late_ns
            self.now_ns = stamp_ns + BLOCK * NS_PER_S // SAMPLE_RATE
            blocks = [raw(row[at : at + BLOCK]) for row in rows]
            self.writer.put(blocks, first + at, BLOCK, stamp_ns, two_sided=two_sided)
            heard += self.source.pump()
        return heard


def true_ns(reading: Reading) -> int:
    return ORIGIN_NS + (reading.label.frame_number(RATE) - START.frame_number(RATE)) * NS_PER_S // 25


def readings_in(heard: list[Heard]) -> list[Reading]:
    return [event for event in heard if isinstance(event, Reading)]


def test_each_frame_is_read_at_the_moment_it_was_at_the_converter(ring: SoundRing) -> None:
    heard = Rig(ring).play(ltc(4.0))
    assert heard[0] == SourceEvent("ltc", heard[0].stamp_ns, "opened", "a made device")
    readings = readings_in(heard)
    assert len(readings) >= 98
    assert all(abs(reading.stamp_ns - true_ns(reading)) < 2000 for reading in readings)


def test_samples_come_through_whole_wherever_the_ring_wraps(ring: SoundRing) -> None:
    writer, random = RingWriter(ring), np.random.default_rng(1)
    writer.describe(sample_rate=SAMPLE_RATE, channels=3)
    sample = 0
    for number in range(200):
        length = int(random.integers(1, 3000))
        sound = random.standard_normal((3, length)).astype(np.float32)
        if number % 2:
            writer.put([raw(row) for row in sound], sample, length, number)
        else:
            flat = np.ascontiguousarray(sound.T).reshape(-1).data.cast("B").cast("f")
            writer.put_interleaved(flat, 3, sample, number)
        place = place_of(ring, number)
        assert place is not None
        assert (place.first_sample, place.samples, place.stamp_ns) == (sample, length, number)
        block = copied(ring, place, 3)
        assert block is not None
        assert np.array_equal(block, sound)
        sample += length


def test_what_was_overwritten_is_not_handed_out(ring: SoundRing) -> None:
    writer = RingWriter(ring)
    writer.describe(sample_rate=SAMPLE_RATE, channels=1)
    for number in range(RING_SAMPLES // 1024 + 4):
        writer.put([raw(np.zeros(1024, dtype=np.float32))], number * 1024, 1024, number)
    assert place_of(ring, 0) is None
    assert place_of(ring, ring.head - 1) is not None
    for number in range(RING_BLOCKS + 1):
        writer.put([raw(np.zeros(1, dtype=np.float32))], number, 1, number)
    assert place_of(ring, ring.head - RING_BLOCKS) is None


def test_an_xrun_is_counted_told_once_and_keeps_the_rate(ring: SoundRing) -> None:
    rig, sound = Rig(ring), ltc(6.0)
    half = len(sound) // 2 // BLOCK * BLOCK
    rig.play(sound[:half])
    before = rig.source.news(rig.now_ns)
    rig.writer.lose()
    heard = rig.play(sound[half:], first=half)
    assert [event.reason for event in heard if isinstance(event, Glitch)] == [
        "samples are missing: counted anew, the rate is kept"
    ]
    readings = readings_in(heard)
    assert len(readings) >= 72
    assert all(abs(reading.stamp_ns - true_ns(reading)) < 25_000 for reading in readings)
    told = [event for event in rig.source.news(rig.now_ns) if event["event"] == "alarm"]
    assert len(told) == 1
    assert "1 since the start" in str(told[0]["text"])
    assert not [event for event in before if event["event"] == "alarm"]


def test_frames_that_the_server_passed_over_move_nothing(ring: SoundRing) -> None:
    rig, sound = Rig(ring), ltc(6.0)
    half = len(sound) // 2 // BLOCK * BLOCK
    rig.play(sound[:half])
    skip = 4 * BLOCK
    readings = readings_in(rig.play(sound[half + skip :], first=half + skip))
    assert len(readings) >= 70
    assert all(abs(reading.stamp_ns - true_ns(reading)) < 25_000 for reading in readings)


def test_a_conductor_that_did_not_run_goes_on_with_what_is_on_air(ring: SoundRing) -> None:
    rig, sound = Rig(ring), ltc(8.0)
    piece = SAMPLE_RATE // BLOCK * BLOCK
    rig.play(sound[:piece])
    for at in range(piece, 4 * piece, BLOCK):  # three seconds nobody fetched
        rig.writer.put([raw(sound[at : at + BLOCK])], at, BLOCK, ORIGIN_NS + at * NS_PER_S // SAMPLE_RATE)
    heard = rig.source.pump()
    assert any(isinstance(event, Glitch) and "did not run" in event.reason for event in heard)
    readings = readings_in(rig.play(sound[4 * piece :], first=4 * piece))
    assert len(readings) >= 90
    assert all(abs(reading.stamp_ns - true_ns(reading)) < 25_000 for reading in readings)


def test_a_device_that_goes_and_comes_back_is_lost_and_opened(ring: SoundRing) -> None:
    rig, sound = Rig(ring), ltc(4.0)
    half = len(sound) // 2 // BLOCK * BLOCK
    rig.play(sound[:half])
    rig.writer.tell(State.LOST, "the JACK server is gone")
    rig.writer.tell(State.LOST, "no JACK server answers")
    lost = rig.source.pump()
    assert [(event.kind, event.reason) for event in lost if isinstance(event, SourceEvent)] == [
        ("lost", "no JACK server answers")
    ]
    rig.writer.describe(sample_rate=SAMPLE_RATE, channels=1)
    rig.writer.tell(State.OPEN, "a made device")
    heard = rig.play(sound[half:], first=half)
    assert [event.kind for event in heard if isinstance(event, SourceEvent)] == ["opened"]
    assert len(readings_in(heard)) >= 45
    kinds = [event["kind"] for event in rig.source.news(rig.now_ns) if event["event"] == "source"]
    assert kinds == ["opened", "lost", "opened"]


def test_a_successor_does_not_say_again_that_the_source_is_open(ring: SoundRing) -> None:
    rig = Rig(ring)
    rig.play(ltc(1.0))
    successor = LiveSource("ltc", ring, resumed=True)
    assert not [event for event in successor.pump() if isinstance(event, SourceEvent)]


def test_the_channel_with_timecode_is_found_and_shown(ring: SoundRing) -> None:
    sound = ltc(4.0)
    noise = (0.2 * np.random.default_rng(1).standard_normal(len(sound))).astype(np.float32)
    rig = Rig(ring, channels=3)
    heard = rig.play(np.stack([noise, sound, np.zeros_like(sound)]))
    assert len(readings_in(heard)) >= 95
    shown = [event["sound"] for event in rig.source.news(rig.now_ns) if "sound" in event]
    assert len(shown) == 1
    assert isinstance(shown[0], dict)
    assert shown[0]["channel"] == 2
    assert shown[0]["lock"] > 0.9
    assert shown[0]["front_end"] == "edges"
    assert not rig.source.news(rig.now_ns + TOLD_NS - NS_PER_MS)
    assert rig.source.news(rig.now_ns + TOLD_NS)


def test_a_descriptor_that_is_no_ring_is_refused() -> None:
    fd = os.memfd_create("other")
    with pytest.raises(DeviceError, match="no sound ring"):
        SoundRing.attach(fd, -1)
    os.close(fd)
