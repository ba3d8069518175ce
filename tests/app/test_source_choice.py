"""What `--source` and the rig mean: a file that plays, or live sound."""

from pathlib import Path

import pytest

from cuefocus.app.source_choice import LiveChoice, choose_source
from cuefocus.errors import InputError
from cuefocus.rig.loader import load_rig
from cuefocus.rig.models import Rig
from cuefocus.shells.sound_device import SoundDevice
from tests.app.running import LENS, RIG

PATH = Path("rig.yaml")


@pytest.fixture
def rig(tmp_path: Path, request: pytest.FixtureRequest) -> Rig:
    file = tmp_path / "rig.yaml"
    file.write_text(RIG.format(lens=LENS).replace("[{id: playback, kind: file}]", request.param))
    return load_rig(file).rig.value


def sources(text: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", [text], indirect=True, ids=[""])


@sources("[{id: deck, kind: ltc}, {id: spare, kind: file, priority: 2}]")
def test_what_is_given_stands_for_the_rigs_first_source(rig: Rig) -> None:
    assert choose_source("jack:reaper", rig, PATH) == LiveChoice("deck", SoundDevice("jack", "reaper"))
    assert choose_source("audio:USB#2", rig, PATH) == LiveChoice("deck", SoundDevice("audio", "USB", 1))


@pytest.mark.parametrize(
    ("rig", "device"),
    [
        ('[{id: deck, kind: ltc, device: "jack:player"}]', SoundDevice("jack", "player")),
        ('[{id: deck, kind: ltc, device: "USB Audio"}]', SoundDevice("audio", "USB Audio")),
        ('[{id: deck, kind: ltc, device: "USB Audio", channel: 3}]', SoundDevice("audio", "USB Audio", 2)),
        ('[{id: deck, kind: ltc, device: "audio:USB Audio#2"}]', SoundDevice("audio", "USB Audio", 1)),
    ],
    indirect=["rig"],
    ids=lambda value: "" if isinstance(value, str) else str(value),
)
def test_the_rigs_own_device_is_listened_to(rig: Rig, device: SoundDevice) -> None:
    assert choose_source("", rig, PATH) == LiveChoice("deck", device)


@sources("[{id: net, kind: mtc, device: X}]")
def test_nothing_to_hear_is_said(rig: Rig) -> None:
    with pytest.raises(InputError, match="no timecode to follow"):
        choose_source("", rig, PATH)
    with pytest.raises(InputError) as refused:
        choose_source("jack", rig, PATH)
    assert "jack:PORT" in refused.value.hint
