"""Sound out to JACK: a port of ours, connected to those that were named, and a process callback that only copies."""

import sys
from typing import Any, Final

from cuefocus.chase.frame_count import FrameCount
from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.jack_ears import sources_of
from cuefocus.shells.jack_library import SWITCH_S, CycleTimes, PortLatency, jack_module, open_client, sound_inputs
from cuefocus.shells.play_ring import PlayRing
from cuefocus.shells.sound_device import SoundDevice
from cuefocus.shells.sound_out import Heard
from cuefocus.timebase.units import NS_PER_S

_CLIENT: Final = "cuefocus-out"
_PORT: Final = "ltc"
_SILENT_NS: Final = 5 * NS_PER_S


class JackOut:
    """Plays until it is closed.

    Args:
        device: `jack:PORT`: an input port, or a client for all of its inputs; nothing: others connect to our port.
        ring: what is played.

    Raises: DeviceError when the library or the server is missing, InputError when no port, or several, have the name.
    """

    def __init__(self, device: SoundDevice, ring: PlayRing) -> None:
        self._ring = ring
        library = jack_module()
        self._client = open_client(library, _CLIENT)
        try:
            ports = [port for port in sound_inputs(self._client) if port.client != self._client.name]
            targets = sources_of(device.name, ports) if device.name else ()
            if device.name and not targets:
                have = ", ".join(port.name for port in ports) or "none"
                hint = f"there are: {have}; jack: alone makes a port that others connect to"
                raise InputError(f"no JACK input {device.name!r}", where=str(device), hint=hint)
        except InputError:
            self._client.close()
            raise
        sys.setswitchinterval(SWITCH_S)
        self._port = self._client.outports.register(_PORT)
        self.name = ", ".join(targets) or self._port.name
        self.sample_rate = int(self._client.samplerate)
        self.losses = 0
        self._times, self._latency = CycleTimes(self._client), PortLatency(playback=True)
        self._count, self._first = FrameCount(), -1
        self._begin: int | None = None
        self._newest: tuple[int, int] | None = None
        self._called_ns = now_ns()
        self._gone = ""
        self._client.set_process_callback(self._process)
        self._client.set_shutdown_callback(self._shutdown)
        self._client.set_samplerate_callback(self._sample_rate)
        self._client.activate()
        try:
            for target in targets:
                self._client.connect(self._port, target)
        except library.JackError as problem:
            self._client.close()
            raise DeviceError(
                f"cannot be connected: {problem}", where=self.name, hint="is the port still there?"
            ) from None

    def heard(self) -> Heard | None:
        """The newest moment that is known; None before the server has called."""
        newest = self._newest
        if newest is None:
            return None
        latency_ns = self._latency.frames(self._port) * NS_PER_S // self.sample_rate
        return Heard(newest[0], newest[1] + latency_ns)

    def begin(self, sample: int) -> None:
        """Play place 0 of the ring as the server's `sample`."""
        self._begin = sample

    def look(self) -> None:
        """Raises DeviceError when the server is gone."""
        if not self._gone and now_ns() - self._called_ns > _SILENT_NS:
            self._gone = "it has not called us for seconds"
        if self._gone:
            raise DeviceError(f"the JACK server is gone ({self._gone})", where=self.name, hint="start it again")

    def close(self) -> None:
        """Leave the server in order."""
        if not self._gone:
            self._client.deactivate()
            self._client.close()

    # --- in the callback ---

    def _process(self, frames: int) -> None:
        counted, server_ns, called_ns = self._times.read()
        self._called_ns = called_ns
        first, jumped = self._count.block(counted, frames)
        self.losses += jumped
        target = memoryview(self._port.get_buffer()).cast("B").cast("f")
        begin = self._begin
        self._ring.take(first - begin if begin is not None else -frames, target[:frames])
        self._newest = first, server_ns if server_ns is not None else called_ns

    # --- in the server's other threads ---

    def _shutdown(self, status: Any, reason: str) -> None:
        del status
        self._gone = reason or "it shut down"

    def _sample_rate(self, rate: int) -> None:
        if rate != self.sample_rate:
            self._gone = f"it changed to {rate} Hz"
