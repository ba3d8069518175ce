"""What a conductor loads: a successor is waited for, so nothing that reads files."""

import pickle
import subprocess
import sys
from pathlib import Path

from cuefocus.app.check import check
from cuefocus.app.job import build_job

ROOT = Path(__file__).parents[2]
HEAVY = (
    "pydantic",
    "mido",
    "ruamel",
    "yaml",
    "rich",
    "typer",
    "sqlalchemy",
    "asyncio",
    "cuefocus.show",
    "cuefocus.rig",
)


def test_a_conductor_with_a_show_of_words_and_beats_loads_nothing_that_reads_files(tmp_path: Path) -> None:
    job = build_job(check(ROOT / "cues" / "duet.yaml", ROOT / "config" / "demo.yaml"))
    song = next(iter(job.acts.values()))
    assert song.beats is not None
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    script = (
        "import pickle, sys, cuefocus.shells.conductor_main\n"
        f"pickle.loads(open({str(tmp_path / 'job')!r}, 'rb').read())\n"
        "print(*sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = told.stdout.split()
    assert "cuefocus.engine.session" in loaded
    assert [name for name in HEAVY if name in loaded] == []
