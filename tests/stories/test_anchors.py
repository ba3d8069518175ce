"""Racks on words and beats, leaving and landing; cameras at other frame rates than the timecode."""

import json
from pathlib import Path

import pytest

from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text

SPOKEN = (("hello", 1.0), ("goodbye", 3.2), ("alone", 4.5), ("goodbye", 5.6), ("home", 7.0))
WORDS = json.dumps(
    {
        "words": [
            {"word": word, "start_s": at_s, "end_s": at_s + 0.3, "confidence": 1.0, "source": "person"}
            for word, at_s in SPOKEN
        ]
    }
)
FILES = {"song.words.json": WORDS}
MEDIA = "media: {words: song.words.json}"


def spoken(number: str, to: str, moment: str, more: str = "") -> str:
    return f'  - {{cue: "{number}", act: song, {moment}, to: {to}{", " + more if more else ""}}}\n'


def test_a_word_that_one_camera_lands_on_and_another_leaves_on(tmp_path: Path) -> None:
    cues = spoken("A1", "far", "land: {word: goodbye}")
    cues += spoken("B1", "far", "leave: {word: goodbye}, pull: 700 ms", "camera: B")
    show = show_text(cues, cameras="AB", act=MEDIA)
    told = Story(tmp_path, show, Playback().play(6.0), rig=RIG, files=FILES).tell()
    assert told.verdicts() == {"A1": "landed", "B1": "landed"}
    assert told.row("A1").arrived_s == pytest.approx(3.2, abs=0.005)
    left = told.row("B1")
    assert left.leave_anchor is not None
    assert left.leave_arrived_s == pytest.approx(3.2, abs=0.02)


def test_a_word_landed_on_and_left_by_the_same_axis(tmp_path: Path) -> None:
    """It stands still on the word, and leaves it on the same word, farther the same way."""
    cues = spoken("1", "mid", "land: {word: goodbye}", "landing: stopped")
    cues += spoken("2", "back", "leave: {word: goodbye}, pull: 900 ms")
    told = Story(tmp_path, show_text(cues, act=MEDIA), Playback().play(6.0), files=FILES).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}


def test_leave_on_a_word_and_land_on_another(tmp_path: Path) -> None:
    cues = spoken("1", "far", "leave: {word: alone}, land: {word: goodbye, nth: 2}")
    told = Story(tmp_path, show_text(cues, act=MEDIA), Playback().play(7.5), files=FILES).tell()
    assert told.verdicts() == {"1": "landed"}
    row = told.row("1")
    assert row.arrived_s == pytest.approx(5.6, abs=0.005)
    assert row.leave_arrived_s == pytest.approx(4.5, abs=0.02)


def test_landing_stopped_stands_still_at_land_at(tmp_path: Path) -> None:
    cues = cue("1", 3, "far", "landing: stopped") + cue("2", 5, "near")
    told = Story(tmp_path, show_text(cues), Playback().play(7.0)).tell()
    assert told.verdicts() == {"1": "landed", "2": "landed"}
    row = told.row("1")
    assert row.stopped_s == pytest.approx(3.0, abs=0.01)
    assert row.sharp_s is not None
    assert row.sharp_s < 2.96


def test_errors_are_counted_in_each_cameras_own_frames(tmp_path: Path) -> None:
    """One motor is 40 ms slower than the rig believes: one frame at 25 fps, two at 50."""
    cues = cue("A1", 3, "far") + cue("B1", 3, "far", "camera: B")
    rig = RIG.replace('fps: "25", axes: {focus: {motor: bridge}}', 'fps: "50", axes: {focus: {motor: bridge}}')
    rig = rig.replace("simulated: {quantum_counts: 4}", "simulated: {dead_ms: 30}")
    told = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(5.0), rig=rig).tell()
    row = told.row("A1")
    assert row.error_ms is not None
    assert row.error_frames == pytest.approx(row.error_ms / 20.0, abs=1e-3)
    assert told.row("B1").verdict == "landed"


@pytest.mark.parametrize("fps", ["23.976", "50"])
def test_two_cameras_at_different_frame_rates_land_together(tmp_path: Path, fps: str) -> None:
    cues = cue("A1", 3, "far") + cue("B1", 3, "far", "camera: B") + cue("A2", 5, "near")
    rig = RIG.replace('fps: "25", axes: {focus: {motor: tilta}}', f'fps: "{fps}", axes: {{focus: {{motor: tilta}}}}')
    told = Story(tmp_path, show_text(cues, cameras="AB"), Playback().play(7.0), rig=rig).tell()
    assert set(told.verdicts().values()) == {"landed"}


def test_a_frame_pair_rate_counts_whole_frames_in_files_and_half_on_the_wire(tmp_path: Path) -> None:
    cues = '  - {cue: "1", act: song, land: {at: "01:00:03:25"}, to: far}\n'
    told = Story(tmp_path, show_text(cues, rate="50"), Playback(rate="50").play(6.0)).tell()
    assert told.verdicts() == {"1": "landed"}
    assert told.row("1").land_at == "01:00:03:25"
    assert told.row("1").arrived_s == pytest.approx(3.5, abs=0.005)
