"""A MIDI input of ours on a JACK server, read in its process callback: each message with the frame it stands at.

A library between (RtMidi) stamps messages when it is called, once a period. JACK itself says at which frame of the
period each came; by the server's own time of that period (see `CycleStamps`), less the latency the port reports, that
is a moment of the host clock.
"""

import sys
from collections.abc import Callable
from typing import Any, Final

from cuefocus.chase.cycle_stamps import CycleStamps
from cuefocus.chase.frame_count import FrameCount
from cuefocus.errors import InputError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.jack_library import (
    SWITCH_S,
    CycleTimes,
    JackPort,
    PortLatency,
    jack_module,
    midi_outputs,
    open_client,
)
from cuefocus.shells.midi_port import PortGone
from cuefocus.shells.sound_device import the_one
from cuefocus.timebase.units import NS_PER_S

JACK: Final = "jack:"
_CLIENT: Final = "cuefocus-midi"
_PORT: Final = "in"
_SILENT_NS: Final = 5 * NS_PER_S


def find_jack_midi(wanted: str) -> str:
    """The whole name of the one port that is meant, as `JackMidiPort` would hear it. Raises: as that."""
    client = open_client(jack_module(), _CLIENT)
    with client:
        return _found(wanted, midi_outputs(client))


class JackMidiPort:
    """One port of the server, connected to an input of ours.

    Args:
        wanted: its name, or a part of it that fits no other.
        heard: takes a message's bytes and the host time of its arrival; called on the server's thread.

    Raises: DeviceError when the library or the server is missing, InputError when the name fits no port, or several.
    """

    def __init__(self, wanted: str, heard: Callable[[bytes, int], None]) -> None:
        library = jack_module()
        self._client = open_client(library, _CLIENT)
        try:
            self.name = _found(wanted, midi_outputs(self._client))
        except InputError:
            self._client.close()
            raise
        sys.setswitchinterval(SWITCH_S)
        self._heard = heard
        self._input: Any = self._client.midi_inports.register(_PORT)
        self._times, self._stamps, self._count = CycleTimes(self._client), CycleStamps(), FrameCount()
        self._count.begin_anew()
        self._rate = int(self._client.samplerate)
        self._latency, self._latency_ns = PortLatency(), 0
        self._gone = ""
        self._blocks, self._seen_blocks, self._seen_ns = 0, 0, now_ns()
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(self._xrun)
        self._client.set_shutdown_callback(self._shutdown)
        self._client.activate()
        self._client.connect(self.name, self._input)

    def look(self) -> None:
        """Whether it is still there. Raises PortGone."""
        where = f"midi:{JACK}{self.name}"
        if self._gone:
            raise PortGone(f"the JACK server is gone ({self._gone})", where=where, hint="start it again")
        self._latency_ns = self._latency.frames(self._input) * NS_PER_S // self._rate
        at_ns = now_ns()
        if self._blocks != self._seen_blocks:
            self._seen_blocks, self._seen_ns = self._blocks, at_ns
        elif at_ns - self._seen_ns > _SILENT_NS:
            raise PortGone("the JACK server has not called us for seconds", where=where, hint="start it again")
        if self.name not in [port.name for port in midi_outputs(self._client)]:
            raise PortGone("the port is gone", where=where, hint="start that program, or plug it in again")

    def close(self) -> None:
        """Leave the server in order."""
        self._client.deactivate()
        self._client.close()

    # --- on the server's threads ---

    def _process(self, frames: int) -> None:
        counted, server_ns, called_ns = self._times.read()
        self._blocks += 1
        if self._count.block(counted, frames)[1]:
            self._stamps.disturb()
        begun_ns = self._stamps.stamp(server_ns, called_ns).stamp_ns - self._latency_ns
        for offset, data in self._input.incoming_midi_events():
            self._heard(bytes(data), begun_ns + offset * NS_PER_S // self._rate)

    def _xrun(self, delayed_us: float) -> None:
        del delayed_us
        self._stamps.disturb()

    def _shutdown(self, status: Any, reason: str) -> None:
        del status
        self._gone = reason or "it shut down"


def _found(wanted: str, ports: list[JackPort]) -> str:
    names = [port.name for port in ports]
    try:
        return the_one(wanted, names, what="JACK MIDI port")
    except InputError as problem:
        raise InputError(problem.sentence, where=f"midi:{JACK}{wanted}", hint=problem.hint) from None
