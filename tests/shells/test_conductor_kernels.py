"""Which of the LTC decoder's loops a conductor takes: the compiled ones, unless somebody waits for it."""

import json
import sys
from pathlib import Path

import pytest

from cuefocus.shells.conductor_config import ConductorConfig, read_conductor_config
from cuefocus.shells.conductor_sources import conductor_kernels
from cuefocus.shells.source_config import ArtNetConfig, FileConfig, LiveConfig, MidiConfig, SourceConfig
from cuefocus.wire.ltc.compiled import ready_loops
from cuefocus.wire.ltc.loop_cache import can_compile
from tests.wire.ltc_fixtures import every_kernels

FILE, LIVE = FileConfig("ltc", "/x.wav", 0), LiveConfig("deck", None, 7, 8)
MESSAGES = (ArtNetConfig("desk", "127.0.0.1"), MidiConfig("net", 9))


@pytest.mark.skipif(not can_compile(), reason="numba is not installed")
@pytest.mark.parametrize(
    ("sources", "first", "name"),
    [
        ((FILE,), True, "compiled"),
        ((LIVE, *MESSAGES), True, "compiled"),
        ((FILE,), False, "plain"),
        (MESSAGES, True, "plain"),
    ],
)
def test_the_first_conductor_with_sound_takes_compiled_loops(
    sources: tuple[SourceConfig, ...], first: bool, name: str
) -> None:
    every_kernels()
    assert conductor_kernels(sources, ready_loops(), first=first).name == name


def test_where_nothing_is_compiled_the_plain_loops_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert conductor_kernels((FILE,), ready_loops(), first=True).name == "plain"


def test_where_numba_went_away_since_the_plain_loops_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert conductor_kernels((FILE,), "/somewhere/loops", first=True).name == "plain"


def test_the_config_says_where_the_loops_are(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    ConductorConfig(3, 4, 5, 6, "s", "j", "l", loops="/somewhere/loops").write(path)
    assert read_conductor_config(path).loops == "/somewhere/loops"
    assert json.loads(path.read_text())["loops"] == "/somewhere/loops"
