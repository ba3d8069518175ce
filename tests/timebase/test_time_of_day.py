from hypothesis import given
from hypothesis import strategies as st

from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.time_of_day import label_at_time_of_day
from cuefocus.timebase.units import NS_PER_S

DAY_NS = 24 * 3600 * NS_PER_S


@given(name=st.sampled_from(sorted(RATES)), day_ns=st.integers(0, DAY_NS - 1))
def test_the_label_says_when_it_begins(name: str, day_ns: int) -> None:
    rate = RATES[name]
    label, begins_ns = label_at_time_of_day(day_ns, rate)
    assert 0 <= begins_ns - day_ns <= rate.pair * NS_PER_S / rate.fps
    assert label.exists_in(rate)
    assert label.frames % rate.pair == 0
    said_ns = ((label.hours * 60 + label.minutes) * 60 + label.seconds) * NS_PER_S
    said_ns += label.frames * NS_PER_S // rate.nominal
    within_ns = 90_000_000 if rate.drop else NS_PER_S // rate.nominal  # drop-frame is up to two frames off the clock
    assert min((said_ns - begins_ns) % DAY_NS, (begins_ns - said_ns) % DAY_NS) <= within_ns


def test_midnight_comes_again() -> None:
    rate = RATES["25"]
    assert label_at_time_of_day(0, rate) == (Timecode(0, 0, 0, 0), 0)
    assert label_at_time_of_day(DAY_NS - 1, rate) == (Timecode(0, 0, 0, 0), DAY_NS)
    assert label_at_time_of_day(1, rate) == (Timecode(0, 0, 0, 1), 40_000_000)
