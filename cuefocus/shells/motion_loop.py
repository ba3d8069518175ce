"""The motion process' loop: one thread, all axes, one deadline after the other.

Before a deadline the frames are made and the loop waits for descriptors; at the deadline it only writes. Whatever else
there is to do (orders, stops, reports, next frames) is done in small pieces, as long as the next deadline leaves time.
Nothing is ever queued: a late frame is lost and counted, a full line drops its frame, and counts.
"""

import os
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from cuefocus.engine.overslept import OVERSLEPT_NS
from cuefocus.engine.plan import Latch
from cuefocus.errors import LinkError
from cuefocus.shells.host_clock import DEFAULT_SPIN_NS, DescriptorWait, now_ns, spin_until
from cuefocus.shells.log_line import log_line
from cuefocus.shells.motion_axis import NEVER_NS, MotionAxis
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.shm_ring import StatusWriter
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

CONDUCTOR_SILENT_NS: Final = 50 * NS_PER_MS
TICK_NS: Final = 2 * NS_PER_MS
"""The longest the loop sleeps: stops are looked at this often even where nobody rings."""
_IDLE_LOOK_NS: Final = 20 * NS_PER_MS
_TOGETHER_NS: Final = 20_000
"""Frames due so close to one another are written in one go."""
_REFRESH_SLACK_NS: Final = 100_000
"""A frame that is there already is made anew only with this much time in hand."""
_LOOK_NS: Final = 40_000
"""Orders that come while we spin are looked at with this much time in hand beside what a frame takes to make."""
_BELL_NS: Final = 10 * NS_PER_MS
_PIECE_NS: Final = 1_500
_PIECES_AT_LEAST: Final = 8
_PIECES_AT_MOST: Final = 400
_FIRST_COST_NS: Final = 60_000
_LOAD_WINDOW_NS: Final = 100 * NS_PER_MS
_TOO_BUSY: Final = 0.9
_AT_EASE: Final = 0.75
_LEAST_SPIN_NS: Final = 20_000


class Inlet(Protocol):
    """Something readable that the loop serves between deadlines, such as the command socket."""

    def fileno(self) -> int:
        """Descriptor that becomes readable."""

    def serve(self, now: int) -> None:
        """Deal with what has come; never waits."""


class MotionLoop:
    """Runs all axes until it is told to stop.

    Args:
        memory: the shared memory; `status`: motion's end of its ring.
        axes: in the memory's order. ports: the lines they are on.
        inlets: command socket, port prober.
        spin_ns: how long before a deadline to stop sleeping.
        tend_ports: called between deadlines: opens lost ports again (`regain`).
        orphaned: whether who started us is dead; then, with the conductor silent and all axes at rest, we leave.
    """

    def __init__(
        self,
        memory: SharedMemory,
        status: StatusWriter,
        axes: Sequence[MotionAxis],
        ports: Sequence[MotionPort],
        inlets: Iterable[Inlet] = (),
        *,
        spin_ns: int = DEFAULT_SPIN_NS,
        tend_ports: Callable[[int], None] = lambda _now: None,
        orphaned: Callable[[], bool] = lambda: False,
    ) -> None:
        self._memory, self._status = memory, status
        self._axes, self._ports = tuple(axes), tuple(ports)
        self._on_port = {id(port): tuple(axis for axis in axes if axis.port is port) for port in ports}
        self._tend_ports, self._orphaned = tend_ports, orphaned
        layout = memory.layout
        self._page = memory.view[layout.tick_page : layout.tick_page_end]
        self._seen_page = b""
        self._clock_reader = memory.clock_reader()
        self._clock = self._clock_reader.read()
        self._hands = memory.hand_moves()
        self._silent = True
        self._awake_ns = now_ns()
        self._extra = Latch.NONE
        self._wait = DescriptorWait()
        self._inlets = {inlet.fileno(): inlet for inlet in inlets}
        self._links: dict[int, MotionPort] = {}
        self._bell = memory.motion_bell
        for fd in (self._bell, *self._inlets):
            self._wait.watch(fd)
        for port in self._ports:
            self.watch(port)
        self._wished_spin_ns = self._spin_ns = spin_ns
        self._cost_ns = _FIRST_COST_NS
        self._idle_look_ns = self._bell_ns = 0
        self._undone = self._urgent = False
        self._turn = 0
        self._told = status.next_index
        self._load_ns, self._load_cpu_ns = now_ns(), time.thread_time_ns()
        self._halt_ns: int | None = None

    # --- life -----------------------------------------------------------------------------------------------------

    def halt(self, within_ns: int = 3 * NS_PER_S) -> None:
        """Bring every axis to rest, then end `run`; at the latest after `within_ns`."""
        if self._halt_ns is None:
            self._halt_ns = now_ns() + within_ns
            self._extra = Latch.HOLD
            self._seen_page = b""

    def run(self) -> None:
        """Serve the axes until `halt`."""
        while True:
            now = now_ns()
            self._take_in(now)
            deadline = self._make_frames()
            now = now_ns()
            if deadline - now > self._spin_ns + self._cost_ns:
                self._idle(now)
            if self._halt_ns is not None and (now > self._halt_ns or all(axis.at_rest for axis in self._axes)):
                return
            asleep = 0 if self._undone else min(deadline - self._spin_ns, now + TICK_NS)
            ready = self._wait.wait_until(asleep)
            if ready:
                self._serve(ready, deadline)
            left_ns = deadline - now_ns()
            if left_ns <= self._cost_ns or (left_ns <= self._spin_ns and self._spun(deadline)):
                self._write(deadline)

    def watch(self, port: MotionPort) -> None:
        """Listen to a line that is up."""
        fd = port.link.fileno()
        if not port.gone and fd >= 0:
            self._links[fd] = port
            self._wait.watch(fd)

    # --- orders in ------------------------------------------------------------------------------------------------

    def _take_in(self, now: int) -> None:
        """Clock, stops, plans, hand moves and the conductor's sign of life, as far as they changed."""
        memory = self._memory
        if now - self._awake_ns > OVERSLEPT_NS:
            for axis in self._axes:
                axis.wake(now)  # told before we show life again: who sees us alive can read what it did to the axes
        self._awake_ns = now
        memory.motion.beat(now)
        clock = self._clock_reader.read()
        silent = now - memory.conductor_beat.last_ns > CONDUCTOR_SILENT_NS
        if clock is not self._clock or silent is not self._silent or now >= self._idle_look_ns:
            self._clock, self._silent = clock, silent
            self._idle_look_ns = now + _IDLE_LOOK_NS
            for axis in self._axes:
                axis.stale = True
        page = self._page.tobytes()
        if page != self._seen_page:
            self._seen_page = page
            self._look(now)

    def _look(self, now: int) -> None:
        """Look at each axis' words; what a long track leaves undone brings us back here at the next pass."""
        self._undone = False
        left_ns = min(axis.write_ns for axis in self._axes) - now - self._spin_ns
        pieces = max(_PIECES_AT_LEAST, min(_PIECES_AT_MOST, left_ns // _PIECE_NS))
        for axis in self._axes:
            try:
                pieces = max(_PIECES_AT_LEAST, axis.look(now, pieces, extra=self._extra))
            except Exception as problem:  # noqa: BLE001 - see _contain
                self._contain(axis, problem, now)
            moved = self._hands.taken(axis.index)
            if moved:
                axis.move_by(moved)
            self._urgent = self._urgent or axis.urgent
            if axis.pending:
                self._undone, self._seen_page = True, b""

    # --- frames out -----------------------------------------------------------------------------------------------

    def _make_frames(self) -> int:
        """Make stale frames as long as the next deadline leaves time; returns that deadline."""
        clock, silent = self._clock, self._silent
        deadline = NEVER_NS
        for axis in self._axes:
            if axis.write_ns < deadline:
                deadline = axis.write_ns
        turn, axes = self._turn, self._axes
        if turn:
            axes = axes[turn:] + axes[:turn]
        if self._urgent:
            self._urgent = False
            axes = tuple(sorted(axes, key=_behind))
        for axis in axes:
            if not axis.stale:
                continue
            now = now_ns()
            if deadline - now < self._cost_ns + (_TOGETHER_NS if axis.frame is None else _REFRESH_SLACK_NS):
                self._turn, self._urgent = axis.index, axis.urgent
                break
            try:
                axis.prepare(now, clock, conductor_silent=silent)
            except Exception as problem:  # noqa: BLE001 - see _contain
                self._contain(axis, problem, now)
            if axis.write_ns < deadline:
                deadline = axis.write_ns
            took_ns = now_ns() - now
            self._cost_ns += (2 * took_ns - self._cost_ns) >> 5
        return deadline

    def _spun(self, deadline: int) -> bool:
        """Spin short of the deadline; False when orders come that can be seen to before it."""
        page, seen, spare_ns = self._page, self._seen_page, self._cost_ns + _LOOK_NS
        while deadline - now_ns() > spare_ns:
            if page.tobytes() != seen:
                return False
        return True

    def _write(self, deadline: int) -> None:
        """At the deadline: write every frame that is due, then book them."""
        now = spin_until(deadline)
        self._memory.motion.note_wake(now - deadline)
        self._memory.wake_histogram.count(now - deadline)
        together = deadline + _TOGETHER_NS
        written: list[tuple[MotionAxis, bool | None]] = []
        lost: list[tuple[MotionPort, str]] = []
        for axis in self._axes:
            if axis.write_ns <= together:
                try:
                    written.append((axis, axis.write(now)))
                except LinkError as problem:
                    lost.append((axis.port, problem.sentence))
        now = now_ns()
        self._memory.last_histogram.count(now - deadline)
        for axis, outcome in written:
            try:
                axis.settle(outcome, now)
            except Exception as problem:  # noqa: BLE001 - see _contain
                self._contain(axis, problem, now)
        for port, reason in lost:
            self._lose(port, reason, now)

    def _contain(self, axis: MotionAxis, problem: Exception, now: int) -> None:
        """A mistake of ours about one axis is that axis' fault, told in full; the others have racks to land."""
        log_line("".join(traceback.format_exception(problem)).rstrip())
        axis.trip(now, f"internal error: {type(problem).__name__}: {problem}")

    # --- everything else ------------------------------------------------------------------------------------------

    def _serve(self, ready: tuple[int, ...], deadline: int) -> None:
        """Read what is readable; what the deadline leaves no time for is still readable after it."""
        stamp = now_ns()
        for fd in ready:
            if fd == self._bell:
                os.eventfd_read(fd)
            elif fd in self._links:
                self._hear(self._links[fd], stamp)
            elif fd in self._inlets:
                self._inlets[fd].serve(stamp)
            if deadline - now_ns() < self._spin_ns >> 1:
                break

    def _hear(self, port: MotionPort, stamp: int) -> None:
        try:
            heard = port.hear()
        except LinkError as problem:
            self._lose(port, problem.sentence, stamp)
            return
        if heard is not None:
            for axis in self._on_port[id(port)]:
                try:
                    axis.hear(heard, stamp)
                except Exception as problem:  # noqa: BLE001 - see _contain
                    self._contain(axis, problem, stamp)

    def _lose(self, port: MotionPort, reason: str, now: int) -> None:
        """A port is gone: its axes stop there and then, the others go on."""
        if port.gone:
            return
        for fd in [fd for fd, other in self._links.items() if other is port]:
            del self._links[fd]
            self._wait.forget(fd)
        port.lose(reason)
        for axis in self._on_port[id(port)]:
            axis.trip(now, reason)

    def regain(self, port: MotionPort, now: int) -> None:
        """Open a lost port again, if it can be. Its axes come back where their motors say, or are assumed to be."""
        if not port.open():
            return
        self.watch(port)
        for axis in self._on_port[id(port)]:
            if not axis.spec.feedback:
                axis.recover(now)

    def _idle(self, now: int) -> None:
        """What can wait: questions to motors, ports to open again, the conductor's bell, the load."""
        for axis in self._axes:
            port = axis.port
            if not port.gone and now >= axis.service_ns:
                mates = self._on_port[id(port)]
                try:
                    axis.service(now, min(mate.write_ns for mate in mates))
                except LinkError as problem:
                    self._lose(port, problem.sentence, now)
        self._tend_ports(now)
        status = self._status
        if status.next_index != self._told and now >= self._bell_ns:
            self._told, self._bell_ns = status.next_index, now + _BELL_NS
            self._memory.ring_conductor()
        if now - self._load_ns >= _LOAD_WINDOW_NS:
            self._weigh(now)

    def _weigh(self, now: int) -> None:
        """Note the load; a loop that hardly rests spins less, so that the kernel does not take the core from it."""
        cpu_ns = time.thread_time_ns()
        busy = (cpu_ns - self._load_cpu_ns) / (now - self._load_ns)
        self._load_ns, self._load_cpu_ns = now, cpu_ns
        if busy > _TOO_BUSY:
            self._spin_ns = max(_LEAST_SPIN_NS, self._spin_ns >> 1)
        elif busy < _AT_EASE and self._spin_ns < self._wished_spin_ns:
            self._spin_ns = min(self._wished_spin_ns, self._spin_ns << 1)
        self._memory.motion.note_load(round(busy * 1000), self._clock_reader.torn)
        if self._silent and self._orphaned() and all(axis.at_rest for axis in self._axes):
            self.halt()


def _behind(axis: MotionAxis) -> bool:
    """Sorts those first that begin to move."""
    return not axis.urgent
