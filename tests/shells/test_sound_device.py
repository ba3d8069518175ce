"""Which device a name means, and what is said when it means none or several."""

import pytest

from cuefocus.errors import InputError
from cuefocus.shells.jack_ears import sources_of
from cuefocus.shells.jack_library import JackPort
from cuefocus.shells.sound_device import SoundDevice, parse_device, the_one

CARDS = ("HDA Intel: ALC (hw:0,0), ALSA", "USB Audio: #1 (hw:1,0), ALSA", "USB Audio: #1 (hw:2,0), ALSA")
PORTS = (
    JackPort("system:capture_1", physical=True),
    JackPort("system:capture_2", physical=True),
    JackPort("reaper:out1", physical=False),
    JackPort("reaper:out2", physical=False),
    JackPort("player:ltc", physical=False),
)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("jack:", SoundDevice("jack", "")),
        ("jack:system:capture_3", SoundDevice("jack", "system:capture_3")),
        ("jack:odd#3", SoundDevice("jack", "odd#3")),
        ("audio:", SoundDevice("audio", "")),
        ("audio:USB Audio#3", SoundDevice("audio", "USB Audio", 2)),
        ("audio:USB Audio: #1 (hw:1,0), ALSA", SoundDevice("audio", "USB Audio: #1 (hw:1,0), ALSA")),
    ],
)
def test_a_device_is_what_it_says(text: str, device: SoundDevice) -> None:
    assert parse_device(text) == device
    assert parse_device(str(device)) == device


@pytest.mark.parametrize("text", ["hdmi", "alsa:hw0", "audio:X#0", "audio:X#33"])
def test_what_is_no_device_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_device(text)
    assert refused.value.hint


def test_a_part_that_fits_one_name_alone_is_enough() -> None:
    assert the_one("intel", CARDS, what="sound input") == CARDS[0]
    assert the_one(CARDS[1], CARDS, what="sound input") == CARDS[1]
    with pytest.raises(InputError, match=r"fits 'USB Audio: #1 \(hw:1,0\), ALSA', 'USB Audio: #1 \(hw:2,0\), ALSA'"):
        the_one("usb", CARDS, what="sound input")
    with pytest.raises(InputError, match="no sound input 'firewire'; have 'HDA"):
        the_one("firewire", CARDS, what="sound input")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ("system:capture_1",)),
        ("system:capture_2", ("system:capture_2",)),
        ("reaper", ("reaper:out1", "reaper:out2")),
        ("LTC", ("player:ltc",)),
        ("player", ("player:ltc",)),
        ("ardour", ()),
    ],
)
def test_a_jack_name_means_a_port_or_all_of_a_client(wanted: str, found: tuple[str, ...]) -> None:
    assert sources_of(wanted, PORTS) == found


def test_a_jack_name_that_fits_several_clients_is_refused() -> None:
    with pytest.raises(InputError, match="fits 'reaper:out1', 'reaper:out2'"):
        sources_of("out", PORTS)
    assert sources_of("", PORTS[2:]) == ()
