"""What the documents show of rigs and shows can be read."""

import re
from pathlib import Path
from textwrap import dedent, indent

import pytest

from cuefocus.files.complaint import FileRefused
from cuefocus.rig.loader import load_rig
from cuefocus.show.loader import load_show
from tests.stories.scenes import LENS, RIG

DOCS = Path(__file__).resolve().parent.parent / "docs"
FENCED = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
SHOW = """\
schema: cuefocus-show/1
rate: "25"
marks: {A: {ana: 2 m, ben: 3 m}}
defaults: {camera: A, pull: 600 ms}
"""
ACT = 'acts: [{act: song, starts: "01:00:00:00", media: {file: song.wav, words: song.json}}]\n'
BEFORE = {
    "network:": RIG,
    "calendar:": RIG,
    "acts:": SHOW,
    "cues:": SHOW + ACT,
    "- cue:": f"{SHOW}cues:\n",
    "on:": f'{SHOW}cues:\n- cue: "1"\n  to: ana\n',
}
"""What stands in a file before a block that begins so."""


def blocks(first: str) -> list[str]:
    """What the documents show that begins so."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md"))]
    found = [dedent(block) for page in pages for block in FENCED.findall(page)]
    return [block for block in found if block.startswith(first)]


@pytest.mark.parametrize(("first", "block"), [(first, block) for first in BEFORE for block in blocks(first)])
def test_what_a_document_shows_is_read_without_an_error(tmp_path: Path, first: str, block: str) -> None:
    (tmp_path / "lens.yaml").write_text(LENS, encoding="utf-8")
    path, before = tmp_path / "shown.yaml", BEFORE[first]
    path.write_text(before + (indent(block, "  ") if first == "on:" else block), encoding="utf-8")
    try:
        found = (load_rig if before is RIG else load_show)(path).complaints
    except FileRefused as refused:
        found = refused.complaints
    assert [str(one) for one in found if one.severity == "error"] == []


def test_there_are_documents_that_show_each() -> None:
    assert all(map(blocks, BEFORE))
