"""The desk's config as a file, and what it costs `run` to write one."""

import subprocess
import sys
from pathlib import Path

import pytest

from cuefocus.desk.config import DeskConfig, read_desk_config
from cuefocus.desk.run_files import RunFile
from cuefocus.desk.web.config import CueLine, PageConfig, TokenFile
from cuefocus.engine.peers import DeskRules, PeerRule
from cuefocus.errors import RigFileError
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.wire.said import Right


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files = (RunFile.of(tmp_path / "none.yaml", by_content=True), RunFile("song.wav", 100, 5))
    calendar = {"timezone": "UTC", "entries": [{"do": "check", "at": "19:25"}]}
    config = DeskConfig("takes/ledger.jsonl", "takes/takes.db", heard_fd=7, files=files, calendar=calendar)
    config.write(tmp_path / "desk.json")
    assert read_desk_config(tmp_path / "desk.json") == config


def test_a_page_is_read_as_it_was_written(tmp_path: Path) -> None:
    rules = DeskRules(peers=(PeerRule("desk", "10.0.0.0/24", Right.VIEW),), passcodes=(("1234", Right.OPERATE),))
    page = PageConfig(
        "127.0.0.1",
        8080,
        "Duet",
        (CueLine("1", "", "A", "A.focus", "song", "ben", "01:00:02:00", triggered=False),),
        "motion.sock",
        "conductor.sock",
        heard_fd=9,
        tokens=(TokenFile("booth", "booth.token", Right.EDIT),),
        names=("stage",),
        announce="true",
        desk=FrontDeskConfig(udp=(("10.0.0.5", 8000),), rules=rules),
    )
    config = DeskConfig("ledger", "store", page=page)
    config.write(tmp_path / "desk.json")
    assert read_desk_config(tmp_path / "desk.json") == config


@pytest.mark.parametrize("text", ["", "[]", '{"ledger": "here"}'])
def test_what_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "desk.json").write_text(text)
    with pytest.raises(RigFileError, match="no desk config"):
        read_desk_config(tmp_path / "desk.json")


def test_run_starts_without_loading_store_calendar_or_page() -> None:
    """They cost more than a tenth of a second, before the first child is up."""
    code = "import sys, cuefocus.app.run; print({'sqlalchemy', 'apscheduler', 'fastapi'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
