"""What `run` does for desks while nobody conducts: holds their ports open, and has motion obey their stops."""

from threading import Event, Thread

from cuefocus.app.daemon import Wires
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.held_ports import HeldPorts
from cuefocus.shells.orders import Answer, Order, give_alone
from cuefocus.shells.stops_watch import LOOK_NS, StopsWatch
from cuefocus.timebase.units import NS_PER_S


class StandIn:
    """Holds the ports, and watches in a thread of its own: nothing that `run` waits for keeps a stop waiting.

    Args:
        config: where desks are heard, and who may do what.
        wires: the memory, and where events go.
        runtime: where motion listens.
    """

    def __init__(self, config: FrontDeskConfig, wires: Wires, runtime: RuntimeDir) -> None:
        self._config, self._held, self._wires, self._runtime = config, HeldPorts(config), wires, runtime
        self._ended = Event()
        self._thread: Thread | None = None

    def ports(self) -> FrontDeskConfig:
        """What the next conductor is told of them; called while none runs."""
        return self._held.config()

    def begin(self) -> None:
        """Watch from now on, where anything is heard."""
        if self._config.udp:
            beat = self._wires.memory.conductor_beat
            watch = StopsWatch(
                self._held.lanes_for_stops,
                self._config.rules,
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
        while not self._ended.wait(LOOK_NS / NS_PER_S):
            watch.look()
        watch.close()

    def _obey(self, order: Order, source: str) -> Answer:
        return give_alone(self._runtime.motion_socket, order, source=source)
