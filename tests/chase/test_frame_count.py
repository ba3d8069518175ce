"""A server's count of frames wraps, jumps and is set back; ours goes on."""

import numpy as np
import pytest

from cuefocus.chase.frame_count import FrameCount

COUNTS = 1 << 32


def test_the_count_goes_on_beyond_what_the_server_can_count_to() -> None:
    count = FrameCount()
    counted = [COUNTS - 512, COUNTS - 256, 0, 256]
    seen = [count.block(number, 256) for number in counted]
    assert [first for first, _ in seen] == [0, 256, 512, 768]
    assert [lost for _, lost in seen] == [False, False, False, False]


@pytest.mark.parametrize(("jump", "ours"), [(1024, 1024), (-768, 0), (COUNTS // 2 + 5, 0)])
def test_a_jump_is_a_loss_and_ours_never_runs_backwards(jump: int, ours: int) -> None:
    count = FrameCount()
    firsts = [count.block((5000 + 256 * n) % COUNTS, 256) for n in range(4)]
    assert not any(lost for _, lost in firsts)
    first, lost = count.block((5000 + 4 * 256 + jump) % COUNTS, 256)
    assert (first, lost) == (4 * 256 + ours, True)
    assert count.block((5000 + 5 * 256 + jump) % COUNTS, 256) == (5 * 256 + ours, False)


def test_a_server_that_keeps_no_count_is_counted_by_its_blocks() -> None:
    count = FrameCount()
    assert [count.block(None, length)[0] for length in (64, 128, 64)] == [0, 64, 192]


def test_a_new_period_is_no_loss() -> None:
    count, counted = FrameCount(), 0
    for length in np.random.default_rng(1).choice([64, 256, 1024], 200):
        first, lost = count.block(counted, int(length))
        assert (first, lost) == (counted, False)
        counted += int(length)
