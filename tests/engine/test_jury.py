"""How many rows are made at once: a locate into a long show must not keep the conductor from its clock."""

from pathlib import Path

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text

RACKS = 300


def test_racks_skipped_by_a_locate_are_told_a_few_at_a_time_and_the_next_one_lands(tmp_path: Path) -> None:
    cues = "".join(cue(str(n), 3.0 + n, "far" if n % 2 else "near") for n in range(1, RACKS + 2))
    story = Story(tmp_path, show_text(cues), Playback().locate(2.0 + RACKS - 0.5).play(4.0))
    told = story.tell()
    verdicts = told.verdicts()
    assert [verdicts[str(n)] for n in range(1, RACKS - 1)] == ["skipped"] * (RACKS - 2)
    assert verdicts[str(RACKS)] == verdicts[str(RACKS + 1)] == "landed"
    rows = [len(moment.outcome.rows) for moment in told.moments]
    assert max(rows) <= 64
    first = next(index for index, count in enumerate(rows) if count)
    assert sum(rows[first : first + 30]) >= RACKS - 2, "but all of them within a moment"
    assert [row.cue for row in told.rows[: RACKS - 2]] == [str(n) for n in range(1, RACKS - 1)]
