"""Moments as labels: the one on air, and the first from which something can be done."""

import pytest

from cuefocus.motion.chain import ActBounds
from cuefocus.timebase.frames import rate_named
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


@pytest.mark.parametrize(
    ("after_ns", "on_air", "first"),
    [
        (0, "00:00:25:00", "00:00:25:00"),
        (1, "00:00:25:00", "00:00:25:01"),
        (40 * NS_PER_MS, "00:00:25:01", "00:00:25:01"),
        (NS_PER_S - 1, "00:00:25:24", "00:00:26:00"),
    ],
)
def test_the_first_label_begins_no_earlier(after_ns: int, on_air: str, first: str) -> None:
    act = ActBounds("song", rate_named("25"), 0, 0, "", None, "")
    assert (act.label(25 * NS_PER_S + after_ns), act.label_from(25 * NS_PER_S + after_ns)) == (on_air, first)
