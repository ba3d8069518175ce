"""What `run` does for desks while nobody conducts: holds their ports open, and has motion obey their stops."""

from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Final

from cuefocus.app.daemon import Wires
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.errors import DeviceError
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.held_ports import HeldPorts
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.midi_stops import MidiStops
from cuefocus.shells.orders import Answer, Order, give_alone
from cuefocus.shells.source_config import CuesConfig
from cuefocus.shells.stop_words import STOPS, is_meant
from cuefocus.shells.stops_watch import LOOK_NS, StopsWatch
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects.dialect import NO_SHOW, ShowView
from cuefocus.wire.said import STOPS_IN_DOUBT

_BROKEN_OFF: Final = (
    "the watch for stops has broken off: should the conductor fail, stops by OSC and MIDI wait for its successor; "
    "stop by key or `tell` then, and start the run anew when nothing moves"
)


class StandIn:
    """Holds the ports, and watches in a thread of its own: nothing that `run` waits for keeps a stop waiting.

    Args:
        config: where desks are heard, and who may do what.
        wires: the memory, and where events go.
        runtime: where motion listens.
        midi: ports that carry MIDI cues.
        show: as desks may ask for it. triggers: its own, by OSC.
    """

    def __init__(
        self,
        config: FrontDeskConfig,
        wires: Wires,
        runtime: RuntimeDir,
        midi: Sequence[CuesConfig] = (),
        show: ShowView = NO_SHOW,
        triggers: Sequence[str] = (),
    ) -> None:
        self._midi, self._show, self._triggers = midi, show, triggers
        self._config, self._held, self._wires, self._runtime = config, HeldPorts(config), wires, runtime
        self._ended = Event()
        self._thread: Thread | None = None

    def ports(self) -> FrontDeskConfig:
        """What the next conductor is told of them; called while none runs."""
        return self._held.config()

    def begin(self) -> None:
        """Watch from now on, where anything is heard."""
        midi = list[MidiStops]()
        with suppress(OSError):  # a system that knows no such look: they wait for who conducts next
            for port in self._midi:
                midi.append(MidiStops(port))
        if self._config.udp or midi:
            beat = self._wires.memory.conductor_beat
            watch = StopsWatch(
                self._held.lanes_for_stops,
                self._config.rules,
                midi=midi,
                show=self._show,
                triggers=self._triggers,
                guests=self._held.guests,
                beat_ns=lambda: beat.last_ns,
                obeys=self._obey,
                tell=self._wires.tell,
            )
            self._thread = Thread(target=self._stay, args=(watch,), name="stops", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Watch no more, and let go of the ports."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._held.close()

    def _stay(self, watch: StopsWatch) -> None:
        try:
            while not self._ended.wait(LOOK_NS / NS_PER_S):
                watch.look()
        finally:  # what broke it off goes on to the log
            if not self._ended.is_set():
                self._wires.tell({"event": "alarm", "host_ns": now_ns(), "source": "run", "text": _BROKEN_OFF})
            watch.close()

    def _obey(self, order: Order, source: str, timeout_ns: int) -> Answer:
        """Have motion obey, by the memory that it reads where it cannot be asked. Raises: DeviceError then."""
        try:
            return give_alone(self._runtime.motion_socket, order, source=source, timeout_ns=timeout_ns)
        except DeviceError as problem:
            stands = "; it stands for when motion does" if self._latched(order) else ""
            raise DeviceError(f"{problem.sentence}{stands}", where=problem.where, hint=problem.hint) from None

    def _latched(self, order: Order) -> bool:
        """Whether a stop is set where motion reads it at each tick, for every axis where it names none."""
        memory = self._wires.memory
        meant: list[int | None] = [at for at, name in enumerate(memory.axes) if is_meant(name, order.target)]
        if not order.target or (not meant and order.verb in STOPS_IN_DOUBT):
            meant = [None]
        for axis in meant:
            memory.latches.set(STOPS[order.verb], axis, said_ns=order.said_ns or now_ns())
        memory.ring_motion()
        return bool(meant)
