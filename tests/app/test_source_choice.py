"""What `--source` and the rig mean: a file that plays, or live sound."""

from pathlib import Path

import pytest

from cuefocus.app.source_choice import (
    ArtNetChoice,
    ClockChoice,
    LiveChoice,
    MidiChoice,
    ReaperChoice,
    SourceChoice,
    choose_sources,
    source_ids,
)
from cuefocus.errors import InputError
from cuefocus.rig.loader import load_rig
from cuefocus.rig.models import Rig
from cuefocus.shells.message_device import ALL_ADDRESSES
from cuefocus.shells.program_device import reaper_at
from cuefocus.shells.sound_device import SoundDevice
from cuefocus.timebase.frames import RATES
from tests.app.running import LENS, RIG

PATH = Path("rig.yaml")


@pytest.fixture
def rig(tmp_path: Path, request: pytest.FixtureRequest) -> Rig:
    file = tmp_path / "rig.yaml"
    file.write_text(RIG.format(lens=LENS).replace("[{id: playback, kind: file}]", request.param))
    return load_rig(file).rig.value


def sources(text: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", [text], indirect=True, ids=[""])


def chosen(rig: Rig, *given: str) -> tuple[SourceChoice, ...]:
    return choose_sources(given, rig, PATH)


@sources("[{id: spare, kind: file, priority: 2}, {id: deck, kind: ltc}]")
def test_what_is_given_stands_for_the_rigs_sources_in_order(rig: Rig) -> None:
    assert chosen(rig, "jack:reaper") == (LiveChoice("deck", SoundDevice("jack", "reaper")),)
    assert chosen(rig, "audio:USB#2", "midi:IAC", "artnet:", f"artnet:{ALL_ADDRESSES}") == (
        LiveChoice("deck", SoundDevice("audio", "USB", 1)),
        MidiChoice("spare", "IAC"),
        ArtNetChoice("source 3", "127.0.0.1"),
        ArtNetChoice("source 4", ALL_ADDRESSES),
    )
    assert chosen(rig, "artnet:#10.0.0.5", "artnet:0.0.0.0#10.0.0.6") == (
        ArtNetChoice("deck", "127.0.0.1", "10.0.0.5"),
        ArtNetChoice("spare", ALL_ADDRESSES, "10.0.0.6"),
    )


@sources('[{id: daw, kind: midi-clock, device: "midi:reaper", act: song}, {id: b, kind: midi-clock, device: "x#solo"}]')
def test_midi_clock_names_a_port_and_an_act_where_it_must(rig: Rig) -> None:
    assert chosen(rig) == (ClockChoice("daw", "reaper", "song"), ClockChoice("b", "x", "solo"))
    assert chosen(rig, "clock:in", "clock:jack:a2j#song", "clock:midi:x") == (
        ClockChoice("daw", "in"),
        ClockChoice("b", "jack:a2j", "song"),
        ClockChoice("source 3", "x"),
    )
    assert [str(choice) for choice in chosen(rig, "clock:in", "clock:jack:a2j#song", "link:#song", "link:")] == [
        "clock:in",
        "clock:jack:a2j#song",
        "link:#song",
        "link:",
    ]
    with pytest.raises(InputError, match="no MIDI port is named"):
        chosen(rig, "clock:#song")


@sources('[{id: "source 2", kind: ltc}]')
def test_made_up_names_are_nobody_elses(rig: Rig) -> None:
    assert source_ids(rig, 3) == ("source 2", "source 3", "source 4")


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
    assert chosen(rig) == (LiveChoice("deck", device),)


@sources(
    '[{id: net, kind: mtc, device: "midi:IAC", priority: 2}, {id: deck, kind: ltc, device: "jack:x"},'
    " {id: desk, kind: artnet, priority: 3}, {id: old, kind: file, priority: 4}]"
)
def test_all_of_the_rigs_sources_are_listened_to_and_what_names_no_device_is_said(rig: Rig) -> None:
    told: list[str] = []
    assert choose_sources((), rig, PATH, warn=told.append) == (
        LiveChoice("deck", SoundDevice("jack", "x")),
        MidiChoice("net", "IAC"),
        ArtNetChoice("desk", "127.0.0.1"),
    )
    assert told == ["rig.yaml: warning: source old names no device: it is not listened to"]


@sources("[{id: net, kind: mtc}]")
def test_nothing_to_hear_is_said(rig: Rig) -> None:
    with pytest.raises(InputError, match="no timecode to follow"):
        chosen(rig)


@sources("[{id: deck, kind: ltc}]")
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["jack"], "no source 'jack'"),
        (["midi:"], "no MIDI port is named"),
        (["artnet:stage-left"], "'stage-left' is no IPv4 address"),
        (["jack:x", "jack:x"], "jack:x is given twice"),
    ],
)
def test_what_is_no_source_is_refused_with_a_cure(rig: Rig, given: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem) as refused:
        chosen(rig, *given)
    assert refused.value.hint


@sources(
    '[{id: daw, kind: reaper, device: "10.0.0.5:9000", starts: "01:00:00:00", rate: "30"}, '
    "{id: net, kind: artnet, priority: 2}]"
)
def test_reaper_counts_as_the_rig_says_wherever_it_is_heard(rig: Rig) -> None:
    ofrig, _ = chosen(rig)
    assert ofrig == ReaperChoice("daw", reaper_at("10.0.0.5", 9000), RATES["30"], "01:00:00:00")
    given, other = chosen(rig, "reaper:9001", "reaper:9002")
    assert given == ReaperChoice("daw", reaper_at("127.0.0.1", 9001), RATES["30"], "01:00:00:00")
    assert other == ReaperChoice("net", reaper_at("127.0.0.1", 9002), None, "00:00:00:00")


@sources("[{id: daw, kind: reaper}]")
def test_reaper_without_a_port_is_refused(rig: Rig) -> None:
    with pytest.raises(InputError, match="no UDP port"):
        chosen(rig)
