"""Where a song is in a Link session: from the first bar line at or after the start, through changes of tempo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.link import LinkCount, LinkMoment, link_moment

START_US = 5_000_000


@given(
    quarters=st.one_of(st.none(), st.floats(-1e6, 1e6)),
    bpm=st.floats(20, 999),
    playing=st.booleans(),
    peers=st.integers(0, 65_535),
)
def test_what_is_packed_is_read(quarters: float | None, bpm: float, playing: bool, peers: int) -> None:
    moment = LinkMoment(quarters, bpm, playing, peers)
    assert link_moment(moment.packed()) == moment
    assert link_moment(moment.packed()[:-1]) is link_moment(b"M" + moment.packed()[1:]) is None


@pytest.mark.parametrize(
    ("start_beat", "phase", "zero"),
    [(8.0, 0.0, 8.0), (9.0, 1.0, 12.0), (11.99, 3.99, 12.0), (8.01, 0.01, 8.0), (-3.62, 0.38, 0.0)],
)
def test_a_song_begins_with_the_first_bar_line_at_or_after_the_start(
    start_beat: float, phase: float, zero: float
) -> None:
    count = LinkCount(4.0)
    count.stands()
    assert count.quarters(start_beat, START_US, start_beat, phase) == pytest.approx(start_beat - zero)
    # another tempo: the start lies at another beat now, the song's first beat does not
    assert count.quarters(zero + 10, START_US + 20, start_beat - 3, phase) == pytest.approx(10.0)


def test_a_start_that_was_not_seen_leaves_the_place_unknown_until_the_next_one() -> None:
    count = LinkCount()
    assert count.quarters(50.0, START_US, 40.0, 0.0) is None
    assert count.quarters(51.0, START_US + 10, 40.0, 0.0) is None
    assert count.quarters(52.0, START_US + 10_000_000, 52.0, 0.0) == 0.0
    count.stands()
    assert count.quarters(60.0, 2 * START_US, 60.0, 0.0) == 0.0
    count.forget()
    assert count.quarters(61.0, 2 * START_US, 60.0, 0.0) is None
