"""The memory all processes share: the clock and the plan down to motion, status up, stops from anywhere.

A memfd, created by `run` and handed to each child by descriptor, so it outlives any of them. Nobody ever waits in it.
Loaded by the motion process: plain Python only.
"""

import mmap
import os
import stat
from collections.abc import Mapping, Sequence

from cuefocus.chase.clock import NO_CLOCK, Clock
from cuefocus.engine.plan import Plan
from cuefocus.errors import DeviceError
from cuefocus.motion.track import TrackRoom
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.shm_blocks import BlockReader, BlockWriter
from cuefocus.shells.shm_codec import decode_clock, encode_clock
from cuefocus.shells.shm_layout import (
    CLOCK,
    HEADER,
    LEAST_ROOM,
    MAGIC,
    MAX_AXES,
    NAME_BYTES,
    ROOM,
    VERSION,
    WORD,
    Layout,
    layout_for,
    rooms_at,
)
from cuefocus.shells.shm_motion import AxisWords, Histogram, MotionWords
from cuefocus.shells.shm_plan import AxisPlanReader, AxisPlanWriter
from cuefocus.shells.shm_ring import StatusReader, StatusWriter
from cuefocus.shells.shm_words import Beat, HandMoves, Latches


class SharedMemory:
    """One process' view of the memory; use `create` or `attach`.

    Attributes:
        conductor_beat: the conductor's sign of life. conductor_start: shown before that, each time it gets on.

    Args:
        fd: the memfd.
        axes: axis names, in the order that indexes everything.
        layout: where everything stands in it.
        motion_bell, conductor_bell: eventfds that wake the one process and the other.
    """

    def __init__(self, fd: int, axes: Sequence[str], layout: Layout, motion_bell: int, conductor_bell: int) -> None:
        self.fd, self.axes = fd, tuple(axes)
        self.motion_bell, self.conductor_bell = motion_bell, conductor_bell
        self.layout = layout
        self._map = mmap.mmap(fd, self.layout.size)
        self.view = memoryview(self._map)
        self.latches = Latches(self.view, self.layout)
        self.conductor_beat = Beat(self.view, self.layout.conductor_beat)
        self.conductor_start = Beat(self.view, self.layout.conductor_beat + WORD)
        self.motion = MotionWords(self.view, self.layout)
        self.axis_words = [AxisWords(self.view, self.layout, axis) for axis in range(len(self.axes))]
        self.wake_histogram = Histogram(self.view, self.layout.wake_histogram)
        self.last_histogram = Histogram(self.view, self.layout.last_histogram)

    @classmethod
    def create(cls, axes: Sequence[str], room: Mapping[str, TrackRoom] | None = None) -> "SharedMemory":
        """New memory for these axes, in the process that spawns the others; `room` for tracks that may be long."""
        if not 0 < len(axes) <= MAX_AXES or len(set(axes)) != len(axes):
            raise DeviceError(f"{len(axes)} axes cannot share a memory; 1 to {MAX_AXES} different ones can")
        rooms = [_at_least((room or {}).get(name, LEAST_ROOM)) for name in axes]
        layout = layout_for(rooms)
        fd = os.memfd_create("cuefocus", os.MFD_CLOEXEC)
        os.truncate(fd, layout.size)
        bells = [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for _ in range(2)]
        memory = cls(fd, axes, layout, *bells)
        for index, name in enumerate(axes):
            encoded = name.encode()
            if len(encoded) > NAME_BYTES:
                raise DeviceError(f"the axis name {name!r} is longer than {NAME_BYTES} bytes")
            at = layout.names + index * NAME_BYTES
            memory.view[at : at + len(encoded)] = encoded
        for index, one in enumerate(rooms):
            ROOM.pack_into(memory.view, layout.rooms + index * ROOM.size, one.segments, one.landings)
        HEADER.pack_into(memory.view, 0, MAGIC, VERSION, len(axes), layout.size, now_ns(), os.getpid(), *bells)
        return memory

    @classmethod
    def attach(cls, fd: int) -> "SharedMemory":
        """The memory behind a descriptor handed down by the process that made it.

        Raises: DeviceError when the descriptor is something else, or of another version.
        """
        try:
            found = os.fstat(fd)
            with mmap.mmap(fd, mmap.PAGESIZE, prot=mmap.PROT_READ) as page:
                magic, version, count, size, _, _, motion_bell, conductor_bell = HEADER.unpack_from(page)
        except (OSError, ValueError) as problem:
            raise DeviceError(f"descriptor {fd} is no shared memory: {problem}", hint="start it by `run`") from None
        if not stat.S_ISREG(found.st_mode) or magic != MAGIC or version != VERSION or size != found.st_size:
            raise DeviceError(f"descriptor {fd} is no shared memory of this version", hint="start it by `run`")
        at = rooms_at(count)
        with mmap.mmap(fd, size, prot=mmap.PROT_READ) as whole:
            layout = layout_for([TrackRoom(*one) for one in ROOM.iter_unpack(whole[at : at + count * ROOM.size])])
            table = whole[layout.names : layout.names + count * NAME_BYTES]
        names = [table[at : at + NAME_BYTES].rstrip(b"\0").decode() for at in range(0, len(table), NAME_BYTES)]
        return cls(fd, names, layout, motion_bell, conductor_bell)

    @property
    def handed_down(self) -> tuple[int, int, int]:
        """Descriptors a child needs (`pass_fds`); they keep their numbers."""
        return self.fd, self.motion_bell, self.conductor_bell

    def index(self, axis: str) -> int:
        """An axis' index."""
        return self.axes.index(axis)

    def ring_motion(self) -> None:
        """Wake motion: something new stands in the memory."""
        os.eventfd_write(self.motion_bell, 1)

    def ring_conductor(self) -> None:
        """Wake the conductor: motion has something to say."""
        os.eventfd_write(self.conductor_bell, 1)

    def plan_reader(self, axis: int) -> AxisPlanReader:
        """Motion's reader of an axis' plan."""
        return AxisPlanReader(self.view, self.layout, axis)

    def clock_reader(self) -> "ClockReader":
        """A reader of the clock."""
        return ClockReader(self)

    def status_writer(self) -> StatusWriter:
        """Motion's end of the status ring."""
        return StatusWriter(self.view, self.layout)

    def status_reader(self, slot: int = 0) -> StatusReader:
        """A reader's end of the status ring: slot 0 conductor, 1 desk, 2 and 3 free."""
        return StatusReader(self.view, self.layout, self.axes, slot)

    def hand_moves(self, writer: int = 0) -> HandMoves:
        """Relative hand moves: writer 0 conductor, 1 desk, 2 and 3 free."""
        return HandMoves(self.view, self.layout, writer)


def _at_least(room: TrackRoom) -> TrackRoom:
    return TrackRoom(max(room.segments, LEAST_ROOM.segments), max(room.landings, LEAST_ROOM.landings))


class ClockReader:
    """Reads the clock; an unchanged one costs one look at a word."""

    def __init__(self, memory: SharedMemory) -> None:
        self._block = BlockReader(memory.view, memory.layout.clock, CLOCK.size)
        self._sequence = 0
        self._clock = NO_CLOCK

    @property
    def torn(self) -> int:
        """Reads that met a write."""
        return self._block.torn

    def read(self) -> Clock:
        """The newest whole clock: the same object as long as nothing was written."""
        if self._block.sequence != self._sequence:
            whole = self._block.read()
            if whole is not None:
                self._sequence = whole[0]
                self._clock = decode_clock(whole[2])
        return self._clock


class Publisher:
    """The conductor's side: clock, plans and its sign of life. A restarted conductor goes on from what stands there.

    Args:
        status: the conductor's status reader: ENGAGE holds only for a planner that has read of every drop of it.
    """

    def __init__(self, memory: SharedMemory, status: StatusReader) -> None:
        self._memory, self._status = memory, status
        self._clock_block = BlockWriter(memory.view, memory.layout.clock, CLOCK.size)
        self._clock = NO_CLOCK
        self._plans = [AxisPlanWriter(memory.view, memory.layout, axis) for axis in range(len(memory.axes))]

    def publish(self, now_ns: int, clock: Clock, plan: Plan) -> bool:
        """Write what changed, show life and wake motion if anything did; returns whether it did.

        Axes the plan does not name keep their orders.
        """
        memory = self._memory
        memory.conductor_beat.beat(now_ns)
        changed = False
        if clock != self._clock:
            self._clock_block.write(encode_clock(clock), self._clock_block.generation + 1)
            self._clock, changed = clock, True
        heard_of = self._status.next_index
        for index, name in enumerate(memory.axes):
            orders = plan.axes.get(name)
            if orders is None:
                continue
            words = memory.axis_words[index]
            known = words.engage_epoch if heard_of > words.drop_index else None
            changed |= self._plans[index].write(orders, known)
        if changed:
            memory.ring_motion()
        return changed

    def beat(self, now_ns: int) -> None:
        """Show life without news."""
        self._memory.conductor_beat.beat(now_ns)
