"""A stop, or a hand, in the very moments in which a rack lands: the verdict says who spoilt it, if anybody did."""

from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import SOLO_RIG, cue, show_text
from tests.stories.stacked import say
from tests.stories.told import Told


def stopped(tmp_path: Path, verb: str, at_s: float, *, dead_ms: int) -> Told:
    """Cue 1 is to land at 4 s; its motor moves later than was measured (10 ms), and is stopped."""
    rig = SOLO_RIG.replace("{quantum_counts: 4}", f"{{quantum_counts: 4, dead_ms: {dead_ms}}}")
    show = show_text(cue("1", 3, "far"))
    return Story(tmp_path, show, Playback().play(8.0), rig=rig).at(at_s, say(verb)).tell()


@pytest.mark.parametrize(
    ("verb", "verdict", "reason"),
    [("hold", "held", "HOLD"), ("panic", "held", "PANIC"), ("hand", "overridden", "a hand took the axis")],
)
def test_one_that_was_not_late_yet_is_told_by_what_stopped_it(
    tmp_path: Path, verb: str, verdict: str, reason: str
) -> None:
    row = stopped(tmp_path, verb, 4.002, dead_ms=22).row("1")
    assert (row.verdict, row.reason) == (verdict, reason)


@pytest.mark.parametrize("verb", ["hold", "panic", "hand"])
def test_one_that_was_seen_sharp_in_time_before_it_has_landed(tmp_path: Path, verb: str) -> None:
    row = stopped(tmp_path, verb, 4.04, dead_ms=22).row("1")
    assert row.verdict == "landed", row.reason
    assert row.error_ms == pytest.approx(12.0, abs=3.0)


def test_one_that_was_late_already_came_short_and_says_what_stopped_it(tmp_path: Path) -> None:
    row = stopped(tmp_path, "hold", 4.03, dead_ms=80).row("1")
    assert row.verdict == "short"
    assert (row.reason or "").endswith("short of the band; HOLD 31 ms after it was to land"), row.reason
