"""The way out to each receiver; MIDI and HTTP go by processes of their own, which send at the moment."""

import os
import socket

from cuefocus.errors import DeviceError
from cuefocus.shells.event_pipe import EventReader, EventWriter
from cuefocus.shells.midi_mouth import MidiMouth
from cuefocus.shells.net_outlets import TcpOutlet, UdpOutlet
from cuefocus.shells.outlet import Outlet, Told
from cuefocus.shells.receiver_config import ReceiverConfig


class MidiOutlet:
    """A MIDI port, by the process that owns it."""

    early, reports = True, False
    next_due_ns = None

    def __init__(self, fd: int) -> None:
        self._mouth = MidiMouth(fd)
        self._opening: int | None = None
        self._lost = 0
        self.trouble = ""

    def fileno(self) -> int:
        """Rings when there is something to look at."""
        return self._mouth.fileno()

    def send(self, data: bytes, at_ns: int, number: int) -> str:
        """As `Outlet.send`."""
        del number
        return self.trouble if self._mouth.send(data, at_ns) else "its process does not read"

    def look(self, at_ns: int) -> list[Told]:
        """As `Outlet.look`."""
        del at_ns
        standing = self._mouth.standing()
        if standing is not None:
            known = self._opening in (None, standing.opening)  # what was lost before us our predecessor has told
            before = 0 if not known else self._lost if self._opening is not None else standing.dropped
            self._opening, self._lost = standing.opening, standing.dropped
            lost = standing.dropped - before
            why = f"{lost} MIDI message{'s were' if lost > 1 else ' was'} lost, too late or too many for its cable"
            self.trouble = standing.text if not standing.is_open else why if lost > 0 else ""
        return []

    def close(self) -> None:
        """Let go."""
        self._mouth.close()


class HttpOutlet:
    """HTTP calls, by the process that makes them."""

    early = reports = True
    next_due_ns = None

    def __init__(self, fd: int) -> None:
        self._writer = EventWriter(os.dup(fd))
        self._reader = EventReader(socket.socket(fileno=os.dup(fd)))
        self.trouble = ""

    def fileno(self) -> int:
        """Rings when there is something to look at."""
        return self._reader.fileno()

    def send(self, data: bytes, at_ns: int, number: int) -> str:
        """As `Outlet.send`."""
        asked = {"number": number, "due_ns": at_ns, "call": data.decode()}
        return "" if self._writer.put(asked) else "its process does not read"

    def look(self, at_ns: int) -> list[Told]:
        """As `Outlet.look`."""
        del at_ns
        told: list[Told] = []
        for fields in self._reader.take():
            number, failed = int(str(fields["number"])), str(fields["failed"])
            self.trouble = failed
            told.append(Told(number, int(str(fields["late_ns"])), failed))
        return told

    def close(self) -> None:
        """Let go."""
        self._writer.close()
        self._reader.close()


def open_outlet(config: ReceiverConfig) -> Outlet:
    """The way out to a receiver. Raises: DeviceError for one of no known kind."""
    if config.by == "udp":
        return UdpOutlet(config.host, config.port)
    if config.by in ("length", "slip"):
        return TcpOutlet(config.host, config.port, config.by)
    if config.by == "midi":
        return MidiOutlet(config.fd)
    if config.by == "http":
        return HttpOutlet(config.fd)
    raise DeviceError(f"{config.id}: nothing is sent by {config.by!r}", hint="`run` writes what the conductor reads")
