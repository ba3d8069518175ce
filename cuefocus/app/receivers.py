"""The rig's receivers to what the conductor is told of them, and the processes that speak to some of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.app.processes import ChildSpec
from cuefocus.app.wired_sources import MessageWire, midi_mouth
from cuefocus.rig.receivers import Receiver
from cuefocus.shells.event_pipe import event_pair
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.receiver_config import ReceiverConfig

_MIDI_PLACES: Final = ("midi:", "jack:", "raw:")


class HttpWire:
    """A process that calls one receiver by HTTP, and the pipe to it, which outlives either end."""

    def __init__(self) -> None:
        self._conductors, self._callers = event_pair()

    @property
    def handed_down(self) -> tuple[int, ...]:
        """The conductor's end."""
        return (self._conductors.fileno(),)

    def child(self, name: str, log: Path) -> ChildSpec:
        """The process."""
        fd = self._callers.fileno()
        argv = (sys.executable, "-m", "cuefocus.shells.http_mouth_main", "--pipe", str(fd))
        return ChildSpec(name, argv, log, pass_fds=(fd,))

    def close(self) -> None:
        """Let go of both ends."""
        self._conductors.close()
        self._callers.close()


@dataclass(frozen=True, slots=True)
class WiredReceiver:
    """One receiver of the daemon: what the conductor is told, and the process that speaks to it if there is one."""

    config: ReceiverConfig
    wire: MessageWire | HttpWire | None = None

    @property
    def handed_down(self) -> tuple[int, ...]:
        """Descriptors that the conductor inherits."""
        return self.wire.handed_down if self.wire is not None else ()


def wire_receivers(receivers: Sequence[Receiver], lookup: NameLookup | None = None) -> tuple[WiredReceiver, ...]:
    """Make what the receivers need. Names are looked up now: once something runs nobody waits for that.

    Args:
        receivers: the rig's.
        lookup: knows of whom nobody answered afterwards.
    """
    lookup = lookup if lookup is not None else NameLookup()
    return tuple(_wired(receiver, lookup) for receiver in receivers)


def midi_address(name: str) -> str:
    """The address of an output that a rig names: ALSA's where nothing else is written."""
    return name if name.startswith(_MIDI_PLACES) else f"midi:{name}"


def _wired(receiver: Receiver, lookup: NameLookup) -> WiredReceiver:
    if receiver.midi is not None:
        mouth = midi_mouth(midi_address(receiver.midi))
        return WiredReceiver(ReceiverConfig(receiver.id, "midi", fd=mouth.handed_down[0]), mouth)
    if receiver.http is not None:
        caller = HttpWire()
        return WiredReceiver(ReceiverConfig(receiver.id, "http", fd=caller.handed_down[0]), caller)
    at = receiver.osc or receiver.artnet
    place = (at.host, at.port) if at is not None else ("", 0)
    host, port = lookup.found(*place, ipv4=receiver.artnet is not None) or place
    return WiredReceiver(ReceiverConfig(receiver.id, receiver.tcp or "udp", host, port))
