"""Live sound from JACK: our input ports, who feeds them, and a process callback that does nothing but copy.

Each block goes out with the number of its first frame, as the server counts, and the host time at which that frame was
at the converter: the server's own time of the cycle (see `CycleStamps`), less the capture latency the port reports.
"""

import sys
from collections.abc import Sequence
from typing import Any, Final

from cuefocus.chase.cycle_stamps import CycleStamps
from cuefocus.chase.frame_count import FrameCount
from cuefocus.errors import InputError
from cuefocus.shells.ears import Gone
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.jack_library import (
    SWITCH_S,
    CycleTimes,
    JackPort,
    PortLatency,
    jack_module,
    open_client,
    sound_outputs,
)
from cuefocus.shells.log_line import log_line
from cuefocus.shells.sound_device import MOST_CHANNELS, SoundDevice, the_one
from cuefocus.shells.sound_ring import RingWriter, State
from cuefocus.timebase.units import NS_PER_S

_CLIENT: Final = "cuefocus"
_PORT: Final = "timecode"
_SAME_LOSS_S: Final = 0.25
"""A jump of the frame count and the server's word of an xrun so close together are one loss."""
_SILENT_NS: Final = 5 * NS_PER_S
_PARTED_LOOKS: Final = 2
"""A program that leaves is parted from us first, and gone a moment later: how it stands is told at the second look."""


def find_server() -> None:
    """See whether the server is there. Raises DeviceError as `JackEars`."""
    open_client(jack_module(), _CLIENT).close()


class JackEars:
    """Listens until the server is gone.

    Args:
        device: `jack:PORT`; a client's name means all its ports, nothing the first physical one.
        writer: where the blocks go.

    Raises: DeviceError when the library or the server is missing, InputError when the name fits several ports.
    """

    def __init__(self, device: SoundDevice, writer: RingWriter) -> None:
        self._wanted, self._writer = device.name, writer
        self._client = open_client(jack_module(), _CLIENT)
        sys.setswitchinterval(SWITCH_S)
        self._times, self._latency = CycleTimes(self._client), PortLatency()
        self._stamps = CycleStamps()
        self._inputs: tuple[Any, ...] = ()
        self._sources: tuple[str, ...] = ()
        self._connected: set[str] = set()
        self._there: set[str] = set()
        # Kept by the callback:
        self._count = FrameCount()
        self._anew = True
        self._losses = self._losses_told = 0
        self._frames_since_gap = 0
        self._blocks = 0
        # Kept by the server's other thread, and by `tend`:
        self._gone = ""
        self._unfed_looks = 0
        self._xruns = self._xruns_seen = 0
        self._freewheels = False
        self._rate = int(self._client.samplerate)
        self._latency_ns = 0
        self._seen_blocks, self._seen_ns = 0, now_ns()
        self._begin(1)
        client = self._client
        client.set_process_callback(self._process)
        client.set_xrun_callback(self._xrun)
        client.set_shutdown_callback(self._shutdown)
        client.set_samplerate_callback(self._sample_rate)
        client.set_freewheel_callback(self._freewheel)
        client.activate()

    def tend(self) -> None:
        """Connect what has come, look who feeds us, and say how it is. Raises Gone when the server is."""
        if self._gone:
            raise Gone(f"the JACK server is gone ({self._gone})")
        self._find_sources()
        self._measure()
        if self._losses != self._losses_told:
            self._losses_told = self._losses
            log_line(f"ears: sound lost {self._losses} times; the count last jumped by {self._count.jump} frames")
        at_ns = now_ns()
        if self._blocks != self._seen_blocks:
            self._seen_blocks, self._seen_ns = self._blocks, at_ns
        elif at_ns - self._seen_ns > _SILENT_NS:
            raise Gone("the JACK server has not called us for seconds")
        fed = [source.name for port in self._inputs for source in port.connections]
        self._unfed_looks = 0 if fed else self._unfed_looks + 1
        if fed:
            named = ", ".join(fed[:3]) + (f" and {len(fed) - 3} more" if len(fed) > 3 else "")
            self._writer.tell(State.OPEN, f"JACK port {named}, {self._rate} Hz")
        elif self._unfed_looks >= _PARTED_LOOKS:
            self._writer.tell(State.LOST, self._why_unfed())

    def close(self) -> None:
        """Leave the server in order."""
        self._client.deactivate()
        self._client.close()

    # --- in the callback ---

    def _process(self, frames: int) -> None:
        counted, server_ns, called_ns = self._times.read()
        self._blocks += 1
        if self._freewheels:
            self._anew = True
            return
        if self._anew:
            self._anew = False
            self._count.begin_anew()
            self._lose(counted=False)
        first, jumped = self._count.block(counted, frames)
        if jumped or self._xruns != self._xruns_seen:
            self._xruns_seen = self._xruns
            self._lose()
        self._frames_since_gap += frames
        blocks = [memoryview(port.get_buffer())[: 4 * frames] for port in self._inputs]
        stamp = self._stamps.stamp(server_ns, called_ns)
        self._writer.put(blocks, first, frames, stamp.stamp_ns - self._latency_ns, two_sided=stamp.two_sided)

    def _lose(self, *, counted: bool = True) -> None:
        self._writer.lose(counted=counted and self._frames_since_gap > _SAME_LOSS_S * self._rate)
        self._frames_since_gap = 0
        self._losses += counted
        self._stamps.disturb()

    # --- in the server's other threads ---

    def _xrun(self, delayed_us: float) -> None:
        del delayed_us
        self._xruns += 1

    def _shutdown(self, status: Any, reason: str) -> None:
        del status
        self._gone = reason or "it shut down"

    def _sample_rate(self, rate: int) -> None:
        if rate != self._rate:
            self._rate = rate
            self._begin(len(self._inputs))

    def _freewheel(self, starting: Any) -> None:
        self._freewheels = bool(starting)

    # --- who feeds us ---

    def _begin(self, channels: int) -> None:
        """A stream of so many channels."""
        inputs = list(self._inputs)
        for index in range(len(inputs), channels):
            inputs.append(self._client.inports.register(_PORT if index == 0 else f"{_PORT}_{index + 1}"))
        self._writer.describe(sample_rate=self._rate, channels=channels)
        self._inputs = tuple(inputs)
        self._anew = True

    def _find_sources(self) -> None:
        """Connect each source once when it comes; what a person changes afterwards stays."""
        ports = sound_outputs(self._client)
        ports = [port for port in ports if port.client != self._client.name]
        there = {port.name for port in ports}
        found = sources_of(self._wanted, ports)
        if found and found != self._sources:
            self._sources = found
            if len(found) > len(self._inputs):
                self._begin(len(found))
        self._connected &= there
        self._there = there
        for source, port in zip(self._sources, self._inputs, strict=False):
            if source in there and source not in self._connected:
                self._connected.add(source)
                if not port.is_connected_to(source):
                    self._client.connect(source, port)

    def _measure(self) -> None:
        latency_ns = max(self._latency.frames(port) for port in self._inputs) * NS_PER_S // self._rate
        if latency_ns != self._latency_ns:
            self._latency_ns = latency_ns
            self._writer.lose(counted=False)
        self._writer.note(latency_ns=latency_ns, clock_offset_ns=self._times.offset_ns)

    def _why_unfed(self) -> str:
        own = self._inputs[0].name
        if not self._wanted:
            return f"nothing is connected to {own}: connect the port that carries timecode to it"
        if self._sources and self._sources[0] not in self._there:
            return f"{self._sources[0]} is gone; it is connected when it comes again"
        if self._sources:
            return f"{self._sources[0]} is not connected to {own} any more"
        return f"there is no JACK port {self._wanted!r} yet; it is connected when it comes"


def sources_of(wanted: str, ports: Sequence[JackPort]) -> tuple[str, ...]:
    """The ports that a name means: one, or all of a client; empty when there is none.

    Raises: InputError when it fits ports of several clients.
    """
    if not wanted:
        return tuple(port.name for port in ports if port.physical)[:1]
    names = [port.name for port in ports]
    of_client = tuple(port.name for port in ports if port.client == wanted)
    if wanted not in names and of_client:
        return of_client[:MOST_CHANNELS]
    if not any(wanted.casefold() in name.casefold() for name in names):
        return ()
    try:
        return (the_one(wanted, names, what="JACK port"),)
    except InputError as problem:
        raise InputError(problem.sentence, where=f"jack:{wanted}", hint=problem.hint) from None
