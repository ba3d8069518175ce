"""Memory follows the show: what a track may need is known beforehand, and what has no room is refused by name."""

from pathlib import Path

import pytest

from cuefocus.app.check import Checked, check
from cuefocus.motion import compile_axis, room
from cuefocus.motion.compile_track import compile_track
from cuefocus.motion.room import room_for
from cuefocus.motion.track import TrackRoom

ROOT = Path(__file__).parents[2]
RIG = ROOT / "config" / "demo.yaml"
SHAPES = ("minimum-jerk", "s-curve", "linear", "{bezier: [0.3, 0, 0.2, 1]}")


def show_of(folder: Path, cues: int, *, shapes: tuple[str, ...] = ("minimum-jerk",)) -> Checked:
    """Racks to and fro on one axis, a second apart, in turn of each of these shapes."""
    lines = ["schema: cuefocus-show/1", 'rate: "25"', "defaults: {act: song, camera: A, pull: 700 ms}"]
    lines += ["marks: {A: {ana: 1.80 m, ben: 2.40 m}}", 'acts: [{act: song, starts: "01:00:00:00", opening: {A: ana}}]']
    lines.append("cues:")
    for number in range(cues):
        shape = shapes[number % len(shapes)]
        to = "ana" if number % 2 else "ben"
        lines.append(f'  - {{cue: "{number}", land: {{at: "+{2 + number}.000 s"}}, to: {to}, shape: {shape}}}')
    path = folder / "show.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return check(path, RIG)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_kept_free_is_never_less_than_the_track_becomes(tmp_path: Path, shape: str) -> None:
    found = show_of(tmp_path, 40, shapes=(shape,))
    assert found.compiled is not None
    assert not found.refused, found.complaints
    racks = found.compiled.acts["song"].racks["A.focus"]
    track = compile_track(found.compiled.specs["A.focus"], racks, racks[0].from_ring, 1)
    kept = room_for(found.compiled)["A.focus"]
    assert len(racks) <= len(track.segments) <= kept.segments
    assert len(track.landings) <= kept.landings == 40


def test_a_cue_that_cannot_land_as_things_are_set_has_its_room_all_the_same(tmp_path: Path) -> None:
    found = show_of(tmp_path, 4)
    spoilt = tmp_path / "show.yaml"
    spoilt.write_text(spoilt.read_text(encoding="utf-8").replace('+3.000 s"}', '+2.100 s"}'), encoding="utf-8")
    again = check(spoilt, RIG)
    assert again.refused
    assert again.compiled is not None
    assert found.compiled is not None
    assert room_for(again.compiled) == room_for(found.compiled) == {"A.focus": TrackRoom(8, 4)}


def test_what_has_no_room_is_an_error_at_the_first_cue_that_is_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_SEGMENTS", 12)
    monkeypatch.setattr(compile_axis, "MOST_SEGMENTS", 12)
    assert not show_of(tmp_path, 6).refused
    [error] = [one for one in show_of(tmp_path, 9).complaints if one.severity == "error"]
    assert (error.line, error.column) == (13, 5)
    assert error.problem == (
        "too many racks on A.focus in act 'song': its track would take 18 segments, 12 fit, "
        "and this cue is the first that does not"
    )
    assert error.hint == "divide the act in two"


def test_ten_thousand_cues_of_drawn_shapes_on_one_axis_fit() -> None:
    assert 10_000 * (16 + 1) <= room.MOST_SEGMENTS
