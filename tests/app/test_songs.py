"""Which acts a sequencer can be followed through, and what is said where there is none."""

import io
import json
from pathlib import Path

import pytest
from mido import MetaMessage, MidiFile, MidiTrack

from cuefocus.app.check import Checked, check
from cuefocus.app.job import build_job
from cuefocus.app.songs import require_song
from cuefocus.errors import InputError
from cuefocus.timebase.units import NS_PER_S
from tests.stories.scenes import LENS, SOLO_RIG, cue, show_text

CLOCK = '  - {id: clock, kind: midi-clock, device: "midi:daw"}\n'


def midi_file(tempo_us: int = 500_000) -> bytes:
    midi = MidiFile(ticks_per_beat=480)
    track = MidiTrack()
    midi.tracks.append(track)
    track.append(MetaMessage("set_tempo", tempo=tempo_us))
    stream = io.BytesIO()
    midi.save(file=stream)
    return stream.getvalue()


def checked(folder: Path, show: str, source: str = CLOCK, beats: dict[str, bytes] | None = None) -> Checked:
    (folder / "lens.yaml").write_text(LENS, encoding="utf-8")
    (folder / "show.yaml").write_text(show, encoding="utf-8")
    rig = SOLO_RIG.replace("  - {id: deck, kind: file}\n", source)
    (folder / "rig.yaml").write_text(rig, encoding="utf-8")
    for name, data in (beats or {}).items():
        (folder / name).write_bytes(data)
    return check(folder / "show.yaml", folder / "rig.yaml")


def said(found: Checked) -> list[str]:
    return [str(one).partition("sources.")[2] for one in found.complaints if "sources." in one.where]


TWO = show_text(cue("1", 3, "far")).replace(
    "cues:\n",
    '  - {act: second, starts: "01:00:20:00", media: {beats: b.mid}}\n'
    '  - {act: talk, starts: "03:00:00:00"}\n'
    "cues:\n",
    1,
).replace('starts: "01:00:00:00"', 'starts: "01:00:00:00", ends: "01:00:19:00", media: {beats: a.mid}')  # fmt: skip
BEATS = {"a.mid": midi_file(), "b.mid": midi_file(400_000)}


def test_acts_with_beats_are_songs_whose_labels_do_not_reach_into_the_next(tmp_path: Path) -> None:
    job = build_job(checked(tmp_path, TWO, beats=BEATS))
    assert [song.act for song in job.songs] == ["song", "second"]
    first, second = job.songs
    assert first.until_show_ns == second.from_show_ns - 1
    assert second.from_show_ns == second.starts_show_ns - 2 * NS_PER_S
    assert job.common_ns["clock"] > 0.0


def test_a_clock_without_any_act_with_beats_is_refused_at_its_place(tmp_path: Path) -> None:
    found = checked(tmp_path, show_text(cue("1", 3, "far")))
    assert found.refused
    assert said(found) == [
        "clock.kind: midi-clock says where in a song playback is, and no act has beats; "
        "write media: {beats: song.mid} under an act, with the sequencer's tempo map"
    ]
    assert found.complaints[0].line == 4


def test_several_acts_are_told_apart_by_song_select_or_by_name(tmp_path: Path) -> None:
    several = checked(tmp_path, TWO, beats=BEATS)
    assert not several.refused
    assert "until MIDI Song Select says which (0 song, 1 second)" in said(several)[0]
    for act, problem in (
        ("second", None),
        ("talk", "act 'talk' has no beats"),
        ("encore", "no act 'encore'; have song, second, talk"),
    ):
        found = said(checked(tmp_path, TWO, CLOCK.replace("}\n", f", act: {act}}}\n"), beats=BEATS))
        assert [one.partition(": ")[0] for one in found] == ["clock.act"] * bool(problem)
        assert problem is None or problem in found[0]


def test_a_beat_file_without_bar_1_is_no_song(tmp_path: Path) -> None:
    rows = [{"bar": bar, "beat": 1, "time_s": float(bar)} for bar in (5, 6, 7)]
    show = show_text(cue("1", 3, "far"), act="media: {beats: b.json}")
    found = checked(tmp_path, show, beats={"b.json": json.dumps({"beats": rows}).encode()})
    assert "act song: the beat file has no bar 1 beat 1" in said(found)[0]
    assert build_job(found).songs == ()


def test_an_act_beside_labels_of_their_own_is_a_mistake(tmp_path: Path) -> None:
    found = checked(tmp_path, TWO, "  - {id: deck, kind: mtc, act: song}\n", beats=BEATS)
    assert "a source of kind mtc has labels of its own" in said(found)[0] if said(found) else str(found.complaints[0])


def test_a_pick_up_bar_is_numbered_as_the_act_says(tmp_path: Path) -> None:
    show = show_text('  - {cue: "1", act: song, land: {bar: 2}, to: far}\n', act="media: {beats: a.mid, first_bar: 0}")
    job = build_job(checked(tmp_path, show, beats=BEATS))
    [rack] = job.acts["song"].racks["A.focus"]
    assert rack.land_ns - job.songs[0].starts_show_ns == 4 * NS_PER_S


def test_a_source_from_the_command_line_needs_a_song_too(tmp_path: Path) -> None:
    songs = build_job(checked(tmp_path, TWO, beats=BEATS)).songs
    require_song(songs, "", "clock:daw")
    require_song(songs, "second", "clock:daw#second")
    with pytest.raises(InputError, match="no act 'talk' has beats"):
        require_song(songs, "talk", "clock:daw#talk")
    with pytest.raises(InputError, match="no act of the show has beats"):
        require_song((), "", "clock:daw")
