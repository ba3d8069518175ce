"""`cuefocus ports`: what is plugged in, under the names a rig file should use."""

import importlib.util
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serial.tools import list_ports

from cuefocus.errors import DeviceError
from cuefocus.shells.art_net_inlet import own_addresses
from cuefocus.shells.jack_library import jack_module, midi_outputs, open_client, sound_inputs, sound_outputs
from cuefocus.shells.jack_midi_port import JACK
from cuefocus.shells.message_device import ARTNET, CLOCK, MIDI
from cuefocus.shells.midi_out import listed_outputs
from cuefocus.shells.midi_port import lasting_name, listed_ports
from cuefocus.shells.portaudio_list import listed_cards
from cuefocus.shells.program_device import ABLETON, LINK, REAPER, REAPER_PORT
from cuefocus.wire.artnet import PORT

SOURCE: Final = "--source"
TO: Final = "--to"
RIG: Final = "rig"
NOTE: Final = "note"
BY_ID = Path("/dev/serial/by-id")
NET = Path("/sys/class/net")
_ARPHRD_CAN = "280"  # include/uapi/linux/if_arp.h


@dataclass(frozen=True, slots=True)
class PortRow:
    """One thing that can be plugged into.

    Args:
        kind: serial, can, jack, sound, midi, clock, artnet, reaper, ableton, link; `note` for what was not seen.
        address: what to write where `use` says; empty for a note.
        device: what the system calls it now.
        description: maker and product, or state.
        use: `rig` for the rig file, `--source` for timecode that is followed, `--to` for where `ltc generate` and
            `mtc generate` play, and receivers of the rig are told; empty for a note.
        stable: whether `address` means the same device after a re-plug.
    """

    kind: str
    address: str
    device: str
    description: str
    use: str = SOURCE
    stable: bool = True

    def as_dict(self) -> dict[str, str | bool]:
        """The row for `--json`."""
        return {name: getattr(self, name) for name in ("kind", "address", "use", "device", "description", "stable")}


def list_all_ports(by_id: Path = BY_ID, net: Path = NET) -> list[PortRow]:
    """Serial ports, CAN interfaces; JACK ports, sound and MIDI devices where their libraries are; Art-Net addresses."""
    jack = list(jack_ports())
    midi = midi_inputs(besides=frozenset(row.device for row in jack if row.kind == "midi"))
    timecode = (*jack, *sound_cards(), *midi, *midi_outputs_listed(), *network_addresses(), *programs())
    return [*serial_ports(by_id), *can_interfaces(net), *timecode]


def serial_ports(by_id: Path = BY_ID) -> Iterator[PortRow]:
    """Serial ports by their lasting name where they have one."""
    lasting = {str(link.resolve()): str(link) for link in sorted(by_id.glob("*"))} if by_id.is_dir() else {}
    seen = set()
    for port in sorted(list_ports.comports(), key=lambda port: port.device):
        device = str(Path(port.device).resolve())
        seen.add(device)
        stable = lasting.get(device)
        about = " ".join(text for text in (port.manufacturer, port.product, port.serial_number) if text)
        yield PortRow("serial", stable or port.device, port.device, about, RIG, stable is not None)
    for device, stable in lasting.items():
        if device not in seen:
            yield PortRow("serial", stable, device, Path(stable).name, RIG)


def can_interfaces(net: Path = NET) -> Iterator[PortRow]:
    """CAN network interfaces and whether they are up."""
    for interface in sorted(net.glob("*")) if net.is_dir() else ():
        if _text(interface / "type") == _ARPHRD_CAN:
            state = _text(interface / "operstate") or "unknown"
            yield PortRow("can", f"can:{interface.name}", interface.name, f"CAN interface, {state}", RIG)


def jack_ports() -> Iterator[PortRow]:
    """Ports of the running JACK server, if JACK-Client is installed: sound and MIDI out, and sound in."""
    try:
        client = open_client(jack_module(), "cuefocus-ports")
    except DeviceError as problem:
        yield _note(f"JACK ports not listed: {problem.sentence}")
        return
    with client:
        rate, outputs, inputs = int(client.samplerate), sound_outputs(client), sound_inputs(client)
        midi = midi_outputs(client)
    for port in outputs:
        about = f"{'input of a sound card' if port.physical else 'output of a program'}, {rate} Hz"
        yield PortRow("jack", f"jack:{port.name}", port.name, about)
    for port in inputs:
        about = f"{'output of a sound card' if port.physical else 'input of a program'}, {rate} Hz"
        yield PortRow("jack", f"jack:{port.name}", port.name, about, TO)
    for port in midi:
        yield from _midi_rows(f"{JACK}{port.name}", port.name, "MIDI of the JACK server")


def sound_cards() -> Iterator[PortRow]:
    """Sound inputs and outputs, if sounddevice is installed."""
    try:
        inputs, outputs = listed_cards()
    except DeviceError as problem:
        yield _note(f"sound cards not listed: {problem.sentence}")
        return
    for use, end, cards in ((SOURCE, "in", inputs), (TO, "out", outputs)):
        names = [each.name for each in cards]
        for each in cards:
            alone = names.count(each.name) == 1
            wide = "1 channel" if each.channels == 1 else f"{each.channels} channels"
            about = f"{wide} {end}, {each.sample_rate} Hz"
            yield PortRow("sound", f"audio:{each.name}", each.name, about, use, stable=alone)


def midi_inputs(*, besides: frozenset[str] = frozenset()) -> Iterator[PortRow]:
    """MIDI inputs, if python-rtmidi is installed; ALSA's numbers, new at each plug, are no part of a name.

    Args:
        besides: names of JACK's, which are listed by a better way to read them.
    """
    try:
        names = [name for name in listed_ports() if name not in besides]
    except DeviceError as problem:
        yield _note(f"MIDI inputs not listed: {problem.sentence}")
        return
    lasting = [lasting_name(name) for name in names]
    for name, kept in zip(names, lasting, strict=True):
        yield from _midi_rows(kept, name, "MIDI input", stable=lasting.count(kept) == 1)


def midi_outputs_listed() -> Iterator[PortRow]:
    """MIDI ports that take messages: a receiver's `midi:` in the rig, `--to` of `mtc generate`."""
    try:
        found = listed_outputs()
    except DeviceError as problem:
        yield _note(f"MIDI outputs not listed: {problem.sentence}")
        return
    lasting = [lasting_name(address) for address in found]
    for address, kept in zip(found, lasting, strict=True):
        yield PortRow("midi", kept, address.partition(":")[2], "MIDI output", TO, stable=lasting.count(kept) == 1)


def _midi_rows(port: str, device: str, about: str, *, stable: bool = True) -> Iterator[PortRow]:
    """A port by what it may carry."""
    yield PortRow("midi", f"{MIDI}{port}", device, f"{about}: MIDI timecode", stable=stable)
    yield PortRow("clock", f"{CLOCK}{port}", device, f"{about}: MIDI clock of a song", stable=stable)


def network_addresses() -> Iterator[PortRow]:
    """Our own IPv4 addresses, on which Art-Net timecode and playback programs can be heard."""
    for address, interface in own_addresses():
        whom = "from this machine only" if ipaddress.IPv4Address(address).is_loopback else "from this network"
        yield PortRow("artnet", f"{ARTNET}{address}", interface, f"Art-Net timecode {whom}, UDP port {PORT}")
        yield PortRow("reaper", f"{REAPER}{address}:{REAPER_PORT}", interface, f"REAPER's OSC feedback {whom}")


def programs() -> Iterator[PortRow]:
    """Playback programs that are asked for their position, wherever they are."""
    yield PortRow("ableton", ABLETON, "", "Ableton Live on this machine, by AbletonOSC; or its address after it")
    if importlib.util.find_spec("link") is not None:
        yield PortRow("link", LINK, "", "the Ableton Link session of this network")
    else:
        hint = "pip install 'cuefocus[link]'"
        yield _note(f"Ableton Link not listed: LinkPython is not installed ({hint})")


def _note(text: str) -> PortRow:
    return PortRow(NOTE, "", "", text, use="", stable=False)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
