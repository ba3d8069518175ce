"""`cuefocus ports`: what is plugged in, under the names a rig file should use."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

BY_ID = Path("/dev/serial/by-id")
NET = Path("/sys/class/net")
_ARPHRD_CAN = "280"  # include/uapi/linux/if_arp.h


@dataclass(frozen=True, slots=True)
class PortRow:
    """One thing that can be plugged into.

    Args:
        kind: serial, can, sound, midi; `note` for what could not be looked at.
        address: what to write into the rig file; empty for a note.
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
    """Serial ports, CAN interfaces, and sound and MIDI devices where their libraries are installed."""
    return [*serial_ports(by_id), *can_interfaces(net), *sound_inputs(), *midi_inputs()]


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


def sound_inputs() -> Iterator[PortRow]:
    """Sound inputs, if sounddevice is installed."""
    try:
        library = importlib.import_module("sounddevice")
    except (ImportError, OSError) as problem:  # OSError: PortAudio itself is missing
        yield PortRow("note", "", "", f"sound inputs not listed: {problem}", stable=False)
        return
    for device in library.query_devices():
        if device["max_input_channels"] > 0:
            name, channels = str(device["name"]), int(device["max_input_channels"])
            yield PortRow("sound", name, name, f"{channels} channels, {device['default_samplerate']:.0f} Hz")


def midi_inputs() -> Iterator[PortRow]:
    """MIDI inputs, if python-rtmidi is installed."""
    try:
        library = importlib.import_module("rtmidi")
    except ImportError as problem:
        yield PortRow("note", "", "", f"MIDI inputs not listed: {problem}", stable=False)
        return
    try:
        names = library.MidiIn().get_ports()
    except library.RtMidiError as problem:  # no sequencer to ask
        yield PortRow("note", "", "", f"MIDI inputs not listed: {problem}", stable=False)
        return
    for name in names:
        yield PortRow("midi", name, name, "MIDI input")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
