"""Tracks through shared memory: two buffers an axis, flipped whole; of a new track only what differs is taken in.

A track is published as the one before it with a stretch of it replaced: the writer makes and sums up that stretch
alone, the reader keeps the pieces it has and decodes the others, a bounded number at a time. A reader that missed the
track before, or is a new one, decodes all of it. Every few records have a CRC-32, and so has the list of those: what
was read while it was being written, or out of order, is not taken for a track.
"""

from array import array
from struct import Struct
from typing import Final
from zlib import crc32

from cuefocus.errors import PlanError
from cuefocus.motion.track import Track, TrackRoom, same_ends
from cuefocus.shells.shm_blocks import BlockWriter
from cuefocus.shells.shm_codec import encode_landings, encode_segments
from cuefocus.shells.shm_layout import BLOCK, LANDING, SEGMENT, TRACK, TRACK_PAGE, Layout, track_head_bytes

NONE_BEFORE: Final = 0
"""No track has this generation."""


class TrackPlaces:
    """Where the parts of an axis' two track blocks stand, by parity."""

    def __init__(self, layout: Layout, axis: int) -> None:
        self.room = layout.room[axis]
        self.head_bytes = track_head_bytes(self.room)
        self.blocks = [layout.track_at(axis, parity) for parity in (0, 1)]
        self.segments = [at + BLOCK.size + self.head_bytes for at in self.blocks]
        self.landings = [at + self.room.segments * SEGMENT.size for at in self.segments]


class _Records:
    """The writer's copy of one kind of records, as they stand in the memory, with their sums."""

    def __init__(self, record: Struct) -> None:
        self._size = record.size
        self.data = bytearray()
        self.sums = array("I")

    def __len__(self) -> int:
        return len(self.data) // self._size

    def replace(self, head: int, tail: int, fresh: bytes) -> bool:
        """Put others between the first `head` records and the last `tail`; False when they are what stands there."""
        first, last = head * self._size, len(self.data) - tail * self._size
        if self.data[first:last] == fresh:
            return False
        shifts = len(fresh) != last - first
        self.data[first:last] = fresh
        page = TRACK_PAGE * self._size
        end, from_page = len(self.data) if shifts else last, first // page
        with memoryview(self.data) as data:
            sums = array("I", [crc32(data[at : at + page]) for at in range(from_page * page, end, page)])
        self.sums[from_page : None if shifts else from_page + len(sums)] = sums
        return True


class TrackWriter:
    """The one writer of an axis' tracks; a successor's first one is decoded whole.

    Args:
        view: the whole memory.
        axis: its index in the layout.
    """

    def __init__(self, view: memoryview, layout: Layout, axis: int) -> None:
        self._view, self._at = view, TrackPlaces(layout, axis)
        self._blocks = [BlockWriter(view, at, self._at.head_bytes) for at in self._at.blocks]
        self._track: Track | None = None
        self._segments, self._landings = _Records(SEGMENT), _Records(LANDING)
        self.generation = max(block.generation for block in self._blocks)

    def write(self, track: Track) -> int:
        """Publish a track unless the last one was the same; returns its generation, for the orders.

        Raises: PlanError when it is longer than the memory has room for.
        """
        before = self._track
        if track is before:
            return self.generation
        _check_room(track, self._at.room)
        (head, tail), (first, last) = (
            (same_ends(track.segments, before.segments), same_ends(track.landings, before.landings))
            if before is not None
            else ((0, 0), (0, 0))
        )
        segments = encode_segments(track.segments[head : len(track.segments) - tail])
        landings = encode_landings(track.landings[first : len(track.landings) - last])
        changed = [self._segments.replace(head, tail, segments), self._landings.replace(first, last, landings)]
        if before is None:
            self._publish(track, NONE_BEFORE, (0, 0, 0, 0))
        elif any(changed) or track.rest_ring != before.rest_ring:
            self._publish(track, self.generation, (head, tail, first, last))
        self._track = track
        return self.generation

    def _publish(self, track: Track, base: int, stays: tuple[int, int, int, int]) -> None:
        generation, view = self.generation + 1, self._view
        block = self._blocks[generation & 1]
        block.open()
        for places, records in ((self._at.segments, self._segments), (self._at.landings, self._landings)):
            at = places[generation & 1]
            view[at : at + len(records.data)] = records.data
        head = TRACK.pack(track.rest_ring, len(self._segments), len(self._landings), base, *stays)
        block.write(head + self._segments.sums.tobytes() + self._landings.sums.tobytes(), generation)
        self.generation = generation


def _check_room(track: Track, room: TrackRoom) -> None:
    if len(track.segments) > room.segments or len(track.landings) > room.landings:
        raise PlanError(
            f"a track of {len(track.segments)} segments and {len(track.landings)} landings does not fit",
            hint=f"its axis has room for {room.segments} segments and {room.landings} landings: start the show anew",
        )
