"""A playback as messages: what the decoders make of them, and when they are due."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import InputError, TimecodeError
from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetDecoder, ArtTimeCode
from cuefocus.wire.events import Glitch
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.word import MtcLocate, MtcWord
from cuefocus.wire.pace import Wow
from cuefocus.wire.playback import Gap, Jump, Playback
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


UNEVEN = Playback(
    RATES["25"],
    START,
    1.0,
    ramps=((1.0, 1.0), (3.0, 2.5), (5.0, -1.5), (6.0, -1.5), (7.0, 0.0), (9.3, 0.0), (9.5, 0.8)),
    jumps=(Jump(4.0, Timecode(2, 0, 59, 24)), Jump(5.5, Timecode(1, 0, 0, 10))),
    gaps=(Gap(2.0, 0.31),),
    wow=Wow(0.04, 3.0),
)


def position_of_uneven(at_s: float) -> float:
    """Quarter frames from 00:00:00:00, integrated in small steps from what the ramps say."""
    knots = [(0.0, 1.0), *UNEVEN.ramps, (1000.0, 0.8)]
    origin, since = 3600 * 25, 0.0
    for jump_s, label in ((4.0, (2 * 3600 + 59) * 25 + 24), (5.5, 3600 * 25 + 10)):
        if at_s >= jump_s:
            origin, since = label, jump_s
    swing = 2 * math.pi * 3.0
    steps = np.linspace(since, at_s, 20_001)
    middles = (steps[1:] + steps[:-1]) / 2
    warped = middles + 0.04 / swing * (1 - np.cos(swing * middles))  # wow moves the moment, and with it the speed
    speeds = np.interp(warped, [at for at, _ in knots], [speed for _, speed in knots])
    moved = float(np.sum(speeds * (1 + 0.04 * np.sin(swing * middles))) * (at_s - since) / 20_000)
    return 4 * (origin + 25 * moved)


def test_along_ramps_jumps_and_wow_each_quarter_frame_is_sent_where_arithmetic_has_it() -> None:
    pieces = [message for message in mtc_messages(UNEVEN, 12.0, ORIGIN_NS) if message.data[0] == 0xF1]
    forward = reverse = 0
    before = 0.0
    for message in pieces:
        at_s = (message.due_ns - ORIGIN_NS) / NS_PER_S
        exact = position_of_uneven(at_s)
        quarters = round(exact)
        assert abs(exact - quarters) < 2e-3, at_s
        piece, nibble = message.data[1] >> 4, message.data[1] & 15
        back = 5.0 > at_s > 4.25 or 5.0 <= at_s < 7.0
        word = -(-quarters // 8) if back else quarters // 8
        seconds, frames = divmod(2 * word, 25)
        fields = (frames, seconds % 60, seconds // 60 % 60, seconds // 3600 | 1 << 5)
        nibbles = [part for field in fields for part in (field & 15, field >> 4)]
        assert piece == quarters - 8 * (word - back) - back, at_s
        assert nibble == nibbles[piece], at_s
        forward, reverse = forward + (not back), reverse + back
        assert at_s >= before
        before = at_s
    assert forward > 300
    assert reverse > 200


def test_what_uneven_playback_sends_is_read_without_one_torn_word() -> None:
    """Words before a jump or a turn may be left off in their midst; a new one begins at its beginning."""
    decoder = MtcDecoder("mtc")
    heard = [
        (message.due_ns, found)
        for message in mtc_messages(UNEVEN, 12.0, ORIGIN_NS)
        for found in decoder.feed(message.data, message.due_ns)
    ]
    glitches = [found.reason for _, found in heard if isinstance(found, Glitch)]
    assert glitches == ["quarter frame 0 after 5", "quarter frame 7 after 2"], "the gap, and the turn"
    directions = [key for key, _ in itertools.groupby(w.direction for _, w in heard if isinstance(w, MtcWord))]
    assert directions == [1, -1, 1]
    located = [(round((at - ORIGIN_NS) / NS_PER_S, 1), f.label) for at, f in heard if isinstance(f, MtcLocate)]
    assert located[:3] == [(0.0, START), (4.0, Timecode(2, 0, 59, 24)), (5.5, Timecode(1, 0, 0, 10))]
    standing = located[3:]
    assert [at for at, _ in standing] == [7.0, 8.0, 9.0], "where it stands it says so, each second"
    assert {label for _, label in standing} == {UNEVEN.label_at(8.0)}


def test_art_net_of_uneven_playback_names_each_frame_as_it_begins_and_the_one_it_stands_at() -> None:
    listener = ArtNetDecoder("artnet")
    told = []
    for message in artnet_messages(UNEVEN, 12.0, ORIGIN_NS):
        found = listener.feed(message.data, message.due_ns)
        assert isinstance(found, ArtTimeCode)
        told.append(((message.due_ns - ORIGIN_NS) / NS_PER_S, found.label.frame_number(RATES["25"])))
    for at_s, frame in told:
        if not 7.0 <= at_s < 9.3:
            assert abs(position_of_uneven(at_s) / 4 - frame) < 1e-3, at_s
    stood = [frame for at_s, frame in told if 7.05 < at_s < 9.25]
    assert len(set(stood)) == 1
    assert 50 <= len(stood) <= 60, "told again as often as frames pass"
    assert any(later < earlier for (_, earlier), (_, later) in itertools.pairwise(told))
    assert not [at_s for at_s, _ in told if 2.0 <= at_s < 2.31]


@given(
    name=st.sampled_from(RATE_NAMES),
    first=st.sampled_from([1.0, -1.0, 0.5, 0.0]),
    last=st.sampled_from([0.25, 2.0, -1.0]),
    start=st.integers(2000, 2_000_000),
)
def test_ramps_at_every_rate_are_read_back_as_what_is_on_air(name: str, first: float, last: float, start: int) -> None:
    rate = RATES[name]
    playback = Playback(rate, timecode_at_frame(start, rate), first, ramps=((2.0, last),))
    day = rate.frames_per_day // rate.pair
    heard = [found for found in words(playback, 4.0) if isinstance(found, MtcWord)]
    assert heard
    for word in heard:
        at_s = np.array([(word.stamps_ns[0] - ORIGIN_NS) / NS_PER_S])
        position = (playback.start.frame_number(rate) + float(playback.frames_at(at_s)[0])) / rate.pair
        assert abs((word.frame - position + day / 2) % day - day / 2) < 1e-3


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
        Playback(rate, START, 0.0, wow=Wow(0.1, 1.0)),
        Playback(rate, START, ramps=((1.0, 60.0),)),
        Playback(rate, START, 1e-9),
    ):
        for messages in (mtc_messages, artnet_messages):
            with pytest.raises(InputError) as refused:
                messages(playback, 1.0, 0)
            assert refused.value.hint
    with pytest.raises(TimecodeError):
        Playback(rate, Timecode(0, 0, 0, 25))
