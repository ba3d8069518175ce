"""What REAPER's feedback says: the finest of several positions, labels, buttons in any order."""

import struct

import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import ArgValue, build_msg

from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.reaper import ReaperDecoder, ReaperPosition, ReaperTransport

STAMP_NS = 77


def packet(**said: ArgValue) -> bytes:
    """One bundle; `time_str` is /time/str."""
    builder = OscBundleBuilder(IMMEDIATELY)
    for name, value in said.items():
        builder.add_content(build_msg("/" + name.replace("_", "/"), [value]))
    return bytes(builder.build().dgram)


def position(**said: ArgValue) -> ReaperPosition:
    [found] = ReaperDecoder("reaper").feed(packet(**said), STAMP_NS)
    assert isinstance(found, ReaperPosition), found
    return found


def as_float32(value: float) -> float:
    return float(struct.unpack(">f", struct.pack(">f", value))[0])


@pytest.mark.parametrize(
    ("said", "project_ns"),
    [
        ({"time": 12.5}, 12_500_000_000),
        ({"time_str": "12.500"}, 12_500_000_000),
        ({"time_str": "1:02.5"}, 62_500_000_000),
        ({"time_str": "3:00:00.001"}, 10_800_001_000_000),
        ({"time_str": "-0:01.250"}, -1_250_000_000),
        # a float is finer than milliseconds in the first hour, and coarser after three
        ({"time": 100.0001, "time_str": "1:40.000"}, round(as_float32(100.0001) * 1e9)),
        ({"time": 10_800.0003, "time_str": "3:00:00.000"}, 10_800 * NS_PER_S),
        # samples are exact, at the one sample rate that fits
        ({"time": 10_800.0, "samples_str": "518400048"}, 10_800_001_000_000),
        ({"time_str": "10.000", "samples_str": "441021"}, round(441_021 / 44_100 * 1e9)),
        ({"time": 10.0, "samples_str": "12345"}, 10 * NS_PER_S),
        ({"time": 0.0, "samples_str": "0"}, 0),
    ],
)
def test_the_finest_position_counts(said: dict[str, ArgValue], project_ns: int) -> None:
    assert position(**said) == ReaperPosition(project_ns, None, STAMP_NS)


def test_labels_are_read_with_either_mark() -> None:
    assert position(frames_str="1:02:03:04").label == Timecode(1, 2, 3, 4)
    assert position(frames_str="01:02:03;04", time=5.0) == ReaperPosition(5 * NS_PER_S, Timecode(1, 2, 3, 4), STAMP_NS)
    assert position(frames_str="-00:00:01:10", time=-1.6).label is None


@pytest.mark.parametrize(
    "said",
    [
        {"time": "soon"},
        {"time": float("nan")},
        {"time": float("inf")},
        {"time": 1e30},
        {"time_str": "1.2.3"},
        {"time_str": "9" * 5000},
        {"frames_str": "later"},
        {"samples_str": "48000"},
    ],
)
def test_what_says_no_position_is_a_glitch(said: dict[str, ArgValue]) -> None:
    [found] = ReaperDecoder("reaper").feed(packet(**said), STAMP_NS)
    assert isinstance(found, Glitch)
    assert "cannot be read" in found.reason


def test_torn_packets_are_glitches_and_other_addresses_are_counted() -> None:
    decoder = ReaperDecoder("reaper")
    [torn] = decoder.feed(b"/time\0\0\0,f\0\0", STAMP_NS)
    assert isinstance(torn, Glitch)
    assert decoder.feed(packet(track_1_volume=0.5, beat_str="1.1.00"), STAMP_NS) == []
    assert (decoder.others, list(decoder.addresses)) == (2, ["/track/1/volume", "/beat/str"])


def test_buttons_say_whether_it_rolls() -> None:
    decoder = ReaperDecoder("reaper")

    def told(**said: ArgValue) -> list[tuple[bool, str]]:
        found = decoder.feed(packet(**said), STAMP_NS)
        return [(one.rolling, one.word) for one in found if isinstance(one, ReaperTransport)]

    assert told(play=1.0) == [(True, "REAPER plays")]
    assert told(stop=float("nan")) == []
    assert told(pause=float("inf")) == []
    assert told(stop=0.0) == []
    assert told(pause=1) == [(False, "REAPER is paused")]
    assert told(pause=0) == [(True, "REAPER plays")]
    assert told(record=True) == []
    assert told(play=False, stop=True, record=False) == [(False, "REAPER stopped")]
    assert told(stop=0.0) == []
    assert told(record=1.0) == [(True, "REAPER plays")]
    decoder.restart()
    assert told(stop=0.0) == []
    assert told(play=0.0) == [(False, "REAPER stopped")]


def test_a_stop_comes_before_the_position_it_leaves_it_at() -> None:
    decoder = ReaperDecoder("reaper")
    decoder.feed(packet(play=1.0), STAMP_NS)
    stopped, place = decoder.feed(packet(time=0.0, stop=1.0), STAMP_NS)
    assert isinstance(stopped, ReaperTransport)
    assert place == ReaperPosition(0, None, STAMP_NS)


def test_a_float_of_three_hours_is_no_finer_than_a_millisecond() -> None:
    """Why strings and samples are preferred there."""
    assert as_float32(10_800.0004) == 10_800.0
    assert abs(as_float32(10_800.0006) - 10_800.001) * 1000 < 0.1 * NS_PER_MS


@pytest.mark.parametrize("finer", [{"time": "soon"}, {"samples_str": "many"}, {"samples_str": "7"}])
def test_what_cannot_be_read_is_not_waited_for(finer: dict[str, ArgValue]) -> None:
    decoder, found = ReaperDecoder("reaper"), []
    for step in range(20):
        for said in ({"time_str": f"{5 + step / 10:.3f}"}, finer):
            found += decoder.feed(packet(**said), step * 100 * NS_PER_MS)
    assert len({one.project_ns for one in found if isinstance(one, ReaperPosition)}) == 20


def test_samples_of_their_own_are_read_by_the_seconds_before_them() -> None:
    decoder = ReaperDecoder("reaper")
    for step in range(5):
        said = 10 + step / 10
        assert not [one for one in decoder.feed(packet(time=said), step * 10**8) if step and one]
        [found] = decoder.feed(packet(samples_str=str(round(said * 48_000))), step * 10**8 + NS_PER_MS)
        assert found == ReaperPosition(round(said * NS_PER_S), None, step * 10**8 + NS_PER_MS)
    late = decoder.feed(packet(samples_str="500000"), 4 * 10**8 + 50 * NS_PER_MS)
    assert late == [], "its seconds were lost"
