"""Time tags."""

import pytest

from cuefocus.wire.osc_time import UNIX_EPOCH_S, tag_of_wall_ns, wall_ns_of_tag

S = 10**9


@pytest.mark.parametrize("wall_ns", [0, S, 1_795_000_000 * S + 123_456_789, 2_085_978_495 * S + 999_999_999])
def test_a_tag_comes_back_as_the_moment_it_was_made_of(wall_ns: int) -> None:
    assert wall_ns_of_tag(tag_of_wall_ns(wall_ns), wall_ns + 5 * S) == pytest.approx(wall_ns, abs=1)
    assert wall_ns_of_tag(tag_of_wall_ns(wall_ns), wall_ns) >= wall_ns


def test_1970_is_seventy_years_after_1900() -> None:
    assert UNIX_EPOCH_S == (70 * 365 + 17) * 86_400
    assert wall_ns_of_tag(UNIX_EPOCH_S << 32 | 1 << 31, 0) == S // 2


def test_the_era_that_ends_in_2036_does_not_end_a_show() -> None:
    after = 2_085_978_496 * S + 10 * S
    assert tag_of_wall_ns(after) >> 32 == 10
    assert wall_ns_of_tag(tag_of_wall_ns(after), after - 20 * S) == after
