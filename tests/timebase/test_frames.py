"""Frames, labels and show time: the arithmetic everything else leans on."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timecode.timecode import Timecode as LibraryTimecode

from cuefocus.errors import TimecodeError
from cuefocus.timebase.frames import (
    RATES,
    FrameRate,
    Timecode,
    parse_timecode,
    rate_named,
    timecode_at,
    timecode_at_frame,
    unwrap_near,
)
from cuefocus.timebase.units import NS_PER_S, ms_from_ns, s_from_ns

rates = st.sampled_from(list(RATES.values()))
drop_rates = st.sampled_from([rate for rate in RATES.values() if rate.drop])
counts = st.integers(min_value=-(10**8), max_value=10**8)


def within_a_day(rate: FrameRate) -> st.SearchStrategy[int]:
    return st.integers(min_value=0, max_value=rate.frames_per_day - 1)


@given(rate=rates, data=st.data())
def test_a_count_and_its_label_name_the_same_frame(rate: FrameRate, data: st.DataObject) -> None:
    count = data.draw(within_a_day(rate))
    label = timecode_at_frame(count, rate)
    assert label.exists_in(rate)
    assert label.frame_number(rate) == count
    assert parse_timecode(label.text(rate), rate) == label


@given(rate=rates, data=st.data())
def test_labels_rise_with_their_counts(rate: FrameRate, data: st.DataObject) -> None:
    count = data.draw(st.integers(min_value=0, max_value=rate.frames_per_day - 2))
    assert timecode_at_frame(count, rate) < timecode_at_frame(count + 1, rate)


@given(rate=rates, count=counts)
def test_labels_wrap_at_midnight_in_both_directions(rate: FrameRate, count: int) -> None:
    label = timecode_at_frame(count, rate)
    assert label == timecode_at_frame(count + rate.frames_per_day, rate)
    assert label.frame_number(rate) == count % rate.frames_per_day


@pytest.mark.parametrize("rate", RATES.values(), ids=str)
def test_the_last_label_of_the_day_comes_before_the_first(rate: FrameRate) -> None:
    assert timecode_at_frame(-1, rate) == Timecode(23, 59, 59, rate.nominal - 1)
    assert timecode_at_frame(rate.frames_per_day, rate) == Timecode(0, 0, 0, 0)


@given(
    rate=drop_rates,
    hours=st.integers(0, 23),
    minutes=st.integers(0, 59),
    frames=st.integers(0, 3),
)
def test_drop_frame_skips_numbers_each_minute_but_the_tenth(
    rate: FrameRate, hours: int, minutes: int, frames: int
) -> None:
    label = Timecode(hours, minutes, 0, frames)
    skipped = minutes % 10 != 0 and frames < rate.nominal // 15
    assert label.exists_in(rate) is not skipped
    if skipped:
        with pytest.raises(TimecodeError, match="drop-frame skips"):
            label.frame_number(rate)


@given(rate=drop_rates, minute=st.integers(1, 24 * 60 - 1))
def test_a_drop_frame_minute_goes_from_its_last_frame_to_the_first_that_exists(rate: FrameRate, minute: int) -> None:
    first = Timecode(minute // 60, minute % 60, 0, 0 if minute % 10 == 0 else rate.dropped_per_minute)
    before = timecode_at_frame(first.frame_number(rate) - 1, rate)
    assert (before.seconds, before.frames) == (59, rate.nominal - 1)
    assert before.minutes == (minute - 1) % 60


def test_drop_frame_day_length_is_the_standards() -> None:
    assert RATES["29.97df"].frames_per_day == 2_589_408  # SMPTE ST 12-1
    assert RATES["29.97df"].day_ns == 86_399_913_600_000
    assert RATES["59.94df"].frames_per_day == 2 * 2_589_408


@given(rate=rates, data=st.data())
def test_show_time_of_a_frame_leads_back_to_it(rate: FrameRate, data: st.DataObject) -> None:
    count = data.draw(st.integers(min_value=-10 * rate.frames_per_day, max_value=10 * rate.frames_per_day))
    show_ns = rate.show_ns(count)
    assert abs(Fraction(show_ns) - Fraction(count) * NS_PER_S / rate.fps) <= Fraction(1, 2)
    assert rate.frames_at(show_ns) == count
    assert rate.frames_at(show_ns - 1) == count - 1


@given(rate=rates, show_ns=st.integers(min_value=-(10**15), max_value=10**15))
def test_the_frame_on_air_holds_the_moment(rate: FrameRate, show_ns: int) -> None:
    frames = rate.frames_at(show_ns)
    assert rate.show_ns(frames) <= show_ns < rate.show_ns(frames + 1)
    assert timecode_at(show_ns, rate) == timecode_at_frame(frames, rate)


@given(rate=rates, show_ns=st.integers(-(10**15), 10**15), centre_show_ns=st.integers(-(10**15), 10**15))
def test_unwrapping_moves_by_whole_days_to_within_half_a_day(
    rate: FrameRate, show_ns: int, centre_show_ns: int
) -> None:
    moved = unwrap_near(show_ns, centre_show_ns, rate)
    assert (moved - show_ns) % rate.day_ns == 0
    assert abs(moved - centre_show_ns) <= rate.day_ns // 2 + 1


@given(rate=rates, offset_frames=st.integers(1, 1000))
def test_a_label_past_midnight_unwraps_to_after_it(rate: FrameRate, offset_frames: int) -> None:
    late_ns = rate.show_ns(rate.frames_per_day - 1)
    early_ns = timecode_at_frame(offset_frames, rate).show_ns(rate)
    assert unwrap_near(early_ns, late_ns, rate) - late_ns == pytest.approx(
        float((offset_frames + 1) * NS_PER_S / rate.fps), abs=2
    )


@pytest.mark.parametrize(
    ("text", "rate", "why"),
    [
        ("01:00:00:25", "25", "frames run from 00 to 24"),
        ("24:00:00:00", "25", "does not exist"),
        ("00:60:00:00", "30", "does not exist"),
        ("00:00:60:00", "24", "does not exist"),
        ("00:01:00;00", "29.97df", "drop-frame skips ;00 to ;01"),
        ("00:01:00:03", "59.94df", "drop-frame skips ;00 to ;03"),
        ("00:01:00;02", "29.97ndf", "drop-frame label"),
        ("1:00:00:00", "25", "not a timecode"),
        ("3600", "25", "not a timecode"),
        ("", "25", "not a timecode"),
    ],
)
def test_a_label_that_does_not_exist_is_refused_with_the_reason(text: str, rate: str, why: str) -> None:
    with pytest.raises(TimecodeError, match=why):
        parse_timecode(text, RATES[rate])


def test_an_unknown_rate_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TimecodeError, match=r"29\.97df or 29\.97ndf"):
        rate_named("29.97")
    with pytest.raises(TimecodeError, match=r"23\.976, 24, 25"):
        rate_named("26")


def test_rates_are_exact_and_pairs_are_halved_on_the_wire() -> None:
    for rate in RATES.values():
        pulled_down = rate.fps.denominator == 1001
        assert rate.fps == Fraction(rate.nominal * 1000, 1001) if pulled_down else rate.fps == rate.nominal
        assert rate.pair == (2 if rate.nominal > 30 else 1)
        assert rate.word_nominal == rate.nominal / rate.pair <= 30


# The library counts from 1, and has no non-drop 47.952; where it knows a rate it is an independent opinion.
@pytest.mark.parametrize(
    ("name", "library_rate", "non_drop"),
    [
        ("24", "24", True), ("25", "25", True), ("30", "30", True), ("48", "48", True), ("50", "50", True),
        ("60", "60", True), ("23.976", "23.976", True), ("29.97df", "29.97", False), ("29.97ndf", "29.97", True),
        ("59.94df", "59.94", False), ("59.94", "59.94", True),
    ],
)  # fmt: skip
@given(data=st.data())
def test_labels_agree_with_the_timecode_library(
    name: str, library_rate: str, non_drop: bool, data: st.DataObject
) -> None:
    rate = RATES[name]
    count = data.draw(within_a_day(rate))
    theirs = LibraryTimecode(library_rate, frames=count + 1, force_non_drop_frame=non_drop)
    assert timecode_at_frame(count, rate).text(rate) == str(theirs)
    assert LibraryTimecode(library_rate, str(theirs), force_non_drop_frame=non_drop).frames == count + 1


@given(duration_ns=st.integers(-(10**12), 10**12))
def test_units_convert_there_and_back(duration_ns: int) -> None:
    assert round(s_from_ns(duration_ns) * NS_PER_S) == duration_ns
    assert ms_from_ns(duration_ns) == round(duration_ns / 1e6, 3)


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("99:00:00:00", "hours run from 00 to 23"),
        ("01:60:00:00", "minutes run from 00 to 59"),
        ("01:00:75:00", "seconds run from 00 to 59"),
        ("01:00:00:25", "frames run from 00 to 24"),
    ],
)
def test_a_label_out_of_range_blames_what_is(label: str, says: str) -> None:
    with pytest.raises(TimecodeError, match=says):
        parse_timecode(label, RATES["25"])
