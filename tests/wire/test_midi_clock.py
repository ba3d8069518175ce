"""MIDI clock on the wire: which clock of the song each is, and when nobody can say."""

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import InputError
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_clock import ClockLocate, ClockStop, ClockTick, Heard, MidiClockDecoder, SongSelect
from cuefocus.wire.pace import Pace, Wow
from cuefocus.wire.sent_clock import SongRun, clock_messages, pointer

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
AT_120_NS = 500 * NS_PER_MS


def heard(*messages: bytes, decoder: MidiClockDecoder | None = None, every_ns: int = 20_833_333) -> list[Heard]:
    """What is understood of messages that come one after the other."""
    decoder = decoder or MidiClockDecoder("clock")
    return [found for number, data in enumerate(messages) for found in decoder.feed(data, number * every_ns)]


def ticks(found: Iterable[Heard]) -> list[int | None]:
    return [one.clocks for one in found if isinstance(one, ClockTick)]


def test_the_first_clock_after_start_is_the_beginning_itself() -> None:
    found = heard(START, CLOCK, CLOCK, CLOCK)
    assert found[0] == ClockLocate(0, 0, begins=True)
    assert ticks(found) == [0, 1, 2]


def test_the_first_clock_after_continue_is_the_place_of_the_pointer() -> None:
    found = heard(pointer(Fraction(64)), CONTINUE, CLOCK, CLOCK)
    assert found[:2] == [ClockLocate(64 * 24, 0), ClockLocate(64 * 24, 20_833_333, begins=True)]
    assert ticks(found) == [64 * 24, 64 * 24 + 1]


def test_clocks_while_it_stands_carry_no_place_and_continue_goes_on_where_it_stopped() -> None:
    found = heard(CLOCK, START, CLOCK, CLOCK, STOP, CLOCK, CLOCK, STOP, CONTINUE, CONTINUE, CLOCK)
    assert ticks(found) == [None, 0, 1, None, None, 2]
    assert len([one for one in found if isinstance(one, ClockStop)]) == 1


def test_a_pointer_while_it_runs_is_a_locate() -> None:
    assert ticks(heard(START, CLOCK, CLOCK, pointer(Fraction(4)), CLOCK, CLOCK)) == [0, 1, 96, 97]


def test_continue_that_nobody_said_the_place_of_is_a_glitch_until_somebody_does() -> None:
    found = heard(CONTINUE, CLOCK, CLOCK, pointer(Fraction(1)), CLOCK)
    assert isinstance(found[0], Glitch)
    assert "nobody said where" in found[0].reason
    assert ticks(found) == [None, None, 24]


def test_a_torn_pointer_is_not_taken_for_none() -> None:
    """Without its last byte the pointer is lost; Continue would go on at the old bar."""
    found = heard(START, CLOCK, STOP, b"\xf2\x10", CONTINUE, CLOCK)
    assert ticks(found) == [0, None]
    assert "torn message before Continue" in next(one.reason for one in found if isinstance(one, Glitch))
    assert ticks(heard(START, CLOCK, STOP, b"\xf2\x10", pointer(Fraction(2)), CONTINUE, CLOCK)) == [0, 48]


def test_after_a_long_pause_the_place_is_not_known() -> None:
    decoder = MidiClockDecoder("clock")
    heard(START, CLOCK, CLOCK, decoder=decoder)
    late = decoder.feed(CLOCK, 2 * NS_PER_S)
    assert "no clock for 2.0 s" in next(one.reason for one in late if isinstance(one, Glitch))
    assert ticks([*late, *decoder.feed(CLOCK, 2 * NS_PER_S + 20 * NS_PER_MS)]) == [None, None]
    assert ticks(decoder.feed(pointer(Fraction(3)) + CLOCK, 3 * NS_PER_S)) == [72]


def test_songs_and_resets() -> None:
    decoder = MidiClockDecoder("clock")
    assert heard(b"\xf3\x05", decoder=decoder) == [SongSelect(5, 0)]
    found = heard(START, CLOCK, b"\xff", CONTINUE, CLOCK, decoder=decoder)
    assert isinstance(found[2], ClockStop)
    assert ticks(found) == [0, 0]
    decoder.forget_place()
    assert decoder.clocks is None
    heard(STOP, decoder=decoder)
    decoder.forget_place()
    assert decoder.clocks == 0


@given(noise=st.binary(max_size=60), splits=st.lists(st.integers(0, 80), max_size=10))
def test_any_split_is_understood_alike_and_noise_never_raises(noise: bytes, splits: list[int]) -> None:
    stream = noise + STOP + pointer(Fraction(8)) + b"\x90\x40" + CONTINUE + CLOCK + b"\x40" + CLOCK
    whole, split = MidiClockDecoder("clock"), MidiClockDecoder("clock")
    edges = sorted({0, len(stream), *(at for at in splits if at < len(stream))})
    parts = [stream[a:b] for a, b in pairwise(edges)]
    found = whole.feed(stream, 7)
    assert [one for part in parts for one in split.feed(part, 7)] == found
    assert ticks(found)[-2:] == [192, 193], "a clean start after noise is read, with a note around its clocks"


@given(start=st.integers(0, 4000), jump=st.integers(0, 4000), seconds=st.floats(0.5, 3.0))
def test_what_is_sent_is_what_is_read(start: int, jump: int, seconds: float) -> None:
    run = SongRun(lambda quarters: round(quarters * AT_120_NS), Fraction(start, 4), jumps=((0.4, Fraction(jump, 4)),))
    decoder, expected = MidiClockDecoder("clock"), 0
    for message in clock_messages(run, seconds, NS_PER_S):
        for found in decoder.feed(message.data, message.due_ns):
            assert not isinstance(found, Glitch)
            if isinstance(found, ClockTick):
                at_s = (found.stamp_ns - NS_PER_S) / NS_PER_S
                since = (at_s - 0.4, jump) if at_s >= 0.4 else (at_s, start)
                assert found.clocks == round(since[0] * 48) + since[1] * 6
                expected += 1
    assert expected == pytest.approx(seconds * 48, abs=2)
    assert not decoder.running


def test_the_tempo_follows_ramps_and_wow_across_a_jump() -> None:
    pace = Pace(1.0, ((1.0, 1.0), (3.0, 2.0)), Wow(0.02, 1.5))
    run = SongRun(lambda quarters: round(quarters * AT_120_NS), Fraction(0), pace, jumps=((2.5, Fraction(16)),))
    dues_s = [(one.due_ns - NS_PER_S) / NS_PER_S for one in clock_messages(run, 6.0, NS_PER_S) if one.data == CLOCK]
    assert dues_s == sorted(dues_s)

    def played(at_s: float) -> float:
        """Seconds of the song, by small steps."""
        middles = (np.arange(20_000) + 0.5) * at_s / 20_000
        swing = 2 * math.pi * 1.5
        warped = middles + 0.02 / swing * (1 - np.cos(swing * middles))
        speeds = np.interp(warped, (0.0, 1.0, 3.0), (1.0, 1.0, 2.0)) * (1 + 0.02 * np.sin(swing * middles))
        return float(speeds.mean() * at_s)

    before = [at_s for at_s in dues_s if at_s < 2.5]
    after = dues_s[len(before) :]
    assert len(before) == pytest.approx(played(2.5) * 48, abs=1)
    assert len(after) == pytest.approx((played(6.0) - played(2.5)) * 48, abs=1)
    for number, at_s in enumerate(before):
        assert played(at_s) * 48 == pytest.approx(number, abs=1e-3)
    for number, at_s in enumerate(after):
        assert (played(at_s) - played(2.5)) * 48 == pytest.approx(number, abs=1e-3)


def test_what_cannot_be_sent_is_refused() -> None:
    def media_ns(quarters: Fraction) -> int:
        return round(quarters * AT_120_NS)

    with pytest.raises(InputError, match="cannot name"):
        SongRun(media_ns, Fraction(1, 3))
    with pytest.raises(InputError, match="cannot name"):
        SongRun(media_ns, jumps=((1.0, Fraction(5000)),))
    with pytest.raises(InputError, match="speed"):
        SongRun(media_ns, pace=Pace(-1.0))
    with pytest.raises(InputError, match="speed"):
        SongRun(media_ns, pace=Pace(1.0, ((2.0, 0.0),)))
    with pytest.raises(InputError, match="one at a time"):
        SongRun(media_ns, jumps=((1.0, Fraction(4)), (1.0, Fraction(8))))
