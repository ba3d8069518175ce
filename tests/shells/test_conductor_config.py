"""What the conductor is told arrives as it was said, and only from its own parent."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from cuefocus.errors import DeviceError, RigFileError
from cuefocus.shells.conductor_config import ConductorConfig, read_conductor_config, read_score
from cuefocus.shells.source_config import ArtNetConfig, ClockConfig, FileConfig, LiveConfig, MidiConfig, PlayConfig
from tests.shells.test_journal_file import disk_of

SOURCES = (
    FileConfig("ltc", "/x.wav", 1, -3),
    LiveConfig("deck", None, 7, 8),
    ArtNetConfig("desk", "127.0.0.1"),
    MidiConfig("net", 9),
    ClockConfig("daw", 10, "song"),
)


@pytest.mark.parametrize("plays", [None, PlayConfig(("ltc",), 3, wait_for_axes=True)])
def test_a_config_comes_back_as_it_was_written(tmp_path: Path, plays: PlayConfig | None) -> None:
    config = ConductorConfig(
        3, 4, 5, 6, "/run/c.sock", "/takes/r.journal", "/takes/ledger.jsonl", SOURCES, plays, afresh=2, sheet_fds=(1, 2)
    )
    config.write(tmp_path / "c.json")
    assert read_conductor_config(tmp_path / "c.json") == config
    assert config.journal_path == Path("/takes/r.3.journal")


def test_on_a_full_disk_what_was_written_before_still_stands(tmp_path: Path) -> None:
    first = ConductorConfig(3, 4, 5, 6, "/run/c.sock", "/takes/r.journal", "/takes/ledger.jsonl", SOURCES)
    first.write(tmp_path / "c.json")
    with disk_of(100), pytest.raises(OSError, match="File too large"):
        replace(first, afresh=1).write(tmp_path / "c.json")
    assert read_conductor_config(tmp_path / "c.json") == first


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"memory_fd": 1}'])
def test_what_is_no_config_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(RigFileError):
        read_conductor_config(tmp_path / "c.json")


def test_a_score_that_anybody_could_have_written_is_not_read() -> None:
    fd = os.memfd_create("score", os.MFD_ALLOW_SEALING)
    os.write(fd, b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(DeviceError, match="no score"):
        read_score(fd)
    os.close(fd)
