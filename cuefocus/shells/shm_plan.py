"""Plans through shared memory: orders and tracks apart, two buffers each, decoded only when they changed.

A trigger or a blocked departure replaces an axis' orders and leaves its track alone, so it is in motion's hands within
one tick however long the show is. Of a new track only what differs is decoded (see `shm_track`), a bounded number of
pieces at a time; until it is whole the axis keeps its former plan. What it replaces is let go of as slowly.
"""

from dataclasses import replace
from typing import Final

from cuefocus.engine.plan import AxisPlan
from cuefocus.shells.shm_blocks import BlockReader, BlockWriter
from cuefocus.shells.shm_codec import Orders, decode_orders, encode_orders
from cuefocus.shells.shm_layout import BLOCK, WORD, Layout
from cuefocus.shells.shm_track import TrackWriter
from cuefocus.shells.shm_track_reader import Torn, TrackReader

_NO_EPOCH: Final = -1


class AxisPlanWriter:
    """The one writer of an axis' plan; a successor goes on from what the memory holds."""

    def __init__(self, view: memoryview, layout: Layout, axis: int) -> None:
        at = layout.generations + axis * WORD
        self._generation = view[at : at + WORD].cast("q")
        room = layout.orders_bytes - BLOCK.size
        self._orders = [BlockWriter(view, layout.orders_at(axis, parity), room) for parity in (0, 1)]
        self._tracks = TrackWriter(view, layout, axis)
        self._written: AxisPlan | None = None
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
        if plan is self._written:
            return False  # whether ENGAGE holds depends on nothing else once it follows
        last = self._last
        epoch = last.engage_epoch if last is not None else _NO_EPOCH
        anew = last is None or not last.plan.follow or plan.attach > last.plan.attach
        if plan.follow and engage_epoch is not None and anew:
            epoch = engage_epoch
        track_generation = self._tracks.write(plan.track)
        payload = encode_orders(plan, epoch, track_generation)
        self._written = plan
        if payload == self._payload:
            return False
        generation = self._generation[0] + 1
        self._orders[generation & 1].write(payload, generation)
        self._generation[0] = generation
        self._last, self._payload = Orders(plan, epoch, track_generation), payload
        return True


def _last_orders(view: memoryview, layout: Layout, axis: int, generation: int) -> tuple[Orders | None, bytes]:
    """What a predecessor published last: a planner that takes over must not count as one that engages."""
    if generation == 0:
        return None, b""
    whole = BlockReader(view, layout.orders_at(axis, generation), layout.orders_bytes - BLOCK.size).read()
    return (decode_orders(whole[2]), whole[2]) if whole is not None else (None, b"")


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
        self._tracks = TrackReader(view, layout, axis)
        self._seen = 0
        self._orders: Orders | None = None
        self.plan: AxisPlan | None = None
        self.engage_epoch = -1
        self.torn = 0

    @property
    def stale(self) -> bool:
        """Whether newer orders stand in the memory than in `plan`."""
        return self._generation[0] != self._seen or self._orders is not None or bool(self._tracks.retired)

    def refresh(self, pieces: int) -> int:
        """Take newer orders in, decoding at most so many pieces of a track; returns how many are left over.

        What is left of a former track is freed with them, once the new one is in force.
        """
        pieces = self._take_in(pieces)
        retired = self._tracks.retired
        freed = min(pieces, len(retired))
        if freed > 0:
            del retired[-freed:]
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
        tracks = self._tracks
        if orders.track_generation != tracks.generation:
            if self.plan is not None and self.plan.follow and not orders.plan.follow:
                self.plan = replace(self.plan, follow=False)  # this word does not wait for a long track
            try:
                pieces = tracks.take_in(orders.track_generation, pieces)
            except Torn:
                self._start_over()
                return pieces
        if orders.track_generation == tracks.generation and tracks.track is not None:
            self.plan = replace(orders.plan, track=tracks.track)
            self.engage_epoch = orders.engage_epoch
            self._orders = None
        return pieces

    def _start_over(self) -> None:
        """The writer has moved on: its newer orders are there or about to be."""
        self.torn += 1
        self._seen, self._orders = 0, None
