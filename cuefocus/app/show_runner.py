"""The life of a running daemon: children up, events out, keys in, the dead started again, everything down in order."""

import contextlib
import select
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from cuefocus.app.daemon import (
    Places,
    RunFiles,
    Wires,
    conductor_child,
    desk_child,
    motion_child,
    motion_config,
    understudy_child,
)
from cuefocus.app.desks import front_desk_of
from cuefocus.app.dropped_log import DroppedLog
from cuefocus.app.keyboard import ORDERS, QUIT, keys, read_keys
from cuefocus.app.page import page_of
from cuefocus.app.processes import ChildSpec, Death, Processes
from cuefocus.app.receivers import WiredReceiver
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.silence import STUCK_NS, Silence
from cuefocus.app.sim_rig import simulated_motors
from cuefocus.app.stand_in import StandIn
from cuefocus.app.tell import tell
from cuefocus.app.teller import Teller
from cuefocus.app.wired_sources import EarsWire, WiredSource
from cuefocus.engine.plan import Latch
from cuefocus.errors import DeviceError, InputError
from cuefocus.files.complaint import Complaint
from cuefocus.rig.models import Rig
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.source_config import CuesConfig, PlayConfig
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.dialects.dialect import NO_SHOW, ShowView

DONE: Final = 0
INPUT_AT_FAULT: Final = 1
DEVICE_AT_FAULT: Final = 3
_FRAME_NS: Final = 100 * NS_PER_MS
_SIMS_READY_NS: Final = 5 * NS_PER_S
_EARS_READY_NS: Final = 10 * NS_PER_S
_LOOK_NS: Final = 5 * NS_PER_MS
_KEY_ANSWER_NS: Final = 300 * NS_PER_MS
_SILENT_NS: Final = 200 * NS_PER_MS
_CONDUCTOR_GRACE_NS: Final = 2 * NS_PER_S
_MOTION_GRACE_NS: Final = 4 * NS_PER_S
_OTHERS_GRACE_NS: Final = 2 * NS_PER_S
_BAD_ENDS: Final = 2
"""So often in a row may a conductor end by itself before its journal is left and a new one begun."""


class ShowRunner:
    """Runs the processes of one daemon.

    Args:
        wires: what they share. sources: what plays or is listened to. plays: how the files among them play.
        files: what the run is made from.
        receivers: those that are told.
        show: as desks may ask for it. triggers: its own, by OSC.
        teller: takes every event.
        missing: a complaint about an axis at fault (its name, why): then the run ends before the first
            timecode. None: it goes on with the others.
    """

    def __init__(
        self,
        wires: Wires,
        runtime: RuntimeDir,
        places: Places,
        rig: Rig,
        sources: Sequence[WiredSource],
        plays: PlayConfig | None,
        *,
        files: RunFiles,
        teller: Teller,
        missing: Callable[[str, str], Complaint] | None,
        receivers: Sequence[WiredReceiver] = (),
        lookup: NameLookup | None = None,
        show: ShowView = NO_SHOW,
        triggers: Sequence[str] = (),
    ) -> None:
        self._wires, self._runtime, self._places, self._rig = wires, runtime, places, rig
        self._sources, self._plays, self._files = tuple(sources), plays, files
        self._teller, self._dropped = teller, DroppedLog(places.dropped)
        self._processes = Processes()
        self._ears: list[str] = []
        self._receivers = tuple(receivers)
        self._mouths: list[str] = []
        self._patient: set[str] = set()
        self._clock_reader = wires.memory.clock_reader()
        self._stops = 0
        self._over = False
        self._status = DONE
        self._bad_ends = self._afresh = 0
        self._lost_told = 0
        self._rights_told = False
        self._lookup = lookup if lookup is not None else NameLookup()
        self._desk = front_desk_of(rig, self._lookup)
        midi = [source.config for source in sources if isinstance(source.config, CuesConfig)]
        self._stand_in = StandIn(self._desk, wires, runtime, midi, show, triggers)
        self._silence, self._stuck = Silence(), False
        self._missing = missing

    def run(self) -> int:
        """Start everything, stay until it is over, stop everything; returns the exit status.

        Raises: DeviceError when a process cannot be started, InputError when no device has the name that was given.
        """
        with _wakes(self) as wake, contextlib.ExitStack() as stack:
            try:
                self._start()
                key_fd = -1
                if self._teller.is_on_terminal:
                    key_fd = stack.enter_context(keys())
                    stack.enter_context(self._teller.picture())
                self._stay(wake, key_fd)
            finally:
                self._stop()
        return self._status

    def stop(self) -> None:
        """A signal or a key asks for the end; asked again, nothing is waited for."""
        self._stops += 1

    # --- up ---

    def _start(self) -> None:
        """Ears first, for without them there is nothing to do; motors, then motion, then those that need it."""
        memory, log = self._wires.memory, self._places.log
        self._open_ears([source.ears for source in self._sources if source.ears is not None])
        sims = simulated_motors(self._rig, self._runtime.path, axes=memory.axes)
        child = sims.child(self._runtime.path, log("sims"))
        if child is not None:
            self._processes.start(child)
            clock, until_ns = HostClock(), now_ns() + _SIMS_READY_NS
            while not sims.ready():
                self._fatal_deaths()
                if now_ns() > until_ns:
                    raise DeviceError("the simulated motors did not start", where=str(log("sims")))
                clock.sleep_until(now_ns() + _LOOK_NS)
        config = motion_config(self._rig, sims, self._runtime, memory.axes, self._lookup)
        self._processes.start(motion_child(config, memory, self._runtime, log("motion")))
        self._processes.start(self._conductor())
        self._stand_in.begin()
        page = page_of(self._rig, self._files, self._runtime, self._wires.page_fd, self._desk)
        self._processes.start(desk_child(self._wires, self._runtime, self._places, self._files, page))
        for receiver in self._receivers:
            if receiver.wire is not None:
                name = f"mouth-{len(self._mouths) + 1}" if self._mouths else "mouth"
                self._mouths.append(name)
                self._processes.start(receiver.wire.child(name, log(name)))

    def _conductor(self) -> ChildSpec:
        wires, sources, plays = self._wires, self._sources, self._plays
        return conductor_child(
            wires,
            sources,
            plays,
            self._runtime,
            self._places,
            desk=self._stand_in.ports(),
            page=self._rig.network.page is not None,
            receivers=self._receivers,
            afresh=self._afresh,
        )

    def _open_ears(self, wires: Sequence[EarsWire]) -> None:
        """Until each device is open, or at least there: whether timecode is on it already does not matter.

        Patient ears are waited for only until they say how it is, or have had the time to.

        Raises: DeviceError or InputError with the ears' own words when they cannot listen.
        """
        for number, wire in enumerate(wires, 1):
            name = "ears" if number == 1 else f"ears-{number}"
            self._ears.append(name)
            self._patient |= {name} if wire.patient else set()
            self._processes.start(wire.child(name, self._places.log(name)))
        clock, until_ns = HostClock(), now_ns() + _EARS_READY_NS
        while waited_for := [wire for wire in wires if wire.starting]:
            self._fatal_deaths()
            if now_ns() > until_ns:
                if all(wire.patient for wire in waited_for):
                    return
                raise DeviceError("the device did not open", where=waited_for[0].device)
            clock.sleep_until(now_ns() + _LOOK_NS)

    def _fatal_deaths(self) -> None:
        """A process that cannot even start is an end, not something to try again.

        Raises: DeviceError with its own words; InputError when it is ears that were given a name nothing has.
        """
        for death in self._processes.tend(final=("conductor",)):
            if death.name in self._patient:
                self._mourn(death)
            elif death.status > 0:
                refused = death.status == INPUT_AT_FAULT and death.name in self._ears
                raise (InputError if refused else DeviceError)(death.last_words or f"{death.name} {death.how}")

    # --- the loop ---

    def _stay(self, wake: socket.socket, key_fd: int) -> None:
        next_frame_ns = 0
        while not self._over and not self._stops:
            poll = select.poll()
            for fd in (wake.fileno(), self._wires.events.fileno(), key_fd, *self._processes.descriptors()):
                if fd >= 0:
                    poll.register(fd, select.POLLIN)
            due_ns = min(next_frame_ns, self._processes.next_due_ns() or next_frame_ns)
            ready = {fd for fd, _ in poll.poll(max(0, (due_ns - now_ns()) // NS_PER_MS))}
            if wake.fileno() in ready:
                wake.recv(64)
            self._tell_events()
            self._tell_rights()
            self._mind_children()
            self._replace_silent_conductor()
            self._begin_understudy()
            if key_fd in ready:
                self._obey_keys(read_keys(key_fd))
            if now_ns() >= next_frame_ns:
                next_frame_ns = now_ns() + _FRAME_NS
                self._teller.draw(self._clock_reader.read())

    def _tell_events(self) -> None:
        for event in self._wires.events.take():
            self._look_for_missing(event)
            self._teller.tell(event)
            self._dropped.take(event)
        if self._wires.events.dropped > self._lost_told:
            lost, self._lost_told = self._wires.events.dropped - self._lost_told, self._wires.events.dropped
            self._teller.alarm(f"{lost} events were not shown: this process was too slow")

    def _look_for_missing(self, event: Mapping[str, Any]) -> None:
        """Asked to arm by itself, a run that lacks a motor ends before the first take's timecode comes."""
        if self._missing is None or event.get("event") != "state" or "faults" not in event:
            return
        if event["faults"]:
            complain, self._missing = self._missing, None
            self._status, self._over = INPUT_AT_FAULT, True
            for axis, why in event["faults"].items():
                self._teller.alarm(str(complain(axis, why)))
        elif event.get("state") not in (None, "no_signal"):
            self._missing = None

    def _tell_rights(self) -> None:
        """Say once what the system did not grant to motion."""
        motion = self._wires.memory.motion.read()
        if self._rights_told or not motion.beat_ns:
            return
        self._rights_told = True
        wanted = (("the real-time class", motion.fifo), ("locked memory", motion.locked))
        missing = " and ".join(what for what, granted in wanted if not granted)
        if missing:
            self._teller.alarm(
                f"not granted: {missing}; on a busy machine landings wander by milliseconds (see cuefocus doctor)"
            )

    def _mind_children(self) -> None:
        deaths = self._processes.tend(final=("conductor",))
        for refusal in self._processes.refusals():
            self._teller.alarm(refusal)
        for death in deaths:
            if death.name == "conductor":
                self._conductor_ended(death)
            elif death.status > 0 and death.name == "motion" and not self._wires.memory.motion.read().beat_ns:
                self._give_up(death)
            else:
                self._mourn(death)

    def _replace_silent_conductor(self) -> None:
        """One that hangs is of no use to anybody: its successor goes on from its journal."""
        conductor, memory = self._processes["conductor"], self._wires.memory
        beat_ns, start_ns = memory.conductor_beat.last_ns, memory.conductor_start.last_ns
        silent_ns = self._silence.ends_hope(conductor.pid, beat_ns, start_ns, now_ns())
        if silent_ns:
            self._stuck = silent_ns == STUCK_NS
            what = "got no further with its start" if self._stuck else "shown no life"
            self._teller.alarm(f"the conductor has {what} for {silent_ns // NS_PER_S} s: it is replaced")
            conductor.signal(signal.SIGKILL)

    def _begin_understudy(self) -> None:
        """Once the conductor conducts: until then the others need the machine."""
        if "understudy" not in self._processes and self._wires.memory.conductor_beat.last_ns:
            self._processes.add(understudy_child(self._wires, self._runtime, self._places))

    def _mourn(self, death: Death) -> None:
        why = f" ({death.last_words})" if death.status > 0 and death.last_words else ""
        again = "it is started again" if death.again_ns is not None else "it stays down"
        self._teller.alarm(f"{death.name} {death.how}{why}; {again}")

    def _conductor_ended(self, death: Death) -> None:
        """Status 0 is the end of the show. Those that keep ending, or hanging, cannot live with their journal."""
        if death.status == 0:
            self._over = True
            return
        if death.status > 0 and not self._wires.memory.conductor_beat.last_ns:
            self._give_up(death)
            return
        self._bad_ends = self._bad_ends + 1 if death.status > 0 or self._stuck else 0
        self._stuck = False
        if self._bad_ends >= _BAD_ENDS:
            self._bad_ends, self._afresh = 0, self._afresh + 1
            self._teller.alarm("the conductor cannot go on with its journal: it begins afresh, nothing is armed")
        try:
            self._processes["conductor"].spec = self._conductor()
        except OSError as problem:  # a full disk: what its predecessor was told still stands
            self._teller.alarm(f"the next conductor can be told nothing new: {problem.strerror}")
        self._mourn(death)

    def _give_up(self, death: Death) -> None:
        self._status = death.status
        self._over = True
        self._teller.alarm(death.last_words or f"{death.name} {death.how}")

    def _obey_keys(self, pressed: str) -> None:
        for key in pressed:
            if key == QUIT:
                self.stop()
            elif key in ORDERS:
                self._order(key)

    def _order(self, key: str) -> None:
        order = ORDERS[key]
        if order.verb == "panic":  # straight into the memory motion reads, whoever else listens
            self._wires.memory.latches.set(Latch.PANIC, said_ns=now_ns())
            self._wires.memory.ring_motion()
        try:
            answer = tell(self._runtime, order, source="key", timeout_ns=_KEY_ANSWER_NS)
            self._teller.answered(answer.text)
        except DeviceError as problem:
            self._teller.answered(str(problem))

    # --- down ---

    def _stop(self) -> None:
        """The conductor ends the take, motion brings the axes to rest, the desk keeps what was told, motors last."""
        quiet_ns = now_ns() - self._wires.memory.conductor_beat.last_ns
        patient = quiet_ns < _SILENT_NS and self._stops < 2
        self._processes.stop(("conductor",), _CONDUCTOR_GRACE_NS if patient else 0)
        self._processes.stop(self._ears, _OTHERS_GRACE_NS)
        self._processes.stop(("motion",), _MOTION_GRACE_NS)
        self._stand_in.end()
        self._processes.stop(("desk", "understudy", *self._mouths), _OTHERS_GRACE_NS)
        self._processes.stop(("sims",), _OTHERS_GRACE_NS)
        self._tell_events()


@contextlib.contextmanager
def _wakes(runner: ShowRunner) -> Iterator[socket.socket]:
    """SIGINT, SIGTERM and SIGHUP (unless nohup had it ignored) stop the runner; the socket wakes it at once."""
    mine, theirs = socket.socketpair()
    theirs.setblocking(False)

    def stop(number: int, frame: object) -> None:
        del number, frame
        runner.stop()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    old_fd = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        yield mine
    finally:
        signal.set_wakeup_fd(old_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        mine.close()
        theirs.close()
