"""Triggers that the rig cannot hear are found by `check`."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
from tests.app.running import LENS, RIG, SHOW

HEAD = SHOW.partition("cues:")[0] + "cues:\n"


def told(folder: Path, on: str, network: str = "") -> list[tuple[str, str]]:
    (folder / "rig.yaml").write_text(RIG.format(lens=LENS) + network)
    (folder / "show.yaml").write_text(f'{HEAD}  - {{cue: "1", camera: B, on: {on}, to: ben}}\n')
    complaints = check(folder / "show.yaml", folder / "rig.yaml").complaints
    return [(one.severity, f"{one.where}: {one.problem}") for one in complaints if "MIDI input" in one.problem]


@pytest.mark.parametrize("on", ["{msc: 12}", "{mmc: play}", "{note: 60}", '{cc: "64"}', '{program: "5"}'])
def test_a_cue_that_only_midi_fires_needs_a_midi_input(tmp_path: Path, on: str) -> None:
    ((severity, text),) = told(tmp_path, on)
    assert severity == "warning"
    assert text.startswith("cues.1.on")
    assert text.endswith("the rig names no MIDI input, so nothing fires this cue")
    assert told(tmp_path, on, "network: {midi: {inputs: [mio]}}\n") == []


def test_beside_another_way_it_is_a_note(tmp_path: Path) -> None:
    assert told(tmp_path, "[{manual: GO}, {msc: 12}]") == [
        ("note", "cues.1.on.1.msc: the rig names no MIDI input, so nothing hears this")
    ]
    assert told(tmp_path, "[{manual: GO}, {osc: /go}]") == []
