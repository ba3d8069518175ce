"""The command line as a person meets it, in this process or in one of its own."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from cuefocus.cli.root import main

ROOT = Path(__file__).parents[2]
SHOW, RIG = ROOT / "cues" / "duet.yaml", ROOT / "config" / "demo.yaml"
MANY_S = 60


@dataclass(frozen=True)
class Told:
    """How a verb ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a machine reads."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """All of it."""
        return self.out + self.err


def cuefocus(*words: object) -> Told:
    """A verb in this process."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["cuefocus", *map(str, words)]
    with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
        else:
            status = 0
    return Told(status, out.getvalue(), err.getvalue())


def cuefocus_process(*words: object, limit: Callable[[], None] | None = None, cwd: Path | None = None) -> Told:
    """A verb in a process of its own; `limit` is called in it first."""
    argv = [sys.executable, "-m", "cuefocus", *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=MANY_S, preexec_fn=limit, cwd=cwd, check=False)
    return Told(done.returncode, done.stdout, done.stderr)


def refused(told: Told, *saying: str, status: int = 1) -> None:
    """A sentence and a status, and nothing that is for programmers."""
    assert told.status == status, told.text
    assert "Traceback" not in told.text
    assert "Error:" not in told.text
    for part in saying:
        assert part in told.text


def tree_of(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, to see that nothing was lost."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
