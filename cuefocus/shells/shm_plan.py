"""Plans through shared memory: orders and tracks apart, two buffers each, decoded only when they changed.

A trigger or a blocked departure replaces an axis' orders and leaves its track alone, so it is in motion's hands within
one tick however long the show is. A new track is decoded a bounded number of segments at a time; until it is whole the
axis keeps its former plan. The former track is let go of as slowly: to free 10,000 racks at once takes milliseconds.
"""

from dataclasses import replace
from typing import Final
from zlib import crc32

from cuefocus.engine.plan import AxisPlan
from cuefocus.motion.track import LandingInstant, Segment, Track, TrackRoom
from cuefocus.shells.shm_blocks import BlockReader, BlockWriter
from cuefocus.shells.shm_codec import (
    Orders,
    decode_orders,
    encode_orders,
    encode_track,
    landings_in,
    segments_in,
)
from cuefocus.shells.shm_layout import (
    BLOCK,
    LANDING,
    SEGMENT,
    TRACK,
    WORD,
    Layout,
)

_NO_EPOCH: Final = -1


class AxisPlanWriter:
    """The one writer of an axis' plan; a successor goes on from what the memory holds."""

    def __init__(self, view: memoryview, layout: Layout, axis: int) -> None:
        at = layout.generations + axis * WORD
        self._generation = view[at : at + WORD].cast("q")
        room = layout.orders_bytes - BLOCK.size
        self._orders = [BlockWriter(view, layout.orders_at(axis, parity), room) for parity in (0, 1)]
        self._room = layout.room[axis]
        room = layout.track_bytes(axis) - BLOCK.size
        self._tracks = [BlockWriter(view, layout.track_at(axis, parity), room) for parity in (0, 1)]
        self._track_generation = max(block.generation for block in self._tracks)
        self._track: Track | None = None
        self._track_payload = b""
        self._last, self._payload = _last_orders(view, layout, axis, self._generation[0])

    @property
    def generation(self) -> int:
        """Generation of the orders now in force; 0 before the first."""
        return self._generation[0]

    def write(self, plan: AxisPlan, engage_epoch: int | None) -> bool:
        """Publish a plan; False when nothing of it is new.

        Args:
            plan: the axis' orders.
            engage_epoch: the axis' engage epoch if the planner knows of every drop so far, else None. A drop of ENGAGE
                that the planner has not heard of is thus never undone by a plan it was about to write anyway.
        """
        last = self._last
        epoch = last.engage_epoch if last is not None else _NO_EPOCH
        anew = last is None or not last.plan.follow or plan.attach > last.plan.attach
        if plan.follow and engage_epoch is not None and anew:
            epoch = engage_epoch
        self._write_track(plan.track)
        payload = encode_orders(plan, epoch, self._track_generation)
        if payload == self._payload:
            return False
        generation = self._generation[0] + 1
        self._orders[generation & 1].write(payload, generation)
        self._generation[0] = generation
        self._last, self._payload = Orders(plan, epoch, self._track_generation), payload
        return True

    def _write_track(self, track: Track) -> None:
        """Put a track that differs from the one in force into the other buffer."""
        if track is self._track:
            return
        payload = encode_track(track, self._room)
        if payload != self._track_payload:
            generation = self._track_generation + 1
            self._tracks[generation & 1].write(payload, generation)
            self._track_generation, self._track_payload = generation, payload
        self._track = track


def _last_orders(view: memoryview, layout: Layout, axis: int, generation: int) -> tuple[Orders | None, bytes]:
    """What a predecessor published last: a planner that takes over must not count as one that engages."""
    if generation == 0:
        return None, b""
    whole = BlockReader(view, layout.orders_at(axis, generation), layout.orders_bytes - BLOCK.size).read()
    return (decode_orders(whole[2]), whole[2]) if whole is not None else (None, b"")


class _TrackDecoding:
    """A track being decoded some pieces at a time, straight out of the shared memory."""

    def __init__(self, view: memoryview, block_at: int, room: TrackRoom) -> None:
        self._view = view
        self._sequence, self.generation, size, self._check = BLOCK.unpack_from(view, block_at)
        start = block_at + BLOCK.size
        self._rest, pieces, instants = TRACK.unpack_from(view, start)
        self._at = start + TRACK.size
        self._segments_end = self._at + pieces * SEGMENT.size
        self._landings_end = self._segments_end + instants * LANDING.size
        if self._landings_end - start != size or pieces > room.segments or instants > room.landings:
            self._segments_end = self._landings_end = self._at
        self._sum = crc32(view[start : self._at])
        self._segments: list[Segment] = []
        self._starts: list[int] = []
        self._landings: list[LandingInstant] = []

    @property
    def done(self) -> bool:
        """Whether every piece has been looked at."""
        return bool(self._at >= self._landings_end)

    def advance(self, pieces: int) -> int:
        """Decode up to so many more pieces; returns how many of them are left over."""
        view = self._view
        for end, size in ((self._segments_end, SEGMENT.size), (self._landings_end, LANDING.size)):
            upto = min(end, self._at + pieces * size)
            if upto <= self._at:
                continue
            run = view[self._at : upto]
            self._sum = crc32(run, self._sum)
            if size == SEGMENT.size:
                fresh = list(segments_in(run))
                self._segments += fresh
                self._starts += [segment.start_ns for segment in fresh]
            else:
                self._landings.extend(landings_in(run))
            pieces -= (upto - self._at) // size
            self._at = upto
        return pieces

    def result(self, sequence: int) -> Track | None:
        """The track, if the block is still the one this began with."""
        if sequence != self._sequence or self._sum != self._check:
            return None
        return Track(self._rest, self._segments, self._landings, self._starts)


class AxisPlanReader:
    """Motion's side of an axis' plan.

    `plan` and `engage_epoch` are what is in force; `stale` says whether `refresh` has work to do.
    """

    def __init__(self, view: memoryview, layout: Layout, axis: int) -> None:
        self._view = view
        at = layout.generations + axis * WORD
        self._generation = view[at : at + WORD].cast("q")
        room = layout.orders_bytes - BLOCK.size
        self._orders_blocks = [BlockReader(view, layout.orders_at(axis, parity), room) for parity in (0, 1)]
        self._room = layout.room[axis]
        room = layout.track_bytes(axis) - BLOCK.size
        self._track_at = [layout.track_at(axis, parity) for parity in (0, 1)]
        self._track_blocks = [BlockReader(view, at, room) for at in self._track_at]
        self._seen = 0
        self._orders: Orders | None = None
        self._track: Track | None = None
        self._track_generation = 0
        self._decoding: _TrackDecoding | None = None
        self._retired: list[Segment | LandingInstant] = []
        self.plan: AxisPlan | None = None
        self.engage_epoch = -1
        self.torn = 0

    @property
    def stale(self) -> bool:
        """Whether newer orders stand in the memory than in `plan`."""
        return self._generation[0] != self._seen or self._orders is not None or bool(self._retired)

    def refresh(self, pieces: int) -> int:
        """Take newer orders in, decoding at most so many pieces of a track; returns how many are left over.

        What is left of a former track is freed with them, once the new one is in force.
        """
        pieces = self._take_in(pieces)
        freed = min(pieces, len(self._retired))
        if freed > 0:
            del self._retired[-freed:]
        return pieces - freed

    def _take_in(self, pieces: int) -> int:
        generation = self._generation[0]
        if generation != self._seen:
            whole = self._orders_blocks[generation & 1].read()
            if whole is None:
                self.torn += 1
                return pieces
            self._seen = generation
            self._orders = decode_orders(whole[2])
        orders = self._orders
        if orders is None:
            return pieces
        if orders.track_generation != self._track_generation:
            if self.plan is not None and self.plan.follow and not orders.plan.follow:
                self.plan = replace(self.plan, follow=False)  # this word does not wait for a long track
            pieces = self._decode(orders.track_generation, pieces)
        if orders.track_generation == self._track_generation and self._track is not None:
            self.plan = replace(orders.plan, track=self._track)
            self.engage_epoch = orders.engage_epoch
            self._orders = None
        return pieces

    def _decode(self, track_generation: int, pieces: int) -> int:
        block = self._track_blocks[track_generation & 1]
        decoding = self._decoding
        if decoding is None or decoding.generation != track_generation:
            decoding = self._decoding = _TrackDecoding(self._view, self._track_at[track_generation & 1], self._room)
            if decoding.generation != track_generation:
                self._start_over()
                return pieces
        pieces = decoding.advance(pieces)
        if decoding.done:
            track = decoding.result(block.sequence)
            if track is None:
                self._start_over()
            else:
                if self._track is not None:
                    self._retired += (*self._track.segments, *self._track.landings)
                self._track, self._track_generation, self._decoding = track, track_generation, None
        return pieces

    def _start_over(self) -> None:
        """The writer has moved on: its newer orders are there or about to be."""
        self.torn += 1
        self._seen, self._orders, self._decoding = 0, None, None
