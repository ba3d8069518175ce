"""Show files as they are written, and what is said of them."""

import textwrap

import pytest

from cuefocus.files.load import Loaded
from cuefocus.show.loader import ShowRefused, parse_show
from cuefocus.show.models import Cue, Show

HEAD = """\
schema: cuefocus-show/1
rate: "25"
defaults: {act: song, camera: A, pull: 600 ms}
marks:
  A: {ana: 1.20 m, ben: 2.40 m}
acts:
  - act: song
    starts: "01:00:00:00"
    media: {words: w.json, beats: b.mid}
cues:
"""
TIMED = """\
  - cue: "1"
    land: {word: goodbye}
    to: ben
"""


def load(cues: str, head: str = HEAD) -> Loaded[Show]:
    return parse_show((head + textwrap.indent(textwrap.dedent(cues), "  ")).encode(), "x.yaml")


def complaints(cues: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ShowRefused) as refused:
        load(cues, head)
    return [str(complaint) for complaint in refused.value.complaints]


def cue_with(line: str, head: str = HEAD) -> Cue:
    return load(TIMED + f"    {line}\n", head).value.cues[0]
