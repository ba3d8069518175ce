"""The desk's config as a file, and what it costs `run` to write one."""

import subprocess
import sys
from pathlib import Path

import pytest

from cuefocus.desk.config import DeskConfig, read_desk_config
from cuefocus.desk.run_files import RunFile
from cuefocus.errors import RigFileError


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files = (RunFile.of(tmp_path / "none.yaml", by_content=True), RunFile("song.wav", 100, 5))
    calendar = {"timezone": "UTC", "entries": [{"do": "check", "at": "19:25"}]}
    config = DeskConfig("takes/ledger.jsonl", "takes/takes.db", heard_fd=7, files=files, calendar=calendar)
    config.write(tmp_path / "desk.json")
    assert read_desk_config(tmp_path / "desk.json") == config


@pytest.mark.parametrize("text", ["", "[]", '{"ledger": "here"}'])
def test_what_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "desk.json").write_text(text)
    with pytest.raises(RigFileError, match="no desk config"):
        read_desk_config(tmp_path / "desk.json")


def test_run_starts_without_loading_store_or_calendar() -> None:
    """They cost more than a tenth of a second, before the first child is up."""
    code = "import sys, cuefocus.app.run; print({'sqlalchemy', 'apscheduler'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
