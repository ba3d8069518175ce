"""Where everything stands in the shared memory, and what its records look like.

One memfd, sized by the axes and by how long their tracks may become: a header that describes itself, 8-byte words that
one store or load moves whole, blocks behind sequence locks, and the status ring. Everything is native byte order and
8-byte aligned: it never leaves the machine.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from cuefocus.motion.track import TrackRoom

MAGIC: Final = b"CUEFOCUS"
VERSION: Final = 4
WORD: Final = 8
LINE: Final = 64
"""Cache line: words of different writers do not share one."""

STOP_KINDS: Final = 4
"""HOLD, HAND, PANIC and RELEASE."""
MAX_AXES: Final = 64
NAME_BYTES: Final = 64
LEAST_ROOM: Final = TrackRoom(4096, 4096)
"""Of every axis, whatever the show says of it."""
SPLICE_SEGMENTS: Final = 256
SPLICE_LANDINGS: Final = 16
RING_RECORDS: Final = 16384
RING_RECORD_BYTES: Final = 128
HAND_WRITERS: Final = 4
HISTOGRAM_BINS: Final = 1024

HEADER: Final = struct.Struct("=8sIIqqqii")
"""magic, version, axes, size, created_ns, creator's pid, motion's bell, the conductor's bell"""

ROOM: Final = struct.Struct("=qq")
"""segments and landings that an axis' track has room for, behind the names"""

BLOCK: Final = struct.Struct("=qqII")
"""sequence (odd while written), generation, payload bytes, CRC-32 of the payload"""
BLOCK_BEHIND_SEQUENCE: Final = struct.Struct("=qII")
"""the same without the sequence: `pack_into` clears its whole span before it writes, and nobody may see that as a 0"""

CLOCK: Final = struct.Struct("=qqdqqqq")
"""host_ns, show_ns, speed, state, uncertainty_ns, good_until_ns, epoch"""

ORDERS: Final = struct.Struct("=qqqqqqqqqdII")
"""flags, on_loss, engage epoch, depart_blocked_show_ns, attach, clock epoch, track generation;
splice: from_ns, until_ns, rest ring, segments, landings"""

TRACK: Final = struct.Struct("=dIIqIIII")
"""rest ring, segments, landings; of the track of which generation it has the first so many segments, the last so many,
the first so many landings, the last so many; behind it a CRC-32 of every `TRACK_PAGE` segments and landings"""
TRACK_PAGE: Final = 16

SEGMENT: Final = struct.Struct("=qqdddddd")
LANDING: Final = struct.Struct("=qdd")

RECORD: Final = struct.Struct("=qHHHHqdq")
"""number (1 + its index; written last), kind, axis, flags or code, text bytes, stamp_ns, ring, counts"""
RECORD_TEXT_BYTES: Final = RING_RECORD_BYTES - RECORD.size

AXIS_WORDS: Final = 16
MOTION_WORDS: Final = 16
"""Words motion writes for itself, see `shm_words`."""


def _aligned(offset: int, to: int = LINE) -> int:
    return -(-offset // to) * to


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets in bytes; use `layout_for`. `tracks` holds one more than there are axes: where the last one ends."""

    axes: int
    room: tuple[TrackRoom, ...]
    names: int
    rooms: int
    conductor_beat: int
    tick_page: int
    latches: int
    hands: int
    generations: int
    tick_page_end: int
    said: int
    motion_words: int
    axis_words: int
    wake_histogram: int
    last_histogram: int
    clock: int
    orders: int
    orders_bytes: int
    tracks: tuple[int, ...]
    ring_head: int
    ring_tails: int
    ring: int
    size: int

    def orders_at(self, axis: int, generation: int) -> int:
        """Where an axis' orders of a generation are."""
        return self.orders + (2 * axis + (generation & 1)) * self.orders_bytes

    def track_at(self, axis: int, generation: int) -> int:
        """Where an axis' track of a generation is."""
        return self.tracks[axis] + (generation & 1) * self.track_bytes(axis)

    def track_bytes(self, axis: int) -> int:
        """Size of each of an axis' two track blocks."""
        return (self.tracks[axis + 1] - self.tracks[axis]) // 2


def rooms_at(axes: int) -> int:
    """Where a memory for so many axes says how long their tracks may become."""
    return _aligned(LINE + axes * NAME_BYTES)


def layout_for(room: Sequence[TrackRoom]) -> Layout:
    """The layout of a memory for axes whose tracks have so much room."""
    axes, names = len(room), LINE
    rooms = rooms_at(axes)
    conductor_beat = _aligned(rooms + axes * ROOM.size)
    tick_page = conductor_beat + LINE
    latches = tick_page
    hands = latches + (1 + axes) * WORD
    generations = hands + axes * HAND_WRITERS * WORD
    tick_page_end = generations + axes * WORD
    said = _aligned(tick_page_end)
    motion_words = _aligned(said + (1 + axes) * STOP_KINDS * WORD)
    axis_words = _aligned(motion_words + MOTION_WORDS * WORD)
    wake_histogram = _aligned(axis_words + axes * AXIS_WORDS * WORD)
    last_histogram = wake_histogram + HISTOGRAM_BINS * WORD
    clock = last_histogram + HISTOGRAM_BINS * WORD
    orders = _aligned(clock + BLOCK.size + CLOCK.size)
    orders_bytes = _aligned(BLOCK.size + ORDERS.size + SPLICE_SEGMENTS * SEGMENT.size + SPLICE_LANDINGS * LANDING.size)
    tracks = tuple(
        accumulate((2 * _track_bytes(one) for one in room), initial=_aligned(orders + 2 * axes * orders_bytes, 4096))
    )
    ring_head = tracks[-1]
    ring_tails = ring_head + LINE
    ring = ring_tails + LINE * 4
    return Layout(
        axes=axes,
        room=tuple(room),
        names=names,
        rooms=rooms,
        conductor_beat=conductor_beat,
        tick_page=tick_page,
        latches=latches,
        hands=hands,
        generations=generations,
        tick_page_end=tick_page_end,
        said=said,
        motion_words=motion_words,
        axis_words=axis_words,
        wake_histogram=wake_histogram,
        last_histogram=last_histogram,
        clock=clock,
        orders=orders,
        orders_bytes=orders_bytes,
        tracks=tracks,
        ring_head=ring_head,
        ring_tails=ring_tails,
        ring=ring,
        size=_aligned(ring + RING_RECORDS * RING_RECORD_BYTES, 4096),
    )


def track_head_bytes(room: TrackRoom) -> int:
    """Room for what a track block says of its track before the segments and landings themselves stand."""
    sums = -(-room.segments // TRACK_PAGE) + -(-room.landings // TRACK_PAGE)
    return _aligned(TRACK.size + 4 * sums, WORD)


def _track_bytes(room: TrackRoom) -> int:
    records = room.segments * SEGMENT.size + room.landings * LANDING.size
    return _aligned(BLOCK.size + track_head_bytes(room) + records, 4096)
