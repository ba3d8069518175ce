"""Which MIDI input a name means, and what is said where there is none, no library, or nobody to ask."""

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.midi_port import MidiPort, PortGone, listed_ports


class SystemSilent(Exception):
    """As the library's own when a system does not answer."""


class Library:
    """Stands in for python-rtmidi on a machine with the ports that are given: by system, 1 for ALSA and 2 for JACK."""

    RtMidiError, API_LINUX_ALSA, API_UNIX_JACK = SystemSilent, 1, 2

    def __init__(self, ports: dict[int, list[str]]) -> None:
        self.ports = ports
        self.callbacks: list[Any] = []

    def get_compiled_api(self) -> list[int]:
        return [1, 2]

    def MidiIn(self, api: int, name: str) -> Any:  # noqa: N802 - the library's name
        if api not in self.ports:
            raise SystemSilent(f"{name} was not heard.")
        return SimpleNamespace(
            get_ports=lambda: self.ports[api],
            get_current_api=lambda: api,
            ignore_types=lambda **_: None,
            set_callback=self.callbacks.append,
            open_port=lambda number, _: None,
            cancel_callback=self.callbacks.clear,
            close_port=lambda: None,
        )


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library({1: ["Midi Through:Midi Through Port-0 14:0", "mio:mio MIDI 1 24:0"], 2: ["ardour:MTC out"]})
    monkeypatch.setitem(sys.modules, "rtmidi", made)
    return made


def nothing(data: bytes, stamp_ns: int) -> None:
    del data, stamp_ns


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("mio", "mio:mio MIDI 1 24:0"),
        ("mio:mio MIDI 1", "mio:mio MIDI 1 24:0"),
        ("ardour", "ardour:MTC out"),
    ],
)
def test_a_part_of_a_name_that_fits_one_port_is_enough(library: Library, wanted: str, name: str) -> None:
    assert MidiPort(wanted, nothing).name == name


def test_a_name_that_fits_several_or_none_lists_what_there_is(library: Library) -> None:
    with pytest.raises(InputError, match=r"'mi' fits 'Midi Through:.*', 'mio:mio"):
        MidiPort("mi", nothing)
    with pytest.raises(InputError, match=r"no MIDI input 'apc'; have 'Midi Through.*', 'mio.*', 'ardour:MTC out'"):
        MidiPort("apc", nothing)


def test_messages_are_handed_on_with_a_stamp_and_a_port_that_goes_is_noticed(library: Library) -> None:
    heard: list[bytes] = []
    port = MidiPort("mio", lambda data, stamp_ns: heard.append(data) if stamp_ns > 0 else None)
    library.callbacks[0](([0xF1, 0x04], 0.01), None)
    assert heard == [b"\xf1\x04"]
    port.look()
    library.ports[1].pop()
    with pytest.raises(PortGone, match="the port is gone"):
        port.look()


def test_one_system_is_enough_and_none_is_said(library: Library) -> None:
    del library.ports[1]
    assert listed_ports() == ["ardour:MTC out"]
    library.ports.clear()
    with pytest.raises(DeviceError, match=r"no MIDI system answers .ALSA sequencer: .*; JACK: ") as silent:
        listed_ports()
    assert "snd-seq" in silent.value.hint


def test_a_missing_library_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    with pytest.raises(DeviceError, match="python-rtmidi is not installed") as missing:
        listed_ports()
    assert "cuefocus[midi]" in missing.value.hint


def test_what_the_systems_print_themselves_is_kept_from_the_operator(
    library: Library, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def noisy(api: int, name: str) -> Any:
        os.write(2, b"seq_hw.c:466: open failed\n")
        raise SystemSilent("MidiInAlsa::initialize: error creating ALSA sequencer client object.")

    monkeypatch.setattr(library, "MidiIn", noisy)
    with pytest.raises(DeviceError, match=r"no MIDI system answers .ALSA sequencer: error creating ALSA"):
        listed_ports()
    os.write(2, b"heard again\n")
    assert capfd.readouterr().err == "heard again\n"
