"""A show of ten thousand racks on one axis is run as any other: the memory is made for it."""

from pathlib import Path

import pytest

from tests.app.running import SHOW, daemon

pytestmark = [pytest.mark.serial, pytest.mark.timeout(90)]

RACKS = 10_000


def long_show() -> str:
    """The small show's camera B, to and fro all night, a rack a second."""
    head, _, _ = SHOW.partition("cues:\n")
    lines = [
        f'  - {{cue: "{number}", camera: B, land: {{at: "+{2 + number}.000 s"}}, to: {"ana" if number % 2 else "ben"}}}'
        for number in range(RACKS)
    ]
    return head + "cues:\n" + "\n".join(lines) + "\n"


def test_ten_thousand_racks_on_one_axis_are_run(tmp_path: Path) -> None:
    show = tmp_path / "long.yaml"
    show.write_text(long_show(), encoding="utf-8")
    with daemon(tmp_path, show=str(show)) as running:
        for number in range(4):
            row = running.until(lambda event: event["event"] == "landing")
            assert (row["cue"], row["verdict"]) == (str(number), "landed"), running.told()
        running.until(lambda event: event["event"] == "landing" and event["reason"] == "the sound ended")
        assert running.end() == 0, running.told()
    assert "does not fit" not in running.told()
