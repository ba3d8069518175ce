"""What a program's positions are worth is said by `check` and `run`, in milliseconds and in what they keep from."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
from cuefocus.app.job import build_job
from cuefocus.app.stated_doubt import doubt
from tests.app.running import LENS, RIG, SHOW


def complaints(folder: Path, source: str, show: str = SHOW) -> list[str]:
    (folder / "rig.yaml").write_text(RIG.format(lens=LENS).replace("[{id: playback, kind: file}]", f"[{source}]"))
    (folder / "show.yaml").write_text(show)
    return [str(one) for one in check(folder / "show.yaml", folder / "rig.yaml").complaints]


def test_check_says_how_exact_reaper_is_and_what_to_do_instead(tmp_path: Path) -> None:
    found = complaints(tmp_path, '{id: daw, kind: reaper, device: "9000"}')
    [said] = [one for one in found if "sources.daw" in one]
    assert "uncertain by ±3.1 ms; racks whose tolerance is less than 12.4 ms are not made ready" in said
    assert "let LTC or MIDI timecode lead" in said
    assert "note" in said


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('{id: daw, kind: reaper, device: "9000", starts: "01:00:00:30"}', "does not exist at 25 fps"),
        ('{id: daw, kind: reaper, device: "9000", starts: soon}', "is not a timecode"),
        ('{id: daw, kind: reaper, device: "9000", rate: "30"}', "taken to count at 30; acts count at 25"),
    ],
)
def test_what_does_not_fit_the_show_is_said(tmp_path: Path, source: str, why: str) -> None:
    assert any(why in one for one in complaints(tmp_path, source))


def test_the_session_states_what_check_says(tmp_path: Path) -> None:
    complaints(tmp_path, '{id: daw, kind: reaper, device: "9000"}')
    job = build_job(check(tmp_path / "show.yaml", tmp_path / "rig.yaml"))
    assert job.common_ns == {"daw": 3_100_000.0}
    assert doubt("mtc") == doubt("file") == ""
