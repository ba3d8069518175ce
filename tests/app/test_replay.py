"""A journal damaged in the middle still tells what stands before the damage."""

from pathlib import Path

from cuefocus.app.ltc import generate_ltc
from cuefocus.app.replay import replay
from tests.app.verb import RIG, ROOT, cuefocus

SHOW_OF_TALK = ROOT / "cues" / "talkshow.yaml"


def test_what_stands_before_the_damage_is_reported(tmp_path: Path) -> None:
    generate_ltc(tmp_path / "x.wav", rate="25", start="19:59:57:00", seconds=12)
    journal = tmp_path / "x.journal"
    words = ("rehearse", SHOW_OF_TALK, "--rig", RIG, "--timecode", tmp_path / "x.wav", "--json")
    told = cuefocus(*words, "--fire", "2@20:00:06:00", "--journal", journal)
    rows = told.json["landings"]
    assert replay(journal).damage is None
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[-2] = b"[1, nonsense\n"
    journal.write_bytes(b"".join(lines))
    again = cuefocus("replay", journal, "--json")
    assert again.status == 1
    assert again.err.splitlines()[-1].startswith(f"cuefocus: {journal}: line {len(lines) - 1}: this line is no step")
    assert again.json["landings"]
    assert again.json["landings"] == rows[: len(again.json["landings"])]
    lines[1] = b"nonsense\n"
    journal.write_bytes(b"".join(lines))
    assert cuefocus("replay", journal, "--json").json["landings"] == []


def test_a_journal_that_ends_in_mid_take_says_so(tmp_path: Path) -> None:
    generate_ltc(tmp_path / "x.wav", rate="25", start="19:59:57:00", seconds=12)
    journal = tmp_path / "x.journal"
    told = cuefocus("rehearse", SHOW_OF_TALK, "--rig", RIG, "--timecode", tmp_path / "x.wav", "--journal", journal)
    assert told.status == 0
    assert "mid-take" not in cuefocus("replay", journal).err
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))
    cut = cuefocus("replay", journal, "--json")
    assert cut.status == 0
    assert f"{journal}: the journal ends in mid-take" in cut.err
