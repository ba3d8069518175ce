"""Motion's side of an axis' tracks: pieces that stay are kept, the others decoded, a bounded number at a time."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from typing import Final, Generic, TypeVar, cast
from zlib import crc32

from cuefocus.motion.track import LandingInstant, Segment, Track
from cuefocus.shells.shm_blocks import BlockReader
from cuefocus.shells.shm_codec import landings_in, segments_in
from cuefocus.shells.shm_layout import LANDING, SEGMENT, TRACK, TRACK_PAGE, Layout
from cuefocus.shells.shm_track import NONE_BEFORE, TrackPlaces

_PUT_BESIDE: Final = 100
"""So many pieces that stay are put beside the new ones in the time in which one is decoded."""
_IN_HAND: Final = 64
"""They are put there at once: with time for so many pieces in hand, or for all it takes if that is less."""

_Piece = TypeVar("_Piece")
_Staying = tuple[Sequence[_Piece | None], Sequence[int], Sequence[tuple[int, int]]]
"""Pieces of a track, when each begins, and the stretches of them that have not been decoded."""


class Torn(Exception):
    """What was read is not what was written: the writer has moved on."""


class _Coming(Generic[_Piece]):
    """Pieces of one kind on their way; `holes` are the stretches not decoded yet.

    Args:
        staying: those of the track before, with `starts` and `holes` of its own.
        count: how many there will be: the first `head` and the last `tail` of `staying`, and new ones between them.
        at: where the records stand in the memory; `sums` has a CRC-32 of every page of them.
    """

    def __init__(
        self,
        kind: tuple[Struct, Callable[[bytes], Iterator[_Piece]], Callable[[_Piece], int]],
        staying: _Staying[_Piece],
        count: int,
        head: int,
        tail: int,
        at: int,
        sums: Sequence[int],
    ) -> None:
        self._record, self._decode, self._start_of = kind
        pieces, starts, holes = staying
        self._at, self._sums = at, sums
        new, cut, shift = count - head - tail, len(pieces) - tail, count - len(pieces)
        if new < 0 or cut < head:
            raise Torn
        self.pieces: list[_Piece | None] = [*pieces[:head], *([None] * new), *pieces[cut:]]
        self.starts = [*starts[:head], *([0] * new), *starts[cut:]]
        before = [(first, min(last, head)) for first, last in holes if first < head]
        behind = [(max(first, cut) + shift, last + shift) for first, last in holes if last > cut]
        self.holes = [hole for hole in (*before, (head, count - tail), *behind) if hole[0] < hole[1]]

    @property
    def all(self) -> _Staying[_Piece]:
        """What the track after it may keep."""
        return self.pieces, self.starts, self.holes

    def fill(self, view: memoryview, most: int) -> int:
        """Decode up to so many; returns how many of them are left over. Raises Torn."""
        size = self._record.size
        while most > 0 and self.holes:
            first, last = self.holes[0]
            page = first // TRACK_PAGE
            begin, end = page * TRACK_PAGE, min((page + 1) * TRACK_PAGE, len(self.pieces))
            run = bytes(view[self._at + begin * size : self._at + end * size])
            if crc32(run) != self._sums[page]:
                raise Torn
            upto = min(last, end, first + most)
            fresh = list(self._decode(run[(first - begin) * size : (upto - begin) * size]))
            self.pieces[first:upto] = fresh
            self.starts[first:upto] = map(self._start_of, fresh)
            most -= upto - first
            if upto < last:
                self.holes[0] = (upto, last)
            else:
                del self.holes[0]
        return most

    def whole(self) -> tuple[_Piece, ...]:
        """All of them, once there are no holes left."""
        return tuple(cast("list[_Piece]", self.pieces))


def _start_ns(segment: Segment) -> int:
    return segment.start_ns


def _at_ns(landing: LandingInstant) -> int:
    return landing.at_ns


class _TakingIn:
    """One track on its way.

    Args:
        sequence: of its block when it was begun.
        replaced: pieces of the track in force that it does not keep.
    """

    def __init__(
        self,
        generation: int,
        sequence: int,
        rest_ring: float,
        segments: _Coming[Segment],
        landings: _Coming[LandingInstant],
        replaced: list[Segment | LandingInstant],
    ) -> None:
        self.generation, self.sequence, self.rest_ring = generation, sequence, rest_ring
        self.segments, self.landings = segments, landings
        self.replaced = replaced

    def fill(self, view: memoryview, most: int) -> int:
        """Decode up to so many pieces; returns how many of them are left over. Raises Torn."""
        return self.landings.fill(view, self.segments.fill(view, most))

    @property
    def done(self) -> bool:
        """Whether all its pieces are there."""
        return not self.segments.holes and not self.landings.holes


class TrackReader:
    """The tracks of one axis, one after the other.

    `track` is the one of `generation`; before the first, None. What a new one does not keep of it waits in `retired` to
    be let go of piece by piece: to free thousands at once takes milliseconds.
    """

    def __init__(self, view: memoryview, layout: Layout, axis: int) -> None:
        self._view, self._at = view, TrackPlaces(layout, axis)
        self._blocks = [BlockReader(view, at, self._at.head_bytes) for at in self._at.blocks]
        self._coming: _TakingIn | None = None
        self.track: Track | None = None
        self.generation = NONE_BEFORE
        self.retired: list[Segment | LandingInstant] = []

    def take_in(self, generation: int, pieces: int) -> int:
        """Decode up to so many pieces of the track of a generation; returns how many of them are left over.

        Raises: Torn when the writer has moved on since; newer orders are there or about to be.
        """
        try:
            coming = self._coming
            if coming is None or coming.generation != generation:
                parts = len(self.track.segments) if self.track is not None else 0
                if pieces < min(parts // _PUT_BESIDE, _IN_HAND):
                    return 0  # what stays is put beside what comes at once: not now
                coming = self._coming = self._begun(generation)
            pieces = coming.fill(self._view, pieces)
            if coming.done:
                self._finish(coming)
        except Torn:
            self._coming = None
            raise
        return pieces

    def _begun(self, generation: int) -> _TakingIn:
        parity, room = generation & 1, self._at.room
        whole = self._blocks[parity].read()
        if whole is None or whole[1] != generation:
            raise Torn
        sequence, _, head = whole
        rest_ring, many, landings, base, *stays = TRACK.unpack_from(head)
        sums = array("I", head[TRACK.size :])
        pages = -(-many // TRACK_PAGE)
        if many > room.segments or landings > room.landings or len(sums) != pages + -(-landings // TRACK_PAGE):
            raise Torn
        segments_before, landings_before = self._base(base)
        if segments_before is None or landings_before is None:
            segments_before, landings_before, stays = ((), (), ()), ((), (), ()), [0, 0, 0, 0]
        of_segments = _Coming(
            (SEGMENT, segments_in, _start_ns),
            segments_before,
            many,
            stays[0],
            stays[1],
            self._at.segments[parity],
            sums[:pages],
        )
        of_landings = _Coming(
            (LANDING, landings_in, _at_ns),
            landings_before,
            landings,
            stays[2],
            stays[3],
            self._at.landings[parity],
            sums[pages:],
        )
        return _TakingIn(generation, sequence, rest_ring, of_segments, of_landings, self._replaced(base, *stays))

    def _base(self, generation: int) -> tuple[_Staying[Segment] | None, _Staying[LandingInstant] | None]:
        """What there is of the track that the coming one was made of: all, some of it, or nothing."""
        if self._coming is not None and generation == self._coming.generation:
            return self._coming.segments.all, self._coming.landings.all
        if self.track is not None and generation == self.generation:
            starts = self.track.starts_ns
            return (self.track.segments, starts, ()), (self.track.landings, [0] * len(self.track.landings), ())
        return None, None

    def _replaced(self, base: int, head: int, tail: int, first: int, last: int) -> list[Segment | LandingInstant]:
        track = self.track
        if track is None:
            return []
        if base != self.generation:
            head = tail = first = last = 0
        segments = track.segments[head : len(track.segments) - tail]
        return [*segments, *track.landings[first : len(track.landings) - last]]

    def _finish(self, coming: _TakingIn) -> None:
        if self._blocks[coming.generation & 1].sequence != coming.sequence:
            raise Torn
        self.retired += coming.replaced
        segments = coming.segments
        self.track = Track(coming.rest_ring, segments.whole(), coming.landings.whole(), segments.starts)
        self.generation, self._coming = coming.generation, None
