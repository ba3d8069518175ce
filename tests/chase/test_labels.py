import pytest

from cuefocus.chase.labels import LabelCheck, word_rate
from cuefocus.timebase.frames import RATES, rate_named, timecode_at_frame
from tests.chase.simulated import Source


@pytest.mark.parametrize("rate", list(RATES))
def test_a_source_of_the_acts_own_rate_is_never_contradicted(rate: str) -> None:
    named = rate_named(rate)
    check = LabelCheck(named)
    for reading in Source(named).play("01:00:58:00", 5) + Source(named).play("23:59:58:00", 4):
        assert check.count(reading) is not None
        assert check.refusal == ""


@pytest.mark.parametrize("rate", ["50", "59.94df", "60", "47.952"])
def test_words_of_frame_pairs_make_up_the_same_day(rate: str) -> None:
    named = rate_named(rate)
    words = word_rate(named)
    assert words.frames_per_day * 2 == named.frames_per_day
    for word in (0, 1, 1799, 1800, 17_982, words.frames_per_day - 1):
        assert words.show_ns(word) == named.show_ns(2 * word)
        assert timecode_at_frame(word, words).frames < words.nominal


def test_a_refusal_is_lifted_when_the_evidence_ends() -> None:
    check = LabelCheck(rate_named("24"))
    for reading in Source(rate_named("25")).play("01:00:00:00", 2):
        check.count(reading)
    assert "25 fps" in check.refusal
    for reading in Source(rate_named("24")).play("01:00:10:00", 4):
        check.count(reading)
    assert check.refusal == ""
