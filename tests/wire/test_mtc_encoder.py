"""MIDI timecode to send: exact bytes, exact times."""

from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import TimecodeError
from cuefocus.timebase.frames import RATES, FrameRate, Timecode, parse_timecode, timecode_at_frame
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.encoder import MtcRun, full_frame, quarter_frames
from cuefocus.wire.mtc.word import MTC_RATES, MtcLocate, MtcWord, quarter_ns

any_rate = st.sampled_from(list(RATES.values()))
speeds = st.fractions(Fraction(1, 30), 8).flatmap(lambda speed: st.sampled_from((speed, -speed)))


def test_a_word_has_the_bytes_of_the_reference() -> None:
    assert b" ".join(quarter_frames(Timecode(1, 2, 3, 4), RATES["25"])).hex() == (
        "f10420f11020f12320f13020f14220f15020f16120f172"
    )
    reverse = quarter_frames(parse_timecode("00:00:59;28", RATES["29.97df"]), RATES["29.97df"], direction=-1)
    assert [piece.hex() for piece in reverse] == "f174 f160 f150 f140 f133 f12b f111 f10c".split()


@pytest.mark.parametrize(
    ("rate", "label", "expected"),
    [
        ("25", "01:02:03:04", "f07f7f010121020304f7"),
        ("23.976", "23:59:59:23", "f07f7f0101173b3b17f7"),
        ("29.97df", "01:10:00;00", "f07f7f0101410a0000f7"),
        ("29.97ndf", "01:00:00:00", "f07f7f010161000000f7"),
        ("59.94df", "01:01:00;04", "f07f7f010141010002f7"),
        ("50", "00:00:00:49", "f07f7f010120000018f7"),
    ],
)
def test_a_full_frame_has_the_bytes_of_the_reference(rate: str, label: str, expected: str) -> None:
    counted = RATES[rate]
    assert full_frame(parse_timecode(label, counted), counted).hex() == expected


@given(rate=st.sampled_from(MTC_RATES), data=st.data())
def test_encode_then_decode_is_the_identity(rate: FrameRate, data: st.DataObject) -> None:
    label = timecode_at_frame(data.draw(st.integers(0, rate.frames_per_day - 1)), rate)
    assert MtcDecoder("mtc").feed(full_frame(label, rate), 7) == [MtcLocate(label, rate, 7)]


@given(rate=any_rate, frame=st.integers(0, 10**6), speed=speeds)
def test_a_run_is_read_as_it_was_meant(rate: FrameRate, frame: int, speed: Fraction) -> None:
    """Each piece is due when the media, counted exactly from the start, is at its quarter frame."""
    start = timecode_at_frame(frame * rate.pair, rate)
    run = MtcRun(rate, start, 10**15, speed)
    decoder = MtcDecoder("mtc")
    found = [each for piece in islice(run.pieces(), 40) for each in decoder.feed(piece.message, piece.due_ns)]
    words = [each for each in found if isinstance(each, MtcWord)]
    assert [len(found), len(words)] == [5, 5]
    for word in words:
        assert word.direction == run.direction
        ahead = (word.frame - Fraction(start.frame_number(rate), rate.pair)) * run.direction % word.rate.frames_per_day
        assert 0 <= ahead < 12
        for part, stamp_ns in enumerate(word.stamps_ns):
            exact = (ahead + Fraction(part, 4)) * 10**9 * rate.pair / rate.fps / abs(speed)
            assert abs(stamp_ns - 10**15 - exact) <= Fraction(1, 2)


def test_a_word_begins_on_an_even_frame() -> None:
    run = MtcRun(RATES["25"], Timecode(1, 0, 0, 1), 0)
    assert run.piece(0).due_ns == 40_000_000
    assert run.piece(0).message == b"\xf1\x02"
    back = MtcRun(RATES["25"], Timecode(1, 0, 0, 1), 0, Fraction(-1))
    assert (back.piece(0).due_ns, back.piece(7).message) == (40_000_000, b"\xf1\x00")


def test_times_do_not_add_up_errors() -> None:
    """After an hour at 29.97 the piece is where one multiplication puts it."""
    rate = RATES["29.97df"]
    assert MtcRun(rate, Timecode(1, 0, 0, 0), 5).piece(4 * 107_892).due_ns == 5 + round(
        Fraction(107_892 * 1001, 30) * 10**6
    )
    assert quarter_ns(rate, 4 * 30_000) == 1001 * 10**9


def test_what_midi_cannot_carry_is_refused() -> None:
    odd = FrameRate("12", Fraction(12), 12, drop=False, pair=1)
    with pytest.raises(TimecodeError, match="12 fps; it counts 24, 25 or 30"):
        full_frame(Timecode(0, 0, 0, 0), odd)
    with pytest.raises(TimecodeError, match="does not exist"):
        MtcRun(RATES["29.97df"], Timecode(0, 1, 0, 0), 0)
    with pytest.raises(ValueError, match="standstill"):
        MtcRun(RATES["25"], Timecode(0, 0, 0, 0), 0, Fraction(0))
