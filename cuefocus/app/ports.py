"""`cuefocus ports`: what is plugged in, under the names a rig file should use."""

import importlib.util
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from cuefocus.errors import DeviceError
from cuefocus.shells.art_net_inlet import own_addresses
from cuefocus.shells.jack_library import jack_module, open_client, sound_outputs
from cuefocus.shells.message_device import ARTNET, MIDI
from cuefocus.shells.midi_port import lasting_name, listed_ports
from cuefocus.shells.portaudio_list import listed_inputs
from cuefocus.shells.program_device import ABLETON, LINK, REAPER, REAPER_PORT
from cuefocus.wire.artnet import PORT

BY_ID = Path("/dev/serial/by-id")
NET = Path("/sys/class/net")
_ARPHRD_CAN = "280"  # include/uapi/linux/if_arp.h


@dataclass(frozen=True, slots=True)
class PortRow:
    """One thing that can be plugged into.

    Args:
        kind: serial, can, jack, sound, midi, artnet, reaper, ableton, link; `note` for what could not be looked at.
        address: what to write into the rig file, or for timecode after `--source`; empty for a note.
        device: what the system calls it now.
        description: maker and product, or state.
        stable: whether `address` means the same device after a re-plug.
    """

    kind: str
    address: str
    device: str
    description: str
    stable: bool = True

    def as_dict(self) -> dict[str, str | bool]:
        """The row for `--json`."""
        return {name: getattr(self, name) for name in ("kind", "address", "device", "description", "stable")}


def list_all_ports(by_id: Path = BY_ID, net: Path = NET) -> list[PortRow]:
    """Serial ports, CAN interfaces; JACK ports, sound and MIDI devices where their libraries are; Art-Net addresses."""
    timecode = (*jack_ports(), *sound_cards(), *midi_inputs(), *network_addresses(), *programs())
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
        yield PortRow("serial", stable or port.device, port.device, about, stable is not None)
    for device, stable in lasting.items():
        if device not in seen:
            yield PortRow("serial", stable, device, Path(stable).name)


def can_interfaces(net: Path = NET) -> Iterator[PortRow]:
    """CAN network interfaces and whether they are up."""
    for interface in sorted(net.glob("*")) if net.is_dir() else ():
        if _text(interface / "type") == _ARPHRD_CAN:
            state = _text(interface / "operstate") or "unknown"
            yield PortRow("can", f"can:{interface.name}", interface.name, f"CAN interface, {state}")


def jack_ports() -> Iterator[PortRow]:
    """Ports of the running JACK server that sound comes out of, if JACK-Client is installed."""
    try:
        client = open_client(jack_module(), "cuefocus-ports")
    except DeviceError as problem:
        yield PortRow("note", "", "", f"JACK ports not listed: {problem.sentence}", stable=False)
        return
    with client:
        rate, ports = int(client.samplerate), sound_outputs(client)
    for port in ports:
        about = f"{'input of a sound card' if port.physical else 'output of a program'}, {rate} Hz"
        yield PortRow("jack", f"jack:{port.name}", port.name, about)


def sound_cards() -> Iterator[PortRow]:
    """Sound inputs, if sounddevice is installed."""
    try:
        inputs = listed_inputs()
    except DeviceError as problem:
        yield PortRow("note", "", "", f"sound inputs not listed: {problem.sentence}", stable=False)
        return
    names = [each.name for each in inputs]
    for each in inputs:
        alone = names.count(each.name) == 1
        wide = "1 channel" if each.channels == 1 else f"{each.channels} channels"
        yield PortRow("sound", f"audio:{each.name}", each.name, f"{wide}, {each.sample_rate} Hz", stable=alone)


def midi_inputs() -> Iterator[PortRow]:
    """MIDI inputs, if python-rtmidi is installed; ALSA's numbers, new at each plug, are no part of a name."""
    try:
        names = listed_ports()
    except DeviceError as problem:
        yield PortRow("note", "", "", f"MIDI inputs not listed: {problem.sentence}", stable=False)
        return
    lasting = [lasting_name(name) for name in names]
    for name, kept in zip(names, lasting, strict=True):
        yield PortRow("midi", f"{MIDI}{kept}", name, "MIDI input", stable=lasting.count(kept) == 1)


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
        yield PortRow("note", "", "", f"Ableton Link not listed: LinkPython is not installed ({hint})", stable=False)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
