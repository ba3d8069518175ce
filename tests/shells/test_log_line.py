"""A child's log on a full disk costs the line, not the child."""

import subprocess
import sys
from pathlib import Path

import pytest

from cuefocus.shells.log_line import log_line

_PROGRAM = "from cuefocus.shells.log_line import log_line; log_line('one'); log_line('two')"


def test_a_full_disk_ends_nothing() -> None:
    with Path("/dev/full").open("wb") as log:
        assert subprocess.run([sys.executable, "-c", _PROGRAM], stderr=log, check=False).returncode == 0


def test_lines_come_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "log").open("wb") as log:
        subprocess.run([sys.executable, "-c", _PROGRAM], stderr=log, check=True)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"
    log_line("here")
    assert capsys.readouterr().err == "here\n"


def test_what_a_machine_says_does_nothing_on_the_terminal_that_shows_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_line("it says \x1b[2J\x1b]0;pwned\x07\nand more")
    assert capsys.readouterr().err == "it says ?[2J?]0;pwned?\nand more\n"
