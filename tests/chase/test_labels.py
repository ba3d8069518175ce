import pytest

from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.labels import LabelCheck, word_rate
from cuefocus.chase.locate import locate
from cuefocus.timebase.frames import RATES, Timecode, rate_named, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S
from tests.chase.simulated import Source, act, label


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


def acts() -> list[ChaseConfig]:
    return [
        act("25", "01:00:00:00", name="opening"),
        act("24", "02:00:00:00", name="song"),
        act("29.97df", "23:55:00;02", name="late"),
    ]


@pytest.mark.parametrize(
    ("text", "index", "inside"),
    [
        ("01:00:00:00", 0, True),
        ("00:59:58:00", 0, True),
        ("00:59:50:00", 0, False),
        ("01:09:59:24", 0, True),
        ("01:20:00:00", 0, False),
        ("01:50:00:00", 1, False),
        ("02:05:00:00", 1, True),
        ("23:58:00:02", 2, True),
        ("00:02:00:02", 2, True),
        ("00:10:00:00", 2, False),
    ],
)
def test_a_label_belongs_to_the_act_that_holds_it_else_to_the_nearest(text: str, index: int, inside: bool) -> None:
    found = locate(label(text, rate_named("25")), acts())
    assert found is not None
    assert found.index == index
    assert found.inside is inside
    assert (found.away_ns == 0) is inside


def test_after_midnight_an_act_from_before_goes_on() -> None:
    found = locate(Timecode(0, 2, 0, 2), acts())
    assert found is not None
    assert found.show_ns > 24 * 3600 * NS_PER_S


def test_a_label_that_no_rate_has_belongs_nowhere() -> None:
    assert locate(Timecode(1, 0, 0, 30), acts()) is None


def test_a_label_that_only_one_rate_has_belongs_there() -> None:
    found = locate(Timecode(1, 0, 0, 29), acts())
    assert found is not None
    assert found.index == 2


def test_the_drop_frame_flag_decides_between_acts() -> None:
    twins = [act("29.97ndf", "01:00:00:00"), act("29.97df", "01:00:00:00")]
    for drop in (False, True):
        found = locate(Timecode(1, 0, 1, 0), twins, drop=drop)
        assert found is not None
        assert found.index == int(drop)


def test_in_a_preroll_that_reaches_into_the_act_before_that_act_goes_on() -> None:
    close = [act("25", "01:00:00:00"), act("25", "01:10:00:00")]
    found = locate(Timecode(1, 9, 59, 0), close)
    assert found is not None
    assert found.index == 0
