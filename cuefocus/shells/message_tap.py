"""Some seconds of messages, through the same way in as a run's: for whoever wants to look at them, not follow them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.art_net_inlet import ArtNetInlet
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.message_device import MIDI
from cuefocus.shells.message_turns import Counted, Inlet, Message, Standing
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe
from cuefocus.shells.program_device import LINK
from cuefocus.shells.tapped import LOOK_NS, tapped
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_S

_MOST: Final = 100_000


@dataclass(slots=True)
class Caught:
    """What came.

    Args:
        messages: in order, with their stamps.
        text: what they came by.
    """

    messages: list[Message] = field(default_factory=list)
    text: str = ""


def catch_art_net(address: str, seconds: float) -> Caught:
    """Datagrams on one of our addresses for some seconds. Raises DeviceError when it cannot be heard."""
    return catch_datagrams(ArtNetInlet(address, only_timecode=False), seconds)


def catch_datagrams(inlet: UdpInlet, seconds: float) -> Caught:
    """Datagrams of a port for some seconds; it is closed then. Raises DeviceError when it cannot be heard."""
    with contextlib.closing(inlet):
        return _caught(inlet, seconds)


def catch_midi(port: str, seconds: float, *, called: str = "") -> Caught:
    """Messages of a MIDI port for some seconds, through ears as a run's.

    Args:
        port: its name or a part of it.
        seconds: how long.
        called: how the operator wrote it, for complaints; empty for `midi:PORT`.

    Raises: DeviceError when it cannot be opened, InputError when its name fits none or several.
    """
    pipe = MidiPipe()
    inlet = MidiInlet(pipe.dup_reader())
    called = called or f"{MIDI}{port}"
    words = ("--pipe", str(pipe.write_fd), "--port", port, "--called", called)
    with (
        contextlib.closing(pipe),
        contextlib.closing(inlet),
        tapped("cuefocus.shells.midi_ears_main", words, (pipe.write_fd,)) as ears,
    ):
        ears.opened(inlet.fileno(), lambda: not pipe.empty, called)
        caught = _caught(inlet, seconds)
        ears.complain()
        return caught


def catch_link(seconds: float) -> Caught:
    """Moments of a Link session for some seconds, through ears as a run's; none while nobody else is in it.

    Raises: DeviceError when the library is missing.
    """
    pipe = MidiPipe()
    inlet = MidiInlet(pipe.dup_reader())
    words = ("--pipe", str(pipe.write_fd))
    with (
        contextlib.closing(pipe),
        contextlib.closing(inlet),
        tapped("cuefocus.shells.link_ears_main", words, (pipe.write_fd,)) as ears,
    ):
        ears.opened(inlet.fileno(), lambda: not pipe.empty, LINK)
        caught = _caught(inlet, seconds, patient=True)
        ears.complain()
        return caught


def _caught(inlet: Inlet, seconds: float, *, patient: bool = False) -> Caught:
    caught, until_ns = Caught(), now_ns() + round(seconds * NS_PER_S)
    for came in _coming(inlet, until_ns):
        if isinstance(came, Counted):
            continue
        if isinstance(came, Message):
            caught.messages.append(came)
        elif came.is_open:
            caught.text = came.text
        elif not patient:
            raise DeviceError(came.text)
        if len(caught.messages) >= _MOST:
            break
    return caught


def _coming(inlet: Inlet, until_ns: int) -> Iterator[Message | Standing | Counted]:
    wait = DescriptorWait()
    while now_ns() < until_ns:
        came = inlet.receive()
        if came is not None:
            yield came
            continue
        wait.watch(inlet.fileno())
        wait.wait_until(min(until_ns, now_ns() + LOOK_NS))
