"""The channel models are those that were measured."""

from itertools import pairwise
from statistics import pstdev

import pytest

from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.units import NS_PER_MS

QUARTER_NS = 10 * NS_PER_MS


@pytest.mark.parametrize(("name", "spread_ms"), [("DIN", 0.058), ("USB", 0.29), ("USB + OS", 1.48), ("network", 6.6)])
def test_quarter_frames_scatter_as_the_reference_says(name: str, spread_ms: float) -> None:
    """reference/timecode.md §6, column "raw": quarter frames at 25 fps."""
    due_ns = [number * QUARTER_NS for number in range(100_000)]
    late_ms = [
        (stamp - due) / NS_PER_MS
        for due, stamp in zip(due_ns, LateChannel(DELAYS[name], 1).stamps(due_ns), strict=True)
    ]
    assert pstdev(late_ms) == pytest.approx(spread_ms, rel=0.03)
    assert min(late_ms) > 0.0


@pytest.mark.parametrize("name", DELAYS)
def test_nothing_overtakes(name: str) -> None:
    stamps = LateChannel(DELAYS[name], 2).stamps(number * QUARTER_NS for number in range(10_000))
    assert all(first <= second for first, second in pairwise(stamps))


def test_a_host_that_looks_once_a_block_stamps_at_blocks() -> None:
    block_ns = 1024 / 48_000 * 1e9
    stamps = LateChannel(DELAYS["DIN"], 3, blocks_ns=block_ns).stamps(number * QUARTER_NS for number in range(1000))
    assert all(abs(stamp / block_ns - round(stamp / block_ns)) < 1e-6 for stamp in stamps)
