"""A playback as messages: what the decoders make of them, and when they are due."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import InputError, TimecodeError
from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetDecoder, ArtTimeCode
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.word import MtcLocate, MtcWord
from cuefocus.wire.playback import Gap, Jump, Playback, Wow
from cuefocus.wire.sent_timecode import LOCATE_LEAD_NS, artnet_messages, mtc_messages

START = Timecode(1, 0, 0, 0)
ORIGIN_NS = 123_456_789_012
RATE_NAMES = ["23.976", "24", "25", "29.97df", "29.97ndf", "30", "50", "59.94df"]


def words(playback: Playback, seconds: float) -> list[MtcWord | MtcLocate]:
    decoder = MtcDecoder("mtc")
    heard = [
        found
        for message in mtc_messages(playback, seconds, ORIGIN_NS)
        for found in decoder.feed(message.data, message.due_ns)
    ]
    return [found for found in heard if isinstance(found, MtcWord | MtcLocate)]


@given(
    name=st.sampled_from(RATE_NAMES),
    speed=st.sampled_from([1.0, 0.5, -1.0, 2.0, 0.96, -0.03, 1.001]),
    start=st.integers(0, 80_000),
)
def test_quarter_frames_say_what_is_on_air_when_they_are_due(name: str, speed: float, start: int) -> None:
    rate = RATES[name]
    playback = Playback(rate, timecode_at_frame(start, rate), speed)
    heard = [found for found in words(playback, 3.0 / abs(speed)) if isinstance(found, MtcWord)]
    assert len(heard) >= 30
    first = playback.start.frame_number(rate)
    for word in heard:
        at_s = Fraction(word.stamps_ns[0] - ORIGIN_NS, NS_PER_S)
        # 23.976 and 29.97 non-drop travel under the names of 24 and 30
        position = (first + at_s * rate.fps * Fraction(speed).limit_denominator(10**6)) / rate.pair
        off = (word.frame - position) % (rate.frames_per_day // rate.pair)
        assert min(off, rate.frames_per_day // rate.pair - off) < 1e-3


def test_a_locate_goes_ahead_of_the_start_and_comes_with_each_jump() -> None:
    jumps = (Jump(1.0, Timecode(2, 0, 0, 0)), Jump(2.5, Timecode(3, 0, 0, 0)))
    playback = Playback(RATES["25"], START, jumps=jumps, gaps=(Gap(0.5, 0.1), Gap(2.2, 0.6)))
    heard = words(playback, 4.0)
    locates = [found for found in heard if isinstance(found, MtcLocate)]
    assert [found.label for found in locates] == [START, Timecode(2, 0, 0, 0), Timecode(3, 0, 0, 7)]
    dues_ms = [-LOCATE_LEAD_NS // NS_PER_MS, 1000, 2800]  # the last jump was in a gap: told at its end
    assert [(found.stamp_ns - ORIGIN_NS) // NS_PER_MS for found in locates] == dues_ms
    sent_ms = [(message.due_ns - ORIGIN_NS) / NS_PER_MS for message in mtc_messages(playback, 4.0, ORIGIN_NS)]
    assert sent_ms == sorted(sent_ms)
    assert not [at for at in sent_ms if 500 <= at < 600 or 2200 <= at < 2800]


@pytest.mark.parametrize("name", RATE_NAMES)
@pytest.mark.parametrize("speed", [1.0, -2.0])
def test_a_datagram_is_due_when_its_frame_begins(name: str, speed: float) -> None:
    rate = RATES[name]
    playback = Playback(rate, START, speed, jumps=(Jump(1.0, Timecode(5, 0, 0, 0)),), gaps=(Gap(1.5, 0.1),))
    decoder = ArtNetDecoder("artnet")
    for message in artnet_messages(playback, 2.0, ORIGIN_NS, stream=3):
        found = decoder.feed(message.data, message.due_ns)
        assert isinstance(found, ArtTimeCode)
        assert found.stream == 3
        at_s = (message.due_ns - ORIGIN_NS) / NS_PER_S
        label = playback.label_at(at_s + 1e-7)
        wire = Timecode(label.hours, label.minutes, label.seconds, label.frames // rate.pair)
        # in reverse a frame's datagram is sent at the moment that in forward play is its start
        assert found.label == wire if speed > 0 else found.label in (wire, _after(wire, rate.name))


def _after(label: Timecode, name: str) -> Timecode:
    rate = RATES[name]
    whole = Timecode(label.hours, label.minutes, label.seconds, label.frames * rate.pair)
    after = timecode_at_frame(whole.frame_number(rate) + rate.pair, rate)
    return Timecode(after.hours, after.minutes, after.seconds, after.frames // rate.pair)


def test_without_an_end_it_goes_on() -> None:
    endless = mtc_messages(Playback(RATES["25"], Timecode(23, 59, 59, 21)), None, ORIGIN_NS)
    last = list(itertools.islice(endless, 10_001))[-1]
    assert last.due_ns == ORIGIN_NS + 9_999 * 10 * NS_PER_MS


def test_what_cannot_be_sent_is_refused_at_once() -> None:
    rate = RATES["25"]
    for playback in (
        Playback(rate, START, 0.0),
        Playback(rate, START, 100.0),
        Playback(rate, START, ramps=((1.0, 2.0),)),
        Playback(rate, START, wow=Wow(0.1, 1.0)),
    ):
        for messages in (mtc_messages, artnet_messages):
            with pytest.raises(InputError) as refused:
                messages(playback, 1.0, 0)
            assert refused.value.hint
    with pytest.raises(TimecodeError):
        Playback(rate, Timecode(0, 0, 0, 25))
